//! Rules as the spec gives them.

use std::borrow::Cow;

use labform_account::rules::SECURITY_GROUP_TEXT;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SecurityGroup;
use super::rule::{Direction, Peer, Rule, has_ports};
use crate::model::Known;
use crate::resource::{Others, Ref};

/// Rules that share protocol and ports: EC2's IpPermission.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Permission {
    /// The protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub ip_protocol: String,
    /// The first port, or the type of ICMP.
    pub from_port: Option<i32>,
    /// The last port, or the code of ICMP.
    pub to_port: Option<i32>,
    /// IPv4 addresses on the other side.
    #[serde(default)]
    pub ip_ranges: Vec<IpRange>,
    /// IPv6 addresses on the other side.
    #[serde(default)]
    pub ipv6_ranges: Vec<Ipv6Range>,
    /// Security groups on the other side.
    #[serde(default)]
    pub user_id_group_pairs: Vec<UserIdGroupPair>,
    /// Prefix lists on the other side.
    #[serde(default)]
    pub prefix_list_ids: Vec<PrefixList>,
}

/// IPv4 addresses that a rule is for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IpRange {
    /// The addresses, as in `10.0.0.0/16`.
    pub cidr_ip: String,
    /// The reason why they are allowed.
    pub description: Option<String>,
}

/// IPv6 addresses that a rule is for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ipv6Range {
    /// The addresses, as in `2001:db8::/32`.
    pub cidr_ipv6: String,
    /// The reason why they are allowed.
    pub description: Option<String>,
}

/// A security group that a rule is for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserIdGroupPair {
    /// The group.
    pub group_id: GroupId,
    /// The reason why its members are allowed.
    pub description: Option<String>,
}

/// A prefix list that a rule is for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrefixList {
    /// The list's id, as in `pl-0a1b`.
    pub prefix_list_id: String,
    /// The reason why its addresses are allowed.
    pub description: Option<String>,
}

/// The group that a rule is for.
#[derive(Clone, Debug)]
pub enum GroupId {
    /// The group that the rule belongs to, written `self`: a reference to itself would be a circle.
    Own,
    /// Another group of the lab.
    Lab(Ref<SecurityGroup>),
    /// A group that the lab doesn't own, by its id.
    Id(String),
}

impl Serialize for GroupId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Own => "self",
            Self::Lab(reference) => &reference.name,
            Self::Id(id) => id,
        })
    }
}

impl<'de> Deserialize<'de> for GroupId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.as_str() {
            "self" => Self::Own,
            id if id.starts_with("sg-") => Self::Id(text),
            _ => Self::Lab(Ref::new(text)),
        })
    }
}

impl JsonSchema for GroupId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "groupId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A name below `securityGroups`, the id of a group, or `self` for the group itself."
        })
    }
}

impl Permission {
    /// The flat rules that the permission stands for, in a group whose id is `own`.
    pub(super) fn rules(&self, direction: Direction, own: &str, others: &Others) -> Vec<Rule> {
        let rule = |peer: Peer, description: &Option<String>| {
            Rule::new(direction, &self.ip_protocol, self.from_port, self.to_port, peer, description.as_deref())
        };
        // A range that can't be read has been reported by `check`.
        let v4 = self.ip_ranges.iter();
        let v4 = v4.filter_map(|range| Some(rule(range.cidr_ip.parse().ok()?, &range.description)));
        let v6 = self.ipv6_ranges.iter();
        let v6 = v6.filter_map(|range| Some(rule(range.cidr_ipv6.parse().ok()?, &range.description)));
        let groups = self.user_id_group_pairs.iter().map(|pair| {
            let peer = match &pair.group_id {
                GroupId::Own => Peer::Group(own.to_owned()),
                GroupId::Id(id) => Peer::Group(id.clone()),
                GroupId::Lab(group) => match others.live(group) {
                    Known::Now(live) => Peer::Group(live.group_id.clone()),
                    Known::AfterApply => Peer::Unmade(group.address().to_string()),
                },
            };
            rule(peer, &pair.description)
        });
        let lists = self.prefix_list_ids.iter();
        let lists = lists.map(|list| rule(Peer::PrefixList(list.prefix_list_id.clone()), &list.description));
        v4.chain(v6).chain(groups).chain(lists).collect()
    }

    fn descriptions(&self) -> impl Iterator<Item = &String> {
        let v4 = self.ip_ranges.iter().map(|range| &range.description);
        let v6 = self.ipv6_ranges.iter().map(|range| &range.description);
        let groups = self.user_id_group_pairs.iter().map(|pair| &pair.description);
        let lists = self.prefix_list_ids.iter().map(|list| &list.description);
        v4.chain(v6).chain(groups).chain(lists).flatten()
    }

    /// Returns what is wrong, with its place below the permission.
    pub(super) fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let protocol = self.ip_protocol.to_ascii_lowercase();
        let is_number = protocol.parse::<i32>().is_ok_and(|n| (-1..=255).contains(&n));
        if !is_number && protocol != "all" && !has_ports(&protocol) {
            let words = format!("there is no protocol `{}`", self.ip_protocol);
            problems.push((".ipProtocol".to_owned(), words));
        }
        if ["tcp", "udp", "6", "17"].contains(&protocol.as_str()) {
            match (self.from_port, self.to_port) {
                (Some(from), Some(to)) if (0..=to).contains(&from) && to <= 65535 => {}
                (Some(from), Some(to)) => {
                    problems.push((".fromPort".to_owned(), format!("{from} to {to} are no ports")));
                }
                _ => problems.push((String::new(), format!("{protocol} needs fromPort and toPort"))),
            }
        }
        let ranges = self.ip_ranges.iter().enumerate();
        problems.extend(ranges.filter_map(|(m, range)| {
            let wrong = range.cidr_ip.parse::<ipnet::Ipv4Net>().err()?;
            let words = format!("`{}` is no range of IPv4 addresses: {wrong}", range.cidr_ip);
            Some((format!(".ipRanges[{m}].cidrIp"), words))
        }));
        let ranges = self.ipv6_ranges.iter().enumerate();
        problems.extend(ranges.filter_map(|(m, range)| {
            let wrong = range.cidr_ipv6.parse::<ipnet::Ipv6Net>().err()?;
            let words = format!("`{}` is no range of IPv6 addresses: {wrong}", range.cidr_ipv6);
            Some((format!(".ipv6Ranges[{m}].cidrIpv6"), words))
        }));
        if let Some(words) = self.descriptions().find(|words| !SECURITY_GROUP_TEXT.allows(words)) {
            let message = format!(
                "`{words}` is no description: AWS takes 255 letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$*"
            );
            problems.push((String::new(), message));
        }
        let sides =
            self.ip_ranges.len() + self.ipv6_ranges.len() + self.user_id_group_pairs.len() + self.prefix_list_ids.len();
        if sides == 0 {
            let words = "it allows nobody: give ipRanges, ipv6Ranges, userIdGroupPairs or prefixListIds";
            problems.push((String::new(), words.to_owned()));
        }
        problems
    }
}
