//! Tags of EC2 resources, which share one name space of ids.

use serde_json::{Value, json};

use super::{Group, ids};
use crate::account::Account;
use crate::input::{self, list, text, texts};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The most tags that a resource takes.
const QUOTA: usize = 50;

/// `CreateTags`: adds to what is there, for every resource or for none.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let given = input::tags(input, "Tag");
    check(&given)?;
    let ids = texts(input, "ResourceId");
    if ids.is_empty() {
        let message = "The request must contain the parameter resourceIdSet";
        return Err(Fault::client("MissingParameter", message));
    }
    for id in &ids {
        require(account, id)?;
        let mut all = account.all::<TagMap>().get(id).cloned().unwrap_or_default();
        all.extend(given.clone());
        check(&all)?;
    }
    for id in &ids {
        set(account, id, &given);
    }
    Ok(json!({ "return": true }))
}

/// `DeleteTags`: by key, or by key and value; without any, all of them.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let given = list(input, "Tag");
    for id in texts(input, "ResourceId") {
        require(account, &id)?;
        if let Some(tags) = account.all_mut::<TagMap>().get_mut(&id) {
            tags.retain(|key, value| {
                let meant = |tag: &Value| {
                    text(tag, "Key").as_deref() == Some(key.as_str())
                        && text(tag, "Value").is_none_or(|only| only == *value)
                };
                !(given.is_empty() || given.iter().any(meant))
            });
        }
    }
    Ok(json!({ "return": true }))
}

/// The tags that a request gives to the resource it creates.
pub(super) fn of_new(input: &Value, kind: &str) -> Result<TagMap, Fault> {
    let mut tags = TagMap::new();
    for specification in list(input, "TagSpecification") {
        let given = text(specification, "ResourceType").unwrap_or_default();
        if given != kind {
            let message = format!("'{given}' is not a valid taggable resource type for this operation.");
            return Err(Fault::client("InvalidParameterValue", message));
        }
        tags.extend(input::tags(specification, "Tag"));
    }
    check(&tags)?;
    Ok(tags)
}

/// Adds tags to a resource.
pub(super) fn set(account: &mut Account, id: &str, tags: &TagMap) {
    if !tags.is_empty() {
        account.all_mut::<TagMap>().at(id, TagMap::new).extend(tags.clone());
    }
}

/// The tags of a resource as EC2 writes them.
pub(super) fn render(account: &Account, id: &str) -> Value {
    let tags = account.all::<TagMap>().get(id).into_iter().flatten();
    tags.map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn check(tags: &TagMap) -> Result<(), Fault> {
    if tags.len() > QUOTA {
        let message = format!("More than {QUOTA} tags specified");
        return Err(Fault::client("TagLimitExceeded", message));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        let message = "Tag keys starting with 'aws:' are reserved for internal use";
        return Err(Fault::client("InvalidParameterValue", message));
    }
    Ok(())
}

fn require(account: &Account, id: &str) -> Result<(), Fault> {
    let is_rule = || account.all::<Group>().values().any(|group| group.rules.contains_key(id));
    let known = ids(account).any(|other| other == id) || is_rule();
    if known {
        return Ok(());
    }
    let (code, kind) = match id.split('-').next() {
        Some("sg") => ("InvalidGroup.NotFound", "security group"),
        Some("subnet") => ("InvalidSubnetID.NotFound", "subnet ID"),
        Some("vpc") => ("InvalidVpcID.NotFound", "vpc ID"),
        Some("igw") => ("InvalidInternetGatewayID.NotFound", "internetGateway ID"),
        Some("rtb") => ("InvalidRouteTableID.NotFound", "routeTable ID"),
        Some("eipalloc") => ("InvalidAllocationID.NotFound", "allocation ID"),
        Some("nat") => ("NatGatewayNotFound", "natGateway ID"),
        Some("vpce") => ("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"),
        Some("eni") => ("InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
        _ => ("InvalidID", "ID"),
    };
    Err(Fault::client(code, format!("The {kind} '{id}' does not exist")))
}
