//! Values that nobody who looks at the account may see.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::hash;

/// A value that `Debug` doesn't show.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hidden(pub(crate) String);

impl Hidden {
    /// The mark that tells the value from others, without it.
    pub(crate) fn digest(&self) -> Self {
        Self(hash(&self.0))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}
