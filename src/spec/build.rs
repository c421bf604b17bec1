//! The way from declarations to a lab: names, specs, references, and every check that needs no AWS.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{self, Missing};
use super::checkpoint::Checkpoint;
use super::errors::Faults;
use super::fields::Part;
use super::graph::Graph;
use super::home::{self, part};
use super::ignore::Ignoring;
use super::job::Job;
use super::lab::{Lab, Node, PartDocument};
use super::looked_up;
use super::names::ANY;
use super::outline::{Declared, Outline, expected};
use super::physical::{self, name_within, physical_name, within};
use super::reading::{ReadPart, Reading, Section};
use super::tags;
use super::template::{Scope, Template};

use crate::cloud::{NAME_TAG, PROTECT_TAG, REGION_TAG};
use crate::model::{Address, Tags};
use crate::resource::{AnySpec, Checks, Names, Place, Problem, SpecRef};

/// The most tags of one object that a lab can give: AWS allows 50, with the owner's own seven.
const TAGS: usize = 43;

/// Builds the lab of `outline` at `place`. The result is only to be used if no fault is noted.
pub(super) fn build(outline: &Outline, place: &Place, looked: &Names, faults: &mut Faults) -> Lab {
    let mut names: Names = outline
        .resources
        .iter()
        .map(|declared| (declared.address.clone(), physical_name(declared, place, looked, faults)))
        .collect();
    name_within(outline, &mut names);
    let fixed = Scope::fixed(place);
    let existing = outline.resources.iter().filter(|declared| declared.kind.lookup().is_some());
    let existing: BTreeSet<Address> = existing.map(|declared| declared.address.clone()).collect();
    let scope = Scope { names: Some(&names), existing: &existing, ..fixed };
    let mut reading = Reading { fixed, scope, home: home::of(outline, scope), faults };
    let sections: Vec<Section<'_>> = outline.resources.iter().filter_map(|one| reading.section(one)).collect();
    let jobs: Vec<ReadPart<'_, Job>> = outline.jobs.iter().filter_map(|entry| reading.job(entry)).collect();
    let checkpoints: Vec<_> = outline.checks.iter().filter_map(|entry| reading.checkpoint(entry)).collect();
    let references = sections.iter().flat_map(|one| &one.references).chain(jobs.iter().flat_map(ReadPart::references));
    let references = references.chain(checkpoints.iter().flat_map(ReadPart::references));
    let implied = looked_up::implied(references, &names, looked);
    names.extend(implied.iter().map(|node| (node.address.clone(), node.name.clone())));
    let names = names;
    let own_tags = outline.tags.as_ref().map(|tree| tags::read(tree, None, fixed, faults));
    let scope = Scope { names: Some(&names), existing: &existing, ..fixed };
    let mut building = Building {
        names: &names,
        fixed,
        scope,
        tags: own_tags.unwrap_or_default(),
        missing: Missing::new(&names),
        faults,
    };
    let own = sections.iter().filter_map(|one| Some((one.declared.address.clone(), one.spec.clone()?)));
    let specs: BTreeMap<Address, AnySpec> = own.collect();
    let links = sections.iter().filter_map(|one| {
        let declared = &one.declared;
        Some((declared.address.clone(), declared.kind.refs(one.spec.as_ref()?)))
    });
    let links: BTreeMap<Address, Vec<SpecRef>> = links.collect();
    let checks = Checks::new(&specs).named(&names, place).in_accounts(&outline.accounts).linked(&links);
    let nodes: Vec<Node> = sections.into_iter().filter_map(|section| building.node(section, &checks)).collect();
    for Node { address, kind, spec, .. } in &implied {
        kind.check(spec, &checks).into_iter().for_each(|problem| fault(outline, address, problem, building.faults));
    }
    let nodes = nodes.into_iter().chain(implied);
    let mut nodes: BTreeMap<Address, Node> = nodes.map(|node| (node.address.clone(), node)).collect();
    let (jobs, documents) = building.parts(jobs, |job| job.check(&checks));
    let (checkpoints, asserted) = building.parts(checkpoints, Checkpoint::check);
    let templates = building.outputs(outline);
    let tags = building.tags;
    let later = part_circles(&mut nodes);
    part_names(&mut nodes);
    let graph = Graph::new(nodes.values().map(|node| (&node.address, &node.refs)), later);
    check::names(outline, &names, faults);
    check::circles(outline, &graph, faults);
    let outputs = templates.iter().map(|(name, template)| (name.clone(), template.marked()));
    spread_account(&graph.order(), &mut nodes);
    Lab {
        place: place.clone(),
        accounts: outline.accounts.clone(),
        expires: outline.expires,
        budget: outline.budget.clone(),
        max_deletes: outline.max_deletes,
        tags,
        record: Tags::new(),
        nodes,
        jobs,
        checkpoints,
        checkpoint_order: outline.checks.iter().map(|check| check.key.clone()).collect(),
        documents,
        asserted,
        outputs: outputs.collect(),
        variables: outline.variables.told(faults),
        warnings: Vec::new(),
        templates,
        graph,
    }
}

