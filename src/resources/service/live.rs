//! AWS's description of a service, and whether that means that it works.
//!
//! Knows: deployments, rollouts, events. Must not know: the spec.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::{FIELDS, SCALING};
use crate::resource::{Found, Observed, Readiness};
use crate::resources::alarm;
use crate::resources::ecs::{list, text, texts};
use crate::resources::task_definition::family_arn;

/// The latest events that are kept: the only words that AWS has on tasks that don't start.
const EVENTS: usize = 5;

/// The number of containers that run the image under each digest, by the image's name.
pub type Images = BTreeMap<String, BTreeMap<String, usize>>;

/// AWS's description of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceLive {
    /// The service's ARN.
    pub arn: String,
    /// The service's name.
    pub name: String,
    /// The ARN of the service's cluster.
    pub cluster_arn: String,
    /// The time when the service was made, in seconds since 1970.
    pub created_at: f64,
    /// The status: `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// The number of tasks that the service is to run.
    pub desired_count: i64,
    /// The number of tasks that the service runs.
    pub running_count: i64,
    /// The deployments: one, or several while the service goes from one task definition to the next.
    pub deployments: Vec<Deployment>,
    /// The latest events, the latest first.
    pub events: Vec<String>,
    /// The images that the tasks run, if the lab has images of its own.
    #[serde(default)]
    pub images: Images,
    /// The ARNs of the policies that scale the service, by name.
    #[serde(default)]
    pub policies: BTreeMap<String, String>,
    /// The fields as CreateService and DescribeServices name them, and the scaling.
    pub document: Value,
}

/// A deployment of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// The deployment's id: every deployment has a new one.
    pub id: String,
    /// The status: `PRIMARY`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The ARN of the revision that the deployment runs.
    pub task_definition: String,
    /// The rollout: `COMPLETED`, `FAILED` or `IN_PROGRESS`; none for services that something other than ECS deploys.
    pub rollout_state: Option<String>,
    /// The reason for that state.
    pub reason: String,
}

/// The service as leaving if it drains, and as gone if it is INACTIVE.
pub(super) fn in_its_state(found: Found<ServiceLive>) -> Found<ServiceLive> {
    let observed = match found.observed {
        Observed::Present { live, .. } if live.status == "INACTIVE" => Observed::Tombstone,
        Observed::Present { live, tags } if live.status == "DRAINING" => Observed::Leaving { live, tags },
        other => other,
    };
    Found { observed, ..found }
}

impl ServiceLive {
    /// Reads a service off an answer of ECS.
    pub(super) fn new(service: &Value) -> Self {
        let count = |name: &str| service[name].as_i64().unwrap_or_default();
        let deployments = list(service, "deployments").map(|deployment| Deployment {
            id: text(deployment, "id"),
            status: text(deployment, "status"),
            task_definition: text(deployment, "taskDefinition"),
            rollout_state: deployment["rolloutState"].as_str().map(str::to_owned),
            reason: text(deployment, "rolloutStateReason"),
        });
        let events = telling_events(service).take(EVENTS);
        let mut document = service.clone();
        document["cluster"] = service["clusterArn"].clone();
        // What a service says of Service Connect is in its deployments.
        let mut primary = list(service, "deployments").filter(|deployment| deployment["status"] == "PRIMARY");
        if let Some(primary) = primary.next() {
            document["serviceConnectConfiguration"] = primary["serviceConnectConfiguration"].clone();
        }
        if let Some(fields) = document.as_object_mut() {
            fields.retain(|name, value| !value.is_null() && FIELDS.iter().any(|field| field.path == name));
        }
        Self {
            arn: text(service, "serviceArn"),
            name: text(service, "serviceName"),
            cluster_arn: text(service, "clusterArn"),
            created_at: service["createdAt"].as_f64().unwrap_or_default(),
            status: text(service, "status"),
            desired_count: count("desiredCount"),
            running_count: count("runningCount"),
            deployments: deployments.collect(),
            events: events.collect(),
            images: Images::new(),
            policies: BTreeMap::new(),
            document,
        }
    }

    /// The same service with what is known of its scaling.
    pub(super) fn scaled(mut self, (scaling, policies): (Value, BTreeMap<String, String>)) -> Self {
        if let Some(fields) = self.document.as_object_mut() {
            fields.remove(SCALING);
            fields.extend((!scaling.is_null()).then(|| (SCALING.to_owned(), scaling)));
        }
        self.policies = policies;
        self
    }

    /// Returns whether the service does its work: one deployment, of the service's own revision, that is complete.
    /// "Stable" would also be a service that went back to the revision before, or one without tasks.
    pub(super) fn readiness(&self) -> Readiness {
        let counts = format!("{} of {} tasks running", self.running_count, self.desired_count);
        let Some(primary) = self.primary() else {
            return Readiness::Pending(counts);
        };
        let rollout = primary.rollout_state.as_deref();
        if rollout == Some("FAILED") || primary.reason.contains("rolling back") {
            return Readiness::Failed(primary.reason.clone());
        }
        let is_complete = matches!(rollout, None | Some("COMPLETED"))
            && self.deployments.len() == 1
            && self.running_count == self.desired_count
            && self.document["taskDefinition"] == primary.task_definition.as_str();
        if is_complete {
            return Readiness::Ready(None);
        }
        let event = self.events.first().map(String::as_str);
        let words: Vec<&str> = [Some(counts.as_str()), event].into_iter().flatten().collect();
        Readiness::Pending(words.join("; "))
    }

