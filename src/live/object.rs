//! Live objects, as data.

use std::time::{Duration, SystemTime};

use crate::cloud::{Cloud, CloudError, Owner, Record, is_nobodys, is_protected};
use crate::model::{Address, Tags};
use crate::resource::{AnyKind, AnyLive, Detail, Found, Observed, Readiness, Resource, Sources, as_live};

/// The time for which a direct reading decides: beyond that, something else may stand there.
const HOLDS_FOR: Duration = Duration::from_secs(5);

/// Returns whether what was read at `read_at` at the service that owns it is good enough to decide still.
pub fn holds(cloud: &Cloud, read_at: SystemTime) -> bool {
    cloud.now().duration_since(read_at).unwrap_or_default() < HOLDS_FOR
}

/// The place where an object's tags were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The tag index, which lags: enough to show a plan.
    Index,
    /// The service that owns the object: enough to change it.
    Direct,
}

/// The question to AWS about the lab's objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) evidence: Evidence,
    pub(super) detail: Detail,
}

impl From<Evidence> for Question {
    /// A plan compares; what is read at its service is read to be adopted or deleted.
    fn from(evidence: Evidence) -> Self {
        let detail = match evidence {
            Evidence::Index => Detail::Fields,
            Evidence::Direct => Detail::Presence,
        };
        Self { evidence, detail }
    }
}

/// A live object that the lab names or owns.
#[derive(Clone, Debug)]
pub struct Object {
    /// The address that names the object, in the spec or by its owner tag.
    pub address: Address,
    /// The object's kind.
    pub kind: &'static dyn AnyKind,
    /// The object's physical name.
    pub name: String,
    /// AWS's description of the object.
    pub live: AnyLive,
    /// The object's tags.
    pub tags: Tags,
    /// Whether the object is being deleted already.
    pub leaving: bool,
    /// Whether the object's deletion is scheduled, and it can be brought back.
    pub recoverable: bool,
    /// The reason why the object can't be looked at, if it can't: then nothing but its name is known.
    pub unseen: Option<String>,
    /// Whether the object was found by its tags only, and not under the name that the spec gives.
    pub stray: bool,
    /// Whether the object may not be deleted or replaced: its tag says so, or the spec.
    pub protect: bool,
    /// The place where the object's tags were read.
    pub evidence: Evidence,
    /// The time of the reading, on the account's clock.
    pub read_at: SystemTime,
}

impl Object {
    /// Returns whether the object does its work yet.
    pub fn readiness(&self) -> Readiness {
        self.kind.readiness(&self.live, None)
    }

    /// Returns whether the object is made and deleted by itself, neither only looked up nor along with what holds it.
    pub fn stands_alone(&self) -> bool {
        self.kind.stands_alone()
    }

    /// Returns whether the object has no owner that could be told: it may become the lab's, if its owner says so.
    pub fn is_nobodys(&self, lab: &str) -> bool {
        self.stands_alone() && self.unseen.is_none() && is_nobodys(&self.tags, lab)
    }

    /// Returns whose the object is.
    pub fn owner(&self, lab: &str) -> Owner {
        match &self.unseen {
            Some(why) => Owner::Other(format!("not looked at: {why}")),
            None => Owner::of(&self.tags, self.kind.owner_kind(), lab),
        }
    }
}

/// The objects that were live at one moment, and what the lab's resources were found to be made from.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The objects; several under one address if a replacement was interrupted.
    pub objects: Vec<Object>,
    /// The objects with the names of the lab's whose deletion is scheduled, and that can be brought back.
    pub recoverable: Vec<Object>,
    /// The sources of those resources that are made from something.
    pub sources: Sources,
    /// The kinds that AWS doesn't list for the caller, of which the lab's file has nothing.
    pub unlisted: Vec<Unlisted>,
}

/// A kind whose objects may not be listed: none of the lab was looked for.
#[derive(Clone, Debug)]
pub struct Unlisted {
    /// The kind.
    pub kind: &'static dyn AnyKind,
    /// AWS's refusal.
    pub error: CloudError,
}

impl Snapshot {
    /// A snapshot of these objects, of a lab that is made from nothing beside lab.yaml.
    pub fn of(objects: Vec<Object>) -> Self {
        Self { objects, ..Self::default() }
    }

    /// The objects of one kind.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = (&Object, &R::Live)> {
        // Kinds may share a type of live objects.
        let objects = self.objects.iter().filter(|object| object.kind.kind() == R::KIND);
        objects.filter_map(|object| Some((object, as_live::<R>(&object.live)?)))
    }

    /// The record of `lab` in the tags of its objects.
    pub fn record(&self, lab: &str) -> Record {
        let ours = self.objects.iter().filter(|object| matches!(object.owner(lab), Owner::Lab(_)));
        Record::of(ours.map(|object| &object.tags))
    }

    /// The objects under `address`, with their places in `objects`.
    pub fn at<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = (usize, &'a Object)> {
        self.objects.iter().enumerate().filter(move |(_, object)| object.address == *address)
    }
}

/// The objects of one kind that were found; tombstones are none.
pub(super) fn found(
    kind: &'static dyn AnyKind,
    all: Vec<Found<AnyLive>>,
    evidence: Evidence,
    read_at: SystemTime,
) -> Vec<Object> {
    let object = |one: Found<AnyLive>| {
        let (leaving, recoverable) =
            (matches!(one.observed, Observed::Leaving { .. }), matches!(one.observed, Observed::Recoverable { .. }));
        let (live, tags, unseen) = match one.observed {
            Observed::Present { live, tags }
            | Observed::Leaving { live, tags }
            | Observed::Recoverable { live, tags } => (live, tags, None),
            Observed::Unseen { live, why } => (live, Tags::new(), Some(why)),
            Observed::Tombstone => return None,
        };
        Some(Object {
            address: one.address,
            kind,
            name: one.name,
            live,
            protect: is_protected(&tags),
            tags,
            leaving,
            recoverable,
            unseen,
            stray: false,
            evidence,
            read_at,
        })
    };
    all.into_iter().filter_map(object).collect()
}
