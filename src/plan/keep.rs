//! Objects that stay whatever was planned: protected ones, and all that they use.

use std::collections::BTreeMap;

use petgraph::graph::NodeIndex;
use petgraph::visit::Dfs;

use super::steps::uses;
use super::{Action, Change, Plan};
use crate::live::{Object, Snapshot};
use crate::model::Address;

/// An object that was to be deleted or replaced, and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The object's resource.
    pub address: Address,
    /// The object's physical name.
    pub name: String,
    /// The object's ids and ARNs.
    pub ids: Vec<String>,
    /// The reason why the object stays.
    pub reason: String,
}

impl Kept {
    pub(super) fn new(object: &Object, reason: String) -> Self {
        Self { address: object.address.clone(), name: object.name.clone(), ids: object.kind.ids(&object.live), reason }
    }
}

/// The reason why each object that has to stay does, by its place in the snapshot.
pub(super) struct Staying(BTreeMap<usize, String>);

impl Staying {
    /// The objects that stay if those at these places are protected. An object that `moving` ones use now may go: the
    /// plan moves these over to something else.
    pub(super) fn of(live: &Snapshot, protected: &[usize], moving: &[usize]) -> Self {
        let mut reasons = BTreeMap::new();
        let uses = uses(live);
        let holds = |index: &&usize| {
            let managed = live.objects[**index].kind.managed();
            !moving.contains(index) && managed.is_some_and(|managed| managed.habits().holds)
        };
        for user in protected.iter().filter(holds) {
            let address = &live.objects[*user].address;
            let mut reached = Dfs::new(&uses, NodeIndex::new(*user));
            while let Some(used) = reached.next(&uses) {
                let reason = || format!("{address} uses it and is protected");
                reasons.entry(used.index()).or_insert_with(reason);
            }
        }
        reasons.extend(protected.iter().map(|index| (*index, "it is protected".to_owned())));
        Self(reasons)
    }

    /// The reason why the object at this place stays; none if it may go.
    pub(super) fn why(&self, index: usize) -> Option<&String> {
        self.0.get(&index)
    }

    /// Takes the deletes of objects that stay out of `plan`.
    pub(super) fn spare(&self, plan: &mut Plan, live: &Snapshot) {
        let kept = &mut plan.kept;
        plan.changes.retain(|change| {
            let stays = |index: usize| Some((index, self.why(index)?));
            let is_delete = change.action == Action::Delete;
            match change.object.filter(|_| is_delete).and_then(stays) {
                Some((index, why)) => {
                    kept.push(Kept::new(&live.objects[index], because(change, why)));
                    false
                }
                None => true,
            }
        });
    }
}

fn because(change: &Change, why: &str) -> String {
    match &change.reason {
        Some(reason) => format!("{reason}, but {why}"),
        None => why.to_owned(),
    }
}
