//! Rules for CreateRepository, beside the name's.

use super::input::{is_given, one_of, text};
use super::{Rule, Rules};

/// The page of encryption.
const ENCRYPTION: &str = "EncryptionConfiguration, Amazon ECR API";

/// The rules for CreateRepository.
pub static REPOSITORY: Rules = Rules::new(
    "CreateRepository",
    r#"{"repositoryName": "lab/web", "imageTagMutability": "MUTABLE", "encryptionConfiguration": {"encryptionType": "KMS"}}"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "images are encrypted with AES256, KMS or KMS_DSSE",
        ENCRYPTION,
        &[r#"encryptionConfiguration.encryptionType = "AES""#],
        |input, found| one_of(input, "encryptionConfiguration.encryptionType", &["AES256", "KMS", "KMS_DSSE"], found),
    ),
    Rule::new(
        "only images that are encrypted with KMS have a key there",
        ENCRYPTION,
        &[r#"encryptionConfiguration = {"encryptionType": "AES256", "kmsKey": "a"} @ encryptionConfiguration.kmsKey"#],
        |input, found| {
            let encryption = &input["encryptionConfiguration"];
            if is_given(&encryption["kmsKey"]) && text(&encryption["encryptionType"]) == Some("AES256") {
                found.here("encryptionConfiguration.kmsKey").hint("write `encryptionType: KMS`");
            }
        },
    ),
];
