//! The contract of a kind of resource, and the one place where its types are erased.
//!
//! Knows: what every kind must be able to say and do. Must not know: any kind in particular.

mod checks;
mod compare;
mod erased;
mod grant;
mod ignore;
mod kind;
mod others;
mod plain;
mod reference;
#[cfg(test)]
pub(crate) mod toy;
mod waiting;

pub use checks::{Checks, NameRule, Problem};
pub use compare::{Field, changes, diff, document, known, part, replace, settled, update};
pub use erased::{AnyKind, AnyLive, AnyManaged, AnySpec, AnyWanted, PathError};
pub use grant::{Conditions, Grant, Granted, Need, any_role_arn, role_arn, service_linked_role};
pub use ignore::{FieldPath, key, take_over};
pub use kind::{Kind, Lookup};
pub use others::{Entry, Others, Output, Place};
pub use plain::{Call, Calls, Case, Plain, PlainLive, Presence, Read, Sending, batch, call, each};
pub use reference::{Ref, RefOrArn, SpecRef};
pub use waiting::{Waiting, retry};

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cloud::{Cloud, Result, Service};
use crate::model::{Address, Diff, Tags};

/// Physical names of the lab's resources, by address.
pub type Names = BTreeMap<Address, String>;

/// Whether a live object does its work yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It does.
    Ready,
    /// Not yet; the words say what it waits for.
    Pending(String),
    /// It won't by itself; the words say why.
    Failed(String),
}

/// Why a live object doesn't do its work, as far as it can be found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The name of the cause, as in `image not in the repository`: always the same words for the same cause.
    pub cause: &'static str,
    /// What it is concluded from, in AWS's own words.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub remedy: String,
}

/// What AWS says of one object that a spec names. An object that isn't there has no `Observed` at all; one that can't
/// be read is an error, never an absence.
#[derive(Clone, Debug)]
pub enum Observed<L> {
    /// It is there.
    Present {
        /// What AWS says of it.
        live: L,
        /// Its tags, which say whose it is.
        tags: Tags,
    },
    /// It is being deleted, and still holds on to others (a DRAINING service).
    Leaving {
        /// What AWS says of it.
        live: L,
        /// Its tags, which say whose it is.
        tags: Tags,
    },
    /// The object's deletion is scheduled: its name is taken until then, and it can be brought back (a secret in its
    /// recovery window).
    Recoverable {
        /// What AWS says of it.
        live: L,
        /// Its tags, which say whose it is.
        tags: Tags,
    },
    /// AWS still describes it, but it is gone (INACTIVE); its name is free.
    Tombstone,
}

/// An object that was found.
#[derive(Clone, Debug)]
pub struct Found<L> {
    /// The address that was asked for, or that the owner tag names.
    pub address: Address,
    /// Its physical name.
    pub name: String,
    /// What AWS says of it.
    pub observed: Observed<L>,
}

impl<L> Found<L> {
    /// An object that is there.
    pub fn present(address: &Address, name: impl Into<String>, live: L, tags: Tags) -> Self {
        Self { address: address.clone(), name: name.into(), observed: Observed::Present { live, tags } }
    }
}

/// What to look for: a resource of the spec under its physical name.
#[derive(Debug)]
pub struct Wanted<'a, R> {
    /// Its address.
    pub address: &'a Address,
    /// Its physical name.
    pub name: &'a str,
    /// Its section of the spec.
    pub spec: &'a R,
}

/// What to make or to change.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its address.
    pub address: Address,
    /// Its physical name.
    pub name: String,
    /// All its tags: the lab's own and the owner's. They go into the call that creates it.
    pub tags: Tags,
    /// Where making it says what it waits for.
    pub waiting: Waiting,
}

/// What an update closes.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What is wanted, as [`Resource::wanted`] gives it, with the live values of the fields that the spec ignores.
    pub want: Value,
    /// What differs.
    pub diff: Diff,
}

impl Edit {
    /// Whether the field at `path`, or one below it, differs.
    pub fn touches(&self, path: &str) -> bool {
        self.diff.touches(path)
    }
}

/// A role that AWS makes for one of its services, once in an account ("Using service-linked roles", IAM user guide). It
/// belongs to nobody's lab, and is never deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceLinkedRole {
    /// Its name.
    pub name: &'static str,
    /// The service that takes it on.
    pub service: &'static str,
}

