//! The tags of a call that IAM refuses, each in the words that it was recorded to use.

use std::collections::BTreeSet;

use serde_json::Value;

use super::invalid;
use crate::input::{list, text};
use crate::wire::Fault;

/// The most tags of a call, and the most characters of a key and of a value.
const MOST: usize = 50;
const KEY: usize = 128;
const VALUE: usize = 256;

/// Checks the tags of a call that makes a role, or adds to its tags.
pub(super) fn check(input: &Value) -> Result<(), Fault> {
    let refused = |place: &str, constraint: &str| {
        Err(invalid(format!(
            "1 validation error detected: Value at '{place}' failed to satisfy constraint: {constraint}"
        )))
    };
    let too_long = |most: usize| format!("Member must have length less than or equal to {most}");
    let tags = list(input, "Tags");
    if tags.len() > MOST {
        return refused("tags", &too_long(MOST));
    }
    let mut keys = BTreeSet::new();
    for (number, tag) in (1..).zip(tags) {
        let part = |name: &str| text(tag, name).unwrap_or_default();
        for (name, member, most) in [("Key", "key", KEY), ("Value", "value", VALUE)] {
            let (place, said) = (format!("tags.{number}.member.{member}"), part(name));
            if said.chars().count() > most {
                return refused(&place, &too_long(most));
            }
            if !said.chars().all(is_taken) {
                let pattern = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+";
                return refused(&place, pattern);
            }
        }
        if !keys.insert(part("Key").to_lowercase()) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Fault::client("InvalidInput", message));
        }
    }
    Ok(())
}

fn is_taken(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}
