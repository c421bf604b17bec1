//! The traffic that a security group rule lets through, in AWS's own normal form, read from and written to
//! `IpPermissions`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Direction, Group, no_such_group};
use crate::account::Account;
use crate::input::{list, number, text};
use crate::rules::{PERMISSION, SECURITY_GROUP_TEXT, small};
use crate::wire::Fault;

/// The first and the last port; nothing if the protocol has no ports, or all are meant.
type Ports = Option<(i64, i64)>;

/// A rule's identity: the description is no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Permission {
    pub(super) protocol: String,
    pub(super) ports: Ports,
    pub(super) source: Source,
}

/// The place that traffic may come from or go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Source {
    Ipv4(String),
    Ipv6(String),
    Group(String),
    PrefixList(String),
}

impl Permission {
    /// Every protocol and port from or to one place.
    pub(super) fn all_traffic(source: Source) -> Self {
        Self { protocol: "-1".to_owned(), ports: None, source }
    }

    /// The rule as AWS writes it in its messages.
    pub(super) fn in_words(&self) -> String {
        let peer = match &self.source {
            Source::Ipv4(place) | Source::Ipv6(place) | Source::Group(place) | Source::PrefixList(place) => place,
        };
        let protocol = if self.protocol == "-1" { "ALL".to_owned() } else { self.protocol.to_uppercase() };
        let ports = self.ports.map(|(from, to)| format!(", from port: {from}, to port: {to}"));
        format!("peer: {peer}, {protocol}{}, ALLOW", ports.unwrap_or_default())
    }
}

/// The permissions a request names, one per source, each with its description.
pub(super) fn parse(
    account: &Account,
    group: &Group,
    input: &Value,
) -> Result<Vec<(Permission, Option<String>)>, Fault> {
    let mut found: Vec<(Permission, Option<String>)> = Vec::new();
    let flat = Value::Array(vec![flat_permission(input)]);
    let written = match list(input, "IpPermissions") {
        [] if input.get("IpProtocol").is_some() => list_of(&flat),
        written => written,
    };
    check(written)?;
    for entry in written {
        let protocol = protocol(&text(entry, "IpProtocol").unwrap_or_default());
        let ports = ports(entry, &protocol);
        for (source, description) in sources(account, group, entry)? {
            if let Some(words) = &description {
                check_text(words, "Invalid rule description. Valid descriptions")?;
            }
            let permission = Permission { protocol: protocol.clone(), ports, source };
            if found.iter().any(|(other, _)| *other == permission) {
                let message = "The same permission must not appear multiple times";
                return Err(Fault::client("InvalidParameterValue", message));
            }
            found.push((permission, description));
        }
    }
    if found.is_empty() {
        let message = "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.";
        return Err(Fault::client("MissingParameter", message));
    }
    Ok(found)
}

/// Refuses permissions that break AWS's rules. EC2's forms call the groups on the other side by another name.
fn check(written: &[Value]) -> Result<(), Fault> {
    let named = written.iter().map(|entry| {
        let mut entry = entry.clone();
        let pairs = entry.as_object_mut().and_then(|entry| entry.remove("Groups"));
        entry["UserIdGroupPairs"] = pairs.unwrap_or_default();
        entry
    });
    let asked = json!({ "IpPermissions": named.collect::<Value>() });
    PERMISSION.check(&small(&asked), |words| {
        let is_nobody = words.starts_with("Either");
        Fault::client(if is_nobody { "MissingParameter" } else { "InvalidParameterValue" }, words)
    })
}

