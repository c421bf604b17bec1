//! The calls to Elastic Load Balancing for listeners.

use aws_sdk_elasticloadbalancingv2 as elb;

use serde_json::{Value, json};

use super::Listener;
use super::action::{document, target_groups, to_wire};
use crate::cloud::{Cloud, Result, elbv2_tags};
use crate::resource::{Edit, Others, Target};
use crate::resources::answered;
use crate::resources::ecs::{list, text};
use crate::resources::found::{Live, texts};

/// Reads a listener off an answer. Plans and messages call it `<load balancer>:<port>`.
fn live(listener: &elb::types::Listener) -> Live {
    let balancer = listener.load_balancer_arn().unwrap_or_default();
    let port = listener.port().unwrap_or_default();
    let mut actions: Vec<&elb::types::Action> = listener.default_actions().iter().collect();
    actions.sort_by_key(|action| action.order());
    let groups: Vec<String> = actions.iter().flat_map(|action| target_groups(action)).collect();
    let certificates = listener.certificates().iter().filter_map(|one| one.certificate_arn());
    Live {
        name: format!("{}:{port}", balancer.split('/').nth(2).unwrap_or(balancer)),
        arn: listener.listener_arn().unwrap_or_default().to_owned(),
        document: json!({
            "loadBalancerArn": balancer,
            "port": port,
            "protocol": listener.protocol().map(elb::types::ProtocolEnum::as_str),
            "sslPolicy": listener.ssl_policy(),
            "certificates": certificates.map(|arn| json!({ "certificateArn": arn })).collect::<Vec<_>>(),
            "alpnPolicy": listener.alpn_policy(),
            "defaultActions": actions.into_iter().map(document).collect::<Vec<_>>(),
            "targetGroupArns": groups,
        }),
    }
}

/// The listeners of the load balancer with this ARN.
pub(in crate::resources) async fn listeners(cloud: &Cloud, balancer: &str) -> Result<Vec<Live>> {
    let listeners = cloud.elbv2.describe_listeners().load_balancer_arn(balancer).into_paginator().items().send();
    Ok(listeners.collect::<Result<Vec<_>, _>>().await?.iter().map(live).collect())
}

pub(super) async fn create(cloud: &Cloud, spec: &Listener, target: &Target, others: &Others) -> Result<Live> {
    let balancer = others.live(&spec.load_balancer_arn).now();
    let balancer = balancer.expect("its load balancer is made before it");
    let body = spec.body(others);
    let answer = cloud
        .elbv2
        .create_listener()
        .load_balancer_arn(&balancer.arn)
        .port(spec.port)
        .protocol(spec.protocol.as_str().into())
        .set_ssl_policy(spec.ssl_policy.clone())
        .set_certificates(certificates(&body))
        .set_alpn_policy(spec.alpn_policy.clone())
        .set_default_actions(Some(actions(&body)))
        .set_tags(Some(elbv2_tags(&target.tags)))
        .send()
        .await?;
    Ok(live(answered("CreateListener", answer.listeners().first())?))
}

/// Sends what differs of `edit`; all else stays as it is (ModifyListener, API reference).
pub(super) async fn modify(cloud: &Cloud, arn: &str, edit: &Edit) -> Result<Live> {
    let want = |field: &str| edit.want.get(field).filter(|_| edit.touches(field));
    let text = |field: &str| want(field).and_then(Value::as_str);
    let port = want("port").and_then(Value::as_i64).and_then(|port| i32::try_from(port).ok());
    let answer = cloud
        .elbv2
        .modify_listener()
        .listener_arn(arn)
        .set_port(port)
        .set_protocol(text("protocol").map(Into::into))
        .set_ssl_policy(text("sslPolicy").map(str::to_owned))
        .set_certificates(want("certificates").and_then(|_| certificates(&edit.want)))
        .set_alpn_policy(want("alpnPolicy").map(texts))
        .set_default_actions(want("defaultActions").map(|_| actions(&edit.want)))
        .send()
        .await?;
    Ok(live(answered("ModifyListener", answer.listeners().first())?))
}

fn actions(body: &Value) -> Vec<elb::types::Action> {
    let actions: Vec<&Value> = list(body, "defaultActions").collect();
    let several = actions.len() > 1;
    actions.into_iter().zip(1..).map(|(action, order)| to_wire(action, several.then_some(order))).collect()
}

fn certificates(body: &Value) -> Option<Vec<elb::types::Certificate>> {
    body.get("certificates")?;
    let certificate = |one| elb::types::Certificate::builder().certificate_arn(text(one, "certificateArn")).build();
    Some(list(body, "certificates").map(certificate).collect())
}
