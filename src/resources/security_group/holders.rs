//! The holders of a security group: whose each network interface is, and the rules of other groups that name it.
//!
//! Knows: how AWS's services describe the interfaces that they make. Must not know: how a group is deleted.

use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::NetworkInterface;

use super::SecurityGroup;
use super::read::{filter_by, groups};
use super::rule::Peer;
use crate::cloud::{Cloud, Owner, Result};
use crate::model::Tags;
use crate::resource::{Beside, Fate, Resource as _};
use crate::resources::balancing::balancers_of_others;

/// The network interfaces that hold the group `id`, each with what will free it.
///
/// # Errors
/// If they can't be read.
pub(super) async fn interfaces(cloud: &Cloud, id: &str) -> Result<Vec<String>> {
    Ok(interfaces_of(cloud, id).await?.iter().map(interface).collect())
}

async fn interfaces_of(cloud: &Cloud, id: &str) -> Result<Vec<NetworkInterface>> {
    let by_group = filter_by("group-id", vec![id.to_owned()]);
    let call = cloud.ec2.describe_network_interfaces().filters(by_group);
    let mut pages = call.into_paginator().send();
    let mut interfaces = Vec::new();
    while let Some(page) = pages.next().await {
        interfaces.extend(page?.network_interfaces().iter().cloned());
    }
    Ok(interfaces)
}

/// What holds the group `id` and isn't `lab`'s: others' load balancers, interfaces of what labform doesn't make, and rules
/// of others' groups.
///
/// # Errors
/// If it can't be read.
pub(super) async fn beside(cloud: &Cloud, lab: &str, id: &str) -> Result<Vec<Beside>> {
    let is_others = |interface: &&NetworkInterface| matches!(owner(interface).2, Maker::Another);
    let interfaces = interfaces_of(cloud, id).await?;
    let interfaces = interfaces.iter().filter(is_others).map(interface);
    let is_foreign = |tags: &Tags| matches!(Owner::of(tags, SecurityGroup::KIND, lab), Owner::Other(_));
    let rules = rules_that_name(cloud, id, is_foreign).await?;
    let balancers = balancers_of_others(cloud, lab, id).await?;
    Ok(balancers.into_iter().chain(interfaces).chain(rules).map(|what| Beside::new(what, Fate::Holds)).collect())
}

/// The rules of other groups that name the group `id`, each with what will free it.
///
/// # Errors
/// If they can't be read.
pub(super) async fn rules_of_others(cloud: &Cloud, id: &str) -> Result<Vec<String>> {
    rules_that_name(cloud, id, |_| true).await
}

/// The rules of other groups with such tags that name the group `id`.
async fn rules_that_name(cloud: &Cloud, id: &str, of: impl Fn(&Tags) -> bool) -> Result<Vec<String>> {
    let mut holders = Vec::new();
    for filter in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
        let groups = groups(cloud, filter, vec![id.to_owned()]).await?;
        for (group, _) in groups.into_iter().filter(|(_, tags)| of(tags)) {
            let names_it = |peer: &Peer| matches!(peer, Peer::Group(other) if other == id);
            let rules = group.rules.iter().filter(|rule| group.group_id != id && names_it(&rule.traffic.peer));
            for rule in rules {
                let words = format!(
                    "the rule `{rule}` of security group {} ({}): take that rule out; labform changes no rule \
                     that isn't in its spec",
                    group.group_id, group.name
                );
                if !holders.contains(&words) {
                    holders.push(words);
                }
            }
        }
    }
    Ok(holders)
}

/// The words for an interface: `network interface eni-1 of load balancer web (in-use since …): AWS removes it …`.
fn interface(interface: &NetworkInterface) -> String {
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
    /// A lab may have made it: load balancers and the tasks of services.
    PerhapsLab,
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
            Maker::PerhapsLab,
        );
    }
    if let Some((_, task)) = description.split_once(":attachment/") {
        let whose = match tag("aws:ecs:serviceName") {
            Some(service) => format!("a task of service {service}"),
            None => format!("an ECS task (attachment {task})"),
        };
        let frees = "it goes with its task; ECS stops it with the service";
        return (whose, frees.to_owned(), Maker::PerhapsLab);
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
        interface(&change(made).build())
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
            "#);
    }
}
