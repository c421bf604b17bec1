//! Questions and answers about objects: live ones, those to look for, those to make or to change.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{AnyLive, Problem, Waiting};
use crate::cloud::Owner;
use crate::model::{Address, Diff, Tags};

/// The state of a live object: whether it does its work yet.
///
/// ```
/// use labform::resource::Readiness;
///
/// let of = |running: u32, desired: u32| match running {
///     _ if running == desired => Readiness::Ready(None),
///     _ => Readiness::Pending(format!("{running} of {desired} tasks run")),
/// };
/// assert_eq!(of(1, 2), Readiness::Pending("1 of 2 tasks run".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The object does its work; the words are what there is to say of it, if anything.
    Ready(Option<String>),
    /// The object doesn't yet; the words say what it waits for.
    Pending(String),
    /// The object won't by itself; the words say why.
    Failed(String),
}

/// The reason why a live object doesn't do its work, as far as that can be found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The name of the cause, as in `image not in the repository`: always the same words for the same cause.
    pub cause: &'static str,
    /// AWS's own words from which the cause is concluded.
    pub evidence: Vec<String>,
    /// The remedy, for people.
    pub remedy: String,
}

/// The answer of AWS for one object that a spec names. An object that isn't there has no `Observed` at all; an object that
/// can't be read is an error, never an absence.
#[derive(Clone, Debug)]
pub enum Observed<L> {
    /// The object is there.
    Present {
        /// AWS's description of the object.
        live: L,
        /// The object's tags, which say whose it is.
        tags: Tags,
    },
    /// The object is being deleted, and still holds on to others (a DRAINING service).
    Leaving {
        /// AWS's description of the object.
        live: L,
        /// The object's tags, which say whose it is.
        tags: Tags,
    },
    /// The object's deletion is scheduled: its name is taken until then, and it can be brought back (a secret in its
    /// recovery window).
    Recoverable {
        /// AWS's description of the object.
        live: L,
        /// The object's tags, which say whose it is.
        tags: Tags,
    },
    /// AWS still describes the object, but it is gone (INACTIVE); its name is free.
    Tombstone,
    /// Something has the object's name, and can't be looked at from here: it may be the lab's.
    Unseen {
        /// What is known of it: its name.
        live: L,
        /// The reason, for people.
        why: String,
    },
}

impl<L> Observed<L> {
    /// The object's tags; none if it is gone.
    pub(super) fn tags_mut(&mut self) -> Option<&mut Tags> {
        match self {
            Self::Present { tags, .. } | Self::Leaving { tags, .. } | Self::Recoverable { tags, .. } => Some(tags),
            Self::Tombstone | Self::Unseen { .. } => None,
        }
    }
}

/// An object that was found.
#[derive(Clone, Debug)]
pub struct Found<L> {
    /// The address that was asked for, or that the owner tag names.
    pub address: Address,
    /// The object's physical name.
    pub name: String,
    /// AWS's answer for the object.
    pub observed: Observed<L>,
    /// The ARN by which the object's tags are asked for, if that answer doesn't hold them: they are read with those of
    /// others, as many at once as the service takes.
    pub untagged: Option<String>,
}

impl<L> Found<L> {
    /// Returns an object that is there.
    pub fn present(address: &Address, name: impl Into<String>, live: L, tags: Tags) -> Self {
        Self { address: address.clone(), name: name.into(), observed: Observed::Present { live, tags }, untagged: None }
    }

    /// Returns an object that is there, and whose tags are yet to be asked for by this ARN.
    pub fn untagged(address: &Address, name: impl Into<String>, live: L, arn: &str) -> Self {
        Self { untagged: Some(arn.to_owned()), ..Self::present(address, name, live, Tags::new()) }
    }

    /// Returns something that has an object's name, and can't be looked at.
    pub fn unseen(address: &Address, name: impl Into<String>, live: L, why: String) -> Self {
        let observed = Observed::Unseen { live, why };
        Self { address: address.clone(), name: name.into(), observed, untagged: None }
    }

    /// Returns an object of `kind` that the lab owns, under the address that its owner tags name; none for anybody else's.
    pub fn of_lab(kind: &str, lab: &str, name: impl Into<String>, live: L, tags: Tags) -> Option<Self> {
        match Owner::of(&tags, kind, lab) {
            Owner::Lab(address) => Some(Self::present(&address, name, live, tags)),
            Owner::Other(_) => None,
        }
    }
}

