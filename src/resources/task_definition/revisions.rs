//! Reading and deleting the revisions of a family.
//!
//! Knows: how ECS lists, describes and deletes revisions, and that each carries its own tags. Must not know: the spec.

use aws_sdk_ecs::types::{SortOrder, TaskDefinitionStatus};
use serde_json::{Value, json};

use super::TaskDefinitionLive;
use crate::cloud::{Cloud, CloudError, ECS, LAB_TAG, Result, unless_gone};
use crate::model::Tags;
use crate::resource::Waiting;
use crate::resources::ecs::{self, list, text};

/// The latest ACTIVE revision of a family, or the revision of an ARN, with its tags; none if there is none.
pub(super) async fn describe(cloud: &Cloud, family_or_arn: &str) -> Result<Option<(TaskDefinitionLive, Tags)>> {
    let asked = json!({"taskDefinition": family_or_arn, "include": ["TAGS"]});
    let answer = unless_gone(cloud.call(&ECS, "DescribeTaskDefinition", asked).await)?;
    Ok(answer.map(|mut answer| {
        let tags = ecs::tags_of(&answer);
        (live(answer["taskDefinition"].take(), &tags), tags)
    }))
}

/// The newest ACTIVE revision of a family that belongs to `lab`: somebody may have registered a later one by hand.
pub(super) async fn latest_of(cloud: &Cloud, family: &str, lab: &str) -> Result<Option<(TaskDefinitionLive, Tags)>> {
    let Some(latest) = describe(cloud, family).await? else {
        return Ok(None);
    };
    let is_ours = |live: &TaskDefinitionLive| live.lab.as_deref() == Some(lab);
    if is_ours(&latest.0) || latest.0.revision == 1 {
        return Ok(Some(latest));
    }
    let mut pages = cloud
        .ecs
        .list_task_definitions()
        .family_prefix(family)
        .status(TaskDefinitionStatus::Active)
        .sort(SortOrder::Desc)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        for arn in page?.task_definition_arns() {
            // The call takes a prefix: `web` finds the revisions of `web-app` too.
            if family_of(arn) == family
                && let Some(found) = describe(cloud, arn).await?
                && is_ours(&found.0)
            {
                return Ok(Some(found));
            }
        }
    }
    Ok(Some(latest))
}

/// Reads a revision off an answer of ECS.
pub(super) fn live(document: Value, tags: &Tags) -> TaskDefinitionLive {
    TaskDefinitionLive {
        arn: text(&document, "taskDefinitionArn"),
        family: text(&document, "family"),
        revision: document["revision"].as_i64().unwrap_or_default(),
        status: text(&document, "status"),
        lab: tags.get(LAB_TAG).cloned(),
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
            if family_of(arn) == live.family && (*arn == live.arn || is_of_lab(cloud, arn, live).await?) {
                ours.push(arn.clone());
            }
        }
    }
    Ok(ours)
}

async fn is_of_lab(cloud: &Cloud, arn: &str, live: &TaskDefinitionLive) -> Result<bool> {
    let other = describe(cloud, arn).await?;
    Ok(other.is_some_and(|(other, _)| other.lab.is_some() && other.lab == live.lab))
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
