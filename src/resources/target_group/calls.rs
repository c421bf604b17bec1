//! The calls to Elastic Load Balancing for target groups.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2 as elb;

use super::{TargetGroup, TargetGroupLive};
use crate::cloud::{Cloud, Result, elbv2_tags};
use crate::resource::{Others, Target};
use crate::resources::{Vpc, answered};

impl TargetGroupLive {
    /// Its name in metrics: `targetgroup/<name>/<id>`, the end of its ARN.
    pub(super) fn full_name(&self) -> String {
        self.arn.rsplit(':').next().unwrap_or_default().to_owned()
    }

    pub(super) fn new(group: &elb::types::TargetGroup) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            arn: text(group.target_group_arn()).unwrap_or_default(),
            name: text(group.target_group_name()).unwrap_or_default(),
            vpc_id: text(group.vpc_id()),
            protocol: text(group.protocol().map(elb::types::ProtocolEnum::as_str)),
            port: group.port(),
            target_type: text(group.target_type().map(elb::types::TargetTypeEnum::as_str)).unwrap_or_default(),
            protocol_version: text(group.protocol_version()),
            health_check_protocol: text(group.health_check_protocol().map(elb::types::ProtocolEnum::as_str)),
            health_check_port: text(group.health_check_port()),
            health_check_path: text(group.health_check_path()),
            health_check_interval_seconds: group.health_check_interval_seconds(),
            health_check_timeout_seconds: group.health_check_timeout_seconds(),
            healthy_threshold_count: group.healthy_threshold_count(),
            unhealthy_threshold_count: group.unhealthy_threshold_count(),
            http_code: text(group.matcher().and_then(elb::types::Matcher::http_code)),
            attributes: BTreeMap::new(),
        }
    }
}

/// One missing name fails a whole DescribeTargetGroups, so that all are listed.
pub(super) async fn groups(cloud: &Cloud) -> Result<Vec<TargetGroupLive>> {
    let mut pages = cloud.elbv2.describe_target_groups().page_size(400).into_paginator().send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        groups.extend(page?.target_groups().iter().map(TargetGroupLive::new));
    }
    Ok(groups)
}

pub(super) async fn attributes(cloud: &Cloud, arn: &str) -> Result<BTreeMap<String, String>> {
    let answer = cloud.elbv2.describe_target_group_attributes().target_group_arn(arn).send().await?;
    let pair = |attribute: &elb::types::TargetGroupAttribute| {
        let key = attribute.key()?.to_owned();
        Some((key, attribute.value().unwrap_or_default().to_owned()))
    };
    Ok(answer.attributes().iter().filter_map(pair).collect())
}

/// Makes one with its health check; attributes take a call of their own.
pub(super) async fn create(
    cloud: &Cloud,
    spec: &TargetGroup,
    target: &Target,
    others: &Others,
) -> Result<TargetGroupLive> {
    let vpc_id = match spec.target_type.as_deref() {
        Some("lambda") => None,
        _ => {
            let vpc = others.live(&Vpc::reference()).now();
            let vpc = vpc.expect("the VPC is looked up before anything is made in it");
            Some(vpc.vpc_id.clone())
        }
    };
    let answer = cloud
        .elbv2
        .create_target_group()
        .name(&target.name)
        .set_vpc_id(vpc_id)
        .set_protocol(spec.protocol.as_deref().map(Into::into))
        .set_port(spec.port)
        .set_target_type(spec.target_type.as_deref().map(Into::into))
        .set_protocol_version(spec.protocol_version.clone())
        .set_health_check_protocol(spec.health_check_protocol.as_deref().map(Into::into))
        .set_health_check_port(spec.health_check_port.clone())
        .set_health_check_path(spec.health_check_path.clone())
        .set_health_check_interval_seconds(spec.health_check_interval_seconds)
        .set_health_check_timeout_seconds(spec.health_check_timeout_seconds)
        .set_healthy_threshold_count(spec.healthy_threshold_count)
        .set_unhealthy_threshold_count(spec.unhealthy_threshold_count)
        .set_matcher(matcher(spec))
        .set_tags(Some(elbv2_tags(&target.tags)))
        .send()
        .await?;
    let group = answered("CreateTargetGroup", answer.target_groups().first())?;
    Ok(TargetGroupLive::new(group))
}

/// Makes its health check what the spec says.
pub(super) async fn modify(cloud: &Cloud, spec: &TargetGroup, arn: &str) -> Result<TargetGroupLive> {
    let answer = cloud
        .elbv2
        .modify_target_group()
        .target_group_arn(arn)
        .set_health_check_protocol(spec.health_check_protocol.as_deref().map(Into::into))
        .set_health_check_port(spec.health_check_port.clone())
        .set_health_check_path(spec.health_check_path.clone())
        .set_health_check_interval_seconds(spec.health_check_interval_seconds)
        .set_health_check_timeout_seconds(spec.health_check_timeout_seconds)
        .set_healthy_threshold_count(spec.healthy_threshold_count)
        .set_unhealthy_threshold_count(spec.unhealthy_threshold_count)
        .set_matcher(matcher(spec))
        .send()
        .await?;
    let group = answered("ModifyTargetGroup", answer.target_groups().first())?;
    Ok(TargetGroupLive::new(group))
}

fn matcher(spec: &TargetGroup) -> Option<elb::types::Matcher> {
    let codes = spec.matcher.as_ref()?.http_code.as_deref()?;
    Some(elb::types::Matcher::builder().http_code(codes).build())
}

pub(super) async fn set_attributes(cloud: &Cloud, arn: &str, attributes: &BTreeMap<String, String>) -> Result<()> {
    let attributes =
        attributes.iter().map(|(key, value)| elb::types::TargetGroupAttribute::builder().key(key).value(value).build());
    cloud
        .elbv2
        .modify_target_group_attributes()
        .target_group_arn(arn)
        .set_attributes(Some(attributes.collect()))
        .send()
        .await?;
    Ok(())
}
