//! The contract of a kind whose objects may be somebody else's.

use std::future::Future;

use super::by::{By, Key};
use crate::cloud::{Cloud, Result};
use crate::model::Tags;
use crate::resource::{Grant, Place, Resource};

/// A kind whose objects may be somebody else's: `existing:` names them, and so do ARNs and ids in place of a name.
///
/// What is found has the kind's own live type, and a kind of its own that isn't [`Managed`](crate::resource::Managed): no code can
/// change or delete it.
pub trait Findable: Resource {
    /// The word for the kind in owner tags, and for people.
    const WORD: &'static str = Self::KIND;

    /// Returns the words by which one object is found, beside its tags.
    fn keys() -> Vec<Key>;

    /// Returns the two fields by which one object is found that has no name of its own, if there are such: what stands there
    /// makes its name with a colon between, the part of an ARN that names its object for the ARN.
    fn joint() -> Option<[&'static str; 2]> {
        None
    }

    /// Returns all objects that may be meant, whosever they are, with their tags if [`By::tags`] asks for any.
    ///
    /// # Errors
    /// AWS's refusal. What isn't there is left out.
    fn find(cloud: &Cloud, by: &[&By]) -> impl Future<Output = Result<Vec<Candidate<Self::Live>>>> + Send;

    /// Returns the permissions for finding one.
    fn finding(by: &By, place: &Place) -> Vec<Grant>;

    /// Returns the name or the id that an ARN holds, if it holds one.
    fn name_in(_arn: &str) -> Option<String> {
        None
    }
}

/// An object that may be meant.
#[derive(Clone, Debug)]
pub struct Candidate<L> {
    /// The object's physical name; its id if AWS gives it none.
    pub name: String,
    /// AWS's description of the object.
    pub live: L,
    /// The object's tags, if they were asked for.
    pub tags: Tags,
}
