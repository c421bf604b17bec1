//! The calls to Elastic Load Balancing for target groups.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2 as elb;
use serde_json::{Value, json};

use super::TargetGroup;
use crate::cloud::{Cloud, Result, elbv2_tags};
use crate::resource::{Others, Target};
use crate::resources::found::Live;
use crate::resources::{Vpc, answered};

/// Reads a group off an answer.
fn live(group: &elb::types::TargetGroup) -> Live {
    Live {
        arn: group.target_group_arn().unwrap_or_default().to_owned(),
        name: group.target_group_name().unwrap_or_default().to_owned(),
        document: json!({
            "protocol": group.protocol().map(elb::types::ProtocolEnum::as_str),
            "port": group.port(),
            "targetType": group.target_type().map(elb::types::TargetTypeEnum::as_str),
            "protocolVersion": group.protocol_version(),
            "healthCheckProtocol": group.health_check_protocol().map(elb::types::ProtocolEnum::as_str),
            "healthCheckPort": group.health_check_port(),
            "healthCheckPath": group.health_check_path(),
            "healthCheckIntervalSeconds": group.health_check_interval_seconds(),
            "healthCheckTimeoutSeconds": group.health_check_timeout_seconds(),
            "healthyThresholdCount": group.healthy_threshold_count(),
            "unhealthyThresholdCount": group.unhealthy_threshold_count(),
            "matcher": { "httpCode": group.matcher().and_then(elb::types::Matcher::http_code) },
        }),
    }
}

/// One missing name fails a whole DescribeTargetGroups, so that all are listed.
pub(super) async fn groups(cloud: &Cloud) -> Result<Vec<Live>> {
    let groups = cloud.elbv2.describe_target_groups().page_size(400).into_paginator().items().send();
    Ok(groups.collect::<Result<Vec<_>, _>>().await?.iter().map(live).collect())
}

pub(super) async fn attributes(cloud: &Cloud, arn: &str) -> Result<BTreeMap<String, String>> {
    let answer = cloud.elbv2.describe_target_group_attributes().target_group_arn(arn).send().await?;
    let pair = |attribute: &elb::types::TargetGroupAttribute| {
        Some((attribute.key()?.to_owned(), attribute.value().unwrap_or_default().to_owned()))
    };
    Ok(answer.attributes().iter().filter_map(pair).collect())
}

/// The parts of a call that say how targets are checked, from a document.
macro_rules! with_checks {
    ($call:expr, $want:expr) => {{
        let want: &Value = $want;
        let text = |field: &str| want[field].as_str().map(str::to_owned);
        let number = |field: &str| want[field].as_i64().and_then(|number| i32::try_from(number).ok());
        let codes = want["matcher"]["httpCode"].as_str();
        $call
            .set_health_check_protocol(want["healthCheckProtocol"].as_str().map(Into::into))
            .set_health_check_port(text("healthCheckPort"))
            .set_health_check_path(text("healthCheckPath"))
            .set_health_check_interval_seconds(number("healthCheckIntervalSeconds"))
            .set_health_check_timeout_seconds(number("healthCheckTimeoutSeconds"))
            .set_healthy_threshold_count(number("healthyThresholdCount"))
            .set_unhealthy_threshold_count(number("unhealthyThresholdCount"))
            .set_matcher(codes.map(|codes| elb::types::Matcher::builder().http_code(codes).build()))
    }};
}

/// Makes one with its health check; attributes take a call of their own.
pub(super) async fn create(cloud: &Cloud, spec: &TargetGroup, target: &Target, others: &Others) -> Result<Live> {
    let vpc_id = match spec.target_type.as_deref() {
        Some("lambda") => None,
        _ => {
            let vpc = others.live(&Vpc::reference()).now();
            let vpc = vpc.expect("the VPC is looked up before anything is made in it");
            Some(vpc.vpc_id.clone())
        }
    };
    let call = cloud
        .elbv2
        .create_target_group()
        .name(&target.name)
        .set_vpc_id(vpc_id)
        .set_protocol(spec.protocol.as_deref().map(Into::into))
        .set_port(spec.port)
        .set_target_type(spec.target_type.as_deref().map(Into::into))
        .set_protocol_version(spec.protocol_version.clone())
        .set_tags(Some(elbv2_tags(&target.tags)));
    let answer = with_checks!(call, &json!(spec)).send().await?;
    Ok(live(answered("CreateTargetGroup", answer.target_groups().first())?))
}

/// Makes its health check what is wanted.
pub(super) async fn modify(cloud: &Cloud, before: &Live, want: &Value) -> Result<Live> {
    let call = cloud.elbv2.modify_target_group().target_group_arn(&before.arn);
    let answer = with_checks!(call, want).send().await?;
    let live = live(answered("ModifyTargetGroup", answer.target_groups().first())?);
    Ok(live.with("attributes", &before.document["attributes"]))
}

pub(super) async fn set_attributes(cloud: &Cloud, live: Live, want: &Value) -> Result<Live> {
    let attributes = want.as_object().into_iter().flatten().map(|(key, value)| {
        elb::types::TargetGroupAttribute::builder().key(key).set_value(value.as_str().map(str::to_owned)).build()
    });
    let set = cloud.elbv2.modify_target_group_attributes().target_group_arn(&live.arn);
    set.set_attributes(Some(attributes.collect())).send().await?;
    Ok(live.with_entries("attributes", want))
}
