//! The calls for services.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::rollout;
use super::service::{Service, Status};
use super::{
    PAGES, TAGS, active_cluster, check_service_linked_role, connect, described, fields, includes, last_segment, launch,
};
use crate::account::Account;
use crate::forms::Pages;
use crate::input::texts;
use crate::rules::{ECS_NAME, SERVICE};
use crate::wire::{Answer, Fault, invalid};

/// The fields whose change makes a new deployment, besides the task definition.
const DEPLOYED: [&str; 5] =
    ["loadBalancers", "networkConfiguration", "platformVersion", "serviceConnectConfiguration", "serviceRegistries"];

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    SERVICE.check(input, invalid)?;
    check_service_linked_role(account)?;
    let cluster = active_cluster(account, input)?;
    let name = input["serviceName"].as_str().unwrap_or_default().to_owned();
    let words = "Service name must contain only alphanumeric characters, dashes, or underscores.";
    ECS_NAME.check(&name, || invalid(words))?;
    let token = input["clientToken"].as_str().map(str::to_owned);
    let key = format!("{cluster}/{name}");
    if let Some(existing) = account.all::<Service>().get(&key) {
        match existing.status {
            Status::Active if token.is_some() && existing.token == token => {
                return Ok(json!({"service": existing.shown_with_tags(account)}));
            }
            Status::Active => return Err(invalid("Creation of service was not idempotent.")),
            Status::Draining => {
                return Err(invalid("Unable to Start a service that is still Draining."));
            }
            Status::Inactive => {}
        }
    }
    let mut body = Map::new();
    fields::keep(&mut body, input);
    launch::choose(account, &cluster, &mut body)?;
    connect::fill(account, &cluster, &mut body)?;
    let definition = fields::definition_for(account, &body, input["taskDefinition"].as_str().unwrap_or_default())?;
    fields::fill(&mut body);
    let mut service = Service {
        arn: account.arn("ecs", &format!("service/{cluster}/{name}")),
        name,
        cluster,
        status: Status::Active,
        desired: input["desiredCount"].as_i64().unwrap_or(0),
        body,
        deployments: Vec::new(),
        events: Vec::new(),
        steady: false,
        connected: BTreeMap::new(),
        tags: TAGS.read(input),
        token,
        created: account.now,
        ended: None,
    };
    connect::provide(account, &mut service)?;
    rollout::deploy(account, &mut service, definition);
    let answer = json!({"service": service.shown_with_tags(account)});
    account.all_mut::<Service>().insert(key, service);
    Ok(answer)
}

pub(super) fn describe(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let names = texts(input, "services");
    if names.is_empty() || names.len() > 10 {
        return Err(invalid("Services list must contain between 1 and 10 elements."));
    }
    let shown = |name: &str| {
        let service = account.all::<Service>().get(&format!("{cluster}/{name}"))?;
        Some(if includes(input, "TAGS") { service.shown_with_tags(account) } else { service.shown(account) })
    };
    Ok(described(account, "services", &names, |name| format!("service/{cluster}/{name}"), shown))
}

/// Lists ACTIVE services: one that drains is already out of the list.
pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let services = account.all::<Service>().values();
    let listed = services.filter(|service| service.cluster == cluster && service.is_active());
    let pages = Pages { usual: 10, ..PAGES };
    pages.of(account, input, "serviceArns", listed, |service| json!(service.arn))
}

pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let key = existing(account, input)?;
    let mut service = account.all_mut::<Service>().remove(&key).expect("existing found it");
    let result = change(account, &mut service, input);
    let answer = json!({"service": service.shown_with_tags(account)});
    account.all_mut::<Service>().insert(key, service);
    result.map(|()| answer)
}

