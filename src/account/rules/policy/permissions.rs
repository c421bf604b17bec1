//! What may be done under a role.

use super::{ELEMENTS, PRINCIPAL, QUOTAS, ROLE_POLICIES, needed, objects, values};
use crate::rules::Rule;
use crate::rules::input::text;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a role's permissions name no principal: they are the role's",
        PRINCIPAL,
        &[r#"Statement[0].Principal = "*""#],
        |input, found| {
            for (path, statement) in objects(input) {
                for element in
                    ["Principal", "NotPrincipal"].into_iter().filter(|element| !statement[*element].is_null())
                {
                    found.here(format!("{path}.{element}")).hint(format!("leave out `{element}`"));
                }
            }
        },
    )
    .words("Policy document should not specify a principal."),
    Rule::new(
        "a statement says which actions it is about",
        ELEMENTS,
        &["Statement[0].Action = null"],
        |input, found| needed(input, &["Action", "NotAction"], "Policy statement must contain actions.", found),
    ),
    Rule::new(
        "a statement says which resources it is about",
        ELEMENTS,
        &["Statement[0].Resource = null"],
        |input, found| needed(input, &["Resource", "NotResource"], "Policy statement must contain resources.", found),
    ),
    Rule::new(
        "a resource is an ARN of six parts with a service, or *",
        "IAM JSON policy elements: Resource, IAM user guide",
        &[
            r#"Statement[0].Resource = "my-bucket""#,
            r#"Statement[0].Resource = "arn:aws:s3:my-bucket""#,
            r#"Statement[0].Resource = "arn:aws:*:::a""#,
        ],
        |input, found| {
            for (path, resource) in values(input, &["Resource", "NotResource"]) {
                let Some(resource) = text(resource).filter(|resource| *resource != "*") else { continue };
                let parts: Vec<&str> = resource.split(':').collect();
                let said = match parts.as_slice() {
                    ["arn", _, service, _, _, ..] if service.contains(['*', '?']) => {
                        "Resource vendor must be fully qualified and cannot contain regexes.".to_owned()
                    }
                    ["arn", _, _, _, _, _, ..] => continue,
                    ["arn", ..] => "The policy failed legacy parsing".to_owned(),
                    // A wildcard may stand for the beginning of an ARN.
                    [first, ..] if first.contains('*') => continue,
                    _ => format!("Resource {resource} must be in ARN format or \"*\"."),
                };
                found.at(path, format!("`{resource}` is not an ARN, as in arn:aws:s3:::bucket/*")).said(said);
            }
        },
    ),
    Rule::new(
        "a role's own policies have 10240 characters together, spaces not counted",
        QUOTAS,
        &["Statement[0].Condition.StringLike.a = repeat 10240 @ ."],
        |input, found| {
            let count = input.to_string().chars().filter(|c| !c.is_whitespace()).count();
            if count > ROLE_POLICIES {
                found.at("", format!("the policy has {count} characters: AWS takes {ROLE_POLICIES}"));
            }
        },
    ),
];
