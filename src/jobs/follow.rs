//! Following a task to its end.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::sync::watch;

use super::log::{Logs, passes};
use super::request::Request;
use super::{By, INTERRUPTED, JobEnd, JobEvent, NEVER_RAN, Task, Wish, start};
use crate::cloud::{Cloud, CloudError, Result};
use crate::error::Error;
use crate::resource::{Waiting, retry};
use crate::resources::{self, ecs_list, ecs_text, explain_job};

/// The pause between two looks at the task and its log.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a task may be unknown to DescribeTasks: one that was just started is at first ("eventual consistency",
/// RunTask, API reference).
const UNKNOWN: Duration = Duration::from_secs(5 * 60);
/// How long AWS may give no answer.
const NO_ANSWER: Duration = Duration::from_secs(15 * 60);
/// How long CloudWatch Logs may take to show the last lines of a task that has ended, and how long nothing new says that
/// it has shown them.
const LAST_LINES: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_secs(4);
/// Why a task is stopped that the user wants no more.
const BY_USER: &str = "labform: stopped by Ctrl-C";

/// Follows one task.
pub(super) struct Follower<'a> {
    cloud: &'a Cloud,
    request: &'a Request,
    task: &'a Task,
    tell: &'a (dyn Fn(JobEvent) + Sync),
    wishes: watch::Receiver<Wish>,
    logs: Logs,
    state: (String, String),
    /// Since when ECS doesn't know the task.
    unknown_since: Option<SystemTime>,
    /// Since when AWS gives no answer.
    silent_since: Option<SystemTime>,
    stopped_by: Option<By>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(
        cloud: &'a Cloud,
        request: &'a Request,
        task: &'a Task,
        tell: &'a (dyn Fn(JobEvent) + Sync),
        wishes: watch::Receiver<Wish>,
    ) -> Self {
        let id = task.arn.rsplit('/').next().unwrap_or(&task.arn);
        Self {
            cloud,
            request,
            task,
            tell,
            wishes,
            logs: Logs::of(&request.definition, id),
            state: Default::default(),
            unknown_since: None,
            silent_since: None,
            stopped_by: None,
        }
    }

    /// Tells states and log lines until the task has stopped.
    ///
    /// # Errors
    /// Where it can't be read or stopped any more.
    pub(super) async fn follow(mut self) -> Result<JobEnd, Error> {
        let mut wishes = self.wishes.clone();
        loop {
            let stops = async {
                // Who sends wishes may have gone; then there are none any more.
                if wishes.wait_for(|wish| *wish == Wish::Stop).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let may_stop = self.stopped_by.is_none();
            let ended = tokio::select! {
                biased;
                () = stops, if may_stop => {
                    self.stop(By::User, BY_USER).await?;
                    continue;
                }
                ended = self.look() => ended?,
            };
            if let Some(task) = ended {
                self.read_last_lines(&task).await;
                return Ok(self.end(&task));
            }
            let is_late = self.request.timeout.is_some_and(|most| self.age() >= most);
            if is_late && self.stopped_by.is_none() {
                self.stop(By::Timeout, resources::TIMED_OUT).await?;
            }
        }
    }

    /// One look at the task and its log, and a pause. The task, once it has stopped.
    async fn look(&mut self) -> Result<Option<Value>, Error> {
        let arn = std::slice::from_ref(&self.task.arn);
        let described = start::describe(self.cloud, self.request, arn).await;
        let task = self.answered(described)?;
        if let Some(task) = &task {
            self.tell_state(task);
        }
        self.logs.read(self.cloud, self.tell).await;
        match task {
            Some(task) if task["lastStatus"] == "STOPPED" => Ok(Some(task)),
            _ => {
                self.cloud.sleep(PAUSE).await;
                Ok(None)
            }
        }
    }

    /// The task that was read; none where it wasn't, which is an error once that has gone on for too long.
    fn answered(&mut self, described: Result<Vec<Value>>) -> Result<Option<Value>, Error> {
        let now = self.cloud.now();
        let lasts = |since: SystemTime| now.duration_since(since).unwrap_or_default();
        match described {
            Ok(tasks) => {
                self.silent_since = None;
                let Some(task) = tasks.into_iter().next() else {
                    let since = *self.unknown_since.get_or_insert(now);
                    return match lasts(since) > UNKNOWN {
                        true => Err(self.lost("ECS doesn't know the task any more: it forgets one about an hour after its end")),
                        false => Ok(None),
                    };
                };
                self.unknown_since = None;
                Ok(Some(task))
            }
            Err(error) if passes(&error) => {
                if self.silent_since.is_none() {
                    (self.tell)(JobEvent::NoAnswer {
                        error: error.to_string(),
                    });
                }
                let since = *self.silent_since.get_or_insert(now);
                match lasts(since) > NO_ANSWER {
                    true => Err(self.unread(error)),
                    false => Ok(None),
                }
            }
            Err(error) => Err(self.unread(error)),
        }
    }

    fn unread(&self, error: CloudError) -> Error {
        let told = Error::from(error);
        let lost = self.lost(&told.message);
        Error {
            hints: told.hints.into_iter().chain(lost.hints).collect(),
            ..lost
        }
    }

    fn lost(&self, why: &str) -> Error {
        let Request { name, .. } = self.request;
        Error::failed(format!(
            "job.{name}: the task {} can't be followed: {why}",
            self.task.arn
        ))
        .hint(format!(
            "the task goes on if it was on: `labform run {name}` comes back to it"
        ))
    }

    fn age(&self) -> Duration {
        let age = self.cloud.now().duration_since(self.task.since);
        age.unwrap_or_default()
    }

    fn tell_state(&mut self, task: &Value) {
        let state = ecs_text(task, "lastStatus");
        // What keeps a container from starting stands beside it; at the end it is told in the explanation.
        let mut reasons = ecs_list(task, "containers").map(|one| ecs_text(one, "reason"));
        let reason = match state.as_str() {
            "PROVISIONING" | "PENDING" | "ACTIVATING" => reasons.find(|reason| !reason.is_empty()),
            "STOPPED" => None,
            _ => Some(ecs_text(task, "stoppedReason")),
        };
        let new = (state, reason.unwrap_or_default());
        if new != self.state {
            self.state = new;
            (self.tell)(JobEvent::State {
                state: self.state.0.clone(),
                after: self.age(),
                reason: self.state.1.clone(),
            });
        }
    }

    /// Tells ECS to stop the task. It bears being told twice.
    async fn stop(&mut self, by: By, why: &str) -> Result<(), Error> {
        self.stopped_by = Some(by);
        (self.tell)(JobEvent::Stopping {
            why: why.to_owned(),
        });
        let call = || async {
            let call = self.cloud.ecs.stop_task().task(&self.task.arn);
            let call = call.cluster(ecs_text(&self.request.document, "cluster"));
            call.reason(why).send().await?;
            Ok(())
        };
        let stopped = retry(self.cloud, &Waiting::silent(), call).await;
        stopped.map_err(|error| self.unread(error))
    }

    /// Reads what CloudWatch Logs shows late.
    async fn read_last_lines(&mut self, task: &Value) {
        let begun = self.cloud.now();
        let ran = |name: &str| {
            let mut containers = ecs_list(task, "containers");
            containers.any(|one| one["name"] == name && !one["exitCode"].is_null())
        };
        let mut quiet_since = begun;
        loop {
            let awaited = self.logs.awaited(ran);
            let now = self.cloud.now();
            let lasts = |since: SystemTime| now.duration_since(since).unwrap_or_default();
            let is_quiet = awaited.is_empty() && lasts(quiet_since) >= QUIET;
            if is_quiet || lasts(begun) >= LAST_LINES {
                for container in awaited {
                    let why =
                        "nothing of it has come; a program that writes nothing has none".to_owned();
                    (self.tell)(JobEvent::NoLog { container, why });
                }
                return;
            }
            self.cloud.sleep(PAUSE).await;
            if self.logs.read(self.cloud, self.tell).await > 0 {
                quiet_since = self.cloud.now();
            }
        }
    }

    fn end(&self, task: &Value) -> JobEnd {
        let reason = ecs_text(task, "stoppedReason");
        let code = exit_code(task, &self.request.definition);
        // A task that ended by itself while it was told to stop counts as what it is.
        let by_itself = task["stopCode"] == "EssentialContainerExited";
        let by = match self.stopped_by {
            _ if reason.contains(resources::TIMED_OUT) => By::Timeout,
            Some(by) if !by_itself => by,
            _ => By::Itself,
        };
        let exit_code = match by {
            By::Timeout => super::TIMED_OUT,
            By::User | By::Nobody => INTERRUPTED,
            By::Itself => code,
        };
        let (name, definition) = (&self.request.name, &self.request.definition);
        if by != By::User && exit_code != 0 {
            let explained = explain_job(name, task, definition, &self.logs.last());
            explained
                .into_iter()
                .for_each(|explanation| (self.tell)(JobEvent::Explained { explanation }));
        }
        JobEnd {
            exit_code,
            reason,
            by,
        }
    }
}