    /// Returns why the service isn't on its way to the deployment that was its primary one in `before`: ECS gave that
    /// up and went back to one that worked, which looks like success.
    pub(super) fn setback(&self, before: &Self) -> Option<String> {
        let wanted = before.primary()?;
        let now = self.primary()?;
        let words = self.events.iter().find(|event| event.contains("rolling back"))?;
        (now.id != wanted.id).then(|| {
            let revision = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
            let (now, wanted) = (revision(&now.task_definition), revision(&wanted.task_definition));
            format!("ECS went back from {wanted} to {now}: {words}")
        })
    }

    pub(super) fn primary(&self) -> Option<&Deployment> {
        let mut deployments = self.deployments.iter();
        deployments.find(|deployment| deployment.status == "PRIMARY")
    }

    /// The ids of the subnets of the service's tasks.
    pub(super) fn subnets(&self) -> Vec<String> {
        texts(&self.document["networkConfiguration"]["awsvpcConfiguration"]["subnets"])
    }

    /// The ids and ARNs of what the service uses.
    pub(super) fn links(&self) -> Vec<String> {
        let network = &self.document["networkConfiguration"]["awsvpcConfiguration"];
        let names = ["subnets", "securityGroups"].into_iter();
        let network = names.flat_map(|name| list(network, name)).filter_map(Value::as_str);
        let groups = list(&self.document, "loadBalancers").filter_map(|balancer| balancer["targetGroupArn"].as_str());
        let registries =
            list(&self.document, "serviceRegistries").filter_map(|registry| registry["registryArn"].as_str());
        let namespace = self.document["serviceConnectConfiguration"]["namespace"].as_str();
        let definitions = self
            .deployments
            .iter()
            .map(|deployment| deployment.task_definition.as_str())
            .chain(self.document["taskDefinition"].as_str());
        let definitions = definitions.flat_map(|arn| [arn, family_arn(arn)]);
        let alarms = texts(&self.document["deploymentConfiguration"]["alarms"]["alarmNames"]);
        let mut links: Vec<String> = definitions
            .chain(groups)
            .chain(registries)
            .chain(namespace)
            .chain(network)
            .chain([self.cluster_arn.as_str()])
            .map(str::to_owned)
            .chain(alarms.iter().map(|name| alarm::named(name)))
            .collect();
        links.sort();
        links.dedup();
        links
    }
}

/// The messages of the service's events, the latest first, without those that follow from others: that targets come and go
/// with their tasks.
fn telling_events(service: &Value) -> impl Iterator<Item = String> {
    list(service, "events").map(|event| text(event, "message")).filter(|message| is_telling(message))
}

/// Returns whether an event says something that others don't.
pub(super) fn is_telling(message: &str) -> bool {
    ![" targets in (target-group", "has begun draining connections"].iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live(desired: i64, running: i64, deployments: &Value) -> ServiceLive {
        ServiceLive::new(&json!({
            "taskDefinition": "web:2", "desiredCount": desired, "runningCount": running, "deployments": deployments,
            "events": [{"message": "e1"}, {"message": "e2"}, {"message": "e3"}, {"message": "e4"}],
        }))
    }

    #[test]
    fn a_service_is_ready_when_its_own_revision_is_rolled_out() {
        let done = json!({"status": "PRIMARY", "taskDefinition": "web:2", "rolloutState": "COMPLETED"});
        let under_way = json!({"status": "PRIMARY", "taskDefinition": "web:2", "rolloutState": "IN_PROGRESS"});
        let old = json!({"status": "ACTIVE", "taskDefinition": "web:1", "rolloutState": "COMPLETED"});
        let stale = json!({"status": "PRIMARY", "taskDefinition": "web:1", "rolloutState": "COMPLETED"});
        let external = json!({"status": "PRIMARY", "taskDefinition": "web:2"});
        let failed = json!({"status": "PRIMARY", "taskDefinition": "web:2", "rolloutState": "FAILED",
            "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start."});
        let back = json!({"status": "PRIMARY", "taskDefinition": "web:1", "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."});
        let abandoned = json!({"status": "ACTIVE", "taskDefinition": "web:1", "rolloutState": "FAILED"});

        let ready = Readiness::Ready(None);
        let pending = |words: &str| Readiness::Pending(words.to_owned());
        for (desired, running, deployments, want) in [
            (2, 2, json!([done]), ready.clone()),
            (0, 0, json!([done]), ready.clone()),
            (2, 2, json!([external]), ready.clone()),
            (2, 0, json!([under_way]), pending("0 of 2 tasks running; e1")),
            (2, 1, json!([done]), pending("1 of 2 tasks running; e1")),
            (2, 1, json!([external]), pending("1 of 2 tasks running; e1")),
            (2, 2, json!([under_way, old]), pending("2 of 2 tasks running; e1")),
            (2, 2, json!([stale]), pending("2 of 2 tasks running; e1")),
            (2, 2, json!([under_way, abandoned]), pending("2 of 2 tasks running; e1")),
            (2, 0, json!([]), pending("0 of 2 tasks running")),
            (
                2,
                0,
                json!([failed]),
                Readiness::Failed("ECS deployment circuit breaker: tasks failed to start.".to_owned()),
            ),
            (
                2,
                2,
                json!([back, abandoned]),
                Readiness::Failed("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.".to_owned()),
            ),
        ] {
            assert_eq!(live(desired, running, &deployments).readiness(), want, "{deployments}");
        }
    }

    #[test]
    fn a_service_links_to_all_that_has_to_outlive_it() {
        let live = ServiceLive::new(&json!({
            "clusterArn": "c", "taskDefinition": "web:2", "deployments": [{"taskDefinition": "web:1"}],
            "loadBalancers": [{"targetGroupArn": "tg"}],
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["sg"]}},
        }));
        assert_eq!(live.links(), ["c", "s", "sg", "tg", "web", "web:1", "web:2"]);
    }
}
