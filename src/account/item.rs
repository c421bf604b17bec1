//! Objects, as a test counts them.

use std::collections::BTreeMap;

/// One object that exists in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is, as `service:type`, such as `ecs:cluster`.
    pub kind: &'static str,
    /// Its ARN, or its id or name where AWS gives it no ARN.
    pub id: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The status that says it is gone though AWS still describes it, such as `INACTIVE`.
    pub tombstone: Option<&'static str>,
}