impl<L: Send + Sync + 'static> Found<L> {
    /// The same object, of any kind.
    pub(super) fn erased(self) -> Found<AnyLive> {
        let any = |live: L| Arc::new(live) as AnyLive;
        let observed = match self.observed {
            Observed::Present { live, tags } => Observed::Present { live: any(live), tags },
            Observed::Leaving { live, tags } => Observed::Leaving { live: any(live), tags },
            Observed::Recoverable { live, tags } => Observed::Recoverable { live: any(live), tags },
            Observed::Tombstone => Observed::Tombstone,
            Observed::Unseen { live, why } => Observed::Unseen { live: any(live), why },
        };
        Found { address: self.address, name: self.name, observed, untagged: self.untagged }
    }
}

/// What was looked up for a resource.
#[derive(Debug)]
pub enum LookedUp<L> {
    /// The object that is meant.
    One(Found<L>),
    /// Several objects of which each may be meant, and what is wrong if nothing else tells which.
    Several(Vec<Found<L>>, Problem),
    /// Nothing, and what is wrong.
    None(Address, Problem),
}

impl<L: Send + Sync + 'static> LookedUp<L> {
    /// The same, of any kind.
    pub(super) fn erased(self) -> LookedUp<AnyLive> {
        match self {
            Self::One(found) => LookedUp::One(found.erased()),
            Self::Several(all, problem) => LookedUp::Several(all.into_iter().map(Found::erased).collect(), problem),
            Self::None(address, problem) => LookedUp::None(address, problem),
        }
    }
}

/// A thing that stands in or beside an object of the lab and isn't the lab's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Beside {
    /// The thing with its id, as in `listener HTTP:8080 (arn:…)`, and what frees the object of it if it holds it.
    pub what: String,
    /// The fate of the thing if the object is deleted.
    pub fate: Fate,
}

/// The fate of what stands beside an object that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// AWS deletes it along with the object.
    Goes,
    /// It stays behind, and is nobody's of the lab.
    Stays,
    /// It keeps the object from being deleted: AWS refuses until it is gone, and labform doesn't touch it.
    Holds,
    /// It keeps the object from being deleted, and labform takes it away first, because lab.yaml made it.
    Lifted,
    /// It keeps the object from being deleted, and somebody else made it so on purpose: nothing is deleted.
    Forbids,
}

/// The moment at which it is asked what stands beside an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A plan deletes the object: it is to be told what goes along, stays or forbids the delete, for a few calls.
    Planned,
    /// AWS has refused the delete: it is to be told what holds the object.
    Refused,
}

impl Beside {
    /// A thing with its fate.
    pub fn new(what: impl Into<String>, fate: Fate) -> Self {
        Self { what: what.into(), fate }
    }
}

/// The part of what AWS says of an object that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All that is compared with the spec.
    Fields,
    /// Whether the object is there, whose it is, what it links to, and what a delete takes away with it. What is only
    /// compared isn't asked for.
    Presence,
}

/// A resource to look for, under its physical name.
#[derive(Debug)]
pub struct Wanted<'a, R> {
    /// The resource's address.
    pub address: &'a Address,
    /// The resource's physical name.
    pub name: &'a str,
    /// The resource's section of the spec.
    pub spec: &'a R,
    /// The digest of what the resource was found to be made from, if it is [`Sourced`](super::Sourced).
    pub source: Option<&'a str>,
    /// The name of the resource's lab, which tells the lab's revisions of a family from those of others.
    pub lab: &'a str,
    /// What is asked for of the object.
    pub detail: Detail,
}

/// An object to make or to change.
#[derive(Clone, Debug)]
pub struct Target {
    /// The resource's address.
    pub address: Address,
    /// The physical name that the object has, or gets.
    pub name: String,
    /// All tags of the object: the lab's own and the owner's. They go into the call that creates it.
    pub tags: Tags,
    /// What AWS is still deleting of the resource's earlier objects.
    pub leaving: Vec<AnyLive>,
    /// The place at which a step says what it waits for.
    pub waiting: Waiting,
}

/// The difference that an update closes.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The document that is wanted, as [`Resource::wanted`](super::Resource::wanted) gives it, with the live values of the fields that the spec
    /// ignores.
    pub want: Value,
    /// The fields that differ.
    pub diff: Diff,
}

impl Edit {
    /// Returns whether the field at `path`, or one below it, differs.
    pub fn touches(&self, path: &str) -> bool {
        self.diff.touches(path)
    }
}
