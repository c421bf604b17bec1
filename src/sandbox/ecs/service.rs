//! Services: the calls. What a service does by itself is in `rollout`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::rollout::{self, Deployment};
use super::task::Task;
use super::{
    Tags, active_cluster, check_service_linked_role, failure, fields, includes, invalid, last_segment, launch, page_of,
    page_size, tags,
};
use crate::sandbox::Item;
use crate::sandbox::account::{Account, seconds};
use crate::sandbox::input::texts;
use crate::sandbox::wire::{Answer, Fault};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    pub(super) arn: String,
    pub(super) name: String,
    /// The name of its cluster.
    pub(super) cluster: String,
    pub(super) status: Status,
    pub(super) desired: i64,
    /// The fields of the call that read back as they are.
    pub(super) body: Map<String, Value>,
    /// The newest first: it is the PRIMARY one.
    pub(super) deployments: Vec<Deployment>,
    /// The newest first.
    pub(super) events: Vec<Event>,
    /// Whether it has said that it is steady since it last was not.
    pub(super) steady: bool,
    pub(super) tags: Tags,
    token: Option<String>,
    created: i64,
    /// When it became INACTIVE.
    pub(super) ended: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    Active,
    Draining,
    Inactive,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    id: String,
    at: i64,
    message: String,
}

/// The fields whose change makes a new deployment, besides the task definition.
const DEPLOYED: [&str; 4] = ["loadBalancers", "networkConfiguration", "platformVersion", "serviceRegistries"];

impl Service {
    pub(super) fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    pub(super) fn is_inactive(&self) -> bool {
        self.status == Status::Inactive
    }

    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.cluster, self.name)
    }

    /// Whether a deployment of it runs the task definition.
    pub(super) fn uses(&self, definition: &str) -> bool {
        self.deployments.iter().any(|deployment| deployment.definition == definition)
    }

    /// The capacity providers of its strategy.
    pub(super) fn providers(&self) -> impl Iterator<Item = String> {
        let strategy = self.body.get("capacityProviderStrategy").and_then(Value::as_array).into_iter().flatten();
        strategy.filter_map(|item| item["capacityProvider"].as_str().map(str::to_owned))
    }

    pub(super) fn item(&self) -> Item {
        let tombstone = self.is_inactive().then_some("INACTIVE");
        Item { kind: "ecs:service", id: self.arn.clone(), tags: self.tags.clone(), tombstone }
    }

    pub(super) fn say(&mut self, account: &mut Account, message: &str) {
        let message = format!("(service {}) {message}", self.name);
        self.events.insert(0, Event { id: account.unique_uuid(), at: account.now, message });
        self.events.truncate(100);
    }

    /// Whether its latest event says this.
    pub(super) fn last_said(&self, message: &str) -> bool {
        self.events.first().is_some_and(|event| event.message.ends_with(message))
    }

    fn shown(&self, account: &Account) -> Value {
        let count = |wanted: fn(&Task, i64) -> bool| {
            let tasks = account.here_ref().ecs.tasks.values();
            tasks.filter(|task| task.service == Some(self.key()) && wanted(task, account.now)).count()
        };
        let mut shown = self.body.clone();
        let more = json!({
            "serviceArn": self.arn,
            "serviceName": self.name,
            "clusterArn": account.arn("ecs", &format!("cluster/{}", self.cluster)),
            "status": match self.status {
                Status::Active => "ACTIVE",
                Status::Draining => "DRAINING",
                Status::Inactive => "INACTIVE",
            },
            "desiredCount": self.desired,
            "runningCount": count(Task::is_running),
            "pendingCount": count(Task::is_pending),
            "deployments": self.deployments.iter().enumerate()
                .map(|(at, deployment)| deployment.shown(account, self, at)).collect::<Value>(),
            "events": self.events.iter()
                .map(|event| json!({"id": event.id, "createdAt": seconds(event.at), "message": event.message}))
                .collect::<Value>(),
            "createdAt": seconds(self.created),
            "createdBy": account.caller(),
        });
        shown.extend(more.as_object().cloned().unwrap_or_default());
        shown.into()
    }

    fn shown_with_tags(&self, account: &Account) -> Value {
        let mut shown = self.shown(account);
        shown["tags"] = tags::to_list(&self.tags);
        shown
    }
}

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    check_service_linked_role(account)?;
    let cluster = active_cluster(account, input)?;
    let name = input["serviceName"].as_str().unwrap_or_default().to_owned();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 255 || !name.chars().all(fits) {
        return Err(invalid("Service name must contain only alphanumeric characters, dashes, or underscores."));
    }
    let token = input["clientToken"].as_str().map(str::to_owned);
    let key = format!("{cluster}/{name}");
    if let Some(existing) = account.here_ref().ecs.services.get(&key) {
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
        tags: tags::from_list(&input["tags"]),
        token,
        created: account.now,
        ended: None,
    };
    rollout::deploy(account, &mut service, definition);
    let answer = json!({"service": service.shown_with_tags(account)});
    account.here().ecs.services.insert(key, service);
    Ok(answer)
}

