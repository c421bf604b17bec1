//! The ways that tasks in a network of the lab's own have to their images, logs and secrets, as far as the spec tells.
//!
//! Knows: what a starting task asks for ("Amazon ECS interface VPC endpoints", ECS developer guide). Must not know: live
//! objects.

use std::collections::BTreeSet;

use super::network::{OwnSubnet, RouteTable, own_subnet};
use super::task_definition::{ContainerDefinition, Switch, TaskDefinition};
use super::{NetworkConfiguration, VpcEndpoint};
use crate::resource::{Checks, Problem, Ref};

/// What stands for all that is in no network of AWS's.
const INTERNET: &str = "the internet";

/// Returns a word on tasks that can't start where they stand, because nothing leads to what they ask for.
pub fn problem(network: &NetworkConfiguration, definition: &TaskDefinition, checks: &Checks<'_>) -> Option<Problem> {
    let network = &network.awsvpc_configuration;
    let needs: BTreeSet<&str> = definition.container_definitions.iter().flat_map(needs).collect();
    let is_public = matches!(network.assign_public_ip, Some(Switch::Enabled));
    let subnets = network.subnets.iter().flatten().filter_map(|place| own_subnet(place));
    subnets.into_iter().find_map(|subnet| {
        let missing = missing(&subnet, &needs, is_public, checks)?;
        let (path, hint) = match missing.leads_out {
            true => {
                ("assignPublicIp", "write `assignPublicIp: ENABLED`, or put the tasks into private subnets".to_owned())
            }
            false if missing.services.contains(INTERNET) => {
                ("subnets", "give the subnet's route table a route to a NAT gateway".to_owned())
            }
            false => {
                let services: Vec<&str> = missing.services.iter().copied().collect();
                let hint = format!(
                    "give the subnet's route table a route to a NAT gateway, or the VPC endpoints of {}",
                    services.join(", ")
                );
                ("subnets", hint)
            }
        };
        let services: Vec<&str> = missing.services.into_iter().collect();
        let message = format!("the tasks in `{}` have no way to {}", subnet.name, services.join(", "));
        Some(Problem::at(format!("networkConfiguration.awsvpcConfiguration.{path}"), message).hint(hint))
    })
}

/// What nothing leads to.
struct Missing<'a> {
    services: BTreeSet<&'a str>,
    /// Whether the subnet leads to the internet, which tasks reach with addresses of their own.
    leads_out: bool,
}

fn missing<'a>(
    subnet: &Ref<OwnSubnet>,
    needs: &BTreeSet<&'a str>,
    is_public: bool,
    checks: &Checks<'_>,
) -> Option<Missing<'a>> {
    let vpc = checks.get(subnet)?.vpc_id.as_ref()?;
    let table = checks.all::<RouteTable>().find(|(_, table)| table.is_of(subnet));
    let route = table.and_then(|(_, table)| table.way_out());
    let leads_out = route.is_some_and(|route| route.gateway_id.is_some());
    if route.is_some_and(|route| route.nat_gateway_id.is_some()) || leads_out && is_public {
        return None;
    }
    let table = table.map(|(address, _)| address.name.as_str());
    let has_endpoint = |service: &&&str| checks.all::<VpcEndpoint>().any(|(_, one)| one.leads(vpc, table, service));
    let services: BTreeSet<&str> = needs.iter().filter(|service| !has_endpoint(service)).copied().collect();
    (!services.is_empty()).then_some(Missing { services, leads_out })
}

/// The services that a container's start asks for, by the words of their endpoints.
fn needs(container: &ContainerDefinition) -> Vec<&'static str> {
    let is_ecr = container.image.contains(".dkr.ecr.") || container.image.contains("${repositories.");
    let mut needs = if is_ecr { vec!["ecr.api", "ecr.dkr", "s3"] } else { vec![INTERNET] };
    if container.log_configuration.as_ref().is_some_and(|log| log.log_driver == "awslogs") {
        needs.push("logs");
    }
    for secret in container.secrets.iter().flatten() {
        let from = &secret.value_from;
        needs.push(if from.contains(":secretsmanager:") || from.contains("${secrets.") {
            "secretsmanager"
        } else {
            "ssm"
        });
    }
    needs
}
