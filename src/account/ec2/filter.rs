//! Filters of the describe calls, with their wildcards.

use serde_json::Value;

use crate::account::Account;
use crate::input::{fits, list, text, texts};
use crate::rules::TagMap;
use crate::wire::Fault;

/// Returns whether a resource passes every filter: one of its values must fit one of the filter's.
pub(super) fn passes(account: &Account, id: &str, shown: &Value, input: &Value, known: &str) -> Result<bool, Fault> {
    let tags = account.all::<TagMap>().get(id);
    for filter in list(input, "Filter") {
        let name = text(filter, "Name").unwrap_or_default();
        let values: Vec<String> = if name == "tag-key" {
            tags.into_iter().flatten().map(|(key, _)| key.clone()).collect()
        } else if let Some(key) = name.strip_prefix("tag:") {
            tags.and_then(|tags| tags.get(key)).cloned().into_iter().collect()
        } else {
            let known = known.split_whitespace().map(|known| known.split_once('=').unwrap_or((known, known)));
            let place = known.filter(|(filter, _)| *filter == name).map(|(_, place)| place).next();
            let unknown = || Fault::client("InvalidParameterValue", format!("The filter '{name}' is invalid"));
            values_at(shown, &camel_case(place.ok_or_else(unknown)?))
        };
        let wanted = texts(filter, "Value");
        if !values.iter().any(|value| wanted.iter().any(|pattern| fits(pattern, value))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The name in camel case: `vpc-id` as `vpcId`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &part[..1].to_uppercase() + &part[1..])
}

/// The texts at a place whose parts are joined by dots.
fn values_at(shown: &Value, place: &str) -> Vec<String> {
    if let Value::Array(items) = shown {
        return items.iter().flat_map(|item| values_at(item, place)).collect();
    }
    match place.split_once('.') {
        Some((part, rest)) => values_at(&shown[part], rest),
        None => text(shown, place).into_iter().collect(),
    }
}
