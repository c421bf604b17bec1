//! Rules for CreateRepository, beside the name's.

use serde_json::Value;

use super::input::{each, is_given, one_of, text, up_to};
use super::{Rule, Rules};

/// The page of encryption.
const ENCRYPTION: &str = "EncryptionConfiguration, Amazon ECR API";

/// The page of tags that can't be moved.
const MUTABILITY: &str = "ImageTagMutabilityExclusionFilter, CreateRepository, Amazon ECR API";

/// The rules for CreateRepository, and for PutImageTagMutability, which takes a part of its members.
pub static REPOSITORY: Rules = Rules::new(
    "CreateRepository",
    r#"{"repositoryName": "lab/web", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest*"}],
        "encryptionConfiguration": {"encryptionType": "KMS"}}"#,
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
    Rule::new(
        "tags are mutable or immutable, all or but for exclusions",
        MUTABILITY,
        &[r#"imageTagMutability = "FIXED""#],
        |input, found| one_of(input, "imageTagMutability", &[WITHOUT[0], WITHOUT[1], WITH[0], WITH[1]], found),
    ),
    Rule::new(
        "a mutability with exclusions has filters, and no other has",
        "PutImageTagMutability, Amazon ECR API",
        &[
            "imageTagMutabilityExclusionFilters = []",
            r#"imageTagMutability = "MUTABLE" @ imageTagMutabilityExclusionFilters"#,
        ],
        |input, found| {
            let mutability = text(&input["imageTagMutability"]);
            let path = "imageTagMutabilityExclusionFilters";
            match (mutability, is_given(&input[path])) {
                (Some(word), false) if WITH.contains(&word) => {
                    found.at(path, format!("`{word}` needs filters for the tags that it excludes"));
                }
                (Some(word), true) if WITHOUT.contains(&word) => {
                    found
                        .at(path, format!("`{word}` excludes no tags"))
                        .hint(format!("write `imageTagMutability: {word}_WITH_EXCLUSION`"));
                }
                (None, true) if input["imageTagMutability"] == Value::Null => {
                    found.at(path, "tags are excluded from an `imageTagMutability`, and none is given");
                }
                _ => {}
            }
        },
    ),
    Rule::new(
        "there are up to 5 filters for tags",
        MUTABILITY,
        &[r#"imageTagMutabilityExclusionFilters = [
            {"filterType": "WILDCARD", "filter": "a"}, {"filterType": "WILDCARD", "filter": "b"},
            {"filterType": "WILDCARD", "filter": "c"}, {"filterType": "WILDCARD", "filter": "d"},
            {"filterType": "WILDCARD", "filter": "e"}, {"filterType": "WILDCARD", "filter": "f"}]"#],
        |input, found| up_to(input, "imageTagMutabilityExclusionFilters", 5, "", found),
    ),
    Rule::new(
        "a filter for tags is a WILDCARD of 1 to 128 letters, digits and ._*-",
        MUTABILITY,
        &[
            r#"imageTagMutabilityExclusionFilters[0].filterType = "PREFIX""#,
            r#"imageTagMutabilityExclusionFilters[0].filter = "la test""#,
            r#"imageTagMutabilityExclusionFilters[0].filter = """#,
        ],
        |input, found| {
            one_of(input, "imageTagMutabilityExclusionFilters[].filterType", &["WILDCARD"], found);
            for (path, filter) in each(input, "imageTagMutabilityExclusionFilters[].filter") {
                let is_known = |c: char| c.is_ascii_alphanumeric() || "._*-".contains(c);
                let is_filter = |text: &str| (1..=128).contains(&text.chars().count()) && text.chars().all(is_known);
                if let Some(text) = text(filter).filter(|text| !is_filter(text)) {
                    found.at(path, format!("`{text}` is no filter: AWS takes 1 to 128 letters, digits and ._*-"));
                }
            }
        },
    ),
];

/// The mutabilities that hold for all tags, and those that don't.
const WITHOUT: [&str; 2] = ["MUTABLE", "IMMUTABLE"];
const WITH: [&str; 2] = ["MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"];