fn change(account: &mut Account, service: &mut Service, input: &Value) -> Result<(), Fault> {
    if !service.is_active() {
        return Err(Fault::client("ServiceNotActiveException", "Service was not ACTIVE."));
    }
    check_controller(service, input)?;
    let mut body = service.body.clone();
    fields::keep(&mut body, input);
    if let Some(configuration) = input["deploymentConfiguration"].as_object() {
        // Only what the call names changes.
        let mut merged = service.body["deploymentConfiguration"].as_object().cloned().unwrap_or_default();
        merged.extend(configuration.clone());
        body.insert("deploymentConfiguration".to_owned(), merged.into());
    }
    if !input["capacityProviderStrategy"].is_null() {
        body.remove("launchType");
    }
    SERVICE.check(&as_asked(&body, input), invalid)?;
    if !input["capacityProviderStrategy"].is_null() {
        launch::choose(account, &service.cluster, &mut body)?;
    }
    if !input["serviceConnectConfiguration"].is_null() {
        connect::fill(account, &service.cluster, &mut body)?;
    }
    let primary = service.body["taskDefinition"].as_str().unwrap_or_default().to_owned();
    let wanted = input["taskDefinition"].as_str();
    let links_changed = DEPLOYED.iter().any(|key| !input[*key].is_null());
    let definition = if wanted.is_some() || links_changed {
        fields::definition_for(account, &body, wanted.unwrap_or(&primary))?
    } else {
        primary.clone()
    };
    fields::fill(&mut body);
    let deploys = input["forceNewDeployment"] == true
        || definition != primary
        || DEPLOYED.iter().any(|key| body.get(*key) != service.body.get(*key));
    let before = std::mem::replace(&mut service.body, body);
    if let Err(fault) = connect::provide(account, service) {
        service.body = before;
        return Err(fault);
    }
    if let Some(desired) = input["desiredCount"].as_i64() {
        service.desired = desired;
        service.steady = false;
    }
    if deploys {
        rollout::deploy(account, service, definition);
    }
    Ok(())
}

/// The input of a call that would make the service as it is to be. A count or a task definition that this call doesn't say
/// was none that the rules are asked for.
fn as_asked(body: &Map<String, Value>, input: &Value) -> Value {
    let mut asked = body.clone();
    for field in ["desiredCount", "taskDefinition"] {
        asked.insert(field.to_owned(), input[field].clone());
    }
    asked.into()
}

/// Refuses changes of what CodeDeploy deploys, if the service is its (`UpdateService`, Amazon ECS API reference; the words
/// are those of kayac/ecspresso#393).
fn check_controller(service: &Service, input: &Value) -> Result<(), Fault> {
    const CODE_DEPLOYS: [(&str, &str); 4] = [
        ("taskDefinition", "task definition"),
        ("networkConfiguration", "network parameters"),
        ("loadBalancers", "load balancers"),
        ("platformVersion", "platform version"),
    ];
    if service.body["deploymentController"]["type"] != "CODE_DEPLOY" {
        return Ok(());
    }
    let deed = match CODE_DEPLOYS.iter().find(|(field, _)| !input[*field].is_null()) {
        Some((_, words)) => format!("Unable to update {words}"),
        None if input["forceNewDeployment"] == true => "Cannot force a new deployment".to_owned(),
        None => return Ok(()),
    };
    Err(invalid(format!(
        "{deed} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
    )))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let key = existing(account, input)?;
    let mut service = account.all_mut::<Service>().remove(&key).expect("existing found it");
    if service.desired > 0 && input["force"] != true {
        account.all_mut::<Service>().insert(key, service);
        return Err(invalid("The service cannot be stopped while it is scaled above 0."));
    }
    service.status = Status::Draining;
    service.desired = 0;
    let answer = json!({"service": service.shown_with_tags(account)});
    account.all_mut::<Service>().insert(key, service);
    Ok(answer)
}

/// The count of the ACTIVE service of this key, `<cluster>/<name>`.
pub(crate) fn desired(account: &Account, key: &str) -> Option<i64> {
    account.all::<Service>().get(key).filter(|service| service.is_active()).map(|service| service.desired)
}

/// Has the service of this key run so many tasks.
pub(crate) fn scale(account: &mut Account, key: &str, count: i64) {
    if let Some(service) = account.all_mut::<Service>().get_mut(key) {
        service.desired = count;
        service.steady = false;
    }
}

/// The key of the service that a call names, which may be draining but not gone.
fn existing(account: &Account, input: &Value) -> Result<String, Fault> {
    let cluster = active_cluster(account, input)?;
    let key = format!("{cluster}/{}", last_segment(input["service"].as_str().unwrap_or_default()));
    match account.all::<Service>().get(&key) {
        Some(service) if !service.is_inactive() => Ok(key),
        _ => Err(Fault::client("ServiceNotFoundException", "Service not found.")),
    }
}
