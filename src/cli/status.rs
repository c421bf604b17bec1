//! `labform status`.

use clap::Args;

use super::class::{Class, Task};
use super::screen::{Ended, Json, Result, Voice, learn, out};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, files, record};
use crate::error::DONE;
use crate::live::{self, Evidence};
use crate::plan::{self, Scope};
use crate::report::cost::{Asked, costs_line, write_costs};
use crate::report::details::{write_details, write_urls};
use crate::report::json::{detail_lines, outputs_line, status_line};
use crate::report::status::{counts, rows, write_table};
use crate::resource::Sources;
use crate::status::details;

/// Show what is there, whether it works, and whose it is
///
/// Below the table: the tasks, targets and last events of each service, the tasks of each job, the lab's URLs, and about
/// what it costs by the hour. What may not be read is named, and hides nothing else.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) class: Class,
    #[command(flatten)]
    json: Json,
}

impl Status {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        let one = async |globals: &Globals, voice: &Voice, stop: &Stop| show(globals, voice, stop).await;
        voice.tell(self.class.run(globals, &voice, Task::new("status"), &one))
    }
}

async fn show(globals: &Globals, voice: &Voice, stop: &Stop) -> Result<u8> {
    let source = files::load(globals)?;
    let session = stop.or(Session::open(globals, source.region())).await?;
    let reading = stop.or(live::read(&session.cloud, &source, Sources::new(), Evidence::Index)).await?;
    session.introduce(voice, source.name(), &reading.account)?;
    record::tell(voice, source.name(), &reading.live.record(source.name()), &reading.account)?;
    let details = async { Ok::<_, Ended>(details(&session.cloud, &reading).await) };
    let details = stop.or(details).await?;
    let rows = rows(&reading.lab, &reading.live);
    learn(|member| member.result(counts(&rows)));
    // What a plan refuses is no reason to show no status.
    let plan = plan::plan(&reading.lab, &reading.live, &Scope::all());
    let outputs = plan.map(|plan| plan.outputs).unwrap_or_default();
    let costs = plan::live_costs(&reading.lab.place, &reading.live);
    learn(|member| member.costs(costs.now()));
    match voice {
        Voice::People => {
            let mut out = out();
            write_table(&mut out, &rows)?;
            write_details(&mut out, &details, session.cloud.now())?;
            write_urls(&mut out, &outputs)?;
            write_costs(&mut out, &costs, Asked::Now)?;
        }
        Voice::Programs(lines) => {
            let rows = rows.iter().map(status_line);
            let details = detail_lines(&details);
            let costs = (!costs.resources.is_empty()).then(|| costs_line(&costs));
            rows.chain(details).chain([outputs_line(&outputs)]).chain(costs).try_for_each(|line| lines.write(&line))?;
        }
    }
    Ok(DONE)
}
