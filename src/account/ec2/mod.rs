//! EC2 as labform uses it: networks with their ways out, security groups and their rules, network interfaces.
//!
//! Knows who holds a security group, and refuses its deletion while anybody does. Must not know why an
//! interface exists: load balancers and tasks only ask for one and give it back.

mod addresses;
mod describe;
mod endpoints;
mod filter;
mod gateways;
mod groups;
mod lookup;
mod names;
mod nat;
mod network;
mod objects;
mod permissions;
mod regions;
mod routes;
mod rules;
mod shown;
mod subnets;
mod tags;
mod traffic;
mod vpcs;

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

use objects::{Address, Endpoint, NatGateway, RouteTable};
use rules::Rule;

pub(super) use addresses::{associate, check_address_is_free};
pub(super) use names::{mac, private_name, public_address};
pub(super) use network::{Eni, Reach, create_eni, delete_eni, eni_address, regroup_eni};
pub(super) use traffic::{Start, gets_through};

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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Vpc {
    cidr: String,
    tenancy: String,
    is_default: bool,
    dns_support: bool,
    dns_hostnames: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Subnet {
    vpc: String,
    zone: String,
    cidr: String,
    /// Whether the subnet is its zone's default one.
    is_default: bool,
    /// Whether instances in it get public addresses.
    maps_public: bool,
}

/// An internet gateway, and the VPC to which it is attached.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gateway {
    vpc: Option<String>,
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
        Kept::of::<Table<RouteTable>>("ec2/routeTables"),
        Kept::of::<Table<Address>>("ec2/addresses"),
        Kept::of::<Table<NatGateway>>("ec2/natGateways"),
        Kept::of::<Table<Endpoint>>("ec2/endpoints"),
        Kept::of::<Table<Interface>>("ec2/interfaces"),
        Kept::of::<Table<TagMap>>("ec2/tags"),
        Kept::of::<network::Lowest>("ec2/lowest"),
    ],
    found: network::found,
    settle: |account| {
        nat::settle(account);
        endpoints::settle(account);
    },
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
        "DescribeRegions" => regions::describe(account, input),
        "DescribeAvailabilityZones" => subnets::zones(account, input),
        "CreateVpc" => vpcs::create(account, input),
        "ModifyVpcAttribute" => vpcs::modify(account, input),
        "DeleteVpc" => vpcs::delete(account, input),
        "DescribeVpcs" => vpcs::describe(account, input),
        "DescribeVpcAttribute" => vpcs::attribute(account, input),
        "CreateSubnet" => subnets::create(account, input),
        "ModifySubnetAttribute" => subnets::modify(account, input),
        "DeleteSubnet" => subnets::delete(account, input),
        "DescribeSubnets" => subnets::describe(account, input),
        "CreateInternetGateway" => gateways::create(account, input),
        "AttachInternetGateway" => gateways::attach(account, input),
        "DetachInternetGateway" => gateways::detach(account, input),
        "DeleteInternetGateway" => gateways::delete(account, input),
        "DescribeInternetGateways" => gateways::describe(account, input),
        "CreateRouteTable" => routes::create(account, input),
        "DeleteRouteTable" => routes::delete(account, input),
        "CreateRoute" => routes::create_route(account, input),
        "ReplaceRoute" => routes::replace_route(account, input),
        "DeleteRoute" => routes::delete_route(account, input),
        "AssociateRouteTable" => routes::associate(account, input),
        "ReplaceRouteTableAssociation" => routes::replace_association(account, input),
        "DisassociateRouteTable" => routes::disassociate(account, input),
        "DescribeRouteTables" => routes::describe(account, input),
        "AllocateAddress" => addresses::allocate(account, input),
        "ReleaseAddress" => addresses::release(account, input),
        "DescribeAddresses" => addresses::describe(account, input),
        "CreateNatGateway" => nat::create(account, input),
        "DeleteNatGateway" => nat::delete(account, input),
        "DescribeNatGateways" => nat::describe(account, input),
        "CreateVpcEndpoint" => endpoints::create(account, input),
        "ModifyVpcEndpoint" => endpoints::modify(account, input),
        "DeleteVpcEndpoints" => endpoints::delete(account, input),
        "DescribeVpcEndpoints" => endpoints::describe(account, input),
        "DescribeNetworkInterfaces" => shown::interfaces(account, input),
        "DescribeSecurityGroups" => shown::groups(account, input),
        "DescribeSecurityGroupRules" => shown::group_rules(account, input),
        "CreateSecurityGroup" => groups::create(account, input),
        "DeleteSecurityGroup" => groups::delete(account, input),
        "AuthorizeSecurityGroupIngress" => rules::authorize(account, input, Direction::Ingress),
        "AuthorizeSecurityGroupEgress" => rules::authorize(account, input, Direction::Egress),
        "RevokeSecurityGroupIngress" => rules::revoke(account, input, Direction::Ingress),
        "RevokeSecurityGroupEgress" => rules::revoke(account, input, Direction::Egress),
        "UpdateSecurityGroupRuleDescriptionsIngress" => rules::describe_anew(account, input, Direction::Ingress),
        "UpdateSecurityGroupRuleDescriptionsEgress" => rules::describe_anew(account, input, Direction::Egress),
        "ModifySecurityGroupRules" => rules::modify(account, input),
        "CreateTags" => tags::create(account, input),
        "DescribeTags" => shown::tags(account, input),
        "DeleteTags" => tags::delete(account, input),
        _ => Err(wire::unknown_action("ec2", operation)),
    }
}

/// The tagged rules of groups, which are no objects of their own.
fn tagged(account: &Account) -> Tagged {
    let rules = account.all::<TagMap>().iter().filter(|(id, tags)| id.starts_with("sgr-") && !tags.is_empty());
    rules.map(|(id, tags)| (arn(account, kind(id), id), tags.clone())).collect()
}

/// Every network, what is in it, every interface of the region, and the rules of groups that have tags of their own.
fn items(account: &Account) -> Vec<Item> {
    let item = |id: &String| Item {
        kind: kind(id),
        id: arn(account, kind(id), id),
        tags: account.all::<TagMap>().get(id).cloned().unwrap_or_default(),
        tombstone: nat::tombstone(account, id),
    };
    let rules = account.all::<Group>().values().flat_map(|group| group.rules.keys());
    let tagged = rules.filter(|id| account.all::<TagMap>().get(*id).is_some_and(|tags| !tags.is_empty()));
    ids(account).chain(tagged).map(item).collect()
}

/// The ids of all that stands by itself.
fn ids(account: &Account) -> impl Iterator<Item = &String> {
    let network = account.all::<Vpc>().keys().chain(account.all::<Subnet>().keys());
    network
        .chain(account.all::<Gateway>().keys())
        .chain(account.all::<Group>().keys())
        .chain(account.all::<RouteTable>().keys())
        .chain(account.all::<Address>().keys())
        .chain(account.all::<NatGateway>().keys())
        .chain(account.all::<Endpoint>().keys())
        .chain(account.all::<Interface>().keys())
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
    account.all::<Gateway>().values().any(|gateway| gateway.vpc.as_deref() == Some(vpc))
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
        Some("rtb") => "ec2:route-table",
        Some("eipalloc") => "ec2:elastic-ip",
        Some("nat") => "ec2:natgateway",
        Some("vpce") => "ec2:vpc-endpoint",
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
