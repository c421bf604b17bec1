//! The way from declarations to documents and typed sections.

use std::collections::BTreeSet;

use serde_json::Value;

use super::checkpoint::{CHECK, Checkpoint};
use super::errors::Faults;
use super::fields::Part;
use super::home::part;
use super::job::{JOB, Job};
use super::looked_up;
use super::outline::Declared;
use super::template::{Document, Scope};
use super::tree::Entry;
use crate::model::Address;
use crate::resource::{AnySpec, Home, PathError, SpecRef};
use crate::resources::NetworkConfiguration;

/// A resource's section that has been read.
pub(super) struct Section<'a> {
    pub(super) declared: &'a Declared,
    pub(super) label: String,
    pub(super) document: Document,
    /// The resources that the section's strings name.
    pub(super) refs: BTreeSet<Address>,
    /// The typed section; none if its fields are wrong.
    pub(super) spec: Option<AnySpec>,
    /// The resources that the section's fields refer to.
    pub(super) references: Vec<SpecRef>,
}

/// A job or a checkpoint that has been read.
pub(super) struct ReadPart<'a, T> {
    pub(super) entry: &'a Entry,
    pub(super) label: String,
    pub(super) document: Document,
    pub(super) refs: BTreeSet<Address>,
    pub(super) part: T,
    pub(super) references: Vec<SpecRef>,
    /// The resources that only a job's pretended container needs.
    pub(super) pretended: Vec<SpecRef>,
}

impl<T> ReadPart<'_, T> {
    pub(super) fn references(&self) -> impl Iterator<Item = &SpecRef> {
        self.references.iter().chain(&self.pretended)
    }
}

/// The way from declarations to documents and typed sections.
pub(super) struct Reading<'a, 'f> {
    /// The scope that names, tags and what finds others' objects are filled from.
    pub(super) fixed: Scope<'a>,
    /// The scope that all other strings are filled from.
    pub(super) scope: Scope<'a>,
    /// The network of the lab's own in which its resources stand, if it has one.
    pub(super) home: Option<Home>,
    pub(super) faults: &'f mut Faults,
}

impl Reading<'_, '_> {
    pub(super) fn section<'d>(&mut self, declared: &'d Declared) -> Option<Section<'d>> {
        let label = declared.address.to_string();
        let part = part(declared, &label)?;
        let mut refs = BTreeSet::new();
        let scope = if declared.kind.lookup().is_some() { self.fixed } else { self.scope };
        let mut document = part.document(scope, Some(&declared.address), &mut refs, self.faults);
        declared.complete(&mut document.value);
        if let Some(home) = &self.home {
            declared.kind.place_in(&mut document.value, home);
        }
        let parse = |value: &Value| declared.kind.parse(value);
        let spec = match declared.kind.lookup() {
            Some(_) => part.read_once(&document.value, self.faults, parse),
            None => part.read(&document.value, self.faults, parse),
        };
        let references = spec.iter().flat_map(|spec| declared.kind.refs(spec));
        let references = references.map(|reference| looked_up::placed(reference, &self.fixed.place.vpc)).collect();
        Some(Section { declared, label, document, refs, spec, references })
    }

    pub(super) fn job<'d>(&mut self, entry: &'d Entry) -> Option<ReadPart<'d, Job>> {
        let mut read = self.part(JOB, entry, Job::parse)?;
        (read.references, read.pretended) = (self.placed(read.part.refs()), self.placed(read.part.pretended_refs()));
        Some(read)
    }

    pub(super) fn checkpoint<'d>(&mut self, entry: &'d Entry) -> Option<ReadPart<'d, Checkpoint>> {
        let mut read = self.part(CHECK, entry, Checkpoint::parse)?;
        read.references = self.placed(read.part.refs());
        Some(read)
    }

    fn part<'d, T>(
        &mut self,
        kind: &str,
        entry: &'d Entry,
        parse: fn(&Value) -> Result<T, PathError>,
    ) -> Option<ReadPart<'d, T>> {
        let label = format!("{kind}.{}", entry.key);
        let part = Part { label: &label, mark: entry.mark, tree: &entry.value };
        let mut refs = BTreeSet::new();
        let mut document = part.document(self.scope, None, &mut refs, self.faults);
        if let Some(home) = &self.home {
            NetworkConfiguration::place_in(&mut document.value, home);
        }
        let part = part.read(&document.value, self.faults, parse)?;
        Some(ReadPart { entry, label, document, refs, part, references: Vec::new(), pretended: Vec::new() })
    }

    fn placed(&self, references: Vec<SpecRef>) -> Vec<SpecRef> {
        let placed = |reference| looked_up::placed(reference, &self.fixed.place.vpc);
        references.into_iter().map(placed).collect()
    }
}
