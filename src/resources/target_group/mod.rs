//! Target groups of Elastic Load Balancing.

mod calls;
mod holders;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::found::{self, Live, gone};
use super::held::held_by;
use super::load_balancer::{self, is_balancing_name};
use super::made_for;
use super::vpc::Vpc;
use crate::cloud::{self, Cloud, Result, unless_gone};
use crate::resource::{
    Checks, Edit, Field, Found, Grant, Granted, Managed, NameRule, Names, Need, Others, Output, Place, Problem,
    Replacing, Resource, SpecRef, Target, Waiting, Wanted, replace, update,
};
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
    const FIELDS: &'static [Field] = &[
        replace("protocol"),
        replace("port"),
        replace("targetType"),
        replace("protocolVersion"),
        update("healthCheckProtocol"),
        update("healthCheckPort"),
        update("healthCheckPath"),
        update("healthCheckIntervalSeconds"),
        update("healthCheckTimeoutSeconds"),
        update("healthyThresholdCount"),
        update("unhealthyThresholdCount"),
        update("matcher.httpCode"),
        update("attributes"),
    ];
    type Live = Live;

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

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

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn outputs(_place: &Place, name: &str, live: Option<&Live>) -> Vec<Output> {
        // Metrics know it by the end of its ARN: `targetgroup/<name>/<id>`.
        let full_name = live.and_then(|live| live.arn.rsplit(':').next());
        vec![
            Output::fixed("name", name),
            Output::live("arn", live.map(|live| live.arn.as_str())),
            Output::live("fullName", full_name),
        ]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<Live>>> {
        let groups = calls::groups(cloud).await?;
        found::named(cloud, wanted, groups, |one, live| async move {
            if one.spec.attributes.is_none() {
                return Ok(Some(live));
            }
            let attributes = unless_gone(calls::attributes(cloud, &live.arn).await)?;
            Ok(attributes.map(|attributes| live.with("attributes", attributes)))
        })
        .await
    }
}

impl Managed for TargetGroup {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::ELASTIC_LOAD_BALANCING);

    /// A target group can't be made anew under its own name while a listener forwards to it.
    const REPLACING: Replacing = Replacing::CreateFirst;

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        found::of_lab(cloud, Self::SERVICE, lab, calls::groups(cloud).await?, |live| (&live.name, &live.arn)).await
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let live = calls::create(cloud, self, target, others).await?;
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        match self.attributes {
            Some(_) => calls::set_attributes(cloud, live, &json!(self.attributes)).await,
            None => Ok(live),
        }
    }

    async fn update(&self, cloud: &Cloud, _: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        let is_attribute = |path: &str| path.starts_with("attributes.");
        let live = match edit.diff.fields.iter().all(|field| is_attribute(&field.path)) {
            true => live.clone(),
            false => calls::modify(cloud, live, &edit.want).await?,
        };
        match edit.touches("attributes") {
            true => calls::set_attributes(cloud, live, &edit.want["attributes"]).await,
            false => Ok(live),
        }
    }

    /// AWS deletes a target group that is gone already with success (DeleteTargetGroup, API reference).
    async fn delete(cloud: &Cloud, live: &Live, _waiting: &Waiting) -> Result<()> {
        match gone(cloud.elbv2.delete_target_group().target_group_arn(&live.arn).send().await) {
            Err(error) if error.is("ResourceInUse") => Err(held_by(error, holders::holders(cloud, &live.arn).await)),
            answer => answer,
        }
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
        live.arn.clone()
    }
}

impl Granted for TargetGroup {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroups"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let successor = Self::NAME.successor(name, "????????");
        let groups = [name, &successor].map(|name| place.arn("elasticloadbalancing", &format!("targetgroup/{name}/*")));
        let create = &["elasticloadbalancing:CreateTargetGroup"];
        let mut grants = vec![
            Grant::on(Need::Change, create, groups).tagging(place),
            Grant::on_owned(Need::Delete, &["elasticloadbalancing:DeleteTargetGroup"], place),
            // What forwards to a group; listeners are listed anyhow.
            Grant::in_region(Need::Delete, &["elasticloadbalancing:DescribeRules"], place),
            Grant::on_owned(Need::Change, &["elasticloadbalancing:ModifyTargetGroup"], place),
        ];
        if self.attributes.is_some() {
            let read = &["elasticloadbalancing:DescribeTargetGroupAttributes"];
            grants.push(Grant::on_owned(Need::Change, &["elasticloadbalancing:ModifyTargetGroupAttributes"], place));
            grants.push(Grant::in_region(Need::Read, read, place));
        }
        grants.extend(load_balancer::tags(place));
        grants.extend(load_balancer::service_role(place));
        grants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Live {
        let live = json!({
            "arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg/73e2d6bc24d8a067",
            "name": "ecs-lab-tg", "document": {"protocol": "HTTP", "port": 3000, "targetType": "ip",
            "protocolVersion": "HTTP1", "healthCheckProtocol": "HTTP", "healthCheckPort": "traffic-port",
            "healthCheckPath": "/", "healthCheckIntervalSeconds": 30, "healthCheckTimeoutSeconds": 6,
            "healthyThresholdCount": 5, "unhealthyThresholdCount": 2, "matcher": {"httpCode": "200"},
            "attributes": {"stickiness.enabled": "false"}}});
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
            let diff = spec.edit(&live(), &super::super::test_others(), &[]).diff;
            let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
            assert_eq!(diff.replaces(), !is_current, "{value}");
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
        let outputs = TargetGroup::outputs(&super::super::test_others().place, "ecs-lab-tg", Some(&live()));
        let full_name = Output::fixed("fullName", "targetgroup/ecs-lab-tg/73e2d6bc24d8a067");
        assert!(outputs.contains(&full_name), "{outputs:?}");
    }
}
