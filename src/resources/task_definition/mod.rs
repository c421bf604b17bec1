//! Amazon ECS task definitions: families of revisions that never change.

mod check;
mod container;
mod container_parts;
mod foreign;
mod grants;
mod links;
mod normal;
mod readable;
mod readers;
mod revisions;
mod roles;
mod shape;
mod tables;
mod volume;

pub(super) use container::LogConfiguration;
pub use container::{ContainerDefinition, KeyValuePair};
pub use readable::{misnamed, readable, unknown_open};
pub use shape::{Compatibility, NetworkMode, Size, TaskDefinition};
pub(super) use volume::Switch;

use aws_sdk_ecs::types::{TaskDefinitionFamilyStatus, TaskDefinitionStatus};
use futures::future::try_join_all;
use labform_account::rules::{ECS_NAME, TASK_DEFINITION};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ecs::{self, text};
use super::file_system::FileSystem;
use super::image::image_of;
use crate::cloud::{self, Cause, Cloud, CloudError, LAB_TAG, Owner, Result};
use crate::model::{Address, Diff, Effect, Shape, both_without_secrets};
use crate::resource::{
    Beside, CallRules, Checks, Content, Edit, Field, Found, Habits, Managed, NameRule, Names, Observed, Others, Output,
    Pasted, Place, Problem, Ref, Replacing, Resource, SpecRef, Target, Waiting, Wanted, When, known,
};
pub(super) use revisions::family_arn;
use revisions::{describe, family, register, remove, revisions};

/// AWS's description of a family: of its newest ACTIVE revision, whoever registered that.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskDefinitionLive {
    /// The revision's ARN.
    pub arn: String,
    /// The family's name.
    pub family: String,
    /// The revision's number; numbers are never used again.
    pub revision: i64,
    /// The status: `ACTIVE`, `INACTIVE` or `DELETE_IN_PROGRESS`.
    pub status: String,
    /// The lab that the revision's owner tag names: revisions carry their own tags, and only the lab's may go.
    pub lab: Option<String>,
    /// The ARN of the lab's newest revision, if somebody else has registered a later one.
    #[serde(default)]
    pub own: Option<String>,
    /// The members that DescribeTaskDefinition answers.
    pub document: Value,
}

/// The fields that name roles.
const ROLES: [&str; 2] = ["executionRoleArn", "taskRoleArn"];

impl TaskDefinition {
    /// The container of this name.
    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.container_definitions.iter().find(|container| container.name == name)
    }

    /// Returns whether the definition is meant for `compatibility`.
    pub fn requires(&self, compatibility: Compatibility) -> bool {
        self.requires_compatibilities.iter().flatten().any(|required| *required == compatibility)
    }

    /// The body of RegisterTaskDefinition, without tags.
    fn body(&self, family: &str, others: &Others) -> Value {
        let mut document = ecs::body(self);
        document.insert("family".to_owned(), family.into());
        for (field, role) in [("executionRoleArn", &self.execution_role_arn), ("taskRoleArn", &self.task_role_arn)] {
            if let Some(role) = role {
                document.insert(field.to_owned(), others.arn(role).shown().into());
            }
        }
        let mut document = Value::Object(document);
        volume::with_ids(self.volumes.as_ref(), &mut document, others);
        document
    }

    /// The file systems of the lab that the tasks mount.
    pub(super) fn file_systems(&self) -> impl Iterator<Item = &Ref<FileSystem>> {
        volume::file_systems(self.volumes.as_ref())
    }
}

impl Resource for TaskDefinition {
    const KIND: &'static str = "taskDefinition";
    const SECTION: &'static str = "taskDefinitions";
    const NAME: NameRule = NameRule::of("family", ECS_NAME, "letters, digits, - and _");
    const FIELDS: &'static [Field] = tables::FIELDS;
    const RULES: CallRules = &[&TASK_DEFINITION];
    const PASTED: Pasted = tables::PASTED;
    type Live = TaskDefinitionLive;

