//! The network of a service's or a job's tasks: where they stand, and what leads there.

use serde_json::Value;

use super::NetworkConfiguration;
use crate::cloud::{Cloud, Result};
use crate::model::Address;
use crate::resource::{Checks, Home, Others, Ref, SpecRef, Waiting};
use crate::resources::TaskDefinition;
use crate::resources::file_system::until_mounted;
use crate::resources::network::{default_to, ways};
use crate::resources::task_definition::Switch;
use crate::resources::vpc::{Stands, subnet_refs};
use crate::resources::vpc_endpoint::{endpoints, until_made};

/// The place of the network in a service and in a job.
const PATH: &str = "networkConfiguration.awsvpcConfiguration";

/// The file systems that the tasks mount, as far as they are in the lab's file.
pub(super) fn mounted(definition: &Ref<TaskDefinition>, checks: &Checks<'_>) -> Vec<Address> {
    let systems = checks.get(definition).into_iter().flat_map(TaskDefinition::file_systems);
    systems.map(Ref::address).collect()
}

/// Waits until what tasks need before they start is made: their network's endpoints, and their file systems' mount targets.
///
/// # Errors
/// If it can't be read.
pub(super) async fn until_reachable(cloud: &Cloud, others: &Others, waiting: &Waiting) -> Result<()> {
    until_made(cloud, others, waiting).await?;
    until_mounted(cloud, others, waiting).await
}

impl NetworkConfiguration {
    /// The references to security groups and subnets, and to the looked-up VPC if its subnets are meant.
    pub(crate) fn refs(&self) -> Vec<SpecRef> {
        let network = &self.awsvpc_configuration;
        let groups = network.security_groups.iter().flatten().enumerate();
        let groups = groups.map(|(n, group)| group.at(format!("{PATH}.securityGroups[{n}]")));
        groups.chain(subnet_refs(network.subnets.as_deref(), &format!("{PATH}.subnets"))).collect()
    }

    /// The resources by which the tasks reach the internet, and AWS's services.
    pub(crate) fn ways(&self, checks: &Checks<'_>) -> Vec<Address> {
        let places = self.awsvpc_configuration.subnets.as_deref();
        [ways(places, checks), endpoints(places, checks)].concat()
    }

    /// Returns where the tasks stand in a VPC that isn't the lab's.
    pub(super) fn stands(&self) -> Stands {
        match self.awsvpc_configuration.assign_public_ip {
            Some(Switch::Enabled) => Stands::Addressed,
            _ => Stands::Unaddressed,
        }
    }

    /// Puts tasks whose subnets nobody names into the private subnets of the lab's network, or into the public ones with
    /// public addresses if it has no others.
    pub(crate) fn place_in(section: &mut Value, home: &Home) {
        let network = section.pointer_mut("/networkConfiguration/awsvpcConfiguration");
        let Some(network) = network.filter(|network| network.is_object() && network["subnets"].is_null()) else {
            return;
        };
        let (subnets, address) = match home.private.as_slice() {
            [] => (home.public.as_slice(), "ENABLED"),
            private => (private, "DISABLED"),
        };
        default_to(network, "subnets", subnets);
        default_to(network, "assignPublicIp", address);
    }
}
