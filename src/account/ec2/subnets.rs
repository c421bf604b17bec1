//! Subnets, and the zones in which they stand.

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::describe::Describe;
use super::names::zone_id;
use super::objects::{RouteTable, ZONES};
use super::{Interface, Subnet, arn, kind, lookup, tags};
use crate::account::Account;
use crate::input::{need, text};
use crate::rules::{CIDR_BLOCK, TagMap};
use crate::wire::{Answer, Fault};

/// The addresses that AWS keeps of each subnet ("Subnet CIDR blocks", Amazon VPC user guide).
const KEPT: usize = 5;

/// `CreateSubnet`: within its VPC's network, and beside the other subnets of it.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let vpc = need(input, "VpcId")?;
    let whole: Option<Ipv4Net> = lookup::vpc(account, &vpc)?.cidr.parse().ok();
    let cidr = lookup::network(&need(input, "CidrBlock")?, "cidrBlock")?;
    if !CIDR_BLOCK.allows(&cidr.to_string()) || whole.is_none_or(|whole| !whole.contains(&cidr)) {
        return Err(Fault::client("InvalidSubnet.Range", format!("The CIDR '{cidr}' is invalid.")));
    }
    let mut others = account.all::<Subnet>().values().filter(|other| other.vpc == vpc);
    let overlaps = |other: &Ipv4Net| other.contains(&cidr) || cidr.contains(other);
    if others.any(|other| other.cidr.parse().is_ok_and(|other| overlaps(&other))) {
        let message = format!("The CIDR '{cidr}' conflicts with another subnet");
        return Err(Fault::client("InvalidSubnet.Conflict", message));
    }
    let known: Vec<String> = ZONES.iter().map(|letter| format!("{}{letter}", account.region)).collect();
    let zone = text(input, "AvailabilityZone").unwrap_or_else(|| known[0].clone());
    if !known.contains(&zone) {
        let message = format!(
            "Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the \
             following availability zones: {}.",
            known.join(", ")
        );
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let given = tags::of_new(input, "subnet")?;
    let id = format!("subnet-{}", account.unique_hex(17));
    let subnet = Subnet { vpc, zone, cidr: cidr.to_string(), is_default: false, maps_public: false };
    account.all_mut().insert(id.clone(), subnet);
    tags::set(account, &id, &given);
    Ok(json!({ "subnet": describe(account, &json!({ "SubnetId": [id] }))?["subnetSet"][0] }))
}

/// `DeleteSubnet`: refused while an interface is in it. What associates it with a route table goes along.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "SubnetId")?;
    lookup::subnet(account, &id)?;
    if account.all::<Interface>().values().any(|interface| interface.subnet == id) {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    let tables = account.all::<RouteTable>().iter();
    let using = tables.filter(|(_, table)| table.associations.values().any(|subnet| *subnet == id));
    for table in using.map(|(table, _)| table.clone()).collect::<Vec<_>>() {
        let table = account.all_mut::<RouteTable>().get_mut(&table).expect("it was found a line above");
        table.associations.retain(|_, subnet| *subnet != id);
    }
    account.all_mut::<Subnet>().remove(&id);
    account.all_mut::<TagMap>().remove(&id);
    Ok(json!({ "return": true }))
}

/// `ModifySubnetAttribute`.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "SubnetId")?;
    lookup::subnet(account, &id)?;
    let Some(given) = input.get("MapPublicIpOnLaunch") else {
        let message = "The sandbox changes MapPublicIpOnLaunch alone";
        return Err(Fault::client("InvalidParameterValue", message));
    };
    let subnet = account.all_mut::<Subnet>().get_mut(&id).expect("it was found above");
    subnet.maps_public = given["Value"] == "true";
    Ok(json!({ "return": true }))
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "subnetSet",
        id: "SubnetId",
        missing: ("InvalidSubnetID.NotFound", "subnet ID"),
        filters: "subnet-id vpc-id availability-zone availabilityZone default-for-az defaultForAz \
                  map-public-ip-on-launch state cidr=cidrBlock cidr-block cidrBlock",
    };
    let taken = |id: &str| account.all::<Interface>().values().filter(|interface| interface.subnet == id).count();
    call.answer(account, input, account.all::<Subnet>(), |id, subnet| {
        let bits = subnet.cidr.parse::<Ipv4Net>().map_or(0, |cidr| 32 - cidr.prefix_len());
        json!({
            "subnetId": id,
            "subnetArn": arn(account, kind(id), id),
            "vpcId": subnet.vpc,
            "ownerId": account.id,
            "state": "available",
            "cidrBlock": subnet.cidr,
            "availabilityZone": subnet.zone,
            "availabilityZoneId": zone_id(&subnet.zone),
            "availableIpAddressCount": (1_usize << bits).saturating_sub(KEPT + taken(id)),
            "defaultForAz": subnet.is_default,
            "mapPublicIpOnLaunch": subnet.maps_public,
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

/// `DescribeAvailabilityZones`.
pub(super) fn zones(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "availabilityZoneInfo",
        id: "ZoneName",
        missing: ("InvalidParameterValue", "availability zone"),
        filters: "zone-name state=zoneState zone-type opt-in-status region-name zone-id",
    };
    let zones = ZONES.iter().map(|letter| (format!("{}{letter}", account.region), ()));
    call.answer(account, input, &zones.collect(), |zone, ()| {
        json!({
            "zoneName": zone,
            "zoneState": "available",
            "regionName": account.region,
            "zoneId": zone_id(zone),
            "zoneType": "availability-zone",
            "optInStatus": "opt-in-not-required",
            "groupName": account.region,
            "networkBorderGroup": account.region,
            "messageSet": [],
        })
    })
}
