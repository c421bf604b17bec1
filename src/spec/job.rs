//! Jobs: tasks that run once, as RunTask takes them.

use std::time::Duration;

use labform_account::rules::RUN_TASK;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errors::suggest;
use super::pretended::Pretended;
use super::transfer::{JobInput, JobOutput, bucket_refs, check_objects};
use crate::resource::{Checks, PathError, Problem, Ref, SpecRef, breaches, document};
use crate::resources::{
    Cluster, Compatibility, NetworkConfiguration, NetworkMode, Overrides, Strategy, TaskDefinition, misnamed, readable,
    unknown_open, way_out_problem,
};

pub use crate::resources::JOB;

/// A job: the parameters of RunTask, how long it may take, the files that it is given in S3 and those that it writes
/// there. Only the parameters of RunTask are written as JSON.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Job {
    /// The cluster that the job runs in.
    pub cluster: Ref<Cluster>,
    /// The task definition that the job's task is made of.
    pub task_definition: Ref<TaskDefinition>,
    /// The launch type of the job's task. Left out, as is the strategy, the cluster's default strategy holds.
    pub launch_type: Option<Compatibility>,
    /// The capacity providers that the job's task runs on, in shares; instead of a launch type.
    pub capacity_provider_strategy: Option<Strategy>,
    /// The version of Fargate, as in `LATEST` or `1.4.0`.
    pub platform_version: Option<String>,
    /// The network of the job's task, in `awsvpc` mode.
    pub network_configuration: Option<NetworkConfiguration>,
    /// The differences from the task definition.
    pub overrides: Option<Overrides>,
    /// The environment variables in `overrides` that are no secrets, though their names or values look like it.
    #[serde(skip_serializing)]
    pub not_secret: Option<Vec<String>>,
    /// The longest that the job may take, as in `30m`, from the moment that its task is made.
    #[serde(skip_serializing)]
    pub timeout: Option<String>,
    /// The files that are put into buckets before the task starts.
    #[serde(skip_serializing)]
    pub inputs: Option<Vec<JobInput>>,
    /// The objects that the task writes.
    #[serde(skip_serializing)]
    pub outputs: Option<Vec<JobOutput>>,
    /// The behaviour of the job's container if the task is pretended, on the embedded account.
    #[serde(skip_serializing)]
    pub sandbox: Option<Pretended>,
}

impl Job {
    pub(super) fn parse(value: &Value) -> Result<Self, PathError> {
        serde_path_to_error::deserialize(value).map_err(PathError::of)
    }

    /// The resources that the job refers to.
    pub fn refs(&self) -> Vec<SpecRef> {
        let mut refs = vec![self.cluster.at("cluster"), self.task_definition.at("taskDefinition")];
        if let Some(network) = &self.network_configuration {
            refs.extend(network.refs());
        }
        refs.extend(bucket_refs(self.inputs.as_deref(), self.outputs.as_deref()));
        refs
    }

    /// The resources that only the job's pretended container needs.
    pub(super) fn pretended_refs(&self) -> Vec<SpecRef> {
        self.sandbox.as_ref().map(Pretended::refs).unwrap_or_default()
    }

    /// The longest that the job may take; none if the spec doesn't say.
    pub fn deadline(&self) -> Option<Duration> {
        humantime::parse_duration(self.timeout.as_deref()?).ok()
    }

    pub(super) fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = check_objects(self.inputs.as_deref(), self.outputs.as_deref());
        if let Some(timeout) = &self.timeout
            && self.deadline().is_none_or(|time| time.is_zero())
        {
            let message = format!("`{timeout}` is not a time that a job can take");
            problems.push(Problem::at("timeout", message).hint("write it as in `30m` or `1h 30m`"));
        }
        problems.extend(self.sandbox.iter().flat_map(Pretended::check));
        problems.extend(breaches(&RUN_TASK, &document(self)));
        let network = self.network_configuration.as_ref().filter(|_| self.launch_type == Some(Compatibility::Fargate));
        problems.extend(network.and_then(|network| network.private_problem(checks)));
        let Some(definition) = checks.get(&self.task_definition) else {
            return problems;
        };
        problems.extend(network.and_then(|network| way_out_problem(network, definition, checks)));
        let name = &self.task_definition.name;
        let has_own_network = definition.network_mode == Some(NetworkMode::Awsvpc);
        if has_own_network && self.network_configuration.is_none() {
            let message = format!("the tasks of `{name}` have network interfaces, and no word says where");
            let hint = "give `networkConfiguration` with `awsvpcConfiguration`";
            problems.push(Problem::at("taskDefinition", message).hint(hint));
        }
        if !has_own_network && self.network_configuration.is_some() {
            let message = format!("the tasks of `{name}` have no network interfaces of their own");
            let hint = format!("write `networkMode: awsvpc` in `{name}`");
            problems.push(Problem::at("networkConfiguration", message).hint(hint));
        }
        let overrides = || self.overrides.iter().flat_map(|all| &all.container_overrides).flatten();
        let variables = overrides().flat_map(|one| one.environment.iter().flatten());
        problems.extend(unknown_open(self.not_secret.as_deref(), variables));
        let path = |n: usize| format!("overrides.containerOverrides[{n}].environment");
        let environments = overrides().enumerate().map(|(n, one)| (path(n), one.environment.as_deref()));
        problems.extend(readable(environments, self.not_secret.as_deref().unwrap_or_default(), "job"));
        for (n, one) in overrides().enumerate() {
            problems.extend(misnamed(one.environment.as_deref(), &path(n)));
            if definition.container(&one.name).is_none() {
                let known = definition.container_definitions.iter();
                let problem = Problem::at(
                    format!("overrides.containerOverrides[{n}].name"),
                    format!("`{name}` has no container `{}`", one.name),
                );
                let known = known.map(|container| container.name.as_str()).take(20);
                let hint = suggest(&one.name, known);
                problems.push(Problem { hint, ..problem });
            }
        }
        problems
    }
}
