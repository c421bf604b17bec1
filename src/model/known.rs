//! Values that are known while planning, and values that only an apply will tell.

use serde::{Deserialize, Serialize};

/// The text that stands in a plan for a value that AWS will only give during the apply.
pub const AFTER_APPLY: &str = "(known after apply)";

/// A value that is known now, or one that only the apply will bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known<T> {
    /// The value itself.
    Now(T),
    /// The object that the value comes from has yet to be created or replaced.
    AfterApply,
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub fn now(self) -> Option<T> {
        match self {
            Self::Now(value) => Some(value),
            Self::AfterApply => None,
        }
    }

    /// The value that `change` makes of a known one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Now(value) => Known::Now(change(value)),
            Self::AfterApply => Known::AfterApply,
        }
    }
}

impl Known<String> {
    /// The text that a plan shows: the value, or `(known after apply)`.
    pub fn shown(self) -> String {
        self.now().unwrap_or_else(|| AFTER_APPLY.to_owned())
    }
}
