//! What stands in answers, and in the members of a document.

use serde_json::{Map, Value};

use super::Plain;
use super::calls::table;

/// The members of a call or of an answer.
pub(super) type Members = Map<String, Value>;

/// The object in an answer: the answer itself, a member of it, or the first entry of a list.
pub(super) fn object_in<R: Plain>(answer: Members) -> Members {
    let id = table::<R>().id;
    let holds = |value: &Value| value.get(id).is_some();
    if answer.contains_key(id) {
        return answer;
    }
    let inner =
        answer.values().find_map(|value| [Some(value), value.get(0)].into_iter().flatten().find(|one| holds(one)));
    inner.cloned().and_then(object).unwrap_or(answer)
}

/// The first text in an entry of a list.
pub(super) fn name_of(item: &Value) -> Option<&str> {
    item.as_str().or_else(|| item.as_object()?.values().find_map(Value::as_str))
}

/// Returns the text in a member; empty if there is none.
pub(super) fn text(document: &Members, key: &str) -> String {
    document.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Returns the value of a JSON text in a table.
pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("a table of calls holds JSON")
}

/// Returns the members of a value; none if it isn't an object.
pub(super) fn object(value: Value) -> Option<Members> {
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Returns what all names begin with.
pub(super) fn common_prefix<'a>(names: &[&'a str]) -> &'a str {
    let Some((first, rest)) = names.split_first() else { return "" };
    let shared = |name: &&str| first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    &first[..rest.iter().map(shared).min().unwrap_or(first.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_share_a_prefix() {
        assert_eq!(common_prefix(&["/ecs/lab/web", "/ecs/lab/job"]), "/ecs/lab/");
        assert_eq!(common_prefix(&["/ecs/lab/web"]), "/ecs/lab/web");
        assert_eq!(common_prefix(&[]), "");
    }
}
