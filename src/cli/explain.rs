//! `labform explain`.

use std::ffi::OsStr;
use std::io::Write as _;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command};

use super::screen::Result;
use crate::error::{DONE, Error};
use crate::report::reference::{write_areas, write_topic};
use crate::resources::KINDS;
use crate::spec;
use crate::spec::reference::Reference;

/// Say what a kind of resource takes and gives, or what one of its fields is
///
/// Without a word, all kinds are listed. No call is made to AWS.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The kind, or a field of it, as in service or service.loadBalancers.containerName
    #[arg(value_name = "KIND[.FIELD]", value_parser = Words, hide_possible_values = true)]
    path: Option<String>,
    /// Print the piece of the JSON Schema that editors have
    #[arg(long)]
    json: bool,
}

/// A path, of which shells complete the kind.
#[derive(Clone, Debug)]
struct Words;

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let others = ["job", "check", "existing"];
        Some(Box::new(KINDS.iter().map(|kind| kind.kind()).chain(others).map(PossibleValue::new)))
    }
}

impl Explain {
    pub(super) fn run(&self) -> Result<u8> {
        let mut out = anstream::stdout().lock();
        let Some(path) = &self.path else {
            match self.json {
                true => writeln!(out, "{:#}", spec::schema())?,
                false => write_areas(&mut out, &Reference::default().areas())?,
            }
            return Ok(DONE);
        };
        let topic = Reference::default().topic(path).map_err(|(message, hint)| {
            let error = Error::usage(message);
            hint.into_iter().fold(error, Error::hint)
        })?;
        match self.json {
            true => writeln!(out, "{:#}", topic.schema)?,
            false => write_topic(&mut out, &topic)?,
        }
        Ok(DONE)
    }
}
