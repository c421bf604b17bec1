//! The words that every floor speaks.
//!
//! Knows: addresses, diffs, what is known before and after an apply, tags, documents, prices.
//! Must not know: AWS, files, terminals. Nothing here does I/O.

mod address;
mod allows;
mod chain;
mod diff;
mod document;
mod expiry;
mod known;
mod near;
mod path;
mod price;
mod quoted;
mod secret;
mod tokens;

pub use address::Address;
pub use allows::fits;
pub use chain::chain;
pub use diff::{Diff, Effect, FieldDiff, Shape};
pub use document::{PolicyDocument, canonical, digest, hexadecimal, random};
pub use expiry::Expiry;
pub use known::{AFTER_APPLY, Known};
pub use near::nearest;
pub use path::{document_problem, path_problem};
pub use price::{Basis, Budget, Hourly, LISTED, MONTH, Price, SAME, Unit, Usage, a_month, an_hour};
pub use quoted::quoted;
pub use secret::{
    HIDDEN, HIDDEN_CHANGED, Secret, both_without_secrets, gives_away, holds_a_secret, names_a_secret, shown_url,
    speaks_of_a_secret, without_secrets,
};

/// Tags of one object, by key.
pub type Tags = std::collections::BTreeMap<String, String>;
