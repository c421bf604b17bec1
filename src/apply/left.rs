//! What a destroy leaves behind, and why.
//!
//! Knows: what was to go, and what is there. Must not know: how it is read.

use std::collections::{BTreeMap, BTreeSet};

use super::Outcome;
use crate::cloud::{Owner, RESOURCE_TAG};
use crate::error::may_pass;
use crate::live::{self, Object, Snapshot};
use crate::model::{Address, Tags};
use crate::plan::{Op, Plan, Scope};
use crate::resource::{AnyKind, Replacing};
use crate::resources::{KINDS, kind};
use crate::spec::JOB;

/// An object that a destroy left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The object's resource, if its owner tag or the spec names one.
    pub address: Address,
    /// The object's physical name.
    pub name: String,
    /// The object's ids and ARNs.
    pub ids: Vec<String>,
    /// The reason why the object is left.
    pub why: String,
    /// The way to be rid of it.
    pub remedy: Remedy,
}

/// The way to be rid of an object that a destroy left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The same command, run again, may delete it.
    Again,
    /// Somebody has to mend what stands in its way.
    Mend,
}

/// Returns those of `objects` that should have gone with `plan`, each with the reason why it is left.
pub(super) fn judge<'a>(
    objects: impl Iterator<Item = &'a Object>,
    plan: &Plan,
    scope: &Scope,
    outcome: &Outcome,
) -> Vec<(Left, State)> {
    let lab = &plan.others.place.lab;
    let is_ours = |object: &Object| matches!(object.owner(lab), Owner::Lab(_));
    let is_kept = |object: &Object| {
        let ids = object.kind.ids(&object.live);
        plan.kept.iter().any(|kept| kept.ids.first() == ids.first())
    };
    let deleted = deleted(plan, outcome);
    let is_deleted = |object: &Object| deleted.contains_key(&(&object.address, object.name.as_str()));
    let failures = failures(outcome);
    let mut seen = BTreeSet::new();
    let left_over = objects.filter(|object| {
        object.stands_alone()
            && scope.contains(&object.address)
            && !is_kept(object)
            // A family lives on in the revisions of others, which the plan named.
            && (is_ours(object) || object.stray || object.unseen.is_some() || (is_deleted(object) && !is_revised(object.kind)))
            && seen.insert((object.kind.kind(), object.kind.ids(&object.live)))
    });
    let judged = left_over.map(|object| {
        if let Some(why) = &object.unseen {
            return (left(object, format!("not looked at: {why}"), Remedy::Mend), State::Stays);
        }
        if let Some(why) = misled(object, lab) {
            return (left(object, why, Remedy::Mend), State::Stays);
        }
        let (why, remedy, state) = match failures.get(&object.address) {
            Some((why, remedy)) => (why.as_str(), *remedy, State::Stays),
            None if !is_ours(object) => {
                let why = "it came back without the lab's owner tag: something still writes to it";
                (why, Remedy::Mend, State::Stays)
            }
            None if is_deleted(object) => {
                ("AWS has taken its delete and still shows it", Remedy::Again, State::Lingers)
            }
            None if object.leaving => ("AWS is still deleting it", Remedy::Again, State::Stays),
            None => ("the plan didn't know it", Remedy::Again, State::Stays),
        };
        (left(object, why.to_owned(), remedy), state)
    });
    judged.collect()
}

/// Returns why an object that was listed for its tags isn't the lab's: they give it the address of another kind. None if it
/// is the lab's.
pub(super) fn misled(object: &Object, lab: &str) -> Option<String> {
    match object.owner(lab) {
        Owner::Other(why) if object.stray => Some(format!("{why}: it isn't the lab's")),
        _ => None,
    }
}

