//! CloudWatch Logs: log groups.

mod streams;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use streams::Stream;

use crate::account::{Account, Calls, Service};
use crate::clock::millis;
use crate::forms::{Pages, Tags};
use crate::input::{need, page_start, page_token, set, text, texts};
use crate::rules::{LOG_GROUP, LOG_GROUP_NAME, RETENTION_IN_DAYS};
use crate::shelf::{Body, Kind, Thing};
use crate::states::Kept;
use crate::table::{Object, Table};
use crate::wire::{self, Answer, Fault, invalid};

/// The milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// The days for which lines are kept; none is for ever.
    retention: Option<i64>,
    class: String,
    /// The ARN of the key that encrypts the lines, if it isn't CloudWatch Logs' own.
    #[serde(default)]
    key: Option<String>,
    streams: BTreeMap<String, Stream>,
}

/// The time when a deleted group comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Return(i64);

impl Body for Group {
    /// Returns the time when the oldest line gets too old.
    fn due(&self) -> Option<i64> {
        let oldest = self.streams.values().filter_map(Stream::oldest).min()?;
        Some(oldest + self.retention? * DAY + 1)
    }
}

impl Object for Return {
    fn due(&self) -> Option<i64> {
        Some(self.0)
    }
}

static GROUPS: Kind<Group> = Kind {
    missing: |_, _| not_found("The specified log group does not exist."),
    exists: |_, _| Fault::client("ResourceAlreadyExistsException", "The specified log group already exists"),
    happens: |account, name| {
        let now = account.now;
        if let Some(group) = account.all_mut::<Thing<Group>>().get_mut(name)
            && let Some(days) = group.retention
        {
            group.streams.values_mut().for_each(|stream| stream.forget_before(now - days * DAY));
        }
    },
    pages: Pages {
        size: "limit",
        usual: 50,
        sizes: (1, 50),
        refuse: |limit| {
            invalid(format!(
                "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must \
                 have value less than or equal to 50"
            ))
        },
        ..Pages::JSON
    },
    tags: Tags { id: "resourceArn", given: "tags", keys: "tagKeys", pair: None, ..Tags::JSON },
    ..Kind::new("logs:log-group", "logs/groups")
};

/// CloudWatch Logs in the list of services.
pub(crate) static SERVICE: Service = Service {
    kinds: &[&GROUPS],
    keeps: &[Kept::of::<Table<Return>>("logs/returning")],
    settle: |account| {
        let now = account.now;
        for name in account.all_mut::<Return>().expire(now) {
            group_at(account, &name);
        }
    },
    ..Service::new("logs", Calls::Json(handle))
};

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateLogGroup" => create(account, input),
        "DescribeLogGroups" => describe(account, input),
        "PutRetentionPolicy" => put_retention(account, input),
        "DeleteRetentionPolicy" => {
            group_mut(account, input)?.retention = None;
            Ok(json!({}))
        }
        "AssociateKmsKey" => associate_key(account, input),
        "DisassociateKmsKey" => {
            group_mut(account, input)?.key = None;
            Ok(json!({}))
        }
        "DeleteLogGroup" => delete(account, input),
        "ListTagsForResource" => by_arn(account, input).and_then(|()| GROUPS.tags_of(account, input)),
        "TagResource" => by_arn(account, input).and_then(|()| GROUPS.tag(account, input)),
        "UntagResource" => by_arn(account, input).and_then(|()| GROUPS.untag(account, input)),
        "DescribeLogStreams" => streams::describe(account, input),
        "GetLogEvents" => streams::get_events(account, input),
        "FilterLogEvents" => streams::filter_events(account, input),
        other => Err(wire::unknown("logs", other)),
    }
}

/// Returns whether a container can log to the group.
pub(super) fn group_exists(account: &Account, name: &str) -> bool {
    GROUPS.get(account, name).is_some()
}

#[cfg(any(test, feature = "testing"))]
impl Account {
    /// Writes a line of the time `at`, in milliseconds since 1970.
    pub fn write_log(&mut self, region: &str, group: &str, stream: &str, at: i64, message: &str) {
        self.enter(region);
        write(self, group, stream, at, message);
    }
}

/// Writes a line of the time `at`, as the log driver of a container does: into a stream that it makes. Like the driver
/// with `awslogs-create-group`, it makes the group too.
pub(super) fn write(account: &mut Account, group: &str, stream: &str, at: i64, message: &str) {
    let streams = &mut group_at(account, group).streams;
    streams.entry(stream.to_owned()).or_insert_with(|| Stream::new(at)).write(at, message);
}

fn arn(account: &Account, name: &str) -> String {
    account.arn("logs", &format!("log-group:{name}"))
}

/// The group of this name, made if it is missing.
fn group_at<'a>(account: &'a mut Account, name: &str) -> &'a mut Thing<Group> {
    if GROUPS.get(account, name).is_none() {
        let arn = arn(account, name);
        let made = GROUPS.create(account, name, arn, &Value::Null, Group::of("STANDARD", None));
        made.expect("it is missing, and has no tags");
    }
    account.all_mut::<Thing<Group>>().get_mut(name).expect("it was made a line above")
}

