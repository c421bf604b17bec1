//! S3's calls: how a request is recognised as one of them, and what else it may say. A request that says more is refused,
//! because a call that is carried out in part does harm: `DELETE /bucket?inventory` is no `DeleteBucket`.

use super::body::receive;
use super::call::Call;
use super::{
    buckets, check_owner, check_region, copy, documents, header, listing, not_implemented, objects, parts, query,
    settings, signed, tagging, uploads,
};
use crate::account::Account;
use crate::wire::{Fault, Reply, Request};

/// The thing that a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Account,
    Bucket,
    Object,
}

/// The handler of a call.
type Handler = fn(&mut Account, &Call<'_>) -> Result<Reply, Fault>;

/// A call of S3's.
struct Row {
    name: &'static str,
    method: &'static str,
    on: On,
    /// The query parameters and `x-amz-` headers by which a request is this call.
    about: &'static [&'static str],
    /// The other query parameters.
    parameters: &'static [&'static str],
    /// The other headers that change what the call does; with `*`, all that begin so.
    headers: &'static [&'static [&'static str]],
    answer: Handler,
}

/// The headers that every call may carry.
const ANY: &[&str] = &[
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-request-payer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-user-agent",
];
/// The headers that describe a new object.
const DESCRIPTION: &[&str] = &[
    "x-amz-acl",
    "x-amz-grant-*",
    "x-amz-meta-*",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-tagging",
];
const READ_CONDITIONS: &[&str] = &["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
const WRITE_CONDITIONS: &[&str] = &["if-match", "if-none-match"];
const COPY: &[&str] = &[
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-source-expected-bucket-owner",
];
const READ: &[&str] = &["x-amz-checksum-mode", "range", "if-range"];
const READ_PARAMETERS: &[&str] = &[
    "versionId",
    "partNumber",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
];
const LIST: &[&str] = &["x-amz-optional-object-attributes"];
const CHECKSUM: &[&str] = &["x-amz-checksum-algorithm", "x-amz-checksum-type"];
const NEW_BUCKET: &[&str] = &["x-amz-acl", "x-amz-object-ownership"];
const COMPLETE: &[&str] = &["x-amz-checksum-type", "x-amz-mp-object-size"];

const NONE: &[&[&str]] = &[];

const fn row(name: &'static str, method: &'static str, on: On, about: &'static [&'static str], answer: Handler) -> Row {
    Row { name, method, on, about, parameters: &[], headers: NONE, answer }
}

impl Row {
    const fn with(mut self, parameters: &'static [&'static str], headers: &'static [&'static [&'static str]]) -> Self {
        self.parameters = parameters;
        self.headers = headers;
        self
    }
}

