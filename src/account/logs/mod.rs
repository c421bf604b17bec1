//! CloudWatch Logs: log groups.

mod streams;
mod time;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use streams::Stream;

use crate::Item;
use crate::account::{Account, Calls, Service};
use crate::agenda::Agenda;
use crate::clock::millis;
use crate::input::{page, text, texts};
use crate::states::{self, Kept};
use crate::table::{AnyTable, Object, Table};
use crate::wire::{self, Answer, Fault};

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

type Tags = BTreeMap<String, String>;

/// What CloudWatch Logs holds in one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    groups: Table<Group>,
    agenda: Agenda<time::Entry>,
}

impl Object for Group {}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    arn: String,
    created: i64,
    /// In days; none is for ever.
    retention: Option<i64>,
    class: String,
    tags: Tags,
    streams: BTreeMap<String, Stream>,
}

impl states::State for State {
    const NAME: &'static str = "logs";

    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        vec![("groups", &mut self.groups)]
    }
}

/// CloudWatch Logs in the list of services.
pub(crate) static SERVICE: Service = Service {
    regional: &[Kept::of::<State>()],
    due: |account| state_ref(account).agenda.next(),
    settle: time::settle,
    remember: time::remember,
    tagged,
    items,
    ..Service::new("logs", Calls::Json(handle))
};

fn state(account: &mut Account) -> &mut State {
    account.here()
}

fn state_ref(account: &Account) -> &State {
    account.here_ref()
}

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateLogGroup" => create(account, input),
        "DescribeLogGroups" => describe(account, input),
        "PutRetentionPolicy" => put_retention(account, input),
        "DeleteRetentionPolicy" => delete_retention(account, input),
        "DeleteLogGroup" => delete(account, input),
        "ListTagsForResource" => list_tags(account, input),
        "TagResource" => tag(account, input),
        "UntagResource" => untag(account, input),
        "DescribeLogStreams" => streams::describe(account, input),
        "GetLogEvents" => streams::get_events(account, input),
        "FilterLogEvents" => streams::filter_events(account, input),
        other => Err(wire::unknown("logs", other)),
    }
}

fn tagged(account: &Account) -> Vec<(String, Tags)> {
    items(account).into_iter().filter(|item| !item.tags.is_empty()).map(|item| (item.id, item.tags)).collect()
}

fn items(account: &Account) -> Vec<Item> {
    let item = |group: &Group| Item {
        kind: "logs:log-group",
        id: group.arn.clone(),
        tags: group.tags.clone(),
        tombstone: None,
    };
    state_ref(account).groups.values().map(item).collect()
}

/// Whether a container can log to the group.
pub(super) fn group_exists(account: &Account, name: &str) -> bool {
    state_ref(account).groups.contains_key(name)
}

#[cfg(any(test, feature = "testing"))]
impl Account {
    /// Writes one line of the time `at`, in milliseconds since 1970.
    pub fn write_log(&mut self, region: &str, group: &str, stream: &str, at: i64, message: &str) {
        self.enter(region);
        write(self, group, stream, at, message);
    }
}

/// Writes one line of the time `at`, as the log driver of a container does: into a stream that it makes. Like the driver with
/// `awslogs-create-group`, it makes the group too.
pub(super) fn write(account: &mut Account, group: &str, stream: &str, at: i64, message: &str) {
    let stream = entry_of(account, group).streams.entry(stream.to_owned()).or_insert_with(|| Stream::new(at));
    stream.write(at, message);
    time::put_down(state(account), group.to_owned());
}

/// The group of this name, made where it is missing.
fn entry_of<'a>(account: &'a mut Account, name: &str) -> &'a mut Group {
    let now = account.now;
    let arn = account.arn("logs", &format!("log-group:{name}"));
    state(account).groups.at(name, || Group::new(arn, now))
}

impl Group {
    fn new(arn: String, created: i64) -> Self {
        let class = "STANDARD".to_owned();
        Self { arn, created, retention: None, class, tags: Tags::new(), streams: BTreeMap::new() }
    }

    fn shown(&self, name: &str) -> Value {
        let mut shown = json!({
            "logGroupName": name,
            "creationTime": self.created,
            "metricFilterCount": 0,
            "arn": format!("{}:*", self.arn),
            "logGroupArn": self.arn,
            "storedBytes": 0,
            "logGroupClass": self.class,
            "deletionProtectionEnabled": false,
        });
        if let Some(days) = self.retention {
            shown["retentionInDays"] = json!(days);
        }
        shown
    }
}

