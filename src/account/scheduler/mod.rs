//! Amazon EventBridge Scheduler: schedules in their groups, which run tasks of Amazon ECS at their times.
//!
//! *Caveats.* The group `default`, which AWS gives each region, is there and isn't listed. Targets other than Amazon ECS
//! are taken and never called. A flexible window begins with its first minute, and what fails isn't tried again.

mod runs;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, Calls, Service, seconds};
use crate::forms::Pages;
use crate::iam;
use crate::input::{need, set, text};
use crate::rules::{SCHEDULE_NAME, Times, UTC};
use crate::shelf::{Body, Kind, Thing};
use crate::wire::rest::Routes;
use crate::wire::{self, Answer, Fault};

/// The group that each region has from its first day.
const DEFAULT: &str = "default";
/// The milliseconds for which a deleted group is still there.
const LINGERS: i64 = 5_000;

/// The calls, by "Actions" in the API reference.
const ROUTES: Routes = &[
    ("CreateSchedule", "POST", "/schedules/{Name}", &[]),
    ("CreateScheduleGroup", "POST", "/schedule-groups/{Name}", &[]),
    ("DeleteSchedule", "DELETE", "/schedules/{Name}", &[("groupName", "GroupName"), ("clientToken", "ClientToken")]),
    ("DeleteScheduleGroup", "DELETE", "/schedule-groups/{Name}", &[("clientToken", "ClientToken")]),
    ("GetSchedule", "GET", "/schedules/{Name}", &[("groupName", "GroupName")]),
    ("GetScheduleGroup", "GET", "/schedule-groups/{Name}", &[]),
    (
        "ListScheduleGroups",
        "GET",
        "/schedule-groups",
        &[("NamePrefix", "NamePrefix"), ("NextToken", "NextToken"), ("MaxResults", "MaxResults")],
    ),
    (
        "ListSchedules",
        "GET",
        "/schedules",
        &[
            ("ScheduleGroup", "GroupName"),
            ("NamePrefix", "NamePrefix"),
            ("State", "State"),
            ("NextToken", "NextToken"),
            ("MaxResults", "MaxResults"),
        ],
    ),
    ("ListTagsForResource", "GET", "/tags/{ResourceArn}", &[]),
    ("TagResource", "POST", "/tags/{ResourceArn}", &[]),
    ("UntagResource", "DELETE", "/tags/{ResourceArn}", &[("TagKeys", "TagKeys[]")]),
    ("UpdateSchedule", "PUT", "/schedules/{Name}", &[]),
];

/// The fields of a schedule that are kept as they are given.
const KEPT: [&str; 11] = [
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
];

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Group {
    /// The token of the call that made it.
    token: String,
}

impl Body for Group {}

/// A schedule, by the names of its group and its own with a slash between.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Schedule {
    name: String,
    /// The fields of [`KEPT`], as they are read back.
    fields: Value,
    token: String,
    modified: i64,
    /// The time of the next run; none if there is none any more.
    next: Option<i64>,
}

impl Body for Schedule {
    fn due(&self) -> Option<i64> {
        self.next
    }
}

static GROUPS: Kind<Group> = Kind {
    missing: |_, id| missing(format!("Schedule group {} does not exist.", last(id))),
    exists: |_, name| conflict(format!("Schedule group {name} already exists.")),
    fixed: |name, group| group.deleted.map(|_| conflict(format!("Schedule group {name} is being deleted."))),
    tombstone: "DELETING",
    pages: PAGES,
    ..Kind::new("scheduler:schedule-group", "scheduler/groups")
};

static SCHEDULES: Kind<Schedule> = Kind {
    missing: |_, id| missing(format!("Schedule {} does not exist.", last(id))),
    exists: |_, name| conflict(format!("Schedule {} already exists.", last(name))),
    happens: runs::happens,
    pages: PAGES,
    ..Kind::new("scheduler:schedule", "scheduler/schedules")
};

const PAGES: Pages = Pages {
    size: "MaxResults",
    token: ("NextToken", "NextToken"),
    refuse: |size| invalid(format!("MaxResults {size} is not between 1 and 100.")),
    bad_token: || invalid("Invalid NextToken."),
    ..Pages::JSON
};

