//! The scaling of a service by Application Auto Scaling: a scalable target, policies and scheduled actions, which live and
//! die with the service and are the lab's as far as that is.

mod calls;
mod check;
mod grants;
mod normal;
mod shape;
mod wanted;

pub(super) use super::compare::SCALING as FIELD;
pub(super) use calls::{Read, begin, complete, deregister, read, register};
pub(super) use check::problems;
pub(super) use grants::grants;
pub(super) use shape::Scaling;
pub(super) use wanted::left_over;

use serde_json::Value;

/// The list of policies, with the field that names one.
const POLICIES: (&str, &str) = ("scalingPolicies", "policyName");
/// The list of scheduled actions, likewise.
const ACTIONS: (&str, &str) = ("scheduledActions", "scheduledActionName");

/// The bounds between which a service is scaled, as its document says.
pub fn bounds(document: &Value) -> Option<(i64, i64)> {
    let scaling = &document[FIELD];
    scaling["minCapacity"].as_i64().zip(scaling["maxCapacity"].as_i64())
}

/// The count that lies between the bounds and is next to `count`.
fn within(count: i64, (least, most): (i64, i64)) -> i64 {
    count.min(most).max(least)
}
