//! Objects that the tag index doesn't know, and whose path names their lab.

use super::object::Unlisted;
use crate::cloud::{Cloud, ErrorKind, role_path};
use crate::error::Error;
use crate::resource::{AnyKind, Strays};
use crate::resources::KINDS;
use crate::spec::Lab;

/// The ARNs under the lab's path, and the kinds that can't be listed: those of which the lab has something tell of all
/// that there is in the call that its own are read with.
pub(super) async fn candidates(cloud: &Cloud, lab: &Lab) -> Result<(Vec<String>, Vec<Unlisted>), Error> {
    let path = role_path(&lab.place.lab, &cloud.region);
    if kinds().any(|kind| has(lab, kind))
        && let Some(all) = cloud.all_roles().await?
    {
        let ours = all.values().filter(|role| role.path().is_some_and(|own| own.starts_with(&path)));
        return Ok((ours.filter_map(|role| role.arn().map(str::to_owned)).collect(), Vec::new()));
    }
    let unlisted = unlisted(cloud, &lab.place.lab, Some(lab)).await?;
    let roles = if unlisted.is_empty() { cloud.roles_of(&lab.place.lab).await? } else { Vec::new() };
    Ok((roles, unlisted))
}

/// The kinds that AWS doesn't list for the caller. Who may do nothing with IAM has no roles to make, and none to look for,
/// if `spec` has none.
///
/// # Errors
/// If they can't be listed and `spec` has one, or for another reason than a denial.
pub(super) async fn unlisted(cloud: &Cloud, lab: &str, spec: Option<&Lab>) -> Result<Vec<Unlisted>, Error> {
    match cloud.roles_of(lab).await {
        Err(error) if error.kind() == ErrorKind::Denied => {
            let refused = kinds().map(|kind| Unlisted { kind, error: error.clone() });
            if kinds().any(|kind| spec.is_some_and(|spec| has(spec, kind))) {
                return Err(error.into());
            }
            Ok(refused.collect())
        }
        listed => listed.map(|_| Vec::new()).map_err(Error::from),
    }
}

fn kinds() -> impl Iterator<Item = &'static dyn AnyKind> {
    let by_path = |kind: &&'static dyn AnyKind| kind.managed().is_some_and(|one| one.habits().strays == Strays::ByPath);
    KINDS.iter().copied().filter(by_path)
}

/// Returns whether `lab` makes something of `kind`.
pub(super) fn has(lab: &Lab, kind: &dyn AnyKind) -> bool {
    lab.nodes.values().any(|node| node.kind.kind() == kind.kind() && !node.is_looked_up())
}
