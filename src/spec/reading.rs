//! The way from declarations to documents and typed sections.

use std::collections::BTreeSet;

use serde_json::Value;

use super::errors::Faults;
use super::fields::Part;
use super::home::part;
use super::job::Job;
use super::looked_up;
use super::outline::Declared;
use super::template::{Document, Scope};
use super::tree::Entry;
use crate::model::Address;
use crate::resource::{AnySpec, Home, SpecRef};
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

/// A job that has been read.
pub(super) struct ReadJob<'a> {
    pub(super) entry: &'a Entry,
    pub(super) label: String,
    pub(super) document: Document,
    pub(super) refs: BTreeSet<Address>,
    pub(super) job: Job,
    pub(super) references: Vec<SpecRef>,
    pub(super) pretended: Vec<SpecRef>,
}

impl ReadJob<'_> {
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

    pub(super) fn job<'d>(&mut self, entry: &'d Entry) -> Option<ReadJob<'d>> {
        let label = format!("job.{}", entry.key);
        let part = Part { label: &label, mark: entry.mark, tree: &entry.value };
        let mut refs = BTreeSet::new();
        let mut document = part.document(self.scope, None, &mut refs, self.faults);
        if let Some(home) = &self.home {
            NetworkConfiguration::place_in(&mut document.value, home);
        }
        let job = part.read(&document.value, self.faults, Job::parse)?;
        let placed = |refs: Vec<SpecRef>| {
            refs.into_iter().map(|reference| looked_up::placed(reference, &self.fixed.place.vpc)).collect()
        };
        let (references, pretended) = (placed(job.refs()), placed(job.pretended_refs()));
        Some(ReadJob { entry, label, document, refs, job, references, pretended })
    }
}
