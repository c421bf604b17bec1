//! The one place where a kind's types are erased.

mod lookup;

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::any::{live_of, spec_of};
use super::{
    AnyKind, AnyLive, AnyLookup, AnyManaged, AnySpec, AnyWanted, Beside, CallRules, Checks, Content, Edit, Existing,
    Explanation, Field, FieldPath, Findable, Found, Grant, Habits, Home, Made, Managed, NameRule, Names, Others,
    Output, Pasted, PathError, Place, Problem, Readiness, Resource, Sourced, SpecRef, Target, UsageContext, Waiting,
    Wanted, When,
};
use crate::cloud::{Cloud, Result, Service};
use crate::model::{Address, Usage};
use lookup::Lookup;

/// A kind, for the table of all kinds.
pub struct Kind<R> {
    managed: Option<&'static dyn AnyManaged>,
    lookup: Option<&'static dyn AnyLookup>,
    of: PhantomData<fn() -> R>,
}

impl<R: Managed> Kind<R> {
    /// A kind that labform makes and deletes.
    pub const NEW: Self = Self { managed: Some(&Verbs::<R>(PhantomData)), lookup: None, of: PhantomData };
}

impl<R: Resource> Kind<R> {
    /// A kind of the lab's that is only read.
    pub const READ_ONLY: Self = Self { managed: None, lookup: None, of: PhantomData };
}

impl<R: Findable> Kind<Existing<R>> {
    /// A kind whose objects are looked up, and aren't the lab's.
    pub const LOOKED_UP: Self = Self { managed: None, lookup: Some(&Lookup::<R>(PhantomData)), of: PhantomData };
}

/// The half of a kind that changes AWS.
struct Verbs<R>(PhantomData<fn() -> R>);

impl<R: Resource> fmt::Debug for Kind<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(R::KIND)
    }
}

impl<R: Resource> AnyKind for Kind<R> {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn section(&self) -> &'static str {
        R::SECTION
    }

    fn name_rule(&self) -> NameRule {
        R::NAME
    }

    fn rules(&self) -> CallRules {
        R::RULES
    }

    fn parse(&self, value: &Value) -> Result<AnySpec, PathError> {
        Ok(Arc::new(R::parse(value)?))
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<R>()
    }

    fn usage(&self, context: &UsageContext<'_>, document: &Value) -> Usage {
        R::usage(context, document)
    }

    fn document(&self, live: &AnyLive) -> Value {
        R::document(live_of::<R>(live))
    }

    fn place_in(&self, section: &mut Value, home: &Home) {
        R::place_in(section, home);
    }

    fn makes(&self, name: &str, section: &Value, region: &str) -> Vec<Made> {
        R::makes(name, section, region)
    }

    fn refs(&self, spec: &AnySpec) -> Vec<SpecRef> {
        spec_of::<R>(spec).refs()
    }

    fn lacks(&self, spec: &AnySpec, folder: &Path) -> Option<Problem> {
        spec_of::<R>(spec).lacks(folder)
    }

    fn check(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Problem> {
        spec_of::<R>(spec).check(checks)
    }

    fn follows(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Address> {
        spec_of::<R>(spec).follows(checks)
    }

    fn sourced<'a>(&self, spec: &'a AnySpec) -> Option<&'a dyn Sourced> {
        spec_of::<R>(spec).sourced()
    }

    fn obstacle(&self, spec: &AnySpec, others: &Others) -> Option<String> {
        spec_of::<R>(spec).obstacle(others)
    }

    fn fields(&self) -> &'static [Field] {
        R::FIELDS
    }

    fn pasted(&self) -> &'static Pasted {
        const { &R::PASTED }
    }

    fn edit(&self, spec: &AnySpec, live: &AnyLive, others: &Others, ignored: &[FieldPath]) -> Edit {
        spec_of::<R>(spec).edit(live_of::<R>(live), others, ignored)
    }

    fn aside(&self, spec: &AnySpec, live: &AnyLive, others: &Others) -> Option<String> {
        spec_of::<R>(spec).aside(live_of::<R>(live), others)
    }

    fn readiness(&self, live: &AnyLive, begun: Option<&AnyLive>) -> Readiness {
        R::readiness(live_of::<R>(live), begun.map(live_of::<R>))
    }

    fn outputs(&self, place: &Place, name: &str, live: Option<&AnyLive>) -> Vec<Output> {
        R::outputs(place, name, live.map(live_of::<R>))
    }

    fn ids(&self, live: &AnyLive) -> Vec<String> {
        R::ids(live_of::<R>(live))
    }

    fn drift(&self, live: &AnyLive) -> Option<String> {
        R::drift(live_of::<R>(live))
    }

    fn incarnation(&self, live: &AnyLive) -> String {
        R::incarnation(live_of::<R>(live))
    }

    fn links(&self, live: &AnyLive) -> Vec<String> {
        R::links(live_of::<R>(live))
    }

    fn listing(&self, place: &Place) -> Vec<Grant> {
        R::listing(place)
    }

    fn grants(&self, spec: &AnySpec, name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        spec_of::<R>(spec).grants(name, names, place)
    }

    fn live_to_json(&self, live: &AnyLive) -> Value {
        serde_json::to_value(live_of::<R>(live)).expect("a live object has string keys")
    }

    fn live_from_json(&self, value: Value) -> Result<AnyLive, serde_json::Error> {
        Ok(Arc::new(serde_json::from_value::<R::Live>(value)?))
    }

    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        wanted: &'a [AnyWanted],
        names: &'a Names,
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>> {
        async move {
            let wanted: Vec<Wanted<'_, R>> = wanted
                .iter()
                .map(|one| Wanted {
                    address: &one.address,
                    name: &one.name,
                    spec: spec_of::<R>(&one.spec),
                    source: one.source.as_deref(),
                    lab: &one.lab,
                    detail: one.detail,
                })
                .collect();
            Ok(R::read(cloud, &wanted, names).await?.into_iter().map(Found::erased).collect())
        }
        .boxed()
    }

    fn explain<'a>(&'a self, cloud: &'a Cloud, live: &'a AnyLive) -> BoxFuture<'a, Result<Option<Explanation>>> {
        R::explain(cloud, live_of::<R>(live)).boxed()
    }

    fn managed(&self) -> Option<&'static dyn AnyManaged> {
        self.managed
    }

    fn lookup(&self) -> Option<&'static dyn AnyLookup> {
        self.lookup
    }
}

