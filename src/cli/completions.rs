//! `labform completions`.

use std::env;
use std::io::Write as _;
use std::path::{self, Path};

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::complete::ASKS;
use super::screen::Result;
use crate::error::DONE;

/// Print completions for a shell, of which those of addresses, jobs, phases and outputs come from lab.yaml
///
/// For bash, add `source <(labform completions bash)` to ~/.bashrc; for zsh the same with zsh to ~/.zshrc; for fish, add
/// `labform completions fish | source` to ~/.config/fish/config.fish. The script asks labform for each completion.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<u8> {
        let (shells, mut script) = (Shells::builtins(), Vec::new());
        let shell = shells.completer(&self.shell.to_string()).expect("both lists of shells are the same");
        shell.write_registration(ASKS, "labform", "labform", &program()?, &mut script)?;
        anstream::stdout().lock().write_all(&script)?;
        Ok(DONE)
    }
}

/// The way to this program: by name alone if it was found so.
fn program() -> Result<String> {
    let word = env::args_os().next().unwrap_or_default();
    let program = Path::new(&word);
    if program.components().count() > 1 {
        return Ok(path::absolute(program)?.to_string_lossy().into_owned());
    }
    Ok("labform".to_owned())
}
