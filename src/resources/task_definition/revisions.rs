//! Registering, reading and deleting the revisions of a family.
//!
//! Knows: how ECS registers, lists, describes and deletes revisions, and that each carries its own tags. Must not know:
//! the spec.

use aws_sdk_ecs::types::{SortOrder, TaskDefinitionStatus};
use serde_json::{Value, json};

use super::{ROLES, TaskDefinition, TaskDefinitionLive};
use crate::cloud::{Cloud, CloudError, ECS, LAB_TAG, Owner, Result, unless_gone};
use crate::model::Tags;
use crate::resource::{Beside, Fate, Resource as _, Target, Waiting, When};
use crate::resources::ecs::{self, list, text};

/// The revisions that are described at once: a CI may have registered hundreds since the lab's.
const AT_ONCE: usize = 10;

impl TaskDefinitionLive {
    /// The ARN of the revision that carries the tags which say whose the family is.
    pub(super) fn tagged(&self) -> &str {
        self.own.as_ref().unwrap_or(&self.arn)
    }

    /// The words for who registered the revision: `revision 2 was registered by arn:…`.
    pub(super) fn registered(&self) -> String {
        let by = match text(&self.document, "registeredBy") {
            by if by.is_empty() => "somebody else".to_owned(),
            by => by,
        };
        format!("revision {} was registered by {by}", self.revision)
    }
}

/// The latest ACTIVE revision of a family, or the revision of an ARN, with its tags; none if there is none.
pub(super) async fn describe(cloud: &Cloud, family_or_arn: &str) -> Result<Option<(TaskDefinitionLive, Tags)>> {
    let asked = json!({"taskDefinition": family_or_arn, "include": ["TAGS"]});
    let answer = unless_gone(cloud.call(&ECS, "DescribeTaskDefinition", asked).await)?;
    Ok(answer.map(|mut answer| {
        let tags = ecs::tags_of(&answer);
        (live(answer["taskDefinition"].take(), &tags), tags)
    }))
}

/// A family as its newest ACTIVE revision shows it, with the tags of the newest that is `lab`'s: CIs and consoles register
/// revisions of a lab's family without its tags. If none is the lab's, the tags are those of the newest; none if there is
/// no such family.
pub(super) async fn family(cloud: &Cloud, name: &str, lab: &str) -> Result<Option<(TaskDefinitionLive, Tags)>> {
    let Some((newest, tags)) = describe(cloud, name).await? else {
        return Ok(None);
    };
    if newest.revision == 1 || is_of(lab, &tags) {
        return Ok(Some((newest, tags)));
    }
    Ok(Some(match newest_of(cloud, name, lab).await? {
        Some((own, own_tags)) => (TaskDefinitionLive { own: Some(own.arn), lab: own.lab, ..newest }, own_tags),
        None => (newest, tags),
    }))
}

