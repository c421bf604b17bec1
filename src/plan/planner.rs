//! Compares a spec with what is live.

mod ahead;
mod changes;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::costs::Costs;
use super::foreign::refuse_foreign;
use super::keep::Staying;
use super::looked_up::looked_up;
use super::{Action, Attribution, Change, Kept, Plan, Scope};
use crate::cloud::{LAB_TAG, Owner, RESOURCE_TAG};
use crate::error::Error;
use crate::live::{Object, Snapshot};
use crate::model::{Address, Diff, Effect, Known, Shape, Tags, without_secrets};
use crate::resource::{AnyKind, AnyLive, AnyManaged, AnySpec, Entry, Others, Place, Replacing, Sourced};
use crate::spec::{Lab, Node};
use changes::{change, deletion};

/// The word for the digest of what a resource is made from, among what a create sends.
const SOURCE_DIGEST: &str = "sourceDigest";

/// Plans to bring what is live of the resources in `scope` to what the spec asks for.
///
/// # Errors
/// If an object of somebody else has the name of one of the lab's, or if a spec can't be read once the outputs of
/// others are filled in.
pub fn plan(lab: &Lab, live: &Snapshot, scope: &Scope) -> Result<Plan, Error> {
    refuse_foreign(lab, live, scope)?;
    let protected = places(live, &lab.place.lab, |object| {
        // The spec says what becomes of its own resources, whatever their tags still say.
        let node = lab.nodes.get(&object.address);
        node.map_or(object.protect, |node| node.protect)
    });
    let planned = |ahead: Others| {
        let mut planner = Planner {
            lab,
            live,
            staying: Staying::of(live, &protected, &[]),
            kept: Vec::new(),
            notes: Vec::new(),
            others: ahead,
            changes: Vec::new(),
        };
        planner.plan_nodes(scope).map(|()| planner)
    };
    let ahead = ahead::guess(lab, live);
    let mut planner = planned(ahead.clone())?;
    let found = ahead::known(lab, &planner.others);
    if ahead::ids(lab, &found) != ahead::ids(lab, &ahead) {
        planner = planned(found)?;
    }
    planner.delete_orphans(scope);
    let outputs = lab.outputs_with(&planner.others);
    let updates = planner.changes.iter().filter(|change| change.action == Action::Update);
    let moving: Vec<usize> = updates.filter_map(|change| change.object).collect();
    let Planner { changes, kept, notes, others, .. } = planner;
    let looked_up = looked_up(live, scope);
    let mut plan = Plan { changes, kept, looked_up, notes, others, outputs, costs: Costs::default() };
    Staying::of(live, &protected, &moving).spare(&mut plan, live);
    Ok(plan.costed(Some(lab), live))
}

/// Plans to delete the lab's objects in `scope`.
pub fn plan_destroy(place: &Place, live: &Snapshot, scope: &Scope) -> Plan {
    let ours = live.objects.iter().enumerate().filter(|(_, object)| {
        object.stands_alone() && scope.contains(&object.address) && matches!(object.owner(&place.lab), Owner::Lab(_))
    });
    let changes = ours.map(|(index, object)| deletion(index, object, None)).collect();
    let (kept, notes, others) = (Vec::new(), Vec::new(), Others::new(place.clone()));
    let (looked_up, outputs) = (Vec::new(), BTreeMap::new());
    let mut plan = Plan { changes, kept, looked_up, notes, others, outputs, costs: Costs::default() };
    let protected = places(live, &place.lab, |object| object.protect);
    Staying::of(live, &protected, &[]).spare(&mut plan, live);
    plan.costed(None, live)
}

/// The places of the lab's own objects that are `protected`.
fn places(live: &Snapshot, lab: &str, protected: impl Fn(&Object) -> bool) -> Vec<usize> {
    let objects = live.objects.iter().enumerate();
    objects
        .filter(|(_, object)| protected(object) && matches!(object.owner(lab), Owner::Lab(_)))
        .map(|(index, _)| index)
        .collect()
}

/// The decision on a live object, before what has to stay is looked at.
struct Decision {
    action: Action,
    diff: Diff,
    /// Whether the change makes a new revision, of which nothing is known yet.
    is_revised: bool,
    reason: Option<String>,
}

struct Planner<'a> {
    lab: &'a Lab,
    live: &'a Snapshot,
    staying: Staying,
    kept: Vec<Kept>,
    notes: Vec<(Address, String)>,
    others: Others,
    changes: Vec<Change>,
}

impl<'a> Planner<'a> {
    fn plan_nodes(&mut self, scope: &Scope) -> Result<(), Error> {
        for address in self.lab.order() {
            let node = &self.lab.nodes[&address];
            if scope.contains(&address) {
                self.plan_node(node)?;
            } else {
                self.leave(node);
            }
        }
        Ok(())
    }

