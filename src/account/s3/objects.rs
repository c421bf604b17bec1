//! `PutObject`, `GetObject`, `HeadObject`, `DeleteObject` and `DeleteObjects`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::call::Call;
use super::conditions::{self, Disturbed};
use super::content::{
    CONTENT_TYPE, Content, Description, UNVERSIONED, Version, bad_version_id, current, is_version_id, push, take,
    versions,
};
use super::range;
use super::{Bucket, Versioning, bucket, header, malformed, no_such_key, not_implemented, ok, query, tags, xml};
use crate::account::Account;
use crate::wire::{Fault, Reply, Request};

/// The most keys that a `DeleteObjects` call takes.
const BATCH: usize = 1000;
/// The headers that come back with an object, besides those of its metadata.
const KEPT: [&str; 6] =
    ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];
/// The storage classes whose objects can be read at any time.
const STORAGE_CLASSES: [&str; 6] =
    ["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];
/// The storage classes whose objects must be restored before they are read, which the account doesn't model.
const ARCHIVES: [&str; 4] = ["GLACIER", "DEEP_ARCHIVE", "OUTPOSTS", "SNOW"];
/// The most bytes of metadata.
const METADATA: usize = 2048;

pub(super) fn put(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    conditions::of_write(account, call.request, call.place(), Disturbed::No)?;
    let of = description(account, call)?;
    let content = Content::new(account, &call.body.bytes, call.body.checksum.clone(), of)?;
    let written = written(&content);
    let id = push(account, call.bucket, call.key, Some(content))?;
    Ok(with_new_version(written, &id))
}

/// What a call says of the object that it makes.
pub(super) fn description(account: &mut Account, call: &Call<'_>) -> Result<Description, Fault> {
    let bucket = bucket(account, call.bucket)?;
    check_acl(bucket, call.request)?;
    let class = header(call.request, "x-amz-storage-class").unwrap_or("STANDARD");
    if ARCHIVES.contains(&class) {
        return Err(not_implemented(&format!("x-amz-storage-class: {class}")));
    }
    if !STORAGE_CLASSES.contains(&class) {
        let fault = Fault::client("InvalidStorageClass", "The storage class you specified is not valid");
        return Err(fault.with("StorageClassRequested", class));
    }
    let mut encryption = bucket.encryption.clone();
    match header(call.request, "x-amz-server-side-encryption") {
        None => {}
        Some("AES256") => encryption = Default::default(),
        Some(other) => return Err(not_implemented(&format!("x-amz-server-side-encryption: {other}"))),
    }
    Ok(Description {
        headers: headers(call.request)?,
        tags: tags::in_header(call.request)?,
        storage_class: class.to_owned(),
        encryption,
    })
}

/// The headers of a request that come back with the object.
pub(super) fn headers(request: &Request) -> Result<BTreeMap<String, String>, Fault> {
    let is_kept = |name: &str| name.starts_with("x-amz-meta-") || KEPT.contains(&name);
    let given = request.headers.iter().filter(|(name, _)| is_kept(name));
    let mut kept: BTreeMap<String, String> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(encoding) = kept.remove("content-encoding") {
        // `aws-chunked` is the encoding of the request and not of the object.
        let own: Vec<&str> = encoding.split(',').map(str::trim).filter(|one| *one != "aws-chunked").collect();
        if !own.concat().is_empty() {
            kept.insert("content-encoding".to_owned(), own.join(","));
        }
    }
    kept.entry("content-type".to_owned()).or_insert_with(|| CONTENT_TYPE.to_owned());
    let metadata = kept.iter().filter_map(|(name, value)| Some(name.strip_prefix("x-amz-meta-")?.len() + value.len()));
    let size: usize = metadata.sum();
    if size > METADATA {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        let fault = Fault::client("MetadataTooLarge", message);
        return Err(fault.with("Size", size).with("MaxSizeAllowed", METADATA));
    }
    Ok(kept)
}

/// Refuses an ACL that says more than that the bucket's owner owns the object.
fn check_acl(bucket: &Bucket, request: &Request) -> Result<(), Fault> {
    let is_enforced = bucket.ownership.as_deref() == Some("BucketOwnerEnforced");
    let grants = request.headers.keys().find(|name| name.starts_with("x-amz-grant-"));
    let acl = header(request, "x-amz-acl").filter(|acl| !["private", "bucket-owner-full-control"].contains(acl));
    match grants.map(String::as_str).or(acl.map(|_| "x-amz-acl")) {
        None => Ok(()),
        Some(_) if is_enforced => Err(Fault::client("AccessControlListNotSupported", "The bucket does not allow ACLs")),
        Some(name) => Err(not_implemented(name)),
    }
}

/// The answer to a write: the ETag, the checksum and the encryption of what was written.
pub(super) fn written(content: &Content) -> Reply {
    let reply = Reply::empty(200).with("etag", &content.etag);
    let reply = reply.with(&content.checksum.algorithm.header(), &content.checksum.value);
    content.encryption.shown(reply.with("x-amz-checksum-type", content.checksum.extent.name()))
}

/// The reply with the id of the version that a write made, if the bucket keeps versions.
pub(super) fn with_new_version(reply: Reply, id: &str) -> Reply {
    if id == UNVERSIONED { reply } else { reply.with("x-amz-version-id", id) }
}

/// `GetObject` and `HeadObject`.
pub(super) fn get(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let account = &*account;
    let (version, content) = find(account, call, query(call.request, "versionId"))?;
    conditions::of_read(account, call.request, version, &content.etag).map_err(|fault| {
        let fault = fault.with_header("etag", &content.etag);
        fault.with_header("last-modified", version.modified.in_header(account))
    })?;
    let part = range::part(account, call.request, version, content)?;
    let body = match call.request.method.as_str() {
        "HEAD" => Vec::new(),
        _ => content.read(account, part.bytes.clone())?,
    };
    let mut reply = Reply { body, ..Reply::empty(200) };
    for (name, value) in &content.headers {
        let given = query(call.request, &format!("response-{name}"));
        reply = reply.with(name, given.unwrap_or(value));
    }
    for name in KEPT.iter().filter(|name| !content.headers.contains_key(**name)) {
        if let Some(given) = query(call.request, &format!("response-{name}")) {
            reply = reply.with(name, given);
        }
    }
    reply = reply.with("etag", &content.etag).with("last-modified", version.modified.in_header(account));
    reply = reply.with("accept-ranges", "bytes").with("content-length", part.bytes.len().to_string());
    if part.is_asked {
        reply.status = 206;
        let Range { start, end } = part.bytes;
        reply = reply.with("content-range", format!("bytes {start}-{}/{}", end.saturating_sub(1), content.size()));
    } else if header(call.request, "x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled")) {
        reply = reply.with(&content.checksum.algorithm.header(), &content.checksum.value);
        reply = reply.with("x-amz-checksum-type", content.checksum.extent.name());
    }
    if query(call.request, "partNumber").is_some() && content.has_parts() {
        reply = reply.with("x-amz-mp-parts-count", content.pieces.len().to_string());
    }
    if content.storage_class != "STANDARD" {
        reply = reply.with("x-amz-storage-class", &content.storage_class);
    }
    if !content.tags.is_empty() {
        reply = reply.with("x-amz-tagging-count", content.tags.len().to_string());
    }
    reply = content.encryption.shown(reply);
    Ok(with_version(account, call.bucket, reply, &version.id))
}

