//! The objects that calls name by their ids, and the networks that they name by their blocks.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::objects::{Address, RouteTable};
use super::{Gateway, Subnet, Vpc};
use crate::account::Account;
use crate::wire::Fault;

/// The network in a text: its prefix alone.
pub(super) fn network(text: &str, parameter: &str) -> Result<Ipv4Net, Fault> {
    let parsed = text.parse::<Ipv4Net>().map(|network| network.trunc());
    parsed.map_err(|_| {
        let message = format!("Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block.");
        Fault::client("InvalidParameterValue", message)
    })
}

/// The VPC of this id.
pub(super) fn vpc<'a>(account: &'a Account, id: &str) -> Result<&'a Vpc, Fault> {
    let vpcs: &BTreeMap<String, Vpc> = account.all::<Vpc>();
    vpcs.get(id).ok_or_else(|| Fault::client("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist")))
}

/// The subnet of this id.
pub(super) fn subnet<'a>(account: &'a Account, id: &str) -> Result<&'a Subnet, Fault> {
    account
        .all::<Subnet>()
        .get(id)
        .ok_or_else(|| Fault::client("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist")))
}

/// The gateway of this id.
pub(super) fn gateway<'a>(account: &'a Account, id: &str) -> Result<&'a Gateway, Fault> {
    account.all::<Gateway>().get(id).ok_or_else(|| {
        let message = format!("The internetGateway ID '{id}' does not exist");
        Fault::client("InvalidInternetGatewayID.NotFound", message)
    })
}

/// The table of this id.
pub(super) fn table<'a>(account: &'a Account, id: &str) -> Result<&'a RouteTable, Fault> {
    account.all::<RouteTable>().get(id).ok_or_else(|| no_table(id))
}

/// The table of this id, to be changed.
pub(super) fn table_mut<'a>(account: &'a mut Account, id: &str) -> Result<&'a mut RouteTable, Fault> {
    account.all_mut::<RouteTable>().get_mut(id).ok_or_else(|| no_table(id))
}

fn no_table(id: &str) -> Fault {
    Fault::client("InvalidRouteTableID.NotFound", format!("The routeTable ID '{id}' does not exist"))
}

/// The address of this id.
pub(super) fn address<'a>(account: &'a Account, id: &str) -> Result<&'a Address, Fault> {
    account.all::<Address>().get(id).ok_or_else(|| {
        Fault::client("InvalidAllocationID.NotFound", format!("The allocation ID '{id}' does not exist"))
    })
}

/// Returns whether an internet gateway is there and attached.
pub(super) fn is_attached(account: &Account, id: &str) -> bool {
    gateway(account, id).is_ok_and(|gateway| gateway.vpc.is_some())
}
