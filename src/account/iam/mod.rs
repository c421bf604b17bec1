//! IAM as labform uses it: roles, their inline and attached policies, service-linked roles.
//!
//! Knows the forms in which AWS gives documents back, and what keeps a role from being deleted. Must not know whether
//! a policy would allow anything: nobody is denied here.

mod documents;
mod policies;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Item;
use super::account::{Account, Calls, Service};
use super::input::{number, page, text};
use super::states::{self, Kept};
use super::table::{AnyTable, Object, Table};
use super::wire::{self, Answer, Fault};

pub(super) use roles::ensure_service_linked_role;

/// What IAM keeps for the whole account.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    roles: Table<Role>,
}

impl Object for Role {}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Role {
    path: String,
    id: String,
    created: i64,
    /// Who may take the role on, in the form in which AWS gives it back.
    trust: String,
    description: Option<String>,
    max_session: i64,
    boundary: Option<String>,
    tags: BTreeMap<String, String>,
    /// Documents by policy name, exactly as they were put.
    inline: BTreeMap<String, String>,
    attached: BTreeSet<String>,
}

impl states::State for State {
    const NAME: &'static str = "iam";

    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        vec![("roles", &mut self.roles)]
    }
}

/// IAM in the list of services.
pub(crate) static SERVICE: Service =
    Service { global: &[Kept::of::<State>()], global_items: items, ..Service::new("iam", Calls::Query(handle)) };

fn state(account: &mut Account) -> &mut State {
    account.global()
}

fn state_ref(account: &Account) -> &State {
    account.global_ref()
}

/// Answers one IAM call.
fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateRole" => roles::create(account, input),
        "GetRole" => roles::get(account, input),
        "ListRoles" => roles::list(account, input),
        "UpdateAssumeRolePolicy" => roles::update_trust(account, input),
        "UpdateRole" => roles::update(account, input),
        "DeleteRole" => roles::delete(account, input),
        "TagRole" => roles::tag(account, input),
        "UntagRole" => roles::untag(account, input),
        "ListRoleTags" => roles::list_tags(account, input),
        "CreateServiceLinkedRole" => roles::create_service_linked(account, input),
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

/// Every role of the account.
fn items(account: &Account) -> Vec<Item> {
    let item = |(name, role): (&String, &Role)| Item {
        kind: "iam:role",
        id: arn(account, name, role),
        tags: role.tags.clone(),
        tombstone: None,
    };
    state_ref(account).roles.iter().map(item).collect()
}

/// When the role of this ARN was made; none where there is no such role under this path.
pub(super) fn role_created(account: &Account, arn: &str) -> Option<i64> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role = state_ref(account).roles.get(name)?;
    (self::arn(account, name, role) == arn).then_some(role.created)
}

impl Account {
    /// Takes a role away with all that it has, even one of AWS's own: as if it had never been made.
    pub fn remove_role(&mut self, name: &str) {
        state(self).roles.remove(name);
    }
}

fn arn(account: &Account, name: &str, role: &Role) -> String {
    format!("arn:aws:iam::{}:role{}{name}", account.id, role.path)
}

fn role<'a>(account: &'a Account, name: &str) -> Result<&'a Role, Fault> {
    state_ref(account).roles.get(name).ok_or_else(|| no_such_role(name))
}

/// A role that may be changed: AWS's own may not.
fn role_mut<'a>(account: &'a mut Account, name: &str) -> Result<&'a mut Role, Fault> {
    let role = state(account).roles.get_mut(name).ok_or_else(|| no_such_role(name))?;
    if role.path.starts_with("/aws-service-role/") {
        let message = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(Fault::client("UnmodifiableEntity", message));
    }
    Ok(role)
}

fn no_such_role(name: &str) -> Fault {
    no_such(format!("The role with name {name} cannot be found."))
}

fn no_such(message: String) -> Fault {
    Fault::client("NoSuchEntity", message).with_status(404)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// One page of a list call's answer.
fn paged(account: &Account, input: &Value, key: &str, shown: Vec<Value>) -> Answer {
    let size = match number(input, "MaxItems") {
        None => 100,
        Some(size @ 1..=1000) => usize::try_from(size).unwrap_or(100),
        Some(size) => {
            return Err(invalid(format!("Value '{size}' at 'maxItems' must be between 1 and 1000")));
        }
    };
    let (shown, next) = page(shown, text(input, "Marker"), account.page_size(size));
    Ok(json!({ key: shown, "IsTruncated": next.is_some(), "Marker": next }))
}
