//! What keeps AWS from deleting an object of a network: what stands in it.
//!
//! Knows: how EC2 tells of that. Must not know: how anything is deleted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloud::{Cloud, EC2, LAB_TAG, Result};
use crate::resource::{Beside, Fate, When};
use crate::resources::balancing::balancers_of_others;
use crate::resources::ecs::{list, text};
use crate::resources::interfaces;

/// The actions of the calls by which holders are found.
pub(super) const READS: &[&str] = &[
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNatGateways",
    "ec2:DescribeVpcEndpoints",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
];

/// The object around what holds it.
#[derive(Clone, Copy)]
pub(super) enum Around<'a> {
    /// A subnet, which interfaces hold.
    Subnet(&'a str),
    /// A VPC, which all that stands in it holds.
    Vpc(&'a str),
    /// The internet gateway of a VPC, which public addresses in the VPC hold.
    PublicIn(&'a str),
}

/// Objects that stand in a VPC: the call, its list, the id, the filter by the VPC, and the command that takes one away,
/// before its id.
const INSIDE: [(&str, &str, &str, &str, &str); 5] = [
    ("DescribeSubnets", "subnetSet", "subnetId", "vpc-id", "delete-subnet --subnet-id"),
    (
        "DescribeInternetGateways",
        "internetGatewaySet",
        "internetGatewayId",
        "attachment.vpc-id",
        "detach-internet-gateway --vpc-id VPC --internet-gateway-id",
    ),
    ("DescribeRouteTables", "routeTableSet", "routeTableId", "vpc-id", "delete-route-table --route-table-id"),
    ("DescribeSecurityGroups", "securityGroupInfo", "groupId", "vpc-id", "delete-security-group --group-id"),
    ("DescribeVpcEndpoints", "vpcEndpointSet", "vpcEndpointId", "vpc-id", "delete-vpc-endpoints --vpc-endpoint-ids"),
];

/// The holders, each with what will free the object.
///
/// # Errors
/// If they can't be read.
pub(super) async fn words(cloud: &Cloud, around: Around<'_>) -> Result<Vec<String>> {
    let interfaces = around.interfaces(cloud).await?;
    let inside = around.inside(cloud).await?.into_iter().map(|(words, _)| words);
    Ok(interfaces.iter().map(interfaces::in_words).chain(inside).collect())
}

/// The holders that aren't `lab`'s, once AWS has refused.
///
/// # Errors
/// If they can't be read.
pub(super) async fn beside(cloud: &Cloud, lab: &str, around: Around<'_>, when: When) -> Result<Vec<Beside>> {
    if when == When::Planned {
        return Ok(Vec::new());
    }
    let interfaces = interfaces::of_others(cloud, lab, &around.interfaces(cloud).await?).await?;
    let balancers = balancers_of_others(cloud, lab, "move it elsewhere", |one| around.has_balancer(one)).await?;
    let inside = around.inside(cloud).await?.into_iter();
    let inside = inside.filter(|(_, owner)| owner.as_deref() != Some(lab)).map(|(words, _)| words);
    Ok(balancers.into_iter().chain(interfaces).chain(inside).map(|what| Beside::new(what, Fate::Holds)).collect())
}

impl Around<'_> {
    async fn interfaces(self, cloud: &Cloud) -> Result<Vec<aws_sdk_ec2::types::NetworkInterface>> {
        let (filter, id) = match self {
            Self::Subnet(id) => ("subnet-id", id),
            Self::Vpc(id) | Self::PublicIn(id) => ("vpc-id", id),
        };
        let mut interfaces = interfaces::interfaces(cloud, filter, id).await?;
        if let Self::PublicIn(_) = self {
            interfaces.retain(|interface| interface.association().is_some());
        }
        Ok(interfaces)
    }

    fn has_balancer(self, balancer: &Value) -> bool {
        match self {
            Self::Subnet(id) => list(balancer, "AvailabilityZones").any(|zone| zone["SubnetId"] == id),
            Self::Vpc(id) => balancer["VpcId"] == id,
            Self::PublicIn(id) => balancer["VpcId"] == id && balancer["Scheme"] == "internet-facing",
        }
    }

    /// The objects that stand in a VPC, in words, each with the lab that its tags name. What AWS makes along with a VPC
    /// goes with it.
    async fn inside(self, cloud: &Cloud) -> Result<Vec<(String, Option<String>)>> {
        let Self::Vpc(vpc) = self else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (operation, items, id, filter, command) in INSIDE {
            let command = command.replace("VPC", vpc);
            let (verb, what) = command.split(' ').next().and_then(|words| words.split_once('-')).unwrap_or_default();
            let what = what.trim_end_matches('s').replace('-', " ");
            let asked = json!({"Filter": [{"Name": filter, "Value": [vpc]}]});
            for page in cloud.pages(&EC2, operation, asked).await? {
                for one in list(&page, items).filter(|one| !is_awss_own(one)) {
                    let tags = EC2.tags.shape.read(&one[EC2.tags.shown]).unwrap_or_default();
                    let id = text(one, id);
                    let words = format!("{what} {id}: {verb} it with `aws ec2 {command} {id}`, or ask its owner");
                    found.push((words, tags.get(LAB_TAG).cloned()));
                }
            }
        }
        let seen: BTreeSet<_> = found.into_iter().collect();
        Ok(seen.into_iter().collect())
    }
}

fn is_awss_own(one: &Value) -> bool {
    one["groupName"] == "default" || list(one, "associationSet").any(|one| one["main"] == "true")
}
