//! The settings of a bucket that S3 keeps as a document each: one call reads it, one replaces it, one takes it away.

mod cors;
mod encryption;
mod lifecycle;
mod ownership;
mod website;

use serde_json::{Value, json};

pub(super) use cors::CorsConfiguration;
pub(super) use encryption::BucketEncryption;
pub(super) use encryption::alike as alike_encryption;
pub(super) use lifecycle::LifecycleConfiguration;
pub(super) use lifecycle::alike as alike_lifecycle;
pub(super) use ownership::OwnershipControls;
pub(super) use website::WebsiteConfiguration;

use crate::cloud::{Cloud, CloudError, Result};
use crate::model::{PolicyDocument, canonical};

/// A setting of a bucket. They stand in the order in which they are written: who owns objects decides what a policy may
/// say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// Who owns the objects.
    Ownership,
    /// The encryption of new objects.
    Encryption,
    /// Who may do what.
    Policy,
    /// What becomes of objects in time.
    Lifecycle,
    /// Whose pages may read objects.
    Cors,
    /// The website that the objects are.
    Website,
}

/// What S3 answers for a setting that isn't set.
const UNSET: [&str; 6] = [
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchCORSConfiguration",
    "NoSuchWebsiteConfiguration",
];

impl Setting {
    /// All settings.
    pub(super) const ALL: [Self; 6] =
        [Self::Ownership, Self::Encryption, Self::Policy, Self::Lifecycle, Self::Cors, Self::Website];

    /// The field of the spec.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Ownership => "ownershipControls",
            Self::Encryption => "bucketEncryption",
            Self::Policy => "policy",
            Self::Lifecycle => "lifecycleConfiguration",
            Self::Cors => "corsConfiguration",
            Self::Website => "websiteConfiguration",
        }
    }

    /// The IAM actions that read the setting, replace it, and take it away.
    pub(super) fn actions(self) -> [&'static str; 3] {
        match self {
            Self::Ownership => {
                ["s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls", "s3:PutBucketOwnershipControls"]
            }
            Self::Encryption => {
                ["s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:PutEncryptionConfiguration"]
            }
            Self::Policy => ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
            Self::Lifecycle => {
                ["s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:PutLifecycleConfiguration"]
            }
            Self::Cors => ["s3:GetBucketCORS", "s3:PutBucketCORS", "s3:PutBucketCORS"],
            Self::Website => ["s3:GetBucketWebsite", "s3:PutBucketWebsite", "s3:DeleteBucketWebsite"],
        }
    }

    /// Returns whether `want` asks for the setting to be taken away: it says nothing.
    pub(super) fn is_none(want: &Value) -> bool {
        let is_empty = |value: &Value| value == &json!([]) || value.is_null();
        want.as_object().is_some_and(|parts| parts.values().all(is_empty))
    }

    /// The setting as it is, in the words of the spec; null if it isn't set.
    pub(super) async fn read(self, cloud: &Cloud, bucket: &str) -> Result<Value> {
        match self.ask(cloud, bucket).await {
            Err(error) if UNSET.iter().any(|code| error.is(code)) => Ok(Value::Null),
            answer => answer,
        }
    }

    async fn ask(self, cloud: &Cloud, bucket: &str) -> Result<Value> {
        let s3 = &cloud.s3;
        Ok(match self {
            Self::Ownership => {
                let answer = s3.get_bucket_ownership_controls().bucket(bucket).send().await?;
                ownership::told(answer.ownership_controls())
            }
            Self::Encryption => {
                let answer = s3.get_bucket_encryption().bucket(bucket).send().await?;
                encryption::told(answer.server_side_encryption_configuration())
            }
            Self::Policy => {
                let answer = s3.get_bucket_policy().bucket(bucket).send().await?;
                let text = answer.policy().unwrap_or("{}");
                serde_json::from_str(text).map_err(|error| {
                    CloudError::answered(
                        "GetBucketPolicy",
                        "",
                        format!("S3 answered a policy that isn't JSON: {error}"),
                    )
                })?
            }
            Self::Lifecycle => {
                let answer = s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await?;
                lifecycle::told(answer.rules())
            }
            Self::Cors => cors::told(s3.get_bucket_cors().bucket(bucket).send().await?.cors_rules()),
            Self::Website => website::told(&s3.get_bucket_website().bucket(bucket).send().await?),
        })
    }

    /// Makes the setting what is wanted, or takes it away.
    pub(super) async fn write(self, cloud: &Cloud, bucket: &str, want: &Value) -> Result<()> {
        if Self::is_none(want) {
            return self.delete(cloud, bucket).await;
        }
        let s3 = &cloud.s3;
        match self {
            Self::Ownership => {
                let put = s3.put_bucket_ownership_controls().bucket(bucket);
                put.ownership_controls(ownership::sent(&spec(want))).send().await?;
            }
            Self::Encryption => {
                let put = s3.put_bucket_encryption().bucket(bucket);
                put.server_side_encryption_configuration(encryption::sent(&spec(want))).send().await?;
            }
            Self::Policy => {
                s3.put_bucket_policy().bucket(bucket).policy(canonical(want)).send().await?;
            }
            Self::Lifecycle => {
                let put = s3.put_bucket_lifecycle_configuration().bucket(bucket);
                put.lifecycle_configuration(lifecycle::sent(&spec(want))).send().await?;
            }
            Self::Cors => {
                let put = s3.put_bucket_cors().bucket(bucket);
                put.cors_configuration(cors::sent(&spec(want))).send().await?;
            }
            Self::Website => {
                let put = s3.put_bucket_website().bucket(bucket);
                put.website_configuration(website::sent(&spec(want))).send().await?;
            }
        }
        Ok(())
    }

    async fn delete(self, cloud: &Cloud, bucket: &str) -> Result<()> {
        let s3 = &cloud.s3;
        match self {
            Self::Ownership => drop(s3.delete_bucket_ownership_controls().bucket(bucket).send().await?),
            Self::Encryption => drop(s3.delete_bucket_encryption().bucket(bucket).send().await?),
            Self::Policy => drop(s3.delete_bucket_policy().bucket(bucket).send().await?),
            Self::Lifecycle => drop(s3.delete_bucket_lifecycle().bucket(bucket).send().await?),
            Self::Cors => drop(s3.delete_bucket_cors().bucket(bucket).send().await?),
            Self::Website => drop(s3.delete_bucket_website().bucket(bucket).send().await?),
        }
        Ok(())
    }
}

/// The part of the spec that a document of it is.
fn spec<T: serde::de::DeserializeOwned>(want: &Value) -> T {
    serde_json::from_value(want.clone()).expect("a document holds fields as they are written")
}

/// Returns whether a policy lets everybody in: what the block of public policies refuses. A condition may narrow it.
pub(super) fn is_public(policy: &PolicyDocument) -> bool {
    let normal = policy.normal();
    let mut statements = normal["Statement"].as_array().into_iter().flatten();
    statements.any(|statement| {
        let everybody = |who: &Value| who == "*" || who["AWS"] == "*" || who["AWS"] == json!(["*"]);
        statement["Effect"] == "Allow" && statement["Condition"].is_null() && everybody(&statement["Principal"])
    })
}

/// A document as it is compared and shown where nothing in it means the same as anything else.
pub(super) fn same(document: &Value) -> Value {
    document.clone()
}
