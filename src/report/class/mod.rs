//! The report of a command over several accounts: what became of each, for whoever has to see to the rest.
//!
//! One set of rows in four forms: a page for people, JUnit's XML for CI, JSON for programs, and Markdown for the summary of
//! a CI's run. The page holds all that it shows and asks nobody for anything, so that it can be kept, and mailed.

mod junit;
mod live;
mod markdown;
mod page;
mod table;

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::markup::{escaped, is_ours};
use crate::error::{CHANGES, DONE, INTERRUPTED, NOTHING_THERE, PARTLY};

pub use live::LiveTable;
pub use table::{Running, Tally, added, begun, ended, running, write_class};

/// The report of a command.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The command, as in `destroy`.
    pub command: String,
    /// The name of the class, or of the lab if there is no class.
    pub title: String,
    /// The version of labform.
    pub labform: &'static str,
    /// The time when the command began.
    #[serde(serialize_with = "time")]
    pub begun: SystemTime,
    /// The time when the report was written.
    #[serde(serialize_with = "time")]
    pub written: SystemTime,
    /// What became of each.
    pub rows: Vec<Row>,
}

/// What became of one account's lab.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The student, or the lab if there is no class.
    pub name: String,
    /// The account's number; empty if it was never known.
    pub account: String,
    /// The region that was looked at.
    pub region: String,
    /// The lab.
    pub lab: String,
    /// How it ended.
    pub state: State,
    /// The objects that were deleted.
    pub deleted: usize,
    /// The objects that are left.
    pub left: Vec<LeftObject>,
    /// The labs that were left alone, of a command that chose among all of an account.
    pub spared: Vec<SparedLab>,
    /// What came of it, as in `19 added`.
    pub result: String,
    /// The time that it took; none if it wasn't begun.
    #[serde(serialize_with = "seconds")]
    pub took: Option<Duration>,
    /// Why it didn't end well; empty if it did.
    pub cause: String,
    /// The command that goes on from there; empty if nothing is left to do.
    pub next: String,
}

/// An object that is left.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftObject {
    /// The address.
    pub address: String,
    /// The name in AWS.
    pub name: String,
    /// Why it is left.
    pub why: String,
}

/// A lab that was left alone, as it was to be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SparedLab {
    /// The lab.
    pub lab: String,
    /// Its region.
    pub region: String,
    /// Why it was left alone.
    pub why: String,
}

/// How a command ended for one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// An error ended it.
    Failed,
    /// It ended, and something is left over.
    Left,
    /// It was stopped before its end, or never begun.
    Unfinished,
    /// It was left alone, as it was to be: a lab that is not past its time.
    Spared,
    /// Verified: after a destroy nothing is left, after an apply nothing is left to do.
    Clean,
}

impl State {
    /// The states, those that need somebody first.
    pub const ALL: [Self; 5] = [Self::Failed, Self::Left, Self::Unfinished, Self::Spared, Self::Clean];

    /// The word for it, of a command.
    pub fn word(self, command: &str) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Left if command == "destroy" => "left over",
            Self::Left if command == "check" => "missed",
            Self::Left => "partly",
            Self::Unfinished => "unfinished",
            Self::Spared => "spared",
            Self::Clean if command == "destroy" => "clean",
            Self::Clean => "done",
        }
    }

    /// How a command ended that has this exit code.
    pub fn of(command: &str, code: u8) -> Self {
        match code {
            DONE => Self::Clean,
            INTERRUPTED => Self::Unfinished,
            // It may be the container's own.
            _ if command == "run" => Self::Failed,
            NOTHING_THERE | CHANGES => Self::Clean,
            PARTLY => Self::Left,
            _ => Self::Failed,
        }
    }

    /// A sign that tells it from the others without any colour.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Failed => "✗",
            Self::Left => "◐",
            Self::Unfinished => "…",
            Self::Spared => "○",
            Self::Clean => "✓",
        }
    }
}

