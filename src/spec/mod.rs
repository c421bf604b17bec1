//! `lab.yaml`: parsed, interpolated, checked, and put in order.
//!
//! Knows: the shape of a lab, and every kind through the contract. All that is wrong is found at once, and each error
//! has its place. Must not know: AWS, files (their text comes in through a closure), plans. Nothing here does I/O.

mod build;
mod check;
mod checkpoint;
mod csv;
mod declarations;
mod errors;
mod fields;
mod foreign;
mod graph;
mod home;
mod ignore;
mod include;
mod job;
mod lab;
mod limits;
mod looked_up;
mod names;
mod nested;
mod outline;
mod physical;
mod pretended;
mod reading;
pub mod reference;
mod roster;
mod scheduled;
mod schema;
mod shard;
mod slips;
mod tags;
mod taken;
mod template;
mod transfer;
mod tree;
mod variables;
mod words;

pub use checkpoint::{
    Answering, CHECK, Checkpoint, KeptFile, LastStatus, LoggedLine, PushedImage, StartedTask, StoredObject,
};
pub use declarations::Declarations;
pub use errors::{SpecError, SpecErrors, suggest};
pub use job::{JOB, Job};
pub use lab::{Lab, Node};
pub use names::{lab_name as lab_name_problem, region as region_problem};
pub use pretended::{Pretended, PretendedObject};
pub use roster::{Access, Roster, Row, Wrong};
pub use schema::schema;
pub use shard::Shard;
pub use transfer::{JobInput, JobOutput};
pub use variables::{Values, VariableValue};

use std::io;

use crate::cloud::Account;
use crate::model::Address;
#[cfg(test)]
use crate::resource::Sources;
use crate::resource::{Names, Place, Problem};
use errors::{Faults, Files};
use include::Includer;
use outline::Outline;
use variables::Variables;

/// A `lab.yaml` that has been read and checked, with the files that it takes in.
#[derive(Debug)]
pub struct Source {
    files: Files,
    outline: Outline,
    lab: Lab,
}

impl Source {
    /// Reads a lab whose variables are given no values.
    ///
    /// # Errors
    /// As [`Source::with`].
    pub fn parse(file: &str, text: &str, load: &dyn Fn(&str) -> io::Result<String>) -> Result<Self, SpecErrors> {
        Self::with(&Values::default(), file, text, load)
    }

    /// Reads a lab with the `values` of its variables. `file` is the name that errors show. `load` reads what `file:`
    /// names, relative to the lab's folder; it is only asked for paths that stay below that folder, and sees to links
    /// itself.
    ///
    /// # Errors
    /// All that is wrong with the lab; if the text isn't YAML or a variable is wrong, only that.
    pub fn with(
        values: &Values,
        file: &str,
        text: &str,
        load: &dyn Fn(&str) -> io::Result<String>,
    ) -> Result<Self, SpecErrors> {
        let (mut files, mut faults) = (Files::default(), Faults::default());
        let number = files.add(file, text.to_owned());
        let Some(mut tree) = tree::parse(&files, number, &mut faults) else {
            files.told(faults)?;
            return Err(SpecErrors(Vec::new()));
        };
        let mut variables = Variables::read(&tree, values, &mut faults);
        variables.fill_lab(&mut tree, &mut faults);
        if faults.refuse() {
            files.told(faults)?;
            return Err(SpecErrors(Vec::new()));
        }
        let mut includer = Includer { files: &mut files, load, faults: &mut faults, variables, total: text.len() };
        let outline = Outline::of(tree, &mut includer);
        let mut lab = build::build(&outline, &outline.place(), &Names::new(), &mut faults);
        lab.warnings = files.told(faults)?;
        Ok(Self { files, outline, lab })
    }

    /// The lab in an account that nobody has named yet: a stand-in takes its place, so that everything can be checked
    /// before the first call.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The lab in `account`, with the names in AWS of what was `looked` up there, as far as that is done.
    ///
    /// # Errors
    /// All that is wrong with the lab in this account alone.
    pub fn at(&self, account: &Account, looked: &Names) -> Result<Lab, SpecErrors> {
        let (id, partition) = (account.id.clone(), account.partition().to_owned());
        let place = Place { account: id, partition, ..self.lab.place.clone() };
        let mut faults = Faults::default();
        let mut lab = build::build(&self.outline, &place, looked, &mut faults);
        lab.warnings = self.files.told(faults)?;
        Ok(lab)
    }

    /// The lab, for callers that have no use for its text.
    #[cfg(test)]
    pub(crate) fn into_lab(self) -> Lab {
        self.lab
    }

    /// A source for each resource that is made from one, which changes with what the lab says of the resource.
    #[cfg(test)]
    pub(crate) fn pretended_sources(&self) -> Sources {
        let nodes = self.lab.nodes.values().filter(|node| node.kind.sourced(&node.spec).is_some());
        nodes.map(|node| (node.address.clone(), format!("sha256:{}", node.digest().repeat(4)))).collect()
    }

    /// Refuses the lab for problems that its text alone doesn't show: each is told at its place.
    ///
    /// # Errors
    /// If there is a problem.
    pub fn refuse(&self, problems: Vec<(Address, Problem)>) -> Result<(), SpecErrors> {
        let mut faults = Faults::default();
        for (address, problem) in problems {
            build::fault(&self.outline, &address, problem, &mut faults);
        }
        self.files.told(faults).map(drop)
    }

    /// The files that the lab was read from: its own, and those that it takes in.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.names()
    }

    /// The lab's region.
    pub fn region(&self) -> &str {
        &self.outline.region
    }

    /// The lab's name.
    pub fn name(&self) -> &str {
        &self.outline.name
    }
}

#[cfg(test)]
mod tests;
