//! Changes, before anything is known of them but what they are about.

use serde_json::Value;

use super::super::{Action, Change};
use crate::live::Object;
use crate::model::Diff;
use crate::spec::Node;

pub(super) fn change(node: &Node, name: &str, action: Action) -> Change {
    Change {
        address: node.address.clone(),
        name: name.to_owned(),
        action,
        diff: Diff::default(),
        desired: Value::Null,
        ids: Vec::new(),
        reason: None,
        attribution: None,
        beside: Vec::new(),
        object: None,
    }
}

pub(super) fn deletion(index: usize, object: &Object, reason: Option<String>) -> Change {
    Change {
        address: object.address.clone(),
        name: object.name.clone(),
        action: Action::Delete,
        diff: Diff::default(),
        desired: Value::Null,
        ids: object.kind.ids(&object.live),
        reason,
        attribution: None,
        beside: Vec::new(),
        object: Some(index),
    }
}