    fn refs(&self) -> Vec<SpecRef> {
        let execution = self.execution_role_arn.as_ref();
        let task = self.task_role_arn.as_ref();
        let roles =
            [execution.and_then(|role| role.at("executionRoleArn")), task.and_then(|role| role.at("taskRoleArn"))];
        roles.into_iter().flatten().chain(volume::refs(self.volumes.as_ref())).collect()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = check::problems(self, checks);
        problems.extend(check::image_problems(self, checks));
        problems.extend(foreign::image_problems(self, checks));
        problems.extend(foreign::role_problems(self, checks));
        problems.extend(foreign::log_problems(self, checks));
        problems.extend(readers::problems(self, checks));
        problems
    }

    /// Tasks pull their images when they start.
    fn follows(&self, checks: &Checks<'_>) -> Vec<Address> {
        let containers = self.container_definitions.iter();
        let images = containers.filter_map(|container| image_of(checks, &container.image));
        images.map(|(address, _)| address.clone()).collect()
    }

    fn wanted(&self, live: &TaskDefinitionLive, others: &Others) -> Value {
        self.body(&live.family, others)
    }

    fn document(live: &TaskDefinitionLive) -> Value {
        known(&live.document, &tables::SHAPE)
    }

    fn diff(&self, want: &Value, live: &TaskDefinitionLive, _others: &Others) -> Diff {
        let want = with_roles_of(&live.document, want);
        let (have, want) = (normal::normal(&live.document), normal::normal(&want));
        let mut diff = Diff::default();
        if have != want {
            // The spec can't hold a secret, and what is live may: somebody else may have put it there.
            let open = self.not_secret.iter().flatten().cloned().collect();
            let (have, want) = both_without_secrets(&have, &want, &open);
            diff.push("definition", have, want, Effect::Update, Shape::Document);
        }
        diff
    }

    fn outputs(_place: &Place, name: &str, live: Option<&TaskDefinitionLive>) -> Vec<Output> {
        let arn = live.map(|live| live.arn.as_str());
        vec![Output::fixed("name", name), Output::live("arn", arn)]
    }

    /// A service may still run an earlier revision, so that the family's own ARN counts, too.
    fn ids(live: &TaskDefinitionLive) -> Vec<String> {
        let newest = live.own.as_ref().map(|_| live.arn.clone());
        let ids = [Some(live.tagged().to_owned()), newest, Some(family_arn(&live.arn).to_owned())];
        ids.into_iter().flatten().collect()
    }

    fn drift(live: &TaskDefinitionLive) -> Option<String> {
        live.own.as_ref().map(|_| live.registered())
    }

    fn links(live: &TaskDefinitionLive) -> Vec<String> {
        links::links(&live.document)
    }

    async fn read(
        cloud: &Cloud,
        wanted: &[Wanted<'_, Self>],
        _names: &Names,
    ) -> Result<Vec<Found<TaskDefinitionLive>>> {
        let reads = wanted.iter().map(|one| async move {
            let Some((live, tags)) = family(cloud, one.name, one.lab).await? else {
                return Ok(None);
            };
            let observed = match live.status.as_str() {
                "INACTIVE" | "DELETE_IN_PROGRESS" => Observed::Tombstone,
                _ => Observed::Present { live, tags },
            };
            let (address, name) = (one.address.clone(), one.name.to_owned());
            Ok::<_, CloudError>(Some(Found { address, name, observed, untagged: None }))
        });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }
}

impl Managed for TaskDefinition {
    const SERVICE: cloud::Service = cloud::Service::Table(&cloud::ECS);
    const HABITS: Habits = Habits { replacing: Replacing::Revision, holds: false, ..Habits::USUAL };

