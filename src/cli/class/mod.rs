//! `--roster`: a command for each student of a class, side by side in one process.
//!
//! What a command does for one student, it does here for each: with the student's row, lab and connection in its
//! options, and with nobody to talk to. What it would have said, its [`Member`] keeps: for the table while it runs and at its
//! end, for the report, and for the one question.

mod board;
mod gate;
mod hub;
mod member;
mod question;
mod roster;
mod work;

pub(super) use member::{Member, Speech, Watching, member};
pub(super) use roster::{Roster, labs};

use std::path::Path;

use clap::Args;

use super::reporting::Reporting;
use super::screen::{Ended, Result, Voice, note};
use super::stop::Stop;
use super::{Globals, stop};
use crate::error::{CHANGES, DONE, FAILED, INTERRUPTED, INVALID, PARTLY};
use crate::report::class::State;
use crate::spec::{Row, Source};
use gate::Gate;
use work::Work;

/// The arguments by which a command is done for each student of a class.
#[derive(Debug, Args)]
pub(super) struct Class {
    #[command(flatten)]
    roster: Roster,
    /// Work on at most so many students at once
    #[arg(long, value_name = "N", default_value_t = 50, requires = "roster",
        value_parser = clap::value_parser!(u16).range(1..=500))]
    parallel: u16,
}

/// A command that is done for each student.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    /// Its word, as in `apply`.
    pub(super) verb: &'static str,
    /// The one question over all students.
    pub(super) asks: &'a str,
    /// The folder for the report, if one is asked for.
    pub(super) report: Option<&'a Path>,
    /// Whether stdout is for something else than the table of all students.
    pub(super) takes_stdout: bool,
    /// What is checked of each student's lab before the first call.
    pub(super) checks: &'a dyn Fn(&Row, &Source) -> Result<()>,
}

impl Task<'_> {
    /// A command that asks nothing, writes no report, and checks nothing of its own.
    pub(super) fn new(verb: &'static str) -> Self {
        Task { verb, asks: "", report: None, takes_stdout: false, checks: &|_, _| Ok(()) }
    }
}

impl Class {
    /// The name of the roster, if there is one.
    pub(super) fn name(&self) -> Option<String> {
        self.roster.name()
    }

    /// The words of the arguments that name the class, for the same again.
    pub(super) fn words(&self) -> Vec<String> {
        self.roster.words()
    }

    /// Does a command: once, or for each student of the roster that is named.
    pub(super) fn run(
        &self,
        globals: &Globals,
        voice: &Voice,
        task: Task<'_>,
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        let Some(name) = self.roster.name() else {
            return stop::run(async |stop| one(globals, voice, &stop).await);
        };
        let rows = self.roster.rows()?;
        let labs = labs(globals, &rows, voice, task.checks)?;
        if labs.iter().any(Option::is_none) {
            note("nothing was begun for any student");
            return Ok(INVALID);
        }
        self.run_each(&name, globals, voice, task, (rows, labs), one)
    }

    /// Does a command for each account of the roster, without a file of any lab.
    pub(super) fn run_in_accounts(
        &self,
        globals: &Globals,
        voice: &Voice,
        task: Task<'_>,
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        let mut accounts: Vec<Row> = Vec::new();
        for row in self.roster.rows()? {
            match accounts.iter_mut().find(|known| known.account == row.account) {
                // An account of several students has no student's name.
                Some(known) => known.student.clone_from(&known.account),
                None => accounts.push(row),
            }
        }
        let labs = accounts.iter().map(|_| None).collect();
        self.run_each(&self.roster.name().unwrap_or_default(), globals, voice, task, (accounts, labs), one)
    }

    fn run_each(
        &self,
        name: &str,
        globals: &Globals,
        voice: &Voice,
        task: Task<'_>,
        (rows, labs): (Vec<Row>, Vec<Option<Source>>),
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        let speech = match (rows.len(), globals.verbose) {
            (1, _) => Speech::Whole,
            (_, 0) => Speech::Silent,
            _ => Speech::Named,
        };
        let gate = Gate::new(self.parallel.into());
        let members = rows.iter().map(|row| Member::new(&row.student, speech, &gate)).collect();
        let (work, labs) = Work::new(self, name, (globals, voice, task), gate, (rows, members, labs));
        let mut reporting = Reporting::begin_rows(task.report, task.verb, name, work.rows())?;
        let ended = stop::run(async |stop| {
            let stop = if speech == Speech::Whole { stop } else { stop.shared() };
            work.run(labs, &stop, &mut reporting, one).await
        });
        if let Err(Ended::Error(error)) = &ended {
            work.end_all(error);
        }
        reporting.rows_are(work.rows())?;
        ended
    }
}

/// The exit code of a command on a class, by those of its students.
fn exit_code(command: &str, codes: &[u8]) -> u8 {
    let is = |state: State| move |code: &u8| State::of(command, *code) == state;
    match codes {
        [] => DONE,
        [first, rest @ ..] if rest.iter().all(|code| code == first) => *first,
        _ if codes.contains(&INTERRUPTED) => INTERRUPTED,
        _ if codes.iter().all(is(State::Clean)) => {
            if codes.contains(&CHANGES) {
                CHANGES
            } else {
                DONE
            }
        }
        _ if codes.iter().any(is(State::Clean)) || codes.iter().any(is(State::Left)) => PARTLY,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{NOTHING_THERE, REFUSED};

    #[test]
    fn a_class_is_done_if_all_are() {
        for (codes, expected) in [
            (&[][..], DONE),
            (&[DONE, DONE], DONE),
            (&[DONE, NOTHING_THERE], DONE),
            (&[NOTHING_THERE, NOTHING_THERE], NOTHING_THERE),
            (&[DONE, CHANGES], CHANGES),
            (&[CHANGES, REFUSED], PARTLY),
            (&[DONE, REFUSED], PARTLY),
            (&[PARTLY, FAILED], PARTLY),
            (&[REFUSED, REFUSED], REFUSED),
            (&[REFUSED, INVALID], FAILED),
            (&[DONE, INTERRUPTED, FAILED], INTERRUPTED),
        ] {
            assert_eq!(exit_code("plan", codes), expected, "{codes:?}");
        }
        // A container's codes are its own.
        assert_eq!(exit_code("run", &[DONE, CHANGES]), PARTLY);
        assert_eq!(exit_code("run", &[CHANGES, PARTLY]), FAILED);
    }
}
