//! Reads: filters with wildcards, ids that must exist, pages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::filter::passes;
use super::names::{derived, host_name, mac, private_name, zone_id};
use super::permissions::render as render_permissions;
use super::{Direction, Gateway, Group, Interface, Subnet, Vpc, arn, kind, rules, tags};
use crate::account::Account;
use crate::forms::Pages;
use crate::input::{list, need, texts, timestamp};
use crate::wire::{Answer, Fault};

const PAGES: Pages = Pages {
    size: "MaxResults",
    token: ("NextToken", "nextToken"),
    sizes: (5, 1000),
    usual: 1000,
    refuse: |size| {
        let message = format!("Value ( {size} ) for parameter maxResults is invalid. Expecting 5 to 1000.");
        Fault::client("InvalidParameterValue", message)
    },
    bad_token: || Fault::client("InvalidPaginationToken", "The specified pagination token is not valid or is expired."),
};

/// The form of a describe call.
struct Call {
    /// The member with the answer.
    set: &'static str,
    /// The member that asks by id.
    id: &'static str,
    /// The code and the noun of the fault if there is no such id.
    missing: (&'static str, &'static str),
    /// The filters, each with the place that it looks at if that isn't called as the filter is.
    filters: &'static str,
}

impl Call {
    /// Chooses by id, or everything if the request names no id; filters, and cuts a page.
    fn answer<T>(
        &self,
        account: &Account,
        input: &Value,
        all: &BTreeMap<String, T>,
        shown: impl Fn(&String, &T) -> Value,
    ) -> Answer {
        self.answer_some(account, input, all, |id, one| Some(shown(id, one)))
    }

    /// Answers as [`Call::answer`] does, with those things alone that are shown at all.
    fn answer_some<T>(
        &self,
        account: &Account,
        input: &Value,
        all: &BTreeMap<String, T>,
        shown: impl Fn(&String, &T) -> Option<Value>,
    ) -> Answer {
        let ids = texts(input, self.id);
        let (code, noun) = self.missing;
        let missing = |id: &String| Fault::client(code, format!("The {noun} '{id}' does not exist"));
        let chosen: Vec<(&String, &T)> = match ids.as_slice() {
            [] => all.iter().collect(),
            ids => ids.iter().map(|id| all.get_key_value(id).ok_or_else(|| missing(id))).collect::<Result<_, _>>()?,
        };
        let mut kept = Vec::new();
        for (id, one) in chosen {
            let Some(mut shown) = shown(id, one) else { continue };
            if passes(account, id, &shown, input, self.filters)? {
                shown["tagSet"] = tags::render(account, id);
                kept.push(shown);
            }
        }
        PAGES.of(account, input, self.set, kept, |shown| shown)
    }
}

pub(super) fn vpcs(account: &Account, input: &Value) -> Answer {
    let call = Call {
        set: "vpcSet",
        id: "VpcId",
        missing: ("InvalidVpcID.NotFound", "vpc ID"),
        filters: "vpc-id is-default isDefault state cidr=cidrBlock cidr-block owner-id",
    };
    call.answer(account, input, account.all::<Vpc>(), |id, vpc| {
        json!({
            "vpcId": id,
            "ownerId": account.id,
            "state": "available",
            "cidrBlock": vpc.cidr,
            "cidrBlockAssociationSet": [{
                "associationId": derived("vpc-cidr-assoc", id),
                "cidrBlock": vpc.cidr,
                "cidrBlockState": { "state": "associated" },
            }],
            "dhcpOptionsId": derived("dopt", id),
            "instanceTenancy": "default",
            "isDefault": true,
            "blockPublicAccessStates": { "internetGatewayBlockMode": "off" },
        })
    })
}

/// `DescribeVpcAttribute`: a default VPC has names for its hosts.
pub(super) fn vpc_attribute(account: &Account, input: &Value) -> Answer {
    let id = need(input, "VpcId")?;
    if !account.all::<Vpc>().contains_key(&id) {
        return Err(Fault::client("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist")));
    }
    let attribute = need(input, "Attribute")?;
    let is_on = match attribute.as_str() {
        "enableDnsSupport" | "enableDnsHostnames" => true,
        "enableNetworkAddressUsageMetrics" => false,
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid. Unknown vpc attribute");
            return Err(Fault::client("InvalidParameterValue", message));
        }
    };
    Ok(json!({ "vpcId": id, attribute: { "value": is_on } }))
}

pub(super) fn subnets(account: &Account, input: &Value) -> Answer {
    let call = Call {
        set: "subnetSet",
        id: "SubnetId",
        missing: ("InvalidSubnetID.NotFound", "subnet ID"),
        filters: "subnet-id vpc-id availability-zone availabilityZone default-for-az defaultForAz \
                  map-public-ip-on-launch state cidr=cidrBlock cidr-block cidrBlock",
    };
    let taken = |id: &str| account.all::<Interface>().values().filter(|interface| interface.subnet == id).count();
    call.answer(account, input, account.all::<Subnet>(), |id, subnet| {
        json!({
            "subnetId": id,
            "subnetArn": arn(account, kind(id), id),
            "vpcId": subnet.vpc,
            "ownerId": account.id,
            "state": "available",
            "cidrBlock": subnet.cidr,
            "availabilityZone": subnet.zone,
            "availabilityZoneId": zone_id(&subnet.zone),
            "availableIpAddressCount": 4091_usize.saturating_sub(taken(id)),
            "defaultForAz": true,
            "mapPublicIpOnLaunch": true,
            "mapCustomerOwnedIpOnLaunch": false,
            "assignIpv6AddressOnCreation": false,
            "ipv6CidrBlockAssociationSet": [],
            "ipv6Native": false,
            "enableDns64": false,
            "privateDnsNameOptionsOnLaunch": {
                "hostnameType": "ip-name",
                "enableResourceNameDnsARecord": false,
                "enableResourceNameDnsAAAARecord": false,
            },
            "blockPublicAccessStates": { "internetGatewayBlockMode": "off" },
        })
    })
}

pub(super) fn gateways(account: &Account, input: &Value) -> Answer {
    let call = Call {
        set: "internetGatewaySet",
        id: "InternetGatewayId",
        missing: ("InvalidInternetGatewayID.NotFound", "internetGateway ID"),
        filters: "internet-gateway-id attachment.vpc-id=attachmentSet.vpcId \
                  attachment.state=attachmentSet.state",
    };
    call.answer(account, input, account.all::<Gateway>(), |id, gateway| {
        json!({
            "internetGatewayId": id,
            "ownerId": account.id,
            "attachmentSet": [{ "vpcId": gateway.vpc, "state": "available" }],
        })
    })
}

pub(super) fn interfaces(account: &Account, input: &Value) -> Answer {
    let call = Call {
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
            "interfaceType": "interface",
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
    let call = Call {
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
        let vpc = account.all::<Vpc>().keys().next().cloned().unwrap_or_default();
        let message = format!("The security group '{name}' does not exist in default VPC '{vpc}'");
        return Err(Fault::client("InvalidGroup.NotFound", message));
    }
    call.answer_some(account, input, all, |id, group| {
        (names.is_empty() || names.contains(&group.name)).then(|| shown(id, group))
    })
}

pub(super) fn group_rules(account: &Account, input: &Value) -> Answer {
    let call = Call {
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