    async fn preflight(&self, cloud: &Cloud, _: Option<&TaskDefinitionLive>, others: &Others) -> Result<()> {
        roles::check(self, cloud, others).await
    }

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<TaskDefinitionLive>>> {
        let mut pages = cloud
            .ecs
            .list_task_definition_families()
            .status(TaskDefinitionFamilyStatus::Active)
            .into_paginator()
            .send();
        let mut families = Vec::new();
        while let Some(page) = pages.next().await {
            families.extend(page?.families().iter().cloned());
        }
        let read = cloud.each(families.iter(), |name| family(cloud, name, lab));
        let read: Result<Vec<_>> = read.await.into_iter().collect();
        let read: Vec<_> = read?.into_iter().flatten().collect();
        cloud.learn_names(Self::KIND, read.iter().map(|(live, _)| live.family.as_str()));
        let ours =
            read.into_iter().filter_map(|(live, tags)| Found::of_lab(Self::KIND, lab, live.family.clone(), live, tags));
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<TaskDefinitionLive> {
        register(cloud, target, self.body(&target.name, others)).await
    }

    /// Registers another revision. The one before stays ACTIVE for the tasks that run it.
    ///
    /// # Guarantees
    /// A revision that was registered since the plan was made is never passed over: a CI's new image may be in it.
    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &TaskDefinitionLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<TaskDefinitionLive> {
        if !edit.touches("definition") {
            return Ok(live.clone());
        }
        match describe(cloud, &live.family).await? {
            Some((newest, tags)) if newest.revision > live.revision => {
                let is_own = Owner::of(&tags, Self::KIND, &target.tags[LAB_TAG]).is(&target.address);
                // The answer to the call that registered it was lost.
                if is_own
                    && normal::normal(&newest.document) == normal::normal(&with_roles_of(&newest.document, &edit.want))
                {
                    return Ok(newest);
                }
                let message = format!("{} since the plan was made: run the command again", newest.registered());
                Err(CloudError::own(Cause::Overtaken, message))
            }
            _ => register(cloud, target, edit.want.clone()).await,
        }
    }

    /// Deletes all revisions of the family that carry the lab's tag; those of others stay.
    ///
    /// # Caveats
    /// A revision that a task or service still uses stays DELETE_IN_PROGRESS, for as long as that runs. Such a revision
    /// costs nothing, so that nobody waits for it (API reference, DeleteTaskDefinitions).
    async fn delete(cloud: &Cloud, live: &TaskDefinitionLive, _content: Content, waiting: &Waiting) -> Result<()> {
        // A first revision has no others before it, because their numbers are never used again.
        let alone = live.revision == 1;
        let mut doomed = match alone {
            true => vec![live.arn.clone()],
            false => revisions(cloud, live, TaskDefinitionStatus::Active, waiting).await?,
        };
        for arn in &doomed {
            waiting.goes_on()?;
            revisions::deregister(cloud, arn).await?;
        }
        if !alone {
            for arn in revisions(cloud, live, TaskDefinitionStatus::Inactive, waiting).await? {
                if !doomed.contains(&arn) {
                    doomed.push(arn);
                }
            }
        }
        for batch in doomed.chunks(10) {
            waiting.goes_on()?;
            remove(cloud, batch).await?;
        }
        Ok(())
    }

    async fn beside(
        cloud: &Cloud,
        lab: &str,
        _spec: Option<&Self>,
        live: &TaskDefinitionLive,
        when: When,
    ) -> Result<Vec<Beside>> {
        revisions::of_others(cloud, lab, live, when).await
    }

    fn arn(_place: &Place, _name: &str, live: &TaskDefinitionLive) -> String {
        live.tagged().to_owned()
    }
}

/// `want` with its roles as they are in `have`, where one has a role's name and the other its ARN: ECS takes either.
fn with_roles_of(have: &Value, want: &Value) -> Value {
    let mut want = want.clone();
    for role in ROLES {
        let (live, asked) = (text(have, role), text(&want, role));
        let is_of = |arn: &str, name: &str| arn.starts_with("arn:") && arn.rsplit('/').next() == Some(name);
        if is_of(&live, &asked) || is_of(&asked, &live) {
            want[role] = live.into();
        }
    }
    want
}

#[cfg(test)]
mod tests;
