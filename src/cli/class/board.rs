//! What people see of a class while a command runs: a table on a terminal, a line for each begin and end in a pipe.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use anstream::AutoStream;

use super::member::Member;
use crate::cli::screen::{Voice, note};
use crate::cli::streams::{is_drawn_on, size};
use crate::report::class::{LiveTable, Row, Running, State, Tally, begun, ended, running};

/// The sight of a class.
pub(super) enum Board {
    /// Nobody looks.
    Nobody,
    /// A line for each begin and end.
    Lines,
    /// A table of those that are worked on; who doesn't end well is named above it.
    Table(LiveTable, Instant),
}

impl Board {
    /// The board for a command's audience.
    pub(super) fn new(voice: &Voice, is_verbose: bool) -> Self {
        match voice {
            Voice::Programs(_) => Self::Nobody,
            Voice::People if is_drawn_on() && !is_verbose => {
                Self::Table(LiveTable::new(AutoStream::choice(&io::stderr())), Instant::now())
            }
            Voice::People => Self::Lines,
        }
    }

    /// A student's part begins.
    pub(super) fn begun(&self, row: &Row) {
        if let Self::Lines = self {
            note(begun(row));
        }
    }

    /// A student's part has ended.
    pub(super) fn ended(&self, command: &str, row: &Row) {
        match self {
            Self::Lines => note(ended(command, row)),
            Self::Table(table, _) if row.state != State::Clean => table.say(&ended(command, row)),
            Self::Nobody | Self::Table(..) => {}
        }
    }

    /// Shows what is going on.
    pub(super) fn draw(&mut self, members: &[Arc<Member>]) {
        let Self::Table(table, since) = self else { return };
        let mut tally = Tally { all: members.len(), ..Tally::default() };
        let mut rows = Vec::new();
        for member in members {
            let told = member.told();
            match (told.end, told.begun) {
                (Some((State::Clean, ..)), _) => tally.clean += 1,
                (Some(_), _) => tally.others += 1,
                (None, Some(begun)) => {
                    tally.running += 1;
                    rows.push(Running {
                        name: member.student.clone(),
                        left: told.planned.map(|_| told.to_do),
                        since: begun.elapsed(),
                        doing: told.doing,
                    });
                }
                (None, None) => {}
            }
        }
        table.draw(&running(&rows, tally, since.elapsed(), size()));
    }

    /// Takes the table off the screen, until it is drawn again.
    pub(super) fn hide(&mut self) {
        if let Self::Table(table, _) = self {
            table.hide();
        }
    }
}
