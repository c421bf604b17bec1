//! The traffic that security groups and routes let through.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::endpoints::ways;
use super::lookup::is_attached;
use super::network::Reach;
use super::objects::{EVERYWHERE, NatGateway};
use super::permissions::{Permission, Source};
use super::routes::of_subnet;
use super::{Direction, Group, Interface, Subnet, Vpc, default_group};
use crate::account::Account;

/// The port of registries and of AWS's services.
const HTTPS: i64 = 443;

/// An interface that is yet to be made: its subnet, its groups, and whether it gets a public address.
pub(crate) struct Start<'a> {
    pub(crate) subnet: &'a str,
    pub(crate) groups: &'a [String],
    pub(crate) reach: Reach,
}

impl Start<'_> {
    /// Returns whether the interface reaches this service of AWS's, as in `ecr.api`: through the internet, or through an
    /// endpoint of its network.
    pub(crate) fn reaches(&self, account: &Account, service: &str) -> bool {
        self.reaches_internet(account) || self.reaches_endpoint(account, service)
    }

    /// Returns whether the interface reaches the internet: by a public address of its own, or by a NAT gateway that has
    /// one.
    pub(crate) fn reaches_internet(&self, account: &Account) -> bool {
        let Some(subnet) = account.all::<Subnet>().get(self.subnet) else { return true };
        let network = network(account, subnet);
        let leads_out = |permission: &Permission| match &permission.source {
            Source::Ipv4(cidr) => {
                let there = cidr.parse::<Ipv4Net>();
                there.is_ok_and(|there| network.is_none_or(|network| !network.contains(&there)))
            }
            Source::PrefixList(_) => true,
            Source::Ipv6(_) | Source::Group(_) => false,
        };
        let has_route = match way_out(account, self.subnet, subnet) {
            Some(gateway) if gateway.starts_with("igw-") => self.reach == Reach::Public,
            Some(nat) => goes_on(account, nat),
            None => false,
        };
        has_route && self.lets_out(account, &subnet.vpc, leads_out)
    }

    fn reaches_endpoint(&self, account: &Account, service: &str) -> bool {
        let Some(subnet) = account.all::<Subnet>().get(self.subnet) else { return false };
        let Some(table) = of_subnet(account, self.subnet, subnet) else { return false };
        let (network, own) = (network(account, subnet), subnet.cidr.parse::<Ipv4Net>().ok());
        let groups = self.groups(account, &subnet.vpc);
        ways(account, table, service).any(|way| {
            let theirs = way.as_deref().unwrap_or_default();
            let is_there = |permission: &Permission| match &permission.source {
                Source::Ipv4(cidr) => match (cidr.parse::<Ipv4Net>(), network) {
                    (Ok(there), Some(network)) => way.is_none() || there.contains(&network) || network.contains(&there),
                    _ => false,
                },
                Source::Group(group) => theirs.contains(group),
                Source::PrefixList(_) => way.is_none(),
                Source::Ipv6(_) => false,
            };
            let admits = |permission: &Permission| match &permission.source {
                Source::Ipv4(cidr) => {
                    let from = cidr.parse::<Ipv4Net>();
                    from.is_ok_and(|from| own.is_some_and(|own| from.contains(&own)))
                }
                Source::Group(group) => groups.contains(group),
                Source::PrefixList(_) | Source::Ipv6(_) => false,
            };
            let mut ingress = permissions(account, theirs, Direction::Ingress);
            let is_let_in = way.is_none() || ingress.any(|one| one.is_for(HTTPS) && admits(one));
            is_let_in && self.lets_out(account, &subnet.vpc, is_there)
        })
    }

    fn groups(&self, account: &Account, vpc: &str) -> Vec<String> {
        match self.groups {
            [] => default_group(account, vpc).into_iter().collect(),
            groups => groups.to_vec(),
        }
    }

    fn lets_out(&self, account: &Account, vpc: &str, there: impl Fn(&Permission) -> bool) -> bool {
        let groups = self.groups(account, vpc);
        permissions(account, &groups, Direction::Egress).any(|permission| permission.is_for(HTTPS) && there(permission))
    }
}

fn network(account: &Account, subnet: &Subnet) -> Option<Ipv4Net> {
    account.all::<Vpc>().get(&subnet.vpc).and_then(|vpc| vpc.cidr.parse().ok())
}

/// The gateway to which a subnet's route table sends what goes out.
fn way_out<'a>(account: &'a Account, id: &str, subnet: &Subnet) -> Option<&'a String> {
    let target = of_subnet(account, id, subnet)?.routes.get(EVERYWHERE)?;
    (!target.starts_with("igw-") || is_attached(account, target)).then_some(target)
}

/// Returns whether a NAT gateway sends on what it gets.
fn goes_on(account: &Account, nat: &str) -> bool {
    let nat = account.all::<NatGateway>().get(nat).filter(|nat| nat.is_available(account.now));
    nat.is_some_and(|nat| {
        let place = account.all::<Subnet>().get(&nat.subnet);
        let out = place.and_then(|subnet| way_out(account, &nat.subnet, subnet));
        out.is_some_and(|gateway| gateway.starts_with("igw-"))
    })
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
    // What has no groups, as a network load balancer may, sends what it likes.
    Some(sources.any(|source| {
        (source.groups.is_empty() || is_let(source, target, source, Direction::Egress))
            && is_let(source, target, target, Direction::Ingress)
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
