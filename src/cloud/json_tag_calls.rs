//! The calls that read and write tags of a service that speaks JSON.

use super::services::Api;
use super::{Cloud, CloudError, Result};
use crate::model::Tags;

/// Reads the tags of the object with this ARN.
///
/// # Errors
/// If AWS refuses, or answers with tags in another form.
pub(super) async fn read(cloud: &Cloud, api: &'static Api, arn: &str) -> Result<Tags> {
    let tags = &api.tags;
    let answer = cloud.call(api, tags.read, tags.document(arn).into()).await?;
    let unread = || CloudError::answered(tags.read, "", format!("the answer's `{}` are no tags", tags.shown));
    tags.shape.read(&answer[tags.shown]).ok_or_else(unread)
}

/// Adds tags to the object with this ARN.
///
/// # Errors
/// If AWS refuses.
pub(super) async fn write(cloud: &Cloud, api: &'static Api, arn: &str, tags: &Tags) -> Result<()> {
    let mut document = api.tags.document(arn);
    document.insert(api.tags.given.to_owned(), api.tags.shape.written(tags));
    cloud.call(api, api.tags.write, document.into()).await.map(drop)
}
