//! The rights of a role, as far as they can be told from its policies.
//!
//! *Caveats.* What a condition holds of, what a permissions boundary takes away, and what a managed policy grants that
//! isn't listed in `managed`, the account doesn't know: then the role is taken to have the right.

use serde_json::Value;

use super::policies::MANAGED;
use super::{ROLES, Role, managed};
use crate::account::Account;
use crate::input::fits;

/// Returns whether the role of this ARN may surely not do `action` with the resource of the ARN `resource`.
pub(crate) fn is_denied(account: &Account, role: &str, action: &str, resource: &str) -> bool {
    let Ok((_, role)) = ROLES.find(account, role) else { return false };
    let mut allowed = attached(role, action);
    for document in role.inline.values() {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        for statement in many(&document["Statement"]) {
            let meant = names(statement, "Action", &action.to_ascii_lowercase(), str::to_ascii_lowercase)
                && names(statement, "Resource", resource, str::to_owned);
            if meant && statement["Effect"] == "Allow" {
                allowed = true;
            } else if meant && statement["Condition"].is_null() {
                return true;
            }
        }
    }
    !allowed
}

/// Returns whether a service may take on the role of this ARN; a role that isn't there is somebody else's complaint.
pub(crate) fn trusts(account: &Account, role: &str, service: &str) -> bool {
    let Ok((_, role)) = ROLES.find(account, role) else { return true };
    let document: Value = serde_json::from_str(&role.trust).unwrap_or_default();
    many(&document["Statement"]).iter().any(|statement| {
        let services = many(&statement["Principal"]["Service"]);
        statement["Effect"] == "Allow"
            && (statement["Principal"].is_string() || services.iter().any(|one| one == service))
    })
}

/// Returns whether a managed policy of the role grants the action, or may.
fn attached(role: &Role, action: &str) -> bool {
    let word = match action.split_once(':') {
        Some(("ecr", _)) => "ecr",
        Some(("logs", "CreateLogGroup")) => "log groups",
        Some(("logs", _)) => "logs",
        Some(("secretsmanager", _)) => "secrets",
        _ => "parameters",
    };
    let places = role.attached.iter().map(|arn| arn.strip_prefix(MANAGED).unwrap_or(arn));
    places.into_iter().any(|place| managed::grants(place, word).unwrap_or(true))
}

/// Returns whether the statement is about `what`, by the member `key` or by its opposite, as in `NotAction`.
fn names(statement: &Value, key: &str, what: &str, form: fn(&str) -> String) -> bool {
    let has = |key: &str| many(&statement[key]).iter().filter_map(Value::as_str).any(|one| fits(&form(one), what));
    match statement.get(key) {
        Some(_) => has(key),
        None => !has(&format!("Not{key}")),
    }
}

/// One or many, as policies write them.
fn many(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(many) => many,
        one => std::slice::from_ref(one),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_denied, trusts};
    use crate::Sandbox;
    use crate::account::Account;

    const ROLE: &str = "arn:aws:iam::123456789012:role/it";

    /// A role with one inline policy of these statements.
    fn account_of(account: &mut Account, statements: &serde_json::Value) {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]});
        account.remove_role("it");
        let call = |account: &mut Account, operation: &str, input: serde_json::Value| {
            super::super::handle(account, operation, &input).unwrap();
        };
        call(account, "CreateRole", json!({"RoleName": "it", "AssumeRolePolicyDocument": trust.to_string()}));
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        call(account, "PutRolePolicy", json!({"RoleName": "it", "PolicyName": "it", "PolicyDocument": document}));
    }

    #[test]
    fn rights_are_denied_where_that_can_be_told() {
        let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
        let deny = json!({"Effect": "Deny", "Action": "ecr:*", "Resource": "*"});
        let only_if =
            json!({"Effect": "Deny", "Action": "ecr:*", "Resource": "*", "Condition": {"Bool": {"a": "true"}}});
        let but = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
        let cases = [
            (json!([allow("ecr:*", "*")]), false),
            (json!([allow("ECR:Batch*", "arn:aws:ecr:*:*:repository/web")]), false),
            (json!([allow("ecr:*", "arn:aws:ecr:*:*:repository/other")]), true),
            (json!([allow("s3:*", "*")]), true),
            (json!([allow("ecr:*", "*"), deny]), true),
            (json!([allow("ecr:*", "*"), only_if]), false),
            (json!([but]), false),
        ];
        let sandbox = Sandbox::in_memory();
        for (statements, denied) in cases {
            let web = "arn:aws:ecr:eu-west-1:123456789012:repository/web";
            let is_denied = sandbox.with(|account| {
                account_of(account, &statements);
                is_denied(account, ROLE, "ecr:BatchGetImage", web)
            });
            assert_eq!(is_denied, denied, "{statements}");
        }
    }

    #[test]
    fn a_role_trusts_the_services_that_its_policy_names() {
        Sandbox::in_memory().with(|account| {
            account_of(account, &json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]));
            assert!(trusts(account, ROLE, "ecs-tasks.amazonaws.com"));
            assert!(!trusts(account, ROLE, "ecs.amazonaws.com"));
            assert!(trusts(account, "arn:aws:iam::123456789012:role/none", "ecs.amazonaws.com"));
        });
    }
}
