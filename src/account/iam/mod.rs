//! IAM as labform uses it: roles, their inline and attached policies, service-linked roles.
//!
//! Knows the forms in which AWS gives documents back, what keeps a role from being deleted, and what the role of a task
//! surely may not do. Callers are never denied anything.

mod documents;
mod linked;
mod managed;
mod policies;
mod rights;
mod roles;
mod tags;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::{Account, Calls, Service};
use super::forms::{Pages, Tags};
use super::input::need;
use super::rules;
use super::shelf::{Body, Kind, Shelf, Thing};
use super::states::Kept;
use super::wire::{self, Answer, Fault};

pub(super) use documents::resource_policy;
pub(super) use linked::ensure_service_linked_role;
pub(super) use rights::{is_denied, trusts};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    path: String,
    id: String,
    /// The trust policy, in the form in which AWS gives it back.
    trust: String,
    description: Option<String>,
    max_session: i64,
    boundary: Option<String>,
    /// The inline policies by name, exactly as they were put.
    inline: BTreeMap<String, String>,
    attached: BTreeSet<String>,
}

impl Body for Role {}

static ROLES: Kind<Role> = Kind {
    kept: Kept::global::<Shelf<Role>>("iam/roles"),
    missing: |_, name| no_such(format!("The role with name {name} cannot be found.")),
    exists: |_, name| conflict("EntityAlreadyExists", format!("Role with name {name} already exists.")),
    // AWS's own roles are AWS's to change.
    fixed: |name, role| {
        let why = "this role is only modifiable by AWS";
        let message = format!("Cannot perform the operation on the protected role '{name}' - {why}");
        role.path.starts_with("/aws-service-role/").then(|| Fault::client("UnmodifiableEntity", message))
    },
    pages: Pages {
        size: "MaxItems",
        token: ("Marker", "Marker"),
        sizes: (1, 1000),
        refuse: |size| invalid(format!("Value '{size}' at 'maxItems' must be between 1 and 1000")),
        bad_token: || invalid("Invalid Marker."),
        ..Pages::JSON
    },
    tags: Tags {
        id: "RoleName",
        check: |tags| {
            let too_many = |most| {
                conflict("LimitExceeded", format!("The number of tags has reached the maximum limit of {most}."))
            };
            let bad = |key: &str| Fault::client("InvalidInput", format!("Tag key '{key}' is not allowed"));
            rules::check_tags(tags, too_many, bad)
        },
        ..Tags::JSON
    },
    ..Kind::new("iam:role", "iam/roles")
};

/// IAM in the list of services.
pub(crate) static SERVICE: Service = Service { kinds: &[&ROLES], ..Service::new("iam", Calls::Query(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateRole" => roles::create(account, input),
        "GetRole" => roles::get(account, input),
        "ListRoles" => roles::list(account, input),
        "GetAccountAuthorizationDetails" => roles::details(account, input),
        "UpdateAssumeRolePolicy" => roles::update_trust(account, input),
        "UpdateRole" => roles::update(account, input),
        "PutRolePermissionsBoundary" => roles::put_boundary(account, input),
        "DeleteRolePermissionsBoundary" => roles::delete_boundary(account, input),
        "DeleteRole" => roles::delete(account, input),
        "TagRole" => tags::check(input).and_then(|()| ROLES.tag(account, input)),
        "UntagRole" => ROLES.untag(account, input),
        "ListRoleTags" => roles::list_tags(account, input),
        "CreateServiceLinkedRole" => linked::create(account, input),
        "DeleteServiceLinkedRole" => linked::delete(account, input),
        "GetServiceLinkedRoleDeletionStatus" => linked::deletion_status(account, input),
        "ListInstanceProfilesForRole" => roles::list_instance_profiles(account, input),
        "PutRolePolicy" => policies::put(account, input),
        "GetRolePolicy" => policies::get(account, input),
        "ListRolePolicies" => policies::list(account, input),
        "DeleteRolePolicy" => policies::delete(account, input),
        "AttachRolePolicy" => policies::attach(account, input),
        "DetachRolePolicy" => policies::detach(account, input),
        "ListAttachedRolePolicies" => policies::list_attached(account, input),
        _ => Err(wire::unknown_action("iam", operation)),
    }
}

/// The time when the role of this ARN was made; none if there is no such role under this path.
pub(super) fn role_created(account: &Account, arn: &str) -> Option<i64> {
    let (_, role) = ROLES.find(account, arn).ok()?;
    (role.arn == arn).then_some(role.created)
}

impl Account {
    /// Takes a role away with all that it has, even one of AWS's own: as if it had never been made.
    pub fn remove_role(&mut self, name: &str) {
        self.all_mut::<Thing<Role>>().remove(name);
    }
}

/// The role that a call names.
fn role<'a>(account: &'a Account, input: &Value) -> Result<(&'a str, &'a Thing<Role>), Fault> {
    ROLES.find(account, &need(input, "RoleName")?)
}

/// The same, to be changed.
fn role_mut<'a>(account: &'a mut Account, input: &Value) -> Result<(String, &'a mut Thing<Role>), Fault> {
    ROLES.find_mut(account, &need(input, "RoleName")?)
}

fn no_such(message: String) -> Fault {
    Fault::client("NoSuchEntity", message).with_status(404)
}

fn conflict(code: &str, message: impl Into<String>) -> Fault {
    Fault::client(code, message).with_status(409)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// A page of a list call's answer.
fn paged<T>(
    account: &Account,
    input: &Value,
    key: &str,
    items: impl IntoIterator<Item = T>,
    shown: impl Fn(T) -> Value,
) -> Answer {
    let mut answer = ROLES.pages.of(account, input, key, items, shown)?;
    answer["IsTruncated"] = answer.get("Marker").is_some().into();
    Ok(answer)
}
