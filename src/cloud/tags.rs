//! Tags of live objects: read through the index or from the service that owns the object, and written.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::future::try_join_all;
use tokio::sync::OnceCell;

use super::owner::{LAB_TAG, role_path};
use super::tag_lists::{ec2_tags, ecr_tags, elbv2_tags, iam_tags, s3_tags};
use super::{Cause, Cloud, CloudError, ErrorKind, Result};
use crate::model::Tags;

/// All objects that the Resource Groups Tagging API knows with the lab's owner tag: ARN to tags.
///
/// # Caveats
/// The index doesn't know IAM, lags behind creates, and goes on listing some deleted objects (GetResources, API
/// reference): candidates, never the truth.
#[derive(Debug)]
pub struct TagIndex {
    lab: String,
    found: OnceCell<BTreeMap<String, Tags>>,
    roles: OnceCell<Vec<String>>,
}

impl TagIndex {
    pub(super) fn new(lab: &str) -> Self {
        Self { lab: lab.to_owned(), found: OnceCell::new(), roles: OnceCell::new() }
    }

    async fn get(&self, cloud: &Cloud) -> Result<&BTreeMap<String, Tags>> {
        self.found.get_or_try_init(|| self.fetch(cloud)).await
    }

    async fn fetch(&self, cloud: &Cloud) -> Result<BTreeMap<String, Tags>> {
        let mut found = BTreeMap::new();
        let filter = TagFilter::builder().key(LAB_TAG).values(&self.lab).build();
        let mut pages = cloud.tagging.get_resources().tag_filters(filter).into_paginator().send();
        while let Some(page) = pages.next().await {
            for mapping in page?.resource_tag_mapping_list() {
                let tags = mapping.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
                found.insert(mapping.resource_arn().unwrap_or_default().to_owned(), tags);
            }
        }
        Ok(found)
    }

    /// IAM isn't in the Resource Groups Tagging API: the path of the lab's roles stands in for it.
    async fn fetch_roles(&self, cloud: &Cloud) -> Result<Vec<String>> {
        let mut pages = cloud.iam.list_roles().path_prefix(role_path(&self.lab, &cloud.region)).into_paginator().send();
        let mut arns = Vec::new();
        while let Some(page) = pages.next().await {
            arns.extend(page?.roles().iter().map(|role| role.arn().to_owned()));
        }
        Ok(arns)
    }
}

impl Cloud {
    /// The entries of the tag index for the lab: ARN to tags. Empty if tags are read directly.
    ///
    /// # Errors
    /// If the index can't be read: it must not pass for an empty one.
    pub async fn indexed(&self) -> Result<BTreeMap<String, Tags>> {
        match &self.index {
            Some(index) => index.get(self).await.cloned(),
            None => Ok(BTreeMap::new()),
        }
    }

    /// The ARNs of the roles under the lab's path. Empty if tags are read directly.
    ///
    /// # Errors
    /// If IAM can't be read.
    pub async fn indexed_roles(&self) -> Result<Vec<String>> {
        match &self.index {
            Some(index) => index.roles.get_or_try_init(|| index.fetch_roles(self)).await.cloned(),
            None => Ok(Vec::new()),
        }
    }

    /// The tags of the objects with these ARNs. What the index doesn't list is read from the service itself, because
    /// it may be new, or somebody else's.
    ///
    /// # Errors
    /// If tags can't be read: an object whose tags are unknown is nobody's to change.
    pub async fn tags_of(&self, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
        self.each_ones_tags(arns).await?.into_iter().map(|(arn, tags)| Ok((arn, tags?))).collect()
    }

    /// The tags of all objects of a listing. One among them whose tags the caller may not read is nobody's and is left
    /// out, unless the tag index says that it is the lab's.
    ///
    /// # Errors
    /// If the tags of an object of the lab can't be read, or those of any object for another reason than a denial.
    pub async fn tags_of_listed(&self, lab: &str, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
        let each = self.each_ones_tags(arns).await?;
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

    /// The tags of each of the objects that are there, or why they can't be read.
    async fn each_ones_tags(&self, arns: &[String]) -> Result<Vec<(String, Result<Tags>)>> {
        let indexed = self.indexed().await?;
        // What this process wrote a moment ago, the index may not have heard of.
        let written = self.written().clone();
        let (mut known, missing): (Vec<_>, Vec<_>) =
            arns.iter().fold(Default::default(), |(mut known, mut rest), arn| {
                match indexed.get(arn).filter(|_| !written.contains(arn)) {
                    Some(tags) => known.push((arn.clone(), Ok(tags.clone()))),
                    None => rest.push(arn.clone()),
                }
                (known, rest)
            });
        let (balancing, single): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|arn| service(arn) == "elasticloadbalancing");
        let batches = self.each(balancing.chunks(20), |batch| self.load_balancing_tags(batch));
        let singles = self.each(single.iter(), |arn| self.tags_at(arn));
        let (batches, singles) = futures::join!(batches, singles);
        for batch in batches {
            known.extend(batch?);
        }
        // What isn't found went between the listing and now.
        let is_gone = |tags: &Result<Tags>| matches!(tags, Err(error) if error.is_not_found());
        let singles = single.into_iter().zip(singles);
        known.extend(singles.filter(|(_, tags)| !is_gone(tags)));
        Ok(known)
    }

