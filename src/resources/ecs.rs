//! The Amazon ECS kinds' shared parts: JSON as ECS speaks it, tags, failures in answers of success, errors that pass.
//!
//! Knows: how ECS answers. Must not know: any of its kinds.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cloud::{Cause, CloudError, ECS, Result};
use crate::model::Tags;
use crate::resource::{Grant, Need, Place, document, service_linked_role};

/// A capacity provider of a strategy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CapacityProviderStrategyItem {
    /// The provider's name, as in `FARGATE` or `FARGATE_SPOT`.
    pub capacity_provider: String,
    /// The provider's share of the tasks beyond the bases; 0 if it isn't given.
    #[serde(default)]
    pub weight: i32,
    /// The number of tasks that the provider runs before the shares count; 0 if it isn't given.
    #[serde(default)]
    pub base: i32,
}

/// A capacity provider strategy; the order of its items means nothing.
pub type Strategy = BTreeSet<CapacityProviderStrategyItem>;

/// The text in the field `name`; empty if there is none.
pub fn text(document: &Value, name: &str) -> String {
    document[name].as_str().unwrap_or_default().to_owned()
}

/// The items of the list `name`; none if there is no such list.
pub fn list<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    document[name].as_array().into_iter().flatten()
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The tags that ECS answers in the field `tags`.
pub(super) fn tags_of(answer: &Value) -> Tags {
    list(answer, "tags").map(|tag| (text(tag, "key"), text(tag, "value"))).collect()
}

/// Tags as ECS takes them.
pub(super) fn tags(tags: &Tags) -> Value {
    ECS.tags.shape.written(tags)
}

/// A section of the spec as the body of a call: fields that aren't given aren't sent.
pub fn body(section: &impl Serialize) -> Map<String, Value> {
    match document(section) {
        Value::Object(map) => map,
        other => panic!("a section is an object, not {other}"),
    }
}

/// The permissions for the tags of an object: those that it gets when it is made, and later ones ("Grant permission to
/// tag resources on creation", ECS developer guide).
pub(super) fn tag_grants(place: &Place) -> [Grant; 2] {
    let action = &["ecs:TagResource"];
    [Grant::while_creating(action, "ecs:CreateAction"), Grant::on_owned(Need::Change, action, place)]
}

/// The permissions for looking at the tasks of a cluster: which run, and how those of jobs ended.
pub(super) fn look_at_tasks(cluster: &str, place: &Place) -> [Grant; 2] {
    let list = Grant::on(Need::Look, &["ecs:ListTasks"], ["*"]);
    let tasks = [place.arn("ecs", &format!("task/{cluster}/*"))];
    [
        list.only("ArnEquals", "ecs:cluster", [place.arn("ecs", &format!("cluster/{cluster}"))]),
        Grant::on(Need::Look, &["ecs:DescribeTasks"], tasks),
    ]
}

/// The permission for the role of ECS itself.
pub(super) fn service_role() -> Grant {
    service_linked_role("ecs.amazonaws.com")
}

/// Checks that an answer of success tells of every object that was `asked` for. Objects that aren't there are listed as
/// `MISSING`; any other failure is an error, and so is an object that the answer says nothing of.
pub(super) fn check_failures(operation: &str, answer: &Value, key: &str, asked: usize) -> Result<()> {
    let failure = list(answer, "failures").find(|failure| failure["reason"] != "MISSING");
    if let Some(failure) = failure {
        return Err(failed(operation, failure));
    }
    let told = list(answer, key).count() + list(answer, "failures").count();
    if told < asked {
        let message = format!("the answer tells of {told} of {asked} objects");
        return Err(CloudError::own_at(operation, Cause::Incomplete, message));
    }
    Ok(())
}

/// A failure in an answer of success, as an error.
pub(super) fn failed(operation: &str, failure: &Value) -> CloudError {
    let (arn, detail) = (text(failure, "arn"), text(failure, "detail"));
    CloudError::answered(operation, &text(failure, "reason"), format!("{arn} {detail}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_missing_object_is_an_absent_one() {
        let missing = json!({"failures": [{"arn": "a", "reason": "MISSING"}]});
        assert!(check_failures("DescribeClusters", &missing, "clusters", 1).is_ok());
        let other = json!({"failures": [{"arn": "a", "reason": "MISSING"}, {"arn": "b", "reason": "ACCESS"}]});
        let error = check_failures("DescribeClusters", &other, "clusters", 1).expect_err("another reason is an error");
        assert_eq!(error.to_string(), "DescribeClusters: ACCESS: b");
    }
}
