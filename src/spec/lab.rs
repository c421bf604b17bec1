//! A lab that has been read and checked.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::graph::DiGraph;
use serde_json::{Value, json};

use super::errors::{SpecError, SpecErrors};
use super::graph::Graph;
use super::job::Job;
use super::template::{Document, Template};
use crate::model::{Address, Known, Tags, canonical, digest};
use crate::resource::{AnyKind, AnySpec, FieldPath, Names, Others, PathError, Place};

/// A lab that has been read and checked.
#[derive(Debug)]
pub struct Lab {
    /// Where it is.
    pub place: Place,
    /// The only accounts in which it may stand; any where the list is empty.
    pub accounts: Vec<String>,
    /// The most objects that one command may delete or replace; any number where there is none.
    pub max_deletes: Option<usize>,
    /// The tags of all its resources.
    pub tags: Tags,
    /// Its resources.
    pub nodes: BTreeMap<Address, Node>,
    /// Its jobs, by name; outputs that only live objects have stand in them as they were written, see
    /// [`Lab::job_with`].
    pub jobs: BTreeMap<String, Job>,
    /// Its outputs, with all filled in that is known without AWS; see [`Lab::outputs_with`].
    pub outputs: BTreeMap<String, String>,
    pub(super) documents: BTreeMap<String, JobDocument>,
    pub(super) templates: BTreeMap<String, Template>,
    pub(super) graph: Graph,
}

impl Lab {
    /// The physical names of its resources.
    pub fn names(&self) -> Names {
        self.nodes.values().map(|node| (node.address.clone(), node.name.clone())).collect()
    }

    /// All resources, each after those that it needs. The order is the same on every machine.
    pub fn order(&self) -> Vec<Address> {
        self.graph.order()
    }

    /// The graph of the resources: an edge leads from each to those that need it.
    pub fn graph(&self) -> &DiGraph<Address, ()> {
        &self.graph.edges
    }

    /// `of` with all that has to exist before them.
    pub fn with_dependencies(&self, of: &BTreeSet<Address>) -> BTreeSet<Address> {
        self.graph.reach(of, Direction::Incoming)
    }

    /// `of` with all that can't exist without them.
    pub fn with_dependents(&self, of: &BTreeSet<Address>) -> BTreeSet<Address> {
        self.graph.reach(of, Direction::Outgoing)
    }

    /// The outputs, as far as they are known.
    pub fn outputs_with(&self, others: &Others) -> BTreeMap<String, Known<String>> {
        self.templates.iter().map(|(name, template)| (name.clone(), template.fill(others))).collect()
    }

    /// All that must exist before the job `name` can run; nothing where there is no such job.
    pub fn job_refs(&self, name: &str) -> BTreeSet<Address> {
        self.documents.get(name).map(|job| job.refs.clone()).unwrap_or_default()
    }

    /// The job `name` with the outputs of `others` filled in; none where there is no such job.
    ///
    /// # Errors
    /// Where a value that came from AWS doesn't fit where it was put.
    pub fn job_with(&self, name: &str, others: &Others) -> Option<Result<Job, SpecErrors>> {
        let document = &self.documents.get(name)?.document;
        Some(Job::parse(&document.fill(others)).map_err(|error| misfit(&format!("job.{name}"), &error)))
    }

    /// The resources of a phase.
    pub fn in_phase(&self, phase: &str) -> BTreeSet<Address> {
        let of_phase = |node: &&Node| node.phase.as_deref() == Some(phase);
        self.nodes.values().filter(of_phase).map(|node| node.address.clone()).collect()
    }

    /// The names of all phases.
    pub fn phases(&self) -> BTreeSet<String> {
        self.nodes.values().filter_map(|node| node.phase.clone()).collect()
    }
}

