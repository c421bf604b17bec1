//! `labform completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};
use std::io::Write as _;

use super::Cli;
use super::screen::Result;
use crate::error::DONE;

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<u8> {
        // The generator takes a closed pipe for a reason to panic.
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "labform", &mut script);
        anstream::stdout().lock().write_all(&script)?;
        Ok(DONE)
    }
}
