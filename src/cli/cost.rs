//! `labform cost`.

use clap::Args;

use super::screen::{Json, Result, Voice};
use super::{Globals, files};
use crate::error::DONE;
use crate::plan::lab_costs;
use crate::report::cost::{Asked, costs_line, write_costs};

/// Tell about what the lab costs by the hour once it is there; asks AWS nothing
///
/// By a table of AWS's prices in labform, with its date, for the lab's region where they are known; without free tiers,
/// traffic and storage. `plan` tells the same of what is there and of what it changes.
#[derive(Debug, Args)]
pub(super) struct Cost {
    #[command(flatten)]
    json: Json,
}

impl Cost {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(show(globals, &voice))
    }
}

fn show(globals: &Globals, voice: &Voice) -> Result<u8> {
    let source = files::load(globals)?;
    let costs = lab_costs(source.lab());
    let is_free = costs.resources.is_empty() && costs.jobs.is_empty();
    voice.data(
        |out| match is_free {
            true => writeln!(out, "Nothing of the lab costs by the hour."),
            false => write_costs(out, &costs, Asked::Whole),
        },
        || vec![costs_line(&costs)],
    )?;
    Ok(DONE)
}
