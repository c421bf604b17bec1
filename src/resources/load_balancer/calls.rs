//! The calls to Elastic Load Balancing for load balancers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2 as elb;
use serde_json::{Value, json};

use super::LoadBalancer;
use crate::cloud::{Cloud, Result, elbv2_tags};
use crate::resource::Target;
use crate::resources::answered;
use crate::resources::found::{Live, texts};

/// Reads a load balancer off an answer.
fn live(balancer: &elb::types::LoadBalancer) -> Live {
    let state = balancer.state();
    Live {
        arn: balancer.load_balancer_arn().unwrap_or_default().to_owned(),
        name: balancer.load_balancer_name().unwrap_or_default().to_owned(),
        document: json!({
            "dnsName": balancer.dns_name(),
            "canonicalHostedZoneId": balancer.canonical_hosted_zone_id(),
            "type": balancer.r#type().map(elb::types::LoadBalancerTypeEnum::as_str),
            "scheme": balancer.scheme().map(elb::types::LoadBalancerSchemeEnum::as_str),
            "state": state.and_then(|state| state.code()).map(elb::types::LoadBalancerStateEnum::as_str),
            "stateReason": state.and_then(|state| state.reason()),
            "subnets": subnets(balancer.availability_zones()),
            "securityGroups": balancer.security_groups().iter().collect::<BTreeSet<_>>(),
            "ipAddressType": balancer.ip_address_type().map(elb::types::IpAddressType::as_str),
        }),
    }
}

fn subnets(zones: &[elb::types::AvailabilityZone]) -> BTreeSet<&str> {
    zones.iter().filter_map(|zone| zone.subnet_id()).collect()
}

/// All load balancers: one missing name fails a whole DescribeLoadBalancers. Listeners are found through them, too,
/// so that both kinds share one answer.
pub(in crate::resources) async fn balancers(cloud: &Cloud) -> Result<Arc<Vec<Live>>> {
    let list = async {
        let balancers = cloud.elbv2.describe_load_balancers().page_size(400).into_paginator().items().send();
        Ok(balancers.collect::<Result<Vec<_>, _>>().await?.iter().map(live).collect())
    };
    cloud.once(list).await
}

pub(super) async fn attributes(cloud: &Cloud, arn: &str) -> Result<BTreeMap<String, String>> {
    let answer = cloud.elbv2.describe_load_balancer_attributes().load_balancer_arn(arn).send().await?;
    let pair = |attribute: &elb::types::LoadBalancerAttribute| {
        Some((attribute.key()?.to_owned(), attribute.value().unwrap_or_default().to_owned()))
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
) -> Result<Live> {
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
    Ok(live(answered("CreateLoadBalancer", answer.load_balancers().first())?))
}

pub(super) async fn set_subnets(cloud: &Cloud, live: Live, want: &Value) -> Result<Live> {
    let set = cloud.elbv2.set_subnets().load_balancer_arn(&live.arn);
    let answer = set.set_subnets(Some(texts(want))).send().await?;
    Ok(live.with("subnets", subnets(answer.availability_zones())))
}

pub(super) async fn set_security_groups(cloud: &Cloud, live: Live, want: &Value) -> Result<Live> {
    let set = cloud.elbv2.set_security_groups().load_balancer_arn(&live.arn);
    let answer = set.set_security_groups(Some(texts(want))).send().await?;
    Ok(live.with("securityGroups", answer.security_group_ids().iter().collect::<BTreeSet<_>>()))
}

pub(super) async fn set_ip_address_type(cloud: &Cloud, live: Live, want: &Value) -> Result<Live> {
    let set = cloud.elbv2.set_ip_address_type().load_balancer_arn(&live.arn);
    set.set_ip_address_type(want.as_str().map(Into::into)).send().await?;
    Ok(live.with("ipAddressType", want))
}

pub(super) async fn set_attributes(cloud: &Cloud, live: Live, want: &Value) -> Result<Live> {
    let attributes = want.as_object().into_iter().flatten().map(|(key, value)| {
        elb::types::LoadBalancerAttribute::builder().key(key).set_value(value.as_str().map(str::to_owned)).build()
    });
    let set = cloud.elbv2.modify_load_balancer_attributes().load_balancer_arn(&live.arn);
    set.set_attributes(Some(attributes.collect())).send().await?;
    Ok(live.with_entries("attributes", want))
}
