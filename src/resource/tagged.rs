//! The tags of objects whose readings didn't bring them: asked for together, because one call takes many.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use super::{AnyKind, AnyLive, AnyWanted, Found, Names};
use crate::cloud::{Cloud, Result, Service};
use crate::model::Tags;

/// The objects of a kind that were found.
pub type FoundOf = (&'static dyn AnyKind, Vec<Found<AnyLive>>);

/// Returns the objects with the tags that they lack.
///
/// # Errors
/// If tags can't be read: an object whose tags are unknown is nobody's to change.
pub async fn with_tags(cloud: &Cloud, mut found: Vec<FoundOf>) -> Result<Vec<FoundOf>> {
    let mut asked: BTreeMap<&str, (Service, Vec<String>)> = BTreeMap::new();
    for (kind, objects) in &found {
        let Some(managed) = kind.managed() else { continue };
        let (_, arns) = asked.entry(managed.service().word()).or_insert_with(|| (managed.service(), Vec::new()));
        for arn in objects.iter().filter_map(|one| one.untagged.as_ref()) {
            // Several images have the tags of their repository.
            if !arns.contains(arn) {
                arns.push(arn.clone());
            }
        }
    }
    let reads = asked.values().map(|(service, arns)| cloud.tags_of(*service, arns));
    let told: BTreeMap<String, Tags> = try_join_all(reads).await?.into_iter().flatten().collect();
    for one in found.iter_mut().flat_map(|(_, objects)| objects) {
        if let (Some(arn), Some(tags)) = (one.untagged.take(), one.observed.tags_mut()) {
            *tags = told.get(&arn).cloned().unwrap_or_default();
        }
    }
    Ok(found)
}

impl dyn AnyKind {
    /// Reads objects with their tags.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read_tagged(
        &'static self,
        cloud: &Cloud,
        wanted: &[AnyWanted],
        names: &Names,
    ) -> Result<Vec<Found<AnyLive>>> {
        let read = vec![(self, self.read(cloud, wanted, names).await?)];
        Ok(with_tags(cloud, read).await?.into_iter().flat_map(|(_, found)| found).collect())
    }
}
