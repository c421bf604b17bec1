//! Rules of security groups, flat: one protocol, one range of ports, one peer. AWS groups, merges and splits what it is
//! given, so that only flat rules can be compared.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair as GroupPair};
use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::AFTER_APPLY;

/// The direction in which traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Traffic goes to the members of the group.
    Ingress,
    /// Traffic comes from the members of the group.
    Egress,
}

impl Direction {
    /// The field of the spec that holds the rules of this direction.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ipPermissions",
            Self::Egress => "ipPermissionsEgress",
        }
    }

    /// The rules of this direction in a document; none if it says nothing of them.
    pub(super) fn rules(self, document: &Value) -> Option<BTreeSet<Rule>> {
        let rules = document.get(self.field()).filter(|rules| !rules.is_null())?;
        Some(serde_json::from_value(rules.clone()).expect("a document holds rules as they are written"))
    }
}

/// The other side of the traffic that a rule allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Peer {
    /// IPv4 addresses.
    V4(Ipv4Net),
    /// IPv6 addresses.
    V6(Ipv6Net),
    /// The members of the security group with this id.
    Group(String),
    /// The addresses of the prefix list with this id.
    PrefixList(String),
    /// The members of a group that has yet to be made; this is its address.
    Unmade(String),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(net) => net.fmt(f),
            Self::V6(net) => net.fmt(f),
            Self::Group(id) | Self::PrefixList(id) => f.write_str(id),
            Self::Unmade(address) => write!(f, "{address} {AFTER_APPLY}"),
        }
    }
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(address) = text.strip_suffix(AFTER_APPLY) {
            Ok(Self::Unmade(address.trim_end().to_owned()))
        } else if text.starts_with("sg-") {
            Ok(Self::Group(text.to_owned()))
        } else if text.starts_with("pl-") {
            Ok(Self::PrefixList(text.to_owned()))
        } else if let Ok(net) = text.parse::<Ipv4Net>() {
            Ok(Self::V4(net.trunc()))
        } else if let Ok(net) = text.parse::<Ipv6Net>() {
            Ok(Self::V6(net.trunc()))
        } else {
            Err(format!("`{text}` is not a range of addresses: write one as in 10.0.0.0/16"))
        }
    }
}

impl TryFrom<String> for Peer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Peer> for String {
    fn from(peer: Peer) -> Self {
        peer.to_string()
    }
}

/// The traffic that a rule allows. Two rules of a group that allow the same are one rule, whatever their descriptions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Traffic {
    /// The direction in which the traffic goes.
    pub direction: Direction,
    /// The traffic's protocol, as in `tcp`; `-1` for all.
    pub protocol: String,
    /// The ports from and to, or the ICMP type and code; none if the protocol has none.
    pub ports: Option<(i32, i32)>,
    /// The other side of the traffic.
    pub peer: Peer,
}

/// A rule: the traffic that it allows, and its description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The traffic that the rule allows.
    pub traffic: Traffic,
    /// The description; empty for none.
    pub description: String,
}

impl Rule {
    /// Returns whether the rule names another group than `own`.
    pub(super) fn names_another(&self, own: &str) -> bool {
        matches!(&self.traffic.peer, Peer::Group(other) if other != own)
    }

