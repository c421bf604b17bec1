//! The attributes of load balancers, of listeners and of target groups: their keys, and what each can be.

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

/// The load balancers that have an attribute, or whose targets do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Both,
    Application,
    Network,
}

impl Of {
    fn is(self, other: Option<Self>) -> bool {
        self == Self::Both || other.is_none_or(|other| self == other)
    }
}

/// Attributes by their keys, one of which may stand there for each kind of load balancer.
pub(super) type Table = &'static [(&'static str, Of, Takes)];

/// The zones whose addresses clients get.
const ROUTING: &[&str] = &["availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"];

/// The attributes of load balancers (LoadBalancerAttribute, Elastic Load Balancing API).
pub(super) const LOAD_BALANCER: Table = &[
    ("access_logs.s3.bucket", Of::Both, Takes::Text),
    ("access_logs.s3.enabled", Of::Both, Takes::Switch),
    ("access_logs.s3.prefix", Of::Both, Takes::Text),
    ("client_keep_alive.seconds", Of::Application, Takes::Number(60, 604_800)),
    ("connection_logs.s3.bucket", Of::Application, Takes::Text),
    ("connection_logs.s3.enabled", Of::Application, Takes::Switch),
    ("connection_logs.s3.prefix", Of::Application, Takes::Text),
    ("deletion_protection.enabled", Of::Both, Takes::Switch),
    ("health_check_logs.s3.bucket", Of::Application, Takes::Text),
    ("health_check_logs.s3.enabled", Of::Application, Takes::Switch),
    ("health_check_logs.s3.prefix", Of::Application, Takes::Text),
    ("idle_timeout.timeout_seconds", Of::Application, Takes::Number(1, 4000)),
    ("ipv6.deny_all_igw_traffic", Of::Both, Takes::Switch),
    ("dns_record.client_routing_policy", Of::Network, Takes::Words(ROUTING)),
    // It can't be turned off on an application load balancer.
    ("load_balancing.cross_zone.enabled", Of::Application, Takes::Words(&["true"])),
    ("load_balancing.cross_zone.enabled", Of::Network, Takes::Switch),
    ("routing.http.desync_mitigation_mode", Of::Application, Takes::Words(&["monitor", "defensive", "strictest"])),
    ("routing.http.drop_invalid_header_fields.enabled", Of::Application, Takes::Switch),
    ("routing.http.preserve_host_header.enabled", Of::Application, Takes::Switch),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", Of::Application, Takes::Switch),
    ("routing.http.xff_client_port.enabled", Of::Application, Takes::Switch),
    ("routing.http.xff_header_processing.mode", Of::Application, Takes::Words(&["append", "preserve", "remove"])),
    ("routing.http2.enabled", Of::Application, Takes::Switch),
    ("secondary_ips.auto_assigned.per_subnet", Of::Network, Takes::Number(0, 7)),
    ("waf.fail_open.enabled", Of::Application, Takes::Switch),
    ("zonal_shift.config.enabled", Of::Both, Takes::Switch),
];

/// The attributes of target groups (TargetGroupAttribute, Elastic Load Balancing API).
pub(super) const TARGET_GROUP: Table = &[
    ("deregistration_delay.connection_termination.enabled", Of::Network, Takes::Switch),
    ("deregistration_delay.timeout_seconds", Of::Both, Takes::Number(0, 3600)),
    ("lambda.multi_value_headers.enabled", Of::Application, Takes::Switch),
    ("load_balancing.algorithm.anomaly_mitigation", Of::Application, Takes::Words(&["on", "off"])),
    (
        "load_balancing.algorithm.type",
        Of::Application,
        Takes::Words(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    (
        "load_balancing.cross_zone.enabled",
        Of::Both,
        Takes::Words(&["true", "false", "use_load_balancer_configuration"]),
    ),
    ("preserve_client_ip.enabled", Of::Network, Takes::Switch),
    ("proxy_protocol_v2.enabled", Of::Network, Takes::Switch),
    ("slow_start.duration_seconds", Of::Application, Takes::NumberOr(30, 900, "0")),
    ("stickiness.app_cookie.cookie_name", Of::Application, Takes::Text),
    ("stickiness.app_cookie.duration_seconds", Of::Application, Takes::Number(1, 604_800)),
    ("stickiness.enabled", Of::Both, Takes::Switch),
    ("stickiness.lb_cookie.duration_seconds", Of::Application, Takes::Number(1, 604_800)),
    ("stickiness.type", Of::Application, Takes::Words(&["lb_cookie", "app_cookie"])),
    ("stickiness.type", Of::Network, Takes::Words(&["source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"])),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", Of::Both, Takes::NumberOr(1, i64::MAX, "off")),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", Of::Both, Takes::NumberOr(1, 100, "off")),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", Of::Both, Takes::Number(1, i64::MAX)),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        Of::Both,
        Takes::NumberOr(1, 100, "off"),
    ),
    ("target_health_state.unhealthy.connection_termination.enabled", Of::Network, Takes::Switch),
    ("target_health_state.unhealthy.draining_interval_seconds", Of::Network, Takes::Number(0, 360_000)),
];