impl<R: Managed> fmt::Debug for Verbs<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(R::KIND)
    }
}

impl<R: Managed> AnyManaged for Verbs<R> {
    fn service(&self) -> Service {
        R::SERVICE
    }

    fn habits(&self) -> &'static Habits {
        &R::HABITS
    }

    fn on_destroy(&self, spec: &AnySpec) -> Content {
        spec_of::<R>(spec).on_destroy()
    }

    fn arn(&self, place: &Place, name: &str, live: &AnyLive) -> String {
        R::arn(place, name, live_of::<R>(live))
    }

    fn preflight<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        live: Option<&'a AnyLive>,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<()>> {
        spec_of::<R>(spec).preflight(cloud, live.map(live_of::<R>), others).boxed()
    }

    fn list<'a>(&'a self, cloud: &'a Cloud, lab: &'a str) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>> {
        async move { Ok(R::list(cloud, lab).await?.into_iter().map(Found::erased).collect()) }.boxed()
    }

    fn create<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<AnyLive>> {
        async move { Ok(Arc::new(spec_of::<R>(spec).create(cloud, target, others).await?) as AnyLive) }.boxed()
    }

    fn update<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        live: &'a AnyLive,
        others: &'a Others,
        edit: &'a Edit,
    ) -> BoxFuture<'a, Result<AnyLive>> {
        async move {
            let live = spec_of::<R>(spec).update(cloud, target, live_of::<R>(live), others, edit).await?;
            Ok(Arc::new(live) as AnyLive)
        }
        .boxed()
    }

    fn unadoptable(&self, place: &Place, live: &AnyLive) -> Option<String> {
        R::unadoptable(place, live_of::<R>(live))
    }

    fn beside<'a>(
        &'a self,
        cloud: &'a Cloud,
        lab: &'a str,
        spec: Option<&'a AnySpec>,
        live: &'a AnyLive,
        when: When,
    ) -> BoxFuture<'a, Result<Vec<Beside>>> {
        R::beside(cloud, lab, spec.map(spec_of::<R>), live_of::<R>(live), when).boxed()
    }

    fn delete<'a>(
        &'a self,
        cloud: &'a Cloud,
        live: &'a AnyLive,
        content: Content,
        waiting: &'a Waiting,
    ) -> BoxFuture<'a, Result<()>> {
        R::delete(cloud, live_of::<R>(live), content, waiting).boxed()
    }
}
