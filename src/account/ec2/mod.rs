//! EC2 as labform uses it: the default VPC, security groups and their rules, network interfaces.
//!
//! Knows who holds a security group, and refuses its deletion while anybody does. Must not know why an
//! interface exists: load balancers and tasks only ask for one and give it back.

mod describe;
mod filter;
mod groups;
mod names;
mod network;
mod permissions;
mod rules;
mod tags;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Item;
use super::account::{Account, Calls, Service, Tagged};
use super::input::is_true;
use super::rules::TagMap;
use super::states::Kept;
use super::table::{Object, Table};
use super::wire::{self, Answer, Fault};

use rules::Rule;

pub(super) use names::{mac, private_name};
pub(super) use network::{Eni, Reach, create_eni, delete_eni, eni_address, regroup_eni};
pub(super) use traffic::{gets_through, reaches_internet};

impl Object for Vpc {}
impl Object for Subnet {}
impl Object for Gateway {}
impl Object for Group {}

/// Tags of everything, by resource id: `CreateTags` doesn't say what an id is.
impl Object for TagMap {}

impl Object for Interface {
    /// An address is asked for when another is given out.
    fn owner(&self) -> Option<&str> {
        Some(&self.address)
    }
}

/// A region's default VPC: labform never makes another.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Vpc {
    cidr: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Subnet {
    vpc: String,
    zone: String,
    cidr: String,
}

/// An internet gateway, attached to its VPC.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gateway {
    vpc: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Group {
    name: String,
    description: String,
    vpc: String,
    /// The rules by id, so that they read back without the order in which they were written, as on AWS.
    rules: BTreeMap<String, Rule>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Interface {
    subnet: String,
    groups: BTreeSet<String>,
    description: String,
    /// The name of the one who asked for the interface: a service of AWS's under its name, or an account of its own.
    requester: String,
    address: String,
    /// The address under which the internet reaches the interface, if it does.
    public_address: Option<String>,
    created: i64,
}

/// EC2 in the list of services.
pub(crate) static SERVICE: Service = Service {
    keeps: &[
        Kept::of::<Table<Vpc>>("ec2/vpcs"),
        Kept::of::<Table<Subnet>>("ec2/subnets"),
        Kept::of::<Table<Gateway>>("ec2/gateways"),
        Kept::of::<Table<Group>>("ec2/groups"),
        Kept::of::<Table<Interface>>("ec2/interfaces"),
        Kept::of::<Table<TagMap>>("ec2/tags"),
        Kept::of::<network::Lowest>("ec2/lowest"),
    ],
    found: network::found,
    items,
    tagged,
    ..Service::new("ec2", Calls::Ec2(handle))
};

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    if !is_true(input, "DryRun") {
        return carry_out(account, operation, input);
    }
    // What would fail, fails; what would not, is done to an account that nobody keeps.
    carry_out(&mut account.clone(), operation, input)?;
    let message = "Request would have succeeded, but DryRun flag is set.";
    Err(Fault::client("DryRunOperation", message).with_status(412))
}

fn carry_out(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "DescribeVpcs" => describe::vpcs(account, input),
        "DescribeVpcAttribute" => describe::vpc_attribute(account, input),
        "DescribeSubnets" => describe::subnets(account, input),
        "DescribeInternetGateways" => describe::gateways(account, input),
        "DescribeNetworkInterfaces" => describe::interfaces(account, input),
        "DescribeSecurityGroups" => describe::groups(account, input),
        "DescribeSecurityGroupRules" => describe::group_rules(account, input),
        "CreateSecurityGroup" => groups::create(account, input),
        "DeleteSecurityGroup" => groups::delete(account, input),
        "AuthorizeSecurityGroupIngress" => rules::authorize(account, input, Direction::Ingress),
        "AuthorizeSecurityGroupEgress" => rules::authorize(account, input, Direction::Egress),
        "RevokeSecurityGroupIngress" => rules::revoke(account, input, Direction::Ingress),
        "RevokeSecurityGroupEgress" => rules::revoke(account, input, Direction::Egress),
        "UpdateSecurityGroupRuleDescriptionsIngress" => rules::describe_anew(account, input, Direction::Ingress),
        "UpdateSecurityGroupRuleDescriptionsEgress" => rules::describe_anew(account, input, Direction::Egress),
        "CreateTags" => tags::create(account, input),
        "DeleteTags" => tags::delete(account, input),
        _ => Err(wire::unknown_action("ec2", operation)),
    }
}

/// The tagged rules of groups, which are no objects of their own.
fn tagged(account: &Account) -> Tagged {
    let rules = account.all::<TagMap>().iter().filter(|(id, tags)| id.starts_with("sgr-") && !tags.is_empty());
    rules.map(|(id, tags)| (arn(account, kind(id), id), tags.clone())).collect()
}

/// Every network, group and interface of the region.
fn items(account: &Account) -> Vec<Item> {
    let network = account.all::<Vpc>().keys().chain(account.all::<Subnet>().keys());
    network
        .chain(account.all::<Gateway>().keys())
        .chain(account.all::<Group>().keys())
        .chain(account.all::<Interface>().keys())
        .map(|id| Item {
            kind: kind(id),
            id: arn(account, kind(id), id),
            tags: account.all::<TagMap>().get(id).cloned().unwrap_or_default(),
            tombstone: None,
        })
        .collect()
}

/// The VPC of a security group, if the group exists.
pub(super) fn group_vpc(account: &Account, id: &str) -> Option<String> {
    account.all::<Group>().get(id).map(|group| group.vpc.clone())
}

/// The VPC and the zone of a subnet, if the subnet exists.
pub(super) fn subnet_place(account: &Account, id: &str) -> Option<(String, String)> {
    account.all::<Subnet>().get(id).map(|subnet| (subnet.vpc.clone(), subnet.zone.clone()))
}

/// Returns whether there is a VPC of this id.
pub(super) fn vpc_exists(account: &Account, id: &str) -> bool {
    account.all::<Vpc>().contains_key(id)
}

/// Returns whether an internet gateway is attached to the VPC.
pub(super) fn has_internet(account: &Account, vpc: &str) -> bool {
    account.all::<Gateway>().values().any(|gateway| gateway.vpc == vpc)
}

/// The id of the security group that a VPC gives to whatever names none.
pub(super) fn default_group(account: &Account, vpc: &str) -> Option<String> {
    let groups = &account.all::<Group>();
    groups.iter().find(|(_, group)| group.vpc == vpc && group.name == "default").map(|(id, _)| id.clone())
}

/// Returns whether a call has written security groups since time last went on.
pub(super) fn touched_groups(account: &Account) -> bool {
    !account.all::<Group>().touched().is_empty()
}

/// The direction in which a rule lets traffic through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Direction {
    Ingress,
    Egress,
}

/// The kind of a resource, which the first word of its id says.
fn kind(id: &str) -> &'static str {
    match id.split('-').next() {
        Some("vpc") => "ec2:vpc",
        Some("subnet") => "ec2:subnet",
        Some("igw") => "ec2:internet-gateway",
        Some("sg") => "ec2:security-group",
        Some("sgr") => "ec2:security-group-rule",
        _ => "ec2:network-interface",
    }
}

fn arn(account: &Account, kind: &str, id: &str) -> String {
    account.arn("ec2", &format!("{}/{id}", kind.trim_start_matches("ec2:")))
}

fn no_such_group(id: &str) -> Fault {
    Fault::client("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}