/// The newest ACTIVE revision of a family that is `lab`'s. The tag index knows which these are, as far as it knows them.
async fn newest_of(cloud: &Cloud, family: &str, lab: &str) -> Result<Option<(TaskDefinitionLive, Tags)>> {
    let mut indexed: Vec<String> = cloud.indexed().await?.into_keys().filter(|arn| family_of(arn) == family).collect();
    indexed.sort_by_key(|arn| std::cmp::Reverse(revision_of(arn)));
    if let Some(found) = first_of(cloud, &indexed, lab).await? {
        return Ok(Some(found));
    }
    let list = cloud.ecs.list_task_definitions().family_prefix(family).status(TaskDefinitionStatus::Active);
    let mut pages = list.sort(SortOrder::Desc).into_paginator().send();
    while let Some(page) = pages.next().await {
        // The call takes a prefix: `web` finds the revisions of `web-app` too.
        let arns: Vec<String> =
            page?.task_definition_arns().iter().filter(|arn| family_of(arn) == family).cloned().collect();
        if let Some(found) = first_of(cloud, &arns, lab).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The first of these revisions that is ACTIVE and `lab`'s.
async fn first_of(cloud: &Cloud, arns: &[String], lab: &str) -> Result<Option<(TaskDefinitionLive, Tags)>> {
    for batch in arns.chunks(AT_ONCE) {
        for found in cloud.each(batch.iter(), |arn| describe(cloud, arn)).await {
            if let Some((live, tags)) = found?
                && live.status == "ACTIVE"
                && is_of(lab, &tags)
            {
                return Ok(Some((live, tags)));
            }
        }
    }
    Ok(None)
}

fn is_of(lab: &str, tags: &Tags) -> bool {
    matches!(Owner::of(tags, TaskDefinition::KIND, lab), Owner::Lab(_))
}

/// Reads a revision off an answer of ECS.
pub(super) fn live(document: Value, tags: &Tags) -> TaskDefinitionLive {
    TaskDefinitionLive {
        arn: text(&document, "taskDefinitionArn"),
        family: text(&document, "family"),
        revision: document["revision"].as_i64().unwrap_or_default(),
        status: text(&document, "status"),
        lab: tags.get(LAB_TAG).cloned(),
        own: None,
        document,
    }
}

/// The revisions of the family of `live` that belong to the same lab, oldest first.
pub(super) async fn revisions(
    cloud: &Cloud,
    live: &TaskDefinitionLive,
    status: TaskDefinitionStatus,
    waiting: &Waiting,
) -> Result<Vec<String>> {
    let mut pages =
        cloud.ecs.list_task_definitions().family_prefix(&live.family).status(status).into_paginator().send();
    let mut ours = Vec::new();
    while let Some(page) = pages.next().await {
        for arn in page?.task_definition_arns() {
            // Each may cost a call, and there may be thousands.
            waiting.goes_on()?;
            // The call takes a prefix: `web` finds the revisions of `web-app` too.
            if family_of(arn) == live.family && (arn == live.tagged() || is_of_lab(cloud, arn, live).await?) {
                ours.push(arn.clone());
            }
        }
    }
    Ok(ours)
}

/// The ACTIVE revisions of the family of `live` that aren't `lab`'s, oldest first: a delete leaves them.
pub(super) async fn of_others(cloud: &Cloud, lab: &str, live: &TaskDefinitionLive, when: When) -> Result<Vec<Beside>> {
    if live.revision == 1 || when == When::Refused {
        return Ok(Vec::new());
    }
    let list = cloud.ecs.list_task_definitions().family_prefix(&live.family).status(TaskDefinitionStatus::Active);
    let mut pages = list.into_paginator().send();
    let mut others = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page?;
        let arns = page.task_definition_arns().iter().filter(|arn| family_of(arn) == live.family);
        let arns = arns.filter(|arn| *arn != live.tagged());
        for found in cloud.each(arns, |arn| describe(cloud, arn)).await {
            if let Some((revision, tags)) = found?
                && revision.status == "ACTIVE"
                && !is_of(lab, &tags)
            {
                others.push(Beside::new(format!("{} ({})", revision.registered(), revision.arn), Fate::Stays));
            }
        }
    }
    Ok(others)
}

async fn is_of_lab(cloud: &Cloud, arn: &str, live: &TaskDefinitionLive) -> Result<bool> {
    let other = describe(cloud, arn).await?;
    Ok(other.zip(live.lab.as_deref()).is_some_and(|((_, tags), lab)| is_of(lab, &tags)))
}

/// Registers a revision.
pub(super) async fn register(cloud: &Cloud, target: &Target, mut document: Value) -> Result<TaskDefinitionLive> {
    document["tags"] = ecs::tags(&target.tags);
    let roles = ROLES.map(|field| document[field].clone());
    let answer = cloud.call(&ECS, "RegisterTaskDefinition", document).await;
    let mut answer = answer.map_err(|error| naming_roles(error, &roles))?;
    Ok(live(answer["taskDefinition"].take(), &target.tags))
}

/// Names the roles in ECS's error, which says "Role is not valid", and not which.
fn naming_roles(error: CloudError, roles: &[Value]) -> CloudError {
    if !error.says("ClientException", "Role is not valid") {
        return error;
    }
    let roles: Vec<&str> = roles.iter().filter_map(Value::as_str).collect();
    let message = format!("{} ({})", error.message().trim(), roles.join(", "));
    error.reworded(message)
}

/// Makes a revision INACTIVE; that it is so already is a success.
pub(super) async fn deregister(cloud: &Cloud, arn: &str) -> Result<()> {
    let call = cloud.ecs.deregister_task_definition().task_definition(arn);
    match call.send().await.map_err(CloudError::from) {
        Err(error) if error.says("ClientException", "is inactive") => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Deletes up to 10 INACTIVE revisions.
pub(super) async fn remove(cloud: &Cloud, arns: &[String]) -> Result<()> {
    let answer = cloud.call(&ECS, "DeleteTaskDefinitions", json!({"taskDefinitions": arns})).await?;
    for failure in list(&answer, "failures") {
        let left = describe(cloud, &text(failure, "arn")).await?;
        if left.is_some_and(|(live, _)| live.status != "DELETE_IN_PROGRESS") {
            return Err(ecs::failed("DeleteTaskDefinitions", failure));
        }
    }
    Ok(())
}

/// The part `arn:…:task-definition/<family>`, which all revisions share.
pub(in crate::resources) fn family_arn(arn: &str) -> &str {
    arn.rsplit_once(':').map_or(arn, |(family, _)| family)
}

/// The number at the end of a revision's ARN.
fn revision_of(arn: &str) -> Option<i64> {
    arn.rsplit_once(':')?.1.parse().ok()
}

/// The family in `arn:…:task-definition/<family>:<revision>`.
fn family_of(arn: &str) -> &str {
    let family = family_arn(arn);
    family.rsplit('/').next().unwrap_or(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_told_from_its_prefix() {
        let arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-app:12";
        assert_eq!(family_of(arn), "web-app");
    }
}
