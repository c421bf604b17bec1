//! The encryption of a bucket's new objects.

use aws_sdk_s3::types;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::resource::document;
use crate::resources::secret::key;

/// The encryption of a bucket's new objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BucketEncryption {
    /// The rule; none brings S3's own encryption back, which is `AES256`.
    pub rules: Vec<EncryptionRule>,
}

/// The rule of how new objects are encrypted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncryptionRule {
    /// The encryption of objects that ask for none.
    pub apply_server_side_encryption_by_default: EncryptionByDefault,
    /// Whether S3 asks KMS for a key of the bucket's instead of one for each object, which costs less.
    pub bucket_key_enabled: Option<bool>,
}

/// The encryption of objects that ask for none.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncryptionByDefault {
    /// The sort of encryption: `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub sse_algorithm: String,
    /// The ARN or the id of the key, unless it is `AES256`; AWS's own key for Amazon S3 if it is left out.
    #[serde(rename = "kmsMasterKeyID")]
    pub kms_master_key_id: Option<String>,
}

pub(super) fn told(configuration: Option<&types::ServerSideEncryptionConfiguration>) -> Value {
    let rules = configuration.into_iter().flat_map(types::ServerSideEncryptionConfiguration::rules);
    let rules = rules.filter_map(|rule| {
        let by_default = rule.apply_server_side_encryption_by_default()?;
        Some(EncryptionRule {
            apply_server_side_encryption_by_default: EncryptionByDefault {
                sse_algorithm: by_default.sse_algorithm().as_str().to_owned(),
                kms_master_key_id: by_default.kms_master_key_id().map(str::to_owned),
            },
            bucket_key_enabled: rule.bucket_key_enabled(),
        })
    });
    document(&BucketEncryption { rules: rules.collect() })
}

pub(super) fn sent(spec: &BucketEncryption) -> types::ServerSideEncryptionConfiguration {
    let rules = spec.rules.iter().map(|rule| {
        let given = &rule.apply_server_side_encryption_by_default;
        let by_default = types::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(given.sse_algorithm.as_str().into())
            .set_kms_master_key_id(given.kms_master_key_id.clone());
        types::ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(by_default.build().expect("the sort is given"))
            .set_bucket_key_enabled(rule.bucket_key_enabled)
            .build()
    });
    let configuration = types::ServerSideEncryptionConfiguration::builder().set_rules(Some(rules.collect()));
    configuration.build().expect("the rules are given")
}

/// The rules with everything made equal that means the same: no rule is S3's own, a key has its id, and a bucket without a
/// key of its own doesn't say so.
pub(in crate::resources::bucket) fn alike(rules: &Value) -> Value {
    let own = json!([{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]);
    let mut rules = if rules.as_array().is_none_or(Vec::is_empty) { own } else { rules.clone() };
    for rule in rules.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        rule.retain(|field, value| !(field == "bucketKeyEnabled" && value == false));
        let by_default = rule.get_mut("applyServerSideEncryptionByDefault").and_then(Value::as_object_mut);
        if let Some(id) = by_default.and_then(|by_default| by_default.get_mut("kmsMasterKeyID")) {
            *id = key(id);
        }
    }
    rules
}
