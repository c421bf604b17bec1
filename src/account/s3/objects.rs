//! Objects, their versions and delete markers.

use std::collections::BTreeMap;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};

use super::{Bucket, Puts, Versioning, bucket, chunked, empty, header, malformed, no_such_bucket, ok, query, xml};
use crate::account::Account;
use crate::ids::{digest, hash};
use crate::wire::{Fault, Reply, Request};

/// The id of a version that was made while the bucket kept none.
const UNVERSIONED: &str = "null";
/// The key of the count of puts.
const PUTS: &str = "puts";
/// The most keys that a `DeleteObjects` call takes.
const BATCH: usize = 1000;

/// A version of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: i64,
    /// The content; nothing for a delete marker.
    pub(super) content: Option<Content>,
}

/// The content of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Content {
    /// The id of the bytes.
    blob: String,
    pub(super) size: usize,
    pub(super) etag: String,
    /// The headers that the caller put with it and that come back with it.
    headers: BTreeMap<String, String>,
}

/// The body of a put, before it is an object.
struct Body {
    bytes: Vec<u8>,
    etag: String,
    headers: BTreeMap<String, String>,
}

impl Body {
    fn new(bytes: Vec<u8>, headers: BTreeMap<String, String>) -> Self {
        let etag = format!("\"{}\"", &digest(&bytes)[..32]);
        // AWS promises no more of an ETag than that it changes with the content.
        Self { etag, bytes, headers }
    }
}

pub(super) fn put(account: &mut Account, request: &Request, name: &str, key: &str) -> Result<Reply, Fault> {
    let body = chunked::body(request)?;
    let exists = latest(bucket(account, name)?, key).is_some();
    if header(request, "if-none-match") == Some("*") && exists {
        let message = "At least one of the pre-conditions you specified did not hold";
        return Err(Fault::client("PreconditionFailed", message).with_status(412));
    }
    let kept =
        |header: &str| header.starts_with("x-amz-meta-") || header == "content-type" || header == "cache-control";
    let headers = request.headers.iter().filter(|(header, _)| kept(header));
    let headers = headers.map(|(header, value)| (header.clone(), value.clone()));
    let body = Body::new(body, headers.collect());
    let etag = body.etag.clone();
    let id = push(account, name, key, Some(body))?;
    let mut reply = empty(200);
    reply.headers.push(("etag".to_owned(), etag));
    add_version_id(&mut reply, bucket(account, name)?, &id);
    Ok(reply)
}

/// Puts an object as code in a container does.
pub(crate) fn put_text(account: &mut Account, name: &str, key: &str, content: &str) -> Result<(), Fault> {
    let body = Body::new(content.as_bytes().to_vec(), BTreeMap::new());
    push(account, name, key, Some(body)).map(drop)
}

/// `GetObject` and `HeadObject`.
pub(super) fn get(account: &Account, request: &Request, name: &str, key: &str) -> Result<Reply, Fault> {
    let bucket = account.all::<Bucket>().get(name).ok_or_else(no_such_bucket)?;
    let version = match query(request, "versionId") {
        None => latest(bucket, key).ok_or_else(no_such_key)?,
        Some(id) => {
            let versions = bucket.objects.get(key).into_iter().flatten();
            versions.rev().find(|version| version.id == id).ok_or_else(no_such_version)?
        }
    };
    let Some(content) = &version.content else {
        let message = "The specified method is not allowed against this resource.";
        return Err(Fault::client("MethodNotAllowed", message).with_status(405));
    };
    let body = if request.method == "HEAD" {
        Vec::new()
    } else {
        account.blobs.get(&content.blob).map_err(|error| internal(&error))?
    };
    let modified = DateTime::from_millis(version.modified).fmt(Format::HttpDate).map_err(|_| no_such_key())?;
    let mut headers: Vec<(String, String)> =
        content.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    headers.push(("etag".to_owned(), content.etag.clone()));
    headers.push(("last-modified".to_owned(), modified));
    headers.push(("content-length".to_owned(), content.size.to_string()));
    let mut reply = Reply { status: 200, headers, body };
    add_version_id(&mut reply, bucket, &version.id);
    Ok(reply)
}

/// `DeleteObject`: a versioned bucket only marks the object, unless the call names a version.
pub(super) fn delete(account: &mut Account, request: &Request, name: &str, key: &str) -> Result<Reply, Fault> {
    let version = query(request, "versionId").map(str::to_owned);
    let gone = remove(account, name, key, version.as_deref())?;
    let mut reply = empty(204);
    if gone.marker {
        reply.headers.push(("x-amz-delete-marker".to_owned(), "true".to_owned()));
    }
    if let Some(id) = gone.version {
        reply.headers.push(("x-amz-version-id".to_owned(), id));
    }
    Ok(reply)
}