struct Building<'a> {
    names: &'a Names,
    /// The scope that names and tags are filled from.
    fixed: Scope<'a>,
    /// The scope that all other strings are filled from.
    scope: Scope<'a>,
    tags: Tags,
    missing: Missing<'a>,
    faults: &'a mut Faults,
}

impl Building<'_> {
    fn node(&mut self, section: Section<'_>, checks: &Checks<'_>) -> Option<Node> {
        let Section { declared, label, document, mut refs, spec, references } = section;
        let part = part(declared, &label)?;
        let mut tags = if declared.kind.lookup().is_some() { Tags::new() } else { self.tags.clone() };
        if let Some(tree) = &declared.tags {
            tags.extend(tags::read(tree, Some(&label), self.fixed, self.faults));
        }
        if declared.kind.managed().is_some_and(|managed| managed.habits().nameless) {
            tags.entry(NAME_TAG.to_owned()).or_insert_with(|| self.names[&declared.address].clone());
        }
        if declared.kind.managed().is_some_and(|managed| managed.habits().of_account) {
            tags.insert(REGION_TAG.to_owned(), self.fixed.place.region.clone());
        }
        if tags.len() > TAGS {
            let message = format!("{} tags are more than AWS takes", tags.len());
            let hint = format!("a lab can give {TAGS}");
            part.fault(self.faults, declared.mark, message, Some(hint));
        }
        self.refuse_own_tags(part, declared);
        if !declared.passed.is_empty() {
            let message = format!("passed over what AWS sets itself: {}", declared.passed.join(", "));
            part.problem(self.faults, Problem::at("", message).warning());
        }
        let protect = declared.protect == Some(true);
        if protect {
            tags.insert(PROTECT_TAG.to_owned(), "true".to_owned());
        }
        let ignoring = Ignoring { part, kind: declared.kind, value: &document.value, tags: &tags };
        let ignored = declared.ignored.as_ref().map(|tree| ignoring.read(tree, self.faults)).unwrap_or_default();
        let spec = spec?;
        let peers = references.iter().map(|reference| &reference.address).filter(|peer| !refs.contains(peer));
        let peers = peers.filter(|peer| peer.kind == declared.kind.kind() && self.names.contains_key(peer));
        let completes = declared.kind.managed().is_some_and(|managed| managed.habits().completes);
        let later = if completes { peers.cloned().collect() } else { BTreeSet::new() };
        self.check(part, references, declared.kind.check(&spec, checks), &mut refs);
        refs.extend(declared.kind.follows(&spec, checks));
        refs.retain(|address| self.names.contains_key(address));
        Some(Node {
            address: declared.address.clone(),
            kind: declared.kind,
            spec,
            value: document.value,
            name: self.names[&declared.address].clone(),
            name_needs_account: physical::needs_account(declared),
            phase: declared.phase.clone(),
            protect,
            tags,
            refs,
            later,
            ignored,
            holes: document.holes,
        })
    }

    /// Refuses tags and protection for a resource that doesn't stand alone: AWS has no object that could carry them.
    fn refuse_own_tags(&mut self, part: Part<'_>, declared: &Declared) {
        let stands_alone = within(declared).is_none();
        let kind = declared.kind.kind();
        for (field, is_given) in [("tags", declared.tags.is_some()), ("protect", declared.protect.is_some())] {
            if is_given && !stands_alone {
                let message = format!("AWS keeps no `{field}` for a thing of the kind `{kind}`");
                let hint = within_hint(declared, field);
                part.fault(self.faults, declared.mark, message, hint);
            }
        }
    }

    fn check(
        &mut self,
        part: Part<'_>,
        references: Vec<SpecRef>,
        problems: Vec<Problem>,
        refs: &mut BTreeSet<Address>,
    ) {
        for reference in references {
            self.missing.check(part, &reference, self.faults);
            refs.insert(reference.address);
        }
        for problem in problems {
            part.problem(self.faults, problem);
        }
    }

    fn parts<T>(
        &mut self,
        read: Vec<ReadPart<'_, T>>,
        check: impl Fn(&T) -> Vec<Problem>,
    ) -> (BTreeMap<String, T>, BTreeMap<String, PartDocument>) {
        let (mut parts, mut documents) = (BTreeMap::new(), BTreeMap::new());
        for ReadPart { entry, label, document, mut refs, part: read, references, pretended } in read {
            let part = Part { label: &label, mark: entry.mark, tree: &entry.value };
            self.check(part, references, check(&read), &mut refs);
            // A real run needs none of what only a pretended one uses.
            self.check(part, pretended, Vec::new(), &mut BTreeSet::new());
            refs.retain(|address| self.names.contains_key(address));
            parts.insert(entry.key.clone(), read);
            documents.insert(entry.key.clone(), PartDocument { document, refs });
        }
        (parts, documents)
    }

    fn outputs(&mut self, outline: &Outline) -> BTreeMap<String, Template> {
        let mut outputs = BTreeMap::new();
        for entry in &outline.outputs {
            if self.faults.is_full() {
                break;
            }
            let mark = entry.value.mark;
            let Some(text) = entry.value.text() else {
                self.faults.push(mark, expected("a text", &entry.value), None);
                continue;
            };
            match self.scope.read(text, None, &mut BTreeSet::new()) {
                Ok(template) => drop(outputs.insert(entry.key.clone(), template)),
                Err((message, hint)) => self.faults.push(mark, message, hint),
            }
        }
        outputs
    }
}

