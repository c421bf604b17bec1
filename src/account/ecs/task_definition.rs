//! Task definitions: families and their numbered revisions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::service::Service;
use super::task::Task;
use super::{PAGES, TAGS, TagMap, client, failure, includes, last_segment, normal};
use crate::Item;
use crate::account::Account;
use crate::input::texts;
use crate::table::Object;
use crate::wire::{Answer, Fault, invalid};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Family {
    /// The highest number ever given: numbers are never used again.
    last: i64,
    pub(super) revisions: BTreeMap<i64, Revision>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revision {
    pub(super) arn: String,
    status: Status,
    /// The definition as ECS reads it back.
    pub(super) body: Map<String, Value>,
    pub(super) tags: TagMap,
    /// The time when the deletion was asked for.
    deleted: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Active,
    Inactive,
    DeleteInProgress,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
        }
    }
}

impl Object for Family {}

impl Family {
    pub(super) fn items(&self) -> impl Iterator<Item = Item> {
        self.revisions.values().map(|revision| Item {
            kind: "ecs:task-definition",
            id: revision.arn.clone(),
            tags: revision.tags.clone(),
            tombstone: (revision.status != Status::Active).then_some(revision.status.word()),
        })
    }
}

impl Revision {
    fn shown(&self) -> Value {
        let mut body = self.body.clone();
        body.insert("status".to_owned(), self.status.word().into());
        body.into()
    }
}

pub(super) fn register(account: &mut Account, input: &Value) -> Answer {
    let mut body = normal::task_definition(account, input)?;
    let name = input["family"].as_str().unwrap_or_default().to_owned();
    let registered = account.seconds();
    let by = account.caller();
    let prefix = account.arn("ecs", &format!("task-definition/{name}"));
    let family = account.all_mut::<Family>().at(&name, Family::default);
    family.last += 1;
    let arn = format!("{prefix}:{}", family.last);
    body.insert("taskDefinitionArn".to_owned(), arn.clone().into());
    body.insert("revision".to_owned(), family.last.into());
    body.insert("registeredAt".to_owned(), registered.into());
    body.insert("registeredBy".to_owned(), by.into());
    let tags = TAGS.read(input);
    let revision = Revision { arn, status: Status::Active, body, tags, deleted: None };
    let answer = json!({"taskDefinition": revision.shown(), "tags": TAGS.write(&revision.tags)});
    family.revisions.insert(family.last, revision);
    Ok(answer)
}

pub(super) fn describe(account: &mut Account, input: &Value) -> Answer {
    let name = input["taskDefinition"].as_str().unwrap_or_default();
    let revision = find(account, name).ok_or_else(|| client("Unable to describe task definition."))?;
    let mut answer = json!({"taskDefinition": revision.shown()});
    if includes(input, "TAGS") {
        answer["tags"] = TAGS.write(&revision.tags);
    }
    Ok(answer)
}

pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let prefix = input["familyPrefix"].as_str().unwrap_or_default();
    let status = input["status"].as_str().unwrap_or("ACTIVE");
    let families = account.all::<Family>().iter();
    let mut arns: Vec<&String> = families
        .filter(|(name, _)| name.starts_with(prefix))
        .flat_map(|(_, family)| family.revisions.values())
        .filter(|revision| revision.status.word() == status)
        .map(|revision| &revision.arn)
        .collect();
    if input["sort"] == "DESC" {
        arns.reverse();
    }
    PAGES.of(account, input, "taskDefinitionArns", arns, |arn| json!(arn))
}

/// Lists families: those with an ACTIVE revision, those without one, or all.
pub(super) fn list_families(account: &mut Account, input: &Value) -> Answer {
    let prefix = input["familyPrefix"].as_str().unwrap_or_default();
    let wanted = input["status"].as_str().unwrap_or("ALL");
    let status = |family: &Family| {
        let mut revisions = family.revisions.values();
        match revisions.any(|revision| revision.status == Status::Active) {
            true => "ACTIVE",
            false => "INACTIVE",
        }
    };
    let families = account.all::<Family>().iter();
    let names = families
        .filter(|(name, _)| name.starts_with(prefix))
        .filter(|(_, family)| wanted == "ALL" || wanted == status(family))
        .map(|(name, _)| name);
    PAGES.of(account, input, "families", names, |name| json!(name))
}

