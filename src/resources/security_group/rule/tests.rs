//! Rules in their normal form.

use super::*;

fn tcp(peer: &str, description: &str) -> Rule {
    let peer = peer.parse().unwrap();
    Rule::new(Direction::Ingress, "tcp", Some(80), Some(80), peer, Some(description))
}

#[test]
fn ranges_are_compared_as_networks() {
    for (text, canonical) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("2001:DB8:0:0::1/32", "2001:db8::/32"),
        ("sg-0a1b", "sg-0a1b"),
        ("pl-0a1b", "pl-0a1b"),
    ] {
        let peer: Peer = text.parse().unwrap();
        assert_eq!(peer.to_string(), canonical);
        assert_eq!(peer.to_string().parse(), Ok(peer));
    }
    assert!("10.0.0.0".parse::<Peer>().is_err());
}

#[test]
fn protocols_and_ports_have_one_form() {
    let everywhere = || "0.0.0.0/0".parse().unwrap();
    let rule = |protocol: &str, from, to| Rule::new(Direction::Ingress, protocol, from, to, everywhere(), None);
    assert_eq!(rule("6", Some(80), Some(80)), rule("TCP", Some(80), Some(80)));
    assert_eq!(rule("-1", Some(-1), Some(-1)), rule("all", None, None));
    assert_eq!(rule("-1", Some(0), Some(0)), rule("-1", None, None));
    assert_eq!(rule("icmp", Some(-1), Some(-1)), rule("1", None, None));
    assert_eq!(rule("icmp", Some(8), None), rule("icmp", Some(8), Some(-1)));
    assert_ne!(rule("icmp", Some(8), None), rule("icmp", Some(8), Some(8)));
    assert_ne!(rule("tcp", Some(80), Some(81)), rule("tcp", Some(80), Some(80)));
}

#[test]
fn a_permission_is_as_many_rules_as_it_has_peers() {
    let one = tcp("0.0.0.0/0", "HTTP").to_permission();
    let other = tcp("::/0", "").to_permission();
    let both = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(80)
        .to_port(80)
        .set_ip_ranges(Some(one.ip_ranges().to_vec()))
        .set_ipv6_ranges(Some(other.ipv6_ranges().to_vec()))
        .build();
    let rules = Rule::flatten(Direction::Ingress, &both);
    assert_eq!(rules, [tcp("0.0.0.0/0", "HTTP"), tcp("::/0", "")]);
}

#[test]
fn a_rule_reads_back_as_it_is_sent() {
    for rule in [tcp("10.0.0.0/8", "office"), tcp("sg-1", ""), tcp("pl-1", "lists"), default_egress()] {
        let direction = rule.traffic.direction;
        assert_eq!(Rule::flatten(direction, &rule.to_permission()), [rule]);
    }
}

#[test]
fn a_changed_description_is_no_new_rule() {
    let have = BTreeSet::from([tcp("10.0.0.0/8", "office"), tcp("sg-1", "")]);
    let want = BTreeSet::from([tcp("10.0.0.0/8", "home"), tcp("sg-2", "")]);
    let moves = Moves::between(&have, &want);
    assert_eq!(moves.describe, [(tcp("10.0.0.0/8", "office"), tcp("10.0.0.0/8", "home"))]);
    assert_eq!((moves.add, moves.remove), (vec![tcp("sg-2", "")], vec![tcp("sg-1", "")]));
    assert_eq!(Moves::between(&want, &want), Moves::default());
}

#[test]
fn types_and_codes_of_icmp_are_shown_as_such() {
    let shown = |protocol: &str, from, to| {
        Rule::new(Direction::Ingress, protocol, from, to, "10.0.0.0/8".parse().unwrap(), None).to_string()
    };
    for (from, to, words) in [
        (None, None, "icmp from 10.0.0.0/8"),
        (Some(8), None, "icmp type 8, any code from 10.0.0.0/8"),
        (Some(3), Some(4), "icmp type 3, code 4 from 10.0.0.0/8"),
    ] {
        assert_eq!(shown("icmp", from, to), words);
    }
    assert_eq!(shown("58", Some(128), Some(0)), "icmpv6 type 128, code 0 from 10.0.0.0/8");
}