#[cfg(test)]
impl Lab {
    /// A lab of these resources, for tests that need no text.
    pub(crate) fn of(place: Place, nodes: Vec<Node>) -> Self {
        let nodes: BTreeMap<Address, Node> = nodes.into_iter().map(|node| (node.address.clone(), node)).collect();
        let graph = Graph::new(nodes.iter().map(|(address, node)| (address, &node.refs)));
        Self {
            place,
            accounts: Vec::new(),
            max_deletes: None,
            tags: Tags::new(),
            nodes,
            jobs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            documents: BTreeMap::new(),
            templates: BTreeMap::new(),
            graph,
        }
    }
}

#[cfg(test)]
impl Node {
    /// A resource of this kind and spec, without tags of its own.
    pub(crate) fn of(address: Address, kind: &'static dyn AnyKind, value: Value, refs: BTreeSet<Address>) -> Self {
        Self {
            spec: kind.parse(&value).expect("the value has the kind's shape"),
            kind,
            value,
            name: format!("toys-{}", address.name),
            name_needs_account: false,
            phase: None,
            protect: false,
            tags: Tags::new(),
            refs,
            ignored: Vec::new(),
            holes: Vec::new(),
            address,
        }
    }
}

/// A job as a document, and all that must exist before it can run.
#[derive(Debug)]
pub(super) struct JobDocument {
    pub(super) document: Document,
    pub(super) refs: BTreeSet<Address>,
}

/// A resource of the lab.
#[derive(Debug)]
pub struct Node {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn AnyKind,
    /// Its section of the lab; outputs that only live objects have stand in it as they were written.
    pub spec: AnySpec,
    /// The same as a document.
    pub value: Value,
    /// Its physical name.
    pub name: String,
    /// Whether the name holds the account's number, and is a stand-in until that is known.
    pub name_needs_account: bool,
    /// The phase that it belongs to.
    pub phase: Option<String>,
    /// Whether it may never be deleted or replaced; its tags say so too.
    pub protect: bool,
    /// Its tags: the lab's, its own, and [`PROTECT_TAG`](crate::cloud::PROTECT_TAG) where it is or was protected.
    pub tags: Tags,
    /// All that must exist before it.
    pub refs: BTreeSet<Address>,
    /// The fields whose live values are taken over instead of being compared.
    pub ignored: Vec<FieldPath>,
    pub(super) holes: Vec<(String, Template)>,
}

impl Node {
    /// A digest of what is wanted, for the owner tag.
    pub fn digest(&self) -> String {
        let wanted = json!({ "kind": self.kind.kind(), "value": self.value });
        digest(&canonical(&wanted))
    }

    /// Its tags, with those that it ignores as they are on a live object.
    pub fn tags_beside(&self, live: &Tags) -> Tags {
        let mut tags = self.tags.clone();
        for path in self.ignored.iter().filter(|path| path.steps()[0] == "tags") {
            let is_ignored =
                |key: &str| !key.starts_with("labform:") && path.steps().get(1).is_none_or(|tag| tag == key);
            tags.retain(|key, _| !is_ignored(key) || live.contains_key(key));
            for (key, tag) in tags.iter_mut().filter(|(key, _)| is_ignored(key)) {
                tag.clone_from(&live[key]);
            }
        }
        tags
    }

    /// The spec with the outputs of `others` filled in; those that aren't known yet read `(known after apply)`.
    ///
    /// # Errors
    /// Where a value that came from AWS doesn't fit where it was put.
    pub fn resolve(&self, others: &Others) -> Result<AnySpec, SpecErrors> {
        if self.holes.is_empty() {
            return Ok(self.spec.clone());
        }
        let document = Document { value: self.value.clone(), holes: self.holes.clone() };
        self.kind.parse(&document.fill(others)).map_err(|error| misfit(&self.address.to_string(), &error))
    }
}

fn misfit(address: &str, error: &PathError) -> SpecErrors {
    let message = format!("{}: {}", error.path, error.message);
    SpecErrors(vec![SpecError::of(address, message)])
}
