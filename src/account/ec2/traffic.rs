//! The traffic that security groups and routes let through.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::network::Reach;
use super::permissions::{Permission, Source};
use super::{Direction, Group, Interface, Subnet, Vpc, default_group, has_internet};
use crate::account::Account;

/// The port of registries and of AWS's services.
const HTTPS: i64 = 443;

/// Returns whether an interface in the subnet, with these groups, reaches registries and AWS's services in the internet:
/// there are no NAT gateways and no endpoints of services here.
pub(crate) fn reaches_internet(account: &Account, subnet: &str, groups: &[String], reach: Reach) -> bool {
    let Some(subnet) = account.all::<Subnet>().get(subnet) else { return true };
    let network = account.all::<Vpc>().get(&subnet.vpc).and_then(|vpc| vpc.cidr.parse::<Ipv4Net>().ok());
    let default = default_group(account, &subnet.vpc);
    let groups = if groups.is_empty() { default.as_slice() } else { groups };
    let leads_out = |permission: &Permission| match &permission.source {
        Source::Ipv4(cidr) => {
            let there = cidr.parse::<Ipv4Net>();
            there.is_ok_and(|there| network.is_none_or(|network| !network.contains(&there)))
        }
        Source::PrefixList(_) => true,
        Source::Ipv6(_) | Source::Group(_) => false,
    };
    let lets_out = permissions(account, groups, Direction::Egress)
        .any(|permission| permission.is_for(HTTPS) && leads_out(permission));
    reach == Reach::Public && has_internet(account, &subnet.vpc) && lets_out
}

/// Returns whether one of the interfaces `from` gets through to the address on a TCP port; none if no interface has it.
pub(crate) fn gets_through<'a>(
    account: &Account,
    from: impl IntoIterator<Item = &'a String>,
    address: &str,
    port: i64,
) -> Option<bool> {
    let all = account.all::<Interface>();
    let target = all.of(address).next()?;
    let is_let = |from: &Interface, to: &Interface, by: &Interface, direction: Direction| {
        let peer = if direction == Direction::Egress { to } else { from };
        let groups: Vec<String> = by.groups.iter().cloned().collect();
        permissions(account, &groups, direction).any(|permission| permission.is_for(port) && permission.admits(peer))
    };
    let mut sources = from.into_iter().filter_map(|id| all.get(id));
    Some(sources.any(|source| {
        is_let(source, target, source, Direction::Egress) && is_let(source, target, target, Direction::Ingress)
    }))
}

/// The permissions of the groups in a direction.
fn permissions<'a>(
    account: &'a Account,
    groups: &'a [String],
    direction: Direction,
) -> impl Iterator<Item = &'a Permission> {
    let groups = groups.iter().filter_map(|id| account.all::<Group>().get(id));
    let rules = groups.flat_map(|group| group.rules.values());
    rules.filter(move |rule| rule.direction == direction).map(|rule| &rule.permission)
}

impl Permission {
    /// Returns whether TCP to this port is meant.
    fn is_for(&self, port: i64) -> bool {
        let is_tcp = matches!(self.protocol.as_str(), "-1" | "tcp" | "6");
        is_tcp && self.ports.is_none_or(|(from, to)| (from..=to).contains(&port))
    }

    /// Returns whether an interface is at the other end that is meant.
    fn admits(&self, peer: &Interface) -> bool {
        match &self.source {
            Source::Group(group) => peer.groups.contains(group),
            Source::Ipv4(cidr) => {
                let address = peer.address.parse::<Ipv4Addr>();
                cidr.parse::<Ipv4Net>().is_ok_and(|cidr| address.is_ok_and(|address| cidr.contains(&address)))
            }
            Source::PrefixList(_) => true,
            Source::Ipv6(_) => false,
        }
    }
}
