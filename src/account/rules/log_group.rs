//! Rules for CreateLogGroup and AssociateKmsKey, beside the name's.

use super::input::{each, is_given, one_of, text};
use super::{Rule, Rules};

/// The page of new groups.
const PAGE: &str = "CreateLogGroup, CloudWatch Logs API";

/// The rules for CreateLogGroup.
pub static LOG_GROUP: Rules = Rules::new(
    "CreateLogGroup",
    r#"{"logGroupName": "/lab/web", "logGroupClass": "STANDARD",
        "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"}"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "a log group is of the class STANDARD, INFREQUENT_ACCESS, ESSENTIALS or DELIVERY",
        PAGE,
        &[r#"logGroupClass = "CHEAP""#],
        |input, found| {
            one_of(input, "logGroupClass", &["STANDARD", "INFREQUENT_ACCESS", "ESSENTIALS", "DELIVERY"], found);
        },
    ),
    Rule::new(
        "the key of a log group is named by its ARN",
        PAGE,
        &[r#"kmsKeyId = "11111111-2222-3333-4444-555555555555""#, r#"kmsKeyId = "arn:aws:iam::123456789012:role/a""#],
        |input, found| {
            for (path, key) in each(input, "kmsKeyId").into_iter().filter(|(_, key)| is_given(key)) {
                if let Some(key) = text(key).filter(|key| !is_key_arn(key)) {
                    found.at(path, format!("`{key}` is no ARN of a KMS key")).hint(
                        "one is as in arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555",
                    );
                }
            }
        },
    ),
];

/// Returns whether a text is the ARN of a key of AWS KMS, or of an alias of one.
fn is_key_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "kms", _, _, rest] if rest.starts_with("key/") || rest.starts_with("alias/"))
}
