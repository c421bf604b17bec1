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
mod watching;
mod work;

pub(super) use member::{Member, Speech, member};
use roster::AccountOfClass;
pub(super) use roster::{Roster, labs};

use std::path::{Path, PathBuf};

use clap::Args;

use super::reporting::Reporting;
use super::screen::{Ended, Result, Voice, note};
use super::stop::Stop;
use super::{Globals, files, stop};
use crate::error::{CHANGES, DONE, Error, FAILED, INTERRUPTED, INVALID, PARTLY};
use crate::report::class::State;
use crate::report::commands::{again, quoted};
use crate::spec::{Row, Source};
use gate::Gate;
pub(super) use watching::Watching;
use work::{Waiting, Work};

/// The students who are worked on at once if nothing else is said.
const PARALLEL: u16 = 50;

/// The arguments by which a command is done for each student of a class.
#[derive(Debug, Args)]
pub(super) struct Class {
    #[command(flatten)]
    roster: Roster,
    /// Work on at most so many students at once
    #[arg(long, value_name = "N", default_value_t = PARALLEL, requires = "roster",
        value_parser = clap::value_parser!(u16).range(1..=500))]
    parallel: u16,
    /// Write what became of it into this folder: report.html, report.xml (JUnit), report.json and report.md; with `apply` of
    /// one lab and a name as in apply.html, one page that tells what was done when, and what waited for what
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// A command that is done for each student.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    /// Its word, as in `apply`.
    pub(super) verb: &'static str,
    /// Its words without options, for the same again.
    pub(super) words: &'a str,
    /// Its words behind those options that other commands have, too.
    pub(super) behind: &'a [String],
    /// The one question over all students.
    pub(super) asks: &'a str,
    /// Whether stdout is for something else than the table of all students.
    pub(super) takes_stdout: bool,
    /// What is checked of each student's lab before the first call.
    pub(super) checks: &'a dyn Fn(&Row, &Source) -> Result<()>,
}

impl Task<'_> {
    /// A command that asks nothing and checks nothing of its own.
    pub(super) fn new(verb: &'static str) -> Self {
        Task { verb, words: verb, behind: &[], asks: "", takes_stdout: false, checks: &|_, _| Ok(()) }
    }
}

impl Class {
    /// The name of the roster, if there is one.
    pub(super) fn name(&self) -> Option<String> {
        self.roster.name()
    }

    /// The words of the arguments that name the class, for the same again.
    pub(super) fn words(&self) -> Vec<String> {
        let parallel = (self.parallel != PARALLEL).then(|| ["--parallel".to_owned(), self.parallel.to_string()]);
        self.roster.words().into_iter().chain(parallel.into_iter().flatten()).collect()
    }

    /// The words of the argument that asks for a report.
    pub(super) fn report_words(&self) -> Vec<String> {
        let folder = self.report.as_ref().map(|folder| quoted(&folder.to_string_lossy()));
        folder.into_iter().flat_map(|folder| ["--report".to_owned(), folder]).collect()
    }

    /// The page that is asked for with `--report`; none if that names a folder.
    pub(super) fn page(&self) -> Option<&Path> {
        let is_page = |file: &&Path| file.extension().is_some_and(|end| end.eq_ignore_ascii_case("html"));
        self.report.as_deref().filter(is_page)
    }

    /// The folder that `--report` of the command `verb` names; none for the page of an apply.
    ///
    /// # Errors
    /// If a page is asked for that isn't that of one lab's apply.
    pub(super) fn folder(&self, verb: &str) -> Result<Option<&Path>> {
        let Some(page) = self.page() else { return Ok(self.report.as_deref()) };
        if verb == "apply" && self.name().is_none() {
            return Ok(None);
        }
        let message = format!("--report {}: a page is written of one lab's apply alone", page.display());
        Err(Error::usage(message).hint("name a folder, as in `--report report`").into())
    }

    /// Does a command: once, or for each student of the roster that is named.
    pub(super) fn run(
        &self,
        globals: &Globals,
        voice: &Voice,
        task: Task<'_>,
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        let folder = self.folder(task.verb)?;
        let Some(name) = self.roster.name() else {
            return run_one(folder, globals, voice, task, one);
        };
        let students = self.roster.students()?;
        let labs = labs(globals, &students, voice, |row, source| {
            (task.checks)(row, &source)?;
            Ok(Waiting::of_lab(self, row, &source))
        })?;
        if labs.iter().any(Option::is_none) {
            note("nothing was begun for any student");
            return Ok(INVALID);
        }
        self.run_each(&name, globals, voice, task, (students.rows, labs.into_iter().flatten().collect()), one)
    }

    /// Does a command in these regions of each account of the roster, or in all, without a file of any lab.
    pub(super) fn run_in_accounts(
        &self,
        regions: &[String],
        globals: &Globals,
        voice: &Voice,
        task: Task<'_>,
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        self.folder(task.verb)?;
        let accounts = self.roster.accounts(regions)?;
        let accounts = accounts.into_iter().map(|AccountOfClass { row, words }| {
            let waiting = Waiting::of_account(&row, words);
            (row, waiting)
        });
        let name = self.roster.name().unwrap_or_default();
        self.run_each(&name, globals, voice, task, accounts.unzip(), one)
    }

    fn run_each(
        &self,
        name: &str,
        globals: &Globals,
        voice: &Voice,
        task: Task<'_>,
        (rows, labs): (Vec<Row>, Vec<Waiting>),
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        let speech = match (rows.len(), globals.verbose) {
            (1, _) => Speech::Whole,
            (_, 0) => Speech::Silent,
            _ => Speech::Named,
        };
        let gate = Gate::new(self.parallel.into());
        let members = rows.iter().map(|row| Member::new(&row.student, speech, &gate)).collect();
        let work = Work::new(name, (globals, voice, task), gate, (rows, members, labs));
        let mut reporting = Reporting::begin_rows(self.report.as_deref(), task.verb, name, work.rows())?;
        let ended = stop::run(async |stop| {
            let stop = if speech == Speech::Whole { stop } else { stop.shared() };
            work.run(&stop, &mut reporting, one).await
        });
        if let Err(Ended::Error(error)) = &ended {
            work.end_all(error);
        }
        reporting.rows_are(work.rows())?;
        ended
    }
}

/// Does a command once, with a report in `folder` as if the lab were that of the one student of a class.
fn run_one(
    folder: Option<&Path>,
    globals: &Globals,
    voice: &Voice,
    task: Task<'_>,
    one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
) -> Result<u8> {
    let Some(folder) = folder else {
        return stop::run(async |stop| one(globals, voice, &stop).await);
    };
    let source = files::load(globals)?;
    let (lab, region) = (source.name(), source.region());
    let member = Member::new(lab, Speech::Whole, &Gate::new(1));
    member.begins();
    let row = || vec![member.row(["", region, lab], again(task.words, task.behind))];
    let mut reporting = Reporting::begin_rows(Some(folder), task.verb, lab, row())?;
    let result = stop::run(async |stop| member.work(one(globals, voice, &stop)).await);
    ends(&member, task.verb, &result);
    reporting.rows_are(row())?;
    result
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

/// Ends a student's work with what came of it.
fn ends(member: &Member, command: &str, result: &Result<u8>) {
    match result {
        Ok(code) => member.ends(command, *code, None),
        Err(Ended::Error(error)) => member.ends(command, error.exit_code(), Some(error)),
        Err(ended) => member.ends(command, ended.code(), None),
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
