//! Policy documents: those that IAM refuses, and the forms in which it gives them back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::role_created;
use crate::account::Account;
use crate::wire::Fault;

/// The characters that are written as codes (RFC 3986): all but the unreserved ones.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A document as IAM's answers carry it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

/// Checks a trust policy. Returns it in the form in which it reads back: without spaces, and with a list of one written
/// as its element.
pub(super) fn trust(account: &Account, text: &str) -> Result<String, Fault> {
    let mut document = parse(text)?;
    for statement in statements(&mut document)? {
        if statement.get("Resource").is_some() || statement.get("NotResource").is_some() {
            return Err(malformed("Has prohibited field Resource"));
        }
        if statement.get("Action").is_none() {
            return Err(malformed("Missing required field Action"));
        }
        let Some(principal) = statement.get_mut("Principal") else {
            return Err(malformed("Missing required field Principal"));
        };
        if let Some(kinds) = principal.as_object_mut() {
            for (kind, names) in kinds {
                check_principals(account, kind, names)?;
                name_accounts(names);
                unwrap_single(names);
            }
        }
        unwrap_single(&mut statement["Action"]);
    }
    Ok(document.to_string())
}

/// Checks a permission policy, which reads back exactly as it was put.
pub(super) fn permissions(text: &str) -> Result<(), Fault> {
    let mut document = parse(text)?;
    for statement in statements(&mut document)? {
        if statement.get("Principal").is_some() {
            return Err(malformed("Policy document should not specify a principal."));
        }
        if statement.get("Action").is_none() && statement.get("NotAction").is_none() {
            return Err(malformed("Policy statement must contain actions."));
        }
        if statement.get("Resource").is_none() && statement.get("NotResource").is_none() {
            return Err(malformed("Policy statement must contain resources."));
        }
    }
    Ok(())
}

fn parse(text: &str) -> Result<Value, Fault> {
    let document: Value = serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    let version = document.get("Version");
    if version.is_some_and(|version| version != "2012-10-17" && version != "2008-10-17") {
        return Err(malformed("The policy must contain a valid version string."));
    }
    Ok(document)
}

/// The statements, be it one or many; each must say whether it allows or denies.
fn statements(document: &mut Value) -> Result<&mut [Value], Fault> {
    let statements = match document.get_mut("Statement") {
        Some(Value::Array(many)) => many.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => &mut [],
    };
    if statements.is_empty() || !statements.iter().all(Value::is_object) {
        return Err(malformed("Syntax errors in policy."));
    }
    for statement in statements.iter() {
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow" | "Deny") => {}
            Some(other) => return Err(malformed(&format!("Invalid effect: {other}"))),
            None => return Err(malformed("Missing required field Effect")),
        }
    }
    Ok(statements)
}

/// Checks that a role of this account that is named exists, and that a service's name looks like one.
fn check_principals(account: &Account, kind: &str, names: &Value) -> Result<(), Fault> {
    let many = names.as_array().map_or(std::slice::from_ref(names), Vec::as_slice);
    for name in many.iter().filter_map(Value::as_str) {
        let here = format!("arn:aws:iam::{}:role/", account.id);
        let known = match kind {
            "Service" => name.contains('.') && name.ends_with(".amazonaws.com"),
            "AWS" if name.starts_with(&here) => role_created(account, name).is_some(),
            _ => true,
        };
        if !known {
            return Err(malformed(&format!("Invalid principal in policy: \"{}\":\"{name}\"", kind.to_uppercase())));
        }
    }
    Ok(())
}

/// Writes an account's bare number as the ARN of its root ("AWS JSON policy elements: Principal", IAM user guide).
fn name_accounts(names: &mut Value) {
    let many = match names {
        Value::Array(many) => many.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for name in many {
        let is_number = |text: &&str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(number) = name.as_str().filter(is_number) {
            *name = format!("arn:aws:iam::{number}:root").into();
        }
    }
}

fn unwrap_single(value: &mut Value) {
    if let Some([only]) = value.as_array().map(Vec::as_slice) {
        *value = only.clone();
    }
}

fn malformed(message: &str) -> Fault {
    Fault::client("MalformedPolicyDocument", message)
}
