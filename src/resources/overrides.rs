//! The differences of a task from its task definition.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KeyValuePair, Size};

/// The differences of a job's task from its task definition.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Overrides {
    /// The containers that differ.
    pub container_overrides: Option<Vec<ContainerOverride>>,
    /// CPU of the whole task.
    pub cpu: Option<Size>,
    /// Memory of the whole task.
    pub memory: Option<Size>,
}

/// The differences of a job's container from its definition.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerOverride {
    /// The container's name in the task definition.
    pub name: String,
    /// The command that the container runs.
    pub command: Option<Vec<String>>,
    /// Environment variables beside those of the task definition.
    pub environment: Option<Vec<KeyValuePair>>,
    /// CPU units that are kept for the container.
    pub cpu: Option<i32>,
    /// MiB beyond which the container is stopped.
    pub memory: Option<i32>,
}

impl ContainerOverride {
    /// An override of the container `name` that says nothing yet.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), command: None, environment: None, cpu: None, memory: None }
    }
}
