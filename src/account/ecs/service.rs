//! A service: its fields, and their form in answers. The calls are in `services`, the service's own deeds in `rollout`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::task::Task;
use super::{TAGS, TagMap};
use crate::Item;
use crate::account::{Account, seconds};
use crate::elbv2::Touched;
use crate::table::Object;

/// The version of Fargate's platform that is the latest one.
pub(super) const PLATFORM_VERSION: &str = "1.4.0";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    pub(super) arn: String,
    pub(super) name: String,
    /// The name of the service's cluster.
    pub(super) cluster: String,
    pub(super) status: Status,
    pub(super) desired: i64,
    /// The fields of the call that read back as they are.
    pub(super) body: Map<String, Value>,
    /// The deployments, the newest first: that is the PRIMARY one.
    pub(super) deployments: Vec<Deployment>,
    /// The events, the newest first.
    pub(super) events: Vec<Event>,
    /// Whether the service has said that it is steady since it last was not.
    pub(super) steady: bool,
    /// The ARNs of the services in Cloud Map that Service Connect made, by name.
    #[serde(default)]
    pub(super) connected: BTreeMap<String, String>,
    pub(super) tags: TagMap,
    pub(super) token: Option<String>,
    pub(super) created: i64,
    /// The time when the service became INACTIVE.
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

impl Object for Service {}

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

    /// Returns whether a deployment of the service runs the task definition.
    pub(super) fn uses(&self, definition: &str) -> bool {
        self.deployments.iter().any(|deployment| deployment.definition == definition)
    }

    /// The milliseconds after its start for which a task may fail the checks of its load balancer.
    pub(super) fn grace(&self) -> i64 {
        self.body.get("healthCheckGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0) * 1000
    }

    /// Returns whether the tasks are targets in one of these target groups; in any, if it isn't known in which.
    pub(super) fn is_behind(&self, groups: &Touched) -> bool {
        let balancers = self.body.get("loadBalancers").and_then(Value::as_array);
        let mut named = balancers.into_iter().flatten().filter_map(|one| one["targetGroupArn"].as_str());
        match groups {
            Touched::Some(groups) => named.any(|group| groups.contains(group)),
            Touched::Any => named.next().is_some(),
        }
    }

    /// The capacity providers of the service's strategy.
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

    /// Says that one more target was `deed`, as in `registered`, in a target group. What happens at one time is one event.
    pub(super) fn say_of_target(&mut self, account: &mut Account, deed: &str, group: &str) {
        let (begin, end) = (format!("(service {}) {deed} ", self.name), format!(" targets in (target-group {group})"));
        let number = |event: &Event| event.message.strip_prefix(&begin)?.strip_suffix(&end)?.parse::<u32>().ok();
        let mut of_now = self.events.iter_mut().take_while(|event| event.at == account.now);
        match of_now.find_map(|event| Some((number(event)?, event))) {
            Some((count, event)) => event.message = format!("{begin}{}{end}", count + 1),
            None => self.say(account, &format!("{deed} 1{end}")),
        }
    }

    /// Returns whether the latest event begins like this.
    pub(super) fn last_said_of(&self, begin: &str) -> bool {
        let begin = format!("(service {}) {begin}", self.name);
        self.events.first().is_some_and(|event| event.message.starts_with(&begin))
    }

    /// Returns whether the latest event says this.
    pub(super) fn last_said(&self, message: &str) -> bool {
        self.events.first().is_some_and(|event| event.message.ends_with(message))
    }

    pub(super) fn shown(&self, account: &Account) -> Value {
        let count = |wanted: fn(&Task, i64) -> bool| {
            account.all::<Task>().of(&self.key()).filter(|task| wanted(task, account.now)).count()
        };
        let mut shown = self.body.clone();
        // Only deployments tell of it.
        shown.remove("serviceConnectConfiguration");
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
        // ECS makes the interfaces of tasks by its own role.
        if shown.contains_key("networkConfiguration") {
            let role = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
            shown.insert("roleArn".to_owned(), format!("arn:aws:iam::{}:role/{role}", account.id).into());
        }
        shown.into()
    }

    pub(super) fn shown_with_tags(&self, account: &Account) -> Value {
        let mut shown = self.shown(account);
        shown["tags"] = TAGS.write(&self.tags);
        shown
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) definition: String,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) state: Rollout,
    pub(super) failed: i64,
    /// The launch type, strategy, network and platform of the deployment's tasks.
    pub(super) body: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Rollout {
    InProgress,
    /// The deployment is in progress again, because the one after it failed.
    RollingBack,
    Completed,
    Failed,
}

impl Deployment {
    pub(super) fn shown(&self, account: &Account, service: &Service, at: usize) -> Value {
        let key = service.key();
        let tasks = || account.all::<Task>().of(&key).filter(|task| self.owns(task));
        let (state, reason) = match self.state {
            Rollout::InProgress => ("IN_PROGRESS", format!("ECS deployment {} in progress.", self.id)),
            Rollout::RollingBack => {
                ("IN_PROGRESS", format!("ECS deployment circuit breaker: rolling back to deploymentId {}.", self.id))
            }
            Rollout::Completed => ("COMPLETED", format!("ECS deployment {} completed.", self.id)),
            Rollout::Failed => ("FAILED", "ECS deployment circuit breaker: tasks failed to start.".to_owned()),
        };
        let mut shown = self.body.clone();
        // A deployment says which version the latest is.
        if let Some(version) = shown.get_mut("platformVersion").filter(|version| **version == "LATEST") {
            *version = PLATFORM_VERSION.into();
        }
        let more = json!({
            "id": self.id,
            "status": match (service.status, at) {
                (Status::Inactive, _) => "INACTIVE",
                (_, 0) => "PRIMARY",
                _ => "ACTIVE",
            },
            "taskDefinition": self.definition,
            "desiredCount": if at == 0 { service.desired } else { 0 },
            "pendingCount": tasks().filter(|task| task.is_pending(account.now)).count(),
            "runningCount": tasks().filter(|task| task.is_running(account.now)).count(),
            "failedTasks": self.failed,
            "createdAt": seconds(self.created),
            "updatedAt": seconds(self.updated),
            "rolloutState": state,
            "rolloutStateReason": reason,
        });
        shown.extend(more.as_object().cloned().unwrap_or_default());
        shown.into()
    }

    pub(super) fn owns(&self, task: &Task) -> bool {
        task.started_by.as_ref() == Some(&self.id)
    }
}
