//! Attributes of load balancers, listeners and target groups: lists of keys that AWS knows, each with its default.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Attributed, invalid};
use crate::account::Account;
use crate::input::{need, tag_list, tags as pairs};
use crate::rules::{self, TagMap};
use crate::shelf::Kind;
use crate::wire::Answer;

const LOAD_BALANCER: [(&str, &str); 21] = [
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("client_keep_alive.seconds", "3600"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("idle_timeout.timeout_seconds", "60"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
    ("health_check_logs.s3.enabled", "false"),
];

const NETWORK_LOAD_BALANCER: [(&str, &str); 9] = [
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("ipv6.deny_all_igw_traffic", "false"),
    ("load_balancing.cross_zone.enabled", "false"),
    ("secondary_ips.auto_assigned.per_subnet", "0"),
    ("zonal_shift.config.enabled", "false"),
];

const DELAY: &str = "deregistration_delay.timeout_seconds";

const TARGET_GROUP: [(&str, &str); 14] = [
    (DELAY, "300"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.app_cookie.cookie_name", ""),
    ("stickiness.app_cookie.duration_seconds", "86400"),
    ("stickiness.enabled", "false"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.type", "lb_cookie"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
];

const NETWORK_TARGET_GROUP: [(&str, &str); 13] = [
    (DELAY, "300"),
    ("deregistration_delay.connection_termination.enabled", "false"),
    ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    (PRESERVE, "true"),
    ("proxy_protocol_v2.enabled", "false"),
    ("stickiness.enabled", "false"),
    ("stickiness.type", "source_ip"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ("target_health_state.unhealthy.connection_termination.enabled", "true"),
    ("target_health_state.unhealthy.draining_interval_seconds", "0"),
];

const PRESERVE: &str = "preserve_client_ip.enabled";

/// The attributes of an application load balancer's listener: headers of answers. Those of an HTTPS listener about the certificates of its clients are
/// left out, as nothing here says what AWS answers.
const LISTENER: [(&str, &str); 11] = [
    ("routing.http.response.access_control_allow_credentials.header_value", ""),
    ("routing.http.response.access_control_allow_headers.header_value", ""),
    ("routing.http.response.access_control_allow_methods.header_value", ""),
    ("routing.http.response.access_control_allow_origin.header_value", ""),
    ("routing.http.response.access_control_expose_headers.header_value", ""),
    ("routing.http.response.access_control_max_age.header_value", ""),
    ("routing.http.response.content_security_policy.header_value", ""),
    ("routing.http.response.server.enabled", "true"),
    ("routing.http.response.strict_transport_security.header_value", ""),
    ("routing.http.response.x_content_type_options.header_value", ""),
    ("routing.http.response.x_frame_options.header_value", ""),
];

/// The attributes of a new load balancer of a type.
pub(super) fn load_balancer_defaults(kind: &str) -> TagMap {
    if kind == "network" { owned(&NETWORK_LOAD_BALANCER) } else { owned(&LOAD_BALANCER) }
}

/// The attributes of a new target group. Addresses behind TCP and TLS don't see those of clients ("Edit target group
/// attributes for your Network Load Balancer", user guide).
pub(super) fn target_group_defaults(protocol: &str, target_type: &str) -> TagMap {
    if !rules::is_of_network(protocol) {
        return owned(&TARGET_GROUP);
    }
    let mut all = owned(&NETWORK_TARGET_GROUP);
    if target_type == "ip" && ["TCP", "TLS"].contains(&protocol) {
        all.insert(PRESERVE.to_owned(), "false".to_owned());
    }
    all
}

/// The seconds for which a deregistered target drains.
pub(super) fn deregistration_delay(attributes: &BTreeMap<String, String>) -> i64 {
    attributes.get(DELAY).and_then(|seconds| seconds.parse().ok()).unwrap_or(300)
}

/// The attributes of a new listener of a protocol.
pub(super) fn listener_defaults(protocol: &str) -> TagMap {
    match protocol {
        "TCP" => owned(&[("tcp.idle_timeout.seconds", "350")]),
        protocol if rules::is_of_network(protocol) => TagMap::new(),
        _ => owned(&LISTENER),
    }
}

/// `DescribeLoadBalancerAttributes`, `DescribeListenerAttributes` and `DescribeTargetGroupAttributes`.
pub(super) fn describe<T: Attributed>(account: &mut Account, kind: &Kind<T>, input: &Value) -> Answer {
    let (_, owner) = kind.find_mut(account, &need(input, T::ARN)?)?;
    Ok(json!({ "Attributes": tag_list(owner.attributes()) }))
}

/// `ModifyLoadBalancerAttributes`, `ModifyListenerAttributes` and `ModifyTargetGroupAttributes`: changes some, or none if one of them can't be.
pub(super) fn modify<T: Attributed>(account: &mut Account, kind: &Kind<T>, input: &Value) -> Answer {
    let (_, owner) = kind.find_mut(account, &need(input, T::ARN)?)?;
    let mut about = owner.about();
    let (attributes, changes) = (owner.attributes(), pairs(input, "Attributes"));
    let all: BTreeMap<&String, &String> = attributes.iter().chain(&changes).collect();
    about["attributes"] = json!(all);
    T::RULES.check(&about, invalid)?;
    attributes.extend(changes);
    Ok(json!({ "Attributes": tag_list(attributes) }))
}

fn owned(table: &[(&str, &str)]) -> TagMap {
    table.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
