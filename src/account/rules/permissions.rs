//! Rules for AuthorizeSecurityGroupIngress and AuthorizeSecurityGroupEgress, in the words of their models with a small
//! first letter: the groups on the other side, which EC2's forms call `Groups`, are `userIdGroupPairs`.

use serde_json::Value;

use super::input::{each, is_given, number, text};
use super::{Rule, Rules};

/// The page of what a rule is made of.
const PAGE: &str = "IpPermission, Amazon EC2 API";
/// The fields that say who is on the other side.
const SIDES: [&str; 4] = ["ipRanges", "ipv6Ranges", "userIdGroupPairs", "prefixListIds"];

/// The rules for the permissions of a security group.
pub static PERMISSION: Rules = Rules::new(
    "AuthorizeSecurityGroupIngress",
    r#"{"ipPermissions": [
        {"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "ipRanges": [{"cidrIp": "10.0.0.0/16"}],
            "ipv6Ranges": [{"cidrIpv6": "2001:db8::/32"}]},
        {"ipProtocol": "icmp", "fromPort": 8, "toPort": -1, "ipRanges": [{"cidrIp": "0.0.0.0/0"}]},
        {"ipProtocol": "-1", "ipRanges": [{"cidrIp": "192.168.0.0/16"}]}
    ]}"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "a protocol is tcp, udp, icmp, icmpv6, a number up to 255, or -1 for all",
        PAGE,
        &[r#"ipPermissions[0].ipProtocol = "http""#, r#"ipPermissions[2].ipProtocol = "256""#],
        |input, found| {
            for (path, protocol) in each(input, "ipPermissions[].ipProtocol") {
                let Some(protocol) = text(protocol) else { continue };
                let is_number = protocol.parse::<i32>().is_ok_and(|number| (-1..=255).contains(&number));
                let is_word = ["tcp", "udp", "icmp", "icmpv6", "all"].contains(&&*protocol.to_lowercase());
                if !is_number && !is_word {
                    found
                        .at(path, format!("there is no protocol `{protocol}`"))
                        .said(format!("Invalid value '{protocol}' for IP protocol. Unknown protocol."));
                }
            }
        },
    ),
    Rule::new(
        "tcp and udp have a first and a last port, from 0 to 65535",
        PAGE,
        &[
            "ipPermissions[0].fromPort = 81",
            "ipPermissions[0].toPort = 65536 @ ipPermissions[0].fromPort",
            "ipPermissions[0].toPort = null @ ipPermissions[0]",
        ],
        |input, found| {
            for (path, permission) in each(input, "ipPermissions[]") {
                let Some(protocol) = with_ports(&permission["ipProtocol"]) else { continue };
                match (number(&permission["fromPort"]), number(&permission["toPort"])) {
                    // Forms may say all ports so.
                    (Some(-1), Some(-1)) => {}
                    (Some(from), Some(to)) if (0..=to).contains(&from) && to <= 65535 => {}
                    (Some(from), Some(to)) => {
                        found
                            .at(format!("{path}.fromPort"), format!("{from} to {to} are no ports"))
                            .said(format!("Invalid value for portRange: {from}-{to}"));
                    }
                    _ => {
                        found
                            .at(path, format!("{protocol} needs fromPort and toPort"))
                            .said("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.");
                    }
                }
            }
        },
    ),
    Rule::new(
        "an address range is one of its own kind",
        "IpRange, Ipv6Range, Amazon EC2 API",
        &[
            r#"ipPermissions[0].ipRanges[0].cidrIp = "10.0.0.0""#,
            r#"ipPermissions[0].ipRanges[0].cidrIp = "::/0""#,
            r#"ipPermissions[0].ipv6Ranges[0].cidrIpv6 = "10.0.0.0/16""#,
        ],
        |input, found| {
            for (path, range) in each(input, "ipPermissions[].ipRanges[].cidrIp") {
                if let Some((range, wrong)) =
                    text(range).and_then(|one| Some((one, one.parse::<ipnet::Ipv4Net>().err()?)))
                {
                    found
                        .at(path, format!("`{range}` is no range of IPv4 addresses: {wrong}"))
                        .said(format!("CIDR block {range} is malformed"));
                }
            }
            for (path, range) in each(input, "ipPermissions[].ipv6Ranges[].cidrIpv6") {
                if let Some((range, wrong)) =
                    text(range).and_then(|one| Some((one, one.parse::<ipnet::Ipv6Net>().err()?)))
                {
                    found
                        .at(path, format!("`{range}` is no range of IPv6 addresses: {wrong}"))
                        .said(format!("CIDR block {range} is malformed"));
                }
            }
        },
    ),
    Rule::new(
        "a permission says who is on the other side",
        PAGE,
        &["ipPermissions[2].ipRanges = null @ ipPermissions[2]"],
        |input, found| {
            for (path, permission) in each(input, "ipPermissions[]") {
                if !SIDES.iter().any(|side| is_given(&permission[*side])) {
                    found
                        .at(path, format!("it allows nobody: give {} or {}", SIDES[..3].join(", "), SIDES[3]))
                        .said("Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.");
                }
            }
        },
    ),
];

/// The protocol, if it is one with ports.
fn with_ports(protocol: &Value) -> Option<String> {
    let protocol = text(protocol)?.to_lowercase();
    ["tcp", "udp", "6", "17"].contains(&&*protocol).then_some(protocol)
}
