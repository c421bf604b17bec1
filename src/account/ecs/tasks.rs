//! The calls for tasks, and their start and stop.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::service::Service;
use super::task::{Outside, Run, Stop, Target, Task};
use super::{
    Entry, PAGES, TAGS, TagMap, active_cluster, agenda, check_service_linked_role, client, described, includes,
    last_segment, launch, normal, start, task_definition,
};
use crate::account::Account;
use crate::ec2;
use crate::ids::hash;
use crate::input::texts;
use crate::rules::RUN_TASK;
use crate::simulation::{SimulatedRun, Simulation};
use crate::wire::{Answer, Fault, invalid};

/// The plan that a task is started from.
pub(super) struct Plan {
    pub(super) cluster: String,
    pub(super) definition: String,
    pub(super) body: Map<String, Value>,
    pub(super) overrides: Value,
    pub(super) group: String,
    pub(super) started_by: Option<String>,
    pub(super) service: Option<String>,
    pub(super) balancers: Value,
    pub(super) tags: TagMap,
    pub(super) run: Option<SimulatedRun>,
}

pub(super) fn run(account: &mut Account, input: &Value) -> Answer {
    RUN_TASK.check(input, invalid)?;
    check_service_linked_role(account)?;
    let cluster = active_cluster(account, input)?;
    let token = input["clientToken"].as_str().unwrap_or_default().to_owned();
    let request = hash(&input.to_string());
    if let Some(run) = account.all::<Run>().get(&token) {
        return if run.request == request {
            Ok(json!({"tasks": shown(account, &run.tasks), "failures": []}))
        } else {
            let mut fault = Fault::client("ConflictException", "The client token was used with other parameters.");
            fault.fields.insert("resourceIds".to_owned(), json!(run.tasks));
            Err(fault)
        };
    }
    let count = input["count"].as_i64().unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(invalid("count must be between 1 and 10."));
    }
    let started = (0..count).map(|_| plan(account, &cluster, input)).collect::<Result<Vec<_>, _>>()?;
    let tasks: Vec<String> = started.into_iter().filter_map(|plan| start(account, plan)).collect();
    let answer = json!({"tasks": shown(account, &tasks), "failures": []});
    if !token.is_empty() {
        account.all_mut::<Run>().insert(token, Run { request, tasks });
    }
    Ok(answer)
}

fn plan(account: &Account, cluster: &str, input: &Value) -> Result<Plan, Fault> {
    let name = input["taskDefinition"].as_str().unwrap_or_default();
    let revision = task_definition::to_run(account, name)?;
    let mut body = Map::new();
    for key in
        ["launchType", "capacityProviderStrategy", "networkConfiguration", "platformVersion", "enableExecuteCommand"]
    {
        if !input[key].is_null() {
            body.insert(key.to_owned(), input[key].clone());
        }
    }
    launch::choose(account, cluster, &mut body)?;
    launch::check(account, &body, revision)?;
    for role in normal::roles(account, &revision.body) {
        normal::check_role_is_ready(account, &role, || {
            client(format!(
                "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the \
                 role being passed has the proper trust relationship and permissions and that your IAM user has \
                 permissions to pass this role."
            ))
        })?;
    }
    if let Some(why) = start::unassumable(account, &revision.arn) {
        return Err(client(why));
    }
    launch::fill_network(&mut body);
    if !launch::on_fargate(&body) {
        return Err(invalid("No Container Instances were found in your cluster."));
    }
    let mut tags = match input["propagateTags"].as_str() {
        None => TagMap::new(),
        Some("TASK_DEFINITION") => revision.tags.clone(),
        Some(other) => {
            return Err(invalid(format!("The propagateTags value {other} is not valid for RunTask.")));
        }
    };
    check_overrides(&input["overrides"], &revision.body)?;
    if input["enableECSManagedTags"] == true {
        tags.insert("aws:ecs:clusterName".to_owned(), cluster.to_owned());
    }
    tags.extend(TAGS.read(input));
    let family = last_segment(&revision.arn).split(':').next().unwrap_or_default();
    Ok(Plan {
        cluster: cluster.to_owned(),
        definition: revision.arn.clone(),
        body,
        overrides: input["overrides"].clone(),
        group: input["group"].as_str().map_or_else(|| format!("family:{family}"), str::to_owned),
        started_by: input["startedBy"].as_str().map(str::to_owned),
        service: None,
        balancers: Value::Null,
        tags,
        run: input["startedBy"].as_str().and_then(|by| account.here::<Simulation>().run(by).cloned()),
    })
}

