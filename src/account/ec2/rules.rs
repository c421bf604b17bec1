//! Adding, removing and describing the rules of a security group.

use std::mem::discriminant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::permissions::{self, Permission, Source, check_text};
use super::{Direction, Group, no_such_group, tags};
use crate::account::Account;
use crate::input::{list, need, text, texts};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The quota of inbound and of outbound rules, which are counted apart.
const QUOTA: usize = 60;

/// A rule of a security group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) direction: Direction,
    pub(super) permission: Permission,
    pub(super) description: Option<String>,
}

impl Rule {
    /// A rule without a description.
    pub(super) fn new(direction: Direction, permission: Permission) -> Self {
        Self { direction, permission, description: None }
    }
}

/// `AuthorizeSecurityGroup…`: adds every permission of the request, or none.
pub(super) fn authorize(account: &mut Account, input: &Value, direction: Direction) -> Answer {
    let group_id = group_id(account, input)?;
    let group = group(account, &group_id)?;
    let wanted = permissions::parse(account, group, input)?;
    for (permission, _) in &wanted {
        if find(group, direction, permission).is_some() {
            let message = format!("the specified rule \"{}\" already exists", permission.in_words());
            return Err(Fault::client("InvalidPermission.Duplicate", message));
        }
    }
    if group.rules.values().filter(|rule| rule.direction == direction).count() + wanted.len() > QUOTA {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(Fault::client("RulesPerSecurityGroupLimitExceeded", message));
    }
    let rule_tags = tags::of_new(input, "security-group-rule")?;
    let mut added = Vec::new();
    for (permission, description) in wanted {
        let id = format!("sgr-{}", account.unique_hex(17));
        tags::set(account, &id, &rule_tags);
        let rule = Rule { direction, permission, description };
        group_mut(account, &group_id)?.rules.insert(id.clone(), rule);
        added.push(id);
    }
    let group = self::group(account, &group_id)?;
    let rules: Value = added.iter().map(|id| render(account, &group_id, id, &group.rules[id])).collect();
    Ok(json!({ "return": true, "securityGroupRuleSet": rules }))
}

/// `RevokeSecurityGroup…`: removes rules by their ids or by what they permit.
pub(super) fn revoke(account: &mut Account, input: &Value, direction: Direction) -> Answer {
    let group_id = group_id(account, input)?;
    let group = group(account, &group_id)?;
    let by_id = texts(input, "SecurityGroupRuleId");
    let mut doomed = Vec::new();
    for id in &by_id {
        let known = group.rules.get(id).is_some_and(|rule| rule.direction == direction);
        if !known {
            return Err(no_such_id(id));
        }
        doomed.push(id.clone());
    }
    if by_id.is_empty() {
        for (permission, _) in permissions::parse(account, group, input)? {
            doomed.push(find(group, direction, &permission).ok_or_else(no_such_rule)?);
        }
    }
    for id in doomed {
        account.all_mut::<TagMap>().remove(&id);
        group_mut(account, &group_id)?.rules.remove(&id);
    }
    Ok(json!({ "return": true }))
}

/// `UpdateSecurityGroupRuleDescriptions…`: the permission finds the rule, the description replaces its own.
pub(super) fn describe_anew(account: &mut Account, input: &Value, direction: Direction) -> Answer {
    let group_id = group_id(account, input)?;
    let group = group(account, &group_id)?;
    let mut changes = Vec::new();
    for entry in list(input, "SecurityGroupRuleDescription") {
        changes.push((need(entry, "SecurityGroupRuleId")?, text(entry, "Description")));
    }
    if changes.is_empty() {
        for (permission, description) in permissions::parse(account, group, input)? {
            changes.push((find(group, direction, &permission).ok_or_else(no_such_rule)?, description));
        }
    }
    for (_, description) in &changes {
        check_text(description.as_deref().unwrap_or_default(), "Invalid rule description. Valid descriptions")?;
    }
    let group = group_mut(account, &group_id)?;
    for (id, description) in changes {
        group.rules.get_mut(&id).ok_or_else(no_such_rule)?.description = description;
    }
    Ok(json!({ "return": true }))
}

