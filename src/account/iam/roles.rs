//! Roles and their tags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{ROLES, Role, conflict, documents, invalid, no_such, paged, policies, role, role_mut, tags};
use crate::account::Account;
use crate::input::{need, number, tag_list, text, texts, timestamp};
use crate::rules::{ROLE_DESCRIPTION, ROLE_NAME, SESSION_DURATION};
use crate::shelf::Thing;
use crate::wire::{Answer, Fault};

/// The sorts of entities that `GetAccountAuthorizationDetails` takes (API reference).
const ENTITIES: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/// `CreateRole`. Names are unique without regard to case.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "RoleName")?;
    ROLE_NAME.check(&name, || {
        invalid(format!(
            "1 validation error detected: Value '{name}' at 'roleName' failed to satisfy constraint: Member must have \
             length less than or equal to 64 and satisfy regular expression pattern: [\\w+=,.@-]+"
        ))
    })?;
    let path = text(input, "Path").unwrap_or_else(|| "/".to_owned());
    if !(path.starts_with('/') && path.ends_with('/')) {
        let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                       alphanumeric characters and/or / characters.";
        return Err(invalid(message));
    }
    let boundary = text(input, "PermissionsBoundary");
    boundary.as_deref().map_or(Ok(()), policies::check_arn)?;
    let trust = documents::trust(account, &need(input, "AssumeRolePolicyDocument")?)?;
    tags::check(input)?;
    (ROLES.tags.check)(&ROLES.tags.read(input))?;
    if account.all::<Thing<Role>>().keys().any(|other| other.eq_ignore_ascii_case(&name)) {
        return Err((ROLES.exists)(account, &name));
    }
    let made = made(account, path, trust);
    let role = Role {
        description: description(input)?,
        boundary,
        max_session: session(input)?.unwrap_or(made.max_session),
        ..made
    };
    put(account, &name, input, role)
}

pub(super) fn made(account: &mut Account, path: String, trust: String) -> Role {
    Role {
        path,
        id: format!("AROA{}", account.unique_hex(17).to_uppercase()),
        trust,
        description: None,
        max_session: 3600,
        boundary: None,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
    }
}

pub(super) fn put(account: &mut Account, name: &str, input: &Value, role: Role) -> Answer {
    let arn = format!("arn:aws:iam::{}:role{}{name}", account.id, role.path);
    ROLES.create(account, name, arn, input, role)?;
    ROLES.find(account, name).map(|(name, role)| {
        let mut shown = in_full(name, role);
        // A new role says only what was asked for.
        if text(input, "MaxSessionDuration").is_none() {
            shown["MaxSessionDuration"] = Value::Null;
        }
        json!({ "Role": shown })
    })
}

/// `GetRole`: with tags, boundary and the last use, of which there never is any.
pub(super) fn get(account: &Account, input: &Value) -> Answer {
    role(account, input).map(|(name, role)| {
        let mut shown = in_full(name, role);
        shown["RoleLastUsed"] = json!({});
        json!({ "Role": shown })
    })
}

/// `ListRoles`: without tags and boundary.
pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let prefix = text(input, "PathPrefix").unwrap_or_else(|| "/".to_owned());
    let roles = account.all::<Thing<Role>>().iter().filter(|(_, role)| role.path.starts_with(&prefix));
    paged(account, input, "Roles", roles, |(name, role)| in_short(name, role))
}

/// `GetAccountAuthorizationDetails` of what this account has: roles, with tags, boundary and policies, and without
/// description and longest session (RoleDetail, API reference). There are no users, groups and policies of one's own; the
/// documents of AWS's are not known.
pub(super) fn details(account: &Account, input: &Value) -> Answer {
    let wanted = texts(input, "Filter");
    let is_wanted = |kind: &str| wanted.iter().any(|one| one == kind);
    if let Some(unknown) = wanted.iter().find(|kind| !ENTITIES.contains(&kind.as_str())) {
        return Err(invalid(format!(
            "1 validation error detected: Value '[{unknown}]' at 'filter' failed to satisfy constraint: Member must satisfy \
             constraint: [Member must satisfy enum value set: [{}]]",
            ENTITIES.join(", ")
        )));
    }
    if wanted.is_empty() || is_wanted("AWSManagedPolicy") {
        return Err(invalid("the sandbox doesn't have the documents of AWS's own policies: ask for other entities"));
    }
    let roles = account.all::<Thing<Role>>().iter().filter(|_| is_wanted("Role"));
    let mut answer = paged(account, input, "RoleDetailList", roles, |(name, role)| in_detail(name, role))?;
    for list in ["UserDetailList", "GroupDetailList", "Policies"] {
        answer[list] = json!([]);
    }
    Ok(answer)
}