/// The calls. The first that a request is, it is: one that is recognised by more stands before one that is by less.
#[rustfmt::skip]
static ROWS: [Row; 50] = [
    row("ListBuckets", "GET", On::Account, &[], buckets::list)
        .with(&["prefix", "bucket-region", "continuation-token", "max-buckets"], NONE),

    row("GetBucketLocation", "GET", On::Bucket, &["location"], buckets::location),
    row("GetBucketTagging", "GET", On::Bucket, &["tagging"], settings::answer),
    row("PutBucketTagging", "PUT", On::Bucket, &["tagging"], settings::answer),
    row("DeleteBucketTagging", "DELETE", On::Bucket, &["tagging"], settings::answer),
    row("GetBucketVersioning", "GET", On::Bucket, &["versioning"], settings::answer),
    row("PutBucketVersioning", "PUT", On::Bucket, &["versioning"], settings::answer),
    row("GetPublicAccessBlock", "GET", On::Bucket, &["publicAccessBlock"], settings::answer),
    row("PutPublicAccessBlock", "PUT", On::Bucket, &["publicAccessBlock"], settings::answer),
    row("DeletePublicAccessBlock", "DELETE", On::Bucket, &["publicAccessBlock"], settings::answer),
    row("GetBucketOwnershipControls", "GET", On::Bucket, &["ownershipControls"], settings::answer),
    row("PutBucketOwnershipControls", "PUT", On::Bucket, &["ownershipControls"], settings::answer),
    row("DeleteBucketOwnershipControls", "DELETE", On::Bucket, &["ownershipControls"], settings::answer),
    row("GetBucketEncryption", "GET", On::Bucket, &["encryption"], settings::answer),
    row("PutBucketEncryption", "PUT", On::Bucket, &["encryption"], settings::answer),
    row("DeleteBucketEncryption", "DELETE", On::Bucket, &["encryption"], settings::answer),
    row("GetBucketPolicy", "GET", On::Bucket, &["policy"], documents::policy),
    row("PutBucketPolicy", "PUT", On::Bucket, &["policy"], documents::policy),
    row("DeleteBucketPolicy", "DELETE", On::Bucket, &["policy"], documents::policy),
    row("GetBucketLifecycleConfiguration", "GET", On::Bucket, &["lifecycle"], documents::answer),
    row("PutBucketLifecycleConfiguration", "PUT", On::Bucket, &["lifecycle"], documents::answer),
    row("DeleteBucketLifecycle", "DELETE", On::Bucket, &["lifecycle"], documents::answer),
    row("GetBucketCors", "GET", On::Bucket, &["cors"], documents::answer),
    row("PutBucketCors", "PUT", On::Bucket, &["cors"], documents::answer),
    row("DeleteBucketCors", "DELETE", On::Bucket, &["cors"], documents::answer),
    row("GetBucketWebsite", "GET", On::Bucket, &["website"], documents::answer),
    row("PutBucketWebsite", "PUT", On::Bucket, &["website"], documents::answer),
    row("DeleteBucketWebsite", "DELETE", On::Bucket, &["website"], documents::answer),
    row("ListObjectVersions", "GET", On::Bucket, &["versions"], listing::versions)
        .with(&["prefix", "delimiter", "encoding-type", "max-keys", "key-marker", "version-id-marker"], &[LIST]),
    row("ListMultipartUploads", "GET", On::Bucket, &["uploads"], listing::uploads)
        .with(&["prefix", "delimiter", "encoding-type", "max-uploads", "key-marker", "upload-id-marker"], NONE),
    row("ListObjectsV2", "GET", On::Bucket, &["list-type"], listing::objects_v2).with(
        &["prefix", "delimiter", "encoding-type", "max-keys", "continuation-token", "start-after", "fetch-owner"],
        &[LIST],
    ),
    row("ListObjects", "GET", On::Bucket, &[], listing::objects)
        .with(&["prefix", "delimiter", "encoding-type", "max-keys", "marker"], &[LIST]),
    row("HeadBucket", "HEAD", On::Bucket, &[], buckets::head),
    row("CreateBucket", "PUT", On::Bucket, &[], buckets::create).with(&[], &[NEW_BUCKET]),
    row("DeleteBucket", "DELETE", On::Bucket, &[], buckets::delete),
    row("DeleteObjects", "POST", On::Bucket, &["delete"], objects::delete_many),

    row("GetObjectTagging", "GET", On::Object, &["tagging"], tagging::get).with(&["versionId"], NONE),
    row("PutObjectTagging", "PUT", On::Object, &["tagging"], tagging::put).with(&["versionId"], NONE),
    row("DeleteObjectTagging", "DELETE", On::Object, &["tagging"], tagging::delete).with(&["versionId"], NONE),
    row("CreateMultipartUpload", "POST", On::Object, &["uploads"], uploads::create)
        .with(&[], &[DESCRIPTION, CHECKSUM]),
    row("UploadPartCopy", "PUT", On::Object, &["uploadId", "x-amz-copy-source"], parts::copy)
        .with(&["partNumber"], &[COPY, &["x-amz-copy-source-range"]]),
    row("UploadPart", "PUT", On::Object, &["uploadId"], parts::upload).with(&["partNumber"], NONE),
    row("ListParts", "GET", On::Object, &["uploadId"], parts::list)
        .with(&["max-parts", "part-number-marker"], NONE),
    row("CompleteMultipartUpload", "POST", On::Object, &["uploadId"], uploads::complete)
        .with(&[], &[WRITE_CONDITIONS, COMPLETE]),
    row("AbortMultipartUpload", "DELETE", On::Object, &["uploadId"], uploads::abort),
    row("CopyObject", "PUT", On::Object, &["x-amz-copy-source"], copy::copy).with(
        &[],
        &[DESCRIPTION, COPY, WRITE_CONDITIONS,
            &["x-amz-checksum-algorithm", "x-amz-metadata-directive", "x-amz-tagging-directive"]],
    ),
    row("PutObject", "PUT", On::Object, &[], objects::put).with(&[], &[DESCRIPTION, WRITE_CONDITIONS]),
    row("GetObject", "GET", On::Object, &[], objects::get).with(READ_PARAMETERS, &[READ, READ_CONDITIONS]),
    row("HeadObject", "HEAD", On::Object, &[], objects::get).with(READ_PARAMETERS, &[READ, READ_CONDITIONS]),
    row("DeleteObject", "DELETE", On::Object, &[], objects::delete).with(&["versionId"], &[&["if-match"]]),
];

