//! The default VPC, and its zones.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Filter;

use super::{Finding, Surroundings, is_default, rights};
use crate::cloud::{Cause, Cloud, CloudError, ErrorKind as CloudKind};
use crate::resource::Resource as _;
use crate::resources::{LoadBalancer, available_zones, default_vpc};
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
                    Finding::wrong(TOPIC, says, one_more_zone(cloud, &zones).await)
                }
                _ => Finding::fine(TOPIC, says),
            }
        }
        Err(error) if error.is_own(Cause::NoDefaultVpc) => missing(it).await,
        Err(error) if error.kind() == CloudKind::Denied => rights::denied(&error, "the default VPC"),
        Err(error) => Finding::unanswered(it, TOPIC, &error),
    }]
}

fn is_balanced(lab: &Lab) -> bool {
    lab.nodes.values().any(|node| node.kind.kind() == LoadBalancer::KIND)
}

/// The command that makes a subnet in another of the account's zones, which aren't the same for every account.
async fn one_more_zone(cloud: &Cloud, zones: &BTreeSet<&str>) -> String {
    match available_zones(cloud).await.map(|all| all.into_iter().find(|zone| !zones.contains(zone.as_str()))) {
        Ok(Some(other)) => format!("`aws ec2 create-default-subnet --availability-zone {other}`"),
        Ok(None) => "take another `region:`: this account has no other zone in this one".to_owned(),
        Err(_) => {
            "`aws ec2 describe-availability-zones` names the account's zones; then `aws ec2 create-default-subnet \
                   --availability-zone ZONE`"
                .to_owned()
        }
    }
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
            Finding::wrong(TOPIC, says, one_more_zone(it.cloud, &BTreeSet::new()).await)
        }
        Err(error) => Finding::unanswered(it, TOPIC, &error),
    }
}
