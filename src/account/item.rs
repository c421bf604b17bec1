//! Objects, as a test counts them.

use std::collections::BTreeMap;

/// An object that exists in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The kind, as `service:type`, such as `ecs:cluster`.
    pub kind: &'static str,
    /// The ARN, or the id or name if AWS gives it no ARN.
    pub id: String,
    /// The object's tags.
    pub tags: BTreeMap<String, String>,
    /// The status that says it is gone though AWS still describes it, such as `INACTIVE`.
    pub tombstone: Option<&'static str>,
}
