//! Tags of live objects: read through the index or from the service that owns the object, and written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::future::try_join_all;
use serde_json::json;
use tokio::sync::OnceCell;

use super::own_tags::OwnTags;
use super::owner::{LAB_TAG, in_region};
use super::{Cause, Cloud, CloudError, EC2, ErrorKind, Own, Result, Service, api_tag_calls};
use crate::model::Tags;

/// All objects that the Resource Groups Tagging API knows with the lab's owner tag: ARN to tags.
///
/// # Caveats
/// The API doesn't know IAM, it lags behind creates, and it goes on listing some deleted objects (GetResources, API
/// reference): candidates, never the truth.
#[derive(Debug)]
pub struct TagIndex {
    lab: String,
    found: OnceCell<BTreeMap<String, Tags>>,
}

impl TagIndex {
    pub(super) fn new(lab: &str) -> Self {
        Self { lab: lab.to_owned(), found: OnceCell::new() }
    }

    async fn get(&self, cloud: &Cloud) -> Result<&BTreeMap<String, Tags>> {
        self.found.get_or_try_init(|| self.fetch(cloud)).await
    }

    async fn fetch(&self, cloud: &Cloud) -> Result<BTreeMap<String, Tags>> {
        let fetch = tagged(cloud, Some(&self.lab));
        Ok(Arc::unwrap_or_clone(cloud.once(&format!("GetResources {}", self.lab), fetch).await?))
    }
}

/// The objects that the tag index lists for a lab, or for any.
async fn tagged(cloud: &Cloud, lab: Option<&str>) -> Result<BTreeMap<String, Tags>> {
    let mut found = BTreeMap::new();
    let filter = TagFilter::builder().key(LAB_TAG).set_values(lab.map(|lab| vec![lab.to_owned()])).build();
    let mut pages = cloud.tagging.get_resources().tag_filters(filter).into_paginator().send();
    while let Some(page) = pages.next().await {
        for mapping in page?.resource_tag_mapping_list() {
            let tags = mapping.tags().iter();
            let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
            let arn = mapping.resource_arn().unwrap_or_default();
            found.insert(arn.to_owned(), in_region(tags, &cloud.region));
        }
    }
    Ok(found)
}

impl Cloud {
    /// Returns the objects that the tag index lists in this region for any lab: ARN to tags.
    ///
    /// # Errors
    /// If the index can't be read.
    pub async fn all_indexed(&self) -> Result<BTreeMap<String, Tags>> {
        let mut all = tagged(self, None).await?;
        // It also lists what once had tags (GetResources, API reference).
        all.retain(|_, tags| tags.contains_key(LAB_TAG));
        Ok(all)
    }

    /// Returns the regions that the account can use, by name: those that need no opt-in, and those that it opted in to
    /// (DescribeRegions, Amazon EC2 API reference).
    ///
    /// # Errors
    /// If EC2 refuses.
    pub async fn regions(&self) -> Result<BTreeSet<String>> {
        let answer = self.call(&EC2, "DescribeRegions", json!({})).await?;
        let regions = answer["regionInfo"].as_array().into_iter().flatten();
        Ok(regions.filter_map(|region| region["regionName"].as_str().map(str::to_owned)).collect())
    }

    /// Returns the objects that the tag index lists for the lab: ARN to tags. Empty if tags are read directly.
    ///
    /// # Errors
    /// If the index can't be read: it must not pass for an empty one.
    pub async fn indexed(&self) -> Result<BTreeMap<String, Tags>> {
        match &self.index {
            Some(index) => index.get(self).await.cloned(),
            None => Ok(BTreeMap::new()),
        }
    }

    /// The tags of the objects of `service` with these ARNs. Tags that the index doesn't list are read from the service
    /// itself, because the object may be new, or somebody else's.
    ///
    /// # Errors
    /// If tags can't be read: an object whose tags are unknown is nobody's to change.
    pub async fn tags_of(&self, service: Service, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
        self.each_ones_tags(service, arns).await?.into_iter().map(|(arn, tags)| Ok((arn, tags?))).collect()
    }