impl Report {
    /// Returns whether all is verified clean that wasn't to be left alone.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| matches!(row.state, State::Clean | State::Spared))
    }

    /// The files of the report, by name: `report.html`, `report.xml`, `report.json`, `report.md`.
    pub fn files(&self) -> [(&'static str, String); 4] {
        let json = serde_json::to_string_pretty(self).expect("a report has string keys");
        [
            ("report.html", page::page(self)),
            ("report.xml", junit::junit(self)),
            ("report.json", json + "\n"),
            ("report.md", markdown::markdown(self)),
        ]
    }

    /// Returns whether `text` is a file of this name of a report that labform wrote before.
    pub fn wrote(name: &str, text: &str) -> bool {
        match name.rsplit('.').next() {
            Some("html") => is_ours(text),
            Some("xml") => text.contains("\n  <testsuite name=\"labform "),
            Some("md") => text.starts_with("## labform "),
            _ => serde_json::from_str::<serde_json::Value>(text).is_ok_and(|report| report["rows"].is_array()),
        }
    }

    /// The one line that says it all, as in `95 of 100 clean, 5 left over`.
    pub fn summary(&self) -> String {
        summary(&self.command, &self.rows)
    }

    /// The rows, those that need somebody first.
    fn sorted(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| row.state);
        rows
    }
}

/// The one line that says what became of these, as in `95 of 100 clean, 5 left over`.
fn summary(command: &str, rows: &[Row]) -> String {
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let rest = State::ALL.into_iter().filter(|state| *state != State::Clean);
    let rest = rest.filter(|state| count(*state) > 0);
    let rest = rest.map(|state| format!(", {} {}", count(state), state.word(command)));
    let good = State::Clean.word(command);
    format!("{} of {} {good}{}", count(State::Clean), rows.len(), rest.collect::<String>())
}

impl Row {
    /// All that there is to say of why it is as it is, a line each.
    fn reasons(&self) -> Vec<String> {
        let left = self.left.iter().map(|left| format!("{} \"{}\": {}", left.address, left.name, left.why));
        let cause = Some(self.cause.clone()).filter(|cause| !cause.is_empty());
        cause.into_iter().chain(left).collect()
    }

    /// The reasons, and the labs that were left alone, a line each.
    fn details(&self) -> Vec<String> {
        let spared = self.spared.iter().map(|one| format!("lab {} in {} is spared: {}", one.lab, one.region, one.why));
        self.reasons().into_iter().chain(spared).collect()
    }
}

fn time<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&humantime::format_rfc3339_seconds(*at))
}

fn seconds<S: Serializer>(took: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    took.map(|took| took.as_secs_f64()).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::testing::class;
    use super::*;

    #[test]
    fn a_report_is_known_again() {
        for (name, text) in class(40).files() {
            assert!(Report::wrote(name, &text), "{name}");
            assert!(!Report::wrote(name, "{}"), "{name}");
        }
        assert_eq!(class(40).summary(), "38 of 40 clean, 1 failed, 1 left over");
        assert!(!class(40).is_clean() && class(10).is_clean());
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A class of `count`, of which every twentieth needs somebody.
    pub(crate) fn class(count: usize) -> Report {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000);
        let row = |n: usize| {
            let state = match n % 80 {
                19 => State::Left,
                39 => State::Failed,
                59 => State::Unfinished,
                _ => State::Clean,
            };
            let left = LeftObject {
                address: "securityGroup.web".to_owned(),
                name: "tp8-web".to_owned(),
                why: "eni-0a1b <of somebody's instance> holds it".to_owned(),
            };
            Row {
                name: format!("student-{n:04}"),
                account: format!("{:012}", 100_000_000_000 + n as u64),
                region: "eu-west-1".to_owned(),
                lab: "tp8".to_owned(),
                state,
                deleted: if state == State::Failed { 0 } else { 19 },
                left: if state == State::Left { vec![left] } else { Vec::new() },
                spared: Vec::new(),
                result: if state == State::Failed { String::new() } else { "19 destroyed".to_owned() },
                took: (state != State::Unfinished).then_some(Duration::from_millis(92_000 + n as u64 * 37)),
                cause: match state {
                    State::Failed => "AccessDenied: not authorized to perform: sts:AssumeRole".to_owned(),
                    State::Unfinished => "stopped by a signal".to_owned(),
                    State::Left | State::Spared | State::Clean => String::new(),
                },
                next: match state {
                    State::Clean => String::new(),
                    _ => format!("labform destroy --students student-{n:04}"),
                },
            }
        };
        Report {
            command: "destroy".to_owned(),
            title: "Cloud & DevOps".to_owned(),
            labform: "0.1.0",
            begun: at,
            written: at + Duration::from_secs(312),
            rows: (1..=count).map(row).collect(),
        }
    }
}
