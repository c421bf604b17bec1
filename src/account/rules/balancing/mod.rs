//! Rules for Elastic Load Balancing, in the words of its JSON models with a small first letter: its calls are forms, whose
//! members begin with a capital, and attributes are a map here instead of a list of pairs.

mod action;
mod attributes;
mod listener;
mod load_balancer;
mod rule;
mod target_group;

pub use listener::LISTENER;
pub use load_balancer::{LOAD_BALANCER, LOAD_BALANCER_ATTRIBUTES};
pub(crate) use rule::CONDITIONS;
pub use rule::LISTENER_RULE;
pub use target_group::{TARGET_GROUP, TARGET_GROUP_ATTRIBUTES};

use serde_json::{Map, Value};

/// A form as the rules read it.
pub(crate) fn small(form: &Value) -> Value {
    match form {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let mut letters = key.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                let key: String = first.into_iter().chain(letters).collect();
                let value = if key == "attributes" { pairs(value) } else { small(value) };
                (key, value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(small).collect(),
        other => other.clone(),
    }
}

/// Attributes by their keys.
fn pairs(list: &Value) -> Value {
    let pairs = list.as_array().into_iter().flatten();
    let pairs = pairs.filter_map(|pair| Some((pair["Key"].as_str()?.to_owned(), pair["Value"].clone())));
    Value::Object(pairs.collect::<Map<_, _>>())
}
