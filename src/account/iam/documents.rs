//! Policy documents: those that IAM refuses, and the forms in which it gives them back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::role_created;
use crate::account::Account;
use crate::rules::{PERMISSIONS, TRUST};
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
    TRUST.check(&document, malformed)?;
    let statements = match &mut document["Statement"] {
        Value::Array(many) => many.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for statement in statements {
        for (kind, names) in statement.get_mut("Principal").and_then(Value::as_object_mut).into_iter().flatten() {
            check_roles(account, kind, names)?;
            name_accounts(names);
            unwrap_single(names);
        }
        unwrap_single(&mut statement["Action"]);
    }
    Ok(document.to_string())
}

/// Checks a permission policy, which reads back exactly as it was put.
pub(super) fn permissions(text: &str) -> Result<(), Fault> {
    PERMISSIONS.check(&parse(text)?, malformed)
}

fn parse(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))
}

/// Checks that a role of this account that is named exists.
fn check_roles(account: &Account, kind: &str, names: &Value) -> Result<(), Fault> {
    let many = names.as_array().map_or(std::slice::from_ref(names), Vec::as_slice);
    let here = format!("arn:aws:iam::{}:role/", account.id);
    let mut own = many.iter().filter_map(Value::as_str).filter(|name| kind == "AWS" && name.starts_with(&here));
    match own.find(|name| role_created(account, name).is_none()) {
        Some(name) => Err(malformed(format!("Invalid principal in policy: \"AWS\":\"{name}\""))),
        None => Ok(()),
    }
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

/// The policy of a thing of another service, as it reads back: with accounts by the ARNs of their roots. Fails with IAM's
/// refusal if it names a role that isn't there.
pub(crate) fn resource_policy(account: &Account, mut policy: Value) -> Result<Value, Fault> {
    let statements = match &mut policy["Statement"] {
        Value::Array(many) => many.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for names in statements.iter_mut().filter_map(|statement| statement.pointer_mut("/Principal/AWS")) {
        check_roles(account, "AWS", names)?;
        name_accounts(names);
    }
    Ok(policy)
}

fn unwrap_single(value: &mut Value) {
    if let Some([only]) = value.as_array().map(Vec::as_slice) {
        *value = only.clone();
    }
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::client("MalformedPolicyDocument", message)
}
