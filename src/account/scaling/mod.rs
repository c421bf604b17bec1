//! Application Auto Scaling, of services of ECS: scalable targets with their policies and scheduled actions.
//!
//! A service is brought between the bounds of its target, and a scheduled action sets these at its time. No metric is
//! watched, because nobody knows what containers do: no policy changes anything by itself.

mod actions;
mod policies;
mod schedule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::{Account, Calls, Service, seconds};
use crate::forms::{Pages, Tags};
use crate::input::{need, set, text, texts};
use crate::rules::{self, SCALABLE_TARGET};
use crate::shelf::{Body, Kind, Thing};
use crate::wire::{self, Answer, Fault};
use crate::{ecs, iam};
use actions::Action;
use policies::Policy;

/// The service that has a role of its own by which services of ECS are scaled.
const LINKED: &str = "ecs.application-autoscaling.amazonaws.com";
/// The only dimension of a service.
const DIMENSION: &str = "ecs:service:DesiredCount";

/// A scalable target, by the id of its resource, as in `service/main/web`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    least: i64,
    most: i64,
    /// The sorts of scaling that rest, as they read back.
    suspended: Map<String, Value>,
    policies: BTreeMap<String, Policy>,
    actions: BTreeMap<String, Action>,
}

impl Body for Target {
    fn due(&self) -> Option<i64> {
        self.actions.values().filter_map(|action| action.next).min()
    }
}

static TARGETS: Kind<Target> = Kind {
    missing: |_, id| {
        let words = "No scalable target registered for service namespace: ecs, resource ID:";
        Fault::client("ObjectNotFoundException", format!("{words} {id}, scalable dimension: {DIMENSION}"))
    },
    happens: actions::happen,
    pages: pages(50),
    tags: Tags { id: "ResourceARN", pair: None, ..Tags::JSON },
    ..Kind::new("application-autoscaling:scalable-target", "application-autoscaling/targets")
};

/// Application Auto Scaling in the list of services.
pub(crate) static SERVICE: Service =
    Service { kinds: &[&TARGETS], remember: forget, ..Service::new("application-autoscaling", Calls::Json(handle)) };

/// Pages of at most so many.
const fn pages(most: usize) -> Pages {
    Pages {
        size: "MaxResults",
        token: ("NextToken", "NextToken"),
        usual: most,
        sizes: (1, most),
        refuse: |size| invalid(format!("Value '{size}' at 'maxResults' failed to satisfy constraint")),
        bad_token: || Fault::client("InvalidNextTokenException", "The next token is invalid."),
    }
}

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    forget(account);
    let of_tags = ["TagResource", "UntagResource", "ListTagsForResource"].contains(&operation);
    if !of_tags && text(input, "ServiceNamespace").as_deref() != Some("ecs") {
        return Err(invalid("Unsupported service namespace, resource type or scalable dimension"));
    }
    if text(input, "ScalableDimension").is_some_and(|dimension| dimension != DIMENSION) {
        return Err(invalid("Unsupported service namespace, resource type or scalable dimension"));
    }
    let no_resource = |fault: Fault| Fault { code: "ResourceNotFoundException".to_owned(), ..fault };
    match operation {
        "RegisterScalableTarget" => register(account, input),
        "DescribeScalableTargets" => {
            let ids = texts(input, "ResourceIds");
            let wanted = |id: &str, _: &Thing<Target>| ids.is_empty() || ids.iter().any(|one| one == id);
            TARGETS.list(account, input, "ScalableTargets", wanted, |id, target| shown(account, id, target))
        }
        "DeregisterScalableTarget" => TARGETS.delete(account, &id(input)?).map(|_| json!({})),
        "PutScalingPolicy" => policies::put(account, input),
        "DescribeScalingPolicies" => policies::describe(account, input),
        "DeleteScalingPolicy" => policies::delete(account, input),
        "PutScheduledAction" => actions::put(account, input),
        "DescribeScheduledActions" => actions::describe(account, input),
        "DeleteScheduledAction" => actions::delete(account, input),
        "TagResource" => TARGETS.tag(account, input).map_err(no_resource),
        "UntagResource" => TARGETS.untag(account, input).map_err(no_resource),
        "ListTagsForResource" => TARGETS.tags_of(account, input).map_err(no_resource),
        other => Err(wire::unknown("application-autoscaling", other)),
    }
}

/// The id of the resource that a call names.
fn id(input: &Value) -> Result<String, Fault> {
    need(input, "ResourceId").map_err(|_| invalid("Value null at 'resourceId' failed to satisfy constraint"))
}

/// The key of the service that a resource is; none if it is none.
fn service(id: &str) -> Option<&str> {
    id.strip_prefix("service/").filter(|key| key.split('/').count() == 2)
}

