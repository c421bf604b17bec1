//! Rules as the spec gives them.

use std::borrow::Cow;

use ipnet::Ipv4Net;
use labform_account::rules::SECURITY_GROUP_TEXT;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SecurityGroup;
use super::rule::{Direction, Peer, Rule};
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

/// Who comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From<'a> {
    /// A member of one of these groups of the lab, or somebody behind addresses, lists and groups of which nobody knows
    /// here what they hold.
    Members(&'a [String]),
    /// Clients in the internet.
    Clients,
}

/// A side of the traffic that a permission allows: its place below the permission, as far as it can be read the side
/// itself, and the description of the rule.
pub(super) struct Side<'a> {
    pub(super) place: String,
    pub(super) peer: Option<Peer>,
    pub(super) description: Option<&'a String>,
}

impl Permission {
    /// Returns whether it lets somebody in to a port of `tcp` or `udp`.
    pub(super) fn lets_in(&self, asked: &str, port: i32, from: From<'_>) -> bool {
        let protocol = self.ip_protocol.to_ascii_lowercase();
        let is_all = ["-1", "all"].contains(&&*protocol);
        let is_asked = protocol == asked || protocol == if asked == "udp" { "17" } else { "6" };
        let has_port = self.from_port.is_some_and(|from| from <= port) && self.to_port.is_some_and(|to| port <= to);
        let is_theirs = |pair: &UserIdGroupPair| match &pair.group_id {
            GroupId::Own => false,
            GroupId::Lab(group) => matches!(from, From::Members(groups) if groups.contains(&group.name)),
            GroupId::Id(_) => matches!(from, From::Members(_)),
        };
        let is_public = |range: &IpRange| {
            range.cidr_ip.parse::<Ipv4Net>().is_ok_and(|range| !range.addr().is_private() || range.prefix_len() < 8)
        };
        let is_range = |range: &IpRange| matches!(from, From::Members(_)) || is_public(range);
        let is_from = self.ip_ranges.iter().any(is_range)
            || !self.prefix_list_ids.is_empty()
            || self.user_id_group_pairs.iter().any(is_theirs);
        (is_all || is_asked && has_port) && is_from
    }

    /// The flat rules that the permission stands for, in a group whose id is `own`.
    pub(super) fn rules(&self, direction: Direction, own: &str, others: &Others) -> Vec<Rule> {
        let peer = |group: &GroupId| match group {
            GroupId::Own => Peer::Group(own.to_owned()),
            GroupId::Id(id) => Peer::Group(id.clone()),
            GroupId::Lab(group) => match others.live(group) {
                Known::Now(live) => Peer::Group(live.group_id.clone()),
                Known::AfterApply => Peer::Unmade(group.address().to_string()),
            },
        };
        // A range that can't be read has been reported by `check`.
        let sides = self.sides(peer).into_iter();
        sides.filter_map(|side| Some(self.rule(direction, side.peer?, side.description))).collect()
    }

    /// The rule of one side.
    pub(super) fn rule(&self, direction: Direction, peer: Peer, description: Option<&String>) -> Rule {
        let description = description.map(String::as_str);
        Rule::new(direction, &self.ip_protocol, self.from_port, self.to_port, peer, description)
    }

    /// The sides, of which `peer` gives the groups.
    pub(super) fn sides(&self, peer: impl Fn(&GroupId) -> Peer) -> Vec<Side<'_>> {
        let v4 = self.ip_ranges.iter().enumerate();
        let v4 = v4.map(|(m, one)| (format!(".ipRanges[{m}]"), one.cidr_ip.parse().ok(), &one.description));
        let v6 = self.ipv6_ranges.iter().enumerate();
        let v6 = v6.map(|(m, one)| (format!(".ipv6Ranges[{m}]"), one.cidr_ipv6.parse().ok(), &one.description));
        let groups = self.user_id_group_pairs.iter().enumerate();
        let groups =
            groups.map(|(m, one)| (format!(".userIdGroupPairs[{m}]"), Some(peer(&one.group_id)), &one.description));
        let lists = self.prefix_list_ids.iter().enumerate();
        let lists = lists.map(|(m, one)| {
            (format!(".prefixListIds[{m}]"), Some(Peer::PrefixList(one.prefix_list_id.clone())), &one.description)
        });
        let all = v4.chain(v6).chain(groups).chain(lists);
        all.map(|(place, peer, description)| Side { place, peer, description: description.as_ref() }).collect()
    }

    /// Returns what is to be said of ports that limit nothing, if there are any: AWS takes them for a protocol that has
    /// none, and allows all of it ("IpPermission", Amazon EC2 API).
    pub(super) fn idle_ports(&self) -> Option<String> {
        let protocol = self.ip_protocol.to_ascii_lowercase();
        let is_limited = ["tcp", "udp", "icmp", "icmpv6", "6", "17", "1", "58"].contains(&protocol.as_str());
        let ports = (self.from_port?, self.to_port.unwrap_or(-1));
        let is_all = [(0, 0), (-1, -1), (0, 65_535)].contains(&ports);
        let what = if ["-1", "all"].contains(&protocol.as_str()) { "everything" } else { "all of the protocol" };
        (!is_limited && !is_all)
            .then(|| format!("AWS looks at no ports with `ipProtocol: {protocol}`, and allows {what}"))
    }

    /// Returns what is wrong beside what breaks AWS's rules, with its place below the permission.
    pub(super) fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let protocol = self.ip_protocol.to_ascii_lowercase();
        if ["tcp", "udp", "6", "17"].contains(&protocol.as_str()) && self.from_port == Some(-1) {
            // AWS would take it, and write down the whole range.
            problems.push((".fromPort".to_owned(), "all ports are `fromPort: 0` and `toPort: 65535`".to_owned()));
        }
        if ["icmp", "icmpv6", "1", "58"].contains(&protocol.as_str())
            && let (None | Some(-1), Some(code @ 0..)) = (self.from_port, self.to_port)
        {
            let words =
                format!("ICMP's code {code} is one of a type: give that as `fromPort`, or leave both out for all");
            problems.push((".toPort".to_owned(), words));
        }
        let sides = self.sides(GroupId::written).into_iter();
        problems.extend(sides.filter_map(|side| {
            let words = text_problem(side.description?)?;
            Some((format!("{}.description", side.place), words))
        }));
        problems
    }
}

impl GroupId {
    /// The group as the spec writes it.
    pub(super) fn written(&self) -> Peer {
        match self {
            Self::Own => Peer::Unmade("self".to_owned()),
            Self::Lab(group) => Peer::Unmade(group.address().to_string()),
            Self::Id(id) => Peer::Group(id.clone()),
        }
    }
}

/// Returns why EC2 doesn't take a description, if it doesn't: it names the character, because one that isn't ASCII is
/// easily overlooked.
pub(super) fn text_problem(words: &str) -> Option<String> {
    let allowed = "letters from a to z, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
    let odd = words.chars().enumerate().find(|(_, c)| !(SECURITY_GROUP_TEXT.is_valid)(&c.to_string()));
    if let Some((at, odd)) = odd {
        return Some(format!(
            "`{odd}`, character {} of `{words}`, can't be in a description: AWS takes {allowed}",
            at + 1
        ));
    }
    let length = words.chars().count();
    (length > SECURITY_GROUP_TEXT.max)
        .then(|| format!("a description has at most {} characters, and this has {length}", SECURITY_GROUP_TEXT.max))
}