/// Returns the thing under `arn` if it carries the lab's owner tag and the address of no kind that labform makes. ECS
/// copies tags onto tasks and their network interfaces under the address of their service; a task of a job has stopped
/// by now, or holds its cluster.
pub(super) fn strange(arn: &str, tags: &Tags) -> Option<Left> {
    let text = tags.get(RESOURCE_TAG).map_or("", String::as_str);
    let address: Address = text.parse().ok()?;
    let is_known = kind(&address.kind).is_some() || address.kind == JOB;
    (!is_known).then(|| Left {
        address,
        name: arn.to_owned(),
        ids: vec![arn.to_owned()],
        why: "AWS's tag index lists it under the lab's tag, and labform makes nothing of its kind".to_owned(),
        remedy: Remedy::Mend,
    })
}

/// Returns the address in the tags of the thing under `arn`, and the thing, if it isn't of the kind in that address.
pub(super) fn mistagged(arn: &str, tags: &Tags) -> Option<(Address, Left)> {
    let address: Address = tags.get(RESOURCE_TAG)?.parse().ok()?;
    let word = live::kind_in(arn).filter(|_| !live::is_of_kind(arn, &address.kind))?;
    let word = KINDS.iter().map(|kind| kind.kind()).find(|kind| live::is_of_kind(arn, kind)).unwrap_or(word);
    let why = format!("its labform:resource tag says `{address}`, and it is a {word}: it isn't the lab's");
    let [_, id, _] = live::ids_in(arn);
    let (named, ids) = (Address::new(word, id), vec![arn.to_owned()]);
    Some((address, Left { address: named, name: arn.to_owned(), ids, why, remedy: Remedy::Mend }))
}

/// The prospect of an object that is left: whether it may go by itself in a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Stays,
    Lingers,
}

fn left(object: &Object, why: String, remedy: Remedy) -> Left {
    let (address, name) = (object.address.clone(), object.name.clone());
    Left { address, name, ids: object.kind.ids(&object.live), why, remedy }
}

/// The ids of what was deleted, by address and physical name.
fn deleted<'p>(plan: &'p Plan, outcome: &Outcome) -> BTreeMap<(&'p Address, &'p str), &'p [String]> {
    let done = outcome.done.iter().filter(|(_, op)| *op == Op::Delete);
    let done: BTreeSet<&Address> = done.map(|(address, _)| address).collect();
    let changes = plan.changes.iter().filter(|change| done.contains(&change.address));
    changes.map(|change| ((&change.address, change.name.as_str()), change.ids.as_slice())).collect()
}

fn failures(outcome: &Outcome) -> BTreeMap<Address, (String, Remedy)> {
    let skipped = outcome.skipped.iter().map(|(address, _)| {
        let why = "its delete was not begun, because one before it failed";
        (address.clone(), (why.to_owned(), Remedy::Again))
    });
    let failed = outcome.failed.iter().map(|failure| {
        let remedy = if may_pass(&failure.error) { Remedy::Again } else { Remedy::Mend };
        (failure.address.clone(), (failure.error.to_string(), remedy))
    });
    skipped.chain(failed).collect()
}

/// Returns those of `objects` that are revisions which AWS registered after it had been read what there is to delete: a call
/// whose answer was lost may be carried out late, and is repeated without a token that would tell one from two.
pub(super) fn late(objects: &[Object], plan: &Plan, outcome: &Outcome) -> Snapshot {
    let deleted = deleted(plan, outcome);
    let is_late = |object: &&Object| {
        let ids = deleted.get(&(&object.address, object.name.as_str()));
        let is_another = ids.is_some_and(|ids| ids.first() != object.kind.ids(&object.live).first());
        is_another && is_revised(object.kind) && matches!(object.owner(&plan.others.place.lab), Owner::Lab(_))
    };
    Snapshot::of(objects.iter().filter(is_late).cloned().collect())
}

/// Returns whether a kind's objects are revisions beside older ones.
fn is_revised(kind: &dyn AnyKind) -> bool {
    kind.managed().is_some_and(|managed| managed.habits().replacing == Replacing::Revision)
}