    /// A rule from fields as the API has them, in the one form in which rules are compared.
    pub(super) fn new(
        direction: Direction,
        protocol: &str,
        from: Option<i32>,
        to: Option<i32>,
        peer: Peer,
        description: Option<&str>,
    ) -> Self {
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "all" => "-1".to_owned(),
            "6" => "tcp".to_owned(),
            "17" => "udp".to_owned(),
            "1" => "icmp".to_owned(),
            "58" => "icmpv6".to_owned(),
            other => other.to_owned(),
        };
        let ports = has_ports(&protocol).then(|| {
            let from = from.unwrap_or(-1);
            // A type of ICMP without a code means all its codes ("IpPermission", Amazon EC2 API).
            (from, to.unwrap_or(if has_codes(&protocol) { -1 } else { from }))
        });
        Self {
            traffic: Traffic { direction, protocol, ports, peer },
            description: description.unwrap_or_default().to_owned(),
        }
    }

    /// The flat rules that `permission` stands for.
    pub(super) fn flatten(direction: Direction, permission: &IpPermission) -> Vec<Self> {
        let rule = |peer: &str, description: Option<&str>| {
            Some(Self::new(
                direction,
                permission.ip_protocol().unwrap_or("-1"),
                permission.from_port(),
                permission.to_port(),
                peer.parse().ok()?,
                description,
            ))
        };
        let v4 = permission.ip_ranges().iter();
        let v4 = v4.filter_map(|range| rule(range.cidr_ip()?, range.description()));
        let v6 = permission.ipv6_ranges().iter();
        let v6 = v6.filter_map(|range| rule(range.cidr_ipv6()?, range.description()));
        let groups = permission.user_id_group_pairs().iter();
        let groups = groups.filter_map(|pair| rule(pair.group_id()?, pair.description()));
        let lists = permission.prefix_list_ids().iter();
        let lists = lists.filter_map(|list| rule(list.prefix_list_id()?, list.description()));
        v4.chain(v6).chain(groups).chain(lists).collect()
    }

    /// The rule as the API takes it.
    pub(super) fn to_permission(&self) -> IpPermission {
        let words = (!self.description.is_empty()).then(|| self.description.clone());
        let permission = IpPermission::builder()
            .ip_protocol(&self.traffic.protocol)
            .set_from_port(self.traffic.ports.map(|ports| ports.0))
            .set_to_port(self.traffic.ports.map(|ports| ports.1));
        let permission = match &self.traffic.peer {
            Peer::V4(net) => {
                let range = IpRange::builder().cidr_ip(net.to_string());
                permission.ip_ranges(range.set_description(words).build())
            }
            Peer::V6(net) => {
                let range = Ipv6Range::builder().cidr_ipv6(net.to_string());
                permission.ipv6_ranges(range.set_description(words).build())
            }
            // A group that has yet to be made is made before the rules that name it.
            Peer::Group(id) | Peer::Unmade(id) => {
                let pair = GroupPair::builder().group_id(id);
                permission.user_id_group_pairs(pair.set_description(words).build())
            }
            Peer::PrefixList(id) => {
                let list = PrefixListId::builder().prefix_list_id(id);
                permission.prefix_list_ids(list.set_description(words).build())
            }
        };
        permission.build()
    }
}

impl fmt::Display for Rule {
    /// Writes a rule as plans show it: `tcp 80 from 0.0.0.0/0 "HTTP access from internet"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Traffic { direction, protocol, ports, peer } = &self.traffic;
        match protocol.as_str() {
            "-1" => f.write_str("everything")?,
            protocol => f.write_str(protocol)?,
        }
        match ports {
            Some((-1, _)) | None => {}
            Some((kind, -1)) if has_codes(protocol) => write!(f, " type {kind}, any code")?,
            Some((kind, code)) if has_codes(protocol) => write!(f, " type {kind}, code {code}")?,
            Some((from, to)) if from == to => write!(f, " {from}")?,
            Some((from, to)) => write!(f, " {from}-{to}")?,
        }
        let word = match direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        write!(f, " {word} {peer}")?;
        if self.description.is_empty() {
            return Ok(());
        }
        write!(f, " {:?}", self.description)
    }
}

/// Returns whether AWS keeps ports, or type and code, for `protocol`; for any other it allows all of the protocol.
fn has_ports(protocol: &str) -> bool {
    ["tcp", "udp", "icmp", "icmpv6"].contains(&protocol)
}

/// Returns whether `protocol` has a type and a code in the place of ports.
fn has_codes(protocol: &str) -> bool {
    ["icmp", "icmpv6"].contains(&protocol)
}

/// The rule that AWS gives a new group by itself: everything out.
pub(super) fn default_egress() -> Rule {
    let everywhere = Peer::V4(Ipv4Net::default());
    Rule::new(Direction::Egress, "-1", None, None, everywhere, None)
}

/// The moves from one set of rules to another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    /// Rules that have to be added.
    pub(super) add: Vec<Rule>,
    /// Rules of which only the description changes: what they were, and what they become.
    pub(super) describe: Vec<(Rule, Rule)>,
    /// Rules that have to go.
    pub(super) remove: Vec<Rule>,
}

impl Moves {
    /// The moves from `have` to `want`, each in the order of the rules.
    pub(super) fn between(have: &BTreeSet<Rule>, want: &BTreeSet<Rule>) -> Self {
        let mut moves = Self::default();
        for rule in want.difference(have) {
            match have.iter().find(|old| old.traffic == rule.traffic) {
                Some(old) => moves.describe.push((old.clone(), rule.clone())),
                None => moves.add.push(rule.clone()),
            }
        }
        moves.remove = have.iter().filter(|old| want.iter().all(|rule| rule.traffic != old.traffic)).cloned().collect();
        moves
    }
}

#[cfg(test)]
mod tests;
