//! Target groups and their health checks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::tags::check_new;
use super::{Attributed, LOAD_BALANCERS, TARGET_GROUPS, attributes, check_name, chosen, invalid, load_balancers_of};
use crate::account::Account;
use crate::ec2;
use crate::input::{need, number, set, text};
use crate::rules::{self, Rules, TARGET_GROUP_NAME, TagMap};
use crate::shelf::{Body, Thing};
use crate::wire::{Answer, Fault};

/// A target group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetGroup {
    name: String,
    /// The settings that can't be changed once the group exists, and its health check, as both read back.
    settings: Value,
    check: Value,
    pub(super) attributes: TagMap,
}

impl Body for TargetGroup {}

impl Attributed for TargetGroup {
    const ARN: &'static str = "TargetGroupArn";
    const RULES: &'static Rules = &rules::TARGET_GROUP_ATTRIBUTES;

    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> Value {
        json!({ "protocol": self.settings["Protocol"] })
    }

    fn attributes(&mut self) -> &mut TagMap {
        &mut self.attributes
    }
}

impl TargetGroup {
    /// The protocol between the load balancer and its targets, and its version.
    pub(super) fn speaks(&self) -> (&str, &str) {
        let said = |member: &str| self.settings[member].as_str().unwrap_or_default();
        (said("Protocol"), said("ProtocolVersion"))
    }

    /// The port of a target that has none of its own.
    pub(super) fn port(&self) -> i64 {
        number(&self.settings, "Port").unwrap_or(0)
    }

    /// The port that the check of a target at `port` asks.
    pub(super) fn check_port(&self, port: i64) -> String {
        let asked = text(&self.check, "HealthCheckPort").filter(|asked| asked != "traffic-port");
        asked.unwrap_or_else(|| port.to_string())
    }

    /// A member of the health check.
    pub(super) fn checked(&self, member: &str) -> Option<String> {
        text(&self.check, member)
    }

    /// The status codes of HTTP that the health check takes.
    pub(super) fn codes(&self) -> Option<String> {
        text(&self.check["Matcher"], "HttpCode")
    }

    /// The milliseconds for which a target is checked before it is known to be well.
    pub(super) fn checked_after(&self) -> i64 {
        let number = |member: &str| number(&self.check, member).unwrap_or_default();
        number("HealthyThresholdCount") * number("HealthCheckIntervalSeconds") * 1000
    }
}

/// `CreateTargetGroup`: the same name with the same settings gives back the one that exists.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "Name")?;
    check_name(TARGET_GROUP_NAME, &name, "Target group")?;
    check_new(input)?;
    rules::TARGET_GROUP.check(&rules::small(input), invalid)?;
    let settings = settings(account, input)?;
    let check = check(default_check(&settings, text(input, "HealthCheckProtocol").as_deref()), input);
    if let Some(existing) = account.all::<Thing<TargetGroup>>().values().find(|other| other.name == name) {
        if existing.settings == settings && existing.check == check {
            return Ok(json!({ "TargetGroups": [render(account, existing)] }));
        }
        let message = format!("A target group with the same name '{name}' exists, but with different settings");
        return Err(Fault::client("DuplicateTargetGroupName", message));
    }
    let id = account.unique_hex(16);
    let arn = account.arn("elasticloadbalancing", &format!("targetgroup/{name}/{id}"));
    let said = |member: &str| settings[member].as_str().unwrap_or_default();
    let attributes = attributes::target_group_defaults(said("Protocol"), said("TargetType"));
    let group = TargetGroup { name, settings, check, attributes };
    TARGET_GROUPS.create(account, &arn, arn.clone(), input, group)?;
    Ok(json!({ "TargetGroups": [render(account, TARGET_GROUPS.find(account, &arn)?.1)] }))
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let mut chosen = chosen(account, &TARGET_GROUPS, input)?;
    if let Some(load_balancer) = text(input, "LoadBalancerArn") {
        LOAD_BALANCERS.find(account, &load_balancer)?;
        chosen.retain(|group| load_balancers_of(account, &group.arn).contains(&load_balancer));
    }
    super::PAGES.of(account, input, "TargetGroups", chosen, |one| render(account, one))
}