/// Starts a task; none if its definition is gone.
pub(super) fn start(account: &mut Account, plan: Plan) -> Option<String> {
    let definition = task_definition::by_arn(account, &plan.definition)?.body.clone();
    let id = account.unique_hex(32);
    let text = |key: &str| {
        plan.overrides[key].as_str().or_else(|| definition.get(key)?.as_str()).unwrap_or_default().to_owned()
    };
    let containers = definition["containerDefinitions"].as_array().into_iter().flatten();
    let balancers = plan.balancers.as_array().into_iter().flatten();
    let is_reported = plan.run == Some(SimulatedRun::Reported);
    let outside = is_reported.then(|| Outside::expected(account));
    let subnet = subnet(account, &plan);
    let task = Task {
        arn: account.arn("ecs", &format!("task/{}/{id}", plan.cluster)),
        id: id.clone(),
        size: (text("cpu"), text("memory")),
        containers: containers.map(|container| overridden(container, &plan.overrides)).collect(),
        cluster: plan.cluster,
        service: plan.service,
        definition: plan.definition,
        group: plan.group,
        started_by: plan.started_by,
        subnet,
        body: plan.body,
        overrides: plan.overrides,
        tags: plan.tags,
        created: account.now,
        stop: None,
        eni: None,
        address: String::new(),
        targets: balancers.filter_map(Target::of).collect(),
        run: plan.run,
        written: 0,
        outside,
        digests: BTreeMap::new(),
        done: Vec::new(),
    };
    let now = account.now;
    account.all_mut().insert(id.clone(), task);
    agenda(account).hasten(Entry::Task(id.clone()), now);
    Some(id)
}

/// The subnet for a task: ECS spreads the tasks of a group over the zones ("Distribute Amazon ECS service tasks across
/// Availability Zones", developer guide).
fn subnet(account: &Account, plan: &Plan) -> Option<String> {
    let network = &plan.body.get("networkConfiguration")?["awsvpcConfiguration"];
    let zone = |subnet: &str| ec2::subnet_place(account, subnet).map(|(_, zone)| zone);
    let (mut in_subnets, mut in_zones) = (BTreeMap::<&str, usize>::new(), BTreeMap::<Option<String>, usize>::new());
    let tasks = account.all::<Task>().values();
    let beside =
        tasks.filter(|task| (&task.cluster, &task.group) == (&plan.cluster, &plan.group) && task.stop.is_none());
    for subnet in beside.filter_map(|task| task.subnet.as_deref()) {
        *in_subnets.entry(subnet).or_default() += 1;
        *in_zones.entry(zone(subnet)).or_default() += 1;
    }
    // The first of those that have the fewest.
    texts(network, "subnets").into_iter().min_by_key(|subnet| {
        let there = in_zones.get(&zone(subnet)).copied();
        (there.unwrap_or(0), in_subnets.get(&**subnet).copied().unwrap_or(0))
    })
}

pub(super) fn describe(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let names = texts(input, "tasks");
    if names.is_empty() || names.len() > 100 {
        return Err(invalid("Tasks list must contain between 1 and 100 elements."));
    }
    let shown = |name: &str| {
        let task = account.all::<Task>().get(name);
        let mut shown = task.filter(|task| task.cluster == cluster && task.is_visible(account))?.shown(account);
        if !includes(input, "TAGS") {
            shown["tags"] = json!([]);
        }
        Some(shown)
    };
    Ok(described(account, "tasks", &names, |name| format!("task/{cluster}/{name}"), shown))
}

pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let text = |key: &str| input[key].as_str().map(last_segment);
    let others = ["family", "serviceName", "containerInstance", "launchType"];
    if text("startedBy").is_some() && others.iter().any(|key| text(key).is_some()) {
        return Err(invalid("startedBy cannot be combined with other filters."));
    }
    let service = text("serviceName").map(|name| format!("{cluster}/{name}"));
    if service.as_ref().is_some_and(|key| !account.all::<Service>().contains_key(key)) {
        return Err(Fault::client("ServiceNotFoundException", "Service not found."));
    }
    let stopped = input["desiredStatus"] == "STOPPED";
    let tasks = account.all::<Task>().values().filter(|task| {
        task.cluster == cluster
            && (service.is_none() || task.service == service)
            && text("family").is_none_or(|family| last_segment(&task.definition).split(':').next() == Some(family))
            && input["startedBy"].as_str().is_none_or(|by| task.started_by.as_deref() == Some(by))
            && text("launchType").is_none_or(|kind| task.body.get("launchType").is_some_and(|own| own == kind))
            && task.is_stopping(account.now) == stopped
    });
    PAGES.of(account, input, "taskArns", tasks, |task| json!(task.arn))
}

pub(super) fn stop(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let id = last_segment(input["task"].as_str().unwrap_or_default()).to_owned();
    let known = account.all::<Task>().get(&id).is_some_and(|task| task.cluster == cluster);
    if !known {
        return Err(invalid("The referenced task was not found."));
    }
    let reason = input["reason"].as_str().unwrap_or("Task stopped by user");
    begin_stop(account, &id, "UserInitiated", reason);
    Ok(json!({"task": account.all::<Task>()[&id].shown(account)}))
}

/// Stops a task, unless it stops already.
pub(super) fn begin_stop(account: &mut Account, id: &str, code: &str, reason: &str) {
    let now = account.now;
    let Some(mut task) = account.all_mut::<Task>().remove(id) else {
        return;
    };
    if !task.is_stopping(now) {
        let drain = task.drain_time(account);
        // A container that is told to stop ends by the signal that it got.
        let exit = task.is_running(now).then_some(143);
        let stop = Stop::at(now, drain, code, reason, exit);
        task.stop = Some(match task.outside {
            Some(_) if task.is_running(now) => stop.in_time(),
            _ => stop,
        });
    }
    account.all_mut().insert(id.to_owned(), task);
    agenda(account).hasten(Entry::Task(id.to_owned()), now);
}

pub(super) fn definition_tags(account: &Account, arn: &str) -> TagMap {
    task_definition::by_arn(account, arn).map(|revision| revision.tags.clone()).unwrap_or_default()
}

fn shown(account: &Account, ids: &[String]) -> Value {
    ids.iter().filter_map(|id| account.all::<Task>().get(id)).map(|task| task.shown(account)).collect()
}

/// Refuses overrides of containers that the task definition `body` doesn't have.
fn check_overrides(overrides: &Value, body: &Map<String, Value>) -> Result<(), Fault> {
    for container in container_overrides(overrides) {
        let mut known = body.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten();
        if !known.any(|known| known["name"] == container["name"]) {
            return Err(invalid(format!(
                "Override for container named {} is not a container in the TaskDefinition.",
                container["name"].as_str().unwrap_or_default()
            )));
        }
    }
    Ok(())
}

/// A container of the task definition with its overrides in it.
fn overridden(container: &Value, overrides: &Value) -> Value {
    let name = &container["name"];
    let mut container = container.clone();
    for change in container_overrides(overrides).filter(|change| change["name"] == *name) {
        for key in ["command", "cpu", "memory", "memoryReservation"] {
            if !change[key].is_null() {
                container[key] = change[key].clone();
            }
        }
        let mut environment = container["environment"].as_array().cloned().unwrap_or_default();
        for variable in change["environment"].as_array().into_iter().flatten() {
            environment.retain(|known| known["name"] != variable["name"]);
            environment.push(variable.clone());
        }
        container["environment"] = environment.into();
    }
    container
}

fn container_overrides(overrides: &Value) -> impl Iterator<Item = &Value> {
    overrides["containerOverrides"].as_array().into_iter().flatten()
}
