//! The printing of everything: data to stdout, all else to stderr.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anstream::AutoStream;
use clap::Args;
use serde_json::Value;

use super::class::{Member, Watching, member};
pub(super) use super::ended::{Ended, Result, note};
use super::ended::{is_in_github_actions, show_error};
pub(super) use super::streams::out;
use super::streams::{err, is_drawn_on, is_silent, size};
use crate::apply::{Destroyed, Observer, Outcome, Settled};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::jobs::{JobEnd, JobEvent, LabTask};
use crate::live::Object;
use crate::model::Known;
use crate::plan::{Plan, Scope};
use crate::report::adoption;
use crate::report::annotation;
use crate::report::certificate::write_certificate;
use crate::report::cost::write_stopped;
use crate::report::job::{self, JobLine};
use crate::report::job_end::closing;
use crate::report::job_json::{job_end_line, job_line, task_to_stop_line};
use crate::report::json::{self, JsonLines};
use crate::report::json_lab;
use crate::report::plan::{Purpose, write_plan};
use crate::report::progress::{Clock, Lines, Live};
use crate::report::{summary, visible};
use crate::spec::SpecError;

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
            Ok(Voice::Programs(Arc::new(JsonLines::new(Box::new(io::stdout()), Arc::new(SystemTime::now))?)))
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
    /// The voice for the part of one student.
    pub(super) fn of(&self, student: &str) -> Self {
        match self {
            Self::People => Self::People,
            Self::Programs(lines) => Self::Programs(Arc::new(lines.of(student))),
        }
    }

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
            json_lab::error_lines(error).iter().try_for_each(|line| lines.write(line))?;
        }
        result
    }

    /// Shows what the lab will hardly work with.
    pub(super) fn warnings<'a>(&self, warnings: impl IntoIterator<Item = &'a SpecError>) -> Result<()> {
        for warning in warnings {
            if is_in_github_actions() {
                note(annotation::of_problem(warning));
            }
            match self {
                Self::People => note(format_args!("{warning}\n")),
                Self::Programs(lines) => lines.write(&json_lab::warning_line(warning))?,
            }
        }
        Ok(())
    }

    /// Prints data: for people as `people` writes it, for programs as lines.
    pub(super) fn data(
        &self,
        people: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
        programs: impl FnOnce() -> Vec<Value>,
    ) -> Result<()> {
        match self {
            Self::People => people(&mut out())?,
            Self::Programs(lines) => programs().iter().try_for_each(|line| lines.write(line))?,
        }
        Ok(())
    }

    /// Shows a plan.
    pub(super) fn plan(&self, plan: &Plan, scope: &Scope, purpose: Purpose) -> Result<()> {
        learn(|member| member.planned(plan));
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
        learn(|member| {
            if let Some(JobLine::Note(words)) = job::lines(name, event).pop() {
                member.doing(words);
            }
        });
        match self {
            Self::People => job::lines(name, event).into_iter().for_each(show_line),
            // A reader that went away doesn't end the task.
            Self::Programs(lines) => drop(lines.write(&job_line(name, event))),
        }
    }

    /// Shows a job's end.
    pub(super) fn job_end(&self, name: &str, end: &JobEnd) -> Result<()> {
        learn(|member| member.result(format!("exit code {}", end.exit_code)));
        match self {
            Self::People => note(closing(name, end)),
            Self::Programs(lines) => lines.write(&job_end_line(name, end))?,
        }
        Ok(())
    }

    /// Shows the objects that are to be adopted.
    pub(super) fn to_adopt(&self, objects: &[&Object]) -> Result<()> {
        match self {
            Self::People => adoption::write_adoption(&mut out(), objects)?,
            Self::Programs(lines) => {
                objects.iter().try_for_each(|object| lines.write(&adoption::line("to_adopt", object)))?;
            }
        }
        Ok(())
    }

    /// Shows that an object was adopted.
    pub(super) fn adopted(&self, object: &Object) -> Result<()> {
        match self {
            Self::People => writeln!(out(), "{}: adopted", visible(&object.address))?,
            Self::Programs(lines) => lines.write(&adoption::line("adopted", object))?,
        }
        Ok(())
    }

    /// Shows an error that doesn't end the command.
    pub(super) fn failed(&self, error: &Error) -> Result<()> {
        learn(|member| member.error(error));
        show_error(error);
        match self {
            Self::People => Ok(()),
            Self::Programs(lines) => Ok(json_lab::error_lines(error).iter().try_for_each(|line| lines.write(line))?),
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
    pub(super) fn observer(&self, cloud: &Cloud, plan: &Plan) -> Arc<dyn Observer> {
        let (add, change, destroy) = plan.counts();
        let total = add + change + destroy;
        let cloud = cloud.clone();
        let clock: Clock = Arc::new(move || cloud.now());
        let (raw, colour) = (io::stderr(), AutoStream::choice(&io::stderr()));
        let next: Option<Arc<dyn Observer>> = match self {
            Self::Programs(lines) => Some(lines.clone()),
            Self::People if is_silent() => None,
            Self::People if is_drawn_on() => Some(Arc::new(Live::new(clock, colour, total, size().0))),
            Self::People => Some(Arc::new(Lines::new(Box::new(AutoStream::new(raw, colour)), clock, total))),
        };
        match (member(), next) {
            (None, Some(next)) => next,
            (Some(member), next) => Arc::new(Watching { member, next }),
            (None, None) => unreachable!("only a student's part is silent"),
        }
    }

    /// Shows that a plan was carried out whole, in so long a time.
    pub(super) fn complete(&self, purpose: Purpose, outcome: &Outcome, took: Duration) -> Result<()> {
        learn(|member| member.carried_out(outcome));
        match self {
            Self::People => summary::write_complete(&mut out(), purpose, outcome, took)?,
            Self::Programs(lines) => lines.write(&counts(purpose, outcome, took))?,
        }
        Ok(())
    }

    /// Shows what failed and what was not begun. Each failure was told to programs when it happened.
    pub(super) fn incomplete(&self, purpose: Purpose, outcome: &Outcome, took: Duration) -> Result<()> {
        learn(|member| member.carried_out(outcome));
        match self {
            Self::People => drop(summary::write_incomplete(&mut err(), purpose, outcome, took)),
            Self::Programs(lines) => lines.write(&counts(purpose, outcome, took))?,
        }
        Ok(())
    }

    /// Shows which resources don't do their work.
    pub(super) fn unready(&self, settled: &Settled) -> Result<()> {
        learn(|member| member.unready(settled));
        match self {
            Self::People => drop(summary::write_unready(&mut err(), settled)),
            Self::Programs(lines) => lines.write(&json::unready_line(settled))?,
        }
        Ok(())
    }

    /// Shows what a destroy from `begun` to `at` deleted, and what it left behind.
    pub(super) fn destroyed(
        &self,
        plan: &Plan,
        scope: &Scope,
        destroyed: &Destroyed,
        (begun, at): (SystemTime, SystemTime),
    ) -> Result<()> {
        let (purpose, outcome) = (Purpose::Destroy, &destroyed.outcome);
        let took = at.duration_since(begun).unwrap_or_default();
        let is_done = outcome.failed.is_empty() && outcome.skipped.is_empty();
        match self {
            _ if destroyed.is_whole() => self.complete(purpose, outcome, took)?,
            Self::People if is_done => {
                learn(|member| member.carried_out(outcome));
                drop(summary::write_partly(&mut err(), outcome, took));
            }
            Self::People | Self::Programs(_) => self.incomplete(purpose, outcome, took)?,
        }
        learn(|member| member.destroyed(plan, destroyed));
        match self {
            Self::People => {
                write_certificate(&mut out(), plan, scope, destroyed, at)?;
                write_stopped(&mut out(), plan, destroyed)?;
            }
            Self::Programs(lines) => {
                let left = destroyed.left.iter().map(json::left_line);
                let kept = plan.kept.iter().map(json::kept_line);
                let end = json::certificate_line(plan, destroyed);
                left.chain(kept).chain([end]).try_for_each(|line| lines.write(&line))?;
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

/// Tells the student whose part this is, if there is one.
pub(super) fn learn(tell: impl FnOnce(&Member)) {
    if let Some(member) = member() {
        tell(&member);
    }
}

fn show_line(line: JobLine) {
    match line {
        // A reader that went away doesn't end the task.
        JobLine::Data(text) => drop(writeln!(out(), "{text}")),
        JobLine::Note(text) => note(text),
    }
}

fn counts(purpose: Purpose, outcome: &Outcome, took: Duration) -> Value {
    let operation = match purpose {
        Purpose::Apply => "apply",
        Purpose::Destroy => "destroy",
    };
    json::summary_line(operation, outcome.counts(), Some(took))
}
