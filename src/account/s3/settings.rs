//! The settings of a bucket: tags, versioning, public access, ownership, encryption. Each write replaces the whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bucket, Versioning, empty, malformed, not_implemented, ok, xml};
use crate::wire::{Fault, Reply, Request};

/// The most tags that a bucket takes.
const TAG_QUOTA: usize = 50;

/// The four switches that keep a bucket from becoming public.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PublicAccessBlock([bool; 4]);

const SWITCHES: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

impl PublicAccessBlock {
    /// The switches of a new bucket.
    pub(super) fn all_on() -> Self {
        Self([true; 4])
    }
}

/// The way in which a bucket encrypts its objects.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Encryption {
    algorithm: String,
    key: Option<String>,
    bucket_key: bool,
}

impl Default for Encryption {
    fn default() -> Self {
        Self { algorithm: "AES256".to_owned(), key: None, bucket_key: false }
    }
}

/// Answers a call about a setting.
pub(super) fn answer(bucket: &mut Bucket, request: &Request, about: &str) -> Result<Reply, Fault> {
    match (request.method.as_str(), about) {
        ("GET", "tagging") => get_tags(bucket),
        ("PUT", "tagging") => put_tags(bucket, request),
        ("DELETE", "tagging") => {
            bucket.tags.clear();
            Ok(empty(204))
        }
        ("GET", "versioning") => Ok(get_versioning(bucket)),
        ("PUT", "versioning") => put_versioning(bucket, request),
        ("GET", "publicAccessBlock") => get_public_access_block(bucket),
        ("PUT", "publicAccessBlock") => put_public_access_block(bucket, request),
        ("DELETE", "publicAccessBlock") => {
            bucket.public_access_block = None;
            Ok(empty(204))
        }
        ("GET", "ownershipControls") => get_ownership(bucket),
        ("PUT", "ownershipControls") => put_ownership(bucket, request),
        ("DELETE", "ownershipControls") => {
            bucket.ownership = None;
            Ok(empty(204))
        }
        ("GET", "encryption") => Ok(get_encryption(bucket)),
        ("PUT", "encryption") => put_encryption(bucket, request),
        ("DELETE", "encryption") => {
            bucket.encryption = Encryption::default();
            Ok(empty(204))
        }
        ("GET", "policy") => Err(not_set("NoSuchBucketPolicy", "The bucket policy does not exist")),
        ("GET", "lifecycle") => {
            Err(not_set("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"))
        }
        _ => Err(not_implemented(about)),
    }
}

/// The tags below an element that holds `Tag` elements.
pub(super) fn read_tags(set: roxmltree::Node<'_, '_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut tags = BTreeMap::new();
    for tag in xml::children(set, "Tag") {
        let key = xml::text(tag, "Key").ok_or_else(malformed)?;
        let value = xml::text(tag, "Value").ok_or_else(malformed)?;
        if key.is_empty() || key.starts_with("aws:") {
            return Err(Fault::client("InvalidTag", "The TagKey you have provided is invalid"));
        }
        if tags.insert(key, value).is_some() {
            let message = "Cannot provide multiple Tags with the same key";
            return Err(Fault::client("InvalidTag", message));
        }
    }
    if tags.len() > TAG_QUOTA {
        return Err(Fault::client("BadRequest", "Bucket tag count cannot be greater than 50"));
    }
    Ok(tags)
}

fn get_tags(bucket: &Bucket) -> Result<Reply, Fault> {
    if bucket.tags.is_empty() {
        return Err(not_set("NoSuchTagSet", "The TagSet does not exist"));
    }
    let tag =
        |(key, value): (&String, &String)| xml::element("Tag", &(xml::leaf("Key", key) + &xml::leaf("Value", value)));
    let tags: String = bucket.tags.iter().map(tag).collect();
    Ok(ok(xml::document("Tagging", &xml::element("TagSet", &tags))))
}

fn put_tags(bucket: &mut Bucket, request: &Request) -> Result<Reply, Fault> {
    let document = xml::parse(&request.body)?;
    let set = xml::children(document.root_element(), "TagSet").next().ok_or_else(malformed)?;
    bucket.tags = read_tags(set)?;
    Ok(empty(204))
}

