//! `labform schema`.

use clap::Args;
use std::io::Write as _;

use super::screen::Result;
use crate::error::DONE;
use crate::report::lines;
use crate::spec;

/// Print the JSON Schema of lab.yaml, for editors
///
/// Save it beside the lab, and begin lab.yaml with `# yaml-language-server: $schema=lab.schema.json`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Print the schema of the lines that `--json` prints
    #[arg(long)]
    json_lines: bool,
}

impl Schema {
    pub(super) fn run(&self) -> Result<u8> {
        let schema = if self.json_lines { lines::schema() } else { spec::schema() };
        writeln!(anstream::stdout().lock(), "{schema:#}")?;
        Ok(DONE)
    }
}
