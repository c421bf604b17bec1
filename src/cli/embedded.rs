//! `--sandbox`: the embedded account that is used, and the behaviour of its jobs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::built::image_source;
use super::screen::note;
use crate::error::Error;
use crate::jobs::Asked;
use crate::local::{self, Local, PASSED};
use crate::report::commands::quoted;
use crate::report::{BOLD, YELLOW, paint, visible};
use crate::resource::Others;
use crate::spec::{Job, Lab, Pretended};
use labform_account::{PutObject, Sandbox, SimulatedRun, TaskOutcome};

/// The word by which jobs run on this computer.
const EXEC: &str = "exec";

/// The value of `--sandbox`: `PATH`, `exec` or `exec:PATH`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Embedded {
    /// The file that holds the account; none for the user's own.
    pub(super) file: Option<PathBuf>,
    /// The behaviour of jobs.
    pub(super) jobs: Jobs,
}

/// The behaviour of an embedded account's jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Jobs {
    /// The jobs are pretended.
    #[default]
    Pretended,
    /// The jobs' commands run on this computer.
    Run,
}

impl Embedded {
    /// The option as it was given.
    pub(super) fn option(given: Option<&Self>) -> String {
        let file = |file: &Path| file.display().to_string();
        let value = match given {
            None => return "--sandbox".to_owned(),
            Some(Self { file: None, jobs: Jobs::Pretended }) => return "--sandbox".to_owned(),
            Some(Self { file: Some(path), jobs: Jobs::Pretended }) => file(path),
            Some(Self { file: None, jobs: Jobs::Run }) => EXEC.to_owned(),
            Some(Self { file: Some(path), jobs: Jobs::Run }) => format!("{EXEC}:{}", file(path)),
        };
        format!("--sandbox={}", quoted(&value))
    }
}

impl From<PathBuf> for Embedded {
    fn from(value: PathBuf) -> Self {
        let text = value.to_str().unwrap_or_default();
        match text.strip_prefix(EXEC).map(|rest| rest.strip_prefix(':')) {
            None => Self { file: Some(value), jobs: Jobs::Pretended },
            Some(Some(file)) => Self { file: Some(file.into()), jobs: Jobs::Run },
            Some(None) if text == EXEC => Self { file: None, jobs: Jobs::Run },
            Some(None) => Self { file: Some(value), jobs: Jobs::Pretended },
        }
    }
}

/// The embedded account of a session.
#[derive(Clone, Debug)]
pub(super) struct EmbeddedAccount {
    pub(super) sandbox: Sandbox,
    pub(super) file: PathBuf,
    pub(super) region: String,
    pub(super) jobs: Jobs,
}

/// A run of a job of which the embedded account knows what its next task does, for as long as this value is there. If
/// the command runs on this computer, its supervisor sees by the end of this value that no more tasks are expected.
#[derive(Debug)]
pub(super) struct AnnouncedRun {
    _announcement: Announcement,
    _supervisor: Option<Child>,
}

/// The account's knowledge of a job's next task.
#[derive(Debug)]
struct Announcement {
    sandbox: Sandbox,
    region: String,
    started_by: String,
}

impl Announcement {
    fn tell(&self, run: Option<SimulatedRun>) {
        self.sandbox.with(|account| {
            let simulation = account.simulation(&self.region);
            simulation.job_runs(&self.started_by, run);
        });
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        self.tell(None);
    }
}

/// A job's task that is about to start.
pub(super) struct NextTask<'a> {
    pub(super) name: &'a str,
    pub(super) job: &'a Job,
    pub(super) asked: &'a Asked,
    /// The body of RunTask.
    pub(super) document: &'a Value,
    /// The task definition, with all names filled in.
    pub(super) definition: &'a Value,
    pub(super) others: &'a Others,
    pub(super) lab: &'a Lab,
    /// The lab's folder.
    pub(super) folder: &'a Path,
}

impl EmbeddedAccount {
    /// Tells the account what the job's next task does, and the user that it isn't AWS who does it. The account has to
    /// be told just before RunTask.
    ///
    /// # Errors
    /// If the job's command can't run on this computer.
    pub(super) fn announce(&self, task: &NextTask<'_>) -> Result<AnnouncedRun, Error> {
        let announcement = Announcement {
            sandbox: self.sandbox.clone(),
            region: self.region.clone(),
            started_by: task.document["startedBy"].as_str().unwrap_or_default().to_owned(),
        };
        let supervisor = match self.jobs {
            Jobs::Pretended => {
                pretend(task, &announcement);
                None
            }
            Jobs::Run => Some(self.run_here(task, &announcement)?),
        };
        Ok(AnnouncedRun { _announcement: announcement, _supervisor: supervisor })
    }

    fn run_here(&self, task: &NextTask<'_>, announcement: &Announcement) -> Result<Child, Error> {
        let image = &task.definition["containerDefinitions"][0]["image"];
        let source = image_source(task.lab, task.others, task.folder, image);
        let local = local::local(task.definition, &task.document["overrides"], &source)
            .map_err(|error| Error { message: format!("job.{}: {}", task.name, error.message), ..error })?;
        // Whoever runs it needs it, and has nobody to tell.
        home(&self.file).map_err(Error::never_ran)?;
        let name = visible(task.name);
        note(format_args!(
            "job.{name}: {} {} in {}",
            paint(YELLOW, "ON THIS COMPUTER, with your rights:"),
            paint(BOLD, local.line()),
            visible(local.directory.display())
        ));
        announcement.tell(Some(SimulatedRun::Reported));
        self.supervisor(&announcement.started_by, &local).map_err(|error| {
            let message = format!("job.{name}: starting what runs its command: {error}");
            Error::failed(message).never_ran()
        })
    }

