//! Jobs: tasks that run once, are followed to their end, and are explained if they fail.
//!
//! Knows: what RunTask is asked for, how one task is found again by whoever runs the same command, its states, its log,
//! its objects in S3, its exit code, and how the tasks of a lab are stopped. Must not know: how any of it is shown, signals,
//! where the lab's files stand.
//!
//! A job's task carries the lab's name and the job's twice: in `startedBy`, by which it is found, and in the owner
//! tags. AWS is the only memory, so that a run that was killed at any call finds its task again.

mod end;
mod follow;
mod grants;
mod log;
mod needs;
mod objects;
mod quiet;
mod request;
mod start;
mod stop;
mod tasks;

pub use grants::{grants, stop_grants};
pub use needs::{needs, only_creates};
pub use request::{Asked, Attach, Request, check, main_container, request};
pub use stop::{LabTask, RunningTasks, running_tasks, stop_tasks, tasks_of_job};

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::cloud::Cloud;
use crate::error::{self, Error};
use crate::resource::Explanation;
use follow::Follower;
use start::JobTasks;

/// The exit code if an essential container never started.
pub const NEVER_RAN: u8 = error::NEVER_RAN;

/// The exit code if the job's timeout was over; the task is stopped then.
pub const TIMED_OUT: u8 = error::TIMED_OUT;

/// The exit code if the user stopped the task, or stopped following it.
pub const INTERRUPTED: u8 = error::INTERRUPTED;

/// A request of the user's to a run, while the job's task may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopRequest {
    /// The user asks for nothing: the task is followed to its end.
    None,
    /// The run is to end, and in a moment it is said how. If there is no task yet, none is started.
    End,
    /// The task is to be stopped, and to be followed to that end.
    Stop,
    /// The task is to be followed no longer; it goes on.
    Leave,
}

/// An event of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// The run waits for something before the task can start.
    Waiting {
        /// The thing that is waited for.
        reason: String,
    },
    /// The task exists.
    Started {
        /// The task's ARN.
        task: String,
    },
    /// A task that was running already is followed from here.
    Attached {
        /// The task's ARN.
        task: String,
        /// The age of the task, on the account's clock.
        age: Duration,
        /// The differences from what is asked for; the words name fields.
        differs: Vec<String>,
        /// The number of other tasks of the job that are running.
        others: usize,
    },
    /// No task is running, and the last one ended so.
    EndedBefore {
        /// The task's ARN.
        task: String,
        /// The time since then, on the account's clock, if ECS says it.
        ago: Option<Duration>,
        /// The one who ended the task.
        by: By,
        /// The exit code, as in [`JobEnd`].
        exit_code: u8,
    },
    /// A file is put into a bucket.
    Uploading {
        /// The file, as lab.yaml names it.
        file: String,
        /// The URL that the file gets, as in `s3://bucket/key`.
        to: String,
        /// The bytes that were sent.
        sent: u64,
        /// The bytes that the file has.
        size: u64,
    },
    /// A file has arrived.
    Uploaded {
        /// The URL that the file has.
        to: String,
        /// The time that the upload took, on the account's clock.
        took: Duration,
    },
    /// The task has a new state.
    State {
        /// AWS's word for it, as in `RUNNING`.
        state: String,
        /// The age of the task, on the account's clock.
        after: Duration,
        /// AWS's words on the state; mostly empty.
        reason: String,
    },
    /// A container wrote a line.
    Log {
        /// The container's name.
        container: String,
        /// The number of the task's containers that have a log.
        of: usize,
        /// The time when the line was written, in milliseconds since 1970, if CloudWatch Logs says it.
        timestamp: Option<i64>,
        /// The line.
        line: String,
    },
    /// The log of a container can't be shown.
    NoLog {
        /// The container's name.
        container: String,
        /// The reason.
        why: String,
    },
    /// AWS gives no answer, and is asked again.
    NoAnswer {
        /// The last error.
        error: String,
    },
    /// The task is told to stop.
    Stopping {
        /// The reason.
        why: String,
    },
    /// A cause was found why the job failed.
    Explained {
        /// The cause, the evidence and the remedy.
        explanation: Explanation,
    },
    /// The task has written an object.
    Downloaded {
        /// The URL of the object, as in `s3://bucket/key`.
        from: String,
        /// The bytes that the object has.
        size: u64,
        /// The file that it was written to, as lab.yaml names it.
        file: Option<String>,
        /// The content, if that is text and not long.
        text: Option<String>,
    },
}

/// The end of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// The exit code of labform: the container's own; 143 if the task was stopped by somebody else and its container
    /// ended with 0; [`NEVER_RAN`], [`TIMED_OUT`] or [`INTERRUPTED`] if there is none that counts.
    pub exit_code: u8,
    /// AWS's words on why the task stopped.
    pub reason: String,
    /// The one who ended the job.
    pub by: By,
}