/// `ModifyTargetGroup`: the health check and nothing else.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let (_, group) = TARGET_GROUPS.find_mut(account, &arn)?;
    let (changed, mut whole) = (check(group.check.clone(), input), group.settings.clone());
    whole.as_object_mut().into_iter().for_each(|whole| whole.extend(changed.as_object().cloned().unwrap_or_default()));
    rules::TARGET_GROUP.check(&rules::small(&whole), invalid)?;
    group.check = changed;
    Ok(json!({ "TargetGroups": [render(account, TARGET_GROUPS.find(account, &arn)?.1)] }))
}

/// `DeleteTargetGroup`: one that is gone already is success.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    if super::target_group_has_load_balancer(account, &arn) {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(Fault::client("ResourceInUse", message));
    }
    account.all_mut::<Thing<TargetGroup>>().remove(&arn);
    super::forget_targets(account, &arn);
    Ok(json!({}))
}

fn settings(account: &Account, input: &Value) -> Result<Value, Fault> {
    let target_type = text(input, "TargetType").unwrap_or_else(|| "instance".to_owned());
    let lambda = target_type == "lambda";
    let port = number(input, "Port");
    match text(input, "VpcId") {
        None if !lambda => return Err(invalid("A VPC must be specified")),
        Some(vpc) if !ec2::vpc_exists(account, &vpc) => {
            return Err(invalid(format!("The VPC ID '{vpc}' is not found")));
        }
        _ => {}
    }
    let version = text(input, "ProtocolVersion").unwrap_or_else(|| "HTTP1".to_owned());
    Ok(set(json!({
        "Protocol": input.get("Protocol"),
        "ProtocolVersion": Some(version).filter(|_| is_http(input)),
        "Port": port,
        "VpcId": input.get("VpcId"),
        "TargetType": target_type,
        "IpAddressType": text(input, "IpAddressType").unwrap_or_else(|| "ipv4".to_owned()),
    })))
}

fn is_http(settings: &Value) -> bool {
    matches!(settings["Protocol"].as_str(), Some("HTTP" | "HTTPS"))
}

/// The health check of a group that says nothing about it, but for `asked`, the protocol.
fn default_check(settings: &Value, asked: Option<&str>) -> Value {
    let own = settings["Protocol"].as_str().unwrap_or("HTTP");
    let is_http = !rules::is_of_network(own);
    let protocol = asked.unwrap_or(if is_http { own } else { "TCP" });
    let is_grpc = settings["ProtocolVersion"] == "GRPC";
    let matcher = match protocol {
        "TCP" => None,
        _ if is_grpc => Some(json!({ "GrpcCode": "12" })),
        _ => Some(json!({ "HttpCode": if is_http { "200" } else { "200-399" } })),
    };
    let timeout = match protocol {
        _ if is_http => "5",
        "HTTP" => "6",
        _ => "10",
    };
    set(json!({
        "HealthCheckEnabled": "true",
        "HealthCheckProtocol": protocol,
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": matcher.is_some().then_some(if is_grpc { "/AWS.ALB/healthcheck" } else { "/" }),
        "HealthCheckIntervalSeconds": "30",
        "HealthCheckTimeoutSeconds": timeout,
        "HealthyThresholdCount": "5",
        "UnhealthyThresholdCount": "2",
        "Matcher": matcher,
    }))
}

/// The check with the settings that the request gives. One over TCP asks for nothing.
fn check(mut check: Value, input: &Value) -> Value {
    let said = input.as_object().cloned().unwrap_or_default();
    let said: Map<_, _> = said.into_iter().filter(|(member, _)| is_of_check(member)).collect();
    if let Some(members) = check.as_object_mut() {
        members.extend(said.clone());
        if members["HealthCheckProtocol"] == "TCP" {
            members
                .retain(|member, _| !["HealthCheckPath", "Matcher"].contains(&&**member) || said.contains_key(member));
        }
    }
    check
}

fn is_of_check(member: &str) -> bool {
    member.starts_with("HealthCheck") || member.ends_with("ThresholdCount") || member == "Matcher"
}

fn render(account: &Account, group: &Thing<TargetGroup>) -> Value {
    let mut shown = json!({
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "LoadBalancerArns": load_balancers_of(account, &group.arn),
    });
    let said = [&group.settings, &group.check].into_iter().filter_map(Value::as_object).flatten();
    said.for_each(|(member, value)| shown[member] = value.clone());
    shown
}