fn list_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The older way of writing one permission: its parts stand directly in the request.
fn flat_permission(input: &Value) -> Value {
    let mut entry = Map::new();
    for key in ["IpProtocol", "FromPort", "ToPort"] {
        if let Some(value) = input.get(key) {
            entry.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(cidr) = input.get("CidrIp") {
        entry.insert("IpRanges".to_owned(), json!([{ "CidrIp": cidr }]));
    }
    Value::Object(entry)
}

fn protocol(written: &str) -> String {
    match written {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "" | "all" => "-1",
        other => other,
    }
    .to_owned()
}

fn ports(entry: &Value, protocol: &str) -> Ports {
    match (protocol, number(entry, "FromPort").zip(number(entry, "ToPort"))) {
        // All ports may be written as -1 to -1; they read back as the whole range.
        ("tcp" | "udp", Some((-1, -1))) => Some((0, 65535)),
        ("tcp" | "udp" | "icmp" | "icmpv6", pair) => pair,
        _ => None,
    }
}

fn sources(account: &Account, group: &Group, entry: &Value) -> Result<Vec<(Source, Option<String>)>, Fault> {
    let mut sources = Vec::new();
    for range in list(entry, "IpRanges") {
        let cidr = text(range, "CidrIp").unwrap_or_default();
        let network = cidr.parse::<ipnet::Ipv4Net>().map_err(|_| malformed(&cidr))?;
        sources.push((Source::Ipv4(network.trunc().to_string()), text(range, "Description")));
    }
    for range in list(entry, "Ipv6Ranges") {
        let cidr = text(range, "CidrIpv6").unwrap_or_default();
        let network = cidr.parse::<ipnet::Ipv6Net>().map_err(|_| malformed(&cidr))?;
        sources.push((Source::Ipv6(network.trunc().to_string()), text(range, "Description")));
    }
    for pair in list(entry, "Groups") {
        let id = referenced_group(account, group, pair)?;
        sources.push((Source::Group(id), text(pair, "Description")));
    }
    for prefixes in list(entry, "PrefixListIds") {
        let id = text(prefixes, "PrefixListId").unwrap_or_default();
        sources.push((Source::PrefixList(id), text(prefixes, "Description")));
    }
    Ok(sources)
}

fn malformed(cidr: &str) -> Fault {
    Fault::client("InvalidParameterValue", format!("CIDR block {cidr} is malformed"))
}

/// The id of the group that a pair names, by id or by a name in the same VPC.
fn referenced_group(account: &Account, group: &Group, pair: &Value) -> Result<String, Fault> {
    let groups = &account.all::<Group>();
    if let Some(id) = text(pair, "GroupId") {
        return match groups.get(&id) {
            Some(other) if other.vpc == group.vpc => Ok(id),
            _ => Err(no_such_group(&id)),
        };
    }
    let name = text(pair, "GroupName").unwrap_or_default();
    groups
        .iter()
        .find(|(_, other)| other.vpc == group.vpc && other.name == name)
        .map(|(id, _)| id.clone())
        .ok_or_else(|| no_such_group(&name))
}

/// Refuses text that AWS doesn't take as the description of a group or of a rule.
pub(super) fn check_text(text: &str, complaint: &str) -> Result<(), Fault> {
    SECURITY_GROUP_TEXT.check(text, || {
        let message = format!(
            "{complaint} are strings less than 256 characters from the following set: \
             a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
        );
        Fault::client("InvalidParameterValue", message)
    })
}

/// The rules of one direction as `IpPermissions`: one entry for each protocol and range of ports.
pub(super) fn render(account: &Account, group: &Group, direction: Direction) -> Value {
    let mut grouped: BTreeMap<(&str, Ports), [Vec<Value>; 4]> = BTreeMap::new();
    for rule in group.rules.values().filter(|rule| rule.direction == direction) {
        let Permission { protocol, ports, source } = &rule.permission;
        let (slot, mut item) = match source {
            Source::Group(id) => (0, json!({ "userId": account.id, "groupId": id })),
            Source::Ipv4(cidr) => (1, json!({ "cidrIp": cidr })),
            Source::Ipv6(cidr) => (2, json!({ "cidrIpv6": cidr })),
            Source::PrefixList(id) => (3, json!({ "prefixListId": id })),
        };
        if let Some(description) = &rule.description {
            item["description"] = json!(description);
        }
        grouped.entry((protocol, *ports)).or_default()[slot].push(item);
    }
    grouped
        .into_iter()
        .map(|((protocol, ports), [groups, ipv4, ipv6, prefixes])| {
            let mut entry = json!({
                "ipProtocol": protocol,
                "groups": groups,
                "ipRanges": ipv4,
                "ipv6Ranges": ipv6,
                "prefixListIds": prefixes,
            });
            if let Some((from, to)) = ports {
                entry["fromPort"] = json!(from);
                entry["toPort"] = json!(to);
            }
            entry
        })
        .collect()
}
