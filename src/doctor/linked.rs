//! The roles by which AWS's services act in the account.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::caller::Caller;
use super::{Finding, Surroundings};
use crate::cloud::{CloudError, ErrorKind as CloudKind};
use crate::spec::Lab;

const TOPIC: &str = "service roles";
/// The services that labs use, with their roles ("Service-linked roles" of each developer guide).
static ROLES: [(&str, &str); 2] = [
    ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
];

/// Whether the services that the lab uses have their roles. AWS makes one at the service's first use, with the rights of
/// whoever uses it first.
pub(super) async fn look(it: &Surroundings<'_>, caller: &Caller) -> Vec<Finding> {
    let used = it.lab().map(used);
    let wanted = ROLES.iter().filter(|(service, _)| used.as_ref().is_none_or(|used| used.contains(*service)));
    let asked = join_all(wanted.map(|(service, role)| async move {
        let answer = it.cloud.iam.get_role().role_name(*role).send().await.map_err(CloudError::from);
        (*service, *role, answer)
    }));
    let (mut there, mut found) = (Vec::new(), Vec::new());
    for (service, role, answer) in asked.await {
        match answer {
            Ok(_) => there.push(role),
            Err(error) if error.is_not_found() && caller.account.is_learner() => {
                let says = format!("{role} is missing, and this account lets nobody make it");
                found.push(Finding::wrong(TOPIC, says, "ask your teacher for it, or begin the Learner Lab anew"));
            }
            Err(error) if error.is_not_found() => {
                let says = format!("{role} is missing: AWS makes it at the first use, if your credentials may");
                let cure =
                    format!("`aws iam create-service-linked-role --aws-service-name {service}`, once for the account");
                found.push(Finding::warning(TOPIC, says, cure));
            }
            Err(error) if error.kind() == CloudKind::Denied && caller.account.is_learner() => {}
            Err(error) => found.push(Finding::unanswered(it, TOPIC, &error)),
        }
    }
    found.dedup();
    if !there.is_empty() {
        found.insert(0, Finding::fine(TOPIC, there.join(", ")));
    }
    found
}

/// The services whose roles the lab's resources need: those say so by the permission to make them.
fn used(lab: &Lab) -> BTreeSet<String> {
    let names = lab.names();
    let grants = lab.nodes.values().flat_map(|node| node.kind.grants(&node.spec, &node.name, &names, &lab.place));
    let conditions = grants.flat_map(|grant| grant.conditions.into_values()).flatten();
    conditions.filter(|(key, _)| key == "iam:AWSServiceName").flat_map(|(_, services)| services).collect()
}
