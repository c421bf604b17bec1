//! `labform graph`.

use clap::{Args, ValueEnum};

use super::screen::{Ended, Json, Result, Voice};
use super::session::Session;
use super::stop::{self, Stop};
use super::{Globals, files};
use crate::error::DONE;
use crate::live::{self, Evidence};
use crate::plan::{Costs, lab_costs, live_costs};
use crate::report::graph::{Format, Graph as Drawn, Seen, write_graph};
use crate::report::json_lab::graph_lines;
use crate::report::status::rows;
use crate::resource::Sources;
use crate::spec::Source;
use crate::status::details;

/// Print the graph of the lab, with its jobs and phases and about what each resource costs
///
/// An edge leads from each resource to those that it needs. `labform graph --format svg > lab.svg` is a picture, `--format
/// html` a page to zoom and search in. AWS is asked nothing, unless `--live` asks for the state of each resource.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The language to write it in
    #[arg(long, value_enum, default_value = "dot", conflicts_with = "json")]
    format: Language,
    /// Ask AWS for the state of each resource and job, and tell what is there now and what that costs
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    /// Graphviz
    Dot,
    /// Mermaid, which GitHub shows in Markdown
    Mermaid,
    /// A picture, which needs no Graphviz
    Svg,
    /// A page with the picture, in one file
    Html,
}

impl Graph {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.show(globals, &voice))
    }

    fn show(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(globals)?;
        let graph = match self.live {
            true => stop::run(async |stop| see(globals, &source, voice, &stop).await)?,
            false => Drawn::of(source.lab(), &lab_costs(source.lab()), None),
        };
        let format = match self.format {
            Language::Dot => Format::Dot,
            Language::Mermaid => Format::Mermaid,
            Language::Svg => Format::Svg,
            Language::Html => Format::Html,
        };
        voice.data(|out| write_graph(out, &graph, format), || graph_lines(&graph))?;
        Ok(DONE)
    }
}

/// The graph of what is live.
async fn see(globals: &Globals, source: &Source, voice: &Voice, stop: &Stop) -> Result<Drawn> {
    let session = stop.or(Session::open(globals, source.region())).await?;
    let reading = stop.or(live::read(&session.cloud, source, Sources::new(), Evidence::Index)).await?;
    session.introduce(voice, source.name(), &reading.account)?;
    let details = stop.or(async { Ok::<_, Ended>(details(&session.cloud, &reading).await) }).await?;
    let rows = rows(&reading.lab, &reading.live);
    let costs = Costs { jobs: lab_costs(&reading.lab).jobs, ..live_costs(&reading.lab.place, &reading.live) };
    Ok(Drawn::of(&reading.lab, &costs, Some(Seen { rows: &rows, jobs: &details.jobs })))
}