    /// An object that isn't there, or that the caller may not read, fails the call for all (DescribeTags, API reference):
    /// then each is asked for alone.
    async fn load_balancing_tags(&self, arns: &[String]) -> Result<Vec<(String, Result<Tags>)>> {
        match (self.describe_tags(arns).await, arns) {
            (Ok(found), _) => {
                let found = found.into_iter();
                Ok(found.map(|(arn, tags)| (arn, Ok(tags))).collect())
            }
            (Err(error), [_]) if error.is_not_found() => Ok(Vec::new()),
            (Err(error), [arn]) if error.kind() == ErrorKind::Denied => Ok(vec![(arn.clone(), Err(error))]),
            (Err(error), _) if error.is_not_found() || error.kind() == ErrorKind::Denied => {
                let alone = arns.chunks(1).map(|arn| Box::pin(self.load_balancing_tags(arn)));
                Ok(try_join_all(alone).await?.concat())
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn describe_tags(&self, arns: &[String]) -> Result<Vec<(String, Tags)>> {
        let call = self.elbv2.describe_tags().set_resource_arns(Some(arns.to_vec()));
        let answer = call.send().await?;
        let described = answer.tag_descriptions().iter().map(|description| {
            let tags = description
                .tags()
                .iter()
                .map(|tag| (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned()));
            (description.resource_arn().unwrap_or_default().to_owned(), tags.collect())
        });
        Ok(described.collect())
    }

    async fn tags_at(&self, arn: &str) -> Result<Tags> {
        match service(arn) {
            "ecr" => {
                let answer = self.ecr.list_tags_for_resource().resource_arn(arn).send().await?;
                Ok(answer.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect())
            }
            "logs" => {
                let answer = self.logs.list_tags_for_resource().resource_arn(arn).send().await?;
                Ok(answer.tags().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect())
            }
            "s3" => match self.s3.get_bucket_tagging().bucket(bucket(arn)).send().await.map_err(CloudError::from) {
                Ok(answer) => {
                    Ok(answer.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect())
                }
                Err(error) if error.is("NoSuchTagSet") => Ok(Tags::new()),
                Err(error) => Err(error),
            },
            other => Err(CloudError::own_at(
                "ListTags",
                Cause::UnsupportedTags,
                format!("labform can't read the tags of {other} objects: {arn}"),
            )),
        }
    }

    /// Puts `tags` on the object with this ARN; its other tags stay.
    ///
    /// # Errors
    /// If AWS refuses.
    pub async fn write_tags(&self, arn: &str, tags: &Tags) -> Result<()> {
        self.written().insert(arn.to_owned());
        match service(arn) {
            "ecs" => {
                let tags =
                    tags.iter().map(|(key, value)| aws_sdk_ecs::types::Tag::builder().key(key).value(value).build());
                self.ecs.tag_resource().resource_arn(arn).set_tags(Some(tags.collect())).send().await?;
            }
            "ecr" => {
                self.ecr.tag_resource().resource_arn(arn).set_tags(Some(ecr_tags(tags))).send().await?;
            }
            "elasticloadbalancing" => {
                self.elbv2.add_tags().resource_arns(arn).set_tags(Some(elbv2_tags(tags))).send().await?;
            }
            "ec2" => {
                let id = arn.rsplit('/').next().unwrap_or(arn);
                self.ec2.create_tags().resources(id).set_tags(Some(ec2_tags(tags))).send().await?;
            }
            "iam" => {
                let name = arn.rsplit('/').next().unwrap_or(arn);
                self.iam.tag_role().role_name(name).set_tags(Some(iam_tags(tags))).send().await?;
            }
            "logs" => {
                let tags = tags.clone().into_iter().collect();
                self.logs.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await?;
            }
            "s3" => {
                // PutBucketTagging replaces the whole set (API reference).
                let mut all = self.tags_at(arn).await?;
                all.extend(tags.clone());
                let set = aws_sdk_s3::types::Tagging::builder().set_tag_set(Some(s3_tags(&all))).build();
                let set = set.expect("a tag set is given");
                self.s3.put_bucket_tagging().bucket(bucket(arn)).tagging(set).send().await?;
            }
            other => {
                return Err(CloudError::own_at(
                    "TagResource",
                    Cause::UnsupportedTags,
                    format!("labform can't tag {other} objects: {arn}"),
                ));
            }
        }
        Ok(())
    }
}

/// The service of an ARN: `arn:partition:service:…`.
fn service(arn: &str) -> &str {
    arn.split(':').nth(2).unwrap_or_default()
}

fn bucket(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
