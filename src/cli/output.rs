//! `labform output`.

use clap::{Args, ValueEnum};
use std::io::Write as _;

use super::screen::Result;
use super::session::Session;
use super::{Globals, complete, files, stand_in, stop};
use crate::error::{DONE, Error};
use crate::live::{self, Evidence};
use crate::model::Known;
use crate::plan::{self, Scope};
use crate::report::output::{Outputs, same_variable, to_json, write_env, write_values};
use crate::resource::Sources;

/// Print the lab's outputs
///
/// With --json as one object of names and values, and not as the lines of other commands: `labform output --json | jq -r
/// .url`. With `--format env` a shell takes them: `eval "$(labform output --format env)"`, then `$URL`.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// Only the value of this one, for scripts
    #[arg(add = complete::outputs())]
    name: Option<String>,
    /// The form to print them in
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines of names and values, or the one value
    Text,
    /// One JSON object with all outputs, or the one value as JSON
    Json,
    /// Lines of NAME="value" for shells and .env files, sorted, with names in upper case
    Env,
}

impl Output {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(globals)?;
        if let (Form::Env, Some((one, other, both))) = (self.form(), same_variable(source.lab().outputs.keys())) {
            let error = Error::invalid(format!("the outputs `{one}` and `{other}` would both be the variable {both}"));
            return Err(error.hint("give one of them another name in lab.yaml").into());
        }
        if let Some(name) = &self.name {
            let known = &source.lab().outputs;
            if !known.contains_key(name) {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                let error = Error::invalid(format!("the lab has no output `{name}`"));
                return Err(error.hint(format!("it has: {}", names.join(", "))).into());
            }
        }
        let (session, outputs) = stop::run(async |stop| {
            let session = stop.or(Session::open(globals, source.region())).await?;
            let reading = stop.or(live::read(&session.cloud, &source, Sources::new(), Evidence::Index)).await?;
            Ok((session, plan::plan(&reading.lab, &reading.live, &Scope::all())?.outputs))
        })?;
        let code = self.print(&outputs)?;
        let shown = |name: &String| self.name.as_ref().is_none_or(|asked| asked == name);
        stand_in::tell(&session, &outputs.into_iter().filter(|(name, _)| shown(name)).collect());
        Ok(code)
    }

    fn form(&self) -> Form {
        if self.json { Form::Json } else { self.format }
    }

    fn print(&self, outputs: &Outputs) -> Result<u8> {
        let mut out = anstream::stdout();
        let Some(name) = &self.name else {
            match self.form() {
                Form::Json => writeln!(out, "{}", to_json(outputs))?,
                Form::Text => write_values(&mut out, outputs)?,
                Form::Env => write_env(&mut out, outputs)?,
            }
            return Ok(DONE);
        };
        let Some(known @ Known::Now(value)) = outputs.get(name) else {
            let error = Error::failed(format!("the output `{name}` isn't known yet"));
            return Err(error.hint("`labform apply` makes what it comes from").into());
        };
        match self.form() {
            Form::Json => writeln!(out, "{}", serde_json::Value::from(value.as_str()))?,
            Form::Text => writeln!(out, "{value}")?,
            Form::Env => write_env(&mut out, &Outputs::from([(name.clone(), known.clone())]))?,
        }
        Ok(DONE)
    }
}
