//! Accounts that let nobody make roles, as those of AWS Academy's Learner Lab, and what that means for the lab.

use super::caller::Caller;
use super::{Finding, Surroundings};
use crate::resource::Resource as _;
use crate::resources::Role;
use crate::spec::Lab;

/// The role that a Learner Lab has for everything.
const ROLE: &str = "LabRole";
/// The regions that a Learner Lab has ("Service usage and other restrictions", its readme).
const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];
/// The advice for a lab with roles of its own.
pub(super) const CURE: &str = "take `roles` out, and write `executionRoleArn: LabRole` and `taskRoleArn: LabRole`, as in \
    examples/learner-account.yaml; then `labform validate`";

/// Says what a learner's account means for the lab.
pub(super) fn look(it: &Surroundings<'_>, caller: &Caller) -> Vec<Finding> {
    let topic = "learner account";
    if !caller.account.is_learner() {
        return Vec::new();
    }
    let roles = it.lab().map(own_roles).unwrap_or_default();
    let mut found = vec![match roles.as_slice() {
        [] => Finding::fine(topic, format!("an AWS Academy Learner Lab: nobody makes roles there, tasks get {ROLE}")),
        roles => {
            let says = format!("an AWS Academy Learner Lab lets nobody make roles: it can't have {}", roles.join(", "));
            Finding::wrong(topic, says, CURE)
        }
    }];
    if let Some(region) = it.region.filter(|region| !REGIONS.contains(region)) {
        let says = format!("a Learner Lab has {} only, and not {region}", REGIONS.join(" and "));
        found.push(Finding::wrong(topic, says, format!("write `region: {}`; then `labform validate`", REGIONS[0])));
    }
    found
}

/// The addresses of the roles that the lab makes.
pub(super) fn own_roles(lab: &Lab) -> Vec<String> {
    let own = lab.nodes.values().filter(|node| node.kind.kind() == Role::KIND && !node.is_looked_up());
    own.map(|node| node.address.to_string()).collect()
}
