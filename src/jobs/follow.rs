//! Following a task to its end.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::sync::watch;

use super::end::ending;
use super::log::{Logs, passes};
use super::request::Request;
use super::tasks;
use super::{By, JobEnd, JobEvent, StopRequest, Task, stop_requested};
use crate::cloud::{Cloud, CloudError, Result};
use crate::error::Error;
use crate::resource::{Waiting, retry};
use crate::resources::{self, ecs_list, ecs_text, explain_job};

/// The pause between two looks at the task and its log.
const PAUSE: Duration = Duration::from_secs(2);
/// The time for which a task may be unknown to DescribeTasks: one that was just started is at first ("eventual
/// consistency", RunTask, API reference).
const UNKNOWN: Duration = Duration::from_secs(5 * 60);
/// The time for which AWS may give no answer.
const NO_ANSWER: Duration = Duration::from_secs(15 * 60);
/// The time that CloudWatch Logs may take to show the last lines of a task that has ended, and the time without a new
/// one after which it has shown them.
const LAST_LINES: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_secs(4);
/// The reason for stopping a task that the user wants no more.
const BY_USER: &str = "labform: stopped by Ctrl-C";

/// A follower of one task.
pub(super) struct Follower<'a> {
    cloud: &'a Cloud,
    request: &'a Request,
    task: &'a Task,
    tell: &'a (dyn Fn(JobEvent) + Sync),
    stop_requests: watch::Receiver<StopRequest>,
    logs: Logs,
    state: (String, String),
    /// The time since when ECS doesn't know the task.
    unknown_since: Option<SystemTime>,
    /// The time since when AWS gives no answer.
    silent_since: Option<SystemTime>,
    /// The one for whom the task is to be stopped.
    to_stop: Option<By>,
    stop: Stop,
}

/// The progress of StopTask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// AWS hasn't taken the call; since when it gives no answer.
    Untaken(Option<SystemTime>),
    Taken,
}

impl<'a> Follower<'a> {
    pub(super) fn new(
        cloud: &'a Cloud,
        request: &'a Request,
        task: &'a Task,
        tell: &'a (dyn Fn(JobEvent) + Sync),
        stop_requests: watch::Receiver<StopRequest>,
    ) -> Self {
        let id = task.arn.rsplit('/').next().unwrap_or(&task.arn);
        Self {
            cloud,
            request,
            task,
            tell,
            stop_requests,
            logs: Logs::of(&request.definition, id),
            state: Default::default(),
            unknown_since: None,
            silent_since: None,
            to_stop: None,
            stop: Stop::Untaken(None),
        }
    }

    /// Tells states and log lines until the task has stopped.
    ///
    /// # Errors
    /// If the task can't be read or stopped any more.
    pub(super) async fn follow(mut self) -> Result<JobEnd, Error> {
        let mut stop_requests = self.stop_requests.clone();
        loop {
            let ended = tokio::select! {
                biased;
                () = stop_requested(&mut stop_requests, |stop_request| stop_request == StopRequest::Stop), if self.to_stop.is_none() => {
                    self.to_stop = Some(By::User);
                    None
                }
                ended = self.look() => ended?,
            };
            if let Some(task) = ended {
                self.read_last_lines(&task).await;
                return Ok(self.end(&task));
            }
            let is_late = self.request.timeout.is_some_and(|most| self.age() >= most);
            if is_late && self.to_stop.is_none() {
                self.to_stop = Some(By::Timeout);
            }
            if let Some(by) = self.to_stop {
                self.stop(by).await?;
            }
        }
    }

