//! Target groups and their health checks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::targets::Target;
use super::{
    attributes, check_name, chosen, invalid, load_balancers_of, new_tags, no_target_group, paged, state, state_ref,
};
use crate::account::Account;
use crate::ec2;
use crate::input::{need, number, text};
use crate::wire::{Answer, Fault};

/// One target group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TargetGroup {
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) check: HealthCheck,
    pub(super) attributes: BTreeMap<String, String>,
    /// By address and port.
    pub(super) targets: BTreeMap<String, Target>,
}

/// What can't be changed once the group exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    protocol: Option<String>,
    protocol_version: Option<String>,
    pub(super) port: Option<i64>,
    vpc: Option<String>,
    target_type: String,
    address_type: String,
}

/// How the load balancer asks a target whether it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HealthCheck {
    enabled: String,
    protocol: String,
    pub(super) port: String,
    path: Option<String>,
    pub(super) interval: i64,
    timeout: i64,
    pub(super) healthy_threshold: i64,
    unhealthy_threshold: i64,
    matcher: Option<String>,
}

/// `CreateTargetGroup`: the same name with the same settings gives back the one that exists.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "Name")?;
    check_name(&name, "Target group")?;
    let tags = new_tags(input)?;
    let settings = settings(account, input)?;
    let check = defaults(settings.protocol.as_deref().unwrap_or("HTTP")).changed(input)?;
    let mut same_name = state_ref(account).target_groups.iter().filter(|(_, other)| other.name == name);
    if let Some((arn, existing)) = same_name.next() {
        if existing.settings == settings && existing.check == check {
            return Ok(json!({ "TargetGroups": [render(account, arn, existing)] }));
        }
        let message = format!("A target group with the same name '{name}' exists, but with different settings");
        return Err(Fault::client("DuplicateTargetGroupName", message));
    }
    let id = account.unique_hex(16);
    let arn = account.arn("elasticloadbalancing", &format!("targetgroup/{name}/{id}"));
    let group = TargetGroup {
        name,
        settings,
        check,
        attributes: attributes::target_group_defaults(),
        targets: BTreeMap::new(),
    };
    let shown = render(account, &arn, &group);
    state(account).target_groups.insert(arn.clone(), group);
    state(account).tags.insert(arn, tags);
    Ok(json!({ "TargetGroups": [shown] }))
}

/// `DescribeTargetGroups`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let state = state_ref(account);
    let keys = ("TargetGroupArns", "Names");
    let mut chosen = chosen(&state.target_groups, input, keys, |one| &one.name, no_target_group)?;
    if let Some(load_balancer) = text(input, "LoadBalancerArn") {
        if !state.load_balancers.contains_key(&load_balancer) {
            return Err(super::no_load_balancer());
        }
        chosen.retain(|(arn, _)| load_balancers_of(state, arn).contains(&load_balancer));
    }
    paged(account, input, "TargetGroups", chosen.into_iter().map(|(arn, one)| render(account, arn, one)).collect())
}

/// `ModifyTargetGroup`: the health check and nothing else.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let group = state(account).target_groups.get_mut(&arn).ok_or_else(no_target_group)?;
    group.check = group.check.clone().changed(input)?;
    let group = state_ref(account).target_groups.get(&arn).ok_or_else(no_target_group)?;
    Ok(json!({ "TargetGroups": [render(account, &arn, group)] }))
}

/// `DeleteTargetGroup`: one that is gone already is success.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    if super::target_group_has_load_balancer(account, &arn) {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(Fault::client("ResourceInUse", message));
    }
    state(account).target_groups.remove(&arn);
    state(account).tags.remove(&arn);
    Ok(json!({}))
}