    fn plan_node(&mut self, node: &'a Node) -> Result<(), Error> {
        let Some(managed) = node.kind.managed() else {
            self.leave(node);
            return Ok(());
        };
        self.others.source = self.live.sources.get(&node.address).cloned();
        let spec = node.resolve(&self.others)?;
        if let Some(obstacle) = node.kind.obstacle(&spec, &self.others) {
            return Err(Error::failed(format!("{}: {obstacle}", node.address)));
        }
        let mut copies: Vec<(usize, &'a Object)> =
            self.live.at(&node.address).filter(|(_, object)| !object.leaving && !object.stray).collect();
        let replaces =
            |object: &Object| node.kind.edit(&spec, &object.live, &self.others, &node.ignored).diff.replaces();
        let is_used = |object: &Object| managed.habits().nameless && self.is_used(object);
        copies.sort_by_cached_key(|(_, object)| (replaces(object), object.name != node.name, !is_used(object)));
        let used = copies.iter().filter(|(_, object)| is_used(object));
        let used: Vec<String> = used.flat_map(|(_, object)| node.kind.ids(&object.live)).collect();
        if used.len() > 1 {
            let message =
                format!("{}: several objects carry its tags and are in use: {}", node.address, used.join(", "));
            let hint = "delete all but one, or take the tag labform:resource off them";
            return Err(Error::failed(message).hint(hint));
        }
        match copies.first().copied() {
            Some((index, object)) => {
                let decision = self.decide(node, managed, &spec, object);
                let aside = node.kind.aside(&spec, &object.live, &self.others);
                self.notes.extend(aside.map(|words| (node.address.clone(), words)));
                self.record(node, index, object, decision);
                self.delete_copies(node, copies);
            }
            None => self.make(node, &spec),
        }
        Ok(())
    }

    /// Makes a resource of which nothing is live, or brings it back if AWS has only scheduled its deletion.
    fn make(&mut self, node: &'a Node, spec: &AnySpec) {
        if let Some(object) = self.live.recoverable.iter().find(|object| object.address == node.address) {
            return self.restore(node, object, spec);
        }
        self.learn(node, &node.name, None);
        self.changes.push(Change { desired: self.desired(node), ..change(node, &node.name, Action::Create) });
    }

    /// Decides what is to be done with the live object of a resource.
    fn decide(&self, node: &Node, managed: &dyn AnyManaged, spec: &AnySpec, object: &Object) -> Decision {
        let habits = managed.habits();
        let mut diff = node.kind.edit(spec, &object.live, &self.others, &node.ignored).diff;
        let is_revised = !diff.is_empty() && habits.replacing == Replacing::Revision;
        let forced = self.replaced_below(object);
        let mut action = match habits.replacing {
            _ if forced.is_some() => Action::ReplaceDeleteFirst,
            Replacing::DeleteFirst if diff.replaces() => Action::ReplaceDeleteFirst,
            Replacing::CreateFirst if diff.replaces() => Action::ReplaceCreateFirst,
            Replacing::DeleteFirst | Replacing::CreateFirst | Replacing::Revision => Action::Update,
        };
        if habits.stands_alone() {
            compare_tags(&mut diff, node, &self.lab.place.lab, &object.tags);
        }
        if diff.is_empty() && forced.is_none() {
            action = Action::NoOp;
        }
        let reason = match forced {
            Some(address) => Some(format!("{address} is replaced, and this can't outlive it")),
            None if is_revised => {
                let again = node.kind.sourced(spec).map_or("new revision", Sourced::again);
                let drift = node.kind.drift(&object.live);
                Some(drift.map_or_else(|| again.to_owned(), |drift| format!("{again}: {drift}")))
            }
            None => None,
        };
        Decision { action, diff, is_revised, reason }
    }

    /// Takes a decision on the object at `index` down, unless the object has to stay as it is.
    fn record(&mut self, node: &Node, index: usize, object: &Object, decision: Decision) {
        let Decision { action, diff, is_revised, reason } = decision;
        if let Some(why) = self.staying.why(index).filter(|_| action.replaces()) {
            let reason = format!("it would have to be replaced, and {why}");
            self.kept.push(Kept::new(object, reason));
            self.learn(node, &object.name, Some(&object.live));
            self.changes.push(Change { object: Some(index), ..change(node, &object.name, Action::NoOp) });
            return;
        }
        let name = match action {
            Action::ReplaceCreateFirst => self.free_name(node),
            Action::ReplaceDeleteFirst => node.name.clone(),
            _ => object.name.clone(),
        };
        let known = (!action.replaces() && !is_revised).then_some(&object.live);
        self.learn(node, &name, known);
        let desired = if action.replaces() { self.desired(node) } else { Value::Null };
        let ids = node.kind.ids(&object.live);
        let attribution = Attribution::of(node, object, &diff);
        let object = Some(index);
        self.changes.push(Change { diff, desired, ids, reason, attribution, object, ..change(node, &name, action) });
    }

    /// Brings back an object whose deletion is scheduled, and gives it what the spec says.
    fn restore(&mut self, node: &'a Node, object: &'a Object, spec: &AnySpec) {
        let mut diff = node.kind.edit(spec, &object.live, &self.others, &[]).diff;
        compare_tags(&mut diff, node, &self.lab.place.lab, &object.tags);
        self.learn(node, &object.name, Some(&object.live));
        let reason = Some("AWS has scheduled its deletion, and keeps its name taken until then".to_owned());
        let ids = node.kind.ids(&object.live);
        self.changes.push(Change { diff, ids, reason, ..change(node, &object.name, Action::Restore) });
    }

    /// Deletes all objects of a resource but the first.
    fn delete_copies(&mut self, node: &Node, copies: Vec<(usize, &Object)>) {
        for (index, copy) in copies.into_iter().skip(1) {
            let is_nameless = node.kind.managed().is_some_and(|managed| managed.habits().nameless);
            let reason = match is_nameless {
                true => format!("a second object with the tags of {}: nothing uses it", node.address),
                false => format!("left behind when {} was replaced", node.address),
            };
            self.changes.push(deletion(index, copy, Some(reason)));
        }
    }

    /// The fields that a create sends: those that the spec gives, and the digest of what the resource is made from.
    fn desired(&self, node: &Node) -> Value {
        let open = node.value["notSecret"].as_array().into_iter().flatten();
        let open = open.filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        let mut desired = without_secrets(node.value.clone(), &open);
        if let Some(source) = self.live.sources.get(&node.address) {
            desired[SOURCE_DIGEST] = source.as_str().into();
        }
        desired
    }

    /// Learns what is live of a resource that stays as it is.
    fn leave(&mut self, node: &'a Node) {
        let mut objects = self.live.at(&node.address).map(|(_, object)| object);
        let object = objects.find(|object| !object.stray);
        let name = object.map_or(node.name.as_str(), |object| object.name.as_str());
        self.learn(node, name, object.map(|object| &object.live));
    }

    fn learn(&mut self, node: &Node, name: &str, live: Option<&AnyLive>) {
        self.others.insert(node.address.clone(), entry(node.kind, &self.lab.place, name, live));
    }

    /// Returns whether another live object links to this one.
    fn is_used(&self, object: &Object) -> bool {
        let ids = object.kind.ids(&object.live);
        let links = self.live.objects.iter().flat_map(|other| other.kind.links(&other.live));
        links.into_iter().any(|link| ids.contains(&link))
    }

    /// Returns the resource that is deleted first, and that `object` can't outlive.
    fn replaced_below(&self, object: &Object) -> Option<Address> {
        let is_first = |change: &&Change| change.action == Action::ReplaceDeleteFirst;
        let mut replaced = self.changes.iter().filter(is_first).peekable();
        replaced.peek()?;
        let holds = object.kind.managed().is_some_and(|managed| managed.habits().holds);
        let links = object.kind.links(&object.live);
        let used = replaced.find(|change| change.ids.iter().any(|id| links.contains(id)));
        used.filter(|_| holds).map(|change| change.address.clone())
    }

    /// The name for the successor of an object: the spec's own if it is free.
    fn free_name(&self, node: &Node) -> String {
        let taken =
            self.live.objects.iter().any(|other| other.kind.kind() == node.kind.kind() && other.name == node.name);
        if taken { node.kind.name_rule().successor(&node.name, &node.digest()) } else { node.name.clone() }
    }

    fn delete_orphans(&mut self, scope: &Scope) {
        let planned: BTreeSet<usize> = self.changes.iter().filter_map(|change| change.object).collect();
        for (index, object) in self.live.objects.iter().enumerate() {
            let ours = matches!(object.owner(&self.lab.place.lab), Owner::Lab(_));
            let named = self.lab.nodes.contains_key(&object.address);
            let replaced_by_name = named && !planned.contains(&index) && !object.leaving;
            if object.stands_alone() && ours && scope.contains(&object.address) && (!named || replaced_by_name) {
                let reason = if named {
                    format!("lab.yaml gives {} another name now", object.address)
                } else {
                    "lab.yaml doesn't have it any more".to_owned()
                };
                self.changes.push(deletion(index, object, Some(reason)));
            }
        }
    }
}

/// Returns what is known of a resource from its name, its place and the live object.
pub fn entry(kind: &dyn AnyKind, place: &Place, name: &str, live: Option<&AnyLive>) -> Entry {
    let outputs = kind.outputs(place, name, live).into_iter();
    let outputs = outputs.map(|output| (output.name, output.value.map_or(Known::AfterApply, Known::Now)));
    let known = live.map_or(Known::AfterApply, |live| Known::Now(live.clone()));
    Entry { name: name.to_owned(), live: known, outputs: outputs.collect() }
}

fn compare_tags(diff: &mut Diff, node: &Node, lab: &str, live: &Tags) {
    let owner = [(LAB_TAG, lab.to_owned()), (RESOURCE_TAG, node.address.to_string())];
    let own = node.tags_over(live);
    let own = own.iter().map(|(key, value)| (key.as_str(), value.clone()));
    for (key, want) in own.chain(owner) {
        let have = live.get(key);
        if have != Some(&want) {
            let have = have.map_or(Value::Null, |text| Value::String(text.clone()));
            diff.push(format!("tags.{key}"), have, Value::String(want), Effect::Update, Shape::Value);
        }
    }
}
