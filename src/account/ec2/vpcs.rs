//! VPCs, with what AWS makes along with one: its main route table and its default security group.

use serde_json::{Value, json};

use super::describe::Describe;
use super::names::derived;
use super::objects::{Endpoint, RouteTable};
use super::permissions::{Permission, Source};
use super::rules::Rule;
use super::{Direction, Gateway, Group, Subnet, Vpc, lookup, tags};
use crate::account::Account;
use crate::input::{need, text};
use crate::rules::{CIDR_BLOCK, TagMap};
use crate::wire::{Answer, Fault};

/// The most VPCs of a region ("Amazon VPC quotas", Amazon VPC user guide).
const QUOTA: usize = 5;

/// `CreateVpc`: a network address that has bits of hosts is cut to its prefix (CreateVpc, API reference).
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let cidr = lookup::network(&need(input, "CidrBlock")?, "cidrBlock")?;
    if !CIDR_BLOCK.allows(&cidr.to_string()) {
        return Err(Fault::client("InvalidVpc.Range", format!("The CIDR '{cidr}' is invalid.")));
    }
    if account.all::<Vpc>().len() >= QUOTA {
        return Err(Fault::client("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    let given = tags::of_new(input, "vpc")?;
    let tenancy = text(input, "InstanceTenancy").unwrap_or_else(|| "default".to_owned());
    let id = format!("vpc-{}", account.unique_hex(17));
    let vpc = Vpc { cidr: cidr.to_string(), tenancy, is_default: false, dns_support: true, dns_hostnames: false };
    account.all_mut().insert(id.clone(), vpc);
    tags::set(account, &id, &given);
    furnish(account, &id);
    Ok(json!({ "vpc": describe(account, &json!({ "VpcId": [id] }))?["vpcSet"][0] }))
}

/// Makes what each VPC has from the beginning, and nobody can delete.
pub(super) fn furnish(account: &mut Account, vpc: &str) {
    let id = format!("sg-{}", account.unique_hex(17));
    let rules = [
        Rule::new(Direction::Ingress, Permission::all_traffic(Source::Group(id.clone()))),
        Rule::new(Direction::Egress, Permission::all_traffic(Source::Ipv4("0.0.0.0/0".to_owned()))),
    ];
    let default = Group {
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        vpc: vpc.to_owned(),
        rules: rules.into_iter().map(|rule| (format!("sgr-{}", account.unique_hex(17)), rule)).collect(),
    };
    account.all_mut().insert(id, default);
    let main = RouteTable { is_main: true, ..RouteTable::of(vpc) };
    account.all_mut().insert(derived("rtb", vpc), main);
}

/// `DeleteVpc`: refused while anything is in it that AWS didn't make with it.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "VpcId")?;
    lookup::vpc(account, &id)?;
    let has = |vpc: &str| vpc == id;
    let is_held = account.all::<Subnet>().values().any(|subnet| has(&subnet.vpc))
        || account.all::<Gateway>().values().any(|gateway| gateway.vpc.as_deref().is_some_and(has))
        || account.all::<Group>().values().any(|group| has(&group.vpc) && group.name != "default")
        || account.all::<RouteTable>().values().any(|table| has(&table.vpc) && !table.is_main)
        || account.all::<Endpoint>().values().any(|endpoint| has(&endpoint.vpc));
    if is_held {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    account.all_mut::<Group>().retain(|_, group| group.vpc != id);
    account.all_mut::<RouteTable>().retain(|_, table| table.vpc != id);
    account.all_mut::<Vpc>().remove(&id);
    account.all_mut::<TagMap>().remove(&id);
    Ok(json!({ "return": true }))
}

/// `ModifyVpcAttribute`: one attribute a call (API reference).
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "VpcId")?;
    lookup::vpc(account, &id)?;
    let given = |name: &str| input.get(name).map(|value| value["Value"] == "true");
    let (support, hostnames) = (given("EnableDnsSupport"), given("EnableDnsHostnames"));
    if support.is_some() == hostnames.is_some() {
        let message = "The request must contain exactly one attribute";
        return Err(Fault::client("InvalidParameterCombination", message));
    }
    let vpc = account.all_mut::<Vpc>().get_mut(&id).expect("it was found above");
    vpc.dns_support = support.unwrap_or(vpc.dns_support);
    vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
    Ok(json!({ "return": true }))
}

/// `DescribeVpcAttribute`: a default VPC has names for its hosts, another not by itself.
pub(super) fn attribute(account: &Account, input: &Value) -> Answer {
    let id = need(input, "VpcId")?;
    let vpc = lookup::vpc(account, &id)?;
    let attribute = need(input, "Attribute")?;
    let is_on = match attribute.as_str() {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => false,
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid. Unknown vpc attribute");
            return Err(Fault::client("InvalidParameterValue", message));
        }
    };
    Ok(json!({ "vpcId": id, attribute: { "value": is_on } }))
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
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
            "instanceTenancy": vpc.tenancy,
            "isDefault": vpc.is_default,
            "blockPublicAccessStates": { "internetGatewayBlockMode": "off" },
        })
    })
}

/// The id of the region's default VPC, if there is one.
pub(super) fn default(account: &Account) -> Option<String> {
    account.all::<Vpc>().iter().find(|(_, vpc)| vpc.is_default).map(|(id, _)| id.clone())
}
