//! Who owns the objects of a bucket.

use aws_sdk_s3::types;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Who owns the objects of a bucket.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnershipControls {
    /// The rule; none takes the setting away.
    pub rules: Vec<OwnershipRule>,
}

/// The rule of who owns objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnershipRule {
    /// The owner: `BucketOwnerEnforced`, as for new buckets, `BucketOwnerPreferred` or `ObjectWriter`. Only the last two
    /// know access control lists.
    pub object_ownership: String,
}

pub(super) fn told(controls: Option<&types::OwnershipControls>) -> Value {
    let rules = controls.into_iter().flat_map(types::OwnershipControls::rules);
    let rules: Vec<Value> = rules.map(|rule| json!({"objectOwnership": rule.object_ownership().as_str()})).collect();
    json!({ "rules": rules })
}

pub(super) fn sent(spec: &OwnershipControls) -> types::OwnershipControls {
    let rules = spec.rules.iter().map(|rule| {
        let rule = types::OwnershipControlsRule::builder().object_ownership(rule.object_ownership.as_str().into());
        rule.build().expect("the owner is given")
    });
    types::OwnershipControls::builder().set_rules(Some(rules.collect())).build().expect("the rules are given")
}
