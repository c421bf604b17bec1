//! S3 as labform uses it: buckets with their settings, objects with their versions.
//!
//! Knows what makes a bucket impossible to delete: any version or delete marker. Must not know multipart uploads,
//! policies or who may read what.

mod buckets;
mod chunked;
mod listing;
mod objects;
mod settings;
mod xml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Item;
use super::account::{Account, Calls, Service, Tagged};
use super::states::Kept;
use super::table::{Object, Table};
use super::wire::{Fault, Reply, Request};

use objects::Version;
pub(super) use objects::put_text;
use settings::{Encryption, PublicAccessBlock};

/// The number of contents that were put, so that no two have the same id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Puts(u64);

impl Object for Bucket {}
impl Object for Puts {}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bucket {
    region: String,
    created: i64,
    tags: BTreeMap<String, String>,
    versioning: Versioning,
    public_access_block: Option<PublicAccessBlock>,
    ownership: Option<String>,
    encryption: Encryption,
    /// The versions by key; the newest version last.
    objects: BTreeMap<String, Vec<Version>>,
}

/// The state of a bucket's versioning. Once enabled, it can stop but never be as if it hadn't been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Versioning {
    NeverSet,
    Enabled,
    Suspended,
}

/// S3 in the list of services.
pub(crate) static SERVICE: Service = Service {
    keeps: &[Kept::global::<Table<Bucket>>("s3/buckets"), Kept::global::<Table<Puts>>("s3/puts")],
    items,
    tagged,
    ..Service::new("s3", Calls::Http { operation, answer })
};

/// Answers an S3 call, which the fault forbids if there is one.
fn answer(account: &mut Account, request: &Request, permitted: Result<(), Fault>) -> Reply {
    let reply =
        permitted.and_then(|()| route(account, request)).unwrap_or_else(|fault| refusal(account, request, &fault));
    if request.method == "HEAD" { Reply { body: Vec::new(), ..reply } } else { reply }
}

/// The region's tagged buckets, for the tag index.
fn tagged(account: &Account) -> Tagged {
    let buckets = account.all::<Bucket>().iter();
    buckets
        .filter(|(_, bucket)| bucket.region == account.region && !bucket.tags.is_empty())
        .map(|(name, bucket)| (arn(name), bucket.tags.clone()))
        .collect()
}

/// Every bucket of the account.
fn items(account: &Account) -> Vec<Item> {
    let item = |(name, bucket): (&String, &Bucket)| Item {
        kind: "s3:bucket",
        id: arn(name),
        tags: bucket.tags.clone(),
        tombstone: None,
    };
    account.all::<Bucket>().iter().map(item).collect()
}

fn arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// Routes a request: to a bucket, to a key, or to a setting of the bucket.
fn route(account: &mut Account, request: &Request) -> Result<Reply, Fault> {
    let (name, key) = place(request);
    if name.is_empty() {
        return Ok(buckets::list(account, request));
    }
    let method = request.method.as_str();
    let about = about(request).map(|(about, _)| about);
    let page = account.page_size(listing::PAGE);
    if (method, key, about) == ("PUT", "", None) {
        return buckets::create(account, request, name);
    }
    check_owner(account, request, name)?;
    check_region(account, name)?;
    match (method, key, about) {
        ("HEAD", "", _) => Ok(buckets::head(account)),
        ("DELETE", "", None) => buckets::delete(account, name),
        (_, "", Some("delete")) => objects::delete_many(account, request, name),
        (_, "", Some("location")) => Ok(buckets::location(account)),
        (_, "", Some("uploads")) => Ok(listing::uploads(name)),
        (_, "", Some("versions")) => listing::versions(bucket(account, name)?, request, name, page),
        ("GET", "", None) => listing::objects(bucket(account, name)?, request, name, page),
        (_, "", Some(about)) => settings::answer(bucket(account, name)?, request, about),
        ("PUT", key, None) => objects::put(account, request, name, key),
        ("GET" | "HEAD", key, None) => objects::get(account, request, name, key),
        ("DELETE", key, None) => objects::delete(account, request, name, key),
        _ => Err(not_implemented(&request.method)),
    }
}