/// `DeleteObjects`: a deletion that fails, fails inside a success.
pub(super) fn delete_many(account: &mut Account, request: &Request, name: &str) -> Result<Reply, Fault> {
    let body = chunked::body(request)?;
    let document = xml::parse(&body)?;
    let root = document.root_element();
    let quiet = xml::text(root, "Quiet").is_some_and(|quiet| quiet == "true");
    if xml::children(root, "Object").count() > BATCH {
        return Err(malformed());
    }
    let mut shown = String::new();
    for object in xml::children(root, "Object") {
        let key = xml::text(object, "Key").ok_or_else(malformed)?;
        let version = xml::text(object, "VersionId");
        let mut fields = xml::leaf("Key", &key);
        if let Some(id) = &version {
            fields += &xml::leaf("VersionId", id);
        }
        match remove(account, name, &key, version.as_deref()) {
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

/// The result of a deletion: the version that it removed or made, and whether that was a delete marker.
struct Gone {
    version: Option<String>,
    marker: bool,
}

fn remove(account: &mut Account, name: &str, key: &str, version: Option<&str>) -> Result<Gone, Fault> {
    let bucket = bucket(account, name)?;
    let Some(id) = version else {
        if bucket.versioning == Versioning::NeverSet {
            let gone = bucket.objects.remove(key).unwrap_or_default();
            doom(account, &gone);
            return Ok(Gone { version: None, marker: false });
        }
        let id = push(account, name, key, None)?;
        return Ok(Gone { version: Some(id), marker: true });
    };
    let mut marker = false;
    if let Some(versions) = bucket.objects.get_mut(key) {
        marker = versions.iter().any(|version| version.id == id && version.content.is_none());
        let gone: Vec<Version> = versions.extract_if(.., |version| version.id == id).collect();
        if versions.is_empty() {
            bucket.objects.remove(key);
        }
        doom(account, &gone);
    }
    Ok(Gone { version: Some(id.to_owned()), marker })
}

/// Puts a version on top, and takes away what it replaces.
fn push(account: &mut Account, name: &str, key: &str, body: Option<Body>) -> Result<String, Fault> {
    let modified = account.now;
    let id = match bucket(account, name)?.versioning {
        Versioning::Enabled => account.unique_hex(32),
        Versioning::NeverSet | Versioning::Suspended => UNVERSIONED.to_owned(),
    };
    let versions = bucket(account, name)?.objects.entry(key.to_owned()).or_default();
    let gone: Vec<Version> = versions.extract_if(.., |version| version.id == id).collect();
    doom(account, &gone);
    let content = body.map(|body| keep(account, &format!("{name}/{key} {id}"), body)).transpose()?;
    let versions = bucket(account, name)?.objects.entry(key.to_owned()).or_default();
    versions.push(Version { id: id.clone(), modified, content });
    Ok(id)
}

/// Keeps the bytes apart from the rest of the account.
fn keep(account: &mut Account, place: &str, body: Body) -> Result<Content, Fault> {
    let puts = account.all_mut::<Puts>().at(PUTS, Puts::default);
    puts.0 += 1;
    let blob = hash(&format!("{place} {}", puts.0));
    account.blobs.put(&blob, &body.bytes).map_err(|error| internal(&error))?;
    Ok(Content { blob, size: body.bytes.len(), etag: body.etag, headers: body.headers })
}

fn doom(account: &mut Account, gone: &[Version]) {
    let gone = gone.iter().filter_map(|version| version.content.as_ref());
    gone.for_each(|content| account.blobs.doom(&content.blob));
}

fn internal(error: &std::io::Error) -> Fault {
    let message = format!("We encountered an internal error. Please try again. ({error})");
    Fault::client("InternalError", message).with_status(500)
}

/// The version on top, if it isn't a delete marker.
fn latest<'a>(bucket: &'a Bucket, key: &str) -> Option<&'a Version> {
    bucket.objects.get(key)?.last().filter(|version| version.content.is_some())
}

fn add_version_id(reply: &mut Reply, bucket: &Bucket, id: &str) {
    if bucket.versioning != Versioning::NeverSet {
        reply.headers.push(("x-amz-version-id".to_owned(), id.to_owned()));
    }
}

fn no_such_key() -> Fault {
    Fault::client("NoSuchKey", "The specified key does not exist.").with_status(404)
}

fn no_such_version() -> Fault {
    Fault::client("NoSuchVersion", "The specified version does not exist.").with_status(404)
}
