//! Lists of objects and of their versions.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::objects::{Content, Version};
use super::{Bucket, ok, query, xml};
use crate::input::timestamp;
use crate::wire::{Fault, Reply, Request};

/// The most keys that S3 lists at a time, whatever the caller asks for.
pub(super) const PAGE: usize = 1000;

/// The characters that `encoding-type=url` leaves as they are.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

/// `ListObjectsV2`: the latest versions, without what is deleted.
pub(super) fn objects(bucket: &Bucket, request: &Request, name: &str, page: usize) -> Result<Reply, Fault> {
    let prefix = query(request, "prefix").unwrap_or_default();
    let delimiter = query(request, "delimiter").filter(|delimiter| !delimiter.is_empty());
    let after = query(request, "continuation-token").or_else(|| query(request, "start-after")).unwrap_or_default();
    let limit = limit(request, page)?;
    let mut contents = String::new();
    let mut prefixes = BTreeSet::new();
    let mut count = 0;
    let mut last = String::new();
    let mut next = None;
    for (key, versions) in &bucket.objects {
        let Some((version, content)) = versions.last().and_then(|top| Some((top, top.content.as_ref()?))) else {
            continue;
        };
        let Some(rest) = key.strip_prefix(prefix).filter(|_| key.as_str() > after && !below(after, key, delimiter))
        else {
            continue;
        };
        let folder = delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| at + delimiter.len()));
        let entry = folder.map_or(key.as_str(), |end| &key[..prefix.len() + end]);
        if prefixes.contains(entry) {
            continue;
        }
        if count == limit {
            next = Some(last);
            break;
        }
        count += 1;
        entry.clone_into(&mut last);
        if folder.is_some() {
            prefixes.insert(entry.to_owned());
        } else {
            contents += &xml::element("Contents", &(leaf_key(request, "Key", key) + &fields(version, content)));
        }
    }
    let mut body = [
        xml::leaf("Name", name),
        leaf_key(request, "Prefix", prefix),
        xml::leaf("KeyCount", &count.to_string()),
        xml::leaf("MaxKeys", &limit.to_string()),
        xml::leaf("IsTruncated", &next.is_some().to_string()),
        encoding(request),
        contents,
    ]
    .concat();
    for prefix in &prefixes {
        body += &xml::element("CommonPrefixes", &leaf_key(request, "Prefix", prefix));
    }
    if let Some(next) = next {
        body += &xml::leaf("NextContinuationToken", &next);
    }
    Ok(ok(xml::document("ListBucketResult", &body)))
}

/// `ListObjectVersions`: every version and delete marker, the newest of each key first.
pub(super) fn versions(bucket: &Bucket, request: &Request, name: &str, page: usize) -> Result<Reply, Fault> {
    let prefix = query(request, "prefix").unwrap_or_default();
    let limit = limit(request, page)?;
    let (key_marker, version_marker) = (query(request, "key-marker"), query(request, "version-id-marker"));
    let mut rest = bucket
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(prefix))
        .flat_map(|(key, versions)| {
            let newest_first = versions.iter().rev().enumerate();
            let skipped = seen(key, versions, key_marker, version_marker);
            newest_first.skip(skipped).map(move |(place, version)| (key, place == 0, version))
        })
        .peekable();
    let mut shown = String::new();
    let mut last = None;
    for (key, is_latest, version) in rest.by_ref().take(limit) {
        let head = [
            leaf_key(request, "Key", key),
            xml::leaf("VersionId", &version.id),
            xml::leaf("IsLatest", &is_latest.to_string()),
        ]
        .concat();
        shown += &match &version.content {
            Some(content) => xml::element("Version", &(head + &fields(version, content))),
            None => xml::element("DeleteMarker", &(head + &xml::leaf("LastModified", &timestamp(version.modified)))),
        };
        last = Some((key, version));
    }
    let truncated = rest.peek().is_some();
    let mut body = [
        xml::leaf("Name", name),
        leaf_key(request, "Prefix", prefix),
        xml::leaf("MaxKeys", &limit.to_string()),
        xml::leaf("IsTruncated", &truncated.to_string()),
        encoding(request),
        shown,
    ]
    .concat();
    if let Some((key, version)) = last.filter(|_| truncated) {
        body += &leaf_key(request, "NextKeyMarker", key);
        body += &xml::leaf("NextVersionIdMarker", &version.id);
    }
    Ok(ok(xml::document("ListVersionsResult", &body)))
}

/// `ListMultipartUploads`: this account has none.
pub(super) fn uploads(name: &str) -> Reply {
    let body = xml::leaf("Bucket", name) + &xml::leaf("IsTruncated", "false");
    ok(xml::document("ListMultipartUploadsResult", &body))
}

/// The number of a key's versions that an earlier page showed.
fn seen(key: &str, versions: &[Version], key_marker: Option<&str>, version_marker: Option<&str>) -> usize {
    match key_marker {
        Some(marker) if key < marker => versions.len(),
        // A marker that is gone was newer than all that is left.
        Some(marker) if key == marker => version_marker.map_or(versions.len(), |id| {
            versions.iter().rev().position(|version| version.id == id).map_or(0, |place| place + 1)
        }),
        _ => 0,
    }
}

/// Returns whether an earlier page showed the key inside the folder that it ended with.
fn below(after: &str, key: &str, delimiter: Option<&str>) -> bool {
    delimiter.is_some_and(|delimiter| after.ends_with(delimiter) && key.starts_with(after))
}

fn fields(version: &Version, content: &Content) -> String {
    [
        xml::leaf("LastModified", &timestamp(version.modified)),
        xml::leaf("ETag", &content.etag),
        xml::leaf("Size", &content.size.to_string()),
        xml::leaf("StorageClass", "STANDARD"),
    ]
    .concat()
}

fn limit(request: &Request, page: usize) -> Result<usize, Fault> {
    let Some(written) = query(request, "max-keys") else {
        return Ok(page);
    };
    let limit: usize = written
        .parse()
        .map_err(|_| Fault::client("InvalidArgument", "Provided max-keys not an integer or within integer range"))?;
    Ok(limit.min(page))
}

/// A key or a part of one, in the encoding that the caller asked for.
fn leaf_key(request: &Request, name: &str, key: &str) -> String {
    match query(request, "encoding-type") {
        Some("url") => xml::leaf(name, &utf8_percent_encode(key, ENCODED).to_string()),
        _ => xml::leaf(name, key),
    }
}

fn encoding(request: &Request) -> String {
    query(request, "encoding-type").map(|kind| xml::leaf("EncodingType", kind)).unwrap_or_default()
}
