//! Network interfaces, which keep a security group, a subnet or a VPC from being deleted: whose each is.
//!
//! Knows: how AWS's services describe the interfaces that they make. Must not know: what is deleted.

use std::collections::BTreeSet;

use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::{Filter, NetworkInterface};
use serde_json::{Value, json};

use super::cluster::tenants;
use super::ecs::{list, text, texts};
use crate::cloud::{Cloud, EC2, EFS, LAB_TAG, Result, unless_gone};

/// The network interfaces whose property `filter` is `value`.
///
/// # Errors
/// If they can't be read.
pub(super) async fn interfaces(cloud: &Cloud, filter: &str, value: &str) -> Result<Vec<NetworkInterface>> {
    let filter = Filter::builder().name(filter).values(value).build();
    let mut pages = cloud.ec2.describe_network_interfaces().filters(filter).into_paginator().send();
    let mut interfaces = Vec::new();
    while let Some(page) = pages.next().await {
        interfaces.extend(page?.network_interfaces().iter().cloned());
    }
    Ok(interfaces)
}

/// Those of the interfaces that belong to what `lab` didn't make, in words, and others' services with tasks in just such a
/// network. The interface of a load balancer may be the lab's, and that of a task for which no service speaks.
///
/// # Errors
/// If the lab's own gateways and endpoints can't be read, or the services.
pub(super) async fn of_others(cloud: &Cloud, lab: &str, interfaces: &[NetworkInterface]) -> Result<Vec<String>> {
    let (mut words, mut tasks) = (Vec::new(), Vec::new());
    let mut own = None;
    for interface in interfaces {
        let is_others = match owner(interface).2 {
            Maker::LoadBalancer => false,
            Maker::Task => {
                tasks.push(interface);
                false
            }
            Maker::Another => true,
            Maker::Network(id) => {
                let own = match &mut own {
                    Some(own) => own,
                    none => none.insert(own_ids(cloud, lab).await?),
                };
                !(own.contains(&id) || id.starts_with("fs-") && is_own_file_system(cloud, lab, &id).await?)
            }
        };
        if is_others {
            words.push(in_words(interface));
        }
    }
    if !tasks.is_empty() {
        let holds = |network: &Value| tasks.iter().any(|interface| is_in(interface, network));
        words.extend(tenants(cloud, lab, holds).await?);
    }
    Ok(words)
}

/// Returns whether an interface stands in the network of a service's tasks: in one of its subnets, with its groups.
fn is_in(interface: &NetworkInterface, network: &Value) -> bool {
    let subnet = interface.subnet_id().unwrap_or_default();
    let groups = interface.groups().iter().filter_map(|group| group.group_id());
    let wanted: BTreeSet<String> = texts(&network["securityGroups"]).into_iter().collect();
    let has_groups = match wanted.is_empty() {
        // Without groups of their own they have the VPC's.
        true => interface.groups().iter().all(|group| group.group_name() == Some("default")),
        false => groups.map(str::to_owned).collect::<BTreeSet<_>>() == wanted,
    };
    has_groups && texts(&network["subnets"]).iter().any(|one| one == subnet)
}

/// The ids of the lab's own NAT gateways and endpoints.
async fn own_ids(cloud: &Cloud, lab: &str) -> Result<Vec<String>> {
    let asked = json!({"Filter": [{"Name": format!("tag:{LAB_TAG}"), "Value": [lab]}]});
    let reads = [
        ("DescribeNatGateways", "natGatewaySet", "natGatewayId"),
        ("DescribeVpcEndpoints", "vpcEndpointSet", "vpcEndpointId"),
    ];
    let mut ids = Vec::new();
    for (operation, items, id) in reads {
        for page in cloud.pages(&EC2, operation, asked.clone()).await? {
            ids.extend(list(&page, items).map(|one| text(one, id)));
        }
    }
    Ok(ids)
}

/// Returns whether the file system of this id carries the lab's tag.
async fn is_own_file_system(cloud: &Cloud, lab: &str, id: &str) -> Result<bool> {
    let asked = json!({ "FileSystemId": id });
    let answer = unless_gone(cloud.call(&EFS, "DescribeFileSystems", asked).await)?.unwrap_or_default();
    let tags = list(&answer, "FileSystems").filter_map(|one| EFS.tags.shape.read(&one[EFS.tags.shown]));
    Ok(tags.into_iter().any(|tags| tags.get(LAB_TAG).is_some_and(|of| of == lab)))
}