/// Where the physical names of a kind come from that stands in another: `<name of the other>:<its own>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// The field that refers to the other.
    pub field: &'static str,
    /// The other's kind.
    pub kind: &'static str,
    /// Its own part, where the spec doesn't give it.
    pub otherwise: &'static str,
}

/// What a delete does with what the object holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The content stays: AWS refuses to delete an object that holds anything.
    #[default]
    Keep,
    /// The content is deleted, too.
    Empty,
    /// The object can be brought back for so many days.
    For(u8),
}

/// How an object is replaced whose difference AWS can't close in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacing {
    /// Delete, then create under the same name. Those that hold on to it are deleted before and made again after.
    DeleteFirst,
    /// Create under a name of its own, move those that use the old one over, then delete the old one.
    CreateFirst,
    /// Every change makes a new revision beside the old one, which stays.
    Revision,
}

/// One kind of resource. `Self` is its section of `lab.yaml`. The first half is pure; the second asks AWS.
pub trait Resource: Granted + DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// Its word in addresses and messages, as in `logGroup`.
    const KIND: &'static str;
    /// Its section of `lab.yaml`, as in `logGroups`.
    const SECTION: &'static str;
    /// What its physical name must look like.
    const NAME: NameRule;
    /// Where its physical name comes from, where it stands in another; otherwise it is `<lab>-<name>` by default.
    const WITHIN: Option<Within> = None;
    /// The field that labform fills in before it plans, with what it found of the files that the spec names. Nobody
    /// writes it.
    const FOUND: Option<&'static str> = None;
    /// The fields that are compared, in the order in which a plan shows their differences.
    const FIELDS: &'static [Field];
    /// What AWS says of one; dependants read ids and ARNs here.
    type Live: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The physical name that the spec gives, where it gives one.
    fn name(&self) -> Option<&str>;

    /// The resources that it refers to.
    fn refs(&self) -> Vec<SpecRef>;

    /// What is wrong with it that its types can't say. `checks` gives the resources that it refers to.
    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        Vec::new()
    }

    /// The resources that have to exist before it although it doesn't refer to them (a service needs the listener that
    /// forwards to its target group).
    fn follows(&self, _checks: &Checks<'_>) -> Vec<Address> {
        Vec::new()
    }

    /// What the spec needs of this machine, below the lab's `folder`, and isn't there.
    fn missing(&self, _folder: &Path) -> Option<Problem> {
        None
    }

    /// Why what the spec asks for can't be had of the other resources as they are; none where it can.
    fn obstacle(&self, _others: &Others) -> Option<String> {
        None
    }

    /// What the spec asks for of a live one, as a document in AWS's words: references are ids and ARNs, and
    /// `(known after apply)` if those aren't known yet.
    fn wanted(&self, _live: &Self::Live, _others: &Others) -> Value {
        document(self)
    }

    /// What AWS says of a live one, as a document in the same words.
    fn document(live: &Self::Live) -> Value {
        document(live)
    }

    /// What differs between what is wanted and what is live. A field left out of the spec isn't compared.
    fn diff(&self, want: &Value, live: &Self::Live, _others: &Others) -> Diff {
        diff(Self::FIELDS, &Self::document(live), want)
    }

    /// What is wanted of a live one, and what differs. The live values of the fields that are `ignored` are wanted as they
    /// are.
    fn edit(&self, live: &Self::Live, others: &Others, ignored: &[FieldPath]) -> Edit {
        let wanted = self.wanted(live, others);
        let want = match ignored {
            [] => wanted,
            ignored => take_over(Self::FIELDS, &Self::document(live), wanted, ignored),
        };
        Edit { diff: self.diff(&want, live, others), want }
    }

    /// Whether a live one does its work yet.
    fn readiness(_live: &Self::Live) -> Readiness {
        Readiness::Ready
    }

    /// What there is to say of a live one that does its work, in a few words.
    fn summary(_live: &Self::Live) -> Option<String> {
        None
    }

    /// Why a live one isn't what it was on its way to become in `before`, although it does its work: ECS went back to the
    /// deployment before. None where it is.
    fn setback(_before: &Self::Live, _live: &Self::Live) -> Option<String> {
        None
    }

    /// What `${section.name.output}` may name: values that follow from the name and place, and values that only a live
    /// object has.
    fn outputs(place: &Place, name: &str, live: Option<&Self::Live>) -> Vec<Output>;

    /// The ids and ARNs by which others refer to a live one.
    fn ids(live: &Self::Live) -> Vec<String>;

    /// What tells a live one from another that has its name later: an id that AWS gives once, or the time at which it was
    /// made.
    fn incarnation(live: &Self::Live) -> String {
        Self::ids(live).into_iter().next().unwrap_or_default()
    }

    /// The ids and ARNs of what a live one uses; it has to be gone before they can go.
    fn links(_live: &Self::Live) -> Vec<String> {
        Vec::new()
    }

    /// Reads the wanted ones, in as few calls as AWS allows. What isn't there is left out.
    ///
    /// # Errors
    /// Where one can't be read.
    fn read(
        cloud: &Cloud,
        wanted: &[Wanted<'_, Self>],
        names: &Names,
    ) -> impl Future<Output = Result<Vec<Found<Self::Live>>>> + Send;

    /// Why a live one doesn't do its work yet or won't, where AWS knows more than [`Resource::readiness`] says; none
    /// where nothing speaks of a failure.
    ///
    /// # Errors
    /// What AWS answers.
    fn explain(_cloud: &Cloud, _live: &Self::Live) -> impl Future<Output = Result<Option<Explanation>>> + Send {
        std::future::ready(Ok(None))
    }
}

