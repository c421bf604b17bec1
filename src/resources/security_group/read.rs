//! The calls to Amazon EC2 that read security groups.

use aws_sdk_ec2::types::Filter;

use super::SecurityGroupLive;
use super::rule::{Direction, Rule};
use crate::cloud::{Cloud, Result};
use crate::model::Tags;

/// The groups whose property `filter` is one of `values`, with their tags.
pub(super) async fn groups(cloud: &Cloud, filter: &str, values: Vec<String>) -> Result<Vec<(SecurityGroupLive, Tags)>> {
    let filter = filter_by(filter, values);
    let mut pages = cloud.ec2.describe_security_groups().filters(filter).into_paginator().send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        for group in page?.security_groups() {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let ingress = group.ip_permissions().iter();
            let ingress = ingress.flat_map(|rules| Rule::flatten(Direction::Ingress, rules));
            let egress = group.ip_permissions_egress().iter();
            let egress = egress.flat_map(|rules| Rule::flatten(Direction::Egress, rules));
            let live = SecurityGroupLive {
                group_id: text(group.group_id()),
                name: text(group.group_name()),
                vpc_id: text(group.vpc_id()),
                description: text(group.description()),
                rules: ingress.chain(egress).collect(),
            };
            let tags = group.tags().iter().map(|tag| (text(tag.key()), text(tag.value())));
            groups.push((live, tags.collect()));
        }
    }
    Ok(groups)
}

pub(super) fn filter_by(name: &str, values: Vec<String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values)).build()
}
