//! S3: buckets with their settings, objects with their versions, uploads in parts. A request that says anything that is
//! not modelled here is refused whole (`calls.rs`): S3 distinguishes its calls by single words, and one that is passed over
//! makes another call of a request, as a rule a destructive one.
//!
//! Objects are dated by the clock of whoever asks: see [`content::Moment`].

mod body;
mod buckets;
mod call;
mod calls;
mod checksum;
mod conditions;
mod content;
mod copy;
mod documents;
mod elements;
mod encryption;
mod listing;
mod objects;
mod pages;
mod parts;
mod range;
mod settings;
mod signed;
mod tagging;
mod tags;
mod uploads;
mod xml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Item;
use super::account::{Account, Calls, Service, Tagged};
use super::ids::hash;
use super::states::Kept;
use super::table::{Object, Table};
use super::wire::{Fault, Reply, Request};

use content::Versions;
pub(super) use content::put_text;
use encryption::Encryption;
use settings::PublicAccessBlock;
use uploads::Upload;

/// The number of contents that were put, so that no two have the same id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Puts(u64);

impl Object for Bucket {}
impl Object for Puts {}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bucket {
    region: String,
    /// The name by which its region was named when it was made.
    constraint: String,
    created: i64,
    tags: BTreeMap<String, String>,
    versioning: Versioning,
    public_access_block: Option<PublicAccessBlock>,
    ownership: Option<String>,
    encryption: Encryption,
    #[serde(default)]
    policy: Option<String>,
    /// The settings that are documents, by the words of the calls about them.
    #[serde(default)]
    documents: BTreeMap<String, Value>,
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
    keeps: &[
        Kept::global::<Table<Bucket>>("s3/buckets"),
        Kept::global::<Table<Versions>>("s3/objects"),
        Kept::global::<Table<Upload>>("s3/uploads"),
        Kept::global::<Table<Puts>>("s3/puts"),
    ],
    items,
    tagged,
    ..Service::new("s3", Calls::Http { operation: calls::operation, answer })
};

/// Answers an S3 call, which the fault forbids if there is one.
fn answer(account: &mut Account, request: &Request, permitted: Result<(), Fault>) -> Reply {
    let reply = permitted
        .and_then(|()| calls::route(account, request))
        .unwrap_or_else(|fault| refusal(account, request, &fault));
    if request.method == "HEAD" { Reply { body: Vec::new(), ..reply } } else { reply }
}

/// Makes a bucket, and asks for a setting of it in the words of `body`.
#[cfg(test)]
pub(super) fn put_setting(account: &mut Account, bucket: &str, about: &str, body: String) -> super::wire::Answer {
    let request = |query: &[(&str, &str)], body: String| Request {
        method: "PUT".to_owned(),
        path: format!("/{bucket}"),
        query: query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        headers: BTreeMap::new(),
        body: body.into_bytes(),
    };
    account.enter("eu-west-1");
    let place = xml::document("CreateBucketConfiguration", &xml::leaf("LocationConstraint", &account.region));
    calls::route(account, &request(&[], place))?;
    calls::route(account, &request(&[(about, "")], body)).map(|_| Value::Null)
}

/// A document in XML.
#[cfg(test)]
pub(super) fn in_xml(root: &str, value: &Value) -> String {
    xml::document(root, &elements::written(value))
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

fn query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(String::as_str)
}

fn bucket<'a>(account: &'a mut Account, name: &str) -> Result<&'a mut Bucket, Fault> {
    account.all_mut::<Bucket>().get_mut(name).ok_or_else(|| no_such_bucket(name))
}

fn no_such_bucket(name: &str) -> Fault {
    Fault::client("NoSuchBucket", "The specified bucket does not exist").with_status(404).with("BucketName", name)
}

fn no_such_key(key: &str) -> Fault {
    Fault::client("NoSuchKey", "The specified key does not exist.").with_status(404).with("Key", key)
}

fn malformed() -> Fault {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    Fault::client("MalformedXML", message)
}

fn not_implemented(what: &str) -> Fault {
    let message =
        format!("A header you provided implies functionality that is not implemented: the sandbox has no {what}");
    Fault::client("NotImplemented", message).with_status(501).with("Header", what)
}

/// Refuses a caller who expects the bucket to be another account's, whatever they wanted of it.
fn check_owner(account: &Account, request: &Request, name: &str) -> Result<(), Fault> {
    check_owner_of(account, header(request, "x-amz-expected-bucket-owner"), name)
}

fn check_owner_of(account: &Account, expected: Option<&str>, name: &str) -> Result<(), Fault> {
    let owner = account.quirks.others_buckets.get(name).unwrap_or(&account.id);
    match expected {
        Some(expected) if expected.len() != 12 || !expected.bytes().all(|byte| byte.is_ascii_digit()) => {
            let message = "The value of the expected bucket owner parameter must be an AWS account ID...";
            Err(Fault::client("InvalidBucketOwnerAWSAccountID", message))
        }
        Some(expected) if expected != owner => Err(Fault::client("AccessDenied", "Access Denied").with_status(403)),
        _ => Ok(()),
    }
}

fn check_region(account: &Account, name: &str) -> Result<(), Fault> {
    let bucket = account.all::<Bucket>().get(name).ok_or_else(|| no_such_bucket(name))?;
    if bucket.region == account.region {
        return Ok(());
    }
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please \
                   send all future requests to this endpoint.";
    let endpoint = format!("{name}.s3.{}.amazonaws.com", bucket.region);
    Err(Fault::client("PermanentRedirect", message).with_status(301).with("Endpoint", endpoint).with("Bucket", name))
}

fn ok(body: String) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
    Reply { status: 200, headers, body: body.into_bytes() }
}

/// The owner of everything, as S3 names it.
fn owner(account: &Account) -> String {
    xml::element("Owner", &xml::leaf("ID", &hash(&format!("canonical user of {}", account.id))))
}

/// The answer to a call that is refused: the code, the message, and what else the fault tells.
fn refusal(account: &Account, request: &Request, fault: &Fault) -> Reply {
    let fields = fault.fields.iter().map(|(name, value)| match value {
        Value::String(text) => xml::leaf(name, text),
        other => xml::leaf(name, &other.to_string()),
    });
    let body = xml::leaf("Code", &fault.code) + &xml::leaf("Message", &fault.message) + &fields.collect::<String>();
    let mut reply = match fault.status {
        304 => Reply::empty(304),
        status => Reply { status, ..ok(xml::element("Error", &body)) },
    };
    reply.headers.extend(fault.headers.iter().cloned());
    let name = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match account.all::<Bucket>().get(name) {
        Some(bucket) => reply.with("x-amz-bucket-region", &bucket.region),
        None => reply,
    }
}
