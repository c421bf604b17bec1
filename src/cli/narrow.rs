//! The arguments that narrow a command to a part of the lab.

use clap::Args;

use crate::model::Address;
use crate::plan::Narrowing;

/// The arguments `--only`, `--except` and `--phase`.
#[derive(Debug, Args)]
#[group(id = "narrow", multiple = true)]
pub(super) struct Narrow {
    /// Only this resource, with all that it needs (a destroy: with all that needs it); may be repeated
    #[arg(long, value_name = "ADDRESS")]
    only: Vec<Address>,
    /// All but this resource; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    except: Vec<Address>,
    /// Only the resources of this phase
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
}

impl Narrow {
    /// The user's wish.
    pub(super) fn narrowing(&self) -> Narrowing {
        Narrowing { only: self.only.clone(), except: self.except.clone(), phase: self.phase.clone() }
    }
}
