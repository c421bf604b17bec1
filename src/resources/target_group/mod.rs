//! Target groups of Elastic Load Balancing.

mod calls;
mod grants;
mod holders;
mod managed;

use std::collections::BTreeMap;

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load_balancer::is_balancing_name;
use super::vpc::Vpc;
use crate::cloud::{Cloud, Result, unless_gone};
use crate::model::Diff;
use crate::resource::{
    Checks, Found, Managed, NameRule, Names, Others, Output, Place, Problem, Resource, SpecRef, Wanted,
};
use calls::{attributes, groups};
pub(super) use holders::draining;

const TARGET_TYPES: [&str; 4] = ["instance", "ip", "lambda", "alb"];

/// A target group: the fields of CreateTargetGroup, and its attributes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetGroup {
    /// Its name.
    pub name: Option<String>,
    /// The protocol between load balancer and targets, as in `HTTP`.
    pub protocol: Option<String>,
    /// The port that targets listen on.
    pub port: Option<i32>,
    /// What a target is: `ip`, `instance`, `lambda` or `alb`.
    pub target_type: Option<String>,
    /// The version of HTTP, as in `HTTP1`.
    pub protocol_version: Option<String>,
    /// The protocol of health checks, as in `HTTP`.
    pub health_check_protocol: Option<String>,
    /// The port of health checks: a number as text, or `traffic-port`.
    pub health_check_port: Option<String>,
    /// The path that health checks ask for.
    pub health_check_path: Option<String>,
    /// The seconds between two health checks.
    pub health_check_interval_seconds: Option<i32>,
    /// The seconds after which a health check without an answer has failed.
    pub health_check_timeout_seconds: Option<i32>,
    /// The checks in a row that make a target healthy.
    pub healthy_threshold_count: Option<i32>,
    /// The checks in a row that make a target unhealthy.
    pub unhealthy_threshold_count: Option<i32>,
    /// What answer counts as healthy.
    pub matcher: Option<Matcher>,
    /// Attributes by AWS's key, as in `deregistration_delay.timeout_seconds`.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// What answer counts as healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matcher {
    /// The HTTP codes, as in `200` or `200-299`.
    pub http_code: Option<String>,
}

/// What AWS says of a target group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetGroupLive {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its VPC; none for functions.
    pub vpc_id: Option<String>,
    /// The protocol between load balancer and targets.
    pub protocol: Option<String>,
    /// The port that targets listen on.
    pub port: Option<i32>,
    /// What a target is.
    pub target_type: String,
    /// The version of HTTP.
    pub protocol_version: Option<String>,
    /// The protocol of health checks.
    pub health_check_protocol: Option<String>,
    /// The port of health checks.
    pub health_check_port: Option<String>,
    /// The path that health checks ask for.
    pub health_check_path: Option<String>,
    /// The seconds between two health checks.
    pub health_check_interval_seconds: Option<i32>,
    /// The seconds after which a health check without an answer has failed.
    pub health_check_timeout_seconds: Option<i32>,
    /// The checks in a row that make a target healthy.
    pub healthy_threshold_count: Option<i32>,
    /// The checks in a row that make a target unhealthy.
    pub unhealthy_threshold_count: Option<i32>,
    /// The HTTP codes that count as healthy.
    pub http_code: Option<String>,
    /// Attributes; empty where they weren't read, because no spec names one.
    pub attributes: BTreeMap<String, String>,
}

impl Resource for TargetGroup {
    const KIND: &'static str = "targetGroup";
    const SECTION: &'static str = "targetGroups";
    const NAME: NameRule = NameRule {
        field: "name",
        min: 1,
        max: 32,
        words: "letters, digits and -, and no - at either end",
        is_valid: is_balancing_name,
        ignores_case: false,
    };
    type Live = TargetGroupLive;

