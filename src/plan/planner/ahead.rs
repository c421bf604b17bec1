//! Resources that others refer to before it is their turn: those of a circle.
//!
//! What the plan makes of such a resource is known only once it has been planned. So what is live is taken for it at
//! first, and if the plan comes to another object, it is made once more with that.

use std::collections::BTreeSet;

use super::entry;
use crate::live::Snapshot;
use crate::model::{Address, Known};
use crate::resource::{AnyLive, Others};
use crate::spec::Lab;

fn addresses(lab: &Lab) -> BTreeSet<Address> {
    lab.nodes.values().flat_map(|node| node.later.iter().cloned()).collect()
}

/// What is live of the resources that others refer to ahead.
pub(super) fn guess(lab: &Lab, live: &Snapshot) -> Others {
    let mut others = Others::new(lab.place.clone());
    for address in addresses(lab) {
        let node = &lab.nodes[&address];
        let object = live.at(&address).map(|(_, object)| object).find(|object| !object.stray && !object.leaving);
        let name = object.map_or(&node.name, |object| &object.name);
        let known = entry(node.kind, &lab.place, name, object.map(|object| &object.live));
        others.insert(node.address.clone(), known);
    }
    others
}

/// What is `known` of these resources now.
pub(super) fn known(lab: &Lab, others: &Others) -> Others {
    others.of(&addresses(lab), None)
}

/// The objects of these resources, by id; none for one that is yet to be made.
pub(super) fn ids(lab: &Lab, others: &Others) -> Vec<Vec<String>> {
    let live = |address: &Address| -> Option<AnyLive> {
        match others.entry(address)?.live.clone() {
            Known::Now(live) => Some(live),
            Known::AfterApply => None,
        }
    };
    let ids = addresses(lab).into_iter().map(|address| {
        let kind = lab.nodes[&address].kind;
        live(&address).map(|live| kind.ids(&live)).unwrap_or_default()
    });
    ids.collect()
}