pub(super) fn describe(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let names = texts(input, "services");
    if names.is_empty() || names.len() > 10 {
        return Err(invalid("Services list must contain between 1 and 10 elements."));
    }
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        let name = last_segment(&name);
        match account.here_ref().ecs.services.get(&format!("{cluster}/{name}")) {
            Some(service) if includes(input, "TAGS") => {
                found.push(service.shown_with_tags(account));
            }
            Some(service) => found.push(service.shown(account)),
            None => failures.push(failure(&account.arn("ecs", &format!("service/{cluster}/{name}")), "MISSING")),
        }
    }
    Ok(json!({"services": found, "failures": failures}))
}

/// Only ACTIVE services: one that drains is already out of the list.
pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let services = account.here_ref().ecs.services.values();
    let arns = services
        .filter(|service| service.cluster == cluster && service.is_active())
        .map(|service| service.arn.clone())
        .collect();
    Ok(page_of("serviceArns", arns, page_size(account, input, 10), input))
}

pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let key = existing(account, input)?;
    let mut service = account.here().ecs.services.remove(&key).expect("existing found it");
    let result = change(account, &mut service, input);
    let answer = json!({"service": service.shown_with_tags(account)});
    account.here().ecs.services.insert(key, service);
    result.map(|()| answer)
}

fn change(account: &mut Account, service: &mut Service, input: &Value) -> Result<(), Fault> {
    if !service.is_active() {
        return Err(Fault::client("ServiceNotActiveException", "Service was not ACTIVE."));
    }
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
        launch::choose(account, &service.cluster, &mut body)?;
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
    service.body = body;
    if let Some(desired) = input["desiredCount"].as_i64() {
        service.desired = desired;
        service.steady = false;
    }
    if deploys {
        rollout::deploy(account, service, definition);
    }
    Ok(())
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let key = existing(account, input)?;
    let mut service = account.here().ecs.services.remove(&key).expect("existing found it");
    if service.desired > 0 && input["force"] != true {
        account.here().ecs.services.insert(key, service);
        return Err(invalid("The service cannot be stopped while it is scaled above 0."));
    }
    service.status = Status::Draining;
    service.desired = 0;
    let answer = json!({"service": service.shown_with_tags(account)});
    account.here().ecs.services.insert(key, service);
    Ok(answer)
}

/// The key of the service that a call names, which may be draining but not gone.
fn existing(account: &Account, input: &Value) -> Result<String, Fault> {
    let cluster = active_cluster(account, input)?;
    let key = format!("{cluster}/{}", last_segment(input["service"].as_str().unwrap_or_default()));
    match account.here_ref().ecs.services.get(&key) {
        Some(service) if !service.is_inactive() => Ok(key),
        _ => Err(Fault::client("ServiceNotFoundException", "Service not found.")),
    }
}
