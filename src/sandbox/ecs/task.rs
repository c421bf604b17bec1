//! Tasks: the calls, and how a task is started and stopped. What happens to it over time is in `life`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::life::{Deed, Stop, Target};
use super::outside::{Outside, end_in_time};
use super::rehearsal::{Play, play};
use super::{
    Tags, active_cluster, check_service_linked_role, client, failure, includes, invalid, last_segment, launch, normal,
    overrides, page_of, page_size, tags, task_definition,
};
use crate::sandbox::account::{Account, hash};
use crate::sandbox::clock::millis;
use crate::sandbox::input::texts;
use crate::sandbox::wire::{Answer, Fault};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) arn: String,
    /// The name of its cluster.
    pub(super) cluster: String,
    /// The key of its service.
    pub(super) service: Option<String>,
    pub(super) definition: String,
    pub(super) group: String,
    pub(super) started_by: Option<String>,
    /// Launch type, strategy, network and platform.
    pub(super) body: Map<String, Value>,
    pub(super) overrides: Value,
    /// The task definition's containers with the overrides in them.
    pub(super) containers: Vec<Value>,
    pub(super) size: (String, String),
    pub(super) tags: Tags,
    pub(super) created: i64,
    pub(super) stop: Option<Stop>,
    pub(super) eni: Option<String>,
    pub(super) address: String,
    pub(super) targets: Vec<Target>,
    /// What becomes of it, where that is known already.
    pub(super) play: Option<Play>,
    /// How many lines of its play were written.
    pub(super) told: usize,
    /// Who carries it out, where it is not pretended.
    pub(super) outside: Option<Outside>,
    /// The digests of its images, by container, as far as ECR has them.
    pub(super) digests: BTreeMap<String, String>,
    /// What was done already of what is done once.
    pub(super) done: Vec<Deed>,
}

/// What a client token of RunTask stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    request: String,
    tasks: Vec<String>,
}

impl Task {
    /// Whether DescribeTasks knows it: a task of RunTask can take its time to appear.
    fn is_visible(&self, account: &Account) -> bool {
        self.service.is_some() || account.now >= self.created + millis(account.quirks.tasks_hidden)
    }
}

impl Run {
    /// Whether one of its tasks is still known.
    pub(super) fn is_known(&self, tasks: &BTreeMap<String, Task>) -> bool {
        self.tasks.iter().any(|id| tasks.contains_key(id))
    }
}

/// What a task is started from.
pub(super) struct Plan {
    pub(super) cluster: String,
    pub(super) definition: String,
    pub(super) body: Map<String, Value>,
    pub(super) overrides: Value,
    pub(super) group: String,
    pub(super) started_by: Option<String>,
    pub(super) service: Option<String>,
    pub(super) balancers: Value,
    pub(super) tags: Tags,
    pub(super) play: Option<Play>,
}

pub(super) fn run(account: &mut Account, input: &Value) -> Answer {
    check_service_linked_role(account)?;
    let cluster = active_cluster(account, input)?;
    let token = input["clientToken"].as_str().unwrap_or_default().to_owned();
    let request = hash(&input.to_string());
    if let Some(run) = account.here_ref().ecs.runs.get(&token) {
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
        account.here().ecs.runs.insert(token, Run { request, tasks });
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
        account.check_role_is_ready(&role, || {
            client(format!(
                "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the \
                 role being passed has the proper trust relationship and permissions and that your IAM user has \
                 permissions to pass this role."
            ))
        })?;
    }
    launch::fill_network(&mut body);
    if !launch::on_fargate(&body) {
        return Err(invalid("No Container Instances were found in your cluster."));
    }
    let mut tags = match input["propagateTags"].as_str() {
        None => Tags::new(),
        Some("TASK_DEFINITION") => revision.tags.clone(),
        Some(other) => {
            return Err(invalid(format!("The propagateTags value {other} is not valid for RunTask.")));
        }
    };
    overrides::check(&input["overrides"], &revision.body)?;
    if input["enableECSManagedTags"] == true {
        tags.insert("aws:ecs:clusterName".to_owned(), cluster.to_owned());
    }
    tags.extend(tags::from_list(&input["tags"]));
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
        play: input["startedBy"].as_str().and_then(|by| play(account, by)),
    })
}

