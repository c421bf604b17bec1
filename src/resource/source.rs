//! Sources that resources are made from beside lab.yaml.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use futures::future::BoxFuture;

use super::Problem;
use crate::model::Address;

/// The digest of what each resource was found to be made from, by address. A resource without an entry has no source, or
/// nobody knows what that is now.
pub type Sources = BTreeMap<Address, String>;

/// A resource that is made from something beside lab.yaml: files of this computer, or the image of another registry.
/// The source is read as anything live is, before a plan is made. `lab` is the folder of lab.yaml.
pub trait Sourced: Send + Sync {
    /// Returns the source in the words of lab.yaml, as in `web` for `context: web`.
    fn name(&self) -> &str;

    /// Returns what is done when the source has changed, in a few words.
    fn again(&self) -> &'static str;

    /// Returns the folder that the source is, if it is one, from the lab's folder.
    fn folder(&self) -> Option<&str>;

    /// Returns the host that is asked what the source is now, if another computer is.
    fn host(&self) -> Option<String>;

    /// Returns what is missing of the source, without reading it.
    fn missing(&self, lab: &Path) -> Option<Problem>;

    /// Returns the path of `file`, which needn't be there yet, from the source's folder if it is part of the source.
    fn takes_in(&self, lab: &Path, file: &Path) -> Option<String>;

    /// Finds the digest of what the source is now.
    ///
    /// # Errors
    /// If the source isn't there or can't be used, or if another computer doesn't answer.
    fn find<'a>(&'a self, lab: &'a Path) -> BoxFuture<'a, Result<String, SourceError>>;
}

/// The reason why nobody knows what a source is now.
#[derive(Clone, Debug)]
pub enum SourceError {
    /// The source can't be used as it is.
    Wrong(Problem),
    /// The other computer doesn't say, in these words.
    Silent(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(problem) => f.write_str(&problem.message),
            Self::Silent(words) => f.write_str(words),
        }
    }
}