impl Group {
    fn of(class: &str, key: Option<String>) -> Self {
        Self { retention: None, class: class.to_owned(), key, streams: BTreeMap::new() }
    }
}

fn shown(name: &str, group: &Thing<Group>) -> Value {
    set(json!({
        "logGroupName": name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": format!("{}:*", group.arn),
        "logGroupArn": group.arn,
        "storedBytes": 0,
        "logGroupClass": group.class,
        "deletionProtectionEnabled": false,
        "retentionInDays": group.retention,
        "kmsKeyId": group.key,
    }))
}

fn create(account: &mut Account, input: &Value) -> Answer {
    let name = input["logGroupName"].as_str().unwrap_or_default();
    LOG_GROUP_NAME.check(name, || {
        if name.chars().count() > LOG_GROUP_NAME.max {
            return invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.");
        }
        invalid(format!("The log group name {name:?} is not valid."))
    })?;
    LOG_GROUP.check(input, invalid)?;
    let group = Group::of(input["logGroupClass"].as_str().unwrap_or("STANDARD"), text(input, "kmsKeyId"));
    GROUPS.create(account, name, arn(account, name), input, group)?;
    Ok(json!({}))
}

fn describe(account: &Account, input: &Value) -> Answer {
    let prefix = input["logGroupNamePrefix"].as_str();
    let pattern = input["logGroupNamePattern"].as_str();
    let identifiers = texts(input, "logGroupIdentifiers");
    if !identifiers.is_empty() && (prefix.is_some() || pattern.is_some()) {
        return Err(invalid("logGroupIdentifiers can't be combined with another filter."));
    }
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let names: Vec<&str> = identifiers.iter().map(|identifier| name_of(identifier)).collect();
    let is_wanted = |name: &str| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.is_none_or(|pattern| name.contains(pattern))
            && (names.is_empty() || names.contains(&name))
    };
    if pattern.is_none() {
        return GROUPS.list(account, input, "logGroups", |name, _| is_wanted(name), shown);
    }
    // A search by a pattern says less of each group, and ends with an empty page.
    let in_short = |name: &str, group: &Thing<Group>| {
        let mut shown = shown(name, group);
        (shown["storedBytes"], shown["deletionProtectionEnabled"]) = (Value::Null, Value::Null);
        set(shown)
    };
    let mut page = GROUPS.list(account, input, "logGroups", |name, _| is_wanted(name), in_short)?;
    let count = page["logGroups"].as_array().map_or(0, Vec::len);
    if count > 0 && page["nextToken"].is_null() {
        let before = text(input, "nextToken").and_then(|token| page_start("logGroups", &token)).unwrap_or(0);
        page["nextToken"] = page_token("logGroups", before + count).into();
    }
    Ok(page)
}

fn put_retention(account: &mut Account, input: &Value) -> Answer {
    let days = input["retentionInDays"].as_i64().unwrap_or(0);
    RETENTION_IN_DAYS
        .check(Some(days), |days| invalid(format!("{days} is not a valid number of days for a retention.")))?;
    group_mut(account, input)?.retention = Some(days);
    Ok(json!({}))
}

/// `AssociateKmsKey`: which keys there are isn't modelled.
fn associate_key(account: &mut Account, input: &Value) -> Answer {
    LOG_GROUP.check(input, invalid)?;
    let key = need(input, "kmsKeyId")?;
    group_mut(account, input)?.key = Some(key);
    Ok(json!({}))
}

fn delete(account: &mut Account, input: &Value) -> Answer {
    let name = input["logGroupName"].as_str().unwrap_or_default();
    GROUPS.delete(account, name)?;
    if let Some(after) = account.quirks.log_groups_return.remove(name) {
        let at = Return(account.now + millis(after));
        account.all_mut().insert(name.to_owned(), at);
    }
    Ok(json!({}))
}

/// The name of the group that a call is about.
fn named(input: &Value) -> &str {
    let name = input["logGroupName"].as_str().or_else(|| input["logGroupIdentifier"].as_str());
    name_of(name.unwrap_or_default())
}

fn group<'a>(account: &'a Account, input: &Value) -> Result<&'a Thing<Group>, Fault> {
    Ok(GROUPS.find(account, named(input))?.1)
}

fn group_mut<'a>(account: &'a mut Account, input: &Value) -> Result<&'a mut Thing<Group>, Fault> {
    Ok(GROUPS.find_mut(account, named(input))?.1)
}

/// Refuses a text that is no ARN without `:*`, which the calls for tags want.
fn by_arn(account: &Account, input: &Value) -> Result<(), Fault> {
    let arn = input["resourceArn"].as_str().unwrap_or_default();
    let is_arn = GROUPS.find(account, arn).is_ok_and(|(_, group)| group.arn == arn);
    if is_arn { Ok(()) } else { Err((GROUPS.missing)(account, arn)) }
}

fn name_of(identifier: &str) -> &str {
    identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name)
}

fn not_found(message: &str) -> Fault {
    Fault::client("ResourceNotFoundException", message)
}
