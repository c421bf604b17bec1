//! Tags of load balancers, target groups and listeners and their rules.

use serde_json::{Value, json};

use super::{LISTENERS, LOAD_BALANCERS, RULES, TAGS, TARGET_GROUPS, invalid};
use crate::account::Account;
use crate::input::{list, text, texts};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The most resources that a `DescribeTags` call takes.
const BATCH: usize = 20;

pub(super) fn add(account: &mut Account, input: &Value) -> Answer {
    check_new(input)?;
    for arn in asked(account, input)? {
        let mut all = tags(account, &arn)?.clone();
        all.extend(TAGS.read(input));
        (TAGS.check)(&all)?;
        *tags_mut(account, &arn)? = all;
    }
    Ok(json!({}))
}

pub(super) fn remove(account: &mut Account, input: &Value) -> Answer {
    let keys = texts(input, "TagKeys");
    for arn in asked(account, input)? {
        tags_mut(account, &arn)?.retain(|key, _| !keys.contains(key));
    }
    Ok(json!({}))
}

/// `DescribeTags`: one missing resource fails the whole call.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let arns = asked(account, input)?;
    if arns.len() > BATCH {
        return Err(invalid(format!("The number of resource ARNs must not be more than {BATCH}")));
    }
    let shown = |arn: &String| Ok(json!({ "ResourceArn": arn, "Tags": TAGS.write(tags(account, arn)?) }));
    Ok(json!({ "TagDescriptions": arns.iter().map(shown).collect::<Result<Value, Fault>>()? }))
}

/// Refuses tags of a request that makes something or adds to it.
pub(super) fn check_new(input: &Value) -> Result<(), Fault> {
    let mut keys: Vec<String> = list(input, "Tags").iter().filter_map(|tag| text(tag, "Key")).collect();
    keys.sort();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Fault::client("DuplicateTagKeys", format!("Tag key '{}' was given twice", pair[0])));
    }
    (TAGS.check)(&TAGS.read(input))
}

/// The ARNs that a request names; one missing resource fails the whole call.
fn asked(account: &Account, input: &Value) -> Result<Vec<String>, Fault> {
    let arns = texts(input, "ResourceArns");
    arns.iter().try_for_each(|arn| tags(account, arn).map(drop))?;
    Ok(arns)
}

fn tags<'a>(account: &'a Account, arn: &str) -> Result<&'a TagMap, Fault> {
    match kind(arn) {
        "targetgroup" => TARGET_GROUPS.find(account, arn).map(|(_, one)| &one.tags),
        "listener" => LISTENERS.find(account, arn).map(|(_, one)| &one.tags),
        "listener-rule" => RULES.find(account, arn).map(|(_, one)| &one.tags),
        "loadbalancer" => LOAD_BALANCERS.find(account, arn).map(|(_, one)| &one.tags),
        _ => Err(invalid(format!("'{arn}' is not a valid resource ARN"))),
    }
}

fn tags_mut<'a>(account: &'a mut Account, arn: &str) -> Result<&'a mut TagMap, Fault> {
    match kind(arn) {
        "targetgroup" => TARGET_GROUPS.find_mut(account, arn).map(|(_, one)| &mut one.tags),
        "listener" => LISTENERS.find_mut(account, arn).map(|(_, one)| &mut one.tags),
        "listener-rule" => RULES.find_mut(account, arn).map(|(_, one)| &mut one.tags),
        _ => LOAD_BALANCERS.find_mut(account, arn).map(|(_, one)| &mut one.tags),
    }
}

/// The word that an ARN has for what it names.
fn kind(arn: &str) -> &str {
    let resource = arn.split(':').nth(5).unwrap_or_default();
    resource.split('/').next().unwrap_or_default()
}
