//! `labform man`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man as Page;

use super::Cli;
use super::files::{self, Readers};
use super::screen::Result;
use crate::error::DONE;

/// Write the manual pages of labform and of each of its commands into a folder
///
/// As in `labform man ~/.local/share/man/man1`, after which `man labform-apply` shows one.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder; it is made if it isn't there
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
}

impl Man {
    pub(super) fn run(&self) -> Result<u8> {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        self.write(&command)
    }

    fn write(&self, command: &clap::Command) -> Result<u8> {
        let page = Page::new(command.clone());
        let file = self.folder.join(page.get_filename());
        let mut text = Vec::new();
        page.render(&mut text)?;
        files::make_folder(&file, Readers::Others)?;
        files::save(&file, &text, Readers::Others, is_page, "a manual page of labform's")?;
        writeln!(anstream::stdout(), "{}", file.display())?;
        command.get_subcommands().filter(|one| !one.is_hide_set()).try_for_each(|one| self.write(one).map(drop))?;
        Ok(DONE)
    }
}

/// Returns whether a file may be one that labform wrote before.
fn is_page(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(".TH labform"))
}
