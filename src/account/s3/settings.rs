//! The settings of a bucket: tags, versioning, public access, ownership, encryption. Each write replaces the whole.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::encryption::Encryption;
use super::{Bucket, Versioning, bucket, elements, malformed, not_implemented, ok, tags, xml};
use crate::account::Account;
use crate::rules::{BUCKET_ENCRYPTION, BUCKET_OWNERSHIP};
use crate::wire::{Fault, Reply};

/// The ways in which a bucket's objects are owned; the first is a new bucket's.
pub(super) const OWNERSHIPS: [&str; 3] = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

/// The four switches that keep a bucket from becoming public.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PublicAccessBlock([bool; 4]);

const SWITCHES: [&str; 4] = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

impl PublicAccessBlock {
    /// The switches of a new bucket.
    pub(super) fn all_on() -> Self {
        Self([true; 4])
    }

    /// Returns whether policies that let everybody in are refused.
    pub(super) fn refuses_policies(self) -> bool {
        self.0[2]
    }
}

/// Answers a call about a setting.
pub(super) fn answer(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let answer = about(account, call);
    // What isn't set is a bucket's.
    answer.map_err(|fault| if fault.status == 404 { fault.with("BucketName", call.bucket) } else { fault })
}

fn about(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let (bucket, request) = (bucket(account, call.bucket)?, &*call.body.bytes);
    match (call.request.method.as_str(), call.about) {
        ("GET", "tagging") => get_tags(bucket),
        ("PUT", "tagging") => put_tags(bucket, request),
        ("DELETE", "tagging") => {
            bucket.tags.clear();
            Ok(Reply::empty(204))
        }
        ("GET", "versioning") => Ok(get_versioning(bucket)),
        ("PUT", "versioning") => put_versioning(bucket, request),
        ("GET", "publicAccessBlock") => get_public_access_block(bucket),
        ("PUT", "publicAccessBlock") => put_public_access_block(bucket, request),
        ("DELETE", "publicAccessBlock") => {
            bucket.public_access_block = None;
            Ok(Reply::empty(204))
        }
        ("GET", "ownershipControls") => get_ownership(bucket),
        ("PUT", "ownershipControls") => put_ownership(bucket, request),
        ("DELETE", "ownershipControls") => {
            bucket.ownership = None;
            Ok(Reply::empty(204))
        }
        ("GET", "encryption") => Ok(get_encryption(bucket)),
        ("PUT", "encryption") => put_encryption(bucket, request),
        ("DELETE", "encryption") => {
            bucket.encryption = Encryption::default();
            Ok(Reply::empty(204))
        }
        (_, about) => Err(not_implemented(about)),
    }
}

fn get_tags(bucket: &Bucket) -> Result<Reply, Fault> {
    if bucket.tags.is_empty() {
        return Err(not_set("NoSuchTagSet", "The TagSet does not exist"));
    }
    Ok(tags::shown(&bucket.tags))
}

fn put_tags(bucket: &mut Bucket, body: &[u8]) -> Result<Reply, Fault> {
    bucket.tags = tags::given(body, tags::OF_BUCKETS)?;
    Ok(Reply::empty(204))
}

fn get_versioning(bucket: &Bucket) -> Reply {
    let status = match bucket.versioning {
        Versioning::NeverSet => String::new(),
        Versioning::Enabled => xml::leaf("Status", "Enabled"),
        Versioning::Suspended => xml::leaf("Status", "Suspended"),
    };
    ok(xml::document("VersioningConfiguration", &status))
}

fn put_versioning(bucket: &mut Bucket, body: &[u8]) -> Result<Reply, Fault> {
    let document = xml::parse(body)?;
    if xml::text(document.root_element(), "MfaDelete").is_some_and(|mfa| mfa != "Disabled") {
        return Err(not_implemented("MfaDelete"));
    }
    bucket.versioning = match xml::text(document.root_element(), "Status").as_deref() {
        Some("Enabled") => Versioning::Enabled,
        Some("Suspended") => Versioning::Suspended,
        Some(_) => return Err(malformed()),
        None => {
            let message = "The Versioning element must be specified";
            return Err(Fault::client("IllegalVersioningConfigurationException", message));
        }
    };
    Ok(Reply::empty(200))
}

fn get_public_access_block(bucket: &Bucket) -> Result<Reply, Fault> {
    let PublicAccessBlock(switches) = bucket.public_access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        not_set("NoSuchPublicAccessBlockConfiguration", message)
    })?;
    let shown: String = SWITCHES.iter().zip(switches).map(|(name, on)| xml::leaf(name, &on.to_string())).collect();
    Ok(ok(xml::document("PublicAccessBlockConfiguration", &shown)))
}

fn put_public_access_block(bucket: &mut Bucket, body: &[u8]) -> Result<Reply, Fault> {
    let document = xml::parse(body)?;
    let root = document.root_element();
    let switches = SWITCHES.map(|name| xml::text(root, name).is_some_and(|on| on == "true"));
    bucket.public_access_block = Some(PublicAccessBlock(switches));
    Ok(Reply::empty(200))
}

fn get_ownership(bucket: &Bucket) -> Result<Reply, Fault> {
    let rule = bucket
        .ownership
        .as_ref()
        .ok_or_else(|| not_set("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"))?;
    let rule = xml::element("Rule", &xml::leaf("ObjectOwnership", rule));
    Ok(ok(xml::document("OwnershipControls", &rule)))
}

fn put_ownership(bucket: &mut Bucket, body: &[u8]) -> Result<Reply, Fault> {
    let document = xml::parse(body)?;
    let asked = json!({ "ownershipControls": elements::read(document.root_element()) });
    BUCKET_OWNERSHIP.check(&asked, |words| Fault::client("MalformedXML", words))?;
    let rule = xml::children(document.root_element(), "Rule").next().ok_or_else(malformed)?;
    match xml::text(rule, "ObjectOwnership") {
        Some(rule) if OWNERSHIPS.contains(&&*rule) => {
            bucket.ownership = Some(rule);
            Ok(Reply::empty(200))
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

fn put_encryption(bucket: &mut Bucket, body: &[u8]) -> Result<Reply, Fault> {
    let document = xml::parse(body)?;
    let asked = json!({ "bucketEncryption": elements::read(document.root_element()) });
    BUCKET_ENCRYPTION.check(&asked, |words| Fault::client("MalformedXML", words))?;
    let rule = xml::children(document.root_element(), "Rule").next().ok_or_else(malformed)?;
    let by_default = xml::children(rule, "ApplyServerSideEncryptionByDefault").next().ok_or_else(malformed)?;
    let algorithm = xml::text(by_default, "SSEAlgorithm").ok_or_else(malformed)?;
    bucket.encryption = Encryption {
        algorithm,
        key: xml::text(by_default, "KMSMasterKeyID"),
        bucket_key: xml::text(rule, "BucketKeyEnabled").is_some_and(|on| on == "true"),
    };
    Ok(Reply::empty(200))
}

fn not_set(code: &str, message: &str) -> Fault {
    Fault::client(code, message).with_status(404)
}