    /// The tags of all objects of a listing. An object among them whose tags the caller may not read is nobody's and is
    /// left out, unless the tag index says that it is the lab's.
    ///
    /// # Errors
    /// If the tags of an object of the lab can't be read, or those of any object for another reason than a denial.
    pub async fn tags_of_listed(&self, service: Service, lab: &str, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
        let each = self.each_ones_tags(service, arns).await?;
        let is_denied = |tags: &Result<Tags>| matches!(tags, Err(error) if error.kind() == ErrorKind::Denied);
        let ours = if each.iter().any(|(_, tags)| is_denied(tags)) {
            TagIndex::new(lab).fetch(self).await?
        } else {
            BTreeMap::new()
        };
        each.into_iter()
            .filter(|(arn, tags)| !is_denied(tags) || ours.contains_key(arn))
            .map(|(arn, tags)| Ok((arn, tags?)))
            .collect()
    }

    /// The tags of each of the objects that are there, or the reason why they can't be read.
    async fn each_ones_tags(&self, service: Service, arns: &[String]) -> Result<Vec<(String, Result<Tags>)>> {
        let indexed = self.indexed().await?;
        // The index may not have heard yet of what this process wrote.
        let written = self.written().clone();
        let known = |arn: &String| {
            let told = || self.told_tags(arn);
            indexed.get(arn).cloned().or_else(told).filter(|_| !written.contains(arn))
        };
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for arn in arns {
            match known(arn) {
                Some(tags) => found.push((arn.clone(), Ok(tags))),
                None => missing.push(arn.clone()),
            }
        }
        let batches = || missing.chunks(service.tags_at_once());
        let answers = self.each(batches(), |batch| self.tags_in(service, batch)).await;
        for (batch, answer) in batches().zip(answers) {
            match answer {
                Ok(tags) => found.extend(tags),
                Err(error) => found.extend(batch.iter().map(|arn| (arn.clone(), Err(error.clone())))),
            }
        }
        Ok(found)
    }

    /// The tags of the objects with these ARNs, without those that went between the listing and now. An object that isn't
    /// there, or that the caller may not read, fails the call for all (DescribeTags, Elastic Load Balancing API
    /// reference): then each is asked for alone.
    async fn tags_in(&self, service: Service, arns: &[String]) -> Result<Vec<(String, Result<Tags>)>> {
        match (service.read_tags(self, arns).await, arns) {
            (Ok(found), _) => {
                found.iter().for_each(|(arn, tags)| self.learn_tags(arn, tags));
                Ok(found.into_iter().map(|(arn, tags)| (arn, Ok(tags))).collect())
            }
            (Err(error), [_]) if error.is_not_found() => Ok(Vec::new()),
            (Err(error), [arn]) if error.kind() == ErrorKind::Denied => Ok(vec![(arn.clone(), Err(error))]),
            (Err(error), _) if error.is_not_found() || error.kind() == ErrorKind::Denied => {
                let alone = arns.chunks(1).map(|arn| Box::pin(self.tags_in(service, arn)));
                Ok(try_join_all(alone).await?.concat())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Puts `tags` on the object of `service` with this ARN; its other tags stay.
    ///
    /// # Errors
    /// If AWS refuses.
    pub async fn write_tags(&self, service: Service, arn: &str, tags: &Tags) -> Result<()> {
        self.written().insert(arn.to_owned());
        match service {
            Service::Table(api) => api_tag_calls::write(self, api, arn, tags).await,
            Service::Own(own) => (own.tags.write)(self, arn, tags).await,
        }
    }
}

impl Service {
    /// Returns of how many objects one call reads the tags.
    fn tags_at_once(self) -> usize {
        match self {
            Self::Table(api) => api.tags.of_many.map_or(1, |(at_once, ..)| at_once),
            Self::Own(own) => own.tags.read.map_or(1, |(at_once, _)| at_once),
        }
    }

    /// Reads the tags of the objects with these ARNs, of no more than [`Service::tags_at_once`].
    async fn read_tags(self, cloud: &Cloud, arns: &[String]) -> Result<Vec<(String, Tags)>> {
        match self {
            Self::Table(api) => api_tag_calls::read(cloud, api, arns).await,
            Self::Own(Own { tags: OwnTags { read: Some((_, read)), .. }, .. }) => read(cloud, arns).await,
            Self::Own(own) => {
                let message = format!("{} objects bring their tags along: {}", own.signing, arns.join(", "));
                Err(CloudError::own_at("ListTags", Cause::UnsupportedTags, message))
            }
        }
    }
}
