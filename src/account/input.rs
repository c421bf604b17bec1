//! The input of a request, whichever protocol it came in.
//!
//! Knows that query-protocol scalars arrive as strings and JSON scalars as themselves, and that an
//! absent list and an empty one are the same. Must not know any service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::token;
use super::wire::Fault;

/// The string at `key`; a number or a boolean counts as its text.
pub(super) fn text(input: &Value, key: &str) -> Option<String> {
    match input.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The string at `key`, or AWS's fault for a required parameter that is missing.
pub(super) fn need(input: &Value, key: &str) -> Result<String, Fault> {
    text(input, key).ok_or_else(|| {
        let message = format!("The request must contain the parameter {key}");
        Fault::client("MissingParameter", message)
    })
}

/// The whole number at `key`.
pub(super) fn number(input: &Value, key: &str) -> Option<i64> {
    text(input, key)?.parse().ok()
}

/// Returns whether `key` holds true.
pub(super) fn is_true(input: &Value, key: &str) -> bool {
    text(input, key).is_some_and(|word| word == "true")
}

/// The list at `key`; empty if it is absent.
pub(super) fn list<'a>(input: &'a Value, key: &str) -> &'a [Value] {
    input.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The list of strings at `key`.
pub(super) fn texts(input: &Value, key: &str) -> Vec<String> {
    list(input, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Tags written as `[{Key, Value}]`.
pub(super) fn tags(input: &Value, key: &str) -> BTreeMap<String, String> {
    list(input, key)
        .iter()
        .filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default())))
        .collect()
}

/// Tags read back as `[{Key, Value}]`.
pub(super) fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// An answer without the members that are null.
pub(super) fn set(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    answer
}

/// A page of the items of `list` that starts at the place for which `token` stands, and the token of the next page. No
/// page if the list has no such token.
pub(super) fn page<T>(
    list: &str,
    items: impl IntoIterator<Item = T>,
    token: Option<String>,
    size: usize,
) -> Option<(Vec<T>, Option<String>)> {
    let start = token.filter(|token| !token.is_empty()).map_or(Some(0), |token| page_start(list, &token))?;
    let mut items = items.into_iter().skip(start);
    let page = items.by_ref().take(size).collect();
    Some((page, items.next().map(|_| page_token(list, start.saturating_add(size)))))
}

/// The token that stands for a place in a list.
pub(super) fn page_token(list: &str, place: usize) -> String {
    token::seal(&format!("{list} {place}"))
}

/// The place in a list that a token stands for, if it is one of the list's.
pub(super) fn page_start(list: &str, token: &str) -> Option<usize> {
    token::open(token)?.strip_prefix(list)?.strip_prefix(' ')?.parse().ok()
}

/// A moment in epoch milliseconds as the ISO 8601 text that AWS writes in XML.
pub(super) fn timestamp(millis: i64) -> String {
    aws_smithy_types::DateTime::from_millis(millis)
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .expect("a virtual clock stays within the years that ISO 8601 writes")
}

/// Returns whether a value fits a pattern, in which `*` stands for any text and `?` for one character.
pub(super) fn fits(pattern: &str, value: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => value.is_empty(),
        Some('*') => {
            let rest = rest.as_str();
            fits(rest, value) || value.char_indices().any(|(at, c)| fits(rest, &value[at + c.len_utf8()..]))
        }
        Some(first) => {
            let mut tail = value.chars();
            tail.next().is_some_and(|c| (first == '?' || first == c) && fits(rest.as_str(), tail.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_take_wildcards() {
        let cases = [
            ("ecs-lab-*", "ecs-lab-alb-sg", true),
            ("*", "", true),
            ("*-sg", "ecs-lab-alb-sg", true),
            ("ecs-?ab", "ecs-lab", true),
            ("ecs", "ecs-lab", false),
            ("ECS-*", "ecs-lab", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ];
        for (pattern, value, expected) in cases {
            assert_eq!(fits(pattern, value), expected, "{pattern} against {value}");
        }
    }
}
