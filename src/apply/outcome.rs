//! What a destroy may do beside deleting, and what became of the steps of a plan.

use std::collections::BTreeMap;

use crate::cloud::CloudError;
use crate::model::Address;
use crate::plan::Op;
use crate::resource::AnyLive;

/// Which objects a destroy may empty before it deletes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptying {
    /// Those of which the lab says so: `onDestroy: empty`.
    AsLabSays,
    /// All that hold anything.
    All,
}

/// A step that failed, with AWS's answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The resource.
    pub address: Address,
    /// What was tried.
    pub op: Op,
    /// What AWS answered.
    pub error: CloudError,
}

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The steps that are done.
    pub done: Vec<(Address, Op)>,
    /// The steps that failed, by address: which of them failed first is chance.
    pub failed: Vec<Failure>,
    /// The steps that were not begun.
    pub skipped: Vec<(Address, Op)>,
    /// What is live of the resources that were made or changed, for those who wait for them.
    pub live: BTreeMap<Address, AnyLive>,
}

impl Outcome {
    /// How many objects were added, changed and destroyed, as Terraform counts them.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |op| self.done.iter().filter(|(_, done)| *done == op).count();
        (count(Op::Create), count(Op::Update), count(Op::Delete))
    }
}
