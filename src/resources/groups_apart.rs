//! Security groups that stand in another VPC than what names them.

use super::SecurityGroup;
use super::vpc::vpc_of;
use crate::resource::{Others, Ref};

/// Says which of these groups stands in another VPC than what has the places, if one does.
pub(super) fn group_apart(
    groups: Option<&Vec<Ref<SecurityGroup>>>,
    places: Option<&[String]>,
    others: &Others,
) -> Option<String> {
    group_beyond(groups, &vpc_of(places, others)?, others)
}

/// Says which of these groups stands in another VPC than `vpc`, if one does.
pub(super) fn group_beyond(groups: Option<&Vec<Ref<SecurityGroup>>>, vpc: &str, others: &Others) -> Option<String> {
    groups.into_iter().flatten().find_map(|group| {
        let live = others.live(group).now().filter(|live| live.vpc_id != vpc)?;
        let (address, id, other) = (group.address(), &live.group_id, &live.vpc_id);
        Some(format!("{address} ({id}) stands in {other}, and this in {vpc}: AWS joins only what stands in one VPC"))
    })
}
