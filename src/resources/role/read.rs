//! The reading of roles: from the one answer that tells of all, as far as that goes and IAM gives it, else one by one.

use futures::future::OptionFuture;

use super::{Role, calls};
use crate::cloud::{AllRoles, Cloud, LAB_TAG, Result, lab_in, role_path, role_region};
use crate::model::Tags;
use crate::resource::{Detail, Found, Live, Wanted};

/// Reads a role with as much of it as its spec is compared with, or a delete needs; none if it isn't there.
pub(super) async fn role(cloud: &Cloud, wanted: &Wanted<'_, Role>) -> Result<Option<Found<Live>>> {
    let (name, spec) = (wanted.name, wanted.spec);
    let all = async {
        // The answer for all may not know yet what this process has just done.
        if cloud.has_changed(name) { Ok(None) } else { cloud.all_roles().await }
    };
    // What is deleted is read by itself; that answer alone says, too, what the one for all leaves out.
    let is_presence = wanted.detail == Detail::Presence;
    let is_read_alone = is_presence || spec.description.is_some() || spec.max_session_duration.is_some();
    let alone = OptionFuture::from(is_read_alone.then(|| calls::role(cloud, name)));
    let (all, alone) = futures::join!(all, alone);
    let (all, alone) = (all?, alone.transpose()?);
    let told = all.as_ref().map(|all| all.get(name));
    let role = match (alone, told) {
        (Some(alone), _) => alone,
        (None, Some(told)) => told.map(calls::told).transpose()?,
        (None, None) => calls::role(cloud, name).await?,
    };
    match role {
        Some(role) => with_policies(cloud, wanted, role, all.as_deref()).await.map(Some),
        None => Ok(None),
    }
}

/// The role with those of its policies that are wanted.
async fn with_policies(
    cloud: &Cloud,
    wanted: &Wanted<'_, Role>,
    (live, mut tags): (Live, Tags),
    all: Option<&AllRoles>,
) -> Result<Found<Live>> {
    let Role { managed_policy_arns, policies, .. } = wanted.spec;
    // Policies of what isn't the lab's are nothing to it.
    let is_own = live.arn.contains(&role_path(wanted.lab, &cloud.region));
    // A delete takes all policies away, and needs no more of them than their names.
    let is_presence = wanted.detail == Detail::Presence;
    let named = policies.iter().flatten().filter(|_| !is_presence);
    let names = named.map(|policy| policy.policy_name.as_str()).collect::<Vec<_>>();
    let is_asked = |given: bool| is_own && (is_presence || given);
    let (attached, inline) = (is_asked(managed_policy_arns.is_some()), is_asked(policies.is_some()));
    let (attached, inline) = match all.and_then(|all| all.get(wanted.name)) {
        Some(told) => {
            (attached.then(|| calls::attached_in(told)), inline.then(|| calls::inline_in(told, &names)).transpose()?)
        }
        None => {
            let attached = attached.then(|| calls::attached(cloud, wanted.name));
            let inline = inline.then(|| calls::inline(cloud, wanted.name, &names));
            let (attached, inline) = futures::join!(OptionFuture::from(attached), OptionFuture::from(inline));
            (attached.transpose()?, inline.transpose()?)
        }
    };
    if let Some(lab) = tags.get_mut(LAB_TAG)
        && !live.arn.contains(&role_path(lab, &cloud.region))
    {
        // IAM has no regions: a namesake of this lab in another region has roles of the same names.
        *lab = lab_in(lab, role_region(&live.arn, lab).unwrap_or("another region"));
    }
    let live = live.with("managedPolicyArns", attached).with("policies", inline);
    Ok(Found::present(wanted.address, wanted.name, live, tags))
}
