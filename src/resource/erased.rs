//! A kind with its types erased: everything above works on any kind.

use std::fmt;
use std::path::Path;

use futures::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{
    AnyLive, AnySpec, Beside, CallRules, Checks, Content, Detail, Edit, Explanation, Field, FieldPath, Found, Grant,
    Habits, Home, LookedUp, Made, NameRule, Names, Others, Output, Pasted, PathError, Place, Problem, Readiness,
    Sourced, SpecRef, Target, UsageContext, Waiting, When,
};
use crate::cloud::{Cloud, Result, Service};
use crate::model::{Address, Usage};

/// A resource to look for, of some kind.
#[derive(Clone, Debug)]
pub struct AnyWanted {
    /// The address of the resource.
    pub address: Address,
    /// The resource's physical name.
    pub name: String,
    /// The resource's section of the spec.
    pub spec: AnySpec,
    /// The digest of what the resource was found to be made from.
    pub source: Option<String>,
    /// The name of the resource's lab.
    pub lab: String,
    /// What is asked for of the object.
    pub detail: Detail,
}

/// A kind whose types are erased. `spec` and `live` must come from the same kind.
#[expect(missing_docs, reason = "an item without a doc is that of `Resource` or `Granted` which has its name")]
pub trait AnyKind: fmt::Debug + Send + Sync {
    fn kind(&self) -> &'static str;
    fn section(&self) -> &'static str;
    fn name_rule(&self) -> NameRule;
    fn rules(&self) -> CallRules;
    /// Reads a section of the spec.
    ///
    /// # Errors
    /// If the value doesn't have the kind's shape.
    fn parse(&self, value: &Value) -> Result<AnySpec, PathError>;
    /// The JSON Schema of the kind's section.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    fn usage(&self, context: &UsageContext<'_>, document: &Value) -> Usage;
    fn document(&self, live: &AnyLive) -> Value;
    fn place_in(&self, section: &mut Value, home: &Home);
    fn makes(&self, name: &str, section: &Value, region: &str) -> Vec<Made>;
    fn refs(&self, spec: &AnySpec) -> Vec<SpecRef>;
    fn check(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Problem>;
    fn follows(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Address>;
    fn sourced<'a>(&self, spec: &'a AnySpec) -> Option<&'a dyn Sourced>;
    fn lacks(&self, spec: &AnySpec, folder: &Path) -> Option<Problem>;
    fn obstacle(&self, spec: &AnySpec, others: &Others) -> Option<String>;
    fn fields(&self) -> &'static [Field];
    fn pasted(&self) -> &'static Pasted;
    fn edit(&self, spec: &AnySpec, live: &AnyLive, others: &Others, ignored: &[FieldPath]) -> Edit;
    fn aside(&self, spec: &AnySpec, live: &AnyLive, others: &Others) -> Option<String>;
    fn readiness(&self, live: &AnyLive, begun: Option<&AnyLive>) -> Readiness;
    fn outputs(&self, place: &Place, name: &str, live: Option<&AnyLive>) -> Vec<Output>;
    fn ids(&self, live: &AnyLive) -> Vec<String>;
    fn drift(&self, live: &AnyLive) -> Option<String>;
    fn incarnation(&self, live: &AnyLive) -> String;
    fn links(&self, live: &AnyLive) -> Vec<String>;
    fn listing(&self, place: &Place) -> Vec<Grant>;
    fn grants(&self, spec: &AnySpec, name: &str, names: &Names, place: &Place) -> Vec<Grant>;
    /// AWS's description of an object, as a document.
    fn live_to_json(&self, live: &AnyLive) -> Value;
    /// The same description back from a document (a recorded live state).
    ///
    /// # Errors
    /// If the document isn't one of this kind.
    fn live_from_json(&self, value: Value) -> Result<AnyLive, serde_json::Error>;
    /// Reads objects. Some may lack tags yet: [`with_tags`](super::with_tags) asks for those.
    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        wanted: &'a [AnyWanted],
        names: &'a Names,
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>>;
    fn explain<'a>(&'a self, cloud: &'a Cloud, live: &'a AnyLive) -> BoxFuture<'a, Result<Option<Explanation>>>;
    /// The half that changes AWS; none for a kind that is only looked up.
    fn managed(&self) -> Option<&'static dyn AnyManaged>;
    /// The half that looks objects up which aren't the lab's; none for a kind of the lab's own.
    fn lookup(&self) -> Option<&'static dyn AnyLookup>;
}

/// The half of a kind that looks objects up, with its types erased.
#[expect(missing_docs, reason = "an item without a doc is that of `Existing` which has its name")]
pub trait AnyLookup: Send + Sync {
    fn named(&self, text: &str) -> Option<AnySpec>;
    fn name(&self, spec: &AnySpec) -> Option<String>;
    /// The ids and ARNs of what a live object uses, its VPC's among them.
    fn links(&self, live: &AnyLive) -> Vec<String>;
    /// Looks objects up, all in as few calls as AWS allows.
    fn look_up<'a>(
        &'a self,
        cloud: &'a Cloud,
        wanted: &'a [(Address, AnySpec)],
    ) -> BoxFuture<'a, Result<Vec<LookedUp<AnyLive>>>>;
}

impl dyn AnyKind {
    /// The kind that the owner tag of an object names: that of the object which it stands in, if it has no tags.
    pub fn owner_kind(&self) -> &'static str {
        let within = self.managed().and_then(|managed| managed.habits().within);
        within.map_or_else(|| self.kind(), |within| within.kind)
    }

    /// Returns whether the kind's objects are made and deleted by themselves, neither only looked up nor along with what
    /// holds them.
    pub fn stands_alone(&self) -> bool {
        self.managed().is_some_and(|managed| managed.habits().stands_alone())
    }
}

/// The half of a kind that changes AWS, with its types erased.
#[expect(missing_docs, reason = "each item is that of `Managed` which has its name")]
pub trait AnyManaged: fmt::Debug + Send + Sync {
    fn service(&self) -> Service;
    fn habits(&self) -> &'static Habits;
    fn on_destroy(&self, spec: &AnySpec) -> Content;
    fn arn(&self, place: &Place, name: &str, live: &AnyLive) -> String;
    fn preflight<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        live: Option<&'a AnyLive>,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<()>>;
    fn list<'a>(&'a self, cloud: &'a Cloud, lab: &'a str) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>>;
    fn create<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<AnyLive>>;
    fn update<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        live: &'a AnyLive,
        others: &'a Others,
        edit: &'a Edit,
    ) -> BoxFuture<'a, Result<AnyLive>>;
    fn unadoptable(&self, place: &Place, live: &AnyLive) -> Option<String>;
    fn beside<'a>(
        &'a self,
        cloud: &'a Cloud,
        lab: &'a str,
        spec: Option<&'a AnySpec>,
        live: &'a AnyLive,
        when: When,
    ) -> BoxFuture<'a, Result<Vec<Beside>>>;
    fn delete<'a>(
        &'a self,
        cloud: &'a Cloud,
        live: &'a AnyLive,
        content: Content,
        waiting: &'a Waiting,
    ) -> BoxFuture<'a, Result<()>>;
}
