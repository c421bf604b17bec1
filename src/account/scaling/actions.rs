//! Scheduled actions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::schedule::next;
use super::{TARGETS, asked, bring_within, id, invalid, named, no_part, pages};
use crate::account::{Account, seconds};
use crate::input::need;
use crate::rules::{self, SCHEDULED_ACTION};
use crate::wire::Answer;

/// A scheduled action of a target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    arn: String,
    /// The members of the call that read back as they are.
    body: Map<String, Value>,
    created: i64,
    /// The time when the action runs next.
    pub(super) next: Option<i64>,
}

impl Action {
    /// The time of the next run after `now`, in milliseconds; none if there is none.
    fn next_after(&self, now: i64) -> Option<i64> {
        let moment = |member: &str| {
            let seconds = self.body.get(member).and_then(Value::as_f64)?;
            format!("{:.0}", seconds * 1000.0).parse::<i64>().ok()
        };
        let begin = moment("StartTime").unwrap_or(self.created);
        let schedule = self.body.get("Schedule").and_then(Value::as_str).unwrap_or_default();
        let at = next(schedule, begin, now.max(begin))?;
        moment("EndTime").is_none_or(|end| at <= end).then_some(at)
    }
}

/// `PutScheduledAction`.
pub(super) fn put(account: &mut Account, input: &Value) -> Answer {
    let (id, name) = (id(input)?, need(input, "ScheduledActionName")?);
    let before = TARGETS.find(account, &id)?.1.actions.get(&name).cloned();
    let mut whole = input.clone();
    if let Some(action) = &before {
        for member in ["Schedule", "Timezone", "ScalableTargetAction"] {
            if whole[member].is_null() {
                whole[member] = action.body.get(member).cloned().unwrap_or_default();
            }
        }
    }
    SCHEDULED_ACTION.check(&rules::small(&whole), invalid)?;
    if whole["Schedule"].is_null() {
        return Err(invalid("Schedule is required to create a scheduled action."));
    }
    let (arn, created) = match before {
        Some(action) => (action.arn, action.created),
        None => {
            let number = account.unique_uuid();
            let name = format!("scheduledAction:{number}:resource/ecs/{id}:scheduledActionName/{name}");
            (account.arn("autoscaling", &name), account.now)
        }
    };
    // Moments that the call leaves out are gone.
    let kept = ["Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction"].into_iter();
    let body = kept.filter(|member| !whole[*member].is_null()).map(|member| (member.to_owned(), whole[member].clone()));
    let mut action = Action { arn, body: body.collect(), created, next: None };
    action.next = action.next_after(account.now);
    TARGETS.find_mut(account, &id)?.1.actions.insert(name, action);
    Ok(json!({}))
}

/// `DescribeScheduledActions`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let all = asked(account, input, "ScheduledActionNames", |target| &target.actions);
    pages(50).of(account, input, "ScheduledActions", all, |(id, name, action)| {
        let mut shown = Value::Object(action.body.clone());
        shown["ScheduledActionARN"] = action.arn.clone().into();
        shown["ScheduledActionName"] = name.clone().into();
        shown["CreationTime"] = json!(seconds(action.created));
        named(id, shown)
    })
}

/// `DeleteScheduledAction`.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (id, name) = (id(input)?, need(input, "ScheduledActionName")?);
    let gone = TARGETS.find_mut(account, &id)?.1.actions.remove(&name);
    gone.map(|_| json!({})).ok_or_else(|| no_part("scheduled action", &name, &id))
}

/// Lets the actions run whose time has come: each sets the bounds, and the service is brought between them.
pub(super) fn happen(account: &mut Account, id: &str) {
    let now = account.now;
    let Ok((_, target)) = TARGETS.find_mut(account, id) else { return };
    let rests = target.suspended.get("ScheduledScalingSuspended") == Some(&Value::Bool(true));
    let mut due: Vec<Action> =
        target.actions.values().filter(|one| one.next.is_some_and(|at| at <= now)).cloned().collect();
    due.sort_by_key(|action| action.next);
    for action in due.iter().filter(|_| !rests) {
        let bound = |member: &str| action.body.get("ScalableTargetAction").and_then(|set| set[member].as_i64());
        target.least = bound("MinCapacity").unwrap_or(target.least);
        target.most = bound("MaxCapacity").unwrap_or(target.most);
    }
    for action in target.actions.values_mut().filter(|one| one.next.is_some_and(|at| at <= now)) {
        action.next = action.next_after(now);
    }
    if !due.is_empty() && !rests {
        bring_within(account, id);
    }
}
