//! Making and deleting security groups.

use serde_json::{Value, json};

use super::permissions::{Permission, Source, check_text};
use super::rules::{self, Rule};
use super::{Direction, Group, Interface, Vpc, arn, kind, no_such_group, tags, vpcs};
use crate::account::Account;
use crate::input::{need, text};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// `CreateSecurityGroup`. AWS lets everything out of a new group.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "GroupName")?;
    let description = need(input, "GroupDescription")?;
    check_name(&name)?;
    check_text(&description, "Invalid security group description. Valid descriptions")?;
    let vpc = vpc(account, input)?;
    let taken = |group: &Group| group.vpc == vpc && group.name.eq_ignore_ascii_case(&name);
    if account.all::<Group>().values().any(taken) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Fault::client("InvalidGroup.Duplicate", message));
    }
    let given_tags = tags::of_new(input, "security-group")?;
    let id = format!("sg-{}", account.unique_hex(17));
    let egress = format!("sgr-{}", account.unique_hex(17));
    let everywhere = Permission::all_traffic(Source::Ipv4("0.0.0.0/0".to_owned()));
    let rules = [(egress, Rule::new(Direction::Egress, everywhere))].into();
    account.all_mut::<Group>().insert(id.clone(), Group { name, description, vpc, rules });
    tags::set(account, &id, &given_tags);
    let arn = arn(account, kind(&id), &id);
    Ok(json!({ "groupId": id, "tagSet": tags::render(account, &id), "securityGroupArn": arn }))
}

/// `DeleteSecurityGroup`: refused while an interface holds the group or another group's rule names it.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = rules::group_id(account, input)?;
    let groups = account.all::<Group>();
    let group = groups.get(&id).ok_or_else(|| no_such_group(&id))?;
    if group.name == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Fault::client("CannotDelete", message));
    }
    let held = account.all::<Interface>().values().any(|interface| interface.groups.contains(&id));
    let names_it = |rule: &Rule| matches!(&rule.permission.source, Source::Group(other) if *other == id);
    let referenced = groups.iter().any(|(other, group)| *other != id && group.rules.values().any(names_it));
    if held || referenced {
        let message = format!("resource {id} has a dependent object");
        return Err(Fault::client("DependencyViolation", message));
    }
    let gone = account.all_mut::<Group>().remove(&id).ok_or_else(|| no_such_group(&id))?;
    for resource in gone.rules.keys().chain([&id]) {
        account.all_mut::<TagMap>().remove(resource);
    }
    Ok(json!({ "return": true, "groupId": id }))
}

fn check_name(name: &str) -> Result<(), Fault> {
    let refuse = |message: &str| Err(Fault::client("InvalidParameterValue", message.to_owned()));
    if name.starts_with("sg-") {
        return refuse("Group names may not be in the format sg-*");
    }
    if name.eq_ignore_ascii_case("default") {
        return refuse("Cannot use reserved security group name: default");
    }
    check_text(name, "Invalid security group name. Valid names")
}

fn vpc(account: &Account, input: &Value) -> Result<String, Fault> {
    match text(input, "VpcId") {
        Some(id) if account.all::<Vpc>().contains_key(&id) => Ok(id),
        Some(id) => {
            let message = format!("The vpc ID '{id}' does not exist");
            Err(Fault::client("InvalidVpcID.NotFound", message))
        }
        None => {
            let vpc = vpcs::default(account);
            vpc.ok_or_else(|| Fault::client("VPCIdNotSpecified", "No default VPC for this user"))
        }
    }
}
