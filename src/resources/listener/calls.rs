//! The calls to Elastic Load Balancing for listeners.

use aws_sdk_elasticloadbalancingv2 as elb;

use super::action::{document, target_groups};
use super::{Listener, ListenerLive};
use crate::cloud::{Cloud, Result, elbv2_tags};
use crate::resource::{Others, Target};
use crate::resources::answered;

impl ListenerLive {
    pub(super) fn new(listener: &elb::types::Listener) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let mut actions: Vec<&elb::types::Action> = listener.default_actions().iter().collect();
        actions.sort_by_key(|action| action.order());
        let groups = actions.iter().flat_map(|action| target_groups(action));
        let certificates = listener.certificates().iter();
        Self {
            arn: text(listener.listener_arn()),
            load_balancer_arn: text(listener.load_balancer_arn()),
            port: listener.port().unwrap_or_default(),
            protocol: text(listener.protocol().map(elb::types::ProtocolEnum::as_str)),
            ssl_policy: listener.ssl_policy().map(str::to_owned),
            certificates: certificates.filter_map(|one| one.certificate_arn().map(str::to_owned)).collect(),
            alpn_policy: listener.alpn_policy().to_vec(),
            target_group_arns: groups.collect(),
            default_actions: actions.into_iter().map(document).collect(),
        }
    }
}

/// The listeners of the load balancer with this ARN.
pub(in crate::resources) async fn listeners(cloud: &Cloud, balancer: &str) -> Result<Vec<ListenerLive>> {
    let mut pages = cloud.elbv2.describe_listeners().load_balancer_arn(balancer).into_paginator().send();
    let mut listeners = Vec::new();
    while let Some(page) = pages.next().await {
        listeners.extend(page?.listeners().iter().map(ListenerLive::new));
    }
    Ok(listeners)
}

pub(super) async fn create(cloud: &Cloud, spec: &Listener, target: &Target, others: &Others) -> Result<ListenerLive> {
    let balancer = others.live(&spec.load_balancer_arn).now();
    let balancer = balancer.expect("its load balancer is made before it");
    let answer = cloud
        .elbv2
        .create_listener()
        .load_balancer_arn(&balancer.arn)
        .port(spec.port)
        .protocol(spec.protocol.as_str().into())
        .set_ssl_policy(spec.ssl_policy.clone())
        .set_certificates(certificates(spec))
        .set_alpn_policy(spec.alpn_policy.clone())
        .set_default_actions(Some(actions(spec, others)))
        .set_tags(Some(elbv2_tags(&target.tags)))
        .send()
        .await?;
    let listener = answered("CreateListener", answer.listeners().first())?;
    Ok(ListenerLive::new(listener))
}

pub(super) async fn modify(cloud: &Cloud, spec: &Listener, arn: &str, others: &Others) -> Result<ListenerLive> {
    let answer = cloud
        .elbv2
        .modify_listener()
        .listener_arn(arn)
        .port(spec.port)
        .protocol(spec.protocol.as_str().into())
        .set_ssl_policy(spec.ssl_policy.clone())
        .set_certificates(certificates(spec))
        .set_alpn_policy(spec.alpn_policy.clone())
        .set_default_actions(Some(actions(spec, others)))
        .send()
        .await?;
    let listener = answered("ModifyListener", answer.listeners().first())?;
    Ok(ListenerLive::new(listener))
}

fn actions(spec: &Listener, others: &Others) -> Vec<elb::types::Action> {
    spec.in_order().map(|action| action.to_wire(others)).collect()
}

fn certificates(spec: &Listener) -> Option<Vec<elb::types::Certificate>> {
    let certificates = spec
        .certificates
        .as_ref()?
        .iter()
        .map(|one| elb::types::Certificate::builder().certificate_arn(&one.certificate_arn).build());
    Some(certificates.collect())
}