/// The bucket and the key of a request; both can be empty.
fn place(request: &Request) -> (&str, &str) {
    let path = request.path.trim_start_matches('/');
    path.split_once('/').unwrap_or((path, ""))
}

/// The query parameters that say what of a bucket a request is about, and the operations' word for it.
const ABOUT: [(&str, &str); 18] = [
    ("acl", "BucketAcl"),
    ("cors", "BucketCors"),
    ("delete", "Objects"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("tagging", "BucketTagging"),
    ("uploads", "MultipartUploads"),
    ("versioning", "BucketVersioning"),
    ("versions", "ObjectVersions"),
    ("website", "BucketWebsite"),
];

fn about(request: &Request) -> Option<(&'static str, &'static str)> {
    ABOUT.into_iter().find(|(about, _)| query(request, about).is_some())
}

/// The name of the operation that a request is, which S3 writes nowhere.
fn operation(request: &Request) -> String {
    let method = request.method.as_str();
    let verb = match method {
        "GET" => "Get",
        "HEAD" => "Head",
        "PUT" => "Put",
        "DELETE" => "Delete",
        _ => "Post",
    };
    match (place(request), about(request), method) {
        (("", _), _, _) => "ListBuckets".to_owned(),
        ((_, ""), None, "PUT") => "CreateBucket".to_owned(),
        ((_, ""), None, "GET") => "ListObjectsV2".to_owned(),
        ((_, ""), None, _) => format!("{verb}Bucket"),
        ((_, ""), Some(("uploads" | "versions", what)), _) => format!("List{what}"),
        ((_, ""), Some(("delete", what)), _) => format!("Delete{what}"),
        ((_, ""), Some((_, what)), _) => format!("{verb}{what}"),
        _ => format!("{verb}Object"),
    }
}

fn query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(String::as_str)
}

fn bucket<'a>(account: &'a mut Account, name: &str) -> Result<&'a mut Bucket, Fault> {
    account.all_mut::<Bucket>().get_mut(name).ok_or_else(no_such_bucket)
}

fn no_such_bucket() -> Fault {
    Fault::client("NoSuchBucket", "The specified bucket does not exist").with_status(404)
}

fn malformed() -> Fault {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    Fault::client("MalformedXML", message)
}

fn not_implemented(what: &str) -> Fault {
    let message = format!("A header you provided implies functionality that is not implemented ({what})");
    Fault::client("NotImplemented", message).with_status(501)
}

/// Refuses a caller who expects the bucket to be another account's, whatever they wanted of it.
fn check_owner(account: &Account, request: &Request, name: &str) -> Result<(), Fault> {
    let others = account.quirks.others_buckets.get(name);
    match header(request, "x-amz-expected-bucket-owner") {
        Some(owner) if owner != others.unwrap_or(&account.id) => {
            Err(Fault::client("AccessDenied", "Access Denied").with_status(403))
        }
        _ => Ok(()),
    }
}

fn check_region(account: &Account, name: &str) -> Result<(), Fault> {
    let bucket = account.all::<Bucket>().get(name).ok_or_else(no_such_bucket)?;
    if bucket.region == account.region {
        return Ok(());
    }
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please \
                   send all future requests to this endpoint.";
    Err(Fault::client("PermanentRedirect", message).with_status(301))
}

fn ok(body: String) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
    Reply { status: 200, headers, body: body.into_bytes() }
}

fn empty(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: Vec::new() }
}

fn refusal(account: &Account, request: &Request, fault: &Fault) -> Reply {
    let body = format!(
        "{}{}{}",
        xml::leaf("Code", &fault.code),
        xml::leaf("Message", &fault.message),
        xml::leaf("Resource", &request.path)
    );
    let mut reply = Reply { status: fault.status, ..ok(xml::element("Error", &body)) };
    let name = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if let Some(bucket) = account.all::<Bucket>().get(name) {
        reply.headers.push(("x-amz-bucket-region".to_owned(), bucket.region.clone()));
    }
    reply
}