pub(super) fn deregister(account: &mut Account, input: &Value) -> Answer {
    let name = input["taskDefinition"].as_str().unwrap_or_default();
    let deregistered = account.seconds();
    let revision = find_numbered(account, name).ok_or_else(|| client("Unable to find the task definition."))?;
    if revision.status != Status::Active {
        return Err(client(
            "The specified task definition is inactive. You can only deregister active task definitions.",
        ));
    }
    revision.status = Status::Inactive;
    revision.body.insert("deregisteredAt".to_owned(), deregistered.into());
    Ok(json!({"taskDefinition": revision.shown()}))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let names = texts(input, "taskDefinitions");
    if names.is_empty() || names.len() > 10 {
        return Err(invalid("Specify between 1 and 10 task definitions."));
    }
    let now = account.now;
    let requested = account.seconds();
    let mut deleted = Vec::new();
    let mut failures = Vec::new();
    for name in names {
        match find_numbered(account, &name) {
            None => failures.push(failure(
                &name,
                "The specified task definition does not exist. Specify a valid account, family, revision and try again.",
            )),
            Some(revision) if revision.status == Status::Active => failures.push(failure(
                &revision.arn,
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
            )),
            Some(revision) => {
                revision.status = Status::DeleteInProgress;
                revision.deleted.get_or_insert(now);
                revision.body.insert("deleteRequestedAt".to_owned(), requested.into());
                deleted.push(revision.shown());
            }
        }
    }
    Ok(json!({"taskDefinitions": deleted, "failures": failures}))
}

/// Ends the deletions of the family's revisions that nothing uses any more. Returns the time to look again.
pub(super) fn settle(account: &mut Account, name: &str) -> Option<i64> {
    const DELETION: i64 = 10_000;
    const LOOK: i64 = 5_000;
    let now = account.now;
    let used = |arn: &str| {
        account.all::<Task>().values().any(|task| task.status(now) != "STOPPED" && task.definition == arn)
            || account.all::<Service>().values().any(|service| !service.is_inactive() && service.uses(arn))
    };
    let revisions = &account.all::<Family>().get(name)?.revisions;
    let is_over = |asked: i64, arn: &str| asked + DELETION <= now && !used(arn);
    let deleted = revisions.iter().filter_map(|(number, revision)| Some((*number, revision.deleted?, &revision.arn)));
    let (over, left): (Vec<_>, Vec<_>) = deleted.partition(|(_, asked, arn)| is_over(*asked, arn));
    let next = left.iter().map(|(_, asked, _)| (asked + DELETION).max(now + LOOK)).min();
    let over: Vec<i64> = over.into_iter().map(|(number, _, _)| number).collect();
    if !over.is_empty() {
        let family = account.all_mut::<Family>().get_mut(name)?;
        family.revisions.retain(|number, _| !over.contains(number));
    }
    next
}

/// The revision that a service or a task is to run: `family`, `family:revision` or an ARN.
pub(super) fn to_run<'a>(account: &'a Account, name: &str) -> Result<&'a Revision, Fault> {
    let revision = find(account, name).ok_or_else(|| client("TaskDefinition not found."))?;
    if revision.status != Status::Active {
        return Err(client("TaskDefinition is inactive"));
    }
    Ok(revision)
}

/// A revision by ARN, whatever its status.
pub(super) fn by_arn<'a>(account: &'a Account, arn: &str) -> Option<&'a Revision> {
    find(account, arn)
}

fn find<'a>(account: &'a Account, name: &str) -> Option<&'a Revision> {
    let families = &account.all::<Family>();
    let name = last_segment(name);
    match name.split_once(':') {
        Some((family, number)) => families.get(family)?.revisions.get(&number.parse().ok()?),
        None => families.get(name)?.revisions.values().rev().find(|revision| revision.status == Status::Active),
    }
}

fn find_numbered<'a>(account: &'a mut Account, name: &str) -> Option<&'a mut Revision> {
    let (family, number) = last_segment(name).split_once(':')?;
    account.all_mut::<Family>().get_mut(family)?.revisions.get_mut(&number.parse().ok()?)
}