fn get_versioning(bucket: &Bucket) -> Reply {
    let status = match bucket.versioning {
        Versioning::NeverSet => String::new(),
        Versioning::Enabled => xml::leaf("Status", "Enabled"),
        Versioning::Suspended => xml::leaf("Status", "Suspended"),
    };
    ok(xml::document("VersioningConfiguration", &status))
}

fn put_versioning(bucket: &mut Bucket, request: &Request) -> Result<Reply, Fault> {
    let document = xml::parse(&request.body)?;
    bucket.versioning = match xml::text(document.root_element(), "Status").as_deref() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        _ => {
            let message = "The Versioning element must be specified";
            return Err(Fault::client("IllegalVersioningConfigurationException", message));
        }
    };
    Ok(empty(200))
}

fn get_public_access_block(bucket: &Bucket) -> Result<Reply, Fault> {
    let PublicAccessBlock(switches) = bucket.public_access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        not_set("NoSuchPublicAccessBlockConfiguration", message)
    })?;
    let shown: String = SWITCHES.iter().zip(switches).map(|(name, on)| xml::leaf(name, &on.to_string())).collect();
    Ok(ok(xml::document("PublicAccessBlockConfiguration", &shown)))
}

fn put_public_access_block(bucket: &mut Bucket, request: &Request) -> Result<Reply, Fault> {
    let document = xml::parse(&request.body)?;
    let root = document.root_element();
    let switches = SWITCHES.map(|name| xml::text(root, name).is_some_and(|on| on == "true"));
    bucket.public_access_block = Some(PublicAccessBlock(switches));
    Ok(empty(200))
}

fn get_ownership(bucket: &Bucket) -> Result<Reply, Fault> {
    let rule = bucket
        .ownership
        .as_ref()
        .ok_or_else(|| not_set("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"))?;
    let rule = xml::element("Rule", &xml::leaf("ObjectOwnership", rule));
    Ok(ok(xml::document("OwnershipControls", &rule)))
}

fn put_ownership(bucket: &mut Bucket, request: &Request) -> Result<Reply, Fault> {
    let document = xml::parse(&request.body)?;
    let rule = xml::children(document.root_element(), "Rule").next().ok_or_else(malformed)?;
    match xml::text(rule, "ObjectOwnership") {
        Some(rule) if ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].contains(&rule.as_str()) => {
            bucket.ownership = Some(rule);
            Ok(empty(200))
        }
        _ => Err(malformed()),
    }
}

fn get_encryption(bucket: &Bucket) -> Reply {
    let Encryption { algorithm, key, bucket_key } = &bucket.encryption;
    let key = key.as_ref().map(|key| xml::leaf("KMSMasterKeyID", key)).unwrap_or_default();
    let by_default = xml::element("ApplyServerSideEncryptionByDefault", &(xml::leaf("SSEAlgorithm", algorithm) + &key));
    let rule = by_default + &xml::leaf("BucketKeyEnabled", &bucket_key.to_string());
    ok(xml::document("ServerSideEncryptionConfiguration", &xml::element("Rule", &rule)))
}

fn put_encryption(bucket: &mut Bucket, request: &Request) -> Result<Reply, Fault> {
    let document = xml::parse(&request.body)?;
    let rule = xml::children(document.root_element(), "Rule").next().ok_or_else(malformed)?;
    let by_default = xml::children(rule, "ApplyServerSideEncryptionByDefault").next().ok_or_else(malformed)?;
    let algorithm = xml::text(by_default, "SSEAlgorithm").ok_or_else(malformed)?;
    if !["AES256", "aws:kms", "aws:kms:dsse"].contains(&algorithm.as_str()) {
        return Err(malformed());
    }
    bucket.encryption = Encryption {
        algorithm,
        key: xml::text(by_default, "KMSMasterKeyID"),
        bucket_key: xml::text(rule, "BucketKeyEnabled").is_some_and(|on| on == "true"),
    };
    Ok(empty(200))
}

fn not_set(code: &str, message: &str) -> Fault {
    Fault::client(code, message).with_status(404)
}
