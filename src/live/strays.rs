//! Objects that are the lab's by their tags and aren't found by their names.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::listing::list_kind;
use super::{Object, Snapshot};
use crate::cloud::{Cloud, Owner, RESOURCE_TAG};
use crate::error::Error;
use crate::model::{Address, Tags};
use crate::resource::{AnyKind, Habits, Strays};
use crate::resources::{KINDS, kind};
use crate::spec::Lab;

/// Finds the objects that the tag index and the role path name and the spec doesn't, or not under that name; each is
/// confirmed by its own kind's listing, because the index also lists what is deleted.
pub(super) async fn strays(
    cloud: &Cloud,
    lab: &Lab,
    live: &Snapshot,
    tagged: &BTreeMap<String, Tags>,
    roles: &[String],
) -> Result<Vec<Object>, Error> {
    let ids = |object: &Object| {
        let kind = object.kind.kind();
        object.kind.ids(&object.live).into_iter().map(move |id| (kind.to_owned(), id)).collect::<Vec<_>>()
    };
    // What the lab takes for somebody else's may be its own.
    let own = live.objects.iter().filter(|object| object.kind.lookup().is_none());
    let known: BTreeSet<(String, String)> = own.flat_map(ids).collect();
    let mut suspects = BTreeSet::new();
    for (arn, tags) in tagged {
        let Some(address) = tags.get(RESOURCE_TAG).and_then(|text| text.parse::<Address>().ok()) else {
            continue;
        };
        let is_known = ids_in(arn).map(|id| known.contains(&(address.kind.clone(), id.to_owned())));
        if !is_copy(arn) && is_of_kind(arn, &address.kind) && !is_known.contains(&true) {
            suspects.insert(address.kind);
        }
    }
    for (kind, _) in managed().filter(|(_, habits)| habits.strays == Strays::ByPath) {
        if roles.iter().any(|arn| !known.contains(&(kind.kind().to_owned(), arn.clone()))) {
            suspects.insert(kind.kind().to_owned());
        }
    }
    let has_any = |kind: &dyn AnyKind| lab.nodes.keys().any(|address| address.kind == kind.kind());
    let unindexed = managed().filter(|(kind, habits)| habits.strays == Strays::ByListing && has_any(*kind));
    suspects.extend(unindexed.map(|(kind, _)| kind.kind().to_owned()));
    let listings = suspects.iter().filter_map(|word| kind(word)).map(|kind| list_kind(cloud, &lab.place.lab, kind));
    let listed = try_join_all(listings).await?.into_iter().flatten();
    let is_ours = |object: &Object| matches!(object.owner(&lab.place.lab), Owner::Lab(_));
    let is_new = |object: &Object| ids(object).iter().all(|id| !known.contains(id));
    Ok(listed.filter(|object| is_ours(object) && is_new(object)).collect())
}

/// The kinds that labform makes, with their habits.
fn managed() -> impl Iterator<Item = (&'static dyn AnyKind, &'static Habits)> {
    KINDS.iter().filter_map(|kind| Some((*kind, kind.managed()?.habits())))
}

/// Returns whether AWS made the object of this ARN for an object of the lab, whose tags it has.
pub(crate) fn is_copy(arn: &str) -> bool {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    managed().flat_map(|(_, habits)| habits.copies).any(|kind| resource.starts_with(kind))
}

/// Returns whether the object of this ARN is of the kind with this word, as AWS names the kind in ARNs: `logGroup` is
/// `log-group`, `targetGroup` is `targetgroup`, and the ARN of a bucket or a topic names none.
pub(crate) fn is_of_kind(arn: &str, kind: &str) -> bool {
    kind_in(arn).is_some_and(|word| word.replace('-', "").eq_ignore_ascii_case(kind))
}

/// Returns AWS's word for the kind of object that this ARN is of.
pub(crate) fn kind_in(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':').skip(2);
    match (parts.next()?, parts.nth(2)?) {
        ("sns", _) => Some("topic"),
        ("servicediscovery", name) if name.starts_with("service/") => Some("discoveryservice"),
        ("scheduler", name) if name.starts_with("schedule-group/") => Some("schedule"),
        ("s3", name) if !name.contains('/') => Some("bucket"),
        ("ec2", name) if name.starts_with("elastic-ip/") => Some("address"),
        (_, resource) => resource.split(['/', ':']).next(),
    }
}

/// The ids by which a kind may know the object that has this ARN: the ARN; the id in it (a security group, a bucket); the
/// ARN of its family, because an older revision stands beside the current one by design.
pub(crate) fn ids_in(arn: &str) -> [&str; 3] {
    let id = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    let family = arn.rsplit_once(':').map_or(arn, |(family, _)| family);
    [arn, id, family]
}
