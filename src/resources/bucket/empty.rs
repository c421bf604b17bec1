//! Deleting a bucket, and emptying it before if its owner allows that.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};

use super::BucketLive;
use crate::cloud::{Cloud, CloudError, Result};
use crate::resource::{Content, Waiting};

/// The number of times that the bucket is emptied before labform gives up: somebody may be writing to it still.
const PASSES: usize = 5;

/// A version of an object, or the mark of a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    key: String,
    id: Option<String>,
}

/// Deletes the bucket, and its objects before if `content` says so.
pub(super) async fn delete(cloud: &Cloud, live: &BucketLive, content: Content, waiting: &Waiting) -> Result<()> {
    let name = live.name.as_str();
    for pass in 0..=PASSES {
        waiting.goes_on()?;
        let answer = cloud.s3.delete_bucket().bucket(name).send().await;
        let refusal = match answer.map_err(CloudError::from) {
            Ok(_) => return Ok(()),
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) if error.is("BucketNotEmpty") => error,
            Err(error) => return Err(error),
        };
        if content == Content::Keep {
            return Err(not_empty(cloud, name, refusal).await?);
        }
        if pass == PASSES {
            return Err(refusal);
        }
        empty(cloud, name, waiting).await?;
    }
    Ok(())
}

/// The refusal with what the bucket holds, and with what allows emptying it.
async fn not_empty(cloud: &Cloud, name: &str, refusal: CloudError) -> Result<CloudError> {
    let page = page(cloud, name, None).await?;
    let more = match page.is_truncated() {
        Some(true) => "more than ",
        _ => "",
    };
    let count = versions(&page).len();
    let message = format!(
        "the bucket `{name}` holds {more}{count} versions of objects; apply keeps them; `onDestroy: empty` in lab.yaml \
         lets destroy delete them, as `destroy --empty` does; to look at them: `aws s3api list-object-versions --bucket \
         {name}`"
    );
    Ok(refusal.reworded(message))
}

/// Deletes every version that is there, with the marks of deletions, and aborts uploads.
async fn empty(cloud: &Cloud, name: &str, waiting: &Waiting) -> Result<()> {
    let mut deleted = 0;
    let mut after = None;
    loop {
        let page = page(cloud, name, after.as_ref()).await?;
        let found = versions(&page);
        remove(cloud, name, &found, waiting).await?;
        deleted += found.len();
        waiting.on(&format!("deleted {deleted} versions of objects"));
        let next = match page.is_truncated() {
            Some(true) => page.next_key_marker().map(|key| Version {
                key: decoded(key, page.encoding_type()),
                id: page.next_version_id_marker().map(str::to_owned),
            }),
            _ => None,
        };
        // A page that leads to itself leads nowhere.
        if next.is_none() || next == after {
            break;
        }
        after = next;
    }
    abort_uploads(cloud, name, waiting).await
}

async fn page(cloud: &Cloud, name: &str, after: Option<&Version>) -> Result<ListObjectVersionsOutput> {
    let list = cloud.s3.list_object_versions().bucket(name);
    // A key may hold characters that XML can't carry.
    let list = list
        .encoding_type(EncodingType::Url)
        .set_key_marker(after.map(|version| version.key.clone()))
        .set_version_id_marker(after.and_then(|version| version.id.clone()));
    Ok(list.send().await?)
}

fn versions(page: &ListObjectVersionsOutput) -> Vec<Version> {
    let version = |key: Option<&str>, id: Option<&str>| Version {
        key: decoded(key.unwrap_or_default(), page.encoding_type()),
        id: id.map(str::to_owned),
    };
    let objects = page.versions().iter().map(|one| version(one.key(), one.version_id()));
    let marks = page.delete_markers().iter().map(|one| version(one.key(), one.version_id()));
    objects.chain(marks).collect()
}

/// The key in plain: S3 writes a space as `+` in keys that it was asked to encode.
fn decoded(key: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(EncodingType::Url) => {
            percent_encoding::percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
        }
        _ => key.to_owned(),
    }
}

/// Deletes the versions of a page, which holds at most as many as DeleteObjects takes: 1000.
async fn remove(cloud: &Cloud, name: &str, versions: &[Version], waiting: &Waiting) -> Result<()> {
    let (single, batch): (Vec<&Version>, Vec<&Version>) =
        versions.iter().partition(|version| version.key.chars().any(is_unfit_for_xml));
    for version in single {
        waiting.goes_on()?;
        cloud.s3.delete_object().bucket(name).key(&version.key).set_version_id(version.id.clone()).send().await?;
    }
    if batch.is_empty() {
        return Ok(());
    }
    waiting.goes_on()?;
    let objects = batch.into_iter().map(|version| {
        ObjectIdentifier::builder()
            .key(&version.key)
            .set_version_id(version.id.clone())
            .build()
            .expect("the key is given")
    });
    let delete = Delete::builder().set_objects(Some(objects.collect())).quiet(true).build().expect("objects are given");
    let answer = cloud.s3.delete_objects().bucket(name).delete(delete);
    // What went wrong with single objects stands in an answer that is a success.
    match answer.send().await?.errors() {
        [] => Ok(()),
        [first, rest @ ..] => Err(CloudError::answered(
            "DeleteObjects",
            first.code().unwrap_or_default(),
            format!(
                "{}: {} (and {} more)",
                first.key().unwrap_or_default(),
                first.message().unwrap_or_default(),
                rest.len()
            ),
        )),
    }
}

/// Returns whether XML 1.0 carries no such character, or turns it into another.
fn is_unfit_for_xml(c: char) -> bool {
    c.is_control() || c == '\u{fffe}' || c == '\u{ffff}'
}

async fn abort_uploads(cloud: &Cloud, name: &str, waiting: &Waiting) -> Result<()> {
    let mut after = (None, None);
    loop {
        let (key, upload) = after.clone();
        let list = cloud.s3.list_multipart_uploads().bucket(name);
        let list = list.set_key_marker(key).set_upload_id_marker(upload);
        let page = list.send().await?;
        for upload in page.uploads() {
            waiting.goes_on()?;
            let abort = cloud.s3.abort_multipart_upload().bucket(name);
            let abort = abort.key(upload.key().unwrap_or_default()).upload_id(upload.upload_id().unwrap_or_default());
            match abort.send().await.map_err(CloudError::from) {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        let is_last = page.is_truncated() != Some(true);
        let next = (page.next_key_marker, page.next_upload_id_marker);
        if is_last || next == after {
            return Ok(());
        }
        after = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_where_s3_encoded_them() {
        let url = Some(&EncodingType::Url);
        assert_eq!(decoded("a+b%2Bc%2F%C3%A9%01", url), "a b+c/\u{e9}\u{1}");
        assert_eq!(decoded("a+b%2B", None), "a+b%2B");
    }

    #[test]
    fn keys_that_xml_would_change_are_known() {
        let unfit = |key: &str| key.chars().any(is_unfit_for_xml);
        assert!(unfit("a\u{1}") && unfit("a\nb") && !unfit("input/\u{e9} 1.png"));
    }
}