/// `ModifySecurityGroupRules`: a rule becomes another, whose other side is of the same sort.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let group_id = group_id(account, input)?;
    let group = group(account, &group_id)?;
    let mut changes = Vec::new();
    for entry in list(input, "SecurityGroupRule") {
        let id = need(entry, "SecurityGroupRuleId")?;
        let old = group.rules.get(&id).ok_or_else(|| no_such_id(&id))?;
        let asked = json!({ "IpPermissions": [as_permission(&entry["SecurityGroupRule"])] });
        let mut parsed = permissions::parse(account, group, &asked)?;
        let (permission, description) = parsed.pop().filter(|_| parsed.is_empty()).ok_or_else(|| {
            let message = "A security group rule has exactly one source or destination";
            Fault::client("InvalidParameterCombination", message)
        })?;
        if discriminant(&permission.source) != discriminant(&old.permission.source) {
            let message = format!("The source type of the security group rule '{id}' cannot be changed");
            return Err(Fault::client("InvalidParameterValue", message));
        }
        if find(group, old.direction, &permission).is_some_and(|other| other != id) {
            let message = format!("the specified rule \"{}\" already exists", permission.in_words());
            return Err(Fault::client("InvalidPermission.Duplicate", message));
        }
        changes.push((id, Rule { direction: old.direction, permission, description }));
    }
    group_mut(account, &group_id)?.rules.extend(changes);
    Ok(json!({ "return": true }))
}

/// The traffic of a single rule as a permission.
fn as_permission(rule: &Value) -> Value {
    let described = |member: &str, value: &Value| json!([{ member: value, "Description": rule["Description"] }]);
    let mut permission =
        json!({ "IpProtocol": rule["IpProtocol"], "FromPort": rule["FromPort"], "ToPort": rule["ToPort"] });
    for (field, list, member) in [
        ("CidrIpv4", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("ReferencedGroupId", "Groups", "GroupId"),
        ("PrefixListId", "PrefixListIds", "PrefixListId"),
    ] {
        if let Some(value) = rule.get(field) {
            permission[list] = described(member, value);
        }
    }
    permission
}

/// A rule as `DescribeSecurityGroupRules` writes it.
pub(super) fn render(account: &Account, group_id: &str, id: &str, rule: &Rule) -> Value {
    let (from, to) = rule.permission.ports.unwrap_or((-1, -1));
    let mut shown = json!({
        "securityGroupRuleId": id,
        "groupId": group_id,
        "groupOwnerId": account.id,
        "isEgress": rule.direction == Direction::Egress,
        "ipProtocol": rule.permission.protocol,
        "fromPort": from,
        "toPort": to,
        "tagSet": tags::render(account, id),
        "securityGroupRuleArn":
            super::arn(account, super::kind(id), id),
    });
    match &rule.permission.source {
        Source::Ipv4(cidr) => shown["cidrIpv4"] = json!(cidr),
        Source::Ipv6(cidr) => shown["cidrIpv6"] = json!(cidr),
        Source::PrefixList(list) => shown["prefixListId"] = json!(list),
        Source::Group(other) => {
            shown["referencedGroupInfo"] = json!({ "groupId": other, "userId": account.id });
        }
    }
    if let Some(description) = &rule.description {
        shown["description"] = json!(description);
    }
    shown
}

/// The id of the group a request is about; by name only in the default VPC.
pub(super) fn group_id(account: &Account, input: &Value) -> Result<String, Fault> {
    if let Some(id) = text(input, "GroupId") {
        return Ok(id);
    }
    let name = text(input, "GroupName").ok_or_else(|| {
        let message = "The request must contain the parameter groupName or groupId";
        Fault::client("MissingParameter", message)
    })?;
    let groups = &account.all::<Group>();
    groups.iter().find(|(_, group)| group.name == name).map(|(id, _)| id.clone()).ok_or_else(|| no_such_group(&name))
}

fn group<'a>(account: &'a Account, id: &str) -> Result<&'a Group, Fault> {
    account.all::<Group>().get(id).ok_or_else(|| no_such_group(id))
}

fn group_mut<'a>(account: &'a mut Account, id: &str) -> Result<&'a mut Group, Fault> {
    account.all_mut::<Group>().get_mut(id).ok_or_else(|| no_such_group(id))
}

fn find(group: &Group, direction: Direction, permission: &Permission) -> Option<String> {
    let same = |rule: &Rule| rule.direction == direction && rule.permission == *permission;
    group.rules.iter().find(|(_, rule)| same(rule)).map(|(id, _)| id.clone())
}

fn no_such_id(id: &str) -> Fault {
    let message = format!("The security group rule ID '{id}' does not exist");
    Fault::client("InvalidSecurityGroupRuleId.NotFound", message)
}

fn no_such_rule() -> Fault {
    let message = "The specified rule does not exist in this security group.";
    Fault::client("InvalidPermission.NotFound", message)
}
