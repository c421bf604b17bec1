//! Policies of roles: inline ones, and AWS's managed ones that are attached.

use serde_json::{Value, json};

use super::{conflict, documents, invalid, managed, no_such, paged, role, role_mut};
use crate::account::Account;
use crate::input::{need, text};
use crate::rules::ROLE_POLICIES;
use crate::wire::{Answer, Fault};

/// The most managed policies that a role takes.
const ATTACHED_QUOTA: usize = 10;
/// The place of AWS's own managed policies. This account has no others.
pub(super) const MANAGED: &str = "arn:aws:iam::aws:policy/";

/// `PutRolePolicy`: makes or replaces.
pub(super) fn put(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "PolicyName")?;
    let document = need(input, "PolicyDocument")?;
    let (role_name, role) = role_mut(account, input)?;
    documents::permissions(&document)?;
    let size = |text: &String| text.chars().filter(|c| !c.is_whitespace()).count();
    let others = role.inline.iter().filter(|(other, _)| **other != name);
    if others.map(|(_, text)| size(text)).sum::<usize>() + size(&document) > ROLE_POLICIES {
        let message = format!("Maximum policy size of {ROLE_POLICIES} bytes exceeded for role {role_name}");
        return Err(conflict("LimitExceeded", message));
    }
    role.inline.insert(name, document);
    Ok(json!({}))
}

pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let name = need(input, "PolicyName")?;
    let (role_name, role) = role(account, input)?;
    let document = role.inline.get(&name).ok_or_else(|| no_such_policy(&name))?;
    Ok(json!({
        "RoleName": role_name,
        "PolicyName": name,
        "PolicyDocument": documents::encoded(document),
    }))
}

pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let (_, role) = role(account, input)?;
    paged(account, input, "PolicyNames", role.inline.keys(), |name| json!(name))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "PolicyName")?;
    let (_, role) = role_mut(account, input)?;
    role.inline.remove(&name).ok_or_else(|| no_such_policy(&name))?;
    Ok(json!({}))
}

/// `AttachRolePolicy`: attaching twice is attaching once.
pub(super) fn attach(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "PolicyArn")?;
    check_arn(&arn)?;
    let (_, role) = role_mut(account, input)?;
    let place = arn.strip_prefix(MANAGED);
    if place.is_some_and(|place| place.starts_with("aws-service-role/")) {
        let message = "Cannot attach a Service Role Policy to a Customer Role.";
        return Err(Fault::client("PolicyNotAttachable", message));
    }
    if !place.is_some_and(managed::exists) {
        return Err(no_such(format!("Policy {arn} does not exist or is not attachable.")));
    }
    if role.attached.len() >= ATTACHED_QUOTA && !role.attached.contains(&arn) {
        let message = format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_QUOTA}");
        return Err(conflict("LimitExceeded", message));
    }
    role.attached.insert(arn);
    Ok(json!({}))
}

pub(super) fn detach(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "PolicyArn")?;
    check_arn(&arn)?;
    let (_, role) = role_mut(account, input)?;
    if role.attached.remove(&arn) {
        return Ok(json!({}));
    }
    Err(no_such(format!("Policy {arn} was not found.")))
}

/// Refuses what is no ARN of a managed policy.
pub(super) fn check_arn(arn: &str) -> Result<(), Fault> {
    if arn.starts_with("arn:") && arn.contains(":policy/") {
        return Ok(());
    }
    Err(invalid(format!("ARN {arn} is not valid.")))
}

pub(super) fn list_attached(account: &Account, input: &Value) -> Answer {
    let (_, role) = role(account, input)?;
    let prefix = text(input, "PathPrefix").unwrap_or_else(|| "/".to_owned());
    let path = |arn: &str| arn.strip_prefix(MANAGED).map(|rest| format!("/{rest}")).unwrap_or_default();
    let attached = role.attached.iter().filter(|arn| path(arn).starts_with(&prefix));
    paged(account, input, "AttachedPolicies", attached, |arn| self::attached(arn))
}

/// An attached policy as IAM's answers name it.
pub(super) fn attached(arn: &str) -> Value {
    json!({ "PolicyName": arn.rsplit('/').next().unwrap_or_default(), "PolicyArn": arn })
}

fn no_such_policy(name: &str) -> Fault {
    no_such(format!("The role policy with name {name} cannot be found."))
}