    /// Looks at the task and its log once, and pauses. Returns the task, once it has stopped.
    async fn look(&mut self) -> Result<Option<Value>, Error> {
        let arn = std::slice::from_ref(&self.task.arn);
        let described = tasks::describe(self.cloud, self.request, arn).await;
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

    /// The task that was read; none if it wasn't, which is an error once that has gone on for too long.
    fn answered(&mut self, described: Result<Vec<Value>>) -> Result<Option<Value>, Error> {
        let now = self.cloud.now();
        let lasts = |since: SystemTime| now.duration_since(since).unwrap_or_default();
        match described {
            Ok(tasks) => {
                self.silent_since = None;
                let Some(task) = tasks.into_iter().next() else {
                    let since = *self.unknown_since.get_or_insert(now);
                    let why = "ECS doesn't know the task any more: it forgets one about an hour after its end";
                    return if lasts(since) > UNKNOWN { Err(self.lost(why)) } else { Ok(None) };
                };
                self.unknown_since = None;
                Ok(Some(task))
            }
            Err(error) if passes(&error) => {
                if self.silent_since.is_none() {
                    (self.tell)(JobEvent::NoAnswer { error: error.to_string() });
                }
                let since = *self.silent_since.get_or_insert(now);
                if lasts(since) > NO_ANSWER { Err(self.unread(error)) } else { Ok(None) }
            }
            Err(error) => Err(self.unread(error)),
        }
    }

    fn unread(&self, error: CloudError) -> Error {
        let told = Error::from(error);
        let lost = self.lost(&told.message);
        Error { hints: told.hints.into_iter().chain(lost.hints).collect(), ..lost }
    }

    fn lost(&self, why: &str) -> Error {
        let Request { name, .. } = self.request;
        Error::failed(format!(
            "job.{name}: the task {} can't be followed: {why}",
            self.task.arn
        ))
        .hint(format!(
            "the task goes on if it was on, and `labform run {name}` comes back to it while it is on; after that `labform \
             logs job.{name}` shows its log, and `run` starts another"
        ))
    }

    fn age(&self) -> Duration {
        self.cloud.since(self.task.since)
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

    /// Tells ECS to stop the task, which bears being told twice; nothing if it has taken that already. If AWS gives no
    /// answer, or doesn't know a new task yet, it is told again after the next look.
    async fn stop(&mut self, by: By) -> Result<(), Error> {
        let Stop::Untaken(silent_since) = self.stop else {
            return Ok(());
        };
        let why = match by {
            By::Timeout => resources::TIMED_OUT,
            _ => BY_USER,
        };
        if silent_since.is_none() {
            (self.tell)(JobEvent::Stopping { why: why.to_owned() });
        }
        let call = || async {
            let call = self.cloud.ecs.stop_task().task(&self.task.arn);
            let call = call.cluster(ecs_text(&self.request.document, "cluster"));
            call.reason(why).send().await?;
            Ok(())
        };
        let Err(error) = retry(self.cloud, &Waiting::silent(), call).await else {
            self.stop = Stop::Taken;
            return Ok(());
        };
        let is_hidden = error.says("InvalidParameterException", "not found");
        let now = self.cloud.now();
        let since = silent_since.unwrap_or(now);
        let lasts = now.duration_since(since).unwrap_or_default();
        if !(passes(&error) || is_hidden) || lasts > NO_ANSWER {
            return Err(self.unread(error));
        }
        if silent_since.is_none() {
            (self.tell)(JobEvent::NoAnswer { error: error.to_string() });
        }
        self.stop = Stop::Untaken(Some(since));
        Ok(())
    }

    /// Reads the lines that CloudWatch Logs shows late.
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
                    let why = "nothing of it has come; a program that writes nothing has none".to_owned();
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
        let (name, definition) = (&self.request.name, &self.request.definition);
        let (by, exit_code) = ending(task, definition, self.to_stop);
        if by != By::User && exit_code != 0 {
            let explained = explain_job(name, task, &self.logs.last());
            explained.into_iter().for_each(|explanation| (self.tell)(JobEvent::Explained { explanation }));
        }
        JobEnd { exit_code, reason: ecs_text(task, "stoppedReason"), by }
    }
}