/// The name of the operation that a request is, which S3 writes nowhere: method and address if it is none.
pub(super) fn operation(request: &Request) -> String {
    find(request).map_or_else(|| format!("{} {}", request.method, request.path), |row| row.name.to_owned())
}

/// Answers a request.
pub(super) fn route(account: &mut Account, request: &Request) -> Result<Reply, Fault> {
    let (bucket, key) = place(request);
    let row = find(request).ok_or_else(|| not_implemented(&request.method))?;
    signed::check(account, request)?;
    check_said(request, row)?;
    if row.on != On::Account && row.name != "CreateBucket" {
        check_owner(account, request, bucket)?;
        check_region(account, bucket)?;
    }
    let about = row.about.first().copied().unwrap_or_default();
    let call = Call { request, about, bucket, key, body: receive(request)? };
    check_key(key)?;
    (row.answer)(account, &call)
}

/// The bucket and the key of a request; both can be empty.
fn place(request: &Request) -> (&str, &str) {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    path.split_once('/').unwrap_or((path, ""))
}

fn find(request: &Request) -> Option<&'static Row> {
    let on = match place(request) {
        ("", _) => On::Account,
        (_, "") => On::Bucket,
        _ => On::Object,
    };
    let says = |name: &str| match name.starts_with("x-amz-") {
        true => header(request, name).is_some(),
        false => query(request, name).is_some(),
    };
    ROWS.iter().find(|row| row.method == request.method && row.on == on && row.about.iter().all(|name| says(name)))
}

/// Refuses a request that says something that its call doesn't know.
fn check_said(request: &Request, row: &Row) -> Result<(), Fault> {
    // The SDKs' own name for the operation, and the signature of an address that was signed.
    let is_anybodys = |name: &str| name == "x-id" || name.starts_with("X-Amz-");
    let is_known = |name: &str| row.about.contains(&name) || row.parameters.contains(&name) || is_anybodys(name);
    if let Some((name, _)) = request.query.iter().find(|(name, _)| !is_known(name)) {
        return Err(not_implemented(&format!("?{name}")));
    }
    let changes_call = |name: &str| name.starts_with("x-amz-") || name.starts_with("if-") || name == "range";
    let is_meant =
        |known: &str, name: &str| known.strip_suffix('*').map_or(known == name, |start| name.starts_with(start));
    let mut others = request.headers.keys().filter(|name| {
        let known = row.headers.iter().copied().chain([row.about, ANY]).flatten();
        changes_call(name) && !known.into_iter().any(|known| is_meant(known, name))
    });
    others.next().map_or(Ok(()), |name| Err(not_implemented(name)))
}

fn check_key(key: &str) -> Result<(), Fault> {
    const LONGEST: usize = 1024;
    if key.len() <= LONGEST {
        return Ok(());
    }
    let fault = Fault::client("KeyTooLongError", "Your key is too long");
    Err(fault.with("Size", key.len()).with("MaxSizeAllowed", LONGEST))
}
