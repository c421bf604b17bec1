//! The half of a kind that looks objects up which aren't the lab's, with its types erased.

use std::marker::PhantomData;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::cloud::{Cloud, Result};
use crate::model::Address;
use crate::resource::any::{live_of, spec_of};
use crate::resource::{AnyLive, AnyLookup, AnySpec, Existing, Findable, LookedUp};

/// The half of a kind that looks objects up.
pub(super) struct Lookup<R>(pub(super) PhantomData<fn() -> R>);

impl<R: Findable> AnyLookup for Lookup<R> {
    fn named(&self, text: &str) -> Option<AnySpec> {
        Some(Arc::new(Existing::<R>::named(text)?))
    }

    fn name(&self, spec: &AnySpec) -> Option<String> {
        spec_of::<Existing<R>>(spec).name()
    }

    fn links(&self, live: &AnyLive) -> Vec<String> {
        R::links(live_of::<R>(live))
    }

    fn look_up<'a>(
        &'a self,
        cloud: &'a Cloud,
        wanted: &'a [(Address, AnySpec)],
    ) -> BoxFuture<'a, Result<Vec<LookedUp<AnyLive>>>> {
        async move {
            let wanted: Vec<_> = wanted.iter().map(|(address, spec)| (address, spec_of::<Existing<R>>(spec))).collect();
            Ok(Existing::<R>::look_up(cloud, &wanted).await?.into_iter().map(LookedUp::erased).collect())
        }
        .boxed()
    }
}
