//! Changes, before anything is known of them but what they are about.

use super::super::{Action, Change};
use crate::live::Object;
use crate::model::Address;
use crate::resource::AnySpec;
use crate::spec::Node;

pub(super) fn change(node: &Node, name: &str, action: Action) -> Change {
    Change::new(node.address.clone(), name, action)
}

pub(super) fn deletion(index: usize, object: &Object, reason: Option<String>) -> Change {
    let change = Change::new(object.address.clone(), &object.name, Action::Delete);
    Change { ids: object.kind.ids(&object.live), reason, object: Some(index), ..change }
}

/// Returns a word on what a new object costs by itself, if it does.
pub(super) fn cost(node: &Node, spec: &AnySpec) -> Option<(Address, String)> {
    let thousandths = node.kind.hourly(spec);
    let usd = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    let words = format!("costs about {usd} USD an hour by itself, also while nothing runs (by us-east-1's list)");
    (thousandths > 0).then(|| (node.address.clone(), words))
}
