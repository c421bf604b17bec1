//! The labs of an account in a region, told by the tags of their objects.

use std::collections::{BTreeMap, BTreeSet};

use super::object::{Evidence, Object, found};
use super::{is_copy, list};
use crate::cloud::{Cloud, ErrorKind, LAB_TAG, Owner, RESOURCE_TAG, Record};
use crate::error::Error;
use crate::model::{Address, Tags};
use crate::resources::kind;

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
/// doesn't know. A lab that has nothing else is looked for at each service. The index goes on listing what is deleted, so
/// that a lab without roles is listed only if a service confirms that something of it is there.
///
/// # Caveats
/// The index lags behind what is made and deleted: how many objects there are is never sure.
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
    // What is asked for one lab is answered for all of them.
    let look = cloud.look().with_direct_tags();
    for (lab, all) in &tags {
        let roles = counts.remove(lab).unwrap_or_default();
        if roles == 0 && !is_there(&look, lab, all).await? {
            continue;
        }
        let objects = all.len() + roles;
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

/// Returns whether a service has an object of the lab's, among those of the kinds that the index lists; also if that can't
/// be told, because the caller may not list them.
async fn is_there(cloud: &Cloud, lab: &str, indexed: &[Tags]) -> Result<bool, Error> {
    let addresses = indexed.iter().filter_map(|tags| tags.get(RESOURCE_TAG)?.parse::<Address>().ok());
    let words: BTreeSet<String> = addresses.map(|address| address.kind).collect();
    let kinds: Vec<_> = words.iter().filter_map(|word| Some((kind(word)?, kind(word)?.managed()?))).collect();
    for (kind, managed) in &kinds {
        let listed = match managed.list(cloud, lab).await {
            Err(error) if error.kind() == ErrorKind::Denied => return Ok(true),
            listed => found(*kind, listed?, Evidence::Direct, cloud.now()),
        };
        let is_there = |object: &Object| !object.recoverable && matches!(object.owner(lab), Owner::Lab(_));
        if listed.iter().any(is_there) {
            return Ok(true);
        }
    }
    // What is of no kind that is known here can't be confirmed.
    Ok(kinds.len() < words.len() || words.is_empty())
}