/// Starts a task; none where its task definition is gone.
pub(super) fn start(account: &mut Account, plan: Plan) -> Option<String> {
    let definition = task_definition::by_arn(account, &plan.definition)?.body.clone();
    let id = account.unique_hex(32);
    let text = |key: &str| {
        plan.overrides[key].as_str().or_else(|| definition.get(key)?.as_str()).unwrap_or_default().to_owned()
    };
    let containers = definition["containerDefinitions"].as_array().into_iter().flatten();
    let balancers = plan.balancers.as_array().into_iter().flatten();
    let is_reported = plan.play == Some(Play::Reported);
    let outside = is_reported.then(|| Outside::expected(account));
    let task = Task {
        arn: account.arn("ecs", &format!("task/{}/{id}", plan.cluster)),
        id: id.clone(),
        size: (text("cpu"), text("memory")),
        containers: containers.map(|container| overrides::apply(container, &plan.overrides)).collect(),
        cluster: plan.cluster,
        service: plan.service,
        definition: plan.definition,
        group: plan.group,
        started_by: plan.started_by,
        body: plan.body,
        overrides: plan.overrides,
        tags: plan.tags,
        created: account.now,
        stop: None,
        eni: None,
        address: String::new(),
        targets: balancers.filter_map(Target::of).collect(),
        play: plan.play,
        told: 0,
        outside,
        digests: BTreeMap::new(),
        done: Vec::new(),
    };
    account.here().ecs.tasks.insert(id.clone(), task);
    Some(id)
}

pub(super) fn describe(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let names = texts(input, "tasks");
    if names.is_empty() || names.len() > 100 {
        return Err(invalid("Tasks list must contain between 1 and 100 elements."));
    }
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        match account
            .here_ref()
            .ecs
            .tasks
            .get(last_segment(&name))
            .filter(|task| task.cluster == cluster && task.is_visible(account))
        {
            Some(task) => {
                let mut shown = task.shown(account);
                if !includes(input, "TAGS") {
                    shown["tags"] = json!([]);
                }
                found.push(shown);
            }
            None => failures
                .push(failure(&account.arn("ecs", &format!("task/{cluster}/{}", last_segment(&name))), "MISSING")),
        }
    }
    Ok(json!({"tasks": found, "failures": failures}))
}

pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let text = |key: &str| input[key].as_str().map(last_segment);
    let others = ["family", "serviceName", "containerInstance", "launchType"];
    if text("startedBy").is_some() && others.iter().any(|key| text(key).is_some()) {
        return Err(invalid("startedBy cannot be combined with other filters."));
    }
    let service = text("serviceName").map(|name| format!("{cluster}/{name}"));
    let services = &account.here_ref().ecs.services;
    if service.as_ref().is_some_and(|key| !services.contains_key(key)) {
        return Err(Fault::client("ServiceNotFoundException", "Service not found."));
    }
    let stopped = input["desiredStatus"] == "STOPPED";
    let tasks = account.here_ref().ecs.tasks.values().filter(|task| {
        task.cluster == cluster
            && (service.is_none() || task.service == service)
            && text("family").is_none_or(|family| last_segment(&task.definition).split(':').next() == Some(family))
            && input["startedBy"].as_str().is_none_or(|by| task.started_by.as_deref() == Some(by))
            && text("launchType").is_none_or(|kind| task.body.get("launchType").is_some_and(|own| own == kind))
            && task.is_stopping(account.now) == stopped
    });
    let arns = tasks.map(|task| task.arn.clone()).collect();
    Ok(page_of("taskArns", arns, page_size(account, input, 100), input))
}

pub(super) fn stop(account: &mut Account, input: &Value) -> Answer {
    let cluster = active_cluster(account, input)?;
    let id = last_segment(input["task"].as_str().unwrap_or_default()).to_owned();
    let known = account.here_ref().ecs.tasks.get(&id).is_some_and(|task| task.cluster == cluster);
    if !known {
        return Err(invalid("The referenced task was not found."));
    }
    let reason = input["reason"].as_str().unwrap_or("Task stopped by user");
    begin_stop(account, &id, "UserInitiated", reason);
    Ok(json!({"task": account.here_ref().ecs.tasks[&id].shown(account)}))
}

/// Stops a task, unless it stops already.
pub(super) fn begin_stop(account: &mut Account, id: &str, code: &str, reason: &str) {
    let now = account.now;
    let Some(mut task) = account.here().ecs.tasks.remove(id) else {
        return;
    };
    if !task.is_stopping(now) {
        let drain = task.drain_time(account);
        // A container that is told to stop ends by the signal that it got.
        let exit = task.is_running(now).then_some(143);
        let stop = Stop::at(now, drain, code, reason, exit);
        task.stop = Some(match task.outside {
            Some(_) if task.is_running(now) => end_in_time(stop),
            _ => stop,
        });
    }
    account.here().ecs.tasks.insert(id.to_owned(), task);
}

pub(super) fn definition_tags(account: &Account, arn: &str) -> Tags {
    task_definition::by_arn(account, arn).map(|revision| revision.tags.clone()).unwrap_or_default()
}

fn shown(account: &Account, ids: &[String]) -> Value {
    ids.iter().filter_map(|id| account.here_ref().ecs.tasks.get(id)).map(|task| task.shown(account)).collect()
}
