//! `labform graph`.

use clap::{Args, ValueEnum};

use super::screen::Result;
use super::{Globals, files};
use crate::error::DONE;
use crate::report::graph::{Format, write_graph};

/// Print the graph of the lab
///
/// An edge leads from each resource to those that it needs. `labform graph | dot -Tsvg` draws it.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The language to write it in
    #[arg(long, value_enum, default_value = "dot")]
    format: Language,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// Graphviz
    Dot,
    /// Mermaid, which GitHub shows in Markdown
    Mermaid,
}

impl Graph {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(&globals.file)?;
        let format = match self.format {
            Language::Dot => Format::Dot,
            Language::Mermaid => Format::Mermaid,
        };
        write_graph(&mut anstream::stdout().lock(), source.lab(), format)?;
        Ok(DONE)
    }
}
