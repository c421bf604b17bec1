//! Metric alarms.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::refused;
use crate::account::{Account, seconds};
use crate::forms::{Pages, Tags};
use crate::input::{need, text, texts};
use crate::rules::{ALARM, ALARM_NAME, small};
use crate::shelf::{Body, Kind, Thing};
use crate::wire::{Answer, Fault};

/// An alarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alarm {
    /// What PutMetricAlarm said last.
    said: Map<String, Value>,
    state: String,
    reason: String,
    changed: i64,
    /// Since when it is in its state.
    since: i64,
}

impl Body for Alarm {}

impl Alarm {
    /// Brings the alarm into a state.
    pub(super) fn set(&mut self, state: &str, reason: &str, now: i64) {
        if self.state != state {
            self.since = now;
        }
        state.clone_into(&mut self.state);
        reason.clone_into(&mut self.reason);
    }

    /// Returns whether the alarm went off at `since` or later, and is still on.
    pub(super) fn has_gone_off(&self, since: i64) -> bool {
        self.state == "ALARM" && self.since >= since
    }
}

pub(super) static ALARMS: Kind<Alarm> = Kind {
    missing: |_, id| refused("ResourceNotFoundException", format!("Unknown resource: {id}")).with_status(404),
    pages: Pages {
        size: "MaxRecords",
        token: ("NextToken", "NextToken"),
        usual: 50,
        refuse: |size| refused("InvalidParameterValue", format!("MaxRecords {size} is not between 1 and 100.")),
        bad_token: || refused("InvalidNextToken", "The next token specified is invalid."),
        ..Pages::JSON
    },
    tags: Tags { id: "ResourceARN", ..Tags::JSON },
    ..Kind::new("cloudwatch:alarm", "cloudwatch/alarms")
};

/// What a call says that isn't part of an alarm.
const APART: [&str; 2] = ["AlarmName", "Tags"];

/// Makes an alarm, or writes over one, whose state and tags stay.
pub(super) fn put(account: &mut Account, input: &Value) -> Answer {
    let name = text(input, "AlarmName").unwrap_or_default();
    ALARM_NAME.check(&name, || invalid("AlarmName is not valid."))?;
    let mut asked = small(input);
    if let Some(actions) = asked.as_object_mut().and_then(|members| members.remove("oKActions")) {
        asked["okActions"] = actions;
    }
    ALARM.check(&asked, invalid)?;
    let said = input.as_object().cloned().unwrap_or_default();
    let said: Map<String, Value> = said.into_iter().filter(|(member, _)| !APART.contains(&member.as_str())).collect();
    let now = account.now;
    if let Ok((_, alarm)) = ALARMS.find_mut(account, &name) {
        (alarm.said, alarm.changed) = (said, now);
        return Ok(json!({}));
    }
    let reason = "Unchecked: Initial alarm creation".to_owned();
    let alarm = Alarm { said, state: "INSUFFICIENT_DATA".to_owned(), reason, changed: now, since: now };
    let arn = account.arn("cloudwatch", &format!("alarm:{name}"));
    ALARMS.create(account, &name, arn, input, alarm)?;
    Ok(json!({}))
}

/// `DescribeAlarms`: a name that isn't there is left out.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let (names, types) = (texts(input, "AlarmNames"), texts(input, "AlarmTypes"));
    if names.len() > 100 {
        return Err(invalid("AlarmNames has 100 items at most."));
    }
    let prefix = text(input, "AlarmNamePrefix").unwrap_or_default();
    let is_asked = |name: &str| {
        (names.is_empty() || names.iter().any(|one| one == name))
            && name.starts_with(&prefix)
            && (types.is_empty() || types.iter().any(|one| one == "MetricAlarm"))
    };
    let mut answer = ALARMS.list(account, input, "MetricAlarms", |name, _| is_asked(name), shown)?;
    answer["CompositeAlarms"] = json!([]);
    Ok(answer)
}

pub(super) fn set_state(account: &mut Account, input: &Value) -> Answer {
    let (name, state) = (need(input, "AlarmName")?, need(input, "StateValue")?);
    if !["OK", "ALARM", "INSUFFICIENT_DATA"].contains(&state.as_str()) {
        return Err(invalid("StateValue is not valid."));
    }
    let now = account.now;
    let (_, alarm) = ALARMS.find_mut(account, &name).map_err(|_| gone(&name))?;
    alarm.set(&state, &text(input, "StateReason").unwrap_or_default(), now);
    Ok(json!({}))
}

/// `DeleteAlarms`: those whose names are right go, even if others aren't there.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let missing: Vec<String> =
        texts(input, "AlarmNames").into_iter().filter(|name| ALARMS.delete(account, name).is_err()).collect();
    missing.first().map_or_else(|| Ok(json!({})), |name| Err(gone(name)))
}

fn shown(name: &str, alarm: &Thing<Alarm>) -> Value {
    let mut shown = json!({
        "AlarmName": name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": seconds(alarm.changed),
        "ActionsEnabled": true,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "Dimensions": [],
        "TreatMissingData": "missing",
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": seconds(alarm.since),
    });
    for (member, value) in &alarm.said {
        shown[member] = value.clone();
    }
    // Order means nothing, and AWS keeps none.
    if let Some(dimensions) = shown["Dimensions"].as_array_mut() {
        dimensions.sort_by_key(|one| one["Name"].to_string());
    }
    for metric in shown.get_mut("Metrics").and_then(Value::as_array_mut).into_iter().flatten() {
        metric["ReturnData"] = (metric["ReturnData"] != false).into();
    }
    shown
}

/// What calls that take a name say if there is no such alarm.
fn gone(name: &str) -> Fault {
    refused("ResourceNotFound", format!("Alarm {name} does not exist")).with_status(404)
}

fn invalid(message: impl Into<String>) -> Fault {
    refused("ValidationError", message)
}
