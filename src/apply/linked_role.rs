//! The service-linked roles that AWS needs before a first cluster or load balancer: made once in an account, first.

use std::collections::BTreeMap;

use super::{Event, Observer};
use crate::cloud::{Cloud, CloudError, Result};
use crate::model::Address;
use crate::plan::{Op, Plan, Step};
use crate::resource::ServiceLinkedRole;
use crate::resources::kind;

/// Makes the service-linked roles that what the steps make needs. If that can't be done, AWS makes a role at its first
/// use, and refuses that one call.
pub(super) async fn make_linked_roles(
    cloud: &Cloud,
    observer: &dyn Observer,
    plan: &Plan,
    steps: impl Iterator<Item = &Step>,
) {
    let needed: BTreeMap<ServiceLinkedRole, &Address> =
        steps.filter_map(|step| Some((needed(plan, step)?, &plan.changes[step.change].address))).collect();
    let made = needed.into_iter().map(|(role, address)| async move {
        if let Err(error) = make_linked_role(cloud, observer, role, address).await {
            tracing::debug!(%error, "{} is left to AWS to make", role.name);
        }
    });
    futures::future::join_all(made).await;
}

async fn make_linked_role(
    cloud: &Cloud,
    observer: &dyn Observer,
    role: ServiceLinkedRole,
    address: &Address,
) -> Result<()> {
    if is_there(cloud, role).await? {
        return Ok(());
    }
    observer.event(Event::Waiting {
        address: address.clone(),
        op: Some(Op::Create),
        reason: format!(
            "making the account's service-linked role {}: {} needs it once, and it isn't the lab's",
            role.name, role.service
        ),
    });
    let create = cloud.iam.create_service_linked_role();
    create.aws_service_name(role.service).send().await?;
    Ok(())
}

/// Returns whether a step makes something that needs a service-linked role.
pub(super) fn needs_linked_role(plan: &Plan, step: &Step) -> bool {
    needed(plan, step).is_some()
}

fn needed(plan: &Plan, step: &Step) -> Option<ServiceLinkedRole> {
    let kind = kind(&plan.changes[step.change].address.kind)?;
    let role = kind.managed()?.habits().service_linked_role?;
    (step.op == Op::Create).then_some(role)
}

async fn is_there(cloud: &Cloud, role: ServiceLinkedRole) -> Result<bool> {
    let get = cloud.iam.get_role().role_name(role.name).send().await;
    match get.map_err(CloudError::from) {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}
