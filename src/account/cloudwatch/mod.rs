//! Amazon CloudWatch: metric alarms and dashboards. No metric comes in here, so that an alarm's state changes only if somebody sets it.

mod alarms;
mod dashboards;

use serde_json::Value;

use crate::account::{Account, Calls, Service};
use crate::input::text;
use crate::wire::{self, Answer, Fault};
use alarms::ALARMS;
use dashboards::DASHBOARDS;

/// Amazon CloudWatch in the list of services.
pub(crate) static SERVICE: Service = Service { kinds: &[&ALARMS], ..Service::new("monitoring", Calls::Json(handle)) };

/// The dashboards, which are kept apart because they are of no region. Requests are signed for the service above.
pub(crate) static DASHBOARDS_OF_ALL: Service =
    Service { kinds: &[&DASHBOARDS], ..Service::new("monitoring-dashboards", Calls::Json(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "PutMetricAlarm" => alarms::put(account, input),
        "DescribeAlarms" => alarms::describe(account, input),
        "SetAlarmState" => alarms::set_state(account, input),
        "DeleteAlarms" => alarms::delete(account, input),
        "PutDashboard" => dashboards::put(account, input),
        "GetDashboard" => dashboards::get(account, input),
        "ListDashboards" => dashboards::list(account, input),
        "DeleteDashboards" => dashboards::delete(account, input),
        "TagResource" if is_dashboard(input) => DASHBOARDS.tag(account, input),
        "UntagResource" if is_dashboard(input) => DASHBOARDS.untag(account, input),
        "ListTagsForResource" if is_dashboard(input) => DASHBOARDS.tags_of(account, input),
        "TagResource" => ALARMS.tag(account, input),
        "UntagResource" => ALARMS.untag(account, input),
        "ListTagsForResource" => ALARMS.tags_of(account, input),
        other => Err(wire::unknown("monitoring", other)),
    }
}

/// Returns whether the alarm of this name has gone off since a moment. One that had before doesn't count
/// ("How CloudWatch alarms detect Amazon ECS deployment failures", Amazon ECS developer guide).
pub(crate) fn has_gone_off(account: &Account, name: &str, since: i64) -> bool {
    ALARMS.get(account, name).is_some_and(|alarm| alarm.has_gone_off(since))
}

impl Account {
    /// Lets the alarm of this name go off in the current region, as if its metric had breached the threshold.
    pub fn set_off(&mut self, name: &str) {
        let now = self.now;
        if let Ok((_, alarm)) = ALARMS.find_mut(self, name) {
            alarm.set("ALARM", "Threshold Crossed", now);
        }
    }
}

/// Returns whether a call for tags is about a dashboard.
fn is_dashboard(input: &Value) -> bool {
    text(input, "ResourceARN").is_some_and(|arn| arn.contains(":dashboard/"))
}

fn refused(code: &str, message: impl Into<String>) -> Fault {
    Fault::client(code, message)
}