/// The reply with the id of a version, if the bucket keeps versions, or has.
pub(super) fn with_version(account: &Account, name: &str, reply: Reply, id: &str) -> Reply {
    let bucket = account.all::<Bucket>().get(name);
    let keeps = bucket.is_some_and(|bucket| bucket.versioning != Versioning::NeverSet);
    if keeps { reply.with("x-amz-version-id", id) } else { reply }
}

/// The version that a call reads: the one of this id, or the one on top.
pub(super) fn find<'a>(
    account: &'a Account,
    call: &Call<'_>,
    id: Option<&str>,
) -> Result<(&'a Version, &'a Content), Fault> {
    let all = versions(account, call.bucket, call.key);
    let Some(id) = id else {
        return current(account, call.bucket, call.key).ok_or_else(|| match all.last() {
            None => no_such_key(call.key),
            Some(marker) => no_such_key(call.key)
                .with_header("x-amz-delete-marker", "true")
                .with_header("x-amz-version-id", &marker.id),
        });
    };
    let bucket = account.all::<Bucket>().get(call.bucket).ok_or_else(|| super::no_such_bucket(call.bucket))?;
    if !is_version_id(bucket, id) {
        return Err(bad_version_id("versionId", id));
    }
    let version = all.iter().rev().find(|version| version.id == id).ok_or_else(|| no_such_version(call.key, id))?;
    let content = version.content.as_ref().ok_or_else(|| {
        let fault = Fault::client("MethodNotAllowed", "The specified method is not allowed against this resource.");
        let fault = fault.with_status(405).with("Method", &*call.request.method).with("ResourceType", "DeleteMarker");
        let fault = fault.with_header("x-amz-delete-marker", "true").with_header("x-amz-version-id", id);
        fault.with_header("allow", "DELETE").with_header("last-modified", version.modified.in_header(account))
    })?;
    Ok((version, content))
}

