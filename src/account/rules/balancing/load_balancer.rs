//! Rules for CreateLoadBalancer and ModifyLoadBalancerAttributes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::attributes::{self, Of, of};
use crate::rules::input::{each, is_given, one_of, text};
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

/// AWS's words on an application load balancer in one zone.
const TWO_ZONES: &str = "At least two subnets in two different Availability Zones must be specified";

const RULES: &[Rule] = &[
    Rule::new(
        "a load balancer is an application, a network or a gateway load balancer",
        CREATE,
        &[r#"type = "classic""#],
        |input, found| one_of(input, "type", &["application", "network", "gateway"], found),
    ),
    Rule::new(
        "a load balancer is reached from the internet, or is internal",
        CREATE,
        &[r#"scheme = "public""#],
        |input, found| one_of(input, "scheme", &["internet-facing", "internal"], found),
    ),
    Rule::new(
        "a load balancer has addresses of IPv4 or of both kinds; only a public application load balancer leaves some out",
        CREATE,
        &[
            r#"ipAddressType = "ipv6""#,
            r#"scheme = "internal" && ipAddressType = "dualstack-without-public-ipv4""#,
            r#"type = "network" && ipAddressType = "dualstack-without-public-ipv4""#,
        ],
        |input, found| {
            let without = "dualstack-without-public-ipv4";
            one_of(input, "ipAddressType", &["ipv4", "dualstack", without], found);
            if input["ipAddressType"] != without {
                return;
            }
            if input["scheme"] == "internal" {
                found.at("ipAddressType", "an internal load balancer has no public addresses anyhow");
            } else if input["type"] == "network" {
                found.at("ipAddressType", "a network load balancer has public addresses");
            }
        },
    ),
    Rule::new(
        "an application load balancer stands in two zones at least, a network load balancer in one",
        CREATE,
        &[
            r#"subnets = ["subnet-1"]"#,
            r#"subnets = ["subnet-1", "subnet-1"]"#,
            r#"subnets = null && subnetMappings = [{"subnetId": "subnet-1"}]"#,
            r#"type = "network" && subnets = []"#,
        ],
        |input, found| {
            found.limits.push(("subnets".to_owned(), Limit::From(1)));
            let least = if input["type"] == "network" { 1 } else { 2 };
            for (field, path) in [("subnets", "subnets[]"), ("subnetMappings", "subnetMappings[].subnetId")] {
                let subnets = each(input, path);
                let subnets: BTreeSet<&str> = subnets.iter().filter_map(|(_, subnet)| subnet.as_str()).collect();
                if input[field].is_array() && subnets.len() < least {
                    let words = if least == 1 { "a subnet" } else { "subnets in at least two zones" };
                    found.at(field, format!("a load balancer needs {words}")).said(if least == 1 {
                        "A subnet must be specified"
                    } else {
                        TWO_ZONES
                    });
                }
            }
        },
    ),
    Rule::new(
        "the subnets of a load balancer are named once, alone or with addresses",
        CREATE,
        &[r#"subnetMappings = [{"subnetId": "subnet-1"}, {"subnetId": "subnet-2"}]"#],
        |input, found| {
            if is_given(&input["subnets"]) && is_given(&input["subnetMappings"]) {
                found.at("subnetMappings", "`subnets` says already where it stands").hint("leave out one of the two");
            }
        },
    ),
    Rule::new(
        "only a network load balancer has addresses of one's own: elastic ones if it is public, private ones if not",
        "SubnetMapping, Elastic Load Balancing API",
        &[
            r#"subnets = null && subnetMappings = [{"subnetId": "subnet-1", "allocationId": "eipalloc-1"}, {"subnetId":
              "subnet-2"}] @ subnetMappings[0].allocationId"#,
            r#"type = "network" && scheme = "internal" && subnets = null && subnetMappings = [{"subnetId": "subnet-1",
              "allocationId": "eipalloc-1"}] @ subnetMappings[0].allocationId"#,
            r#"type = "network" && subnets = null && subnetMappings = [{"subnetId": "subnet-1", "privateIPv4Address":
              "10.0.0.9"}] @ subnetMappings[0].privateIPv4Address"#,
        ],
        |input, found| {
            let is_internal = input["scheme"] == "internal";
            for (field, is_for) in [("allocationId", !is_internal), ("privateIPv4Address", is_internal)] {
                for (path, _) in each(input, &format!("subnetMappings[].{field}")) {
                    if input["type"] != "network" {
                        found.at(path, "an application load balancer has addresses of AWS's own");
                    } else if !is_for {
                        let scheme = if is_internal { "internal" } else { "internet-facing" };
                        found.at(path, format!("an {scheme} load balancer doesn't take one"));
                    }
                }
            }
        },
    ),
];

const ATTRIBUTE_RULES: &[Rule] = &[
    Rule::new(
        "a load balancer has an attribute that AWS knows",
        ATTRIBUTES,
        &[
            r#"attributes.'idle_timeout.seconds' = "60""#,
            r#"attributes.'dns_record.client_routing_policy' = "any_availability_zone""#,
            r#"type = "network" && attributes = {"waf.fail_open.enabled": "true"} @ attributes.waf.fail_open.enabled"#,
        ],
        |input, found| attributes::keys(input, attributes::LOAD_BALANCER, kind(input), "Load balancer", found),
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
        |input, found| attributes::values(input, attributes::LOAD_BALANCER, kind(input), "Load balancer", found),
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

/// The kind of a load balancer whose attributes they are: an application load balancer if nothing is said.
fn kind(input: &Value) -> Option<Of> {
    Some(if text(&input["type"]) == Some("network") { Of::Network } else { Of::Application })
}