/// The exit code of the first essential container that failed by itself; ECS stops the others with signals. Where none
/// failed and one has no exit code, that one never ran.
fn exit_code(task: &Value, definition: &Value) -> i32 {
    let essential = |name: &Value| {
        let mut containers = ecs_list(definition, "containerDefinitions");
        let container = containers.find(|one| one["name"] == *name);
        container.is_none_or(|one| one["essential"] != Value::Bool(false))
    };
    let counted = ecs_list(task, "containers").filter(|one| essential(&one["name"]));
    let codes: Vec<Option<i64>> = counted.map(|one| one["exitCode"].as_i64()).collect();
    let failed = || codes.iter().flatten().filter(|code| **code != 0);
    let by_itself = failed().find(|code| !matches!(code, 137 | 143));
    match by_itself.or_else(|| failed().next()) {
        Some(code) => i32::try_from(*code).unwrap_or(1),
        None if codes.is_empty() || codes.contains(&None) => NEVER_RAN,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_essential_container_decides_the_exit_code() {
        let definition = json!({"containerDefinitions": [
            {"name": "main"}, {"name": "proxy", "essential": true}, {"name": "extra", "essential": false}]});
        let code = |main: Value, proxy: Value, extra: Value| {
            let container = |name: &str, exit: Value| json!({"name": name, "exitCode": exit});
            let containers = [
                container("main", main),
                container("proxy", proxy),
                container("extra", extra),
            ];
            exit_code(&json!({"containers": containers}), &definition)
        };
        assert_eq!(code(json!(0), json!(0), json!(7)), 0);
        assert_eq!(code(json!(0), json!(3), json!(0)), 3);
        assert_eq!(code(json!(137), json!(0), json!(0)), 137);
        assert_eq!(
            code(json!(143), json!(3), json!(0)),
            3,
            "143 is ECS's doing"
        );
        assert_eq!(code(json!(1), Value::Null, json!(0)), 1);
        assert_eq!(code(json!(0), Value::Null, json!(0)), NEVER_RAN);
        assert_eq!(exit_code(&json!({}), &definition), NEVER_RAN);
    }
}
