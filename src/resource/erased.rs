//! The one place where a kind's types are erased: everything above works on any kind.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{
    Checks, Explanation, Found, Grant, Managed, NameRule, Names, Observed, Others, Output, Place,
    Problem, Readiness, Replacing, Resource, ServiceLinkedRole, SpecRef, Target, Waiting, Wanted,
};
use crate::cloud::{Cloud, Result};
use crate::model::{Address, Diff};

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
    /// Reads a section of the spec.
    ///
    /// # Errors
    /// Where the value doesn't have the kind's shape.
    fn parse(&self, value: &Value) -> Result<AnySpec, PathError>;
    /// The JSON Schema of its section.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// See [`Resource::name`].
    fn name<'a>(&self, spec: &'a AnySpec) -> Option<&'a str>;
    /// See [`Resource::refs`].
    fn refs(&self, spec: &AnySpec) -> Vec<SpecRef>;
    /// See [`Resource::check`].
    fn check(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Problem>;
    /// See [`Resource::follows`].
    fn follows(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Address>;
    /// See [`Resource::obstacle`].
    fn obstacle(&self, spec: &AnySpec, others: &Others) -> Option<String>;
    /// See [`Resource::diff`].
    fn diff(&self, spec: &AnySpec, live: &AnyLive, others: &Others) -> Diff;
    /// See [`Resource::readiness`].
    fn readiness(&self, live: &AnyLive) -> Readiness;
    /// See [`Resource::setback`].
    fn setback(&self, before: &AnyLive, live: &AnyLive) -> Option<String>;
    /// See [`Resource::outputs`].
    fn outputs(&self, place: &Place, name: &str, live: Option<&AnyLive>) -> Vec<Output>;
    /// See [`Resource::ids`].
    fn ids(&self, live: &AnyLive) -> Vec<String>;
    /// See [`Resource::incarnation`].
    fn incarnation(&self, live: &AnyLive) -> String;
    /// See [`Resource::links`].
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
    /// See [`Resource::read`].
    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        wanted: &'a [AnyWanted],
        names: &'a Names,
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>>;
    /// See [`Resource::explain`].
    fn explain<'a>(
        &'a self,
        cloud: &'a Cloud,
        live: &'a AnyLive,
    ) -> BoxFuture<'a, Result<Option<Explanation>>>;
    /// The half that changes AWS; none for a kind that is only looked up.
    fn managed(&self) -> Option<&dyn AnyManaged>;
}

/// The half of a kind that changes AWS, with its types erased.
pub trait AnyManaged: fmt::Debug + Send + Sync {
    /// See [`Managed::REPLACING`].
    fn replacing(&self) -> Replacing;
    /// See [`Managed::HOLDS`].
    fn holds(&self) -> bool;
    /// See [`Managed::SERVICE_LINKED_ROLE`].
    fn service_linked_role(&self) -> Option<ServiceLinkedRole>;
    /// See [`Managed::is_current`].
    fn is_current(&self, spec: &AnySpec, live: &AnyLive) -> bool;
    /// See [`Managed::arn`].
    fn arn(&self, place: &Place, name: &str, live: &AnyLive) -> String;
    /// See [`Managed::list`].
    fn list<'a>(
        &'a self,
        cloud: &'a Cloud,
        lab: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>>;
    /// See [`Managed::create`].
    fn create<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        others: &'a Others,
    ) -> BoxFuture<'a, Result<AnyLive>>;
    /// See [`Managed::update`].
    fn update<'a>(
        &'a self,
        spec: &'a AnySpec,
        cloud: &'a Cloud,
        target: &'a Target,
        live: &'a AnyLive,
        others: &'a Others,
        diff: &'a Diff,
    ) -> BoxFuture<'a, Result<AnyLive>>;
    /// See [`Managed::delete`].
    fn delete<'a>(
        &'a self,
        cloud: &'a Cloud,
        live: &'a AnyLive,
        waiting: &'a Waiting,
    ) -> BoxFuture<'a, Result<()>>;
}

/// A managed kind, erased.
pub struct Kind<R>(PhantomData<fn() -> R>);

/// A kind that is only looked up, erased.
pub struct Lookup<R>(PhantomData<fn() -> R>);

impl<R> Kind<R> {
    /// The kind's one value.
    pub const NEW: Self = Self(PhantomData);
}

impl<R> Lookup<R> {
    /// The kind's one value.
    pub const NEW: Self = Self(PhantomData);
}

fn spec_of<R: Resource>(spec: &AnySpec) -> &R {
    spec.downcast_ref()
        .expect("a spec meets the kind that parsed it")
}

fn live_of<R: Resource>(live: &AnyLive) -> &R::Live {
    live.downcast_ref()
        .expect("a live object meets the kind that read it")
}

