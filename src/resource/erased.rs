//! What a kind can do with its types erased: everything above works on any kind.

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{
    Checks, Edit, Explanation, Field, FieldPath, Found, Grant, NameRule, Names, Others, Output, Place, Problem,
    Readiness, Replacing, ServiceLinkedRole, SpecRef, Target, Waiting, Within,
};
use crate::cloud::{Cloud, Result, Service};
use crate::model::Address;

/// A resource's section of the spec, of some kind.
pub type AnySpec = Arc<dyn Any + Send + Sync>;
/// What AWS says of an object, of some kind.
pub type AnyLive = Arc<dyn Any + Send + Sync>;

/// What to look for, of some kind.
#[derive(Clone, Debug)]
pub struct AnyWanted {
    /// Its address.
    pub address: Address,
    /// Its physical name.
    pub name: String,
    /// Its section of the spec.
    pub spec: AnySpec,
}

/// Where and why a section of the spec doesn't have its kind's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The path to the value, or to the field that isn't known.
    pub path: String,
    /// serde's words.
    pub message: String,
}

/// A kind whose types are erased. `spec` and `live` must come from the same kind.
pub trait AnyKind: fmt::Debug + Send + Sync {
    /// Its word in addresses.
    fn kind(&self) -> &'static str;
    /// Its section of `lab.yaml`.
    fn section(&self) -> &'static str;
    /// What its physical names must look like.
    fn name_rule(&self) -> NameRule;
    /// See [`Resource::WITHIN`](super::Resource::WITHIN).
    fn within(&self) -> Option<Within>;
    /// See [`Resource::FOUND`](super::Resource::FOUND).
    fn found(&self) -> Option<&'static str>;
    /// Reads a section of the spec.
    ///
    /// # Errors
    /// Where the value doesn't have the kind's shape.
    fn parse(&self, value: &Value) -> Result<AnySpec, PathError>;
    /// The JSON Schema of its section.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// See [`Resource::name`](super::Resource::name).
    fn name<'a>(&self, spec: &'a AnySpec) -> Option<&'a str>;
    /// See [`Resource::refs`](super::Resource::refs).
    fn refs(&self, spec: &AnySpec) -> Vec<SpecRef>;
    /// See [`Resource::check`](super::Resource::check).
    fn check(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Problem>;
    /// See [`Resource::follows`](super::Resource::follows).
    fn follows(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Address>;
    /// See [`Resource::missing`](super::Resource::missing).
    fn missing(&self, spec: &AnySpec, folder: &Path) -> Option<Problem>;
    /// See [`Resource::obstacle`](super::Resource::obstacle).
    fn obstacle(&self, spec: &AnySpec, others: &Others) -> Option<String>;
    /// See [`Resource::FIELDS`](super::Resource::FIELDS).
    fn fields(&self) -> &'static [Field];
    /// What is wanted of a live object, and what differs: see [`Resource::diff`](super::Resource::diff). The live values of
    /// the fields that are `ignored` are wanted as they are.
    fn edit(&self, spec: &AnySpec, live: &AnyLive, others: &Others, ignored: &[FieldPath]) -> Edit;
    /// See [`Resource::readiness`](super::Resource::readiness).
    fn readiness(&self, live: &AnyLive) -> Readiness;
    /// See [`Resource::summary`](super::Resource::summary).
    fn summary(&self, live: &AnyLive) -> Option<String>;
    /// See [`Resource::setback`](super::Resource::setback).
    fn setback(&self, before: &AnyLive, live: &AnyLive) -> Option<String>;
    /// See [`Resource::outputs`](super::Resource::outputs).
    fn outputs(&self, place: &Place, name: &str, live: Option<&AnyLive>) -> Vec<Output>;
    /// See [`Resource::ids`](super::Resource::ids).
    fn ids(&self, live: &AnyLive) -> Vec<String>;
    /// See [`Resource::incarnation`](super::Resource::incarnation).
    fn incarnation(&self, live: &AnyLive) -> String;
    /// See [`Resource::links`](super::Resource::links).
    fn links(&self, live: &AnyLive) -> Vec<String>;
    /// See [`Granted::listing`](super::Granted::listing).
    fn listing(&self, place: &Place) -> Vec<Grant>;
    /// See [`Granted::grants`](super::Granted::grants).
    fn grants(&self, spec: &AnySpec, name: &str, names: &Names, place: &Place) -> Vec<Grant>;
    /// What AWS says of an object, as a document.
    fn live_to_json(&self, live: &AnyLive) -> Value;
    /// The same back from a document (a recorded live state).
    ///
    /// # Errors
    /// Where the document isn't one of this kind.
    fn live_from_json(&self, value: Value) -> Result<AnyLive, serde_json::Error>;
    /// See [`Resource::read`](super::Resource::read).
    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        wanted: &'a [AnyWanted],
        names: &'a Names,
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>>;
    /// See [`Resource::explain`](super::Resource::explain).
    fn explain<'a>(&'a self, cloud: &'a Cloud, live: &'a AnyLive) -> BoxFuture<'a, Result<Option<Explanation>>>;
    /// The half that changes AWS; none for a kind that is only looked up.
    fn managed(&self) -> Option<&dyn AnyManaged>;
}

/// The half of a kind that changes AWS, with its types erased.
pub trait AnyManaged: fmt::Debug + Send + Sync {
    /// See [`Managed::SERVICE`](super::Managed::SERVICE).
    fn service(&self) -> Service;
    /// See [`Managed::REPLACING`](super::Managed::REPLACING).
    fn replacing(&self) -> Replacing;
    /// See [`Managed::HOLDS`](super::Managed::HOLDS).
    fn holds(&self) -> bool;
    /// See [`Managed::STANDS_ALONE`](super::Managed::STANDS_ALONE).
    fn stands_alone(&self) -> bool;
    /// See [`Managed::SERVICE_LINKED_ROLE`](super::Managed::SERVICE_LINKED_ROLE).
    fn service_linked_role(&self) -> Option<ServiceLinkedRole>;
    /// See [`Managed::revision`](super::Managed::revision).
    fn revision(&self, spec: &AnySpec) -> &'static str;
    /// See [`Managed::arn`](super::Managed::arn).
    fn arn(&self, place: &Place, name: &str, live: &AnyLive) -> String;
    /// See [`Managed::preflight`](super::Managed::preflight).
    fn preflight<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        live: Option<&'a AnyLive>,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<()>>;
    /// See [`Managed::list`](super::Managed::list).
    fn list<'a>(&'a self, cloud: &'a Cloud, lab: &'a str) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>>;
    /// See [`Managed::create`](super::Managed::create).
    fn create<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<AnyLive>>;
    /// See [`Managed::update`](super::Managed::update).
    fn update<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        live: &'a AnyLive,
        others: &'a Others,
        edit: &'a Edit,
    ) -> BoxFuture<'a, Result<AnyLive>>;
    /// See [`Managed::delete`](super::Managed::delete).
    fn delete<'a>(&'a self, cloud: &'a Cloud, live: &'a AnyLive, waiting: &'a Waiting) -> BoxFuture<'a, Result<()>>;
}
