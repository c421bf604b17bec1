//! The policies of a repository: which of its images expire, and who may use it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{PolicyDocument, canonical};

/// A lifecycle policy: the JSON document, or the text of one. Two are equal if ECR would treat them alike.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LifecyclePolicy(pub Value);

/// A policy with everything that doesn't matter made equal: rules by priority, prefixes and patterns sorted, no empty
/// lists. Text that isn't JSON stays as it is.
pub(super) fn normal(policy: &Value) -> Value {
    let mut document = parsed(policy);
    if let Some(rules) = document.get_mut("rules").and_then(Value::as_array_mut) {
        rules.iter_mut().for_each(sort_selection);
        rules.sort_by_key(|rule| rule.get("rulePriority").and_then(Value::as_i64));
    }
    document
}

/// The repository's own policy to show, which ECR answers as a text.
pub(super) fn own(policy: &Value) -> Value {
    PolicyDocument(parsed(policy)).normal()
}

/// The repository's own policy with everything that doesn't matter made equal.
pub(super) fn own_alike(policy: &Value) -> Value {
    match parsed(policy) {
        policy @ Value::Object(_) => PolicyDocument(policy).alike(),
        other => other,
    }
}

/// The document that is given, or written in a text. Text that isn't JSON stays as it is.
fn parsed(policy: &Value) -> Value {
    let parsed = policy.as_str().and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| policy.clone())
}

fn sort_selection(rule: &mut Value) {
    let selection = rule.get_mut("selection").and_then(Value::as_object_mut);
    let Some(selection) = selection else { return };
    for field in ["tagPrefixList", "tagPatternList"] {
        match selection.get_mut(field).and_then(Value::as_array_mut) {
            Some(list) if list.is_empty() => drop(selection.remove(field)),
            Some(list) => list.sort_by_key(canonical),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_that_mean_the_same_are_equal() {
        let rule = |priority: i64, prefixes: Value| {
            json!({"rulePriority": priority, "selection": {"tagStatus": "tagged", "tagPrefixList": prefixes,
                "tagPatternList": [], "countType": "imageCountMoreThan", "countNumber": 10}})
        };
        let ours = json!({"rules": [rule(2, json!(["b", "a"])), rule(1, json!(["c"]))]});
        let theirs = json!({"rules": [rule(1, json!(["c"])), rule(2, json!(["a", "b"]))]}).to_string();
        let ours = normal(&ours);
        assert_eq!(ours, normal(&Value::String(theirs)));
        assert_ne!(ours, normal(&json!({"rules": [rule(1, json!(["c"]))]})));
        let selection = &ours["rules"][0]["selection"];
        assert_eq!(selection.get("tagPatternList"), None, "an empty list says nothing");
    }
}
