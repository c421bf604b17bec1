//! The runs of schedules: a task of Amazon ECS for each time that comes.

use serde_json::{Value, json};

use super::{SCHEDULES, Schedule};
use crate::account::Account;
use crate::input::{set, text};
use crate::rules::Times;
use crate::shelf::Thing;
use crate::{ecs, iam};

pub(super) const SECOND: i64 = 1000;

/// The time of the next run after `after` of a schedule with these fields that was made at `made`, in milliseconds since
/// 1970.
pub(super) fn next(fields: &Value, after: i64, made: i64) -> Option<i64> {
    if fields["State"] == "DISABLED" {
        return None;
    }
    let date = |member: &str| text(fields, member)?.split('.').next()?.parse().ok();
    let zone = fields["ScheduleExpressionTimezone"].as_str();
    let times =
        Times::read(fields["ScheduleExpression"].as_str()?, zone).ok()?.between(date("StartDate"), date("EndDate"));
    times.next(after.div_euclid(SECOND), made.div_euclid(SECOND)).map(|at| at * SECOND)
}

/// Runs the schedule of this key, whose time has come.
pub(super) fn happens(account: &mut Account, key: &str) {
    let now = account.now;
    let Ok((_, schedule)) = SCHEDULES.find_mut(account, key) else { return };
    schedule.next = next(&schedule.fields, now, schedule.created);
    let (name, target) = (schedule.name.clone(), schedule.fields["Target"].clone());
    let is_over = schedule.next.is_none() && schedule.fields["ActionAfterCompletion"] == "DELETE";
    if is_over {
        account.all_mut::<Thing<Schedule>>().remove(key);
    }
    run(account, &name, &target);
}

/// Runs the tasks of a target, if its role may. What is refused is told to nobody, as at AWS to the target's dead letters
/// alone.
fn run(account: &mut Account, name: &str, target: &Value) {
    let ecs = &target["EcsParameters"];
    let role = target["RoleArn"].as_str().unwrap_or_default();
    let definition = ecs["TaskDefinitionArn"].as_str().unwrap_or_default();
    if !ecs.is_object() || iam::is_denied(account, role, "ecs:RunTask", definition) {
        return;
    }
    let network = &ecs["NetworkConfiguration"]["awsvpcConfiguration"];
    let network = network.is_object().then(|| {
        let interfaces = json!({
            "subnets": network["Subnets"],
            "securityGroups": network["SecurityGroups"],
            "assignPublicIp": network["AssignPublicIp"],
        });
        json!({ "awsvpcConfiguration": set(interfaces) })
    });
    let overrides: Value =
        target["Input"].as_str().and_then(|input| serde_json::from_str(input).ok()).unwrap_or_default();
    let asked = json!({
        "cluster": target["Arn"],
        "taskDefinition": definition,
        "count": ecs["TaskCount"],
        "launchType": ecs["LaunchType"],
        "capacityProviderStrategy": ecs["CapacityProviderStrategy"],
        "platformVersion": ecs["PlatformVersion"],
        "networkConfiguration": network,
        "enableExecuteCommand": ecs["EnableExecuteCommand"],
        "enableECSManagedTags": ecs["EnableECSManagedTags"],
        "group": ecs["Group"],
        "propagateTags": ecs["PropagateTags"],
        "tags": ecs["Tags"],
        "overrides": overrides,
        "startedBy": format!("chronos-schedule/{name}"),
    });
    let _refused = ecs::run_tasks(account, &set(asked));
}
