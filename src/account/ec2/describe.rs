//! The reads: filters with wildcards, ids that must exist, pages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filter::passes;
use super::permissions::{Source, render as render_permissions};
use super::{Direction, Gateway, Group, Interface, Subnet, Vpc, arn, kind, no_such_group, rules, state_ref, tags};
use crate::account::Account;
use crate::input::{list, number, page, text, texts, timestamp};
use crate::wire::{Answer, Fault};

/// AWS gives this many results where the caller sets no limit.
const PAGE: usize = 1000;

/// `DescribeVpcs`.
pub(super) fn vpcs(account: &Account, input: &Value) -> Answer {
    let chosen = by_ids(&state_ref(account).vpcs, input, "VpcId", |id| {
        Fault::client("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
    })?;
    let look = |(id, vpc): &(&String, &Vpc), filter: &str| {
        Some(vec![match filter {
            "vpc-id" => (*id).clone(),
            "is-default" | "isDefault" => "true".to_owned(),
            "state" => "available".to_owned(),
            "cidr" | "cidr-block" => vpc.cidr.clone(),
            "owner-id" => account.id.clone(),
            _ => return None,
        }])
    };
    let shown = |(id, vpc): (&String, &Vpc)| {
        json!({
            "vpcId": id,
            "ownerId": account.id,
            "state": "available",
            "cidrBlock": vpc.cidr,
            "instanceTenancy": "default",
            "isDefault": true,
            "tagSet": tags::render(account, id),
        })
    };
    answer(account, input, "vpcSet", chosen, look, shown)
}

/// `DescribeSubnets`.
pub(super) fn subnets(account: &Account, input: &Value) -> Answer {
    let state = state_ref(account);
    let chosen = by_ids(&state.subnets, input, "SubnetId", |id| {
        Fault::client("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
    })?;
    let look = |(id, subnet): &(&String, &Subnet), filter: &str| {
        Some(vec![match filter {
            "subnet-id" => (*id).clone(),
            "vpc-id" => subnet.vpc.clone(),
            "availability-zone" | "availabilityZone" => subnet.zone.clone(),
            "default-for-az" | "defaultForAz" | "map-public-ip-on-launch" => "true".to_owned(),
            "state" => "available".to_owned(),
            "cidr" | "cidr-block" | "cidrBlock" => subnet.cidr.clone(),
            _ => return None,
        }])
    };
    let shown = |(id, subnet): (&String, &Subnet)| {
        let used = state.interfaces.values().filter(|interface| interface.subnet == *id).count();
        json!({
            "subnetId": id,
            "subnetArn": arn(account, kind(id), id),
            "vpcId": subnet.vpc,
            "ownerId": account.id,
            "state": "available",
            "cidrBlock": subnet.cidr,
            "availabilityZone": subnet.zone,
            "availableIpAddressCount": 4091_usize.saturating_sub(used),
            "defaultForAz": true,
            "mapPublicIpOnLaunch": true,
            "tagSet": tags::render(account, id),
        })
    };
    answer(account, input, "subnetSet", chosen, look, shown)
}

/// `DescribeInternetGateways`.
pub(super) fn gateways(account: &Account, input: &Value) -> Answer {
    let chosen = by_ids(&state_ref(account).gateways, input, "InternetGatewayId", |id| {
        let message = format!("The internetGateway ID '{id}' does not exist");
        Fault::client("InvalidInternetGatewayID.NotFound", message)
    })?;
    let look = |(id, gateway): &(&String, &Gateway), filter: &str| {
        Some(vec![match filter {
            "internet-gateway-id" => (*id).clone(),
            "attachment.vpc-id" => gateway.vpc.clone(),
            "attachment.state" => "available".to_owned(),
            _ => return None,
        }])
    };
    let shown = |(id, gateway): (&String, &Gateway)| {
        json!({
            "internetGatewayId": id,
            "ownerId": account.id,
            "attachmentSet": [{ "vpcId": gateway.vpc, "state": "available" }],
            "tagSet": tags::render(account, id),
        })
    };
    answer(account, input, "internetGatewaySet", chosen, look, shown)
}

/// `DescribeNetworkInterfaces`.
pub(super) fn interfaces(account: &Account, input: &Value) -> Answer {
    let state = state_ref(account);
    let chosen = by_ids(&state.interfaces, input, "NetworkInterfaceId", |id| {
        let message = format!("The networkInterface ID '{id}' does not exist");
        Fault::client("InvalidNetworkInterfaceID.NotFound", message)
    })?;
    let group_name = |id: &String| state.groups.get(id).map(|group| group.name.clone()).unwrap_or_default();
    let place = |interface: &Interface| {
        let subnet = state.subnets.get(&interface.subnet);
        subnet.map(|subnet| (subnet.vpc.clone(), subnet.zone.clone())).unwrap_or_default()
    };
    let look = |(id, interface): &(&String, &Interface), filter: &str| {
        Some(match filter {
            "network-interface-id" => vec![(*id).clone()],
            "group-id" => interface.groups.iter().cloned().collect(),
            "group-name" => interface.groups.iter().map(group_name).collect(),
            "description" => vec![interface.description.clone()],
            "status" => vec!["in-use".to_owned()],
            "subnet-id" => vec![interface.subnet.clone()],
            "vpc-id" => vec![place(interface).0],
            "requester-id" => vec![interface.requester.clone()],
            "requester-managed" => vec!["true".to_owned()],
            "interface-type" => vec!["interface".to_owned()],
            "private-ip-address" | "addresses.private-ip-address" => {
                vec![interface.address.clone()]
            }
            _ => return None,
        })
    };
    let shown = |(id, interface): (&String, &Interface)| {
        let (vpc, zone) = place(interface);
        let groups = interface.groups.iter();
        json!({
            "networkInterfaceId": id,
            "subnetId": interface.subnet,
            "vpcId": vpc,
            "availabilityZone": zone,
            "ownerId": account.id,
            "requesterId": interface.requester,
            "requesterManaged": true,
            "interfaceType": "interface",
            "status": "in-use",
            "description": interface.description,
            "privateIpAddress": interface.address,
            "groupSet": groups
                .map(|id| json!({ "groupId": id, "groupName": group_name(id) }))
                .collect::<Vec<_>>(),
            "attachment": {
                "attachmentId": id.replace("eni-", "eni-attach-"),
                "instanceOwnerId": interface.requester,
                "status": "attached",
                "attachTime": timestamp(interface.created),
                "deleteOnTermination": false,
                "deviceIndex": 1,
            },
            "tagSet": tags::render(account, id),
        })
    };
    answer(account, input, "networkInterfaceSet", chosen, look, shown)
}

/// `DescribeSecurityGroups`.
pub(super) fn groups(account: &Account, input: &Value) -> Answer {
    let state = state_ref(account);
    let mut chosen = by_ids(&state.groups, input, "GroupId", no_such_group)?;
    let names = texts(input, "GroupName");
    for name in &names {
        if !state.groups.values().any(|group| group.name == *name) {
            let vpc = state.vpcs.keys().next().cloned().unwrap_or_default();
            let message = format!("The security group '{name}' does not exist in default VPC '{vpc}'");
            return Err(Fault::client("InvalidGroup.NotFound", message));
        }
    }
    chosen.retain(|(_, group)| names.is_empty() || names.contains(&group.name));
    let named_by = |group: &Group, direction: Direction| {
        let rules = group.rules.values().filter(|rule| rule.direction == direction);
        let named = rules.filter_map(|rule| match &rule.permission.source {
            Source::Group(id) => Some(id.clone()),
            _ => None,
        });
        named.collect()
    };
    let look = |(id, group): &(&String, &Group), filter: &str| {
        Some(match filter {
            "group-id" => vec![(*id).clone()],
            "group-name" => vec![group.name.clone()],
            "vpc-id" => vec![group.vpc.clone()],
            "description" => vec![group.description.clone()],
            "owner-id" => vec![account.id.clone()],
            "ip-permission.group-id" => named_by(group, Direction::Ingress),
            "egress.ip-permission.group-id" => named_by(group, Direction::Egress),
            _ => return None,
        })
    };
    let shown = |(id, group): (&String, &Group)| {
        json!({
            "groupId": id,
            "groupName": group.name,
            "groupDescription": group.description,
            "vpcId": group.vpc,
            "ownerId": account.id,
            "securityGroupArn": arn(account, kind(id), id),
            "ipPermissions": render_permissions(account, group, Direction::Ingress),
            "ipPermissionsEgress": render_permissions(account, group, Direction::Egress),
            "tagSet": tags::render(account, id),
        })
    };
    answer(account, input, "securityGroupInfo", chosen, look, shown)
}

/// `DescribeSecurityGroupRules`.
pub(super) fn group_rules(account: &Account, input: &Value) -> Answer {
    let all: BTreeMap<String, (&String, &rules::Rule)> = state_ref(account)
        .groups
        .iter()
        .flat_map(|(group, state)| state.rules.iter().map(move |(id, rule)| (id.clone(), (group, rule))))
        .collect();
    let chosen = by_ids(&all, input, "SecurityGroupRuleId", |id| {
        let message = format!("The security group rule ID '{id}' does not exist");
        Fault::client("InvalidSecurityGroupRuleId.NotFound", message)
    })?;
    let look = |(id, (group, _)): &(&String, &(&String, &rules::Rule)), filter: &str| {
        Some(vec![match filter {
            "group-id" => (*group).clone(),
            "security-group-rule-id" => (*id).clone(),
            _ => return None,
        }])
    };
    let shown = |(id, (group, rule)): (&String, &(&String, &rules::Rule))| rules::render(account, group, id, rule);
    answer(account, input, "securityGroupRuleSet", chosen, look, shown)
}

/// What the request asks for by id; everything where it names none.
fn by_ids<'a, T>(
    all: &'a BTreeMap<String, T>,
    input: &Value,
    key: &str,
    missing: impl Fn(&str) -> Fault,
) -> Result<Vec<(&'a String, &'a T)>, Fault> {
    let ids = texts(input, key);
    if ids.is_empty() {
        return Ok(all.iter().collect());
    }
    ids.iter().map(|id| all.get_key_value(id).ok_or_else(|| missing(id))).collect()
}

/// Filters, cuts a page and writes the answer. `look` gives a resource's values for a filter, or none
/// where the resource has no such filter.
fn answer<'a, T: 'a>(
    account: &Account,
    input: &Value,
    set: &str,
    chosen: Vec<(&'a String, &'a T)>,
    look: impl Fn(&(&'a String, &'a T), &str) -> Option<Vec<String>>,
    shown: impl Fn((&'a String, &'a T)) -> Value,
) -> Answer {
    let mut kept = Vec::new();
    for item in chosen {
        if passes(account, item.0, list(input, "Filter"), |filter| look(&item, filter))? {
            kept.push(item);
        }
    }
    let size = match number(input, "MaxResults") {
        None => PAGE,
        Some(size @ 5..=1000) => usize::try_from(size).unwrap_or(PAGE),
        Some(size) => {
            let message = format!("Value ( {size} ) for parameter maxResults is invalid. Expecting 5 to 1000.");
            return Err(Fault::client("InvalidParameterValue", message));
        }
    };
    let (kept, next) = page(kept, text(input, "NextToken"), account.page_size(size));
    let mut answer = json!({ set: kept.into_iter().map(shown).collect::<Vec<_>>() });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}
