//! Fields that AWS wrote down otherwise than it was asked to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::style::visible;
use crate::model::{Address, FieldDiff, Shape};
use crate::plan::{Action, Change, Plan};

/// The most characters of a value that are shown.
const SHOWN: usize = 120;

/// A field that was written, and reads back otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The resource.
    pub address: Address,
    /// The field, as `ignoreChanges` names it.
    pub path: String,
    /// The difference in words, as in `AWS wrote 3 for the 2 in lab.yaml`.
    pub words: String,
}

/// Returns the fields that still differ in the plan `now` although the plan `before`, which was carried out, wrote them.
pub fn rewritten(now: &Plan, before: &Plan) -> Vec<Rewritten> {
    let changes = now.effective().filter_map(|change| {
        let written = before.effective().find(|written| written.address == change.address)?;
        let fields = change.diff.fields.iter().filter(|field| wrote(written, field));
        Some(fields.flat_map(|field| parts(&change.address, field)))
    });
    changes.flatten().collect()
}

/// Returns whether a change wrote a field: one that makes an object writes all.
fn wrote(change: &Change, field: &FieldDiff) -> bool {
    match change.action {
        Action::Create | Action::Restore | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst => true,
        Action::Update => change.diff.touches(&field.path),
        Action::NoOp | Action::Delete => false,
    }
}

/// The parts of a field that differ: of a document each by itself.
fn parts(address: &Address, field: &FieldDiff) -> Vec<Rewritten> {
    let mut found = Vec::new();
    match field.shape {
        // The whole of a task definition is no field of the spec.
        Shape::Document if field.path == "definition" => leaves("", &field.have, &field.want, &mut found),
        Shape::Document => leaves(&field.path, &field.have, &field.want, &mut found),
        Shape::Value => found.push((field.path.clone(), field.have.clone(), field.want.clone())),
    }
    let shown = found.into_iter().map(|(path, have, want)| {
        let words = match (&have, &want) {
            (Value::Null, want) => format!("AWS wrote nothing for the {} in lab.yaml", short(want)),
            (have, Value::Null) => format!("AWS wrote {}, and lab.yaml gives nothing", short(have)),
            (have, want) => format!("AWS wrote {} for the {} in lab.yaml", short(have), short(want)),
        };
        Rewritten { address: address.clone(), path, words }
    });
    shown.collect()
}

fn leaves(path: &str, have: &Value, want: &Value, found: &mut Vec<(String, Value, Value)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let keys = |value: &Value| match value {
        Value::Object(fields) => Some(fields.keys().cloned().collect::<BTreeSet<_>>()),
        Value::Array(items) => items.iter().map(|item| item["name"].as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    let part = |value: &Value, key: &str| match value {
        Value::Array(items) => items.iter().find(|item| item["name"] == key).cloned().unwrap_or_default(),
        value => value[key].clone(),
    };
    let is_alike = have.is_object() == want.is_object() && have.is_array() == want.is_array();
    match (keys(have), keys(want)) {
        _ if have == want => {}
        (Some(one), Some(other)) if is_alike => {
            for key in one.union(&other) {
                leaves(&below(key), &part(have, key), &part(want, key), found);
            }
        }
        _ => found.push((path.to_owned(), have.clone(), want.clone())),
    }
}

fn short(value: &Value) -> String {
    let text = visible(value).to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Diff, Effect};
    use crate::report::testing::{change, lab_plan};

    fn plan(action: Action, path: &str, have: Value, want: Value, shape: Shape) -> Plan {
        let mut diff = Diff::default();
        diff.push(path, have, want, Effect::Update, shape);
        lab_plan(vec![Change { diff, ..change("service.web", "web", action) }])
    }

    #[test]
    fn what_was_written_and_reads_back_otherwise_is_named() {
        let count = |action| plan(action, "desiredCount", json!(3), json!(2), Shape::Value);
        let now = count(Action::Update);
        let words = |before: &Plan| rewritten(&now, before).into_iter().map(|one| one.words).collect::<Vec<_>>();
        for action in [Action::Update, Action::Create] {
            assert_eq!(words(&count(action)), ["AWS wrote 3 for the 2 in lab.yaml"]);
        }
        let other = plan(Action::Update, "launchType", json!("EC2"), json!("FARGATE"), Shape::Value);
        assert_eq!((words(&other), words(&count(Action::NoOp))), (vec![], vec![]));
    }

    #[test]
    fn of_a_document_the_parts_that_differ_are_named() {
        let have =
            json!({"cpu": "256", "containerDefinitions": [{"name": "log", "user": "0"}, {"name": "web", "cpu": 1}]});
        let want = json!({"cpu": "256", "containerDefinitions": [{"name": "web", "cpu": 2, "command": ["a"]}, {"name": "log"}]});
        let now = plan(Action::Update, "definition", have, want, Shape::Document);
        let found = rewritten(&now, &now).into_iter().map(|one| format!("{}: {}", one.path, one.words));
        let lines: Vec<String> = found.collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        containerDefinitions.log.user: AWS wrote "0", and lab.yaml gives nothing
        containerDefinitions.web.command: AWS wrote nothing for the ["a"] in lab.yaml
        containerDefinitions.web.cpu: AWS wrote 1 for the 2 in lab.yaml
        "#);
    }
}