    fn refs(&self) -> Vec<SpecRef> {
        vec![Vpc::reference().at("vpcId")]
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let target_type = self.target_type.as_deref().unwrap_or("instance");
        if !TARGET_TYPES.contains(&target_type) {
            let words = format!("there is no target type `{target_type}`");
            problems.push(Problem::at("targetType", words).hint(format!("AWS takes {TARGET_TYPES:?}")));
        }
        if target_type != "lambda" {
            let needs = |field: &str| Problem::at(field, format!("targets of type {target_type} need a {field}"));
            problems.extend(self.protocol.is_none().then(|| needs("protocol")));
            problems.extend(self.port.is_none().then(|| needs("port")));
        }
        if let Some(port) = self.port.filter(|port| !(1..=65535).contains(port)) {
            problems.push(Problem::at("port", format!("{port} is not a port")));
        }
        if let (Some(interval), Some(timeout)) = (self.health_check_interval_seconds, self.health_check_timeout_seconds)
            && timeout >= interval
        {
            problems.push(Problem::at(
                "healthCheckTimeoutSeconds",
                format!("{timeout} s is not shorter than the interval of {interval} s"),
            ));
        }
        problems
    }

    fn diff(&self, live: &TargetGroupLive, _others: &Others) -> Diff {
        let mut diff = self.fixed(live);
        let some = |text: &Option<String>| text.clone().map(Some);
        let number = |number: Option<i32>| number.map(Some);
        diff.update("healthCheckProtocol", live.health_check_protocol.clone(), some(&self.health_check_protocol));
        diff.update("healthCheckPort", live.health_check_port.clone(), some(&self.health_check_port));
        diff.update("healthCheckPath", live.health_check_path.clone(), some(&self.health_check_path));
        diff.update(
            "healthCheckIntervalSeconds",
            live.health_check_interval_seconds,
            number(self.health_check_interval_seconds),
        );
        diff.update(
            "healthCheckTimeoutSeconds",
            live.health_check_timeout_seconds,
            number(self.health_check_timeout_seconds),
        );
        diff.update("healthyThresholdCount", live.healthy_threshold_count, number(self.healthy_threshold_count));
        diff.update("unhealthyThresholdCount", live.unhealthy_threshold_count, number(self.unhealthy_threshold_count));
        diff.update(
            "matcher.httpCode",
            live.http_code.clone(),
            self.matcher.as_ref().and_then(|matcher| some(&matcher.http_code)),
        );
        for (key, want) in self.attributes.iter().flatten() {
            diff.update(format!("attributes.{key}"), live.attributes.get(key), Some(Some(want)));
        }
        diff
    }

    fn outputs(_place: &Place, name: &str, live: Option<&TargetGroupLive>) -> Vec<Output> {
        vec![
            Output::fixed("name", name),
            Output::live("arn", live.map(|live| live.arn.as_str())),
            Output::live("fullName", live.map(TargetGroupLive::full_name)),
        ]
    }

