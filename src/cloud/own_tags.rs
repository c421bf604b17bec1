//! Tags of the services that are called through the SDK's crates: each has calls and types of its own.

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::tag_lists::{iam_tags, s3_tags};
use super::{Cloud, CloudError, Result};
use crate::model::Tags;

/// The tags of some objects, by their ARNs.
pub(super) type Read = for<'a> fn(&'a Cloud, &'a [String]) -> BoxFuture<'a, Result<Vec<(String, Tags)>>>;
/// Adds tags to the object with an ARN; its other tags stay.
pub(super) type Write = for<'a> fn(&'a Cloud, &'a str, &'a Tags) -> BoxFuture<'a, Result<()>>;

/// The calls by which a service is asked for tags and told of them.
#[derive(Debug)]
pub(super) struct OwnTags {
    /// The call that reads tags, and of how many objects at once; none if the objects bring their tags along.
    pub(super) read: Option<(usize, Read)>,
    /// Writes tags.
    pub(super) write: Write,
}

pub(super) const IAM: OwnTags = OwnTags { read: None, write: |cloud, arn, tags| write_iam(cloud, arn, tags).boxed() };

pub(super) const S3: OwnTags = OwnTags {
    read: Some((1, |cloud, arns| read_s3(cloud, arns).boxed())),
    write: |cloud, arn, tags| write_s3(cloud, arn, tags).boxed(),
};

async fn write_iam(cloud: &Cloud, arn: &str, tags: &Tags) -> Result<()> {
    cloud.iam.tag_role().role_name(last(arn)).set_tags(Some(iam_tags(tags))).send().await?;
    Ok(())
}

/// PutBucketTagging replaces the whole set (API reference).
async fn write_s3(cloud: &Cloud, arn: &str, tags: &Tags) -> Result<()> {
    let mut all = bucket_tags(cloud, arn).await?;
    all.extend(tags.clone());
    let set = aws_sdk_s3::types::Tagging::builder().set_tag_set(Some(s3_tags(&all))).build();
    let set = set.expect("a tag set is given");
    cloud.s3.put_bucket_tagging().bucket(bucket(arn)).tagging(set).send().await?;
    Ok(())
}

async fn read_s3(cloud: &Cloud, arns: &[String]) -> Result<Vec<(String, Tags)>> {
    let mut found = Vec::new();
    for arn in arns {
        found.push((arn.clone(), bucket_tags(cloud, arn).await?));
    }
    Ok(found)
}

async fn bucket_tags(cloud: &Cloud, arn: &str) -> Result<Tags> {
    match cloud.s3.get_bucket_tagging().bucket(bucket(arn)).send().await.map_err(CloudError::from) {
        Ok(answer) => Ok(answer.tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()),
        Err(error) if error.is("NoSuchTagSet") => Ok(Tags::new()),
        Err(error) => Err(error),
    }
}

/// The id or the name at the end of an ARN.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn bucket(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
