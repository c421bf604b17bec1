//! What the services list of a lab, kind by kind: all that there is of it, whatever its file says.

use futures::future::try_join_all;

use super::by_path::{self, has};
use super::object::{Evidence, Object, Snapshot, Unlisted, found};
use crate::cloud::{self, Cloud, ErrorKind};
use crate::error::Error;
use crate::resource::{AnyKind, Grant, Need};
use crate::resources::KINDS;
use crate::spec::Lab;

/// The name of the statement with the listings of kinds of which a lab has nothing.
const OTHER_KINDS: &str = "OptionalOtherKinds";

/// Lists every object of every kind that carries the owner tag of `lab`, without the tag index. `spec` is the lab, if there
/// is a file: a kind of which it has nothing need not be listable.
///
/// # Errors
/// If anything can't be read.
pub async fn list(cloud: &Cloud, lab: &str, spec: Option<&Lab>) -> Result<Snapshot, Error> {
    let cloud = &cloud.look().with_direct_tags();
    let mut unlisted = by_path::unlisted(cloud, lab, spec).await?;
    let is_listed = |kind: &dyn AnyKind| unlisted.iter().all(|one| one.kind.kind() != kind.kind());
    let kinds: Vec<_> = KINDS.iter().copied().filter(|kind| is_listed(*kind)).collect();
    let listings = kinds.into_iter().map(async |kind| match list_kind(cloud, lab, kind).await {
        Err(error) if error.kind() == ErrorKind::Denied && spec.is_none_or(|spec| !has(spec, kind)) => {
            Ok(Err(Unlisted { kind, error }))
        }
        listed => listed.map(Ok),
    });
    let mut objects = Vec::new();
    for listed in try_join_all(listings).await? {
        match listed {
            Ok(listed) => objects.extend(listed),
            Err(refused) => unlisted.push(refused),
        }
    }
    Ok(Snapshot { unlisted, ..Snapshot::of(objects) })
}

/// Lists the objects of `kind` that carry the owner tag of `lab`; none if labform makes none of that kind.
pub(super) async fn list_kind(cloud: &Cloud, lab: &str, kind: &'static dyn AnyKind) -> cloud::Result<Vec<Object>> {
    let Some(managed) = kind.managed() else {
        return Ok(Vec::new());
    };
    let all = managed.list(cloud, lab).await?;
    let objects = found(kind, all, Evidence::Direct, cloud.now()).into_iter();
    Ok(objects.map(|object| Object { stray: true, ..object }).collect())
}

/// The permissions for reading `lab`, beside those that its resources need: the tag index, and the listings of all kinds.
/// Those of the kinds that the lab has nothing of may be left out: they find only what an earlier file made. STS needs none
/// to say whose the credentials are (GetCallerIdentity, API reference).
pub fn grants(lab: &Lab) -> Vec<Grant> {
    let index = Grant::in_region(Need::Read, &["tag:GetResources"], &lab.place);
    let (own, others): (Vec<_>, Vec<_>) = KINDS.iter().copied().partition(|kind| has(lab, *kind));
    let listing = |kinds: Vec<&'static dyn AnyKind>| kinds.into_iter().flat_map(|kind| kind.listing(&lab.place));
    // What isn't asked in a region is of kinds whose denial has a meaning of its own.
    let others = listing(others).map(|grant| match grant.conditions.is_empty() {
        true => grant,
        false => grant.optional(OTHER_KINDS),
    });
    listing(own).chain(others).chain([index]).collect()
}