/// The words for an interface: `network interface eni-1 of load balancer web (in-use since …): AWS removes it …`.
pub(super) fn in_words(interface: &NetworkInterface) -> String {
    let id = interface.network_interface_id().unwrap_or_default();
    let status = interface.status().map_or("status unknown", |status| status.as_str());
    let attachment = interface.attachment();
    let since =
        attachment.and_then(|attachment| attachment.attach_time()).map(|time| format!(" since {}", shown(time)));
    let (whose, frees, _) = owner(interface);
    format!("network interface {id} of {whose} ({status}{}): {frees}", since.unwrap_or_default())
}

fn shown(time: &DateTime) -> String {
    DateTime::from_secs(time.secs()).fmt(DateTimeFormat::DateTime).unwrap_or_else(|_| time.secs().to_string())
}

/// The maker of what has an interface.
enum Maker {
    /// A load balancer.
    LoadBalancer,
    /// A task.
    Task,
    /// A NAT gateway, an endpoint or a file system of this id.
    Network(String),
    /// Labform makes nothing of the kind.
    Another,
}

/// Returns whose an interface is, told by how AWS's services describe theirs, what will free it, and who made that.
fn owner(interface: &NetworkInterface) -> (String, String, Maker) {
    let description = interface.description().unwrap_or_default();
    let attachment = interface.attachment();
    let instance = attachment.and_then(|attachment| attachment.instance_id());
    let tag = |wanted: &str| {
        let mut tags = interface.tag_set().iter();
        tags.find(|tag| tag.key() == Some(wanted))?.value()
    };
    let after = |prefix: &str| description.strip_prefix(prefix);
    if let Some(name) = after("ELB ") {
        // `app/<name>/<id>` or `net/<name>/<id>`; a classic one has its bare name.
        let name = name.split('/').nth(1).unwrap_or(name);
        return (
            format!("load balancer {name}"),
            "AWS removes it a few minutes after the load balancer is deleted".to_owned(),
            Maker::LoadBalancer,
        );
    }
    if let Some((_, task)) = description.split_once(":attachment/") {
        let whose = match tag("aws:ecs:serviceName") {
            Some(service) => format!("a task of service {service}"),
            None => format!("an ECS task (attachment {task})"),
        };
        let frees = "it goes with its task; ECS stops it with the service";
        return (whose, frees.to_owned(), Maker::Task);
    }
    if let Some((id, _)) = after("EFS mount target for ").and_then(|rest| rest.split_once(' ')) {
        let frees = "AWS removes it a minute or two after the mount target is deleted";
        return (format!("a mount target of file system {id}"), frees.to_owned(), Maker::Network(id.to_owned()));
    }
    for (prefix, what) in [("Interface for NAT Gateway ", "NAT gateway"), ("VPC Endpoint Interface ", "endpoint")] {
        if let Some(id) = after(prefix) {
            let frees = format!("AWS removes it a few minutes after the {what} is deleted");
            return (format!("{what} {id}"), frees, Maker::Network(id.to_owned()));
        }
    }
    if let Some(function) = after("AWS Lambda VPC ENI-") {
        // `<name>-<UUID>`, and a UUID has five parts.
        let function = function.rsplitn(6, '-').last().unwrap_or(function);
        return (
            format!("Lambda function {function}"),
            "delete the function that uses it; AWS removes it up to 45 minutes later".to_owned(),
            Maker::Another,
        );
    }
    if let Some(instance) = instance {
        let frees = format!("terminate {instance}, or give it another security group");
        return (format!("instance {instance}"), frees, Maker::Another);
    }
    let words = match description {
        "" => String::new(),
        words => format!(" \"{words}\""),
    };
    let id = interface.network_interface_id().unwrap_or_default();
    let (whose, frees) = match (interface.requester_managed(), interface.requester_id()) {
        (Some(true), requester) => (
            format!("{}{words}", requester.unwrap_or("a service of AWS")),
            "it goes when what it was made for is deleted".to_owned(),
        ),
        _ if attachment.is_none() => (
            format!("somebody else{words}"),
            format!(
                "nothing uses it; delete it with `aws ec2 delete-network-interface \
                 --network-interface-id {id}`, or ask its owner"
            ),
        ),
        _ => (
            format!("somebody else{words}"),
            "ask its owner to delete it, or to give it another security group".to_owned(),
        ),
    };
    (whose, frees, Maker::Another)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{
        NetworkInterfaceAttachment, NetworkInterfaceStatus, Tag, builders::NetworkInterfaceBuilder,
    };

    use super::*;

    fn made(description: &str, change: fn(NetworkInterfaceBuilder) -> NetworkInterfaceBuilder) -> String {
        let attachment = NetworkInterfaceAttachment::builder().attach_time(DateTime::from_secs(1_788_000_000));
        let made = NetworkInterface::builder()
            .network_interface_id("eni-1")
            .description(description)
            .status(NetworkInterfaceStatus::InUse)
            .attachment(attachment.build());
        in_words(&change(made).build())
    }

    #[test]
    fn an_interface_is_shown_with_its_owner_and_what_frees_it() {
        let task = "arn:aws:ecs:eu-west-1:1:attachment/1f3c";
        let service = |made: NetworkInterfaceBuilder| {
            let tag = Tag::builder().key("aws:ecs:serviceName").value("web");
            made.tag_set(tag.build())
        };
        let instance = |made: NetworkInterfaceBuilder| {
            made.attachment(NetworkInterfaceAttachment::builder().instance_id("i-1").build())
        };
        let of_aws = |made: NetworkInterfaceBuilder| made.requester_managed(true).requester_id("amazon-rds");
        let loose = |made: NetworkInterfaceBuilder| made.set_attachment(None).status(NetworkInterfaceStatus::Available);
        let shown = [
            made("ELB app/web-alb/50dc6c495c0c9188", |made| made),
            made(task, |made| made),
            made(task, service),
            made("AWS Lambda VPC ENI-my-thumbs-3b2e4f5a-0000-4000-8000-123456789abc", |made| made),
            made("", instance),
            made("RDSNetworkInterface", of_aws),
            made("by hand", loose),
            made("", |made| made),
            made("Interface for NAT Gateway nat-1", |made| made),
            made("VPC Endpoint Interface vpce-1", |made| made),
            made("EFS mount target for fs-1 (fsmt-1)", |made| made),
        ];
        insta::assert_snapshot!(shown.join("\n"), @r#"
            network interface eni-1 of load balancer web-alb (in-use since 2026-08-29T10:40:00Z): AWS removes it a few minutes after the load balancer is deleted
            network interface eni-1 of an ECS task (attachment 1f3c) (in-use since 2026-08-29T10:40:00Z): it goes with its task; ECS stops it with the service
            network interface eni-1 of a task of service web (in-use since 2026-08-29T10:40:00Z): it goes with its task; ECS stops it with the service
            network interface eni-1 of Lambda function my-thumbs (in-use since 2026-08-29T10:40:00Z): delete the function that uses it; AWS removes it up to 45 minutes later
            network interface eni-1 of instance i-1 (in-use): terminate i-1, or give it another security group
            network interface eni-1 of amazon-rds "RDSNetworkInterface" (in-use since 2026-08-29T10:40:00Z): it goes when what it was made for is deleted
            network interface eni-1 of somebody else "by hand" (available): nothing uses it; delete it with `aws ec2 delete-network-interface --network-interface-id eni-1`, or ask its owner
            network interface eni-1 of somebody else (in-use since 2026-08-29T10:40:00Z): ask its owner to delete it, or to give it another security group
            network interface eni-1 of NAT gateway nat-1 (in-use since 2026-08-29T10:40:00Z): AWS removes it a few minutes after the NAT gateway is deleted
            network interface eni-1 of endpoint vpce-1 (in-use since 2026-08-29T10:40:00Z): AWS removes it a few minutes after the endpoint is deleted
            network interface eni-1 of a mount target of file system fs-1 (in-use since 2026-08-29T10:40:00Z): AWS removes it a minute or two after the mount target is deleted
            "#);
    }
}
