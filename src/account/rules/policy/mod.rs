//! Rules for policy documents: trust policies (CreateRole, UpdateAssumeRolePolicy) and permissions (PutRolePolicy).

mod elements;
mod holder;
mod permissions;
mod trust;

use serde_json::Value;

use super::input::{field, is_given, items};
use super::{Found, Rules};

/// The page of the elements.
const ELEMENTS: &str = "IAM JSON policy elements reference, IAM user guide";
/// The page of principals.
const PRINCIPAL: &str = "IAM JSON policy elements: Principal, IAM user guide";
/// The most characters of all inline policies of a role together, spaces not counted (quotas, IAM user guide).
pub const ROLE_POLICIES: usize = 10_240;
/// The page of quotas.
const QUOTAS: &str = "IAM and AWS STS quotas, IAM user guide";

/// The rules for the document of a trust policy.
pub static TRUST: Rules = Rules::new(
    "CreateRole",
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole"}]}"#,
    &[elements::RULES, elements::SIDS, trust::RULES],
);

/// The rules for the document of a role's own permissions.
pub static PERMISSIONS: Rules = Rules::new(
    "PutRolePolicy",
    r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "logs:*"],
        "Resource": ["arn:aws:s3:::bucket/*", "*"], "Condition": {"StringLike": {"aws:PrincipalTag/team": "a*"}}}]}"#,
    &[elements::RULES, elements::SIDS, permissions::RULES],
);

/// The rules for the policy of a bucket.
pub static BUCKET_POLICY: Rules = Rules::new(
    "PutBucketPolicy",
    r#"{"Version": "2012-10-17", "Statement": [{"Sid": "let them read", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::lab-files/*"]}]}"#,
    &[elements::RULES, holder::RULES, holder::OF_A_BUCKET],
);

/// The rules for the policy of a repository.
pub static REPOSITORY_POLICY: Rules = Rules::new(
    "SetRepositoryPolicy",
    r#"{"Version": "2012-10-17", "Statement": [{"Sid": "let them pull", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": ["ecr:BatchGetImage"]}]}"#,
    &[elements::RULES, holder::RULES, holder::OF_A_REPOSITORY],
);

/// The statements, be it one or many, each with its path.
fn statements(input: &Value) -> Vec<(String, &Value)> {
    listed("Statement".to_owned(), &input["Statement"])
}

/// The statements that are maps.
fn objects(input: &Value) -> Vec<(String, &Value)> {
    statements(input).into_iter().filter(|(_, statement)| statement.is_object()).collect()
}

/// A value or the items of a list, each with its path.
fn listed(path: String, value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(_) => items(&path, value),
        one => vec![(path, one)],
    }
}

/// The values of these elements in all statements, each with its path.
fn values<'a>(input: &'a Value, elements: &[&str]) -> Vec<(String, &'a Value)> {
    let of = |path: &str, statement: &'a Value| {
        elements
            .iter()
            .flat_map(|element| listed(format!("{path}.{element}"), &statement[*element]))
            .collect::<Vec<_>>()
    };
    objects(input).into_iter().flat_map(|(path, statement)| of(&path, statement)).collect()
}

/// Notes the statements that have none of these elements.
fn needed(input: &Value, elements: &[&str], words: &str, found: &mut Found) {
    for (path, statement) in objects(input) {
        if !elements.iter().any(|element| is_given(&statement[*element])) {
            let element = elements[0];
            found.at(format!("{path}.{element}"), format!("a statement needs `{element}`")).said(words);
        }
    }
}

/// Notes the members of a map that aren't among these.
fn foreign(value: &Value, path: &str, known: &[&str], found: &mut Found) {
    for key in value.as_object().into_iter().flatten().map(|(key, _)| key).filter(|key| !known.contains(&key.as_str()))
    {
        let near = known.iter().find(|one| {
            one.eq_ignore_ascii_case(key) || one.eq_ignore_ascii_case(key.trim_end_matches('s')) || is_near(one, key)
        });
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("IAM knows {}", known.join(", ")),
        };
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        found.at(&*path, format!("unknown element `{}`", field(&path))).hint(hint).said("Syntax errors in policy.");
    }
}

/// Returns whether two words differ by a letter or two at their end.
fn is_near(one: &str, other: &str) -> bool {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    same >= 4 && one.len().abs_diff(same) <= 2 && other.len().abs_diff(same) <= 2
}
