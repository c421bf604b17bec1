//! Pure: a spec and what is live make a plan, and a plan makes steps.
//!
//! Knows: what has to change, why, and in which order. Must not know: how to call AWS, files, terminals.

mod attribution;
mod budget;
mod costs;
mod foreign;
mod keep;
mod looked_up;
mod planner;
mod saved;
mod scope;
mod steps;
#[cfg(test)]
mod tests;

pub use attribution::Attribution;
pub use costs::{Cost, Costs, lab_costs, live_costs};
pub use foreign::foreign;
pub use keep::Kept;
pub use looked_up::LookedUp;
pub use planner::{entry, plan, plan_destroy};
pub use saved::SavedPlan;
pub use scope::{Narrowing, Scope};
pub use steps::{Op, Step, Steps};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use costs::costs;

use crate::error::Error;
use crate::live::Snapshot;
use crate::model::{Address, Diff, Known};
use crate::resource::{Beside, Fate, Others};
use crate::spec::{Lab, SpecError};

/// The most addresses that a refusal names.
const NAMED: usize = 5;

/// The action to be taken on one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Make it.
    Create,
    /// Bring it back: its deletion was scheduled.
    Restore,
    /// Change it in place, or make a new revision of it.
    Update,
    /// Delete it, then make it again.
    ReplaceDeleteFirst,
    /// Make its successor, move its users over, then delete it.
    ReplaceCreateFirst,
    /// Delete it.
    Delete,
}

impl Action {
    /// Returns whether an object is replaced, either way round.
    pub fn replaces(self) -> bool {
        matches!(self, Self::ReplaceDeleteFirst | Self::ReplaceCreateFirst)
    }
}

/// A change to one object, and the reason for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// The resource's address.
    pub address: Address,
    /// The physical name that the object has, or will have.
    pub name: String,
    /// The action to be taken.
    pub action: Action,
    /// The fields that differ; none for a create or a delete.
    pub diff: Diff,
    /// The fields that a create sends, as the spec gives them, with the digest of the source; null otherwise.
    pub desired: Value,
    /// The ids and ARNs of the live object, for an update, a replacement or a delete.
    pub ids: Vec<String>,
    /// The reason, for people.
    pub reason: Option<String>,
    /// The side on which an object that differs has changed since the last apply, for people; none if that isn't known.
    #[serde(skip)]
    pub attribution: Option<Attribution>,
    /// The things that stand in or beside an object which is deleted, and aren't the lab's.
    #[serde(skip)]
    pub beside: Vec<Beside>,
    /// The live object's place in the snapshot that the plan was made from.
    #[serde(skip)]
    pub object: Option<usize>,
}

impl Change {
    /// A change of which no more is known than what it is about.
    pub(crate) fn new(address: Address, name: &str, action: Action) -> Self {
        Self {
            address,
            name: name.to_owned(),
            action,
            diff: Diff::default(),
            desired: Value::Null,
            ids: Vec::new(),
            reason: None,
            attribution: None,
            beside: Vec::new(),
            object: None,
        }
    }
}

/// The changes that bring what is live to what the spec asks for.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The changes: one for each resource of the spec in the order of creation, then the deletes.
    pub changes: Vec<Change>,
    /// The objects that would be deleted or replaced, and have to stay.
    pub kept: Vec<Kept>,
    /// The objects that the lab uses and doesn't own.
    pub looked_up: Vec<LookedUp>,
    /// What differs and is left to others, by the resource, for people.
    pub notes: Vec<(Address, String)>,
    /// The values that are known of every resource before the first step.
    pub others: Others,
    /// The lab's outputs as far as they are known.
    pub outputs: BTreeMap<String, Known<String>>,
    /// What the lab costs by the hour, now and after the changes.
    pub costs: Costs,
}

impl Plan {
    /// The same with what its `lab` costs, whose objects are `live`.
    fn costed(mut self, lab: Option<&Lab>, live: &Snapshot) -> Self {
        self.costs = costs(lab, live, &self.changes, &self.others);
        self
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::NoOp)
    }

    /// The changes that do something.
    pub fn effective(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action != Action::NoOp)
    }

    /// The warnings on what the plan makes or changes: what stays as it is needs none.
    pub fn warnings<'a>(&self, all: &'a [SpecError]) -> Vec<&'a SpecError> {
        let touched: BTreeSet<String> = self.effective().map(|change| change.address.to_string()).collect();
        all.iter().filter(|warning| warning.address.as_ref().is_some_and(|one| touched.contains(one))).collect()
    }

    /// Refuses to delete or replace more than `most` objects; any number is allowed if there is none.
    ///
    /// # Errors
    /// If the plan has more.
    pub fn limit_deletes(&self, most: Option<usize>) -> Result<(), Error> {
        let deletes = |change: &&Change| change.action == Action::Delete || change.action.replaces();
        let deleted = self.changes.iter().filter(deletes);
        let addresses: Vec<String> = deleted.map(|change| change.address.to_string()).collect();
        let count = addresses.len();
        let Some(most) = most.filter(|most| count > *most) else {
            return Ok(());
        };
        let named = addresses[..count.min(NAMED)].join(", ");
        let more = match count.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let objects = if count == 1 { "object" } else { "objects" };
        Err(Error::refused(format!(
            "the plan deletes or replaces {count} {objects}, and at most {most} may go: {named}{more}"
        ))
        .hint("nothing was changed")
        .hint(format!("if that is what you want, give `--max-deletes {count}`")))
    }

    /// Refuses to delete anything if somebody else keeps one of the objects from being deleted on purpose: half of a lab
    /// would be gone by then.
    ///
    /// # Errors
    /// If there is such an object.
    pub fn refuse_forbidden(&self) -> Result<(), Error> {
        let forbidden = self.changes.iter().flat_map(|change| {
            let forbids = change.beside.iter().filter(|beside| beside.fate == Fate::Forbids);
            forbids.map(move |beside| format!("{}: {}", change.address, beside.what))
        });
        let forbidden: Vec<String> = forbidden.collect();
        match forbidden.is_empty() {
            true => Ok(()),
            false => Err(Error::refused(forbidden.join("\n")).hint("nothing was changed")),
        }
    }

    /// Returns how many objects are to be added, changed and destroyed, as Terraform counts them.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(Action) -> bool| self.changes.iter().filter(|change| wanted(change.action)).count();
        let replaced = count(Action::replaces);
        (
            count(|action| matches!(action, Action::Create | Action::Restore)) + replaced,
            count(|action| action == Action::Update),
            count(|action| action == Action::Delete) + replaced,
        )
    }
}
