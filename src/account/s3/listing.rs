//! Lists of objects, of their versions, and of uploads to them.

use super::call::Call;
use super::checksum::{Algorithm, Extent};
use super::content::{Content, Version, bad_version_id, is_version_id, keys};
use super::pages::{Asked, Entry, Page, bad_argument, page};
use super::uploads::Upload;
use super::{ok, owner, query, xml};
use crate::account::Account;
use crate::token;
use crate::wire::{Fault, Reply};

/// `ListObjects`: the latest versions, without what is deleted.
pub(super) fn objects(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let account = &*account;
    let asked = Asked::of(account, call, "max-keys")?;
    let after = query(call.request, "marker").unwrap_or_default();
    let found = page(&asked, after, latest(account, call, asked.prefix, after));
    let mut body = [
        xml::leaf("Name", call.bucket),
        asked.shown("MaxKeys"),
        asked.key("Marker", after),
        xml::leaf("IsTruncated", &found.is_truncated.to_string()),
    ]
    .concat();
    if let Some(last) = found.last().filter(|_| asked.delimiter.is_some() && found.is_truncated) {
        body += &asked.key("NextMarker", last);
    }
    body += &contents(account, &asked, &found, &owner(account));
    Ok(ok(xml::document("ListBucketResult", &body)))
}

/// `ListObjectsV2`.
pub(super) fn objects_v2(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let account = &*account;
    let asked = Asked::of(account, call, "max-keys")?;
    if let Some(other) = query(call.request, "list-type").filter(|kind| *kind != "2") {
        return Err(bad_argument("Invalid Argument", "list-type", other));
    }
    let given = query(call.request, "continuation-token");
    let token = given.map(|token| {
        let incorrect = || bad_argument("The continuation token provided is incorrect", "continuation-token", token);
        token::open(token).ok_or_else(incorrect)
    });
    let token = token.transpose()?;
    let start = query(call.request, "start-after");
    let after = token.as_deref().or(start).unwrap_or_default();
    let found = page(&asked, after, latest(account, call, asked.prefix, after));
    let mut body = [
        xml::leaf("Name", call.bucket),
        asked.shown("MaxKeys"),
        xml::leaf("KeyCount", &found.entries.len().to_string()),
        xml::leaf("IsTruncated", &found.is_truncated.to_string()),
        given.map(|token| xml::leaf("ContinuationToken", token)).unwrap_or_default(),
        start.map(|start| asked.key("StartAfter", start)).unwrap_or_default(),
    ]
    .concat();
    if let Some(last) = found.last().filter(|_| found.is_truncated) {
        body += &xml::leaf("NextContinuationToken", &token::seal(last));
    }
    let owners = query(call.request, "fetch-owner") == Some("true");
    body += &contents(account, &asked, &found, &if owners { owner(account) } else { String::new() });
    Ok(ok(xml::document("ListBucketResult", &body)))
}

/// The object of each key that comes after `after`.
fn latest<'a>(
    account: &'a Account,
    call: &Call<'_>,
    prefix: &str,
    after: &str,
) -> impl Iterator<Item = (&'a str, (&'a Version, &'a Content))> {
    let found = keys(account, call.bucket, prefix).filter(move |(key, _)| *key > after);
    found.filter_map(|(key, versions)| {
        let top = versions.last()?;
        Some((key, (top, top.content.as_ref()?)))
    })
}

fn contents(account: &Account, asked: &Asked<'_>, found: &Page<'_, (&Version, &Content)>, owner: &str) -> String {
    let shown = |entry: &Entry<'_, (&Version, &Content)>| match entry {
        Entry::Item(key, (version, content)) => {
            xml::element("Contents", &(asked.key("Key", key) + &fields(account, version, content) + owner))
        }
        Entry::Prefix(prefix) => asked.common_prefix(prefix),
    };
    found.entries.iter().map(shown).collect()
}

/// `ListObjectVersions`: every version and delete marker, the newest of each key first.
pub(super) fn versions(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let bucket = super::bucket(account, call.bucket)?.clone();
    let account = &*account;
    let asked = Asked::of(account, call, "max-keys")?;
    let (key_marker, id_marker) = (query(call.request, "key-marker"), query(call.request, "version-id-marker"));
    match (key_marker.filter(|key| !key.is_empty()), id_marker) {
        (_, None) => {}
        (_, Some("")) => return Err(bad_argument("A version-id marker cannot be empty.", "version-id-marker", "")),
        (None, Some(id)) => {
            let message = "A version-id marker cannot be specified without a key marker.";
            return Err(bad_argument(message, "version-id-marker", id));
        }
        (Some(_), Some(id)) if !is_version_id(&bucket, id) => return Err(bad_version_id("version-id-marker", id)),
        (Some(_), Some(_)) => {}
    }
    let after = key_marker.unwrap_or_default();
    let rest = keys(account, call.bucket, asked.prefix).flat_map(|(key, versions)| {
        let newest_first = versions.iter().rev().enumerate();
        newest_first.skip(seen(key, versions, after, id_marker)).map(move |(place, one)| (key, (place == 0, one)))
    });
    let found = page(&asked, after, rest);
    let mut body = [
        xml::leaf("Name", call.bucket),
        asked.shown("MaxKeys"),
        asked.key("KeyMarker", after),
        xml::leaf("VersionIdMarker", id_marker.unwrap_or_default()),
        xml::leaf("IsTruncated", &found.is_truncated.to_string()),
    ]
    .concat();
    if let Some(last) = found.entries.last().filter(|_| found.is_truncated) {
        body += &asked.key("NextKeyMarker", last.key());
        if let Entry::Item(_, (_, version)) = last {
            body += &xml::leaf("NextVersionIdMarker", &version.id);
        }
    }
    for entry in &found.entries {
        body += &match entry {
            Entry::Prefix(prefix) => asked.common_prefix(prefix),
            Entry::Item(key, (is_latest, version)) => {
                let head = [
                    asked.key("Key", key),
                    xml::leaf("VersionId", &version.id),
                    xml::leaf("IsLatest", &is_latest.to_string()),
                    owner(account),
                ];
                let modified = || xml::leaf("LastModified", &version.modified.in_xml(account));
                let (name, rest) = match &version.content {
                    Some(content) => ("Version", fields(account, version, content)),
                    None => ("DeleteMarker", modified()),
                };
                xml::element(name, &(head.concat() + &rest))
            }
        };
    }
    Ok(ok(xml::document("ListVersionsResult", &body)))
}

