//! Finding the running task of a job, and starting one if there is none.
//!
//! The client token of RunTask follows from what is asked for and from the job's tasks that have ended, so that a call whose
//! answer was lost starts no second task, also if labform was killed in between and if ECS doesn't list the task yet.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::end::ending;
use super::log::passes;
use super::request::{Attach, Request};
use super::tasks::{RunningTask, Tasks, describe, is_going_on, made, stopped_at};
use super::{JobEvent, StopRequest, Task, stop_requested};
use crate::cloud::{Cause, Cloud, CloudError, ECS, Result};
use crate::error::Error;
use crate::model::{canonical, digest};
use crate::resource::{Waiting, retry};
use crate::resources::{ecs_list, ecs_text, explain_refusal};

/// A task that RunTask answers with and that is older than the call by this was perhaps there before: AWS repeats its
/// answer to a token for up to a day ("Ensuring idempotency", ECS API reference).
const BEFORE: Duration = Duration::from_secs(60);
/// ECS describes a task for at least an hour after its end (`DescribeTasks`, API reference). A task that is younger
/// than this and isn't described hasn't ended: it isn't shown yet. The rest of the hour is for clocks that are apart.
const REMEMBERED: Duration = Duration::from_secs(55 * 60);
/// The time for which ECS may not describe a task that it lists ("eventual consistency", `RunTask`, API reference).
const HIDDEN: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(2);
/// The number of times that a repeated answer of a task that has ended is met with another token.
const TOKENS: usize = 50;

/// The tasks that a job has already.
pub(super) enum JobTasks {
    /// The task that is running, and is followed.
    Running(Task),
    /// The tasks that are known, and none of them is to be followed; a new one is none of them.
    Known(BTreeSet<String>),
}

