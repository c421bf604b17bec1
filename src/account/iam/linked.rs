//! The roles that AWS makes for its own services, each linked to one of them.

use serde_json::{Value, json};

use super::roles::{made, put};
use super::{ROLES, Role, no_such, role};
use crate::account::Account;
use crate::ids::{dashed, hash};
use crate::input::{need, text};
use crate::shelf::Thing;
use crate::wire::{Answer, Fault};

/// The place of the roles, in front of their services' names.
const PATH: &str = "/aws-service-role/";

/// A service that has a role.
struct Linked {
    service: &'static str,
    name: &'static str,
    /// The policy that is attached, as the service's page on its role says.
    policy: &'static str,
    /// Whether there may be further roles, with a suffix.
    takes_suffix: bool,
    /// The kind of objects that keep the role from being deleted, as the inventory calls it; empty if none do.
    holder: &'static str,
}

const LINKED: [Linked; 5] = [
    Linked {
        service: "ecs.amazonaws.com",
        name: "AWSServiceRoleForECS",
        policy: "AmazonECSServiceRolePolicy",
        takes_suffix: false,
        holder: "ecs:cluster",
    },
    Linked {
        service: "elasticloadbalancing.amazonaws.com",
        name: "AWSServiceRoleForElasticLoadBalancing",
        policy: "AWSElasticLoadBalancingServiceRolePolicy",
        takes_suffix: false,
        holder: "elasticloadbalancing:loadbalancer",
    },
    Linked {
        service: "elasticfilesystem.amazonaws.com",
        name: "AWSServiceRoleForAmazonElasticFileSystem",
        policy: "AmazonElasticFileSystemServiceRolePolicy",
        takes_suffix: false,
        holder: "elasticfilesystem:file-system",
    },
    Linked {
        service: "ecs.application-autoscaling.amazonaws.com",
        name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
        policy: "AWSApplicationAutoscalingECSServicePolicy",
        takes_suffix: false,
        holder: "",
    },
    Linked {
        service: "autoscaling.amazonaws.com",
        name: "AWSServiceRoleForAutoScaling",
        policy: "AutoScalingServiceRolePolicy",
        takes_suffix: true,
        holder: "",
    },
];

impl Linked {
    fn of(service: &str) -> Option<&'static Self> {
        LINKED.iter().find(|linked| linked.service == service)
    }

    fn make(&self, account: &mut Account, name: &str, description: Option<String>) -> Answer {
        let service = self.service;
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }
            ],
        });
        let made = made(account, format!("{PATH}{service}/"), trust.to_string());
        let attached = [format!("arn:aws:iam::aws:policy{PATH}{}", self.policy)].into();
        put(account, name, &Value::Null, Role { attached, description, ..made })
    }
}

/// `CreateServiceLinkedRole`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let service = need(input, "AWSServiceName")?;
    let invalid = |message: String| Fault::client("InvalidInput", message);
    let linked = Linked::of(&service);
    let linked = linked.ok_or_else(|| invalid(format!("{service} has no service-linked role in the sandbox")))?;
    let suffix = text(input, "CustomSuffix");
    if suffix.is_some() && !linked.takes_suffix {
        return Err(invalid(format!("Custom suffix is not allowed for {service}")));
    }
    let name = suffix.map_or_else(|| linked.name.to_owned(), |suffix| format!("{}_{suffix}", linked.name));
    if ROLES.get(account, &name).is_some() {
        return Err(invalid(format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        )));
    }
    linked.make(account, &name, text(input, "Description"))
}

/// Makes a service's own role if the account lacks it. Returns whether it did.
pub(crate) fn ensure_service_linked_role(account: &mut Account, service: &str) -> bool {
    let linked = Linked::of(service).filter(|linked| ROLES.get(account, linked.name).is_none());
    linked.is_some_and(|linked| linked.make(account, linked.name, None).is_ok())
}

/// `DeleteServiceLinkedRole`: answers with a task, which fails if the service still has something.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (name, role) = role(account, input)?;
    let Some(linked) = of(role) else {
        return Err(no_such(format!("The role with name {name} cannot be found.")));
    };
    let (name, number) = (name.to_owned(), dashed(&hash(&format!("deletion of {}", role.id))));
    let is_held = account.items().iter().any(|item| item.kind == linked.holder && item.tombstone.is_none());
    if !is_held {
        account.all_mut::<Thing<Role>>().remove(&name);
    }
    Ok(json!({ "DeletionTaskId": format!("task{PATH}{}/{name}/{number}", linked.service) }))
}

/// `GetServiceLinkedRoleDeletionStatus`.
pub(super) fn deletion_status(account: &Account, input: &Value) -> Answer {
    let task = need(input, "DeletionTaskId")?;
    let mut parts = task.strip_prefix("task").and_then(|rest| rest.strip_prefix(PATH)).unwrap_or_default().split('/');
    let (service, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if Linked::of(service).is_none() || parts.next().is_none() {
        return Err(no_such(format!("The deletion task {task} cannot be found.")));
    }
    if ROLES.get(account, name).is_none() {
        return Ok(json!({ "Status": "SUCCEEDED" }));
    }
    let why = format!("{service} still has resources that use the role.");
    Ok(json!({ "Status": "FAILED", "Reason": { "Reason": why } }))
}

/// The service that a role is linked to.
fn of(role: &Thing<Role>) -> Option<&'static Linked> {
    Linked::of(role.path.strip_prefix(PATH)?.trim_end_matches('/'))
}
