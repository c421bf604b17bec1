//! A lab that has been read and checked.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::graph::DiGraph;
use serde_json::{Value, json};

use super::checkpoint::{CHECK, Checkpoint};
use super::errors::{SpecError, SpecErrors};
use super::graph::Graph;
use super::job::{JOB, Job};
use super::names::ANY;
use super::template::{Document, Template};
use super::variables::VariableValue;
use crate::cloud::{PROTECT_TAG, is_protected};
use crate::model::{Address, Budget, Expiry, Known, Tags, canonical, digest};
use crate::resource::{AnyKind, AnySpec, Content, FieldPath, Names, Others, PathError, Place};

/// A lab that has been read and checked.
#[derive(Debug)]
pub struct Lab {
    /// The lab's place.
    pub place: Place,
    /// The only accounts in which the lab may stand; any if the list is empty.
    pub accounts: Vec<String>,
    /// The time until which the lab is to live; for ever if there is none.
    pub expires: Option<Expiry>,
    /// The most that the lab may cost by the hour; any cost if there is none.
    pub budget: Option<Budget>,
    /// The most objects that one command may delete or replace; any number if there is none.
    pub max_deletes: Option<usize>,
    /// The tags of all the lab's resources.
    pub tags: Tags,
    /// The owner tags in which an object that is made carries who made the lab, since when and until when; none as long as
    /// nothing was read of the lab.
    pub record: Tags,
    /// The lab's resources.
    pub nodes: BTreeMap<Address, Node>,
    /// The lab's jobs, by name; outputs that only live objects have stand in them as they were written, see
    /// [`Lab::job_with`].
    pub jobs: BTreeMap<String, Job>,
    /// The lab's checkpoints, by name; as for jobs, see [`Lab::checkpoint_with`].
    pub checkpoints: BTreeMap<String, Checkpoint>,
    /// The names of the checkpoints, in the order of the file.
    pub checkpoint_order: Vec<String>,
    /// The lab's outputs, with all filled in that is known without AWS; see [`Lab::outputs_with`].
    pub outputs: BTreeMap<String, String>,
    /// The lab's variables, by name.
    pub variables: BTreeMap<String, VariableValue>,
    /// What the lab will hardly work with, each with its place; nothing is refused for it.
    pub warnings: Vec<SpecError>,
    pub(super) documents: BTreeMap<String, PartDocument>,
    pub(super) asserted: BTreeMap<String, PartDocument>,
    pub(super) templates: BTreeMap<String, Template>,
    pub(super) graph: Graph,
}

impl Lab {
    /// The physical names of the lab's resources.
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

    /// The resources `of` with all that has to exist before them.
    pub fn with_dependencies(&self, of: &BTreeSet<Address>) -> BTreeSet<Address> {
        self.graph.reach(of, Direction::Incoming)
    }

    /// The resources of which `node` has to know: those that it needs, and those that it is completed with.
    pub fn known_to(&self, node: &Node) -> BTreeSet<Address> {
        self.with_dependencies(&node.refs.union(&node.later).cloned().collect())
    }

    /// Returns whether a resource stands in something that was looked up and isn't there.
    pub fn is_adrift(&self, node: &Node) -> bool {
        node.refs.iter().any(|address| self.nodes.get(address).is_some_and(|used| used.name == ANY))
    }

    /// The resources `of` with all that can't exist without them.
    pub fn with_dependents(&self, of: &BTreeSet<Address>) -> BTreeSet<Address> {
        self.graph.reach(of, Direction::Outgoing)
    }

    /// The outputs, as far as they are known.
    pub fn outputs_with(&self, others: &Others) -> BTreeMap<String, Known<String>> {
        self.templates.iter().map(|(name, template)| (name.clone(), template.fill(others))).collect()
    }

    /// All that must exist before the job `name` can run; nothing if there is no such job.
    pub fn job_refs(&self, name: &str) -> BTreeSet<Address> {
        self.documents.get(name).map(|job| job.refs.clone()).unwrap_or_default()
    }

    /// The job `name` with the outputs of `others` filled in; none if there is no such job.
    ///
    /// # Errors
    /// If a value that came from AWS doesn't fit where it was put.
    pub fn job_with(&self, name: &str, others: &Others) -> Option<Result<Job, SpecErrors>> {
        let document = &self.documents.get(name)?.document;
        Some(Job::parse(&document.fill(others)).map_err(|error| misfit(&format!("{JOB}.{name}"), &error)))
    }

    /// The resources whose live outputs stand in the texts of the checkpoint `name`; none if all that it says is known.
    pub fn checkpoint_needs(&self, name: &str) -> BTreeSet<Address> {
        let holes = self.asserted.get(name).into_iter().flat_map(|part| &part.document.holes);
        holes.flat_map(|(_, template)| template.sources().cloned()).collect()
    }

