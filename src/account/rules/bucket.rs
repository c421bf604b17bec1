//! Rules for the settings of a bucket, each under the field of its document: `corsConfiguration` and so on.

use std::collections::BTreeSet;

use super::input::{each, is_given, items, one_of, text, unique, up_to};
use super::{Rule, Rules};

/// The rules for PutBucketOwnershipControls.
pub static BUCKET_OWNERSHIP: Rules = Rules::new(
    "PutBucketOwnershipControls",
    r#"{"ownershipControls": {"rules": [{"objectOwnership": "BucketOwnerEnforced"}]}}"#,
    &[OWNERSHIP_RULES],
);

/// The rules for PutBucketEncryption.
pub static BUCKET_ENCRYPTION: Rules = Rules::new(
    "PutBucketEncryption",
    r#"{"bucketEncryption": {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms",
        "kmsMasterKeyID": "11111111-2222-3333-4444-555555555555"}, "bucketKeyEnabled": true}]}}"#,
    &[ENCRYPTION_RULES],
);

/// The rules for PutBucketCors.
pub static BUCKET_CORS: Rules = Rules::new(
    "PutBucketCors",
    r#"{"corsConfiguration": {"corsRules": [{"id": "web", "allowedMethods": ["GET", "HEAD"],
        "allowedOrigins": ["https://*.example.com"], "allowedHeaders": ["*"], "maxAgeSeconds": 300}]}}"#,
    &[CORS_RULES],
);

/// The rules for PutBucketWebsite.
pub static BUCKET_WEBSITE: Rules = Rules::new(
    "PutBucketWebsite",
    r#"{"websiteConfiguration": {"indexDocument": {"suffix": "index.html"}, "errorDocument": {"key": "404.html"},
        "routingRules": [{"condition": {"keyPrefixEquals": "old/"}, "redirect": {"replaceKeyPrefixWith": "new/"}}]}}"#,
    &[WEBSITE_RULES],
);

const OWNERSHIP: &str = "OwnershipControlsRule, Amazon S3 API";
const ENCRYPTION: &str = "ServerSideEncryptionByDefault, Amazon S3 API";
const CORS: &str = "PutBucketCors, CORSRule, Amazon S3 API";
const WEBSITE: &str = "PutBucketWebsite, WebsiteConfiguration, Amazon S3 API";

