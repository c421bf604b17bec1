//! The permission of a destroy to empty objects, and the outcome of a plan's steps.

use std::collections::BTreeMap;

use crate::cloud::CloudError;
use crate::model::Address;
use crate::plan::Op;
use crate::resource::AnyLive;

/// The objects that a destroy may empty before it deletes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptying {
    /// The objects of which the lab says so: `onDestroy: empty`.
    AsLabSays,
    /// All objects that hold anything.
    All,
}

/// A step that failed, with AWS's answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The resource.
    pub address: Address,
    /// The operation that was tried.
    pub op: Op,
    /// AWS's answer.
    pub error: CloudError,
}

/// The outcome of a plan's steps.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The steps that are done.
    pub done: Vec<(Address, Op)>,
    /// The steps that failed, by address: which of them failed first is chance.
    pub failed: Vec<Failure>,
    /// The steps that were not begun.
    pub skipped: Vec<(Address, Op)>,
    /// The live objects of the resources that were made or changed, for those who wait for them.
    pub live: BTreeMap<Address, AnyLive>,
}

impl Outcome {
    /// Returns how many objects were added, changed and destroyed, as Terraform counts them.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |op| self.done.iter().filter(|(_, done)| *done == op).count();
        (count(Op::Create), count(Op::Update), count(Op::Delete))
    }
}
