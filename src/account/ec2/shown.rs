//! Reads of interfaces, groups and tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::describe::{Describe, PAGES};
use super::names::{host_name, mac, private_name, zone_id};
use super::permissions::render as render_permissions;
use super::{Direction, Group, Interface, Subnet, arn, endpoints, kind, nat, rules, vpcs};
use crate::account::Account;
use crate::input::{self, list, text, texts, timestamp};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

pub(super) fn interfaces(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "networkInterfaceSet",
        id: "NetworkInterfaceId",
        missing: ("InvalidNetworkInterfaceID.NotFound", "networkInterface ID"),
        filters: "network-interface-id group-id=groupSet.groupId group-name=groupSet.groupName \
                  description status subnet-id vpc-id requester-id requester-managed interface-type \
                  private-ip-address addresses.private-ip-address=privateIpAddress \
                  mac-address source-dest-check private-dns-name \
                  association.public-ip=association.publicIp addresses.association.public-ip=association.publicIp",
    };
    let group = |id: &String| {
        let name = account.all::<Group>().get(id).map(|group| group.name.as_str());
        json!({ "groupId": id, "groupName": name.unwrap_or_default() })
    };
    call.answer(account, input, account.all::<Interface>(), |id, interface| {
        let subnet = account.all::<Subnet>().get(&interface.subnet);
        let association = interface.public_address.as_ref().map(|address| {
            let owner = if interface.requester == "amazon-elb" { "amazon-elb" } else { "amazon" };
            json!({
                "publicIp": address,
                "publicDnsName": host_name(account, "ec2", address, "amazonaws.com"),
                "ipOwnerId": owner,
            })
        });
        let private_name = private_name(account, &interface.address);
        json!({
            "networkInterfaceId": id,
            "subnetId": interface.subnet,
            "vpcId": subnet.map(|subnet| subnet.vpc.as_str()).unwrap_or_default(),
            "availabilityZone": subnet.map(|subnet| subnet.zone.as_str()).unwrap_or_default(),
            "availabilityZoneId": subnet.map(|subnet| zone_id(&subnet.zone)),
            "ownerId": account.id,
            "requesterId": interface.requester,
            "requesterManaged": true,
            "interfaceType": match interface.requester.as_str() {
                nat::REQUESTER => "nat_gateway",
                endpoints::REQUESTER => "vpc_endpoint",
                _ => "interface",
            },
            "status": "in-use",
            "description": interface.description,
            "privateIpAddress": interface.address,
            "privateDnsName": private_name,
            "privateIpAddressesSet": [{
                "primary": true,
                "privateIpAddress": interface.address,
                "privateDnsName": private_name,
                "association": association,
            }],
            "association": association,
            "ipv6AddressesSet": [],
            "macAddress": mac(id),
            "sourceDestCheck": true,
            "groupSet": interface.groups.iter().map(group).collect::<Value>(),
            "attachment": {
                "attachmentId": id.replace("eni-", "eni-attach-"),
                "instanceOwnerId": interface.requester,
                "status": "attached",
                "attachTime": timestamp(interface.created),
                "deleteOnTermination": false,
                "deviceIndex": 1,
            },
        })
    })
}

pub(super) fn groups(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "securityGroupInfo",
        id: "GroupId",
        missing: ("InvalidGroup.NotFound", "security group"),
        filters: "group-id group-name vpc-id description=groupDescription owner-id \
                  ip-permission.group-id=ipPermissions.groups.groupId \
                  egress.ip-permission.group-id=ipPermissionsEgress.groups.groupId",
    };
    let shown = |id: &String, group: &Group| {
        json!({
            "groupId": id,
            "groupName": group.name,
            "groupDescription": group.description,
            "vpcId": group.vpc,
            "ownerId": account.id,
            "securityGroupArn": arn(account, kind(id), id),
            "ipPermissions": render_permissions(account, group, Direction::Ingress),
            "ipPermissionsEgress": render_permissions(account, group, Direction::Egress),
        })
    };
    let all = account.all::<Group>();
    let names = texts(input, "GroupName");
    if let Some(name) = names.iter().find(|name| !all.values().any(|group| group.name == **name)) {
        let vpc = vpcs::default(account).unwrap_or_default();
        let message = format!("The security group '{name}' does not exist in default VPC '{vpc}'");
        return Err(Fault::client("InvalidGroup.NotFound", message));
    }
    call.answer_some(account, input, all, |id, group| {
        (names.is_empty() || names.contains(&group.name)).then(|| shown(id, group))
    })
}

pub(super) fn group_rules(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "securityGroupRuleSet",
        id: "SecurityGroupRuleId",
        missing: ("InvalidSecurityGroupRuleId.NotFound", "security group rule ID"),
        filters: "group-id security-group-rule-id",
    };
    for filter in list(input, "Filter").iter().filter(|filter| filter["Name"] == "group-id") {
        if let Some(id) = texts(filter, "Value").iter().find(|id| !is_group_id(id)) {
            let message = format!("The security group ID '{id}' is malformed");
            return Err(Fault::client("InvalidGroupId.Malformed", message));
        }
    }
    let groups = account.all::<Group>().iter();
    let rules = groups.flat_map(|(group, one)| one.rules.iter().map(move |(id, rule)| (id.clone(), (group, rule))));
    let rules: BTreeMap<String, (&String, &rules::Rule)> = rules.collect();
    call.answer(account, input, &rules, |id, (group, rule)| rules::render(account, group, id, rule))
}

/// Returns whether a text has the form of a group's id; a pattern of one is as good.
fn is_group_id(id: &str) -> bool {
    let digits = |rest: &str| rest.chars().all(|c| c.is_ascii_hexdigit() || c == '*' || c == '?');
    id.contains('*') || id.strip_prefix("sg-").is_some_and(|rest| !rest.is_empty() && digits(rest))
}

/// `DescribeTags`: each tag by itself, chosen by key, value, or the resource's kind or id.
pub(super) fn tags(account: &Account, input: &Value) -> Answer {
    let all = account.all::<TagMap>().iter().flat_map(|(id, tags)| {
        let word = kind(id).trim_start_matches("ec2:");
        tags.iter()
            .map(move |(key, value)| json!({ "resourceId": id, "resourceType": word, "key": key, "value": value }))
    });
    let mut kept = Vec::new();
    for tag in all {
        let mut is_wanted = true;
        for filter in list(input, "Filter") {
            let member = match text(filter, "Name").unwrap_or_default().as_str() {
                "key" => "key",
                "value" => "value",
                "resource-id" => "resourceId",
                "resource-type" => "resourceType",
                other => {
                    let message = format!("The filter '{other}' is invalid");
                    return Err(Fault::client("InvalidParameterValue", message));
                }
            };
            let have = text(&tag, member).unwrap_or_default();
            is_wanted &= texts(filter, "Value").iter().any(|pattern| input::fits(pattern, &have));
        }
        if is_wanted {
            kept.push(tag);
        }
    }
    PAGES.of(account, input, "tagSet", kept, |tag| tag)
}
