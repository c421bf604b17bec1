//! The calls to Elastic Load Balancing for load balancers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2 as elb;

use super::{LoadBalancer, LoadBalancerLive};
use crate::cloud::{Cloud, Result, elbv2_tags};
use crate::resource::Target;
use crate::resources::answered;

impl LoadBalancerLive {
    pub(super) fn new(balancer: &elb::types::LoadBalancer) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let state = balancer.state();
        let zones = balancer.availability_zones().iter();
        Self {
            arn: text(balancer.load_balancer_arn()),
            name: text(balancer.load_balancer_name()),
            dns_name: text(balancer.dns_name()),
            canonical_hosted_zone_id: text(balancer.canonical_hosted_zone_id()),
            r#type: text(balancer.r#type().map(elb::types::LoadBalancerTypeEnum::as_str)),
            scheme: text(balancer.scheme().map(elb::types::LoadBalancerSchemeEnum::as_str)),
            state: text(state.and_then(|state| state.code()).map(elb::types::LoadBalancerStateEnum::as_str)),
            state_reason: state.and_then(|state| state.reason()).map(str::to_owned),
            subnets: zones.filter_map(|zone| zone.subnet_id().map(str::to_owned)).collect(),
            security_groups: balancer.security_groups().iter().cloned().collect(),
            ip_address_type: text(balancer.ip_address_type().map(elb::types::IpAddressType::as_str)),
            attributes: BTreeMap::new(),
        }
    }
}

/// All load balancers: one missing name fails a whole DescribeLoadBalancers. Listeners are found through them, too,
/// so that both kinds share one answer.
pub(in crate::resources) async fn balancers(cloud: &Cloud) -> Result<Arc<Vec<LoadBalancerLive>>> {
    let list = async {
        let mut pages = cloud.elbv2.describe_load_balancers().page_size(400).into_paginator().send();
        let mut balancers = Vec::new();
        while let Some(page) = pages.next().await {
            balancers.extend(page?.load_balancers().iter().map(LoadBalancerLive::new));
        }
        Ok(balancers)
    };
    cloud.once(list).await
}

pub(super) async fn attributes(cloud: &Cloud, arn: &str) -> Result<BTreeMap<String, String>> {
    let answer = cloud.elbv2.describe_load_balancer_attributes().load_balancer_arn(arn).send().await?;
    let pair = |attribute: &elb::types::LoadBalancerAttribute| {
        let key = attribute.key()?.to_owned();
        Some((key, attribute.value().unwrap_or_default().to_owned()))
    };
    Ok(answer.attributes().iter().filter_map(pair).collect())
}

/// Makes one; attributes take a call of their own.
pub(super) async fn create(
    cloud: &Cloud,
    spec: &LoadBalancer,
    target: &Target,
    subnets: Vec<String>,
    groups: Vec<String>,
) -> Result<LoadBalancerLive> {
    let answer = cloud
        .elbv2
        .create_load_balancer()
        .name(&target.name)
        .set_type(spec.r#type.as_deref().map(Into::into))
        .set_scheme(spec.scheme.as_deref().map(Into::into))
        .set_subnets(Some(subnets))
        .set_security_groups((!groups.is_empty()).then_some(groups))
        .set_ip_address_type(spec.ip_address_type.as_deref().map(Into::into))
        .set_tags(Some(elbv2_tags(&target.tags)))
        .send()
        .await?;
    let balancer = answered("CreateLoadBalancer", answer.load_balancers().first())?;
    Ok(LoadBalancerLive::new(balancer))
}

pub(super) async fn set_subnets(cloud: &Cloud, arn: &str, subnets: Vec<String>) -> Result<BTreeSet<String>> {
    let set = cloud.elbv2.set_subnets().load_balancer_arn(arn);
    let answer = set.set_subnets(Some(subnets)).send().await?;
    let zones = answer.availability_zones().iter();
    Ok(zones.filter_map(|zone| zone.subnet_id().map(str::to_owned)).collect())
}

pub(super) async fn set_security_groups(cloud: &Cloud, arn: &str, groups: Vec<String>) -> Result<BTreeSet<String>> {
    let set = cloud.elbv2.set_security_groups().load_balancer_arn(arn);
    let answer = set.set_security_groups(Some(groups)).send().await?;
    Ok(answer.security_group_ids().iter().cloned().collect())
}

pub(super) async fn set_ip_address_type(cloud: &Cloud, arn: &str, kind: &str) -> Result<()> {
    let set = cloud.elbv2.set_ip_address_type().load_balancer_arn(arn);
    set.ip_address_type(kind.into()).send().await?;
    Ok(())
}

pub(super) async fn set_attributes(cloud: &Cloud, arn: &str, attributes: &BTreeMap<String, String>) -> Result<()> {
    let attributes = attributes
        .iter()
        .map(|(key, value)| elb::types::LoadBalancerAttribute::builder().key(key).value(value).build());
    cloud
        .elbv2
        .modify_load_balancer_attributes()
        .load_balancer_arn(arn)
        .set_attributes(Some(attributes.collect()))
        .send()
        .await?;
    Ok(())
}