fn erase<L: Send + Sync + 'static>(found: Vec<Found<L>>) -> Vec<Found<AnyLive>> {
    let erased = found.into_iter().map(|one| Found {
        address: one.address,
        name: one.name,
        observed: match one.observed {
            Observed::Present { live, tags } => Observed::Present {
                live: Arc::new(live) as AnyLive,
                tags,
            },
            Observed::Leaving { live, tags } => Observed::Leaving {
                live: Arc::new(live) as AnyLive,
                tags,
            },
            Observed::Tombstone => Observed::Tombstone,
        },
    });
    erased.collect()
}

macro_rules! any_kind {
    ($erased:ident, $bound:ident, |$this:ident| $managed:expr) => {
        impl<R: $bound> fmt::Debug for $erased<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(R::KIND)
            }
        }

        impl<R: $bound> AnyKind for $erased<R> {
            fn kind(&self) -> &'static str {
                R::KIND
            }

            fn section(&self) -> &'static str {
                R::SECTION
            }

            fn name_rule(&self) -> NameRule {
                R::NAME
            }

            fn parse(&self, value: &Value) -> Result<AnySpec, PathError> {
                match serde_path_to_error::deserialize::<_, R>(value) {
                    Ok(spec) => Ok(Arc::new(spec)),
                    Err(error) => {
                        let path = error.path().to_string();
                        let path = if path == "." { String::new() } else { path };
                        Err(PathError {
                            path,
                            message: error.into_inner().to_string(),
                        })
                    }
                }
            }

            fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
                generator.subschema_for::<R>()
            }

            fn name<'a>(&self, spec: &'a AnySpec) -> Option<&'a str> {
                spec_of::<R>(spec).name()
            }

            fn refs(&self, spec: &AnySpec) -> Vec<SpecRef> {
                spec_of::<R>(spec).refs()
            }

            fn check(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Problem> {
                spec_of::<R>(spec).check(checks)
            }

            fn follows(&self, spec: &AnySpec, checks: &Checks<'_>) -> Vec<Address> {
                spec_of::<R>(spec).follows(checks)
            }

            fn obstacle(&self, spec: &AnySpec, others: &Others) -> Option<String> {
                spec_of::<R>(spec).obstacle(others)
            }

            fn diff(&self, spec: &AnySpec, live: &AnyLive, others: &Others) -> Diff {
                spec_of::<R>(spec).diff(live_of::<R>(live), others)
            }

            fn readiness(&self, live: &AnyLive) -> Readiness {
                R::readiness(live_of::<R>(live))
            }

            fn setback(&self, before: &AnyLive, live: &AnyLive) -> Option<String> {
                R::setback(live_of::<R>(before), live_of::<R>(live))
            }

            fn outputs(&self, place: &Place, name: &str, live: Option<&AnyLive>) -> Vec<Output> {
                R::outputs(place, name, live.map(live_of::<R>))
            }

            fn ids(&self, live: &AnyLive) -> Vec<String> {
                R::ids(live_of::<R>(live))
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

            fn grants(
                &self,
                spec: &AnySpec,
                name: &str,
                names: &Names,
                place: &Place,
            ) -> Vec<Grant> {
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
                        })
                        .collect();
                    Ok(erase(R::read(cloud, &wanted, names).await?))
                }
                .boxed()
            }

            fn explain<'a>(
                &'a self,
                cloud: &'a Cloud,
                live: &'a AnyLive,
            ) -> BoxFuture<'a, Result<Option<Explanation>>> {
                R::explain(cloud, live_of::<R>(live)).boxed()
            }

            fn managed(&self) -> Option<&dyn AnyManaged> {
                let $this = self;
                $managed
            }
        }
    };
}

any_kind!(Kind, Managed, |this| Some(this));
any_kind!(Lookup, Resource, |_this| None);

impl<R: Managed> AnyManaged for Kind<R> {
    fn replacing(&self) -> Replacing {
        R::REPLACING
    }

    fn holds(&self) -> bool {
        R::HOLDS
    }

    fn service_linked_role(&self) -> Option<ServiceLinkedRole> {
        R::SERVICE_LINKED_ROLE
    }

    fn is_current(&self, spec: &AnySpec, live: &AnyLive) -> bool {
        spec_of::<R>(spec).is_current(live_of::<R>(live))
    }

    fn arn(&self, place: &Place, name: &str, live: &AnyLive) -> String {
        R::arn(place, name, live_of::<R>(live))
    }

    fn list<'a>(
        &'a self,
        cloud: &'a Cloud,
        lab: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>>> {
        async move { Ok(erase(R::list(cloud, lab).await?)) }.boxed()
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
        diff: &'a Diff,
    ) -> BoxFuture<'a, Result<AnyLive>> {
        async move {
            let live = spec_of::<R>(spec)
                .update(cloud, target, live_of::<R>(live), others, diff)
                .await?;
            Ok(Arc::new(live) as AnyLive)
        }
        .boxed()
    }

    fn delete<'a>(
        &'a self,
        cloud: &'a Cloud,
        live: &'a AnyLive,
        waiting: &'a Waiting,
    ) -> BoxFuture<'a, Result<()>> {
        R::delete(cloud, live_of::<R>(live), waiting).boxed()
    }
}
