//! `labform graph`.

use clap::{Args, ValueEnum};

use super::screen::{Json, Result, Voice};
use super::{Globals, files};
use crate::error::DONE;
use crate::report::graph::{Format, write_graph};
use crate::report::json_lab::graph_lines;

/// Print the graph of the lab
///
/// An edge leads from each resource to those that it needs. `labform graph | dot -Tsvg` draws it.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The language to write it in
    #[arg(long, value_enum, default_value = "dot", conflicts_with = "json")]
    format: Language,
    #[command(flatten)]
    json: Json,
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
        let voice = self.json.voice()?;
        voice.tell(self.show(globals, &voice))
    }

    fn show(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(globals)?;
        let format = match self.format {
            Language::Dot => Format::Dot,
            Language::Mermaid => Format::Mermaid,
        };
        voice.data(|out| write_graph(out, source.lab(), format), || graph_lines(source.lab()))?;
        Ok(DONE)
    }
}
