//! Target groups of Elastic Load Balancing.

mod holders;

use std::collections::BTreeMap;

use labform_account::rules::{TARGET_GROUP, TARGET_GROUP_ATTRIBUTES};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::balancing::{attributes_heard, attributes_said, is_name, numbers, service_role};
use super::held::held_by;
use super::made_for;
use super::network::{OwnVpc, default_to};
use super::vpc::{vpc_id, vpc_ref};
use crate::cloud::{Cloud, CloudError, ELASTIC_LOAD_BALANCING, Result};
use crate::model::Tags;
use crate::resource::{
    Beside, CallRules, Calls, Checks, Field, Grant, Habits, Home, Live, Managed as _, NameRule, Others, Output, Pasted,
    Place, Plain, Problem, REST, Read, Ref, Replacing, Sending, SpecRef, Target, When, all, breaches, call, change,
    document, each, replace, update,
};

/// A target group: the fields of CreateTargetGroup, and its attributes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetGroup {
    /// The target group's name.
    pub name: Option<String>,
    /// The protocol between load balancer and targets: `HTTP` or `HTTPS` behind an application load balancer, `TCP`, `TLS`,
    /// `UDP` or `TCP_UDP` behind a network load balancer.
    pub protocol: Option<String>,
    /// The port that targets listen on.
    pub port: Option<i32>,
    /// The VPC of the targets, a name below `vpcs`; the lab's if it is left out.
    pub vpc_id: Option<Ref<OwnVpc>>,
    /// The kind of targets: `ip`, `instance`, `lambda` or `alb`.
    pub target_type: Option<String>,
    /// The version of HTTP: `HTTP1`, `HTTP2` or `GRPC`.
    pub protocol_version: Option<String>,
    /// The protocol of health checks: `HTTP` or `HTTPS`, or `TCP` behind a network load balancer.
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
    /// The answers that count as healthy.
    pub matcher: Option<Matcher>,
    /// Attributes by AWS's key, as in `deregistration_delay.timeout_seconds`.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// The answers that count as healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matcher {
    /// The HTTP codes, as in `200` or `200-299`.
    pub http_code: Option<String>,
    /// The codes of gRPC, as in `0` or `0-99`.
    pub grpc_code: Option<String>,
}

/// The listing of all target groups, because a missing name fails a whole DescribeTargetGroups.
const LIST: Read = all("DescribeTargetGroups", "TargetGroups").with(r#"{"PageSize": 400}"#);

impl Plain for TargetGroup {
    const KIND: &'static str = "targetGroup";
    const SECTION: &'static str = "targetGroups";
    const NAME: NameRule = NameRule::new("name", 1..=32, "letters, digits and -, and no - at either end", is_name);
    const FIELDS: &'static [Field] = &[
        replace("protocol"),
        replace("port"),
        replace("vpcId"),
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
        update("matcher.grpcCode"),
        update("attributes"),
    ];
    const RULES: CallRules = &[&TARGET_GROUP];
    const PASTED: Pasted = Pasted {
        around: &["targetGroups"],
        told: &["loadBalancerArns", "targetGroupArn", "vpcId"],
        beyond: &[("targetControlPort", "null")],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &ELASTIC_LOAD_BALANCING,
        arn: "targetgroup/{name}/*",
        id: "TargetGroupArn",
        name: "TargetGroupName",
        made: "",
        brings_tags: false,
        create: call("CreateTargetGroup", "Name"),
        read: &[LIST, each("DescribeTargetGroupAttributes", "TargetGroupArn").by_arn().only_for("attributes")],
        list: LIST,
        updates: &[
            change(call("ModifyTargetGroup", "TargetGroupArn"), REST).given(),
            change(call("ModifyTargetGroupAttributes", "TargetGroupArn"), &["attributes"]).given().after_create(),
        ],
        // AWS deletes a target group that is gone already with success (DeleteTargetGroup, API reference).
        delete: call("DeleteTargetGroup", "TargetGroupArn"),
        restore: None,
    };
    /// A target group can't be made anew under its own name while a listener forwards to it.
    const HABITS: Habits = Habits { replacing: Replacing::CreateFirst, ..Habits::USUAL };

    fn refs(&self) -> Vec<SpecRef> {
        vec![vpc_ref(self.vpc_id.as_ref())]
    }

    fn place_in(section: &mut Value, home: &Home) {
        if section["targetType"] != "lambda" {
            default_to(section, "vpcId", home.vpc.as_str());
        }
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        if self.vpc_id.is_some() {
            want["vpcId"] = vpc_id(self.vpc_id.as_ref(), others).shown().into();
        }
        want
    }

    fn links(live: &Live) -> Vec<String> {
        vec![live.text("vpcId").to_owned()]
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let fields = document(self);
        let mut problems = breaches(&TARGET_GROUP, &fields);
        problems.extend(breaches(&TARGET_GROUP_ATTRIBUTES, &fields));
        problems
    }

    fn heard(document: &mut Value) {
        attributes_heard(document);
        numbers(document, &["port", "healthCheckIntervalSeconds", "healthCheckTimeoutSeconds"]);
        numbers(document, &["healthyThresholdCount", "unhealthyThresholdCount"]);
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        attributes_said(&mut sending.fields);
        if sending.live.is_none() && self.target_type.as_deref() != Some("lambda") {
            let vpc = vpc_id(self.vpc_id.as_ref(), sending.others).now();
            let vpc = vpc.expect("the VPC is there before anything is made in it");
            sending.fields.insert("vpcId".to_owned(), vpc.into());
        }
        Ok(())
    }

    async fn made(&self, cloud: &Cloud, target: &Target, live: Live, _tags: Tags) -> Result<Live> {
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        Ok(live)
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        // Metrics know it by the end of its ARN: `targetgroup/<name>/<id>`.
        vec![Output::live("fullName", live.and_then(|live| live.arn.rsplit(':').next()))]
    }

    fn more_grants(&self, _name: &str, _place: &Place) -> Vec<Grant> {
        vec![service_role()]
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        match when {
            When::Planned => Ok(Vec::new()),
            When::Refused => holders::beside(cloud, lab, &live.arn).await,
        }
    }

    async fn refused(cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.is("ResourceInUse") {
            return error;
        }
        let holders = holders::holders(cloud, &live.arn).await;
        held_by(error, holders)
    }
}

impl TargetGroup {
    /// Returns whether targets see the addresses of clients ("Edit target group attributes for your Network Load Balancer",
    /// user guide).
    pub(super) fn preserves_client_ip(&self) -> bool {
        let given = self.attributes.as_ref().and_then(|attributes| attributes.get("preserve_client_ip.enabled"));
        match self.protocol.as_deref() {
            Some("UDP" | "TCP_UDP") => true,
            Some("TCP" | "TLS") => given.map_or(self.target_type.as_deref() != Some("ip"), |value| value == "true"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::Resource;

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
            let problems = Plain::check(&spec(value.clone()), &Checks::new(&BTreeMap::new()));
            let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
        }
        for (name, is_valid) in [("ecs-lab-tg", true), ("-tg", false), ("tg-", false), ("a_b", false)] {
            assert_eq!(<TargetGroup as Plain>::NAME.problem(name).is_none(), is_valid, "{name}");
        }
    }

    #[test]
    fn metrics_know_it_by_the_end_of_its_arn() {
        let outputs = TargetGroup::outputs(&super::super::test_others().place, "ecs-lab-tg", Some(&live()));
        let full_name = Output::fixed("fullName", "targetgroup/ecs-lab-tg/73e2d6bc24d8a067");
        assert!(outputs.contains(&full_name), "{outputs:?}");
    }
}
