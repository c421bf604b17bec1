//! The end of a command, and what is said of it.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use super::class::{Speech, member};
use crate::error::{self, Error};
use crate::report::annotation;
use crate::report::commands::completed;
use crate::report::{RED, YELLOW, paint, visible, visible_lines};
use crate::spec::SpecErrors;

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
        self.show();
        ExitCode::from(self.code())
    }

    /// Shows the reason.
    pub(super) fn show(&self) {
        if let Self::Error(error) = self {
            show_error(error);
            if is_in_github_actions() {
                annotation::of_error(error).iter().for_each(note);
            }
        }
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

/// Returns whether a runner of GitHub Actions reads along ("Variables reference", GitHub Actions).
pub(super) fn is_in_github_actions() -> bool {
    std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true")
}

/// Shows an error to people.
pub(super) fn show_error(error: &Error) {
    note(format_args!("{} {}", paint(RED, "error:"), visible_lines(&error.message)));
    for hint in &error.hints {
        note(format_args!("{} {}", paint(YELLOW, "hint:"), visible_lines(hint)));
    }
}

/// Prints a line to stderr. If stderr is closed, there is nobody to tell.
pub(super) fn note(line: impl Display) {
    let line = match member().map(|member| (member.speech, member)) {
        None | Some((Speech::Whole, _)) => line.to_string(),
        Some((Speech::Silent, _)) => return,
        Some((Speech::Named, member)) => match line.to_string().trim() {
            "" => return,
            line => format!("{}: {line}", visible(&member.student)),
        },
    };
    let _ = writeln!(anstream::stderr(), "{}", completed(&line.to_string()));
}
