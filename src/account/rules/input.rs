//! Looks into inputs: places by their paths, and values in the form that a rule wants.

use serde_json::Value;

use super::{Found, Limit};

/// The values at `path`, in which `[]` stands for each item of a list, each with its own path.
pub(super) fn each<'a>(input: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    let mut places = vec![(String::new(), input)];
    for step in path.split('.') {
        let (key, is_list) = step.strip_suffix("[]").map_or((step, false), |key| (key, true));
        let next = places.into_iter().filter_map(|(path, value)| {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            Some((path, value.get(key).filter(|value| !value.is_null())?))
        });
        places = match is_list {
            false => next.collect(),
            true => next.flat_map(|(path, value)| items(&path, value)).collect(),
        };
    }
    places
}

/// The items of a list, each with its path.
pub(super) fn items<'a>(path: &str, list: &'a Value) -> Vec<(String, &'a Value)> {
    let items = list.as_array().into_iter().flatten().enumerate();
    items.map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
}

/// The value at a path without lists; null if there is none.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(value, |value, key| value.get(key)).unwrap_or(&Value::Null)
}

/// Returns whether something is given: neither nothing, nor an empty list or text.
pub(super) fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The text, if it is known: a `${…}` stands for what isn't yet.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.contains("${"))
}

/// The whole number, which query protocols and policies write as a text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| text(value)?.parse().ok())
}

/// Returns whether a switch is on.
pub(super) fn is_on(value: &Value) -> bool {
    value == true || value == "true"
}

/// The last step of a path.
pub(super) fn field(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Notes the numbers at `path` that don't lie between `from` and `to`.
pub(super) fn between(input: &Value, path: &str, from: i64, to: i64, found: &mut Found) {
    found.limits.push((path.to_owned(), Limit::Between(from, to)));
    for (path, value) in each(input, path) {
        if let Some(number) = number(value).filter(|number| !(from..=to).contains(number)) {
            found.at(&*path, format!("{} is {number}: AWS takes {from} to {to}", field(&path)));
        }
    }
}

/// Notes the texts at `path` that are none of `words`.
pub(super) fn one_of(input: &Value, path: &str, words: &[&str], found: &mut Found) {
    found.limits.push((path.to_owned(), Limit::OneOf(words.iter().map(|&word| word.to_owned()).collect())));
    for (path, value) in each(input, path) {
        if let Some(text) = text(value).filter(|text| !text.is_empty() && !words.contains(text)) {
            let message =
                format!("there is no {} `{text}`", field(&path).trim_end_matches(|c: char| "[]0123456789".contains(c)));
            found.at(path, message).hint(format!("AWS takes {}", words.join(", ")));
        }
    }
}

/// Notes the lists at `path` that have more than `most` items; `said` is what AWS says of them, if that is known.
pub(super) fn up_to(input: &Value, path: &str, most: usize, said: &str, found: &mut Found) {
    found.limits.push((path.to_owned(), Limit::UpTo(most)));
    for (path, list) in each(input, path) {
        if list.as_array().is_some_and(|list| list.len() > most) {
            let breach = found.at(&*path, format!("{} has {most} items at most", field(&path)));
            if !said.is_empty() {
                breach.said(said);
            }
        }
    }
}

/// Notes what is given at `path`, which the rule rules out.
pub(super) fn never(input: &Value, path: &str, found: &mut Found) {
    for (path, _) in each(input, path).into_iter().filter(|(_, value)| is_given(value)) {
        found.here(path);
    }
}

/// Notes the later one of two values at `path` that are the same.
pub(super) fn unique(input: &Value, path: &str, words: impl Fn(&str) -> (String, String), found: &mut Found) {
    let mut seen = std::collections::BTreeSet::new();
    for (path, value) in each(input, path) {
        if let Some(text) = text(value).filter(|text| !text.is_empty() && !seen.insert(*text)) {
            let (message, said) = words(text);
            found.at(path, message).said(said);
        }
    }
}
