//! Changes, before anything is known of them but what they are about.

use super::super::{Action, Change};
use crate::live::Object;
use crate::spec::Node;

pub(super) fn change(node: &Node, name: &str, action: Action) -> Change {
    Change::new(node.address.clone(), name, action)
}

pub(super) fn deletion(index: usize, object: &Object, reason: Option<String>) -> Change {
    let change = Change::new(object.address.clone(), &object.name, Action::Delete);
    Change { ids: object.kind.ids(&object.live), reason, object: Some(index), ..change }
}