    /// Tells the user who carries out the task `arn` of the job `name`, which is running already.
    pub(super) fn tell_who_runs(&self, name: &str, arn: &str) {
        let is_run = self.sandbox.with(|account| account.is_run_outside(&self.region, arn));
        let (heading, words) = if is_run {
            ("ON THIS COMPUTER, with your rights:", "the command of this task runs, or has run")
        } else {
            ("pretended:", "nothing is run for this task")
        };
        note(format_args!("job.{}: {} {words}", visible(name), paint(YELLOW, heading)));
    }

    /// Starts a process of labform's own that carries out the job's next task. It outlives this one, so that a task that is
    /// no longer followed goes on.
    fn supervisor(&self, started_by: &str, local: &Local) -> std::io::Result<Child> {
        let mut file = std::ffi::OsString::from("--sandbox=");
        file.push(std::path::absolute(&self.file)?);
        let mut command = Command::new(env::current_exe()?);
        command
            .args(["sandbox", "exec-task", "--region", &self.region])
            .args(["--started-by", started_by])
            .arg("--directory")
            .arg(&local.directory)
            .arg(file)
            .arg("--")
            .args(&local.command)
            .env_clear()
            .envs(PASSED.into_iter().filter_map(|name| Some((name, env::var_os(name)?))))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Ctrl-C is meant for the one who follows.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// Tells the account and the user what a task does that nobody runs.
fn pretend(task: &NextTask<'_>, announcement: &Announcement) {
    let name = visible(task.name);
    // What the block says is the work of the job's own command.
    let pretended = task.job.sandbox.as_ref().filter(|_| task.asked.args.is_empty());
    let words = match pretended {
        Some(_) if !task.asked.set.is_empty() => {
            "it does what `sandbox` says beside it in lab.yaml, whatever `--set` says"
        }
        Some(_) => "it does what `sandbox` says beside it in lab.yaml",
        None if task.job.sandbox.is_some() => "`sandbox` beside it in lab.yaml isn't about these arguments",
        None => "`sandbox` beside it in lab.yaml would say what it writes and how it ends",
    };
    note(format_args!("job.{name}: {} nothing is run; {words}", paint(YELLOW, "pretended:")));
    for one in pretended.iter().flat_map(|one| one.writes.iter().flatten()) {
        if task.others.name(&one.bucket).now().is_none() {
            note(format_args!(
                "job.{name}: bucket.{} isn't made yet, so that nothing can be written to it: `labform apply` makes it",
                visible(&one.bucket.name)
            ));
        }
    }
    announcement.tell(pretended.map(|pretended| SimulatedRun::Pretended(fate(pretended, task.others))));
}

/// The block beside a job as the account takes it.
fn fate(pretended: &Pretended, others: &Others) -> TaskOutcome {
    if let Some(reason) = pretended.never_starts() {
        return TaskOutcome::never_starts(reason);
    }
    // The log driver makes an event of each line, and none of an empty one.
    let lines = pretended.log.iter().flatten().flat_map(|text| text.lines());
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let puts = pretended.writes.iter().flatten().map(|one| PutObject {
        // One that isn't made yet has no name here, and the account will say that it isn't there.
        bucket: others.name(&one.bucket).now().unwrap_or_else(|| one.bucket.name.clone()),
        key: one.key.clone(),
        content: one.content.clone(),
    });
    let fate = TaskOutcome::exits(pretended.exit_code.unwrap_or(0), &lines)
        .taking(pretended.time().max(Duration::from_millis(1)))
        .putting(puts.collect());
    TaskOutcome {
        code: pretended.stop_code.clone().unwrap_or(fate.code),
        reason: pretended.stopped_reason.clone().unwrap_or(fate.reason),
        container: pretended.reason.clone().unwrap_or_default(),
        ..fate
    }
}

/// The home folder of what runs on this computer for the account in `file`.
pub(super) fn home(file: &Path) -> Result<PathBuf, Error> {
    local::home(file).map_err(|error| Error::failed(format!("a home folder for what runs here: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_sandbox_names_a_file_or_says_that_jobs_run() {
        let cases = [
            ("a.json", Some("a.json"), Jobs::Pretended),
            ("exec", None, Jobs::Run),
            ("exec:a.json", Some("a.json"), Jobs::Run),
            ("./exec", Some("./exec"), Jobs::Pretended),
            ("executed.json", Some("executed.json"), Jobs::Pretended),
        ];
        for (text, file, jobs) in cases {
            let file = file.map(PathBuf::from);
            let parsed = Embedded::from(PathBuf::from(text));
            assert_eq!(parsed, Embedded { file, jobs }, "{text}");
            assert_eq!(Embedded::option(Some(&parsed)), format!("--sandbox={text}"));
        }
    }
}
