//! Permissions that IAM has to give for task definitions.

use std::collections::BTreeSet;

use super::TaskDefinition;
use crate::cloud::role_path;
use crate::resource::{Grant, Granted, Names, Need, Place, Ref, RefOrArn, role_arn};
use crate::resources::role::lab_roles;
use crate::resources::{Role, ecs};

impl Granted for TaskDefinition {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitionFamilies", "ecs:ListTaskDefinitions"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        let revisions = [place.arn("ecs", &format!("task-definition/{name}:*"))];
        let register = &["ecs:RegisterTaskDefinition"];
        let mut grants = vec![
            Grant::on(Need::Change, register, revisions).tagging(place),
            Grant::on_owned(Need::Delete, &["ecs:DeleteTaskDefinitions"], place),
            // AWS can't limit it to a family or to tags.
            Grant::in_region(Need::Delete, &["ecs:DeregisterTaskDefinition"], place),
        ];
        grants.extend(ecs::tag_grants(place));
        // A role that isn't the lab's has a path that nobody knows.
        let foreign = |role: &Ref<Role>| ["/", "/*/"].map(|path| role_arn(place, path, &role.name)).to_vec();
        grants.extend(self.passing(Need::Change, |role| match names.contains_key(&role.address()) {
            true => vec![lab_roles(place)],
            false => foreign(role),
        }));
        grants.extend(self.passing(Need::Run, |role| match names.get(&role.address()) {
            Some(name) => vec![role_arn(place, &role_path(&place.lab, &place.region), name)],
            None => foreign(role),
        }));
        for need in [Need::Change, Need::Run] {
            let asked = self.roles(|role| match names.contains_key(&role.address()) {
                true => Vec::new(),
                false => foreign(role),
            });
            grants.extend((!asked.is_empty()).then(|| Grant::on(need, &["iam:GetRole"], asked)));
        }
        let groups = self.log_groups(place);
        if !groups.is_empty() {
            grants.push(Grant::on(Need::Look, &["logs:FilterLogEvents"], groups));
        }
        let streams = self.log_streams(place);
        if !streams.is_empty() {
            let read = &["logs:GetLogEvents"];
            grants.push(Grant::on(Need::Run, read, streams.clone()));
            // The last words of a task that keeps a service from becoming stable.
            grants.push(Grant::on(Need::Explain, read, streams));
        }
        grants
    }
}

impl TaskDefinition {
    /// The permission for passing the definition's roles to its tasks. `arns` gives what stands for a role that is named.
    fn passing(&self, need: Need, arns: impl Fn(&Ref<Role>) -> Vec<String>) -> Option<Grant> {
        let pass = Grant::on(need, &["iam:PassRole"], self.roles(arns));
        let service = ["ecs-tasks.amazonaws.com"];
        (!pass.resources.is_empty()).then(|| pass.only("StringEquals", "iam:PassedToService", service))
    }

    /// The ARNs of the definition's roles. `arns` gives what stands for a role that is named.
    fn roles(&self, arns: impl Fn(&Ref<Role>) -> Vec<String>) -> BTreeSet<String> {
        let roles = [&self.execution_role_arn, &self.task_role_arn];
        let roles = roles.into_iter().flatten().flat_map(|role| match role {
            RefOrArn::Lab(role) => arns(role),
            RefOrArn::Arn(arn) => vec![arn.clone()],
        });
        roles.collect()
    }

    /// The ARNs of the content of the log groups that the containers write to.
    fn log_groups(&self, place: &Place) -> Vec<String> {
        let content = |group: &String| place.arn("logs", &format!("log-group:{group}:*"));
        self.groups().map(content).collect()
    }

    /// The ARNs of the log streams that the containers write.
    fn log_streams(&self, place: &Place) -> Vec<String> {
        let stream = |group: &String| place.arn("logs", &format!("log-group:{group}:log-stream:*"));
        self.groups().map(stream).collect()
    }

    fn groups(&self) -> impl Iterator<Item = &String> {
        let logs = self.container_definitions.iter();
        let logs = logs.filter_map(|container| container.log_configuration.as_ref());
        logs.filter_map(|log| log.options.as_ref()?.get("awslogs-group"))
    }
}