pub(super) fn update_trust(account: &mut Account, input: &Value) -> Answer {
    role_mut(account, input)?;
    let trust = documents::trust(account, &need(input, "PolicyDocument")?)?;
    role_mut(account, input)?.1.trust = trust;
    Ok(json!({}))
}

/// `UpdateRole`: members that the request leaves out stay.
pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let (session, description) = (session(input)?, description(input)?);
    let (_, role) = role_mut(account, input)?;
    role.description = description.or(role.description.take());
    role.max_session = session.unwrap_or(role.max_session);
    Ok(json!({}))
}

pub(super) fn put_boundary(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "PermissionsBoundary")?;
    policies::check_arn(&arn)?;
    role_mut(account, input)?.1.boundary = Some(arn);
    Ok(json!({}))
}

/// `DeleteRolePermissionsBoundary`: a role without one has none to delete.
pub(super) fn delete_boundary(account: &mut Account, input: &Value) -> Answer {
    let (name, role) = role_mut(account, input)?;
    match role.boundary.take() {
        Some(_) => Ok(json!({})),
        None => Err(no_such(format!("Role {name} does not have a permissions boundary."))),
    }
}

/// `DeleteRole`: refused while the role has a policy of either kind. Trust policies that name it name its id from then on,
/// which no other role of its name has ("AWS JSON policy elements: Principal", IAM user guide).
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (name, role) = role_mut(account, input)?;
    let complaint = if !role.attached.is_empty() {
        "Cannot delete entity, must detach all policies first."
    } else if !role.inline.is_empty() {
        "Cannot delete entity, must delete policies first."
    } else {
        let gone = ROLES.delete(account, &name)?;
        let (arn, id) = (format!("\"{}\"", gone.arn), format!("\"{}\"", gone.id));
        let named = account.all::<Thing<Role>>().iter().filter(|(_, other)| other.trust.contains(&arn));
        for other in named.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            if let Some(other) = account.all_mut::<Thing<Role>>().get_mut(&other) {
                other.trust = other.trust.replace(&arn, &id);
            }
        }
        return Ok(json!({}));
    };
    Err(conflict("DeleteConflict", complaint))
}

pub(super) fn list_tags(account: &Account, input: &Value) -> Answer {
    let (_, role) = role(account, input)?;
    paged(account, input, "Tags", &role.tags, |(key, value)| json!({ "Key": key, "Value": value }))
}

/// `ListInstanceProfilesForRole`: this account has no instance profiles.
pub(super) fn list_instance_profiles(account: &Account, input: &Value) -> Answer {
    role(account, input)?;
    paged(account, input, "InstanceProfiles", [(); 0], |()| Value::Null)
}

fn description(input: &Value) -> Result<Option<String>, Fault> {
    let words = text(input, "Description");
    ROLE_DESCRIPTION.check(words.as_deref().unwrap_or_default(), || {
        invalid(
            "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must satisfy regular \
             expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
        )
    })?;
    Ok(words)
}

fn session(input: &Value) -> Result<Option<i64>, Fault> {
    let seconds = number(input, "MaxSessionDuration");
    SESSION_DURATION.check(seconds, |seconds| {
        invalid(format!("Value '{seconds}' at 'maxSessionDuration' must be between 3600 and 43200"))
    })?;
    Ok(seconds)
}

fn in_short(name: &str, role: &Thing<Role>) -> Value {
    json!({
        "Path": role.path,
        "RoleName": name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": timestamp(role.created),
        "AssumeRolePolicyDocument": documents::encoded(&role.trust),
        "Description": role.description,
        "MaxSessionDuration": role.max_session,
    })
}

fn in_detail(name: &str, role: &Thing<Role>) -> Value {
    let inline = role.inline.iter();
    let mut shown = in_full(name, role);
    shown["RolePolicyList"] = inline
        .map(|(name, document)| json!({ "PolicyName": name, "PolicyDocument": documents::encoded(document) }))
        .collect();
    shown["AttachedManagedPolicies"] = role.attached.iter().map(|arn| policies::attached(arn)).collect();
    shown["InstanceProfileList"] = json!([]);
    shown["RoleLastUsed"] = json!({});
    for unsaid in ["Description", "MaxSessionDuration"] {
        shown[unsaid] = Value::Null;
    }
    shown
}

fn in_full(name: &str, role: &Thing<Role>) -> Value {
    let mut shown = in_short(name, role);
    if !role.tags.is_empty() {
        shown["Tags"] = tag_list(&role.tags);
    }
    if let Some(arn) = &role.boundary {
        shown["PermissionsBoundary"] = json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn });
    }
    shown
}
