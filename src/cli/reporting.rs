//! The files of `--report`: there from the beginning of a command, so that one that is killed leaves word of it.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::files;
use super::screen::{Ended, Result};
use crate::apply::Destroyed;
use crate::cloud::Account;
use crate::error::{DONE, INTERRUPTED, NOTHING_THERE, PARTLY};
use crate::plan::Plan;
use crate::report::class::{LeftObject, Report, Row, State};
use crate::report::commands::completed;

/// The report of a command on one lab; nothing is written if nobody asks for it.
pub(super) struct Reporting {
    folder: Option<PathBuf>,
    command: &'static str,
    begun: (SystemTime, Instant),
    row: Row,
}

impl Reporting {
    /// Begins the report of `command` on `lab`: as of one that was stopped before its end.
    pub(super) fn begin(folder: Option<&Path>, command: &'static str, lab: &str, region: &str) -> Result<Self> {
        let row = Row {
            name: lab.to_owned(),
            account: String::new(),
            region: region.to_owned(),
            lab: lab.to_owned(),
            state: State::Unfinished,
            deleted: 0,
            left: Vec::new(),
            took: None,
            cause: "it was stopped before its end".to_owned(),
            next: completed(&format!("`labform {command}`")).trim_matches('`').to_owned(),
        };
        let reporting =
            Self { folder: folder.map(Path::to_owned), command, begun: (SystemTime::now(), Instant::now()), row };
        reporting.write()?;
        Ok(reporting)
    }

    /// Learns whose account it is.
    pub(super) fn found(&mut self, account: &Account) -> Result<()> {
        self.row.account.clone_from(&account.id);
        self.write()
    }

    /// Learns what stays although it would go.
    pub(super) fn kept(&mut self, plan: &Plan) {
        let left =
            |address: String, name: &String, why: &String| LeftObject { address, name: name.clone(), why: why.clone() };
        self.row.left.extend(plan.kept.iter().map(|kept| left(kept.address.to_string(), &kept.name, &kept.reason)));
    }

    /// Learns what was deleted and what is left.
    pub(super) fn destroyed(&mut self, plan: &Plan, destroyed: &Destroyed) {
        self.row.deleted = plan.changes.iter().filter(|change| destroyed.is_gone(&change.address)).count();
        let left = destroyed.left.iter().map(|left| LeftObject {
            address: left.address.to_string(),
            name: left.name.clone(),
            why: completed(&left.why).into_owned(),
        });
        self.row.left.extend(left);
    }

    /// Writes how the command ended.
    pub(super) fn end(mut self, result: &Result<u8>) -> Result<()> {
        let (state, cause) = match result {
            Ok(DONE | NOTHING_THERE) => (State::Clean, String::new()),
            Ok(PARTLY) => (State::Left, String::new()),
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
        if state == State::Clean {
            self.row.next = String::new();
        }
        (self.row.state, self.row.cause, self.row.took) = (state, cause, Some(self.begun.1.elapsed()));
        self.write()
    }

    fn write(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let report = Report {
            command: self.command.to_owned(),
            title: self.row.lab.clone(),
            labform: env!("CARGO_PKG_VERSION"),
            begun: self.begun.0,
            written: SystemTime::now(),
            rows: vec![self.row.clone()],
        };
        for (name, text) in report.files() {
            let file = folder.join(name);
            files::make_folder(&file)?;
            files::save(&file, text.as_bytes(), |text| Report::wrote(name, text), "a report of labform's")?;
        }
        Ok(())
    }
}