/// The one who ended a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The job itself: its task ended.
    Itself,
    /// The job itself: an essential container of its task never started.
    NeverRan,
    /// The timeout.
    Timeout,
    /// The user, who had the task stopped, or asked to end before there was one.
    User,
    /// Nobody: the user follows it no longer, and the task goes on.
    Nobody,
}

impl JobEnd {
    fn by_user(by: By, reason: &str) -> Self {
        Self { exit_code: INTERRUPTED, reason: reason.to_owned(), by }
    }

    fn not_started() -> Self {
        Self::by_user(By::User, "no task was started")
    }
}

/// Runs a job: attaches to its task, or puts its inputs into their buckets and starts one; follows that to its end;
/// fetches its outputs. `folder` is the lab's. The value of `announce`, which is called just before RunTask, is kept
/// until that is answered.
///
/// # Errors
/// Of the kind `NeverRan` if no task was started, as if `announce` fails. Else if the task can't be read or stopped any
/// more, and if it didn't write its outputs.
pub async fn run<S>(
    cloud: &Cloud,
    request: &Request,
    folder: &Path,
    tell: &(dyn Fn(JobEvent) + Sync),
    stop_requests: watch::Receiver<StopRequest>,
    announce: impl FnOnce() -> Result<S, Error>,
) -> Result<JobEnd, Error> {
    let mut ends = stop_requests.clone();
    let begin = Box::pin(begin(cloud, request, folder, tell));
    let found = tokio::select! {
        biased;
        () = stop_requested(&mut ends, |stop_request| stop_request != StopRequest::None) => return Ok(JobEnd::not_started()),
        found = begin => found?,
    };
    let mut leaves = stop_requests.clone();
    let work = Box::pin(run_to_end(cloud, request, folder, tell, stop_requests, found, announce));
    tokio::select! {
        biased;
        end = work => end,
        () = stop_requested(&mut leaves, |stop_request| stop_request == StopRequest::Leave) => Ok(JobEnd::by_user(By::Nobody, "")),
    }
}

/// Waits until the user has asked for this. Once whoever sends requests is gone, there are none any more.
async fn stop_requested(stop_requests: &mut watch::Receiver<StopRequest>, is: fn(StopRequest) -> bool) {
    if stop_requests.wait_for(|stop_request| is(*stop_request)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Does all that comes before a task.
async fn begin(
    cloud: &Cloud,
    request: &Request,
    folder: &Path,
    tell: &(dyn Fn(JobEvent) + Sync),
) -> Result<JobTasks, Error> {
    let found = start::find(cloud, request, tell).await?;
    if request.inputs.is_empty() || matches!(found, JobTasks::Running(_)) {
        return Ok(found);
    }
    for input in &request.inputs {
        let file = folder.join(&input.file);
        let upload = objects::upload(cloud, input, &file, tell);
        upload.await.map_err(Error::never_ran)?;
    }
    // Somebody else may have started one meanwhile.
    start::find(cloud, request, &|event| match event {
        JobEvent::EndedBefore { .. } => {}
        event => tell(event),
    })
    .await
}

async fn run_to_end<S>(
    cloud: &Cloud,
    request: &Request,
    folder: &Path,
    tell: &(dyn Fn(JobEvent) + Sync),
    stop_requests: watch::Receiver<StopRequest>,
    found: JobTasks,
    announce: impl FnOnce() -> Result<S, Error>,
) -> Result<JobEnd, Error> {
    let task = match found {
        JobTasks::Running(task) => task,
        JobTasks::Known(known) => {
            let _announced = announce()?;
            match start::start(cloud, request, known, tell, &stop_requests).await? {
                Some(task) => task,
                None => return Ok(JobEnd::not_started()),
            }
        }
    };
    let follower = Follower::new(cloud, request, &task, tell, stop_requests);
    let end = follower.follow().await?;
    if end.exit_code == 0 && task.is_own {
        for output in &request.outputs {
            let file: Option<PathBuf> = output.file.as_ref().map(|file| folder.join(file));
            objects::download(cloud, request, output, file.as_deref(), task.made, tell).await?;
        }
    }
    Ok(end)
}

/// A task of a job.
#[derive(Clone, Debug)]
struct Task {
    arn: String,
    /// The time when the task was made, by AWS's clock: the times of what it writes are compared with that.
    made: SystemTime,
    /// The moment from which the task's time counts, by the clock by which labform waits.
    since: SystemTime,
    /// Whether the task's command is the one that is asked for: the job's objects are written by its own.
    is_own: bool,
}

impl Task {
    /// A task that was there before.
    fn before(arn: String, made: SystemTime) -> Self {
        Self { arn, made, since: made, is_own: true }
    }
}