    /// The checkpoint `name` with the outputs of `others` filled in; none if there is no such checkpoint.
    ///
    /// # Errors
    /// If a value that came from AWS doesn't fit where it was put.
    pub fn checkpoint_with(&self, name: &str, others: &Others) -> Option<Result<Checkpoint, SpecErrors>> {
        let document = &self.asserted.get(name)?.document;
        let filled = Checkpoint::parse(&document.fill(others));
        Some(filled.map_err(|error| misfit(&format!("{CHECK}.{name}"), &error)))
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
        let graph = Graph::new(nodes.iter().map(|(address, node)| (address, &node.refs)), BTreeMap::new());
        Self {
            place,
            accounts: Vec::new(),
            expires: None,
            budget: None,
            max_deletes: None,
            tags: Tags::new(),
            record: Tags::new(),
            nodes,
            jobs: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            checkpoint_order: Vec::new(),
            outputs: BTreeMap::new(),
            variables: BTreeMap::new(),
            warnings: Vec::new(),
            documents: BTreeMap::new(),
            asserted: BTreeMap::new(),
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
            later: BTreeSet::new(),
            ignored: Vec::new(),
            holes: Vec::new(),
            address,
        }
    }
}

/// A job or a checkpoint as a document, and all the resources that it names.
#[derive(Debug)]
pub(super) struct PartDocument {
    pub(super) document: Document,
    pub(super) refs: BTreeSet<Address>,
}

/// A resource of the lab.
#[derive(Debug)]
pub struct Node {
    /// The resource's address.
    pub address: Address,
    /// The resource's kind.
    pub kind: &'static dyn AnyKind,
    /// The resource's section of the lab; outputs that only live objects have stand in it as they were written.
    pub spec: AnySpec,
    /// The section as a document.
    pub value: Value,
    /// The resource's physical name.
    pub name: String,
    /// Whether the name holds the account's number or that of something looked up, and is a stand-in until that is known;
    /// of what is looked up, whether that is found by the number.
    pub name_needs_account: bool,
    /// The phase that the resource belongs to.
    pub phase: Option<String>,
    /// Whether the resource may never be deleted or replaced; its tags say so too.
    pub protect: bool,
    /// The resource's tags: the lab's, its own, and [`PROTECT_TAG`] if it is protected.
    pub tags: Tags,
    /// The resources that must exist before this one.
    pub refs: BTreeSet<Address>,
    /// The resources of the same kind that it refers to and that refer to it in turn, itself among them: it is made
    /// before or after these, and completed once they are all there.
    pub later: BTreeSet<Address>,
    /// The fields whose live values are taken over instead of being compared.
    pub ignored: Vec<FieldPath>,
    pub(super) holes: Vec<(String, Template)>,
}

impl Node {
    /// Returns whether the resource is an object of somebody else's, which the lab only uses.
    pub fn is_looked_up(&self) -> bool {
        self.kind.lookup().is_some()
    }

    /// Returns what a destroy does with the object's content.
    pub fn on_destroy(&self) -> Content {
        self.kind.managed().map_or(Content::Keep, |managed| managed.on_destroy(&self.spec))
    }

    /// A digest of what is wanted, for the owner tag. A value that is given from outside of lab.yaml isn't in it.
    pub fn digest(&self) -> String {
        let wanted = json!({ "kind": self.kind.kind(), "value": self.value, "tags": self.tags });
        digest(&canonical(&wanted))
    }

    /// The tags that an object with the tags `live` is to have, beside the owner's. Those that the spec ignores stay as
    /// they are live, and a tag that still protects what the spec protects no more is to change.
    pub fn tags_over(&self, live: &Tags) -> Tags {
        let mut tags = self.tags.clone();
        for path in self.ignored.iter().filter(|path| path.steps()[0] == "tags") {
            let is_ignored =
                |key: &str| !key.starts_with("labform:") && path.steps().get(1).is_none_or(|tag| tag == key);
            tags.retain(|key, _| !is_ignored(key) || live.contains_key(key));
            for (key, tag) in tags.iter_mut().filter(|(key, _)| is_ignored(key)) {
                tag.clone_from(&live[key]);
            }
        }
        if !self.protect && is_protected(live) {
            tags.insert(PROTECT_TAG.to_owned(), "false".to_owned());
        }
        tags
    }

    /// The spec with the outputs of `others` filled in; those that aren't known yet read `(known after apply)`.
    ///
    /// # Errors
    /// If a value that came from AWS doesn't fit where it was put.
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