/// EventBridge Scheduler in the list of services.
pub(crate) static SERVICE: Service =
    Service { kinds: &[&GROUPS, &SCHEDULES], ..Service::new("scheduler", Calls::Rest(ROUTES, handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateScheduleGroup" => create_group(account, input),
        "GetScheduleGroup" => {
            let (name, group) = GROUPS.find(account, &need(input, "Name")?)?;
            Ok(shown_group(name, group))
        }
        "ListScheduleGroups" => {
            let prefix = text(input, "NamePrefix").unwrap_or_default();
            GROUPS.list(account, input, "ScheduleGroups", |name, _| name.starts_with(&prefix), shown_group)
        }
        "DeleteScheduleGroup" => delete_group(account, input),
        "CreateSchedule" => create(account, input),
        "UpdateSchedule" => update(account, input),
        "GetSchedule" => {
            let (_, schedule) = SCHEDULES.find(account, &key(input)?)?;
            Ok(shown(schedule))
        }
        "ListSchedules" => list(account, input),
        "DeleteSchedule" => SCHEDULES.delete(account, &key(input)?).map(|_| json!({})),
        "TagResource" => GROUPS.tag(account, input),
        "UntagResource" => GROUPS.untag(account, input),
        "ListTagsForResource" => GROUPS.tags_of(account, input),
        other => Err(wire::unknown("scheduler", other)),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

fn missing(message: String) -> Fault {
    Fault::client("ResourceNotFoundException", message).with_status(404)
}

fn conflict(message: String) -> Fault {
    Fault::client("ConflictException", message).with_status(409)
}

fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// The name in a member, if it is one.
fn name(input: &Value, member: &str) -> Result<String, Fault> {
    let name = need(input, member)?;
    let words = || invalid(format!("Value '{name}' at '{member}' failed to satisfy constraint: [0-9a-zA-Z-_.]+"));
    SCHEDULE_NAME.check(&name, words)?;
    Ok(name)
}

/// The key of the schedule that a call is about.
fn key(input: &Value) -> Result<String, Fault> {
    let group = text(input, "GroupName").unwrap_or_else(|| DEFAULT.to_owned());
    Ok(format!("{group}/{}", need(input, "Name")?))
}

fn create_group(account: &mut Account, input: &Value) -> Answer {
    let name = name(input, "Name")?;
    let token = text(input, "ClientToken").unwrap_or_default();
    let arn = account.arn("scheduler", &format!("schedule-group/{name}"));
    // The same request with the same token is the same group.
    let is_same = GROUPS.get(account, &name).is_some_and(|group| !token.is_empty() && group.token == token);
    if !is_same || GROUPS.find_mut(account, &name).is_err() {
        if name == DEFAULT {
            return Err((GROUPS.exists)(account, &name));
        }
        GROUPS.create(account, &name, arn.clone(), input, Group { token })?;
    }
    Ok(json!({ "ScheduleGroupArn": arn }))
}

/// Deletes a group with all that is in it: at once what is in it, and a while later the group.
fn delete_group(account: &mut Account, input: &Value) -> Answer {
    let name = name(input, "Name")?;
    if name == DEFAULT {
        return Err(invalid("The default schedule group cannot be deleted."));
    }
    if GROUPS.find(account, &name)?.1.deleted.is_some() {
        return Ok(json!({}));
    }
    GROUPS.keep_for(account, &name, LINGERS)?;
    let within = |key: &String| key.strip_prefix(&name).is_some_and(|rest| rest.starts_with('/'));
    let keys: Vec<String> = account.all::<Thing<Schedule>>().keys().filter(|key| within(key)).cloned().collect();
    keys.iter().for_each(|key| drop(account.all_mut::<Thing<Schedule>>().remove(key)));
    Ok(json!({}))
}

fn shown_group(name: &str, group: &Thing<Group>) -> Value {
    json!({
        "Arn": group.arn,
        "Name": name,
        "State": if group.deleted.is_some() { "DELETING" } else { "ACTIVE" },
        "CreationDate": seconds(group.created),
        "LastModificationDate": seconds(group.created),
    })
}

fn create(account: &mut Account, input: &Value) -> Answer {
    let (name, key) = (name(input, "Name")?, key(input)?);
    let fields = fields(account, input)?;
    let token = text(input, "ClientToken").unwrap_or_default();
    let arn = account.arn("scheduler", &format!("schedule/{key}"));
    let is_same = SCHEDULES.get(account, &key).is_some_and(|one| !token.is_empty() && one.token == token);
    if !is_same {
        let now = account.now;
        let next = runs::next(&fields, now - runs::SECOND, now);
        let schedule = Schedule { name, fields, token, modified: now, next };
        SCHEDULES.create(account, &key, arn.clone(), &Value::Null, schedule)?;
    }
    Ok(json!({ "ScheduleArn": arn }))
}

/// Gives a schedule other fields. All of them: one that isn't given is again as AWS has it of its own.
fn update(account: &mut Account, input: &Value) -> Answer {
    let (key, now) = (key(input)?, account.now);
    let created = SCHEDULES.find(account, &key)?.1.created;
    let fields = fields(account, input)?;
    let (_, schedule) = SCHEDULES.find_mut(account, &key)?;
    schedule.next = runs::next(&fields, now, created);
    schedule.fields = fields;
    schedule.modified = now;
    Ok(json!({ "ScheduleArn": schedule.arn }))
}

/// The fields of a schedule as they are kept, with what AWS fills in.
fn fields(account: &Account, input: &Value) -> Answer {
    let times = Times::read(&need(input, "ScheduleExpression")?, text(input, "ScheduleExpressionTimezone").as_deref());
    times.map_err(|wrong| invalid(format!("Invalid {}: {}.", wrong.member, wrong.message)))?;
    let group = text(input, "GroupName").unwrap_or_else(|| DEFAULT.to_owned());
    if group != DEFAULT {
        GROUPS.find(account, &group).and_then(|(name, group)| (GROUPS.fixed)(name, group).map_or(Ok(()), Err))?;
    }
    let (window, target) = (&input["FlexibleTimeWindow"], &input["Target"]);
    match (window["Mode"].as_str(), window["MaximumWindowInMinutes"].as_i64()) {
        (Some("OFF"), None) | (Some("FLEXIBLE"), Some(1..=1440)) => {}
        _ => return Err(invalid("FlexibleTimeWindow needs a Mode, and MaximumWindowInMinutes for FLEXIBLE alone.")),
    }
    need(target, "Arn")?;
    let role = need(target, "RoleArn")?;
    let is_new = |created| account.now - created < crate::clock::millis(account.quirks.roles_spread);
    let created = iam::role_created(account, &role);
    if created.is_none_or(is_new) || !iam::trusts(account, &role, "scheduler.amazonaws.com") {
        return Err(invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role."));
    }
    let retries = &target["RetryPolicy"];
    let mut target = target.clone();
    target["RetryPolicy"] = json!({
        "MaximumEventAgeInSeconds": retries["MaximumEventAgeInSeconds"].as_i64().unwrap_or(86_400),
        "MaximumRetryAttempts": retries["MaximumRetryAttempts"].as_i64().unwrap_or(185),
    });
    let given = |member: &str, otherwise: &str| text(input, member).unwrap_or_else(|| otherwise.to_owned());
    let mut fields: Value = KEPT
        .iter()
        .map(|member| ((*member).to_owned(), input[*member].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    fields["ActionAfterCompletion"] = given("ActionAfterCompletion", "NONE").into();
    fields["GroupName"] = group.into();
    fields["ScheduleExpressionTimezone"] = given("ScheduleExpressionTimezone", UTC).into();
    fields["State"] = given("State", "ENABLED").into();
    fields["Target"] = target;
    Ok(set(fields))
}

fn shown(schedule: &Thing<Schedule>) -> Value {
    let mut shown = schedule.fields.clone();
    shown["Arn"] = schedule.arn.as_str().into();
    shown["Name"] = schedule.name.as_str().into();
    shown["CreationDate"] = seconds(schedule.created).into();
    shown["LastModificationDate"] = seconds(schedule.modified).into();
    shown
}

fn list(account: &Account, input: &Value) -> Answer {
    let (group, state) = (text(input, "GroupName"), text(input, "State"));
    if let Some(group) = group.as_deref().filter(|group| *group != DEFAULT) {
        GROUPS.find(account, group)?;
    }
    let prefix = text(input, "NamePrefix").unwrap_or_default();
    let wanted = |_: &str, one: &Thing<Schedule>| {
        let is = |member: &str, asked: Option<&String>| asked.is_none_or(|asked| one.fields[member] == **asked);
        one.name.starts_with(&prefix) && is("GroupName", group.as_ref()) && is("State", state.as_ref())
    };
    SCHEDULES.list(account, input, "Schedules", wanted, |_, one| {
        let mut whole = shown(one);
        let target = json!({ "Arn": whole["Target"]["Arn"] });
        let of = ["Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State"];
        let members = of.map(|member| (member.to_owned(), whole[member].take()));
        let mut summary: Value = serde_json::Map::from_iter(members).into();
        summary["Target"] = target;
        summary
    })
}