const OWNERSHIP_RULES: &[Rule] = &[
    Rule::new(
        "a bucket has one rule for who owns its objects",
        OWNERSHIP,
        &[r#"ownershipControls.rules = [{"objectOwnership": "ObjectWriter"}, {"objectOwnership": "ObjectWriter"}]"#],
        |input, found| up_to(input, "ownershipControls.rules", 1, "", found),
    ),
    Rule::new(
        "objects are the bucket's owner's, preferred or enforced, or their writer's",
        OWNERSHIP,
        &[r#"ownershipControls.rules[0].objectOwnership = "Owner""#],
        |input, found| {
            let words = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];
            one_of(input, "ownershipControls.rules[].objectOwnership", &words, found);
        },
    ),
];

const ENCRYPTION_RULES: &[Rule] = &[
    Rule::new(
        "a bucket has one rule for its encryption",
        "PutBucketEncryption, Amazon S3 API",
        &[r#"bucketEncryption.rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}},
            {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]"#],
        |input, found| up_to(input, "bucketEncryption.rules", 1, "", found),
    ),
    Rule::new(
        "objects are encrypted with AES256, aws:kms or aws:kms:dsse",
        ENCRYPTION,
        &[r#"bucketEncryption.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm = "KMS""#],
        |input, found| {
            let path = "bucketEncryption.rules[].applyServerSideEncryptionByDefault.sseAlgorithm";
            one_of(input, path, &["AES256", "aws:kms", "aws:kms:dsse"], found);
        },
    ),
    Rule::new(
        "only encryption with KMS has a key there",
        ENCRYPTION,
        &[r#"bucketEncryption.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm = "AES256"
            @ bucketEncryption.rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyID"#],
        |input, found| {
            for (path, by_default) in each(input, "bucketEncryption.rules[].applyServerSideEncryptionByDefault") {
                if is_given(&by_default["kmsMasterKeyID"]) && text(&by_default["sseAlgorithm"]) == Some("AES256") {
                    found.here(format!("{path}.kmsMasterKeyID")).hint("write `sseAlgorithm: aws:kms`");
                }
            }
        },
    ),
];

const CORS_RULES: &[Rule] = &[
    Rule::new(
        "a rule for other sites is about GET, PUT, POST, DELETE or HEAD",
        CORS,
        &[
            r#"corsConfiguration.corsRules[0].allowedMethods[0] = "get""#,
            "corsConfiguration.corsRules[0].allowedMethods = []",
        ],
        |input, found| {
            one_of(
                input,
                "corsConfiguration.corsRules[].allowedMethods[]",
                &["GET", "PUT", "POST", "DELETE", "HEAD"],
                found,
            );
            for (path, rule) in each(input, "corsConfiguration.corsRules[]") {
                if !is_given(&rule["allowedMethods"]) {
                    found.at(format!("{path}.allowedMethods"), "the rule allows no method");
                }
            }
        },
    ),
    Rule::new(
        "a rule for other sites names them, with one * in each at most",
        CORS,
        &[
            r#"corsConfiguration.corsRules[0].allowedOrigins[0] = "https://*.example.*""#,
            "corsConfiguration.corsRules[0].allowedOrigins = []",
        ],
        |input, found| {
            for (path, rule) in each(input, "corsConfiguration.corsRules[]") {
                let path = format!("{path}.allowedOrigins");
                if !is_given(&rule["allowedOrigins"]) {
                    found.at(&*path, "the rule allows no site");
                }
                for (path, site) in items(&path, &rule["allowedOrigins"]) {
                    if let Some(site) = text(site).filter(|site| site.matches('*').count() > 1) {
                        found
                            .at(path, format!("`{site}` holds more than one *"))
                            .said(format!("AllowedOrigin \"{site}\" can not have more than one wildcard."));
                    }
                }
            }
        },
    ),
    Rule::new(
        "rules for other sites have names of up to 255 characters, which no other has",
        CORS,
        &[r#"corsConfiguration.corsRules = [
            {"id": "a", "allowedMethods": ["GET"], "allowedOrigins": ["*"]},
            {"id": "a", "allowedMethods": ["PUT"], "allowedOrigins": ["*"]}] @ corsConfiguration.corsRules[1].id"#],
        |input, found| {
            let words = |id: &str| (format!("another rule has the name `{id}`"), "Rule ID must be unique".to_owned());
            unique(input, "corsConfiguration.corsRules[].id", words, found);
        },
    ),
];

const WEBSITE_RULES: &[Rule] = &[
    Rule::new(
        "a website has a page for folders, or sends all requests to another host and says nothing else",
        WEBSITE,
        &[
            "websiteConfiguration.indexDocument = null",
            r#"websiteConfiguration.redirectAllRequestsTo = {"hostName": "www.example.com"}"#,
        ],
        |input, found| {
            let site = &input["websiteConfiguration"];
            let others =
                ["indexDocument", "errorDocument", "routingRules"].into_iter().filter(|part| is_given(&site[*part]));
            match (is_given(&site["redirectAllRequestsTo"]), is_given(&site["indexDocument"])) {
                (true, _) if others.count() > 0 => {
                    found.at(
                        "websiteConfiguration.redirectAllRequestsTo",
                        "if all requests are sent to another host, nothing else is said",
                    );
                }
                (false, false) if is_given(site) => {
                    found
                        .at("websiteConfiguration.indexDocument", "a website needs a page for folders")
                        .hint("write `indexDocument: { suffix: index.html }`")
                        .said("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
                }
                _ => {}
            }
        },
    ),
    Rule::new(
        "the page of a folder has no slash in its name",
        "IndexDocument, Amazon S3 API",
        &[r#"websiteConfiguration.indexDocument.suffix = "a/index.html""#],
        |input, found| {
            for (path, suffix) in each(input, "websiteConfiguration.indexDocument.suffix") {
                if text(suffix).is_some_and(|suffix| suffix.is_empty() || suffix.contains('/')) {
                    found.here(path).said("The IndexDocument Suffix is not well formed");
                }
            }
        },
    ),
    Rule::new(
        "requests are sent on by http or https",
        WEBSITE,
        &[r#"websiteConfiguration.routingRules[0].redirect.protocol = "HTTPS""#],
        |input, found| {
            one_of(input, "websiteConfiguration.redirectAllRequestsTo.protocol", &["http", "https"], found);
            one_of(input, "websiteConfiguration.routingRules[].redirect.protocol", &["http", "https"], found);
        },
    ),
    Rule::new(
        "a redirect has another key, or another beginning of it, and says at least one thing",
        "Redirect, Amazon S3 API",
        &[
            r#"websiteConfiguration.routingRules[0].redirect.replaceKeyWith = "b" @ websiteConfiguration.routingRules[0].redirect"#,
            "websiteConfiguration.routingRules[0].redirect.replaceKeyPrefixWith = null @ websiteConfiguration.routingRules[0].redirect",
        ],
        |input, found| {
            for (path, redirect) in each(input, "websiteConfiguration.routingRules[].redirect") {
                let given: BTreeSet<&str> = redirect
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, _)| key.as_str())
                    .collect();
                if given.is_empty() {
                    found.at(path, "a redirect says where to");
                } else if given.contains("replaceKeyWith") && given.contains("replaceKeyPrefixWith") {
                    found.at(path, "a redirect replaces the key or its beginning, not both");
                }
            }
        },
    ),
];
