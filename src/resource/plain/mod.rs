//! Kinds that are declared: a simple kind says what is its own, and its verbs and IAM statements follow.
//!
//! Knows: how a service that speaks JSON is asked to make, read, change and delete objects with names and tags. Must not
//! know: any kind in particular.

mod ask;
mod calls;
mod grants;
mod verbs;

pub use calls::{Call, Calls, Case, Read, batch, call, each};

use std::future::{Future, ready};
use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::compare::{self, Field};
use super::{Checks, Content, Grant, NameRule, Others, Place, Problem, SpecRef};
use crate::cloud::{Cloud, Result};
use crate::model::Tags;

/// A kind that is declared. `Self` is its section of `lab.yaml`, in AWS's names: reading, listing, comparing, creating,
/// updating and deleting follow from its tables, as do the IAM statements for that.
pub trait Plain: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The kind's word in addresses and messages, as in `secret`.
    const KIND: &'static str;
    /// The kind's section of `lab.yaml`, as in `secrets`.
    const SECTION: &'static str;
    /// What a physical name must look like.
    const NAME: NameRule;
    /// What is compared, and what a change of it takes.
    const FIELDS: &'static [Field];
    /// How the service is asked.
    const CALLS: Calls;

    /// Returns the physical name that the spec gives, if it gives one.
    fn name(&self) -> Option<&str>;

    /// Returns the resources that the spec refers to.
    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    /// Returns what is wrong with the spec that its types can't say.
    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        Vec::new()
    }

    /// Returns what the spec needs of this machine, below the lab's `folder`, and isn't there.
    fn missing(&self, _folder: &Path) -> Option<Problem> {
        None
    }

    /// Returns the fields that AWS is to have. A field of labform's own is `#[serde(skip_serializing)]`; one that refers
    /// to another resource is filled in here.
    fn wanted(&self, _others: &Others) -> Value {
        compare::document(self)
    }

    /// Whether an object is there, by what AWS says of it.
    fn presence(_document: &Map<String, Value>) -> Presence {
        Presence::There
    }

    /// Returns what a destroy does with what an object holds, as the spec says.
    fn on_destroy(&self) -> Content {
        Content::Keep
    }

    /// Returns what the call that deletes an object says beside which one it is.
    fn deletion(_content: Content) -> Map<String, Value> {
        Map::new()
    }

    /// Returns what IAM has to allow beside what follows from the calls.
    fn more_grants(&self, _place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    /// Looks closer at a live object of the spec, and notes in its document what the reading calls don't say.
    ///
    /// # Errors
    /// What AWS answers.
    fn look(&self, _cloud: &Cloud, _document: &mut Map<String, Value>) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Completes what is sent to make an object, or to change the live one.
    ///
    /// # Errors
    /// Why it can't be completed.
    fn complete(
        &self,
        _cloud: &Cloud,
        _live: Option<&PlainLive>,
        _sending: &mut Sending,
    ) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }
}

/// What is about to be sent to make or to change an object. It may hold secrets, so that it has no `Debug`.
pub struct Sending {
    /// The members of the call, in the service's spelling.
    pub members: Map<String, Value>,
    /// Tags: those of an object that is to be made; those to be written before an object is changed.
    pub tags: Tags,
}

/// Whether an object that AWS describes is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The object is there.
    There,
    /// The object's deletion is scheduled: its name is taken until then, and it can be brought back.
    Recoverable,
}

/// What AWS says of an object of a declared kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlainLive {
    /// The object's name.
    pub name: String,
    /// The object's ARN.
    pub arn: String,
    /// All that AWS says, in the service's spelling.
    pub document: Map<String, Value>,
}
