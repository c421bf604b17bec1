//! The arguments that narrow a command to a part of the lab.

use clap::Args;

use super::complete;
use crate::model::Address;
use crate::plan::Narrowing;
use crate::report::commands::quoted;

/// The arguments `--only`, `--except` and `--phase`.
#[derive(Debug, Args)]
#[group(id = "narrow", multiple = true)]
pub(super) struct Narrow {
    /// Only this resource, with all that it needs (a destroy: with all that needs it); may be repeated
    #[arg(long, value_name = "ADDRESS", add = complete::addresses())]
    only: Vec<Address>,
    /// All but this resource; may be repeated
    #[arg(long, value_name = "ADDRESS", add = complete::addresses())]
    except: Vec<Address>,
    /// Only the resources of this phase
    #[arg(long, value_name = "NAME", add = complete::phases())]
    phase: Option<String>,
}

impl Narrow {
    /// The words of these arguments, for the same again.
    pub(super) fn words(&self) -> Vec<String> {
        let only = self.only.iter().map(|address| ("--only", address.to_string()));
        let except = self.except.iter().map(|address| ("--except", address.to_string()));
        let phase = self.phase.iter().map(|phase| ("--phase", phase.clone()));
        only.chain(except).chain(phase).flat_map(|(name, value)| [name.to_owned(), quoted(&value)]).collect()
    }

    /// The user's wish.
    pub(super) fn narrowing(&self) -> Narrowing {
        Narrowing { only: self.only.clone(), except: self.except.clone(), phase: self.phase.clone() }
    }
}