/// A service that is deleted takes its target along (hako pull request 69).
fn forget(account: &mut Account) {
    let targets = account.all::<Thing<Target>>().keys();
    let gone = targets.filter(|id| service(id).is_none_or(|key| ecs::desired(account, key).is_none()));
    for id in gone.cloned().collect::<Vec<_>>() {
        account.all_mut::<Thing<Target>>().remove(&id);
    }
}

fn register(account: &mut Account, input: &Value) -> Answer {
    let id = id(input)?;
    let Some(key) = service(&id).map(str::to_owned) else {
        return Err(invalid("Unsupported service namespace, resource type or scalable dimension"));
    };
    let before = TARGETS.get(account, &id).map(|target| (**target).clone());
    let mut whole = rules::small(input);
    if let Some(target) = &before {
        if !input["Tags"].is_null() {
            let words = "The scalable target that you tried to tag already exists. To update tags on an existing scalable \
                         target, use the TagResource API.";
            return Err(invalid(words));
        }
        for (bound, value) in [("minCapacity", target.least), ("maxCapacity", target.most)] {
            if whole[bound].is_null() {
                whole[bound] = value.into();
            }
        }
    }
    SCALABLE_TARGET.check(&whole, invalid)?;
    if before.is_none() && ecs::desired(account, &key).is_none() {
        return Err(invalid(format!("ECS service doesn't exist: {id}")));
    }
    iam::ensure_service_linked_role(account, LINKED);
    let empty = Target {
        least: 0,
        most: 0,
        suspended: ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"]
            .map(|sort| (sort.to_owned(), false.into()))
            .into_iter()
            .collect(),
        policies: BTreeMap::new(),
        actions: BTreeMap::new(),
    };
    if before.is_none() {
        let hex = account.unique_hex(36);
        let arn = account.arn("application-autoscaling", &format!("scalable-target/{hex}"));
        TARGETS.create(account, &id, arn, input, empty)?;
    }
    let (_, target) = TARGETS.find_mut(account, &id)?;
    target.least = whole["minCapacity"].as_i64().unwrap_or_default();
    target.most = whole["maxCapacity"].as_i64().unwrap_or_default();
    target.suspended.extend(input["SuspendedState"].as_object().cloned().unwrap_or_default());
    let arn = target.arn.clone();
    bring_within(account, &id);
    Ok(json!({ "ScalableTargetARN": arn }))
}

/// Brings the service between the bounds of its target.
fn bring_within(account: &mut Account, id: &str) {
    let Some((target, key)) = TARGETS.get(account, id).zip(service(id)) else { return };
    let (least, most) = (target.least, target.most);
    if let Some(count) = ecs::desired(account, key).filter(|count| !(least..=most).contains(count)) {
        ecs::scale(account, key, count.min(most).max(least));
    }
}

fn shown(account: &Account, id: &str, target: &Thing<Target>) -> Value {
    let role = format!("aws-service-role/{LINKED}/AWSServiceRoleForApplicationAutoScaling_ECSService");
    named(
        id,
        json!({
            "MinCapacity": target.least,
            "MaxCapacity": target.most,
            "SuspendedState": target.suspended,
            "RoleARN": format!("arn:aws:iam::{}:role/{role}", account.id),
            "CreationTime": seconds(target.created),
            "ScalableTargetARN": target.arn,
        }),
    )
}

/// What is shown of something of a target, with the members that name this.
fn named(id: &str, mut shown: Value) -> Value {
    shown["ServiceNamespace"] = "ecs".into();
    shown["ResourceId"] = id.into();
    shown["ScalableDimension"] = DIMENSION.into();
    set(shown)
}

/// The name and the parts of all targets that a call asks for: of one resource, or of all.
fn asked<'a, T>(
    account: &'a Account,
    input: &Value,
    names: &str,
    parts: fn(&Target) -> &BTreeMap<String, T>,
) -> Vec<(&'a String, &'a String, &'a T)> {
    let (id, names) = (text(input, "ResourceId"), texts(input, names));
    let targets = account.all::<Thing<Target>>().iter().filter(|(of, _)| id.as_ref().is_none_or(|id| id == *of));
    let all = targets.flat_map(|(id, target)| parts(target).iter().map(move |(name, part)| (id, name, part)));
    all.filter(|(_, name, _)| names.is_empty() || names.contains(name)).collect()
}

/// The fault of a part of a target that isn't there.
fn no_part(what: &str, name: &str, id: &str) -> Fault {
    let words =
        format!("No {what} found for service namespace: ecs, resource ID: {id}, scalable dimension: {DIMENSION}");
    Fault::client("ObjectNotFoundException", format!("{words}, name: {name}"))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

#[cfg(test)]
mod tests;
