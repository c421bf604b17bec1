//! Roles, their tags, and the roles that AWS makes for its own services.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Role, arn, documents, invalid, paged, role, role_mut, state, state_ref};
use crate::account::Account;
use crate::input::{need, number, tag_list, tags, text, texts, timestamp};
use crate::wire::{Answer, Fault};

/// The most tags that one role takes.
const TAG_QUOTA: usize = 50;

/// `CreateRole`. Names are unique without regard to case.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "RoleName")?;
    check_name(&name)?;
    let path = text(input, "Path").unwrap_or_else(|| "/".to_owned());
    if !(path.starts_with('/') && path.ends_with('/')) {
        let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                       alphanumeric characters and/or / characters.";
        return Err(invalid(message));
    }
    let trust = documents::trust(account, &need(input, "AssumeRolePolicyDocument")?)?;
    let tags = tags(input, "Tags");
    check_tags(&tags)?;
    if state_ref(account).roles.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
        let message = format!("Role with name {name} already exists.");
        return Err(Fault::client("EntityAlreadyExists", message).with_status(409));
    }
    let role = Role {
        path,
        id: format!("AROA{}", account.unique_hex(17).to_uppercase()),
        created: account.now,
        trust,
        description: text(input, "Description"),
        max_session: session(input)?.unwrap_or(3600),
        boundary: text(input, "PermissionsBoundary"),
        tags,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
    };
    let shown = in_full(account, &name, &role);
    state(account).roles.insert(name, role);
    Ok(json!({ "Role": shown }))
}

/// `GetRole`: with tags and boundary.
pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let name = need(input, "RoleName")?;
    Ok(json!({ "Role": in_full(account, &name, role(account, &name)?) }))
}

/// `ListRoles`: without tags and boundary.
pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let prefix = text(input, "PathPrefix").unwrap_or_else(|| "/".to_owned());
    let roles = state_ref(account).roles.iter().filter(|(_, role)| role.path.starts_with(&prefix));
    paged(account, input, "Roles", roles.map(|(name, role)| in_short(account, name, role)).collect())
}

/// `UpdateAssumeRolePolicy`.
pub(super) fn update_trust(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "RoleName")?;
    role_mut(account, &name)?;
    let trust = documents::trust(account, &need(input, "PolicyDocument")?)?;
    role_mut(account, &name)?.trust = trust;
    Ok(json!({}))
}

/// `UpdateRole`: what the request leaves out stays.
pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let session = session(input)?;
    let role = role_mut(account, &need(input, "RoleName")?)?;
    role.description = text(input, "Description").or(role.description.take());
    role.max_session = session.unwrap_or(role.max_session);
    Ok(json!({}))
}

/// `DeleteRole`: refused while the role has a policy of either kind.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "RoleName")?;
    let role = role_mut(account, &name)?;
    let complaint = if !role.attached.is_empty() {
        "Cannot delete entity, must detach all policies first."
    } else if !role.inline.is_empty() {
        "Cannot delete entity, must delete policies first."
    } else {
        state(account).roles.remove(&name);
        return Ok(json!({}));
    };
    Err(Fault::client("DeleteConflict", complaint).with_status(409))
}

/// `TagRole`: adds to what is there.
pub(super) fn tag(account: &mut Account, input: &Value) -> Answer {
    let role = role_mut(account, &need(input, "RoleName")?)?;
    let mut all = role.tags.clone();
    all.extend(tags(input, "Tags"));
    check_tags(&all)?;
    role.tags = all;
    Ok(json!({}))
}

/// `UntagRole`.
pub(super) fn untag(account: &mut Account, input: &Value) -> Answer {
    let keys = texts(input, "TagKeys");
    let role = role_mut(account, &need(input, "RoleName")?)?;
    role.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

/// `ListRoleTags`.
pub(super) fn list_tags(account: &Account, input: &Value) -> Answer {
    let role = role(account, &need(input, "RoleName")?)?;
    let shown = role.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
    paged(account, input, "Tags", shown.collect())
}

/// `ListInstanceProfilesForRole`: this account has no instance profiles.
pub(super) fn list_instance_profiles(account: &Account, input: &Value) -> Answer {
    role(account, &need(input, "RoleName")?)?;
    paged(account, input, "InstanceProfiles", Vec::new())
}

/// `CreateServiceLinkedRole`.
pub(super) fn create_service_linked(account: &mut Account, input: &Value) -> Answer {
    let service = need(input, "AWSServiceName")?;
    let Some(name) = service_linked_name(&service) else {
        return Err(Fault::client("InvalidInput", format!("{service} has no service-linked role")));
    };
    if !ensure_service_linked_role(account, &service) {
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(Fault::client("InvalidInput", message));
    }
    let role = role(account, name)?;
    Ok(json!({ "Role": in_full(account, name, role) }))
}

/// Makes a service's own role where the account lacks it, and says whether it did.
pub(crate) fn ensure_service_linked_role(account: &mut Account, service: &str) -> bool {
    let Some(name) = service_linked_name(service) else {
        return false;
    };
    if state_ref(account).roles.contains_key(name) {
        return false;
    }
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }
        ],
    });
    let role = Role {
        path: format!("/aws-service-role/{service}/"),
        id: format!("AROA{}", account.unique_hex(17).to_uppercase()),
        created: account.now,
        trust: trust.to_string(),
        description: None,
        max_session: 3600,
        boundary: None,
        tags: BTreeMap::new(),
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
    };
    state(account).roles.insert(name.to_owned(), role);
    true
}

fn service_linked_name(service: &str) -> Option<&'static str> {
    Some(match service {
        "ecs.amazonaws.com" => "AWSServiceRoleForECS",
        "elasticloadbalancing.amazonaws.com" => "AWSServiceRoleForElasticLoadBalancing",
        "ecs.application-autoscaling.amazonaws.com" => "AWSServiceRoleForApplicationAutoScaling_ECSService",
        "autoscaling.amazonaws.com" => "AWSServiceRoleForAutoScaling",
        _ => return None,
    })
}

fn check_name(name: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at 'roleName' failed to satisfy constraint: Member must have \
         length less than or equal to 64 and satisfy regular expression pattern: [\\w+=,.@-]+"
    )))
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() > TAG_QUOTA {
        let message = format!("The number of tags has reached the maximum limit of {TAG_QUOTA}.");
        return Err(Fault::client("LimitExceeded", message).with_status(409));
    }
    match tags.keys().find(|key| key.is_empty() || key.starts_with("aws:")) {
        Some(key) => Err(Fault::client("InvalidInput", format!("Tag key '{key}' is not allowed"))),
        None => Ok(()),
    }
}

fn session(input: &Value) -> Result<Option<i64>, Fault> {
    match number(input, "MaxSessionDuration") {
        Some(seconds) if !(3600..=43200).contains(&seconds) => {
            Err(invalid(format!("Value '{seconds}' at 'maxSessionDuration' must be between 3600 and 43200")))
        }
        seconds => Ok(seconds),
    }
}

fn in_short(account: &Account, name: &str, role: &Role) -> Value {
    json!({
        "Path": role.path,
        "RoleName": name,
        "RoleId": role.id,
        "Arn": arn(account, name, role),
        "CreateDate": timestamp(role.created),
        "AssumeRolePolicyDocument": documents::encoded(&role.trust),
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
    })
}

fn in_full(account: &Account, name: &str, role: &Role) -> Value {
    let mut shown = in_short(account, name, role);
    shown["Tags"] = tag_list(&role.tags);
    if let Some(arn) = &role.boundary {
        shown["PermissionsBoundary"] = json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn });
    }
    shown
}
