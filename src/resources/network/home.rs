//! The network in which a lab's resources stand by themselves, and the ways that lead out of it.

use std::collections::BTreeSet;

use super::internet_gateway::InternetGateway;
use super::own_vpc::OwnVpc;
use super::places::own_subnet;
use super::route_table::RouteTable;
use super::subnet::OwnSubnet;
use crate::model::Address;
use crate::resource::{Checks, Home, Ref};

/// Returns the VPC `name` of the lab as the home of its resources.
pub fn home(name: &str, checks: &Checks<'_>) -> Home {
    let of_vpc = |vpc: &Option<Ref<OwnVpc>>| vpc.as_ref().is_some_and(|vpc| vpc.name == name);
    let subnets = checks.all::<OwnSubnet>().filter(|(_, subnet)| of_vpc(&subnet.vpc_id));
    let names = subnets.map(|(address, _)| address.name.clone());
    let (public, private) = names.partition(|name| is_public(&Ref::new(name), checks));
    Home { vpc: name.to_owned(), public, private }
}

/// Returns whether the route table of a subnet leads to an internet gateway.
fn is_public(subnet: &Ref<OwnSubnet>, checks: &Checks<'_>) -> bool {
    let mut tables = checks.all::<RouteTable>().filter(|(_, table)| table.is_of(subnet));
    tables.any(|(_, table)| table.way_out().is_some_and(|route| route.gateway_id.is_some()))
}

/// The names of the VPCs in which these places are, as far as they are the lab's.
pub(crate) fn vpcs_of(places: Option<&[String]>, checks: &Checks<'_>) -> BTreeSet<String> {
    let subnets = places.unwrap_or_default().iter().filter_map(|place| checks.get(&own_subnet(place)?));
    subnets.filter_map(|subnet| Some(subnet.vpc_id.as_ref()?.name.clone())).collect()
}

/// The resources by which what stands in these places reaches the internet: the internet gateways of their VPCs and the
/// route tables of their subnets, and of those in which their NAT gateways stand.
pub(crate) fn ways(places: Option<&[String]>, checks: &Checks<'_>) -> Vec<Address> {
    let mut found = BTreeSet::new();
    let mut subnets: Vec<Ref<OwnSubnet>> =
        places.unwrap_or_default().iter().filter_map(|one| own_subnet(one)).collect();
    while let Some(subnet) = subnets.pop() {
        let vpc = checks.get(&subnet).and_then(|spec| spec.vpc_id.as_ref());
        found.extend(vpc.into_iter().flat_map(|vpc| InternetGateway::of(vpc, checks)));
        for (address, table) in checks.all::<RouteTable>().filter(|(_, table)| table.is_of(&subnet)) {
            if found.insert(address.clone()) {
                let nats = table.routes.iter().flatten().filter_map(|route| route.nat_gateway_id.as_ref());
                subnets.extend(nats.filter_map(|nat| Some(checks.get(nat)?.subnet_id.clone())));
            }
        }
    }
    found.into_iter().collect()
}
