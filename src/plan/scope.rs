//! Narrowing a command to a part of the lab, and the closure over the graph that this takes.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::model::Address;
use crate::spec::Lab;

/// The user's wish: `--only`, `--except`, `--phase`.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// The resources that alone are asked for.
    pub only: Vec<Address>,
    /// The resources that are left out.
    pub except: Vec<Address>,
    /// The phase whose resources alone are asked for.
    pub phase: Option<String>,
}

/// The resources that a command works on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The resources; none for the whole lab.
    pub chosen: Option<BTreeSet<Address>>,
    /// The resources that weren't asked for, and were taken in because the others need them or can't outlive them.
    pub added: BTreeSet<Address>,
    /// The resources that were asked for, and are left out because an excepted one needs them.
    pub dropped: BTreeSet<Address>,
}

impl Scope {
    /// The whole lab, orphans included.
    pub fn all() -> Self {
        Self::default()
    }

    /// Returns whether the resource at `address` is worked on.
    pub fn contains(&self, address: &Address) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.contains(address))
    }
}

impl Narrowing {
    /// The scope for an apply: the chosen resources and all that they need.
    ///
    /// # Errors
    /// If an address or a phase isn't in the lab.
    pub fn for_apply(&self, lab: &Lab) -> Result<Scope, Error> {
        let Some(asked) = self.asked(lab)? else {
            return Ok(Scope::all());
        };
        let excluded = lab.with_dependents(&self.except.iter().cloned().collect());
        Ok(close(&asked, &excluded, |of| lab.with_dependencies(of)))
    }

    /// The scope for a destroy: the chosen resources and all that can't outlive them.
    ///
    /// # Errors
    /// If an address or a phase isn't in the lab.
    pub fn for_destroy(&self, lab: &Lab) -> Result<Scope, Error> {
        let Some(asked) = self.asked(lab)? else {
            return Ok(Scope::all());
        };
        let excluded = lab.with_dependencies(&self.except.iter().cloned().collect());
        Ok(close(&asked, &excluded, |of| lab.with_dependents(of)))
    }

    fn asked(&self, lab: &Lab) -> Result<Option<BTreeSet<Address>>, Error> {
        if self.only.is_empty() && self.except.is_empty() && self.phase.is_none() {
            return Ok(None);
        }
        for address in self.only.iter().chain(&self.except) {
            if !lab.nodes.contains_key(address) {
                return Err(unknown("resource", &address.to_string(), lab.nodes.keys().map(ToString::to_string)));
            }
        }
        let mut asked: BTreeSet<Address> = match &self.phase {
            Some(phase) if !lab.phases().contains(phase) => {
                return Err(unknown("phase", phase, lab.phases()));
            }
            Some(phase) => lab.in_phase(phase),
            None if self.only.is_empty() => lab.nodes.keys().cloned().collect(),
            None => BTreeSet::new(),
        };
        asked.extend(self.only.iter().cloned());
        Ok(Some(asked))
    }
}

fn close(
    asked: &BTreeSet<Address>,
    excluded: &BTreeSet<Address>,
    closure: impl Fn(&BTreeSet<Address>) -> BTreeSet<Address>,
) -> Scope {
    let kept: BTreeSet<Address> = asked.difference(excluded).cloned().collect();
    let chosen: BTreeSet<Address> = closure(&kept).difference(excluded).cloned().collect();
    Scope {
        added: chosen.difference(asked).cloned().collect(),
        dropped: asked.difference(&chosen).cloned().collect(),
        chosen: Some(chosen),
    }
}

fn unknown(what: &str, word: &str, known: impl IntoIterator<Item = String>) -> Error {
    let known: Vec<String> = known.into_iter().collect();
    let near = known.iter().max_by(|a, b| strsim::jaro_winkler(a, word).total_cmp(&strsim::jaro_winkler(b, word)));
    let error = Error::invalid(format!("the lab has no {what} `{word}`"));
    match near {
        Some(near) if strsim::jaro_winkler(near, word) > 0.7 => error.hint(format!("did you mean `{near}`?")),
        _ => error.hint(format!("it has: {}", known.join(", "))),
    }
}
