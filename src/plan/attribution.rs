//! Who has changed what differs: lab.yaml or AWS.

use serde::Serialize;

use crate::cloud::SPEC_TAG;
use crate::live::Object;
use crate::model::{AFTER_APPLY, Diff, canonical};
use crate::spec::Node;

/// The side on which a resource has changed since it was last applied. It is shown, and decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Attribution {
    /// lab.yaml says what it said then: AWS has changed.
    Aws,
    /// lab.yaml says something else than then; AWS may have changed, too.
    Spec,
}

impl Attribution {
    /// Attributes the difference of `object` to a side, by the digest that the last apply left in its tags. A difference
    /// that only follows from a change of other resources, and an object without a digest, is attributed to none.
    pub(super) fn of(node: &Node, object: &Object, diff: &Diff) -> Option<Self> {
        let applied = object.tags.get(SPEC_TAG).filter(|_| object.stands_alone())?;
        let follows = |want| canonical(want).contains(AFTER_APPLY);
        match *applied == node.digest() {
            _ if diff.is_empty() => None,
            true if diff.fields.iter().all(|field| follows(&field.want)) => None,
            true => Some(Self::Aws),
            false => Some(Self::Spec),
        }
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Aws => "AWS has changed since the last apply, lab.yaml hasn't",
            Self::Spec => "lab.yaml has changed since the last apply, and AWS perhaps too",
        }
    }
}