fn settings(account: &Account, input: &Value) -> Result<Settings, Fault> {
    let target_type = text(input, "TargetType").unwrap_or_else(|| "instance".to_owned());
    let lambda = target_type == "lambda";
    let required = |key: &str| match text(input, key) {
        None if !lambda => Err(invalid(format!("A {} must be specified", key.to_lowercase()))),
        given => Ok(given),
    };
    let protocol = required("Protocol")?;
    let port = required("Port")?.and_then(|port| port.parse().ok());
    if !lambda && !port.is_some_and(|port| (1..=65535).contains(&port)) {
        return Err(invalid("Port must be between 1 and 65535"));
    }
    let vpc = match text(input, "VpcId") {
        None if !lambda => return Err(invalid("A VPC must be specified")),
        Some(vpc) if !ec2::vpc_exists(account, &vpc) => {
            return Err(invalid(format!("The VPC ID '{vpc}' is not found")));
        }
        vpc => vpc,
    };
    let http = matches!(protocol.as_deref(), Some("HTTP" | "HTTPS"));
    Ok(Settings {
        protocol_version: http.then(|| text(input, "ProtocolVersion").unwrap_or_else(|| "HTTP1".to_owned())),
        protocol,
        port,
        vpc,
        target_type,
        address_type: text(input, "IpAddressType").unwrap_or_else(|| "ipv4".to_owned()),
    })
}

/// The health check of a group that says nothing about it.
fn defaults(group_protocol: &str) -> HealthCheck {
    let http = matches!(group_protocol, "HTTP" | "HTTPS");
    HealthCheck {
        enabled: "true".to_owned(),
        protocol: if http { group_protocol } else { "TCP" }.to_owned(),
        port: "traffic-port".to_owned(),
        path: http.then(|| "/".to_owned()),
        interval: 30,
        timeout: if http { 5 } else { 6 },
        healthy_threshold: 5,
        unhealthy_threshold: 2,
        matcher: http.then(|| "200".to_owned()),
    }
}

impl HealthCheck {
    /// This check with what the request says instead.
    fn changed(self, input: &Value) -> Result<Self, Fault> {
        let number = |key: &str, old: i64| number(input, key).unwrap_or(old);
        let matcher = input.get("Matcher").and_then(|matcher| text(matcher, "HttpCode"));
        let check = Self {
            enabled: text(input, "HealthCheckEnabled").unwrap_or(self.enabled),
            protocol: text(input, "HealthCheckProtocol").unwrap_or(self.protocol),
            port: text(input, "HealthCheckPort").unwrap_or(self.port),
            path: text(input, "HealthCheckPath").or(self.path),
            interval: number("HealthCheckIntervalSeconds", self.interval),
            timeout: number("HealthCheckTimeoutSeconds", self.timeout),
            healthy_threshold: number("HealthyThresholdCount", self.healthy_threshold),
            unhealthy_threshold: number("UnhealthyThresholdCount", self.unhealthy_threshold),
            matcher: matcher.or(self.matcher),
        };
        let limits = [
            ("Health check interval", check.interval, 5..=300),
            ("Health check timeout", check.timeout, 2..=120),
            ("Healthy threshold count", check.healthy_threshold, 2..=10),
            ("Unhealthy threshold count", check.unhealthy_threshold, 2..=10),
        ];
        for (what, value, range) in limits {
            if !range.contains(&value) {
                let (from, to) = range.into_inner();
                return Err(invalid(format!("{what} '{value}' must be between {from} and {to}")));
            }
        }
        if check.timeout >= check.interval {
            return Err(invalid("Health check interval must be greater than the timeout."));
        }
        if check.path.as_ref().is_some_and(|path| !path.starts_with('/')) {
            return Err(invalid("Health check path must begin with a '/' character"));
        }
        Ok(check)
    }
}

fn render(account: &Account, arn: &str, group: &TargetGroup) -> Value {
    let (settings, check) = (&group.settings, &group.check);
    json!({
        "TargetGroupArn": arn,
        "TargetGroupName": group.name,
        "Protocol": settings.protocol,
        "ProtocolVersion": settings.protocol_version,
        "Port": settings.port,
        "VpcId": settings.vpc,
        "TargetType": settings.target_type,
        "IpAddressType": settings.address_type,
        "HealthCheckEnabled": check.enabled,
        "HealthCheckProtocol": check.protocol,
        "HealthCheckPort": check.port,
        "HealthCheckPath": check.path,
        "HealthCheckIntervalSeconds": check.interval,
        "HealthCheckTimeoutSeconds": check.timeout,
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "Matcher": check.matcher.as_ref().map(|codes| json!({ "HttpCode": codes })),
        "LoadBalancerArns": load_balancers_of(state_ref(account), arn),
    })
}
