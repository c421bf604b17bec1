//! Tags of load balancers, target groups and listeners.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{State, invalid, new_tags, no_listener, no_load_balancer, no_target_group, state, state_ref};
use crate::account::Account;
use crate::input::{tag_list, texts};
use crate::wire::{Answer, Fault};

/// The most tags that one resource takes.
const QUOTA: usize = 50;
/// The most resources that one `DescribeTags` call takes.
const BATCH: usize = 20;

/// `AddTags`.
pub(super) fn add(account: &mut Account, input: &Value) -> Answer {
    let given = new_tags(input)?;
    let arns = asked(account, input)?;
    for arn in arns {
        let tags = state(account).tags.at(&arn, BTreeMap::new);
        tags.extend(given.clone());
        check(tags)?;
    }
    Ok(json!({}))
}

/// `RemoveTags`.
pub(super) fn remove(account: &mut Account, input: &Value) -> Answer {
    let keys = texts(input, "TagKeys");
    for arn in asked(account, input)? {
        state(account).tags.at(&arn, BTreeMap::new).retain(|key, _| !keys.contains(key));
    }
    Ok(json!({}))
}

/// `DescribeTags`: one missing resource fails the whole call.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let arns = asked(account, input)?;
    if arns.len() > BATCH {
        return Err(invalid(format!("The number of resource ARNs must not be more than {BATCH}")));
    }
    let tags = &state_ref(account).tags;
    let shown: Value = arns
        .iter()
        .map(|arn| json!({ "ResourceArn": arn, "Tags": tags.get(arn).map(tag_list).unwrap_or_default() }))
        .collect();
    Ok(json!({ "TagDescriptions": shown }))
}

/// Refuses tags that AWS doesn't take.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() > QUOTA {
        return Err(Fault::client("TooManyTags", format!("A resource can have at most {QUOTA} tags")));
    }
    match tags.keys().find(|key| key.starts_with("aws:") || key.is_empty()) {
        Some(key) => Err(invalid(format!("Tag key '{key}' is not valid"))),
        None => Ok(()),
    }
}

fn asked(account: &Account, input: &Value) -> Result<Vec<String>, Fault> {
    let arns = texts(input, "ResourceArns");
    for arn in &arns {
        require(state_ref(account), arn)?;
    }
    Ok(arns)
}

fn require(state: &State, arn: &str) -> Result<(), Fault> {
    let (known, fault): (bool, fn() -> Fault) = if arn.contains(":targetgroup/") {
        (state.target_groups.contains_key(arn), no_target_group)
    } else if arn.contains(":listener/") {
        (state.listeners.contains_key(arn), no_listener)
    } else if arn.contains(":loadbalancer/") {
        (state.load_balancers.contains_key(arn), no_load_balancer)
    } else {
        return Err(invalid(format!("'{arn}' is not a valid resource ARN")));
    };
    if known { Ok(()) } else { Err(fault()) }
}
