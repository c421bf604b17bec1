//! Who may use a thing that has a policy of its own.

use serde_json::Value;

use super::trust::is_principal;
use super::{ELEMENTS, PRINCIPAL, foreign, listed, needed, objects, values};
use crate::rules::Rule;
use crate::rules::input::text;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "the policy of a thing says who may use it",
        PRINCIPAL,
        &["Statement[0].Principal = null"],
        |input, found| needed(input, &["Principal", "NotPrincipal"], "Missing required field Principal", found),
    ),
    Rule::new(
        "a statement says which actions it is about",
        ELEMENTS,
        &["Statement[0].Action = null"],
        |input, found| needed(input, &["Action", "NotAction"], "Missing required field Action", found),
    ),
    Rule::new(
        "a principal is * for everybody, or of the kind AWS, Service, Federated or CanonicalUser",
        PRINCIPAL,
        &[
            r#"Statement[0].Principal = "ann""#,
            r#"Statement[0].Principal = {"Aws": "*"} @ Statement[0].Principal.Aws"#,
            r#"Statement[0].Principal = {"Service": "ecs-tasks"} @ Statement[0].Principal.Service"#,
            r#"Statement[0].Principal = {"AWS": "ann"} @ Statement[0].Principal.AWS"#,
        ],
        |input, found| {
            for (path, statement) in objects(input) {
                let path = format!("{path}.Principal");
                if let Some(text) = text(&statement["Principal"]).filter(|text| *text != "*") {
                    found
                        .at(&*path, format!("`{text}` says no kind of principal"))
                        .hint("as in `Principal: { AWS: \"123456789012\" }`");
                }
                let kinds = ["AWS", "Service", "Federated", "CanonicalUser"];
                foreign(&statement["Principal"], &path, &kinds, found);
                let members = statement["Principal"].as_object().into_iter().flatten();
                for (kind, names) in members.filter(|(kind, _)| kinds.contains(&kind.as_str())) {
                    for (path, name) in listed(format!("{path}.{kind}"), names) {
                        if let Some(name) = text(name).filter(|name| !is_principal(kind, name)) {
                            found.at(path, format!("`{name}` is no principal of the kind {kind}"));
                        }
                    }
                }
            }
        },
    ),
];

/// The bytes of a bucket's policy, at most.
const BUCKET_SIZE: usize = 20_480;

pub(super) const OF_A_BUCKET: &[Rule] = &[
    Rule::new(
        "a statement of a bucket's policy names the bucket, or what is in it",
        "Policies and permissions in Amazon S3, Amazon S3 user guide",
        &["Statement[0].Resource = null", r#"Statement[0].Resource = "lab-files/*""#, r#"Statement[0].Resource = "*""#],
        |input, found| {
            needed(input, &["Resource", "NotResource"], "Missing required field Resource", found);
            for (path, resource) in values(input, &["Resource", "NotResource"]) {
                let is_bucket = |arn: &str| arn.starts_with("arn:") && arn.split(':').nth(2) == Some("s3");
                if let Some(resource) = text(resource).filter(|resource| !is_bucket(resource)) {
                    found
                        .at(path, format!("`{resource}` is no ARN of a bucket, as in arn:aws:s3:::lab-files/*"))
                        .said("Policy has invalid resource");
                }
            }
        },
    ),
    Rule::new(
        "the policy of a bucket has up to 20 KB",
        "Bucket policies for Amazon S3, Amazon S3 user guide",
        &["Statement[0].Condition.StringLike.a = repeat 20480 @ ."],
        |input, found| {
            let count = input.to_string().len();
            if count > BUCKET_SIZE {
                found.at("", format!("the policy has {count} bytes: S3 takes {BUCKET_SIZE}"));
            }
        },
    ),
];

/// The characters of a repository's policy, at most.
const REPOSITORY_SIZE: usize = 10_240;

pub(super) const OF_A_REPOSITORY: &[Rule] = &[
    Rule::new(
        "the policy of a repository names no resource: that is the repository",
        "Amazon ECR repository policy examples, Amazon ECR user guide",
        &[r#"Statement[0].Resource = "*""#],
        |input, found| {
            for (path, statement) in objects(input) {
                let elements = ["Resource", "NotResource"].into_iter();
                for element in elements.filter(|element| statement[*element] != Value::Null) {
                    found.here(format!("{path}.{element}")).hint(format!("leave out `{element}`"));
                }
            }
        },
    )
    .words("Invalid repository policy provided"),
    Rule::new(
        "the policy of a repository has up to 10240 characters",
        "SetRepositoryPolicy, Amazon ECR API",
        &["Statement[0].Condition.StringLike.a = repeat 10240 @ ."],
        |input, found| {
            let count = input.to_string().chars().count();
            if count > REPOSITORY_SIZE {
                found.at("", format!("the policy has {count} characters: AWS takes {REPOSITORY_SIZE}"));
            }
        },
    ),
];
