//! What holds of every policy document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ELEMENTS, foreign, objects, statements, values};
use crate::rules::Rule;
use crate::rules::input::text;

/// The page of the grammar.
const GRAMMAR: &str = "Grammar of the IAM JSON policy language, IAM user guide";
/// The elements of a statement.
const STATEMENT: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a policy has a version, 2012-10-17 or 2008-10-17, an id if need be, and statements",
        ELEMENTS,
        &[r#"Version = "2012-10-18""#, r#"statement = []"#],
        |input, found| {
            if let Some(version) =
                text(&input["Version"]).filter(|version| !["2012-10-17", "2008-10-17"].contains(version))
            {
                found
                    .at("Version", format!("there is no version `{version}` of the policy language"))
                    .hint(r#"write `Version: "2012-10-17"`"#)
                    .said("The policy must contain a valid version string.");
            }
            foreign(input, "", &["Version", "Id", "Statement"], found);
        },
    ),
    Rule::new(
        "a policy has at least one statement",
        ELEMENTS,
        &["Statement = []", "Statement = null", r#"Statement = ["Allow"] @ Statement[0]"#],
        |input, found| {
            let all = statements(input);
            if all.is_empty() {
                found.here("Statement").said("Syntax errors in policy.");
            }
            for (path, _) in all.into_iter().filter(|(_, statement)| !statement.is_object()) {
                found.at(path, "a statement is a map").said("Syntax errors in policy.");
            }
        },
    ),
    Rule::new(
        "a statement has elements of the policy language alone",
        GRAMMAR,
        &[r#"Statement[0].Resources = ["*"]"#, r#"Statement[0].effect = "Allow""#],
        |input, found| {
            for (path, statement) in statements(input) {
                foreign(statement, &path, &STATEMENT, found);
            }
        },
    ),
    Rule::new(
        "a statement's Effect is Allow or Deny",
        ELEMENTS,
        &["Statement[0].Effect = null", r#"Statement[0].Effect = "allow""#],
        |input, found| {
            for (path, statement) in objects(input) {
                let path = format!("{path}.Effect");
                match &statement["Effect"] {
                    Value::Null => {
                        found
                            .at(path, "a statement needs an `Effect`")
                            .hint("write `Effect: Allow`")
                            .said("Missing required field Effect");
                    }
                    effect => {
                        if let Some(effect) = text(effect).filter(|effect| !["Allow", "Deny"].contains(effect)) {
                            found
                                .at(path, format!("there is no effect `{effect}`"))
                                .hint("AWS takes Allow and Deny")
                                .said(format!("Invalid effect: {effect}"));
                        }
                    }
                }
            }
        },
    ),
    Rule::new(
        "a statement says an element or its opposite, not both",
        GRAMMAR,
        &[r#"Statement[0].NotAction = "sts:AssumeRole""#],
        |input, found| {
            for (path, statement) in objects(input) {
                for (element, opposite) in
                    [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")]
                {
                    if !statement[element].is_null() && !statement[opposite].is_null() {
                        found
                            .at(format!("{path}.{opposite}"), format!("the statement has `{element}` already"))
                            .said("Syntax errors in policy.");
                    }
                }
            }
        },
    ),
    Rule::new(
        "an action is a service and one of its operations, as in s3:GetObject, or *",
        "IAM JSON policy elements: Action, IAM user guide",
        &[
            r#"Statement[0].Action = "cloudwatch.PutMetricData""#,
            r#"Statement[0].Action = "s3:Get:Object""#,
            r#"Statement[0].Action = "*:GetObject""#,
        ],
        |input, found| {
            for (path, action) in values(input, &["Action", "NotAction"]) {
                let Some(action) = text(action).filter(|action| *action != "*") else { continue };
                let message = format!("`{action}` is not an action, as in s3:GetObject");
                let parts: Vec<&str> = action.split(':').collect();
                let said = match parts.as_slice() {
                    [_] => "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                    [service, _] if service.contains(['*', '?']) => "Action vendors must not contain wildcards.",
                    [service, operation] if service.is_empty() || operation.is_empty() => "Syntax errors in policy.",
                    [_, _] => continue,
                    _ => "Actions/Condition can contain only one colon.",
                };
                let breach = found.at(path, message).said(said);
                if let Some((service, operation)) = action.split_once('.').filter(|_| parts.len() == 1) {
                    breach.hint(format!("write `{service}:{operation}`"));
                }
            }
        },
    ),
    Rule::new(
        "a condition is an operator, with keys and values",
        "IAM JSON policy elements: Condition operators, IAM user guide",
        &[
            r#"Statement[0].Condition = {"StringEqual": {"aws:username": "a"}} @ Statement[0].Condition.StringEqual"#,
            r#"Statement[0].Condition = {"aws:username": "a"} @ Statement[0].Condition.aws:username"#,
        ],
        |input, found| {
            for (path, statement) in objects(input) {
                for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
                    let path = format!("{path}.Condition.{operator}");
                    if !is_operator(operator) {
                        found
                            .at(path, format!("there is no condition operator `{operator}`"))
                            .hint("as in `Condition: { StringEquals: { aws:username: ann } }`")
                            .said("Syntax errors in policy.");
                    } else if !keys.is_object() {
                        found
                            .at(path, "behind an operator stand keys with their values")
                            .said("Syntax errors in policy.");
                    }
                }
            }
        },
    ),
];

/// What holds of every document that IAM keeps: other services take any Sid.
pub(super) const SIDS: &[Rule] = &[Rule::new(
    "a statement's Sid is of letters and digits, and no other statement has it",
    "IAM JSON policy elements: Sid, IAM user guide",
    &[r#"Statement[0].Sid = "read-objects""#],
    |input, found| {
        let mut seen = BTreeSet::new();
        for (path, statement) in objects(input) {
            let path = format!("{path}.Sid");
            let Some(sid) = text(&statement["Sid"]).filter(|sid| !sid.is_empty()) else { continue };
            if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
                found
                    .at(path, format!("`{sid}` holds more than letters and digits"))
                    .said("Statement IDs (SID) must be alpha-numeric.");
            } else if !seen.insert(sid) {
                found
                    .at(path, format!("another statement has the Sid `{sid}`"))
                    .said("Statement IDs (SID) in a single policy must be unique.");
            }
        }
    },
)];

fn is_operator(operator: &str) -> bool {
    const OPERATORS: [&str; 27] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    ];
    let bare = ["ForAllValues:", "ForAnyValue:"].iter().find_map(|set| operator.strip_prefix(set)).unwrap_or(operator);
    let bare = match bare.strip_suffix("IfExists") {
        Some(bare) if bare != "Null" => bare,
        _ => bare,
    };
    operator.contains("${") || OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(bare))
}
