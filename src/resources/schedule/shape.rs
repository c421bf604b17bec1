//! The fields of CreateSchedule, in AWS's names, and those of the job whose task a schedule runs.
//!
//! Knows: shapes. Must not know: defaults, live objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::{Ref, RefOrArn};
use crate::resources::{Cluster, Compatibility, NetworkConfiguration, Overrides, Role, Strategy, TaskDefinition};

/// A schedule: the fields of CreateSchedule, and those of the job whose task it runs.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Schedule {
    /// The name of the schedule, and of the group that it stands in.
    pub name: Option<String>,
    /// The times: `cron(30 2 * * ? *)`, `rate(5 minutes)` or `at(2026-12-01T02:00:00)`.
    pub schedule_expression: String,
    /// The time zone of these times, as in `Europe/Berlin`; UTC if it is left out.
    pub schedule_expression_timezone: Option<String>,
    /// The time before which the schedule runs nothing, as in `2026-12-01T00:00:00Z`.
    pub start_date: Option<String>,
    /// The time after which the schedule runs nothing, likewise.
    pub end_date: Option<String>,
    /// The schedule's purpose.
    pub description: Option<String>,
    /// Whether the schedule runs anything; `ENABLED` if it is left out.
    pub state: Option<State>,
    /// The minutes after its time in which a run may begin; none if it is left out.
    pub flexible_time_window: Option<FlexibleTimeWindow>,
    /// How often, and for how long, a run that AWS couldn't start is tried again.
    pub retry_policy: Option<RetryPolicy>,
    /// The place of what is said of runs that couldn't be started.
    pub dead_letter_config: Option<DeadLetterConfig>,
    /// The role by which EventBridge Scheduler runs the task. Left out, labform makes one that may do that and nothing else.
    pub role_arn: RefOrArn<Role>,
    /// The name of the job that the tasks are of, as which a destroy stops them; that which the schedule stands in.
    pub job: Option<String>,
    /// The cluster that the task runs in.
    pub cluster: Ref<Cluster>,
    /// The task definition that the task is made of, in the revision that is the lab's.
    pub task_definition: Ref<TaskDefinition>,
    /// The launch type of the task. Left out, as is the strategy, the cluster's default strategy holds.
    pub launch_type: Option<Compatibility>,
    /// The capacity providers that the task runs on, in shares; instead of a launch type.
    pub capacity_provider_strategy: Option<Strategy>,
    /// The version of Fargate, as in `LATEST` or `1.4.0`.
    pub platform_version: Option<String>,
    /// The network of the task, in `awsvpc` mode.
    pub network_configuration: Option<NetworkConfiguration>,
    /// The differences from the task definition.
    pub overrides: Option<Overrides>,
}

/// Whether a schedule runs anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// The schedule runs at its times.
    Enabled,
    /// The schedule stays, and runs nothing.
    Disabled,
}

/// The minutes after its time in which a run may begin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlexibleTimeWindow {
    /// Whether there is such a window.
    pub mode: WindowMode,
    /// The number of minutes, 1 to 1440.
    pub maximum_window_in_minutes: Option<u16>,
}

/// Whether a run may begin later than its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum WindowMode {
    /// A run begins at its time.
    Off,
    /// A run begins at some moment of the window.
    Flexible,
}

/// The patience with a run that couldn't be started.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryPolicy {
    /// The seconds after its time in which a run is tried, 60 to 86400; a day if it is left out.
    pub maximum_event_age_in_seconds: Option<u32>,
    /// The number of times that a run is tried again, 0 to 185; 185 if it is left out.
    pub maximum_retry_attempts: Option<u32>,
}

/// The place of what is said of runs that couldn't be started.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeadLetterConfig {
    /// The ARN of a queue of Amazon SQS, which isn't the lab's.
    pub arn: String,
}
