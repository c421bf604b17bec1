//! `labform schema`.

use clap::Args;
use std::io::Write as _;

use super::screen::Result;
use crate::error::DONE;
use crate::spec;

/// Print the JSON Schema of lab.yaml, for editors
///
/// Save it beside the lab, and begin lab.yaml with `# yaml-language-server: $schema=lab.schema.json`.
#[derive(Debug, Args)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(&self) -> Result<u8> {
        writeln!(anstream::stdout().lock(), "{:#}", spec::schema())?;
        Ok(DONE)
    }
}
