//! The roles that a task definition names and the lab doesn't own.
//!
//! ECS answers "Role is not valid" for a role that isn't there as for one that has not spread yet, so that a misspelt name
//! would be waited for.

use futures::future::try_join_all;
use labform_account::rules::ROLE_NAME;

use super::TaskDefinition;
use crate::cloud::{Cause, Cloud, CloudError, Result};
use crate::model::nearest;
use crate::resource::{Others, RefOrArn};
use crate::resources::Role;
use crate::resources::role;

/// Makes sure that the roles are there. A caller who may not ask is not kept from trying.
///
/// # Errors
/// The role that isn't there, with the one that may be meant.
pub(super) async fn check(definition: &TaskDefinition, cloud: &Cloud, others: &Others) -> Result<()> {
    let roles = [("executionRoleArn", &definition.execution_role_arn), ("taskRoleArn", &definition.task_role_arn)];
    let roles = roles.into_iter().filter_map(|(field, role)| Some((field, name(role.as_ref()?, others)?)));
    let checks = roles.map(|(field, name)| async move {
        if role::exists(cloud, name).await.unwrap_or(true) {
            return Ok(());
        }
        let names = role::names_below(cloud, "/").await.unwrap_or_default();
        let near = nearest(name, names.iter().map(String::as_str));
        let near = near.map(|near| format!(": did you mean `{near}`?"));
        let near = near.or_else(|| cloud.prepares().map(|words| format!(": {words}"))).unwrap_or_default();
        let account = &others.place.account;
        Err(CloudError::own(Cause::NoRole, format!("{field}: account {account} has no role `{name}`{near}")))
    });
    try_join_all(checks).await.map(drop)
}

/// The name of a role of this account that isn't the lab's; none if it can't be told.
fn name<'a>(role: &'a RefOrArn<Role>, others: &Others) -> Option<&'a str> {
    let name = match role {
        RefOrArn::Lab(reference) if others.entry(&reference.address()).is_none() => reference.name.as_str(),
        RefOrArn::Lab(_) => return None,
        RefOrArn::Arn(arn) => {
            let (head, path) = arn.split_once(":role/")?;
            // A lab's own roles lie under that path, and this lab may only be about to make it.
            let is_asked = head.ends_with(&format!(":iam::{}", others.place.account)) && !path.starts_with("labform/");
            path.rsplit('/').next().filter(|_| is_asked)?
        }
    };
    ROLE_NAME.allows(name).then_some(name)
}