/// The attributes of listeners (ListenerAttribute, Elastic Load Balancing API).
pub(super) const LISTENER: Table = &[
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_subject.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_mtls_clientcert_validity.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_tls_cipher_suite.header_name", Of::Application, Takes::Text),
    ("routing.http.request.x_amzn_tls_version.header_name", Of::Application, Takes::Text),
    ("routing.http.response.access_control_allow_credentials.header_value", Of::Application, Takes::Text),
    ("routing.http.response.access_control_allow_headers.header_value", Of::Application, Takes::Text),
    ("routing.http.response.access_control_allow_methods.header_value", Of::Application, Takes::Text),
    ("routing.http.response.access_control_allow_origin.header_value", Of::Application, Takes::Text),
    ("routing.http.response.access_control_expose_headers.header_value", Of::Application, Takes::Text),
    ("routing.http.response.access_control_max_age.header_value", Of::Application, Takes::Text),
    ("routing.http.response.content_security_policy.header_value", Of::Application, Takes::Text),
    ("routing.http.response.server.enabled", Of::Application, Takes::Switch),
    ("routing.http.response.strict_transport_security.header_value", Of::Application, Takes::Text),
    ("routing.http.response.x_content_type_options.header_value", Of::Application, Takes::Text),
    ("routing.http.response.x_frame_options.header_value", Of::Application, Takes::Text),
    ("tcp.idle_timeout.seconds", Of::Network, Takes::Number(60, 6000)),
];

/// Notes the attributes that the table doesn't know, or not for load balancers of this kind. `what` has them.
pub(super) fn keys(input: &Value, table: Table, of: Option<Of>, what: &str, found: &mut Found) {
    for key in input["attributes"].as_object().into_iter().flatten().map(|(key, _)| key) {
        let mut known = table.iter().filter(|(known, ..)| known == key).peekable();
        if known.peek().is_none() {
            let words = key.split('.').next().unwrap_or(key);
            let near = table.iter().filter(|(_, its, _)| its.is(of)).map(|(known, ..)| *known);
            let near: Vec<&str> = near.filter(|known| known.starts_with(words)).collect();
            let breach = found.at(format!("attributes.{key}"), format!("there is no attribute `{key}`"));
            breach.said(format!("{what} attribute key '{key}' is not recognized"));
            if !near.is_empty() {
                breach.hint(format!("AWS knows {}", near.join(", ")));
            }
        } else if !known.any(|(_, its, _)| its.is(of)) {
            let kind = if of == Some(Of::Network) { "application" } else { "network" };
            found.at(format!("attributes.{key}"), format!("`{key}` is for {kind} load balancers"));
        }
    }
}

/// Notes the attributes whose values the table doesn't allow.
pub(super) fn values(input: &Value, table: Table, of: Option<Of>, what: &str, found: &mut Found) {
    for (key, value) in input["attributes"].as_object().into_iter().flatten() {
        let takes = table.iter().filter(|(known, its, _)| known == key && its.is(of)).map(|(.., takes)| takes);
        let takes: Vec<&Takes> = takes.collect();
        let Some(value) = text(value).filter(|value| !takes.is_empty() && !takes.iter().any(|one| one.allows(value)))
        else {
            continue;
        };
        let all: Vec<String> = takes.iter().map(|takes| takes.words()).collect();
        found
            .at(format!("attributes.{key}"), format!("`{value}` is no value of `{key}`"))
            .hint(format!("AWS takes {}", all.join(", ")))
            .said(format!("{what} attribute value '{value}' is not valid for attribute '{key}'"));
    }
}

/// Returns the value of an attribute that is known.
pub(super) fn of<'a>(input: &'a Value, key: &str) -> Option<&'a str> {
    text(&input["attributes"][key])
}
