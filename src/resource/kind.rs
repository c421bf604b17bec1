//! The one place where a kind's types are erased.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{
    AnyKind, AnyLive, AnyManaged, AnySpec, AnyWanted, Checks, Edit, Explanation, Field, FieldPath, Found, Grant,
    Managed, NameRule, Names, Observed, Others, Output, PathError, Place, Problem, Readiness, Replacing, Resource,
    ServiceLinkedRole, SpecRef, Target, Waiting, Wanted, Within,
};
use crate::cloud::{Cloud, Result, Service};
use crate::model::Address;

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
    spec.downcast_ref().expect("a spec meets the kind that parsed it")
}

fn live_of<R: Resource>(live: &AnyLive) -> &R::Live {
    live.downcast_ref().expect("a live object meets the kind that read it")
}

fn erase<L: Send + Sync + 'static>(found: Vec<Found<L>>) -> Vec<Found<AnyLive>> {
    let erased = found.into_iter().map(|one| Found {
        address: one.address,
        name: one.name,
        observed: match one.observed {
            Observed::Present { live, tags } => Observed::Present { live: Arc::new(live) as AnyLive, tags },
            Observed::Leaving { live, tags } => Observed::Leaving { live: Arc::new(live) as AnyLive, tags },
            Observed::Recoverable { live, tags } => Observed::Recoverable { live: Arc::new(live) as AnyLive, tags },
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

            fn within(&self) -> Option<Within> {
                R::WITHIN
            }

            fn found(&self) -> Option<&'static str> {
                R::FOUND
            }

            fn parse(&self, value: &Value) -> Result<AnySpec, PathError> {
                match serde_path_to_error::deserialize::<_, R>(value) {
                    Ok(spec) => Ok(Arc::new(spec)),
                    Err(error) => {
                        let path = error.path().to_string();
                        let path = if path == "." { String::new() } else { path };
                        Err(PathError { path, message: error.into_inner().to_string() })
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

            fn missing(&self, spec: &AnySpec, folder: &Path) -> Option<Problem> {
                spec_of::<R>(spec).missing(folder)
            }

            fn obstacle(&self, spec: &AnySpec, others: &Others) -> Option<String> {
                spec_of::<R>(spec).obstacle(others)
            }

            fn fields(&self) -> &'static [Field] {
                R::FIELDS
            }

            fn edit(&self, spec: &AnySpec, live: &AnyLive, others: &Others, ignored: &[FieldPath]) -> Edit {
                spec_of::<R>(spec).edit(live_of::<R>(live), others, ignored)
            }

            fn readiness(&self, live: &AnyLive) -> Readiness {
                R::readiness(live_of::<R>(live))
            }

            fn summary(&self, live: &AnyLive) -> Option<String> {
                R::summary(live_of::<R>(live))
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
                        .map(|one| Wanted { address: &one.address, name: &one.name, spec: spec_of::<R>(&one.spec) })
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
    fn service(&self) -> Service {
        R::SERVICE
    }

    fn replacing(&self) -> Replacing {
        R::REPLACING
    }

    fn holds(&self) -> bool {
        R::HOLDS
    }

    fn stands_alone(&self) -> bool {
        R::STANDS_ALONE
    }

    fn service_linked_role(&self) -> Option<ServiceLinkedRole> {
        R::SERVICE_LINKED_ROLE
    }

    fn revision(&self, spec: &AnySpec) -> &'static str {
        spec_of::<R>(spec).revision()
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
        edit: &'a Edit,
    ) -> BoxFuture<'a, Result<AnyLive>> {
        async move {
            let live = spec_of::<R>(spec).update(cloud, target, live_of::<R>(live), others, edit).await?;
            Ok(Arc::new(live) as AnyLive)
        }
        .boxed()
    }

    fn delete<'a>(&'a self, cloud: &'a Cloud, live: &'a AnyLive, waiting: &'a Waiting) -> BoxFuture<'a, Result<()>> {
        R::delete(cloud, live_of::<R>(live), waiting).boxed()
    }
}
