//! Buckets that aren't the lab's.

use futures::future::try_join_all;

use super::calls::{self, explain, tag_arn};
use super::{Bucket, BucketLive, bare};
use crate::cloud::{Cloud, Result, identity};
use crate::model::Tags;
use crate::resource::{By, Candidate, Findable, Grant, Granted, Key, Managed, Need, Place, Resource as _};

/// The advice for a bucket that is looked up and stands elsewhere.
const HERE: &str = "labform looks up what stands in the lab's region";

impl Findable for Bucket {
    fn keys() -> Vec<Key> {
        vec![Key::name("bucket"), Key::arn("bucketArn", "s3:")]
    }

    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<BucketLive>>> {
        // S3 tells another account's bucket from the lab's once it is told whose it has to be.
        if cloud.account().is_none() {
            identity(cloud).await?;
        }
        let tags: Vec<_> = by.iter().filter_map(|by| by.tags(Self::KIND)).collect();
        if tags.is_empty() {
            let all = try_join_all(by.iter().filter_map(|by| name(by)).map(|name| async move {
                // Nothing is asked of it beyond that it is there.
                match calls::settings(cloud, &name, &Bucket::default()).await {
                    Err(error) if error.is_not_found() => Ok(None),
                    Err(error) => Err(explain(cloud, error, &name, |_| HERE.to_owned()).await),
                    found => found.map(Some),
                }
            }));
            let all = all.await?.into_iter().flatten();
            return Ok(all.map(|live| Candidate { name: live.name.clone(), live, tags: Tags::new() }).collect());
        }
        let names = calls::names(cloud).await?;
        let has_tags = tags.iter().any(|tags| !tags.is_empty());
        let arns: Vec<String> = names.iter().filter(|_| has_tags).map(|name| tag_arn(name)).collect();
        let mut tags = cloud.tags_of(Self::SERVICE, &arns).await?;
        let candidates = names.into_iter().map(|name| {
            let tags = tags.remove(&tag_arn(&name)).unwrap_or_default();
            Candidate { live: bare(&name), name, tags }
        });
        Ok(candidates.collect())
    }

    fn finding(by: &By, place: &Place) -> Vec<Grant> {
        match name(by) {
            Some(name) => {
                let arn = format!("arn:{}:s3:::{name}", place.partition);
                vec![Grant::on(Need::Read, &["s3:ListBucket"], [arn])]
            }
            None => Self::listing(place),
        }
    }

    fn name_in(arn: &str) -> Option<String> {
        arn.rsplit(':').next().map(str::to_owned)
    }
}

fn name(by: &By) -> Option<String> {
    match by {
        By::Name(name) => Some(name.clone()),
        By::Arn(arn) => Bucket::name_in(arn),
        By::Id(_) | By::Default | By::Tags(_) | By::Lab { .. } => None,
    }
}
