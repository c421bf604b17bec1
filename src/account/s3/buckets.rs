//! Buckets themselves.

use std::collections::BTreeMap;

use super::call::Call;
use super::content::keys;
use super::encryption::Encryption;
use super::pages::bad_argument;
use super::settings::{OWNERSHIPS, PublicAccessBlock};
use super::{Bucket, Versioning, arn, bucket, header, not_implemented, ok, query, tags, uploads, xml};
use crate::account::Account;
use crate::input::timestamp;
use crate::rules::{BUCKET_NAME, REGION};
use crate::token;
use crate::wire::{Fault, Reply};

/// The region whose name a caller must leave out, for reasons of age; its endpoint makes buckets in all regions.
const UNNAMED_REGION: &str = "us-east-1";
/// The old name of a region, which a bucket that was made by it keeps.
const OLD_NAME: (&str, &str) = ("EU", "eu-west-1");

/// `ListBuckets`: all regions, or one.
pub(super) fn list(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    const MOST: usize = 10_000;
    let asked = |name: &str| query(call.request, name);
    let prefix = asked("prefix").unwrap_or_default();
    let region = asked("bucket-region");
    let start = asked("continuation-token").map(|token| {
        let message = "The continuation token provided is incorrect";
        token::open(token).ok_or_else(|| bad_argument(message, "continuation-token", token))
    });
    let start = start.transpose()?.unwrap_or_default();
    let limit = asked("max-buckets").map(|text| {
        let message = "Argument max-buckets must be an integer between 1 and 10000";
        let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
        number.ok_or_else(|| bad_argument(message, "max-buckets", text))
    });
    let limit = account.page_size(limit.transpose()?.unwrap_or(MOST));
    let others = &account.quirks.others_buckets;
    let mut chosen = account.all::<Bucket>().iter().filter(|(name, bucket)| {
        name.starts_with(prefix)
            && !others.contains_key(*name)
            && region.is_none_or(|region| region == bucket.region)
            && name.as_str() >= start.as_str()
    });
    let shown = chosen.by_ref().take(limit).map(|(name, bucket)| {
        let fields = [
            xml::leaf("Name", name),
            xml::leaf("CreationDate", &timestamp(bucket.created)),
            xml::leaf("BucketRegion", &bucket.region),
            xml::leaf("BucketArn", &arn(name)),
        ];
        xml::element("Bucket", &fields.concat())
    });
    let shown = xml::element("Buckets", &shown.collect::<String>());
    let next = chosen.next().map(|(name, _)| xml::leaf("ContinuationToken", &token::seal(name)));
    let prefix = asked("prefix").map(|prefix| xml::leaf("Prefix", prefix));
    let body = [super::owner(account), shown, next.unwrap_or_default(), prefix.unwrap_or_default()];
    Ok(ok(xml::document("ListAllMyBucketsResult", &body.concat())))
}

