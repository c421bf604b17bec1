//! The streams on which people are spoken to, and the terminal that stderr may be.

use std::io::{self, IsTerminal as _};

use super::class::{Speech, member};
use crate::report::completing::Completing;

/// Standard output for people.
pub(super) fn out() -> Box<dyn io::Write> {
    if is_silent() { Box::new(io::sink()) } else { Box::new(Completing::new(anstream::stdout())) }
}

/// Standard error for people.
pub(super) fn err() -> Box<dyn io::Write> {
    if is_silent() { Box::new(io::sink()) } else { Box::new(Completing::new(anstream::stderr())) }
}

/// Returns whether the command works for one of many students just now, and says nothing of its own.
pub(super) fn is_silent() -> bool {
    member().is_some_and(|member| member.speech != Speech::Whole)
}

/// Returns whether stderr is a terminal on which lines can be drawn anew.
pub(super) fn is_drawn_on() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The columns of the terminal that stdout is, if it is one.
pub(super) fn columns() -> Option<usize> {
    const USUAL: usize = 80;
    if !io::stdout().is_terminal() {
        return None;
    }
    #[cfg(unix)]
    let columns = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    let columns = 0;
    Some(if columns == 0 { USUAL } else { columns })
}

/// The columns and the lines of the terminal that stderr is.
pub(super) fn size() -> (usize, usize) {
    const USUAL: (usize, usize) = (80, 24);
    #[cfg(unix)]
    let size = rustix::termios::tcgetwinsize(io::stderr())
        .map_or((0, 0), |size| (usize::from(size.ws_col), usize::from(size.ws_row)));
    #[cfg(not(unix))]
    let size = (0, 0);
    (if size.0 == 0 { USUAL.0 } else { size.0 }, if size.1 == 0 { USUAL.1 } else { size.1 })
}
