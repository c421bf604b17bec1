//! `lab.yaml`: parsed, interpolated, checked, and put in order.
//!
//! Knows: the shape of a lab, and every kind through the contract. All that is wrong is found at once, and each error
//! has its place. Must not know: AWS, files (their text comes in through a closure), plans. Nothing here does I/O.

mod build;
mod check;
mod errors;
mod fields;
mod graph;
mod ignore;
mod include;
mod job;
mod lab;
mod outline;
mod pretended;
mod schema;
mod tags;

mod template;
mod transfer;
mod tree;
mod words;

pub use errors::{SpecError, SpecErrors, suggest};
pub use job::{ContainerOverride, Job, Overrides};
pub use lab::{Lab, Node};
pub use outline::region as region_problem;
pub use pretended::{Pretended, PretendedObject};
pub use schema::schema;
pub use transfer::{JobInput, JobOutput};

use std::io;

use serde_json::Value;

use crate::cloud::Account;
use crate::model::Address;
use crate::resource::{Place, Problem};
use errors::{Faults, Files};
use include::Includer;
use outline::Outline;

/// A `lab.yaml` that has been read, with the files that it takes in.
#[derive(Clone, Debug)]
pub struct Source {
    files: Files,
    outline: Outline,
}

impl Source {
    /// Reads a lab. `file` is the name that errors show. `load` reads what `file:` names, relative to the lab's folder;
    /// it is only asked for paths that stay below that folder, and sees to links itself.
    ///
    /// # Errors
    /// Where the text isn't YAML, or its head is wrong; then also all that [`Source::lab`] would find.
    pub fn parse(file: &str, text: &str, load: &dyn Fn(&str) -> io::Result<String>) -> Result<Self, SpecErrors> {
        let (mut files, mut faults) = (Files::default(), Faults::default());
        let number = files.add(file, text.to_owned());
        let Some(tree) = tree::parse(&files, number, &mut faults) else {
            files.errors(faults)?;
            return Err(SpecErrors(Vec::new()));
        };
        let mut includer = Includer { files: &mut files, load, faults: &mut faults, total: text.len() };
        let outline = Outline::of(tree, &mut includer);
        if !faults.is_empty() {
            build::build(&outline, &outline.place(), &mut faults);
        }
        files.errors(faults)?;
        Ok(Self { files, outline })
    }

    /// The lab in `account`. Before the account is known, a stand-in takes its place, so that everything can be checked
    /// before the first call.
    ///
    /// # Errors
    /// All that is wrong with the lab.
    pub fn lab(&self, account: Option<&Account>) -> Result<Lab, SpecErrors> {
        let stand_in = self.outline.place();
        let place = match account {
            Some(account) => {
                Place { account: account.id.clone(), partition: account.partition().to_owned(), ..stand_in }
            }
            None => stand_in,
        };
        let mut faults = Faults::default();
        let lab = build::build(&self.outline, &place, &mut faults);
        self.files.errors(faults)?;
        Ok(lab)
    }

    /// Fills in what was found of the files that the resource at `address` names, where its kind has a
    /// [field](crate::resource::Resource::FOUND) for that.
    pub fn fill(&mut self, address: &Address, found: impl Into<Value>) {
        let mut declared = self.outline.resources.iter_mut();
        let declared = declared.find(|declared| declared.address == *address);
        if let Some(declared) = declared
            && let Some(field) = declared.kind.found()
        {
            declared.given.retain(|(given, _)| *given != field);
            declared.given.push((field, found.into()));
        }
    }

    /// The same lab with a source for each image that changes with what the lab says of it.
    #[cfg(test)]
    pub(crate) fn with_pretended_sources(mut self) -> Self {
        let lab = self.lab(None).expect("the lab is right");
        for node in lab.nodes.into_values() {
            self.fill(&node.address, format!("sha256:{}", node.digest().repeat(4)));
        }
        self
    }

    /// Refuses the lab for problems that its text alone doesn't show: each is told at its place.
    ///
    /// # Errors
    /// Where there is a problem.
    pub fn refuse(&self, problems: Vec<(Address, Problem)>) -> Result<(), SpecErrors> {
        let mut faults = Faults::default();
        for (address, problem) in problems {
            build::fault(&self.outline, &address, problem, &mut faults);
        }
        self.files.errors(faults)
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