/// `DeleteObject`: a versioned bucket only marks the object, unless the call names a version.
pub(super) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    conditions::of_delete(account, header(call.request, "if-match"), call.bucket, call.key)?;
    let version = query(call.request, "versionId");
    if let Some(id) = version.filter(|id| !is_known_form(account, call.bucket, id)) {
        return Err(bad_version_id("versionId", id));
    }
    let gone = remove(account, call.bucket, call.key, version)?;
    let mut reply = Reply::empty(204);
    if gone.marker {
        reply = reply.with("x-amz-delete-marker", "true");
    }
    Ok(match gone.version {
        Some(id) => with_version(account, call.bucket, reply, &id),
        None => reply,
    })
}

/// `DeleteObjects`: a deletion that fails, fails inside a success.
pub(super) fn delete_many(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    if !call.body.is_checked {
        return Err(Fault::client("InvalidRequest", "Missing required header for this request: Content-MD5"));
    }
    let document = xml::parse(&call.body.bytes)?;
    let root = document.root_element();
    let quiet = xml::text(root, "Quiet").is_some_and(|quiet| quiet == "true");
    if !(1..=BATCH).contains(&xml::children(root, "Object").count()) {
        return Err(malformed());
    }
    let mut shown = String::new();
    for object in xml::children(root, "Object") {
        let key = xml::text(object, "Key").filter(|key| !key.is_empty()).ok_or_else(malformed)?;
        let id = xml::text(object, "VersionId");
        let mut fields = xml::leaf("Key", &key);
        if let Some(id) = &id {
            fields += &xml::leaf("VersionId", id);
        }
        match delete_one(account, call.bucket, object, &key, id.as_deref()) {
            Err(fault) => {
                fields += &(xml::leaf("Code", &fault.code) + &xml::leaf("Message", &fault.message));
                shown += &xml::element("Error", &fields);
            }
            Ok(_) if quiet => {}
            Ok(gone) => {
                if gone.marker {
                    fields += &xml::leaf("DeleteMarker", "true");
                    fields += &xml::leaf("DeleteMarkerVersionId", &gone.version.unwrap_or_default());
                }
                shown += &xml::element("Deleted", &fields);
            }
        }
    }
    Ok(ok(xml::document("DeleteResult", &shown)))
}

fn delete_one(
    account: &mut Account,
    name: &str,
    object: roxmltree::Node<'_, '_>,
    key: &str,
    id: Option<&str>,
) -> Result<Gone, Fault> {
    for unmodelled in ["LastModifiedTime", "Size"] {
        if xml::text(object, unmodelled).is_some() {
            return Err(not_implemented(unmodelled));
        }
    }
    conditions::of_delete(account, xml::text(object, "ETag").as_deref(), name, key)?;
    match id {
        Some(id) if !is_known_form(account, name, id) => Err(no_such_version(key, id)),
        id => remove(account, name, key, id),
    }
}

/// The result of a deletion: the version that it removed or made, and whether that was a delete marker.
struct Gone {
    version: Option<String>,
    marker: bool,
}

/// Deletes a key, or one of its versions. One that is gone already is deleted once more.
fn remove(account: &mut Account, name: &str, key: &str, version: Option<&str>) -> Result<Gone, Fault> {
    let Some(id) = version else {
        if bucket(account, name)?.versioning == Versioning::NeverSet {
            take(account, name, key, |_| true);
            return Ok(Gone { version: None, marker: false });
        }
        let id = push(account, name, key, None)?;
        return Ok(Gone { version: Some(id), marker: true });
    };
    let gone = take(account, name, key, |version| version.id == id);
    let marker = gone.iter().any(|version| version.content.is_none());
    Ok(Gone { version: Some(id.to_owned()), marker })
}

/// Returns whether an id can be one that the bucket has or had.
fn is_known_form(account: &Account, name: &str, id: &str) -> bool {
    account.all::<Bucket>().get(name).is_some_and(|bucket| is_version_id(bucket, id))
}

fn no_such_version(key: &str, id: &str) -> Fault {
    let fault = Fault::client("NoSuchVersion", "The specified version does not exist.").with_status(404);
    fault.with("Key", key).with("VersionId", id)
}
