//! The printing of everything: data to stdout, all else to stderr.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use anstream::AutoStream;
use clap::Args;
use serde_json::Value;

use crate::apply::{Destroyed, Observer, Outcome, Settled};
use crate::cloud::Cloud;
use crate::error::{self, Error};
use crate::jobs::{JobEnd, JobEvent, LabTask};
use crate::live::Object;
use crate::model::Known;
use crate::plan::{Plan, Scope};
use crate::report::adoption;
use crate::report::certificate::write_certificate;
use crate::report::commands::{Completing, completed};
use crate::report::job::{self, JobLine};
use crate::report::job_end::closing;
use crate::report::job_json::{job_end_line, job_line, task_to_stop_line};
use crate::report::json::{self, JsonLines};
use crate::report::plan::{Purpose, write_plan};
use crate::report::progress::{Clock, Lines, Live};
use crate::report::{RED, YELLOW, paint, summary, visible, visible_lines};
use crate::spec::{SpecError, SpecErrors};

/// The result of a command, or the reason why it ended early.
pub(super) type Result<T, E = Ended> = std::result::Result<T, E>;

/// The reason why a command ended early.
#[derive(Debug)]
pub(super) enum Ended {
    /// An error, to be shown.
    Error(Error),
    /// The user asked to stop.
    Interrupted,
    /// Nobody reads stdout any more, so that there is nobody to tell.
    ClosedPipe,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<SpecErrors> for Ended {
    fn from(errors: SpecErrors) -> Self {
        Self::Error(errors.into())
    }
}

/// Takes a bare I/O error for one of writing to stdout: what is read or saved says which file it is.
impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Error(Error::failed(format!("writing to stdout: {error}"))),
        }
    }
}

impl Ended {
    /// Shows the reason, and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        if let Self::Error(error) = &self {
            show_error(error);
        }
        ExitCode::from(self.code())
    }

    /// The exit code.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Error(error) => error.exit_code(),
            Self::Interrupted => error::INTERRUPTED,
            Self::ClosedPipe => error::FAILED,
        }
    }
}

fn show_error(error: &Error) {
    note(format_args!("{} {}", paint(RED, "error:"), visible_lines(&error.message)));
    for hint in &error.hints {
        note(format_args!("{} {}", paint(YELLOW, "hint:"), visible_lines(hint)));
    }
}

/// Prints a line to stderr. If stderr is closed, there is nobody to tell.
pub(super) fn note(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{}", completed(&line.to_string()));
}

/// Standard output for people.
fn out() -> impl io::Write {
    Completing::new(anstream::stdout())
}

/// Standard error for people.
fn err() -> impl io::Write {
    Completing::new(anstream::stderr())
}

/// The argument `--json`.
#[derive(Debug, Args)]
pub(super) struct Json {
    /// Print one JSON object a line, for programs
    #[arg(long)]
    json: bool,
}

impl Json {
    /// The voice for the command's audience.
    pub(super) fn voice(&self) -> Result<Voice> {
        if self.json {
            Ok(Voice::Programs(Arc::new(JsonLines::new(Box::new(io::stdout()))?)))
        } else {
            Ok(Voice::People)
        }
    }
}

/// The audience of a command.
pub(super) enum Voice {
    /// Somebody who reads.
    People,
    /// A program that takes JSON lines.
    Programs(Arc<JsonLines>),
}

impl Voice {
    /// Tells a program which account it is.
    pub(super) fn session(&self, line: &Value) -> Result<()> {
        match self {
            Self::People => Ok(()),
            Self::Programs(lines) => Ok(lines.write(line)?),
        }
    }

    /// Shows a program why a command ended early; people are told at the end of every command.
    pub(super) fn tell<T>(&self, result: Result<T>) -> Result<T> {
        if let (Self::Programs(lines), Err(Ended::Error(error))) = (self, &result) {
            lines.write(&json::error_line(error))?;
        }
        result
    }

