//! The calls that read and write tags of a service that is called by table.

use std::collections::BTreeMap;

use serde_json::Value;

use super::owner::in_region;
use super::service::Api;
use super::{Cloud, CloudError, Result};
use crate::model::Tags;

/// Reads the tags of the objects with these ARNs, as many as one call takes.
///
/// # Errors
/// If AWS refuses, answers with tags in another form, or leaves an object out: nothing is known of its tags then.
pub(super) async fn read(cloud: &Cloud, api: &'static Api, arns: &[String]) -> Result<Vec<(String, Tags)>> {
    let tags = &api.tags;
    let answer = cloud.call(api, tags.read, tags.document(arns).into()).await?;
    let unread = || CloudError::answered(tags.read, "", format!("the answer's `{}` are no tags", tags.shown));
    let told = |arn: &str, of: &Value| {
        let read = tags.shape.read(&of[tags.shown]).ok_or_else(unread)?;
        Ok((arn.to_owned(), in_region(read, &cloud.region)))
    };
    match tags.of_many {
        None => arns.iter().map(|arn| told(arn, &answer)).collect(),
        Some((_, list, arn)) => {
            let each = answer[list].as_array().into_iter().flatten();
            let read = each.map(|of| told(of[arn].as_str().unwrap_or_default(), of));
            let read: BTreeMap<String, Tags> = read.collect::<Result<_>>()?;
            match arns.iter().find(|arn| !read.contains_key(*arn)) {
                Some(untold) => {
                    Err(CloudError::answered(tags.read, "", format!("the answer doesn't tell of {untold}")))
                }
                None => Ok(read.into_iter().collect()),
            }
        }
    }
}

/// Adds tags to the object with this ARN.
///
/// # Errors
/// If AWS refuses.
pub(super) async fn write(cloud: &Cloud, api: &'static Api, arn: &str, tags: &Tags) -> Result<()> {
    let mut document = api.tags.document(&[arn.to_owned()]);
    document.insert(api.tags.given.to_owned(), api.tags.shape.written(tags));
    cloud.call(api, api.tags.write, document.into()).await.map(drop)
}
