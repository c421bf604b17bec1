//! `labform output`.

use clap::Args;
use std::io::Write as _;

use super::screen::Result;
use super::session::Session;
use super::{Globals, files, stop};
use crate::error::{DONE, Error};
use crate::live::{self, Evidence};
use crate::model::Known;
use crate::plan::{self, Scope};
use crate::report::output::{Outputs, to_json, write_values};
use crate::resource::Sources;

/// Print the lab's outputs
///
/// With --json as one object of names and values, and not as the lines of other commands: `labform output --json | jq -r
/// .url`.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// Only the value of this one, for scripts
    name: Option<String>,
    /// Print one JSON object with all outputs, or the one value as JSON
    #[arg(long)]
    json: bool,
}

impl Output {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(globals)?;
        if let Some(name) = &self.name {
            let known = &source.lab().outputs;
            if !known.contains_key(name) {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                let error = Error::invalid(format!("the lab has no output `{name}`"));
                return Err(error.hint(format!("it has: {}", names.join(", "))).into());
            }
        }
        let outputs = stop::run(async |stop| {
            let session = stop.or(Session::open(globals, source.region())).await?;
            let reading = stop.or(live::read(&session.cloud, &source, Sources::new(), Evidence::Index)).await?;
            Ok(plan::plan(&reading.lab, &reading.live, &Scope::all())?.outputs)
        })?;
        self.print(&outputs)
    }

    fn print(&self, outputs: &Outputs) -> Result<u8> {
        let mut out = anstream::stdout();
        match (&self.name, self.json) {
            (None, true) => writeln!(out, "{}", to_json(outputs))?,
            (None, false) => write_values(&mut out, outputs)?,
            (Some(name), json) => {
                let Some(Known::Now(value)) = outputs.get(name) else {
                    let error = Error::failed(format!("the output `{name}` isn't known yet"));
                    return Err(error.hint("`labform apply` makes what it comes from").into());
                };
                if json {
                    writeln!(out, "{}", serde_json::Value::from(value.as_str()))?;
                } else {
                    writeln!(out, "{value}")?;
                }
            }
        }
        Ok(DONE)
    }
}