/// The number of a key's versions that an earlier page showed.
fn seen(key: &str, versions: &[Version], key_marker: &str, id_marker: Option<&str>) -> usize {
    match key.cmp(key_marker) {
        std::cmp::Ordering::Less => versions.len(),
        // A marker that is gone was newer than all that is left.
        std::cmp::Ordering::Equal => id_marker.map_or(versions.len(), |id| {
            versions.iter().rev().position(|version| version.id == id).map_or(0, |place| place + 1)
        }),
        std::cmp::Ordering::Greater => 0,
    }
}

/// `ListMultipartUploads`: by key, and the oldest of each key first.
pub(super) fn uploads(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let account = &*account;
    let asked = Asked::of(account, call, "max-uploads")?;
    let after = query(call.request, "key-marker").unwrap_or_default();
    let id_marker = query(call.request, "upload-id-marker").filter(|id| !id.is_empty() && !after.is_empty());
    if let Some(id) = id_marker.filter(|id| id.len() != 64 || !id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(bad_argument("Invalid uploadId marker", "upload-id-marker", id));
    }
    let all = account.all::<Upload>();
    let ids = all.owned_by(call.bucket);
    let mut uploads: Vec<(&str, (&str, &Upload))> =
        ids.filter_map(|id| all.get(id).map(|one| (&*one.key, (id, one)))).collect();
    uploads.sort_by_key(|(key, (id, upload))| (*key, upload.begun.millis(account), *id));
    let place = id_marker.and_then(|id| uploads.iter().position(|(_, (one, _))| *one == id));
    let is_after = |at: usize, key: &str| match key.cmp(after) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => id_marker.is_some() && place.is_none_or(|place| at > place),
        std::cmp::Ordering::Greater => true,
    };
    let rest = uploads.into_iter().enumerate().filter(|(at, (key, _))| is_after(*at, key)).map(|(_, one)| one);
    let found = page(&asked, after, rest.filter(|(key, _)| key.starts_with(asked.prefix)));
    let last = found.entries.iter().rev().find_map(|entry| match entry {
        Entry::Item(key, (id, _)) => Some((*key, *id)),
        Entry::Prefix(_) => None,
    });
    let (last_key, last_id) = last.unwrap_or_default();
    let mut body = [
        xml::leaf("Bucket", call.bucket),
        asked.shown("MaxUploads"),
        asked.key("KeyMarker", after),
        xml::leaf("UploadIdMarker", id_marker.unwrap_or_default()),
        asked.key("NextKeyMarker", last_key),
        xml::leaf("NextUploadIdMarker", last_id),
        xml::leaf("IsTruncated", &found.is_truncated.to_string()),
    ]
    .concat();
    for entry in &found.entries {
        body += &match entry {
            Entry::Prefix(prefix) => asked.common_prefix(prefix),
            Entry::Item(key, (id, upload)) => {
                let fields = [
                    asked.key("Key", key),
                    xml::leaf("UploadId", id),
                    xml::element("Initiator", &xml::leaf("ID", &account.caller())),
                    owner(account),
                    xml::leaf("StorageClass", &upload.of.storage_class),
                    xml::leaf("Initiated", &upload.begun.in_xml(account)),
                    algorithm(upload.checksum),
                ];
                xml::element("Upload", &fields.concat())
            }
        };
    }
    Ok(ok(xml::document("ListMultipartUploadsResult", &body)))
}

/// The algorithm and the extent of a checksum that somebody asked for.
pub(super) fn algorithm(checksum: Option<(Algorithm, Extent)>) -> String {
    let shown = |(algorithm, extent): (Algorithm, Extent)| {
        xml::leaf("ChecksumAlgorithm", algorithm.name()) + &xml::leaf("ChecksumType", extent.name())
    };
    checksum.map(shown).unwrap_or_default()
}

fn fields(account: &Account, version: &Version, content: &Content) -> String {
    [
        xml::leaf("LastModified", &version.modified.in_xml(account)),
        xml::leaf("ETag", &content.etag),
        algorithm(Some((content.checksum.algorithm, content.checksum.extent))),
        xml::leaf("Size", &content.size().to_string()),
        xml::leaf("StorageClass", &content.storage_class),
    ]
    .concat()
}
