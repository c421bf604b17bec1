//! Rules for Elastic Load Balancing, in the words of its JSON models with a small first letter: its calls are forms, whose
//! members begin with a capital, and attributes are a map here instead of a list of pairs.

mod action;
mod attributes;
mod listener;
mod load_balancer;
mod rule;
mod target_group;
mod targets;

pub use listener::{LISTENER, LISTENER_ATTRIBUTES};
pub use load_balancer::{LOAD_BALANCER, LOAD_BALANCER_ATTRIBUTES};
pub(crate) use rule::CONDITIONS;
pub use rule::LISTENER_RULE;
pub use target_group::TARGET_GROUP;
pub use targets::TARGET_GROUP_ATTRIBUTES;

use serde_json::{Map, Value};

/// The protocols of application load balancers.
const HTTP: [&str; 2] = ["HTTP", "HTTPS"];
/// The protocols of network load balancers.
const NETWORK: [&str; 6] = ["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"];

/// Returns whether a protocol is one of network load balancers.
#[must_use]
pub fn is_of_network(protocol: &str) -> bool {
    NETWORK.contains(&protocol)
}

/// Returns why a listener of one protocol can't forward to targets of another and its version, if it can't: `""` stands
/// for none ("Listeners for your Network Load Balancers", "Target groups for your Application Load Balancers", user guides).
#[must_use]
pub fn misfit(listener: &str, targets: &str, version: &str) -> Option<String> {
    let taken: &[&str] = match listener {
        "HTTP" | "HTTPS" => &["HTTP", "HTTPS", ""],
        "TCP" => &["TCP", "TCP_UDP"],
        "TLS" => &["TCP", "TLS"],
        "UDP" => &["UDP", "TCP_UDP"],
        "TCP_UDP" => &["TCP_UDP"],
        "QUIC" => &["QUIC", "TCP_QUIC"],
        "TCP_QUIC" => &["TCP_QUIC"],
        _ => return None,
    };
    if !taken.contains(&targets) {
        let taken: Vec<&str> = taken.iter().copied().filter(|word| !word.is_empty()).collect();
        let (taken, targets) = (taken.join(" or "), if targets.is_empty() { "Lambda" } else { targets });
        return Some(format!("a listener of {listener} forwards to targets of {taken}, not of {targets}"));
    }
    (version == "GRPC" && listener != "HTTPS").then(|| format!("gRPC comes in over HTTPS, not over {listener}"))
}

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
