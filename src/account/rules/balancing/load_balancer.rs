//! Rules for CreateLoadBalancer and ModifyLoadBalancerAttributes.

use std::collections::BTreeSet;

use super::attributes::{self, of};
use crate::rules::input::{each, is_given, one_of};
use crate::rules::{Limit, Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateLoadBalancer, Elastic Load Balancing API";
/// The page of the attributes.
const ATTRIBUTES: &str = "LoadBalancerAttribute, Elastic Load Balancing API";

/// The rules for CreateLoadBalancer.
pub static LOAD_BALANCER: Rules = Rules::new(
    "CreateLoadBalancer",
    r#"{
        "name": "web", "type": "application", "scheme": "internet-facing", "ipAddressType": "ipv4",
        "subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]
    }"#,
    &[RULES],
);

/// The rules for the attributes of a load balancer.
pub static LOAD_BALANCER_ATTRIBUTES: Rules = Rules::new(
    "ModifyLoadBalancerAttributes",
    r#"{"attributes": {"idle_timeout.timeout_seconds": "60", "deletion_protection.enabled": "false"}}"#,
    &[ATTRIBUTE_RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "a load balancer is reached from the internet, or is internal",
        CREATE,
        &[r#"scheme = "public""#],
        |input, found| one_of(input, "scheme", &["internet-facing", "internal"], found),
    ),
    Rule::new(
        "a load balancer has addresses of IPv4 or of both kinds; an internal one has no public ones to leave out",
        CREATE,
        &[r#"ipAddressType = "ipv6""#, r#"scheme = "internal" && ipAddressType = "dualstack-without-public-ipv4""#],
        |input, found| {
            let without = "dualstack-without-public-ipv4";
            one_of(input, "ipAddressType", &["ipv4", "dualstack", without], found);
            if input["scheme"] == "internal" && input["ipAddressType"] == without {
                found.at("ipAddressType", "an internal load balancer has no public addresses anyhow");
            }
        },
    ),
    Rule::new(
        "an application load balancer stands in two zones at least",
        CREATE,
        &[r#"subnets = ["subnet-1"]"#, r#"subnets = ["subnet-1", "subnet-1"]"#],
        |input, found| {
            found.limits.push(("subnets".to_owned(), Limit::From(2)));
            let subnets: BTreeSet<&str> =
                each(input, "subnets[]").iter().filter_map(|(_, subnet)| subnet.as_str()).collect();
            if input["subnets"].is_array() && subnets.len() < 2 {
                found.at("subnets", "a load balancer needs subnets in at least two zones");
            }
        },
    )
    .words("At least two subnets in two different Availability Zones must be specified"),
];

const ATTRIBUTE_RULES: &[Rule] = &[
    Rule::new(
        "a load balancer has an attribute that AWS knows",
        ATTRIBUTES,
        &[r#"attributes.'idle_timeout.seconds' = "60""#],
        |input, found| attributes::keys(input, attributes::LOAD_BALANCER, "Load balancer", found),
    ),
    Rule::new(
        "an attribute of a load balancer has a value that AWS takes",
        ATTRIBUTES,
        &[
            r#"attributes.'idle_timeout.timeout_seconds' = "4001""#,
            r#"attributes.'deletion_protection.enabled' = "yes""#,
            r#"attributes.'load_balancing.cross_zone.enabled' = "false""#,
            r#"attributes.'routing.http.desync_mitigation_mode' = "off""#,
        ],
        |input, found| attributes::values(input, attributes::LOAD_BALANCER, "Load balancer", found),
    ),
    Rule::new(
        "logs of a load balancer go into a bucket",
        ATTRIBUTES,
        &[r#"attributes.'access_logs.s3.enabled' = "true""#],
        |input, found| {
            for kind in ["access_logs", "connection_logs", "health_check_logs"] {
                let (enabled, bucket) = (format!("{kind}.s3.enabled"), format!("{kind}.s3.bucket"));
                if of(input, &enabled) == Some("true") && !is_given(&input["attributes"][&bucket]) {
                    found
                        .at(format!("attributes.{enabled}"), format!("`{bucket}` says where the logs go"))
                        .said(format!("The value of '{bucket}' must be specified"));
                }
            }
        },
    ),
];