    /// Shows what the lab will hardly work with.
    pub(super) fn warnings<'a>(&self, warnings: impl IntoIterator<Item = &'a SpecError>) -> Result<()> {
        let mut warnings = warnings.into_iter();
        match self {
            Self::People => warnings.for_each(|warning| note(format_args!("{warning}\n"))),
            Self::Programs(lines) => warnings.try_for_each(|one| lines.write(&json::warning_line(one)))?,
        }
        Ok(())
    }

    /// Shows a plan.
    pub(super) fn plan(&self, plan: &Plan, scope: &Scope, purpose: Purpose) -> Result<()> {
        match self {
            Self::People => write_plan(&mut out(), plan, scope, purpose)?,
            Self::Programs(lines) => {
                json::plan_lines(plan, scope).iter().try_for_each(|line| lines.write(line))?;
            }
        }
        Ok(())
    }

    /// Shows a plan that only prepares what was asked for: stdout is for that.
    pub(super) fn plan_aside(&self, plan: &Plan, scope: &Scope) -> Result<()> {
        match self {
            Self::People => drop(write_plan(&mut err(), plan, scope, Purpose::Apply)),
            Self::Programs(_) => self.plan(plan, scope, Purpose::Apply)?,
        }
        Ok(())
    }

    /// Shows an event of a job.
    pub(super) fn job(&self, name: &str, event: &JobEvent) {
        match self {
            Self::People => job::lines(name, event).into_iter().for_each(show_line),
            // A reader that went away doesn't end the task.
            Self::Programs(lines) => drop(lines.write(&job_line(name, event))),
        }
    }

    /// Shows a job's end.
    pub(super) fn job_end(&self, name: &str, end: &JobEnd) -> Result<()> {
        match self {
            Self::People => note(closing(name, end)),
            Self::Programs(lines) => lines.write(&job_end_line(name, end))?,
        }
        Ok(())
    }

    /// Shows the objects that are to be adopted.
    pub(super) fn to_adopt(&self, objects: &[&Object]) -> Result<()> {
        match self {
            Self::People => adoption::write_adoption(&mut anstream::stdout(), objects)?,
            Self::Programs(lines) => {
                objects.iter().try_for_each(|object| lines.write(&adoption::line("to_adopt", object)))?;
            }
        }
        Ok(())
    }

    /// Shows that an object was adopted.
    pub(super) fn adopted(&self, object: &Object) -> Result<()> {
        match self {
            Self::People => writeln!(anstream::stdout(), "{}: adopted", visible(&object.address))?,
            Self::Programs(lines) => lines.write(&adoption::line("adopted", object))?,
        }
        Ok(())
    }

    /// Shows an error that doesn't end the command.
    pub(super) fn failed(&self, error: &Error) -> Result<()> {
        show_error(error);
        match self {
            Self::People => Ok(()),
            Self::Programs(lines) => Ok(lines.write(&json::error_line(error))?),
        }
    }

    /// Shows the tasks of jobs that a destroy stops first.
    pub(super) fn tasks_to_stop(&self, tasks: &[LabTask]) -> Result<()> {
        match self {
            Self::People => job::write_tasks(&mut out(), tasks)?,
            Self::Programs(lines) => tasks.iter().try_for_each(|task| lines.write(&task_to_stop_line(task)))?,
        }
        Ok(())
    }

    /// The observer that shows what happens while a plan is carried out.
    pub(super) fn observer(&self, cloud: &Cloud) -> Arc<dyn Observer> {
        let cloud = cloud.clone();
        let clock: Clock = Arc::new(move || cloud.now());
        let (raw, colour) = (io::stderr(), AutoStream::choice(&io::stderr()));
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Programs(lines) => lines.clone(),
            Self::People if raw.is_terminal() && !is_dumb => Arc::new(Live::new(clock, colour)),
            Self::People => Arc::new(Lines::new(Box::new(AutoStream::new(raw, colour)), clock)),
        }
    }

    /// Shows that a plan was carried out whole.
    pub(super) fn complete(&self, purpose: Purpose, outcome: &Outcome) -> Result<()> {
        match self {
            Self::People => summary::write_complete(&mut out(), purpose, outcome)?,
            Self::Programs(lines) => lines.write(&counts(purpose, outcome))?,
        }
        Ok(())
    }

    /// Shows what failed and what was not begun. Each failure was told to programs when it happened.
    pub(super) fn incomplete(&self, purpose: Purpose, outcome: &Outcome) -> Result<()> {
        match self {
            Self::People => drop(summary::write_incomplete(&mut err(), purpose, outcome)),
            Self::Programs(lines) => lines.write(&counts(purpose, outcome))?,
        }
        Ok(())
    }

    /// Shows which resources don't do their work.
    pub(super) fn unready(&self, settled: &Settled) -> Result<()> {
        match self {
            Self::People => drop(summary::write_unready(&mut err(), settled)),
            Self::Programs(lines) => lines.write(&json::unready_line(settled))?,
        }
        Ok(())
    }

    /// Shows what a destroy deleted, and what it left behind.
    pub(super) fn destroyed(&self, plan: &Plan, scope: &Scope, destroyed: &Destroyed, at: SystemTime) -> Result<()> {
        let (purpose, outcome) = (Purpose::Destroy, &destroyed.outcome);
        if destroyed.is_whole() {
            self.complete(purpose, outcome)?;
        } else {
            self.incomplete(purpose, outcome)?;
        }
        match self {
            Self::People => write_certificate(&mut out(), plan, scope, destroyed, at)?,
            Self::Programs(lines) => {
                let left = destroyed.left.iter().map(json::left_line);
                let kept = plan.kept.iter().map(json::kept_line);
                left.chain(kept).try_for_each(|line| lines.write(&line))?;
            }
        }
        Ok(())
    }

    /// Shows the lab's outputs.
    pub(super) fn outputs(&self, outputs: &BTreeMap<String, Known<String>>) -> Result<()> {
        match self {
            Self::People => summary::write_outputs(&mut out(), outputs)?,
            Self::Programs(lines) => lines.write(&json::outputs_line(outputs))?,
        }
        Ok(())
    }
}

fn show_line(line: JobLine) {
    match line {
        // A reader that went away doesn't end the task.
        JobLine::Data(text) => drop(writeln!(anstream::stdout(), "{text}")),
        JobLine::Note(text) => note(text),
    }
}

fn counts(purpose: Purpose, outcome: &Outcome) -> serde_json::Value {
    let operation = match purpose {
        Purpose::Apply => "apply",
        Purpose::Destroy => "destroy",
    };
    json::summary_line(operation, outcome.counts())
}
