//! The files of `--report`: there from the beginning of a command, so that one that is killed leaves word of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::files::{self, Readers};
use super::screen::{Ended, Result};
use crate::apply::Destroyed;
use crate::cloud::Account;
use crate::error::{DONE, Error, INTERRUPTED, NOTHING_THERE, PARTLY};
use crate::plan::Plan;
use crate::report::class::{LeftObject, Report, Row, State, added};
use crate::report::commands::{again, completed};

/// The shortest time between two writings of a report that many students end in: for a thousand it is megabytes.
const SELDOM: Duration = Duration::from_secs(1);

/// The report of a command on one lab, or on several, one after the other; nothing is written if nobody asks for it.
pub(super) struct Reporting {
    folder: Option<PathBuf>,
    command: &'static str,
    title: String,
    begun: SystemTime,
    /// The time when the work on the present lab began.
    turn: Instant,
    /// The time when the files were last written.
    written: Instant,
    rows: Vec<Row>,
    /// The place of the present lab among the rows.
    at: usize,
    /// What of the present lab couldn't be looked at.
    missed: Vec<String>,
}

impl Reporting {
    /// Begins the report of `command` on `lab`: as of one that was stopped before its end.
    pub(super) fn begin(folder: Option<&Path>, command: &'static str, lab: &str, region: &str) -> Result<Self> {
        Self::begin_all(folder, command, lab, "", [(lab, region)].into_iter())
    }

    /// Begins the report of `command` on these labs, each with its region, of one account.
    pub(super) fn begin_all<'a>(
        folder: Option<&Path>,
        command: &'static str,
        title: &str,
        account: &str,
        labs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self> {
        let row = |(lab, region): (&str, &str)| Row {
            name: lab.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            lab: lab.to_owned(),
            state: State::Unfinished,
            deleted: 0,
            left: Vec::new(),
            spared: Vec::new(),
            result: String::new(),
            took: None,
            cause: "it was stopped before its end".to_owned(),
            next: again(command, &[]),
        };
        Self::begin_rows(folder, command, title, labs.map(row).collect())
    }

    /// Begins the report of `command` with these rows.
    pub(super) fn begin_rows(
        folder: Option<&Path>,
        command: &'static str,
        title: &str,
        rows: Vec<Row>,
    ) -> Result<Self> {
        let (title, begun, turn) = (title.to_owned(), SystemTime::now(), Instant::now());
        let (folder, missed) = (folder.map(Path::to_owned), Vec::new());
        let mut reporting = Self { folder, command, title, begun, turn, written: turn, rows, at: 0, missed };
        reporting.write()?;
        Ok(reporting)
    }

    /// Returns whether what is new may be written, because nothing was written just now.
    pub(super) fn is_due(&self) -> bool {
        self.folder.is_some() && self.written.elapsed() >= SELDOM
    }

    /// Writes how it stands with all.
    pub(super) fn rows_are(&mut self, rows: Vec<Row>) -> Result<()> {
        self.rows = rows;
        self.write()
    }

    /// Turns to another lab.
    pub(super) fn turn_to(&mut self, at: usize) {
        (self.at, self.turn) = (at, Instant::now());
        self.missed.clear();
    }

    fn row(&mut self) -> &mut Row {
        &mut self.rows[self.at]
    }

    /// Learns whose account it is.
    pub(super) fn found(&mut self, account: &Account) -> Result<()> {
        self.row().account.clone_from(&account.id);
        self.write()
    }

    /// Learns what stays although it would go.
    pub(super) fn kept(&mut self, plan: &Plan) {
        let left =
            |address: String, name: &String, why: &String| LeftObject { address, name: name.clone(), why: why.clone() };
        self.row().left.extend(plan.kept.iter().map(|kept| left(kept.address.to_string(), &kept.name, &kept.reason)));
    }

    /// Learns what couldn't be looked at.
    pub(super) fn missed(&mut self, what: String) {
        self.missed.push(what);
    }

    /// Learns what was deleted and what is left.
    pub(super) fn destroyed(&mut self, plan: &Plan, destroyed: &Destroyed) {
        self.row().result = added(destroyed.outcome.counts(), ["added", "changed", "destroyed"]);
        self.row().deleted = plan.changes.iter().filter(|change| destroyed.is_gone(&change.address)).count();
        let left = destroyed.left.iter().map(|left| LeftObject {
            address: left.address.to_string(),
            name: left.name.clone(),
            why: completed(&left.why).into_owned(),
        });
        self.row().left.extend(left);
    }

    /// Writes that the present lab is left alone, and why.
    pub(super) fn spared(&mut self, why: String) -> Result<()> {
        let row = self.row();
        (row.state, row.cause, row.next) = (State::Spared, why, String::new());
        self.write()
    }

    /// Writes how the work on the present lab ended.
    pub(super) fn end(&mut self, result: &Result<u8>) -> Result<()> {
        let (state, cause) = match result {
            Ok(DONE | NOTHING_THERE) => (State::Clean, String::new()),
            Ok(PARTLY) => (State::Left, self.missed.join("; ")),
            Ok(INTERRUPTED) | Err(Ended::Interrupted | Ended::ClosedPipe) => {
                (State::Unfinished, "it was interrupted".to_owned())
            }
            Ok(code) => (State::Failed, format!("it ended with {code}")),
            Err(Ended::Error(error)) => {
                let hints = error.hints.iter().map(String::as_str);
                let words: Vec<&str> = [error.message.as_str()].into_iter().chain(hints).collect();
                (State::Failed, completed(&words.join("; ")).into_owned())
            }
        };
        let took = Some(self.turn.elapsed());
        let row = self.row();
        if state == State::Clean {
            row.next = String::new();
        }
        (row.state, row.cause, row.took) = (state, cause, took);
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        self.written = Instant::now();
        let Some(folder) = &self.folder else { return Ok(()) };
        let report = Report {
            command: self.command.to_owned(),
            title: self.title.clone(),
            labform: env!("CARGO_PKG_VERSION"),
            begun: self.begun,
            written: SystemTime::now(),
            rows: self.rows.clone(),
        };
        for (name, text) in report.files() {
            let file = folder.join(name);
            files::make_folder(&file, Readers::Owner)?;
            replace(&file, &text, |text| Report::wrote(name, text))?;
        }
        Ok(())
    }
}

/// Writes a file of a report whole or not at all: labform may be killed at any moment.
pub(super) fn replace(file: &Path, text: &str, is_own: impl Fn(&str) -> bool) -> Result<()> {
    const WHAT: &str = "a report of labform's";
    let is_there = fs::symlink_metadata(file).is_ok();
    if is_there && !files::read(file, files::MAX_PLAN).is_ok_and(|text| is_own(&text)) {
        return Err(files::not_ours(file, WHAT).into());
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let aside = file.with_file_name(format!(".{name}.new"));
    // A name of labform's own: what it holds was perhaps not written to its end. It may be a link that a lab came with, and
    // what that leads to is nobody's to write over.
    if let Err(error) = fs::remove_file(&aside)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(Error::failed(format!("{}: {error}", aside.display())).into());
    }
    files::save(&aside, text.as_bytes(), Readers::Owner, |_| true, WHAT)?;
    Ok(fs::rename(&aside, file).map_err(|error| Error::failed(format!("{}: {error}", file.display())))?)
}