    fn ids(live: &TargetGroupLive) -> Vec<String> {
        vec![live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<TargetGroupLive>>> {
        let groups = groups(cloud).await?.into_iter().filter_map(|group| {
            let one =
                wanted.iter().find(|one| group.name == one.name || Self::NAME.is_successor(one.name, &group.name))?;
            Some((one, group))
        });
        let groups: Vec<_> = groups.collect();
        let arns: Vec<String> = groups.iter().map(|(_, group)| group.arn.clone()).collect();
        let groups = try_join_all(groups.into_iter().map(|(one, mut group)| async move {
            if one.spec.attributes.is_some() {
                match unless_gone(attributes(cloud, &group.arn).await)? {
                    Some(attributes) => group.attributes = attributes,
                    None => return Ok(None),
                }
            }
            Ok(Some((one, group)))
        }));
        let (mut tags, groups) = futures::try_join!(cloud.tags_of(Self::SERVICE, &arns), groups)?;
        let found = groups.into_iter().flatten().map(|(one, group)| {
            let tags = tags.remove(&group.arn).unwrap_or_default();
            Found::present(one.address, group.name.clone(), group, tags)
        });
        Ok(found.collect())
    }
}

impl TargetGroup {
    /// What differs in fields that AWS can't change.
    fn fixed(&self, live: &TargetGroupLive) -> Diff {
        let mut diff = Diff::default();
        let some = |text: &Option<String>| text.clone().map(Some);
        diff.replace("protocol", live.protocol.clone(), some(&self.protocol));
        diff.replace("port", live.port, self.port.map(Some));
        diff.replace("targetType", live.target_type.clone(), self.target_type.clone());
        diff.replace("protocolVersion", live.protocol_version.clone(), some(&self.protocol_version));
        diff
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn live() -> TargetGroupLive {
        let live = json!({
            "arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg/73e2d6bc24d8a067",
            "name": "ecs-lab-tg", "vpcId": "vpc-1", "protocol": "HTTP", "port": 3000, "targetType": "ip",
            "protocolVersion": "HTTP1", "healthCheckProtocol": "HTTP", "healthCheckPort": "traffic-port",
            "healthCheckPath": "/", "healthCheckIntervalSeconds": 30, "healthCheckTimeoutSeconds": 6,
            "healthyThresholdCount": 5, "unhealthyThresholdCount": 2, "httpCode": "200",
            "attributes": {"stickiness.enabled": "false"}});
        serde_json::from_value(live).unwrap()
    }

    fn spec(value: Value) -> TargetGroup {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_what_the_spec_gives_is_compared() {
        let cases = [
            (json!({}), vec![], true),
            (json!({"port": 3000, "protocol": "HTTP", "targetType": "ip", "protocolVersion": "HTTP1"}), vec![], true),
            (json!({"port": 8080}), vec!["port"], false),
            (json!({"targetType": "instance"}), vec!["targetType"], false),
            (
                json!({"healthCheckPath": "/health", "healthyThresholdCount": 2}),
                vec!["healthCheckPath", "healthyThresholdCount"],
                true,
            ),
            (json!({"matcher": {"httpCode": "200-299"}}), vec!["matcher.httpCode"], true),
            (
                json!({"attributes": {"stickiness.enabled": "false", "slow_start.duration_seconds": "30"}}),
                vec!["attributes.slow_start.duration_seconds"],
                true,
            ),
        ];
        for (value, paths, is_current) in cases {
            let spec = spec(value.clone());
            let diff = spec.diff(&live(), &super::super::test_others());
            let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
            assert_eq!(diff.replaces(), !is_current, "{value}");
            assert_eq!(spec.is_current(&live()), is_current, "{value}");
        }
    }

    #[test]
    fn mistakes_are_found_before_a_call() {
        let cases = [
            (json!({"port": 3000, "protocol": "HTTP", "targetType": "ip"}), vec![]),
            (json!({"targetType": "lambda"}), vec![]),
            (json!({"targetType": "pod", "port": 1, "protocol": "HTTP"}), vec!["targetType"]),
            (json!({}), vec!["protocol", "port"]),
            (json!({"port": 70000, "protocol": "HTTP"}), vec!["port"]),
            (
                json!({"port": 80, "protocol": "HTTP", "healthCheckIntervalSeconds": 5, "healthCheckTimeoutSeconds": 5}),
                vec!["healthCheckTimeoutSeconds"],
            ),
        ];
        for (value, paths) in cases {
            let problems = spec(value.clone()).check(&Checks::new(&BTreeMap::new()));
            let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
        }
        for (name, is_valid) in [("ecs-lab-tg", true), ("-tg", false), ("tg-", false), ("a_b", false)] {
            assert_eq!(TargetGroup::NAME.problem(name).is_none(), is_valid, "{name}");
        }
    }

    #[test]
    fn metrics_know_it_by_the_end_of_its_arn() {
        assert_eq!(live().full_name(), "targetgroup/ecs-lab-tg/73e2d6bc24d8a067");
    }
}