/// Notes a problem of the resource at `address`.
pub(super) fn fault(outline: &Outline, address: &Address, problem: Problem, faults: &mut Faults) {
    let label = address.to_string();
    let mut resources = outline.resources.iter();
    let declared = resources.find(|declared| declared.address == *address);
    match declared.and_then(|declared| part(declared, &label)) {
        Some(part) => part.problem(faults, problem),
        None => {
            // An ARN or an id that stands in place of a name.
            let trees = outline.resources.iter().filter_map(|declared| declared.body.as_ref());
            let parts = outline.jobs.iter().chain(&outline.checks);
            let mut trees = trees.chain(parts.map(|part| &part.value));
            let mark =
                trees.find_map(|tree| looked_up::place_of(tree, &|text| text == address.name)).unwrap_or_default();
            faults.problem(mark, Some(&label), problem);
        }
    }
}

/// Takes the circles out of the needs of resources that are completed after they are made, and leaves what each is
/// completed with. Returns the same by address.
fn part_circles(nodes: &mut BTreeMap<Address, Node>) -> BTreeMap<Address, BTreeSet<Address>> {
    let peers = nodes.values().map(|node| (&node.address, &node.later));
    let circles: Vec<BTreeSet<Address>> = Graph::new(peers, BTreeMap::new()).circles().collect();
    let mut all = BTreeMap::new();
    for node in nodes.values_mut() {
        let circle = circles.iter().find(|circle| circle.contains(&node.address));
        node.later.retain(|peer| circle.is_some_and(|circle| circle.contains(peer)));
        node.refs.retain(|needed| !node.later.contains(needed));
        if !node.later.is_empty() {
            all.insert(node.address.clone(), node.later.clone());
        }
    }
    all
}

/// Takes what only names others out of the circles that it would make, if those names are known without AWS.
fn part_names(nodes: &mut BTreeMap<Address, Node>) {
    let only_names = |node: &Node| node.kind.managed().is_some_and(|managed| managed.habits().only_names);
    let needs = nodes.values().map(|node| (&node.address, &node.refs));
    let circles: Vec<BTreeSet<Address>> = Graph::new(needs, BTreeMap::new()).circles().collect();
    for node in nodes.values_mut().filter(|node| only_names(node)) {
        let open: BTreeSet<&Address> = node.holes.iter().flat_map(|(_, template)| template.sources()).collect();
        let circle = circles.iter().find(|circle| circle.contains(&node.address));
        let is_free = |needed: &Address| circle.is_none_or(|circle| !circle.contains(needed));
        node.refs.retain(|needed| open.contains(needed) || is_free(needed));
    }
}

fn within_hint(declared: &Declared, field: &str) -> Option<String> {
    within(declared).map(|within| format!("give `{field}` to its `{}`", within.field))
}

/// Marks the resources that stand in something whose name holds the account's number or is looked up, as a service in
/// its cluster or a listener on its load balancer: they can't be found before that name is known either.
fn spread_account(order: &[Address], nodes: &mut BTreeMap<Address, Node>) {
    for address in order {
        let is_open = |node: &Node| node.name_needs_account || node.name == ANY;
        let needs = |used: &Address| nodes.get(used).is_some_and(is_open);
        if nodes[address].refs.iter().any(needs)
            && let Some(node) = nodes.get_mut(address)
        {
            node.name_needs_account = true;
        }
    }
}
