//! Who may take on a role.

use super::{ELEMENTS, PRINCIPAL, QUOTAS, foreign, listed, needed, objects, values};
use crate::rules::Rule;
use crate::rules::input::text;

/// The actions by which a role is taken on.
const ASSUME: [&str; 6] = [
    "sts:assumerole",
    "sts:assumerolewithwebidentity",
    "sts:assumerolewithsaml",
    "sts:tagsession",
    "sts:setsourceidentity",
    "sts:setcontext",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a trust policy says who may take on the role",
        PRINCIPAL,
        &["Statement[0].Principal = null"],
        |input, found| needed(input, &["Principal", "NotPrincipal"], "Missing required field Principal", found),
    ),
    Rule::new(
        "a trust policy names no resource: that is the role",
        ELEMENTS,
        &[r#"Statement[0].Resource = "*""#],
        |input, found| {
            for (path, statement) in objects(input) {
                for element in ["Resource", "NotResource"].into_iter().filter(|element| !statement[*element].is_null())
                {
                    found.here(format!("{path}.{element}")).hint(format!("leave out `{element}`"));
                }
            }
        },
    )
    .words("Has prohibited field Resource"),
    Rule::new(
        "a statement says which actions it is about",
        ELEMENTS,
        &["Statement[0].Action = null"],
        |input, found| needed(input, &["Action", "NotAction"], "Missing required field Action", found),
    ),
    Rule::new(
        "a trust policy is about taking on the role: sts:AssumeRole and its like",
        "IAM JSON policy elements: Action, IAM user guide",
        &[r#"Statement[0].Action = "s3:GetObject""#, r#"Statement[0].Action = "sts:*""#],
        |input, found| {
            for (path, action) in values(input, &["Action", "NotAction"]) {
                let action = text(action).filter(|action| action.split(':').count() == 2 && !action.starts_with('*'));
                if let Some(action) = action.filter(|action| !ASSUME.contains(&&*action.to_lowercase())) {
                    found.at(path, format!("`{action}` doesn't take on a role")).hint("write `sts:AssumeRole`");
                }
            }
        },
    )
    .words("AssumeRole policy may only specify STS AssumeRole actions."),
    Rule::new(
        "a principal is of the kind AWS, Service, Federated or CanonicalUser, and a service has its whole name",
        PRINCIPAL,
        &[
            r#"Statement[0].Principal = "*""#,
            r#"Statement[0].Principal = {"Services": "ecs-tasks.amazonaws.com"} @ Statement[0].Principal.Services"#,
            r#"Statement[0].Principal.Service = "ecs-tasks""#,
            r#"Statement[0].Principal.Service = "*.amazonaws.com""#,
            r#"Statement[0].Principal = {"AWS": "ann"} @ Statement[0].Principal.AWS"#,
        ],
        |input, found| {
            for (path, statement) in objects(input) {
                let path = format!("{path}.Principal");
                if let Some(text) = text(&statement["Principal"]) {
                    found
                        .at(&*path, format!("`{text}` says no kind of principal"))
                        .hint(r#"write `Principal: { AWS: "*" }`"#)
                        .said(format!("AssumeRolepolicy contained an invalid principal: \"STAR\":\"{text}\"."));
                }
                let kinds = ["AWS", "Service", "Federated", "CanonicalUser"];
                foreign(&statement["Principal"], &path, &kinds, found);
                for (kind, names) in statement["Principal"].as_object().into_iter().flatten() {
                    for (path, name) in listed(format!("{path}.{kind}"), names) {
                        if let Some(name) = text(name).filter(|name| !is_principal(kind, name)) {
                            found
                                .at(path, format!("`{name}` is no principal of the kind {kind}"))
                                .said(format!("Invalid principal in policy: \"{}\":\"{name}\"", kind.to_uppercase()));
                        }
                    }
                }
            }
        },
    ),
    Rule::new(
        "a trust policy has up to 4096 characters, 2048 unless the quota was raised, spaces not counted",
        QUOTAS,
        &["Statement[0].Condition.StringLike.a = repeat 4096 @ ."],
        |input, found| {
            let count = input.to_string().chars().filter(|c| !c.is_whitespace()).count();
            if count > 4096 {
                found
                    .at("", format!("the policy has {count} characters: AWS takes 4096"))
                    .said("Cannot exceed quota for ACLSizePerRole: 4096");
            }
        },
    ),
];

pub(super) fn is_principal(kind: &str, name: &str) -> bool {
    match kind {
        "Service" => {
            let ends = [".amazonaws.com", ".amazonaws.com.cn"];
            ends.iter().any(|end| name.len() > end.len() && name.ends_with(end)) && !name.contains('*')
        }
        "AWS" => {
            let is_account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
            // A role that is gone stands there by its id.
            let is_id = name.starts_with("AROA") || name.starts_with("AIDA");
            let is_arn = name.starts_with("arn:") && name.split(':').count() >= 6;
            name == "*" || is_account || is_id || is_arn
        }
        _ => !name.is_empty(),
    }
}