/// A kind that labform makes and deletes. A looked-up kind (the default VPC) doesn't implement it, so that no code can
/// delete one.
pub trait Managed: Resource {
    /// The AWS service whose objects they are: it reads and writes their tags.
    const SERVICE: Service;
    /// How one is replaced.
    const REPLACING: Replacing = Replacing::DeleteFirst;
    /// Whether what a live one links to can't or mustn't go before it (a service holds its roles; a task definition
    /// holds nothing).
    const HOLDS: bool = true;

    /// Whether one is an object of its own, with tags and with a delete of its own. One that isn't goes with the object
    /// that holds it, whose tags say whose it is: [`Resource::read`] gives it those.
    const STANDS_ALONE: bool = true;

    /// The service-linked role that AWS needs in the account before the first one can be made.
    const SERVICE_LINKED_ROLE: Option<ServiceLinkedRole> = None;

    /// What is done to a [`Replacing::Revision`] kind where it differs, in a few words.
    fn revision(&self) -> &'static str {
        "new revision"
    }

    /// Makes sure that one can be made, or that the difference to `live` can be closed, as far as that can be told before
    /// anything is changed: that a program is there which it takes, say.
    ///
    /// # Errors
    /// Why it can't.
    fn preflight(
        &self,
        _cloud: &Cloud,
        _live: Option<&Self::Live>,
        _others: &Others,
    ) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Lists every object of this kind that carries the lab's owner tag, without a spec and without the tag index.
    ///
    /// # Errors
    /// Where one can't be read.
    fn list(cloud: &Cloud, lab: &str) -> impl Future<Output = Result<Vec<Found<Self::Live>>>> + Send;

    /// Makes one, with its tags in the call that creates it, and gives what it learned.
    ///
    /// # Errors
    /// What AWS answers. What is done by then stays, and the next plan finds it by its tags.
    fn create(
        &self,
        cloud: &Cloud,
        target: &Target,
        others: &Others,
    ) -> impl Future<Output = Result<Self::Live>> + Send;

    /// Brings a live one to what `edit` wants. It bears being run twice.
    ///
    /// # Errors
    /// What AWS answers.
    fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &Self::Live,
        others: &Others,
        edit: &Edit,
    ) -> impl Future<Output = Result<Self::Live>> + Send;

    /// Deletes one. That it is gone already is a success. Needs no spec, so that it serves orphans.
    ///
    /// Whoever calls this repeats it where AWS's refusal passes, and makes sure each time that it is still the same
    /// object: in the meantime another may have taken its name.
    ///
    /// # Errors
    /// What AWS answers, with what holds it, or that it isn't gone in time.
    fn delete(cloud: &Cloud, live: &Self::Live, waiting: &Waiting) -> impl Future<Output = Result<()>> + Send;

    /// The ARN that tags are written to.
    fn arn(place: &Place, name: &str, live: &Self::Live) -> String;
}
