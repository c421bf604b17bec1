//! Actions and conditions in the one form in which they are compared: AWS answers a forward in two ways at once, and takes
//! and answers conditions in two forms and in any order.

use serde_json::{Value, json};

use crate::model::canonical;
use crate::resources::ecs::{list, text, texts};

/// The fields of requests that are told of by values, each with the member that holds them.
const TYPED: [(&str, &str); 6] = [
    ("host-header", "hostHeaderConfig"),
    ("http-header", "httpHeaderConfig"),
    ("http-request-method", "httpRequestMethodConfig"),
    ("path-pattern", "pathPatternConfig"),
    ("query-string", "queryStringConfig"),
    ("source-ip", "sourceIpConfig"),
];

/// Actions as AWS answers them, in the words of the spec. One that forwards names its target group or all of them, and in
/// `forwardConfig` how they share.
pub(super) fn actions(actions: &Value) -> Value {
    let mut actions: Vec<Value> = actions.as_array().cloned().unwrap_or_default();
    actions.sort_by_key(|action| text(action, "order").parse::<i32>().ok());
    for action in &mut actions {
        let groups = target_groups(action);
        match groups.as_slice() {
            [] => {}
            [one] => action["targetGroupArn"] = one.as_str().into(),
            several => action["targetGroupArn"] = several.into(),
        }
        if let Some(config) = action.get_mut("forwardConfig").filter(|config| config.is_object()) {
            let groups: Vec<Value> = list(config, "targetGroups").cloned().collect();
            config["targetGroups"] = sorted(groups.into_iter().map(|mut group| {
                numbers(&mut group, &["weight"]);
                group
            }));
            let stickiness = config.get_mut("targetGroupStickinessConfig");
            if let Some(stickiness) = stickiness.filter(|stickiness| stickiness.is_object()) {
                stickiness["enabled"] = (text(stickiness, "enabled") == "true" || stickiness["enabled"] == true).into();
                numbers(stickiness, &["durationSeconds"]);
            }
        }
        for config in ["authenticateOidcConfig", "authenticateCognitoConfig"] {
            if action[config].is_object() {
                numbers(&mut action[config], &["sessionTimeout"]);
            }
        }
    }
    actions.into()
}

/// Target groups by their ARNs: their order means nothing.
pub(in crate::resources) fn sorted(groups: impl Iterator<Item = Value>) -> Value {
    let mut groups: Vec<Value> = groups.collect();
    groups.sort_by_key(|group| text(group, "targetGroupArn"));
    groups.into()
}

/// The target groups of an action: AWS answers a forward to one group in two places at once.
pub(super) fn target_groups(action: &Value) -> Vec<String> {
    let weighted: Vec<String> =
        list(&action["forwardConfig"], "targetGroups").map(|group| text(group, "targetGroupArn")).collect();
    match &action["targetGroupArn"] {
        Value::String(arn) if weighted.is_empty() => vec![arn.clone()],
        several if weighted.is_empty() => texts(several),
        _ => weighted,
    }
}

/// Makes numbers of the texts in these fields.
pub(in crate::resources) fn numbers(document: &mut Value, fields: &[&str]) {
    for field in fields {
        if let Some(number) = document[field].as_str().and_then(|text| text.parse::<i64>().ok()) {
            document[field] = number.into();
        }
    }
}

/// Conditions in the one form in which they are compared and sent: each with its values in a member of its own, which are
/// sorted as the conditions are.
pub(in crate::resources) fn conditions(conditions: &Value) -> Value {
    let mut all: Vec<Value> = conditions.as_array().into_iter().flatten().map(normal).collect();
    all.sort_by_cached_key(canonical);
    all.into()
}

fn normal(condition: &Value) -> Value {
    let field = &condition["field"];
    let Some((_, member)) = TYPED.iter().find(|(known, _)| field == known) else { return condition.clone() };
    let mut config = condition[*member].clone();
    if !config.is_object() {
        config = json!({ "values": condition["values"] });
    }
    if let Some(values) = config["values"].as_array_mut() {
        values.sort_by_cached_key(canonical);
    }
    json!({ "field": field, *member: config })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_and_any_order_mean_the_same() {
        let path = json!({"field": "path-pattern", "values": ["/b", "/a"]});
        let typed = json!({"field": "path-pattern", "pathPatternConfig": {"values": ["/a", "/b"]}});
        let both =
            json!({"field": "path-pattern", "values": ["/a", "/b"], "pathPatternConfig": {"values": ["/b", "/a"]}});
        let header = json!({"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "X", "values": ["b", "a"]}});
        let query = json!({"field": "query-string", "queryStringConfig": {"values": [{"key": "b", "value": "1"},
            {"value": "2"}]}});
        let expected = conditions(&json!([path, header, query]));
        assert_eq!(expected[0]["httpHeaderConfig"], json!({"httpHeaderName": "X", "values": ["a", "b"]}));
        for same in [typed, both] {
            assert_eq!(conditions(&json!([query, same, header])), expected);
            assert_eq!(conditions(&expected), expected);
        }
        for other in [
            json!({"field": "path-pattern", "values": ["/a"]}),
            json!({"field": "host-header", "values": ["/a", "/b"]}),
        ] {
            assert_ne!(conditions(&json!([other, header, query])), expected);
        }
    }
}
