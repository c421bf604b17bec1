//! The default VPC, and its zones.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;

use super::{Finding, Surroundings, is_default, rights};
use crate::cloud::{Cause, CloudError, ErrorKind as CloudKind};
use crate::resource::Resource as _;
use crate::resources::{LoadBalancer, default_vpc};
use crate::spec::Lab;

const TOPIC: &str = "network";

/// Whether the default VPC is there, with as many zones as a load balancer has to stand in ("Application Load
/// Balancers", user guide: two).
pub(super) async fn look(it: &Surroundings<'_>) -> Vec<Finding> {
    let is_used = it.lab().is_none_or(|lab| lab.nodes.values().any(is_default));
    if it.region.is_none() || !is_used {
        return Vec::new();
    }
    let cloud = it.cloud;
    vec![match default_vpc(cloud).await {
        Ok(vpc) => {
            let zones: BTreeSet<&str> = vpc.subnets.iter().map(|subnet| subnet.availability_zone.as_str()).collect();
            let says = format!("default VPC {} in {}", vpc.vpc_id, Vec::from_iter(zones.iter().copied()).join(", "));
            match zones.len() {
                0 | 1 if it.lab().is_none_or(is_balanced) => {
                    let says = format!("{says}: a load balancer needs two zones");
                    Finding::wrong(TOPIC, says, one_more_zone(&cloud.region, &zones))
                }
                _ => Finding::fine(TOPIC, says),
            }
        }
        Err(error) if error.is_own(Cause::NoDefaultVpc) => missing(it).await,
        Err(error) if error.kind() == CloudKind::Denied => rights::denied(&rights::action(&error), "the default VPC"),
        Err(error) => Finding::unanswered(it, TOPIC, &error),
    }]
}

fn is_balanced(lab: &Lab) -> bool {
    lab.nodes.values().any(|node| node.kind.kind() == LoadBalancer::KIND)
}

fn one_more_zone(region: &str, zones: &BTreeSet<&str>) -> String {
    let other = ["a", "b"].map(|letter| format!("{region}{letter}"));
    let other = other.iter().find(|zone| !zones.contains(zone.as_str())).unwrap_or(&other[0]);
    format!("`aws ec2 create-default-subnet --availability-zone {other}`")
}

/// Tells a region without a default VPC from one whose default VPC lacks its subnets.
async fn missing(it: &Surroundings<'_>) -> Finding {
    let region = &it.cloud.region;
    let default = Filter::builder().name("is-default").values("true").build();
    match it.cloud.ec2.describe_vpcs().filters(default).send().await.map_err(CloudError::from) {
        Ok(answer) if answer.vpcs().is_empty() => {
            Finding::wrong(TOPIC, format!("{region} has no default VPC"), "`aws ec2 create-default-vpc`")
        }
        Ok(_) => {
            let says = format!("the default VPC of {region} has no default subnets");
            Finding::wrong(TOPIC, says, one_more_zone(region, &BTreeSet::new()))
        }
        Err(error) => Finding::unanswered(it, TOPIC, &error),
    }
}
