//! Buckets themselves.

use std::collections::BTreeMap;

use super::settings::{Encryption, PublicAccessBlock, read_tags};
use super::{Bucket, Versioning, bucket, empty, header, ok, query, xml};
use crate::account::Account;
use crate::input::timestamp;
use crate::rules::BUCKET_NAME;
use crate::wire::{Fault, Reply, Request};

/// The region whose name a caller must leave out, for reasons of age.
const UNNAMED_REGION: &str = "us-east-1";

/// `ListBuckets`: all regions, or one.
pub(super) fn list(account: &Account, request: &Request) -> Reply {
    let prefix = query(request, "prefix").unwrap_or_default();
    let region = query(request, "bucket-region");
    let start = query(request, "continuation-token").unwrap_or_default();
    let limit = query(request, "max-buckets").and_then(|limit| limit.parse().ok()).unwrap_or(10_000);
    let limit = account.page_size(limit);
    let others = &account.quirks.others_buckets;
    let mut chosen = account.all::<Bucket>().iter().filter(|(name, bucket)| {
        name.starts_with(prefix)
            && !others.contains_key(*name)
            && region.is_none_or(|region| region == bucket.region)
            && name.as_str() >= start
    });
    let shown: String = chosen
        .by_ref()
        .take(limit)
        .map(|(name, bucket)| {
            let fields = [
                xml::leaf("Name", name),
                xml::leaf("CreationDate", &timestamp(bucket.created)),
                xml::leaf("BucketRegion", &bucket.region),
                xml::leaf("BucketArn", &super::arn(name)),
            ];
            xml::element("Bucket", &fields.concat())
        })
        .collect();
    let next = chosen.next().map(|(name, _)| xml::leaf("ContinuationToken", name));
    let owner = xml::element("Owner", &xml::leaf("ID", &account.id));
    let body = format!("{owner}{}{}", xml::element("Buckets", &shown), next.unwrap_or_default());
    ok(xml::document("ListAllMyBucketsResult", &body))
}

pub(super) fn create(account: &mut Account, request: &Request, name: &str) -> Result<Reply, Fault> {
    BUCKET_NAME.check(name, || Fault::client("InvalidBucketName", "The specified bucket is not valid."))?;
    let (region, tags) = configuration(request)?;
    let region = region.unwrap_or_else(|| UNNAMED_REGION.to_owned());
    if region != account.region {
        let message = format!(
            "The {region} location constraint is incompatible for the region specific endpoint this request was \
             sent to."
        );
        return Err(Fault::client("IllegalLocationConstraintException", message));
    }
    let reply = Reply { headers: vec![("location".to_owned(), format!("/{name}"))], ..empty(200) };
    if account.quirks.others_buckets.contains_key(name) {
        let message = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                       system. Please select a different name and try again.";
        return Err(Fault::client("BucketAlreadyExists", message).with_status(409));
    }
    if let Some(existing) = account.all::<Bucket>().get(name) {
        if existing.region == UNNAMED_REGION && region == UNNAMED_REGION {
            return Ok(reply);
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(Fault::client("BucketAlreadyOwnedByYou", message).with_status(409));
    }
    let ownership = header(request, "x-amz-object-ownership").unwrap_or("BucketOwnerEnforced");
    let bucket = Bucket {
        region,
        created: account.now,
        tags,
        versioning: Versioning::NeverSet,
        public_access_block: Some(PublicAccessBlock::all_on()),
        ownership: Some(ownership.to_owned()),
        encryption: Encryption::default(),
        objects: BTreeMap::new(),
    };
    account.all_mut::<Bucket>().insert(name.to_owned(), bucket);
    Ok(reply)
}

pub(super) fn head(account: &Account) -> Reply {
    Reply { headers: vec![("x-amz-bucket-region".to_owned(), account.region.clone())], ..empty(200) }
}

/// `DeleteBucket`: refused while any version or delete marker remains.
pub(super) fn delete(account: &mut Account, name: &str) -> Result<Reply, Fault> {
    if !bucket(account, name)?.objects.is_empty() {
        let message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
        return Err(Fault::client("BucketNotEmpty", message).with_status(409));
    }
    account.all_mut::<Bucket>().remove(name);
    Ok(empty(204))
}

pub(super) fn location(account: &Account) -> Reply {
    let region = if account.region == UNNAMED_REGION { "" } else { &account.region };
    ok(xml::document("LocationConstraint", region))
}

fn configuration(request: &Request) -> Result<(Option<String>, BTreeMap<String, String>), Fault> {
    if request.body.is_empty() {
        return Ok((None, BTreeMap::new()));
    }
    let document = xml::parse(&request.body)?;
    let root = document.root_element();
    let tags = xml::children(root, "Tags").next().map(read_tags).transpose()?;
    Ok((xml::text(root, "LocationConstraint"), tags.unwrap_or_default()))
}
