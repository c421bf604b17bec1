//! The problems that the section of a bucket has by itself.

use labform_account::rules::{
    BUCKET_CORS, BUCKET_ENCRYPTION, BUCKET_LIFECYCLE, BUCKET_OWNERSHIP, BUCKET_POLICY, BUCKET_WEBSITE,
};
use serde_json::json;

use super::Bucket;
use super::settings::is_public;
use crate::resource::{CallRules, Problem, breaches, document, document_breaches};
use crate::resources::kms;

/// The rules for the calls whose input the section is.
pub(super) const RULES: CallRules =
    &[&BUCKET_OWNERSHIP, &BUCKET_ENCRYPTION, &BUCKET_LIFECYCLE, &BUCKET_CORS, &BUCKET_WEBSITE];

/// Returns what is wrong with the section that its types can't say.
pub(super) fn problems(bucket: &Bucket) -> Vec<Problem> {
    let section = document(bucket);
    let mut problems: Vec<Problem> = RULES.iter().flat_map(|rules| breaches(rules, &section)).collect();
    for (n, rule) in bucket.bucket_encryption.iter().flat_map(|encryption| &encryption.rules).enumerate() {
        let path = format!("bucketEncryption.rules[{n}].applyServerSideEncryptionByDefault.kmsMasterKeyID");
        let key = rule.apply_server_side_encryption_by_default.kms_master_key_id.as_deref();
        problems.extend(kms::alias(&path, key));
    }
    if let Some(policy) = bucket.policy.as_ref().filter(|policy| policy.0 != json!({})) {
        problems.extend(document_breaches(&BUCKET_POLICY, "policy", &policy.0, "a policy document"));
        let block = bucket.public_access_block_configuration.unwrap_or_default();
        if is_public(policy) && block.block_public_policy != Some(false) {
            let message = "the policy lets everybody in, and the bucket blocks such policies, as new buckets do";
            let hint = "write `publicAccessBlockConfiguration: { blockPublicPolicy: false, restrictPublicBuckets: false }` \
                        if the whole world is to read it";
            problems.push(Problem::at("policy", message).hint(hint));
        }
    }
    problems
}
