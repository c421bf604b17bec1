//! The labs of an account in a region, told by the tags of their objects.

use std::collections::BTreeMap;

use super::{is_copy, list};
use crate::cloud::{Cloud, LAB_TAG, Record};
use crate::error::Error;
use crate::model::Tags;

/// A lab that has objects in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLab {
    /// The lab's name.
    pub lab: String,
    /// The region.
    pub region: String,
    /// The record of the lab.
    pub record: Record,
    /// The number of its objects, as far as they are known.
    pub objects: usize,
}

/// Returns the labs in the cloud's region: what the tag index lists, and the `roles` of each lab and region, which it
/// doesn't know. A lab that has nothing else is looked for at each service.
///
/// # Caveats
/// The index lags behind what is made and deleted: candidates, never the truth.
///
/// # Errors
/// If the index can't be read, or a service that is asked.
pub async fn labs(cloud: &Cloud, roles: &BTreeMap<(String, String), usize>) -> Result<Vec<KnownLab>, Error> {
    let mut tags: BTreeMap<String, Vec<Tags>> = BTreeMap::new();
    for (arn, own) in cloud.all_indexed().await? {
        if !is_copy(&arn) {
            tags.entry(own[LAB_TAG].clone()).or_default().push(own);
        }
    }
    let region = cloud.region.clone();
    let here = roles.iter().filter(|((_, place), _)| *place == region);
    let mut counts: BTreeMap<&String, usize> = here.map(|((lab, _), count)| (lab, *count)).collect();
    let mut known = Vec::new();
    for (lab, all) in &tags {
        let objects = all.len() + counts.remove(lab).unwrap_or_default();
        known.push(KnownLab { lab: lab.clone(), region: region.clone(), record: Record::of(all), objects });
    }
    for lab in counts.into_keys() {
        let live = list(cloud, lab, None).await?;
        if !live.objects.is_empty() {
            let (record, objects) = (live.record(lab), live.objects.len());
            known.push(KnownLab { lab: lab.clone(), region: region.clone(), record, objects });
        }
    }
    known.sort_by(|one, other| one.lab.cmp(&other.lab));
    Ok(known)
}