/// Looks for the running task of the job.
///
/// # Errors
/// Of the kind `NeverRan`: if ECS can't be read, and if a running task does something else than what is asked for.
pub(super) async fn find(
    cloud: &Cloud,
    request: &Request,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<JobTasks, Error> {
    let begun = cloud.now();
    let mut tasks = Tasks::of(cloud, request).await.map_err(unread)?;
    // What was just started may do something else than is asked for.
    let is_unclear = |tasks: &Tasks| tasks.on.iter().any(|on| !on.is_described);
    while request.attach != Attach::Never && is_unclear(&tasks) && cloud.since(begun) < HIDDEN {
        cloud.sleep(PAUSE).await;
        tasks = Tasks::of(cloud, request).await.map_err(unread)?;
    }
    if request.attach == Attach::Never {
        let on = tasks.on.into_iter().map(|on| on.task.arn);
        return Ok(JobTasks::Known(on.chain(tasks.ended).collect()));
    }
    let others = tasks.on.len().saturating_sub(1);
    // The one that does what is asked for before others, and the latest of these.
    let does_it = |on: &RunningTask| on.is_described && on.differs.is_empty();
    if request.attach == Attach::ToSame && is_unclear(&tasks) && !tasks.on.iter().any(does_it) {
        return Err(unclear(&request.name));
    }
    let latest = |on: &RunningTask| (does_it(on), on.task.made);
    let Some(on) = tasks.on.into_iter().max_by_key(latest) else {
        let last = tasks.last.filter(|_| request.attach == Attach::ToRunning);
        last.iter().for_each(|last| tell(ended_before(cloud, request, last)));
        return Ok(JobTasks::Known(tasks.ended));
    };
    if request.attach == Attach::ToSame && !on.differs.is_empty() {
        return Err(does_other(&request.name, &on));
    }
    tell(JobEvent::Attached { task: on.task.arn.clone(), age: cloud.since(on.task.made), differs: on.differs, others });
    Ok(JobTasks::Running(on.task))
}

fn unclear(name: &str) -> Error {
    let message = format!("job.{name}: a task of it is on, and ECS doesn't show yet what it does");
    Error::failed(message).never_ran().hint("run it again in a minute; with `--new` yours is started beside it")
}

fn does_other(name: &str, on: &RunningTask) -> Error {
    let message =
        format!("job.{name}: task {} is on, and isn't what you ask for: in its {}", on.task.arn, on.differs.join(", "));
    let error = Error::failed(message).never_ran();
    error.hint(format!("`labform run {name}` follows it to its end; with `--new` yours is started beside it"))
}

fn ended_before(cloud: &Cloud, request: &Request, last: &Value) -> JobEvent {
    let (by, exit_code) = ending(last, &request.definition, None);
    JobEvent::EndedBefore {
        task: ecs_text(last, "taskArn"),
        ago: stopped_at(last).map(|at| cloud.since(at)),
        by,
        exit_code,
    }
}

/// Starts a task that is none of those that are `known`. Returns none if the user asks to end before there is one.
///
/// # Errors
/// Of the kind `NeverRan`: if ECS starts none.
pub(super) async fn start(
    cloud: &Cloud,
    request: &Request,
    mut known: BTreeSet<String>,
    tell: &(dyn Fn(JobEvent) + Sync),
    stop_requests: &watch::Receiver<StopRequest>,
) -> Result<Option<Task>, Error> {
    let begun = cloud.now();
    for _ in 0..TOKENS {
        if *stop_requests.borrow() != StopRequest::None {
            return Ok(None);
        }
        let task = match run_task(cloud, request, &known, tell, stop_requests.clone()).await {
            Err(error) if error.is_own(Cause::Interrupted) => return Ok(None),
            answer => answer.map_err(|error| refused(request, &error, tell))?,
        };
        let (arn, made) = (ecs_text(&task, "taskArn"), made(&task, begun));
        let what = if made + BEFORE >= begun { Answer::New } else { answered(cloud, request, &arn, made).await };
        let task = Task::before(arn.clone(), made);
        match what {
            Answer::New => {
                let since = cloud.now();
                tell(JobEvent::Started { task: arn });
                return Ok(Some(Task { since, ..task }));
            }
            Answer::Running => {
                tell(JobEvent::Attached { task: arn, age: cloud.since(made), differs: Vec::new(), others: 0 });
                return Ok(Some(task));
            }
            Answer::Ended => known.insert(arn),
        };
    }
    let message = format!("job.{}: ECS answers every RunTask with a task that has ended", request.name);
    let error = Error::failed(message).never_ran();
    Err(error.hint("wait an hour, then run it again"))
}

/// The task that RunTask answers with.
enum Answer {
    /// A task that was just made.
    New,
    /// A task that was there before.
    Running,
    /// A task that has ended.
    Ended,
}

/// The kind of the answered task, if it was made a while ago by this machine's clock.
async fn answered(cloud: &Cloud, request: &Request, arn: &str, made: SystemTime) -> Answer {
    let described = describe(cloud, request, &[arn.to_owned()]).await;
    match described.as_deref() {
        // By AWS's clock it may have been made a moment ago: one that waits for its network and image is new.
        Ok([task, ..]) if ["PROVISIONING", "PENDING"].contains(&ecs_text(task, "lastStatus").as_str()) => Answer::New,
        Ok([task, ..]) if is_going_on(task) => Answer::Running,
        Ok([]) if cloud.since(made) < REMEMBERED => Answer::New,
        Ok(_) => Answer::Ended,
        // Who follows it finds out.
        Err(_) => Answer::Running,
    }
}

fn unread(error: CloudError) -> Error {
    Error::from(error).never_ran()
}

/// The error that no task was started. The cause is told if it is known.
fn refused(request: &Request, error: &CloudError, tell: &(dyn Fn(JobEvent) + Sync)) -> Error {
    let name = &request.name;
    let told = Error::from(error.clone()).never_ran();
    let message = format!("job.{name}: no task was started: {}", told.message);
    let error = match explain_refusal(name, &told.message) {
        Some(explanation) => {
            tell(JobEvent::Explained { explanation });
            told
        }
        None if passes(error) => {
            let hint = format!("should AWS have started it all the same, `labform run {name}` finds it");
            told.hint(hint)
        }
        None => told,
    };
    Error { message, ..error }
}

async fn run_task(
    cloud: &Cloud,
    request: &Request,
    known: &BTreeSet<String>,
    tell: &(dyn Fn(JobEvent) + Sync),
    mut stop_requests: watch::Receiver<StopRequest>,
) -> Result<Value> {
    let mut document = request.document.clone();
    let own = &request.own_token;
    let token = digest(&format!("{}{known:?}{own}", canonical(&document)));
    document["clientToken"] = format!("labform-{token}").into();
    let attempt = || async {
        let answer = cloud.call(&ECS, "RunTask", document.clone()).await?;
        ecs_list(&answer, "tasks").next().cloned().ok_or_else(|| no_task(&answer))
    };
    // What is waited for is told as it comes, and nothing of it outlives this call.
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel::<String>();
    let listener = move |reason: &str| drop(told.send(reason.to_owned()));
    // A call in flight is awaited, because it may start a task; between two calls there is none.
    let stop = CancellationToken::new();
    let waiting = Waiting::new(listener, stop.clone());
    let work = retry(cloud, &waiting, attempt);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(reason) = heard.recv() => tell(JobEvent::Waiting { reason }),
            () = stop_requested(&mut stop_requests, |stop_request| stop_request != StopRequest::None), if !stop.is_cancelled() => stop.cancel(),
            answer = &mut work => return answer,
        }
    }
}

/// The reason that an answer of success gives for holding no task.
fn no_task(answer: &Value) -> CloudError {
    let Some(failure) = ecs_list(answer, "failures").next() else {
        let message = "ECS started no task and gave no reason";
        return CloudError::own_at("RunTask", Cause::NoTask, message);
    };
    let (arn, detail) = (ecs_text(failure, "arn"), ecs_text(failure, "detail"));
    let reason = ecs_text(failure, "reason");
    CloudError::answered("RunTask", &reason, format!("{arn} {detail}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_in_an_answer_of_success_is_told() {
        let answer = json!({"tasks": [], "failures": [{"arn": "arn:1", "reason": "RESOURCE:MEMORY", "detail": "no"}]});
        assert_eq!(no_task(&answer).to_string(), "RunTask: RESOURCE:MEMORY: arn:1 no");
        assert!(no_task(&json!({})).is_own(Cause::NoTask));
    }
}
