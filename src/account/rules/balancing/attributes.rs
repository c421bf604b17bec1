//! The attributes of load balancers and of target groups: their keys, and what each can be.

use serde_json::Value;

use crate::rules::Found;
use crate::rules::input::text;

/// What an attribute can be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    /// Anything.
    Text,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A whole number from one to another.
    Number(i64, i64),
    /// A whole number from one to another, or a word.
    NumberOr(i64, i64, &'static str),
}

impl Takes {
    fn allows(self, value: &str) -> bool {
        let between = |from: i64, to: i64| value.parse::<i64>().is_ok_and(|number| (from..=to).contains(&number));
        match self {
            Self::Text => true,
            Self::Switch => ["true", "false"].contains(&value),
            Self::Words(words) => words.contains(&value),
            Self::Number(from, to) => between(from, to),
            Self::NumberOr(from, to, word) => value == word || between(from, to),
        }
    }

    fn words(self) -> String {
        match self {
            Self::Text => "any text".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Words(words) => words.join(", "),
            Self::Number(from, to) => format!("{from} to {to}"),
            Self::NumberOr(from, to, word) => format!("{word}, or {from} to {to}"),
        }
    }
}

/// Attributes by their keys.
pub(super) type Table = &'static [(&'static str, Takes)];

/// The attributes of load balancers (LoadBalancerAttribute, Elastic Load Balancing API).
pub(super) const LOAD_BALANCER: Table = &[
    ("access_logs.s3.bucket", Takes::Text),
    ("access_logs.s3.enabled", Takes::Switch),
    ("access_logs.s3.prefix", Takes::Text),
    ("client_keep_alive.seconds", Takes::Number(60, 604_800)),
    ("connection_logs.s3.bucket", Takes::Text),
    ("connection_logs.s3.enabled", Takes::Switch),
    ("connection_logs.s3.prefix", Takes::Text),
    ("deletion_protection.enabled", Takes::Switch),
    ("health_check_logs.s3.bucket", Takes::Text),
    ("health_check_logs.s3.enabled", Takes::Switch),
    ("health_check_logs.s3.prefix", Takes::Text),
    ("idle_timeout.timeout_seconds", Takes::Number(1, 4000)),
    ("ipv6.deny_all_igw_traffic", Takes::Switch),
    // It can't be turned off on an application load balancer.
    ("load_balancing.cross_zone.enabled", Takes::Words(&["true"])),
    ("routing.http.desync_mitigation_mode", Takes::Words(&["monitor", "defensive", "strictest"])),
    ("routing.http.drop_invalid_header_fields.enabled", Takes::Switch),
    ("routing.http.preserve_host_header.enabled", Takes::Switch),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", Takes::Switch),
    ("routing.http.xff_client_port.enabled", Takes::Switch),
    ("routing.http.xff_header_processing.mode", Takes::Words(&["append", "preserve", "remove"])),
    ("routing.http2.enabled", Takes::Switch),
    ("waf.fail_open.enabled", Takes::Switch),
    ("zonal_shift.config.enabled", Takes::Switch),
];

/// The attributes of target groups (TargetGroupAttribute, Elastic Load Balancing API).
pub(super) const TARGET_GROUP: Table = &[
    ("deregistration_delay.connection_termination.enabled", Takes::Switch),
    ("deregistration_delay.timeout_seconds", Takes::Number(0, 3600)),
    ("lambda.multi_value_headers.enabled", Takes::Switch),
    ("load_balancing.algorithm.anomaly_mitigation", Takes::Words(&["on", "off"])),
    ("load_balancing.algorithm.type", Takes::Words(&["round_robin", "least_outstanding_requests", "weighted_random"])),
    ("load_balancing.cross_zone.enabled", Takes::Words(&["true", "false", "use_load_balancer_configuration"])),
    ("preserve_client_ip.enabled", Takes::Switch),
    ("proxy_protocol_v2.enabled", Takes::Switch),
    ("slow_start.duration_seconds", Takes::NumberOr(30, 900, "0")),
    ("stickiness.app_cookie.cookie_name", Takes::Text),
    ("stickiness.app_cookie.duration_seconds", Takes::Number(1, 604_800)),
    ("stickiness.enabled", Takes::Switch),
    ("stickiness.lb_cookie.duration_seconds", Takes::Number(1, 604_800)),
    (
        "stickiness.type",
        Takes::Words(&["lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"]),
    ),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", Takes::NumberOr(1, i64::MAX, "off")),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", Takes::NumberOr(1, 100, "off")),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", Takes::Number(1, i64::MAX)),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", Takes::NumberOr(1, 100, "off")),
    ("target_health_state.unhealthy.connection_termination.enabled", Takes::Switch),
    ("target_health_state.unhealthy.draining_interval_seconds", Takes::Number(0, 360_000)),
];

/// Notes the attributes that the table doesn't know. `what` has them.
pub(super) fn keys(input: &Value, table: Table, what: &str, found: &mut Found) {
    for key in input["attributes"].as_object().into_iter().flatten().map(|(key, _)| key) {
        if !table.iter().any(|(known, _)| known == key) {
            let words = key.split('.').next().unwrap_or(key);
            let near: Vec<&str> =
                table.iter().map(|(known, _)| *known).filter(|known| known.starts_with(words)).collect();
            let breach = found.at(format!("attributes.{key}"), format!("there is no attribute `{key}`"));
            breach.said(format!("{what} attribute key '{key}' is not recognized"));
            if !near.is_empty() {
                breach.hint(format!("AWS knows {}", near.join(", ")));
            }
        }
    }
}

/// Notes the attributes whose values the table doesn't allow.
pub(super) fn values(input: &Value, table: Table, what: &str, found: &mut Found) {
    for (key, value) in input["attributes"].as_object().into_iter().flatten() {
        let takes = table.iter().find(|(known, _)| known == key).map(|(_, takes)| takes);
        if let Some((takes, value)) = takes.zip(text(value)).filter(|(takes, value)| !takes.allows(value)) {
            found
                .at(format!("attributes.{key}"), format!("`{value}` is no value of `{key}`"))
                .hint(format!("AWS takes {}", takes.words()))
                .said(format!("{what} attribute value '{value}' is not valid for attribute '{key}'"));
        }
    }
}

/// Returns the value of an attribute that is known.
pub(super) fn of<'a>(input: &'a Value, key: &str) -> Option<&'a str> {
    text(&input["attributes"][key])
}
