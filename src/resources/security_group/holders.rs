//! The holders of a security group: network interfaces, and the rules of other groups that name it.
//!
//! Knows: what holds a group. Must not know: how a group is deleted.

use serde_json::Value;

use super::SecurityGroup;
use super::read::groups;
use super::rule::Peer;
use crate::cloud::{Cloud, Owner, Result};
use crate::model::Tags;
use crate::resource::{Beside, Fate, Resource as _};
use crate::resources::balancing::balancers_of_others;
use crate::resources::ecs::texts;
use crate::resources::interfaces;

/// The network interfaces that hold the group `id`, each with what will free it.
///
/// # Errors
/// If they can't be read.
pub(super) async fn interfaces(cloud: &Cloud, id: &str) -> Result<Vec<String>> {
    Ok(interfaces::interfaces(cloud, "group-id", id).await?.iter().map(interfaces::in_words).collect())
}

/// What holds the group `id` and isn't `lab`'s: others' load balancers, interfaces of what labform doesn't make, and rules
/// of others' groups.
///
/// # Errors
/// If it can't be read.
pub(super) async fn beside(cloud: &Cloud, lab: &str, id: &str) -> Result<Vec<Beside>> {
    let interfaces = interfaces::interfaces(cloud, "group-id", id).await?;
    let interfaces = interfaces::of_others(cloud, lab, &interfaces).await?;
    let is_foreign = |tags: &Tags| matches!(Owner::of(tags, SecurityGroup::KIND, lab), Owner::Other(_));
    let rules = rules_that_name(cloud, id, is_foreign).await?;
    let has_group = |balancer: &Value| texts(&balancer["SecurityGroups"]).iter().any(|group| group == id);
    let balancers = balancers_of_others(cloud, lab, "give it another security group", has_group).await?;
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
