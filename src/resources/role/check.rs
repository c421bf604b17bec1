//! The problems that the section of a role has by itself.

use std::collections::BTreeSet;

use labform_account::rules::{PERMISSIONS, POLICY_NAME, ROLE_DESCRIPTION, ROLE_POLICIES, SESSION_DURATION, TRUST};

use super::{InlinePolicy, Role};
use crate::resource::{Problem, document_breaches};

/// A policy document, in messages.
const WHAT: &str = "a policy document";

/// Returns what is wrong with the section that its types can't say.
pub(super) fn problems(role: &Role) -> Vec<Problem> {
    let is_allowed = |seconds: &i32| (SESSION_DURATION.allows)(i64::from(*seconds));
    let session = role
        .max_session_duration
        .filter(|seconds| !is_allowed(seconds))
        .map(|seconds| Problem::at("maxSessionDuration", format!("{seconds} is not between 3600 and 43200 seconds")));
    let description = role.description.as_deref().filter(|words| !ROLE_DESCRIPTION.allows(words));
    let trust = &role.assume_role_policy_document.0;
    let arns = role.managed_policy_arns.iter().flatten().filter(|arn| !arn.starts_with("arn:")).map(|arn| {
        Problem::at("managedPolicyArns", format!("`{arn}` is not an ARN"))
            .hint("AWS's own policies have ARNs as in arn:aws:iam::aws:policy/ReadOnlyAccess")
    });
    let is_policy = |arn: &str| arn.starts_with("arn:") && arn.contains(":policy/");
    let bound = role.permissions_boundary.as_deref().filter(|arn| !arn.is_empty() && !is_policy(arn)).map(|arn| {
        Problem::at("permissionsBoundary", format!("`{arn}` is not the ARN of a policy"))
            .hint("as in arn:aws:iam::123456789012:policy/boundary; `\"\"` is for no boundary")
    });
    let policies = role.policies.as_deref().unwrap_or_default();
    session
        .into_iter()
        .chain(description.map(described))
        .chain(too_long(policies))
        .chain(document_breaches(&TRUST, "assumeRolePolicyDocument", trust, WHAT))
        .chain(arns)
        .chain(bound)
        .chain(inline(policies))
        .collect()
}

fn described(words: &str) -> Problem {
    let odd = words.chars().find(|c| !(ROLE_DESCRIPTION.is_valid)(&c.to_string()));
    let message = match odd {
        Some(odd) => format!("`{odd}` in a description is refused: IAM takes ASCII and the letters of Latin-1"),
        None => "a description has up to 1000 characters".to_owned(),
    };
    Problem::at("description", message)
}

fn too_long(policies: &[InlinePolicy]) -> Option<Problem> {
    let own = policies.iter().map(|policy| policy.policy_document.to_wire());
    let size: usize = own.map(|text| text.chars().filter(|c| !c.is_whitespace()).count()).sum();
    let message = format!("the role's own policies have {size} characters together: IAM takes {ROLE_POLICIES}");
    let problem = Problem::at("policies", message).hint("make managed policies of them, or shorten them by `*`");
    (size > ROLE_POLICIES).then_some(problem)
}

fn inline(policies: &[InlinePolicy]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for (n, policy) in policies.iter().enumerate() {
        let name = &policy.policy_name;
        if !names.insert(name) {
            let words = format!("there are two policies `{name}`");
            problems.push(Problem::at(format!("policies[{n}].policyName"), words));
        }
        if !POLICY_NAME.allows(name) {
            problems.push(Problem::at(
                format!("policies[{n}].policyName"),
                format!("`{name}` is not a valid name: AWS allows 1 to 128 letters, digits and _+=,.@-"),
            ));
        }
        let path = format!("policies[{n}].policyDocument");
        problems.extend(document_breaches(&PERMISSIONS, &path, &policy.policy_document.0, WHAT));
    }
    problems
}
