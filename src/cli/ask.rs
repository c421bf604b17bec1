//! The only prompt.

use std::io::{self, IsTerminal as _, Write as _};

use super::screen::{Result, note};
use super::stop::Stop;
use crate::error::Error;
use crate::report::{BOLD, paint, visible};

/// The longest answer that is read.
const LONGEST: u64 = 256;

/// Asks until `expected` was typed, or refuses.
///
/// # Errors
/// If anything else is typed, and if there is no terminal to ask on.
pub(super) async fn confirm(stop: &Stop, question: &str, expected: &str) -> Result<()> {
    if !io::stdin().is_terminal() {
        return Err(Error::refused("there is no terminal to ask on, and nothing was changed")
            .hint("add --yes to go on without being asked")
            .into());
    }
    note(format_args!("\n{}", paint(BOLD, question)));
    note(format_args!("  Only '{}' is accepted.", visible(expected)));
    let _ = write!(anstream::stderr(), "\n  > ").and_then(|()| io::stderr().flush());
    let answer = stop.or(answer()).await?;
    if answer.trim() == expected {
        return Ok(());
    }
    Err(Error::refused("that wasn't it: nothing was changed").into())
}

async fn answer() -> Result<String> {
    let read = || {
        let mut line = String::new();
        io::BufRead::read_line(&mut io::Read::take(io::stdin().lock(), LONGEST), &mut line).map(|_| line)
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(Error::failed(format!("reading the answer: {error}")).into()),
        Err(_) => Err(Error::failed("reading the answer was broken off").into()),
    }
}
