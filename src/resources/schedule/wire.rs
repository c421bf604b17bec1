//! Schedules in the words of EventBridge Scheduler, which has most of them in the target, and in those of lab.yaml.

use std::time::{Duration, SystemTime};

use humantime::{format_rfc3339_seconds, parse_rfc3339};
use serde_json::{Map, Value, json};

use super::JOB;
use crate::cloud::{Case, LAB_TAG, RESOURCE_TAG};
use crate::model::Address;

/// The fields that stand at the top in both, with AWS's words for them.
const SAME: [(&str, &str); 4] = [
    ("scheduleExpression", "ScheduleExpression"),
    ("scheduleExpressionTimezone", "ScheduleExpressionTimezone"),
    ("description", "Description"),
    ("state", "State"),
];
/// The fields of a task that the target has under the same names.
const OF_TASK: [&str; 4] = ["launchType", "capacityProviderStrategy", "platformVersion", "networkConfiguration"];
const DATES: [&str; 2] = ["startDate", "endDate"];

/// Brings what AWS says of a group and its schedule into the words of the spec.
pub(super) fn heard(document: &mut Value) {
    // The group's own state isn't whether the schedule runs.
    if let Some(state) = document.as_object_mut().and_then(|document| document.remove("state")) {
        document["groupState"] = state;
    }
    let schedule = document["schedule"].take();
    if let Some(members) = document.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    if !schedule.is_object() {
        return;
    }
    let (target, ecs) = (&schedule["target"], &schedule["target"]["ecsParameters"]);
    let mut told = |field: &str, value: Value| {
        if !value.is_null() {
            document[field] = value;
        }
    };
    SAME.into_iter().for_each(|(field, _)| told(field, schedule[field].clone()));
    OF_TASK.into_iter().for_each(|field| told(field, ecs[field].clone()));
    DATES.into_iter().for_each(|field| told(field, date(&schedule[field])));
    told("made", schedule["creationDate"].clone());
    for (field, value) in [
        ("flexibleTimeWindow", &schedule["flexibleTimeWindow"]),
        ("cluster", &target["arn"]),
        ("roleArn", &target["roleArn"]),
        ("retryPolicy", &target["retryPolicy"]),
        ("deadLetterConfig", &target["deadLetterConfig"]),
        ("taskDefinition", &ecs["taskDefinitionArn"]),
    ] {
        told(field, value.clone());
    }
    let input = target["input"].as_str().and_then(|input| serde_json::from_str(input).ok());
    told("overrides", input.unwrap_or_default());
    let mut tags = ecs["tags"].as_array().into_iter().flatten();
    let owner =
        tags.find(|tag| tag["key"] == RESOURCE_TAG).and_then(|tag| tag["value"].as_str()?.parse::<Address>().ok());
    told("job", owner.filter(|owner| owner.kind == JOB).map_or(Value::Null, |owner| owner.name.into()));
}

/// The input of CreateSchedule and of UpdateSchedule, by the fields of the spec and the lab's name.
pub(super) fn sent(name: &str, fields: &Map<String, Value>) -> Value {
    let given = |field: &str| fields.get(field).cloned().unwrap_or_default();
    let pascal = |value: Value| Case::Pascal.members(value);
    let mut ecs = json!({ "TaskDefinitionArn": given("taskDefinition") });
    for (member, value) in [
        ("LaunchType", given("launchType")),
        // These are spelt as Amazon ECS has them.
        ("CapacityProviderStrategy", given("capacityProviderStrategy")),
        ("PlatformVersion", given("platformVersion")),
        ("NetworkConfiguration", network(&given("networkConfiguration"))),
        ("Tags", tags(&given("lab"), &given("job"))),
    ] {
        put(&mut ecs, member, value);
    }
    let mut target = json!({ "Arn": given("cluster"), "RoleArn": given("roleArn"), "EcsParameters": ecs });
    put(&mut target, "RetryPolicy", pascal(given("retryPolicy")));
    put(&mut target, "DeadLetterConfig", pascal(given("deadLetterConfig")));
    let overrides = given("overrides");
    if overrides.as_object().is_some_and(|overrides| !overrides.is_empty()) {
        target["Input"] = overrides.to_string().into();
    }
    let window = given("flexibleTimeWindow");
    let window = if window.is_null() { json!({"mode": "OFF"}) } else { window };
    let mut schedule =
        json!({ "Name": name, "GroupName": name, "Target": target, "FlexibleTimeWindow": pascal(window) });
    SAME.into_iter().for_each(|(field, member)| put(&mut schedule, member, given(field)));
    put(&mut schedule, "StartDate", epoch(&given("startDate")));
    put(&mut schedule, "EndDate", epoch(&given("endDate")));
    schedule
}

fn put(members: &mut Value, member: &str, value: Value) {
    if !value.is_null() {
        members[member] = value;
    }
}

fn network(network: &Value) -> Value {
    let interfaces = &network["awsvpcConfiguration"];
    if interfaces.is_null() {
        return Value::Null;
    }
    json!({ "awsvpcConfiguration": Case::Pascal.members(interfaces.clone()) })
}

/// The tags by which the tasks are a job's of the lab.
fn tags(lab: &Value, job: &Value) -> Value {
    let Some(job) = job.as_str() else { return Value::Null };
    let owner = Address::new(JOB, job).to_string();
    json!([{ "key": LAB_TAG, "value": lab }, { "key": RESOURCE_TAG, "value": owner }])
}

/// The whole seconds of a time as AWS writes it in JSON.
pub(super) fn whole_seconds(time: &Value) -> Option<i64> {
    time.to_string().split('.').next()?.parse().ok()
}

fn date(time: &Value) -> Value {
    let seconds = whole_seconds(time).and_then(|seconds| u64::try_from(seconds).ok());
    let date = seconds.map(|seconds| format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)));
    date.map_or(Value::Null, |date| date.to_string().into())
}

fn epoch(date: &Value) -> Value {
    let at = date.as_str().and_then(|date| parse_rfc3339(date).ok());
    let since = at.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map_or(Value::Null, |since| since.as_secs().into())
}