fn create(account: &mut Account, input: &Value) -> Answer {
    let name = input["logGroupName"].as_str().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    if name.is_empty() || name.len() > 512 || name.starts_with("aws/") || !name.chars().all(fits) {
        return Err(invalid(format!("The log group name {name:?} is not valid.")));
    }
    let mut group = Group::new(account.arn("logs", &format!("log-group:{name}")), account.now);
    group.tags = tag_map(&input["tags"]);
    if let Some(class) = input["logGroupClass"].as_str() {
        class.clone_into(&mut group.class);
    }
    let groups = &mut state(account).groups;
    if groups.contains_key(name) {
        return Err(Fault::client("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    groups.insert(name.to_owned(), group);
    Ok(json!({}))
}

fn describe(account: &mut Account, input: &Value) -> Answer {
    let prefix = input["logGroupNamePrefix"].as_str();
    let pattern = input["logGroupNamePattern"].as_str();
    let identifiers = texts(input, "logGroupIdentifiers");
    if !identifiers.is_empty() && (prefix.is_some() || pattern.is_some()) {
        return Err(invalid("logGroupIdentifiers can't be combined with another filter."));
    }
    let names: Vec<&str> = identifiers.iter().map(|identifier| name_of(identifier)).collect();
    let groups = state_ref(account).groups.iter();
    let shown = groups
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .filter(|(name, _)| pattern.is_none_or(|pattern| name.contains(pattern)))
        .filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()))
        .map(|(name, group)| group.shown(name))
        .collect();
    paged(account, "logGroups", shown, input)
}

fn put_retention(account: &mut Account, input: &Value) -> Answer {
    const DAYS: [i64; 22] =
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
    let days = input["retentionInDays"].as_i64().unwrap_or(0);
    if !DAYS.contains(&days) {
        return Err(invalid(format!("{days} is not a valid number of days for a retention.")));
    }
    group(account, input)?.retention = Some(days);
    Ok(json!({}))
}

fn delete_retention(account: &mut Account, input: &Value) -> Answer {
    group(account, input)?.retention = None;
    Ok(json!({}))
}

fn delete(account: &mut Account, input: &Value) -> Answer {
    group(account, input)?;
    let name = input["logGroupName"].as_str().unwrap_or_default();
    state(account).groups.remove(name);
    if let Some(after) = account.quirks.log_groups_return.remove(name) {
        let at = account.now + millis(after);
        state(account).agenda.put(time::Entry::Return(name.to_owned()), Some(at));
    }
    Ok(json!({}))
}

fn list_tags(account: &mut Account, input: &Value) -> Answer {
    let tags = &by_arn(account, input)?.tags;
    Ok(json!({"tags": tags}))
}

fn tag(account: &mut Account, input: &Value) -> Answer {
    by_arn(account, input)?.tags.extend(tag_map(&input["tags"]));
    Ok(json!({}))
}

fn untag(account: &mut Account, input: &Value) -> Answer {
    let tags = &mut by_arn(account, input)?.tags;
    for key in texts(input, "tagKeys") {
        tags.remove(&key);
    }
    Ok(json!({}))
}

fn paged(account: &Account, key: &str, items: Vec<Value>, input: &Value) -> Answer {
    let limit = input["limit"].as_u64().unwrap_or(50);
    if !(1..=50).contains(&limit) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have \
             value less than or equal to 50"
        )));
    }
    let (page, next) = page(items, text(input, "nextToken"), account.page_size(usize::try_from(limit).unwrap_or(50)));
    let mut answer = Map::new();
    answer.insert(key.to_owned(), page.into());
    Ok(with_token(answer.into(), next))
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = next.into();
    }
    answer
}

fn group<'a>(account: &'a mut Account, input: &Value) -> Result<&'a mut Group, Fault> {
    let name = input["logGroupName"].as_str().or_else(|| input["logGroupIdentifier"].as_str()).unwrap_or_default();
    let groups = &mut state(account).groups;
    groups.get_mut(name_of(name)).ok_or_else(|| not_found("The specified log group does not exist."))
}

/// The tag calls want the ARN without `:*`.
fn by_arn<'a>(account: &'a mut Account, input: &Value) -> Result<&'a mut Group, Fault> {
    let arn = input["resourceArn"].as_str().unwrap_or_default();
    let missing = || not_found("The specified log group does not exist.");
    let name = name_of(arn);
    if state_ref(account).groups.get(name).is_none_or(|group| group.arn != arn) {
        return Err(missing());
    }
    state(account).groups.get_mut(name).ok_or_else(missing)
}

fn name_of(identifier: &str) -> &str {
    identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name)
}

fn tag_map(tags: &Value) -> Tags {
    let tags = tags.as_object().into_iter().flatten();
    tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

fn not_found(message: &str) -> Fault {
    Fault::client("ResourceNotFoundException", message)
}