/// `CreateBucket`.
pub(super) fn create(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let name = call.bucket;
    BUCKET_NAME.check(name, || {
        Fault::client("InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name)
    })?;
    let (constraint, tags) = configuration(&call.body.bytes)?;
    let region = region(account, constraint.as_deref())?;
    let ownership = header(call.request, "x-amz-object-ownership").unwrap_or(OWNERSHIPS[0]);
    if !OWNERSHIPS.contains(&ownership) {
        let message = format!("Invalid x-amz-object-ownership header: {ownership}");
        return Err(bad_argument(&message, "x-amz-object-ownership", ownership));
    }
    if let Some(acl) = header(call.request, "x-amz-acl").filter(|acl| *acl != "private") {
        return Err(not_implemented(&format!("x-amz-acl: {acl}")));
    }
    let place = match account.region == UNNAMED_REGION {
        true => format!("/{name}"),
        false => format!("http://{name}.s3.amazonaws.com/"),
    };
    let reply = Reply::empty(200).with("location", place).with("x-amz-bucket-arn", arn(name));
    if account.quirks.others_buckets.contains_key(name) {
        let message = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                       system. Please select a different name and try again.";
        return Err(Fault::client("BucketAlreadyExists", message).with_status(409).with("BucketName", name));
    }
    if let Some(existing) = account.all::<Bucket>().get(name) {
        if existing.region == UNNAMED_REGION && account.region == UNNAMED_REGION {
            return Ok(reply);
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(Fault::client("BucketAlreadyOwnedByYou", message).with_status(409).with("BucketName", name));
    }
    let bucket = Bucket {
        region,
        constraint: constraint.unwrap_or_default(),
        created: account.now,
        tags,
        versioning: Versioning::NeverSet,
        public_access_block: Some(PublicAccessBlock::all_on()),
        ownership: Some(ownership.to_owned()),
        encryption: Encryption::default(),
        policy: None,
        documents: BTreeMap::new(),
    };
    account.all_mut::<Bucket>().insert(name.to_owned(), bucket);
    Ok(reply)
}

/// The region in which a bucket is made: the one of the endpoint, which has to be named, or at the oldest endpoint any.
fn region(account: &Account, constraint: Option<&str>) -> Result<String, Fault> {
    let named = match constraint {
        Some(old) if old == OLD_NAME.0 => Some(OLD_NAME.1),
        named => named,
    };
    if account.region != UNNAMED_REGION {
        if named == Some(&*account.region) {
            return Ok(account.region.clone());
        }
        let message = format!(
            "The {} location constraint is incompatible for the region specific endpoint this request was sent to.",
            constraint.unwrap_or("unspecified")
        );
        return Err(Fault::client("IllegalLocationConstraintException", message));
    }
    match named {
        None => Ok(UNNAMED_REGION.to_owned()),
        Some(named) if named != UNNAMED_REGION && REGION.allows(named) => Ok(named.to_owned()),
        Some(named) => {
            let fault = Fault::client("InvalidLocationConstraint", "The specified location-constraint is not valid");
            Err(fault.with("LocationConstraint", named))
        }
    }
}

/// `HeadBucket`.
pub(super) fn head(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let reply = Reply::empty(200).with("x-amz-bucket-region", &account.region);
    Ok(reply.with("x-amz-bucket-arn", arn(call.bucket)).with("x-amz-access-point-alias", "false"))
}

/// `DeleteBucket`: refused while any version or delete marker remains. Uploads that were begun go with the bucket.
pub(super) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let versioning = bucket(account, call.bucket)?.versioning;
    if keys(account, call.bucket, "").next().is_some() {
        let message = match versioning {
            Versioning::NeverSet => "The bucket you tried to delete is not empty",
            _ => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        };
        return Err(Fault::client("BucketNotEmpty", message).with_status(409).with("BucketName", call.bucket));
    }
    uploads::forget_all(account, call.bucket);
    account.all_mut::<Bucket>().remove(call.bucket);
    Ok(Reply::empty(204))
}

/// `GetBucketLocation`.
pub(super) fn location(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(ok(xml::document("LocationConstraint", &bucket(account, call.bucket)?.constraint)))
}

fn configuration(body: &[u8]) -> Result<(Option<String>, crate::rules::TagMap), Fault> {
    if body.is_empty() {
        return Ok((None, Default::default()));
    }
    let document = xml::parse(body)?;
    let root = document.root_element();
    for unmodelled in ["Location", "Bucket"] {
        if xml::children(root, unmodelled).next().is_some() {
            return Err(not_implemented(unmodelled));
        }
    }
    let tags = xml::children(root, "Tags").next().map(|set| tags::read(set, tags::OF_NEW_BUCKETS)).transpose()?;
    let constraint = xml::text(root, "LocationConstraint").filter(|constraint| !constraint.is_empty());
    Ok((constraint, tags.unwrap_or_default()))
}
