//! A spec and a live object whose kind is known at run time only.

use std::any::Any;
use std::sync::Arc;

use super::Resource;

/// A resource's section of the spec, of some kind.
pub type AnySpec = Arc<dyn Any + Send + Sync>;
/// AWS's description of an object, of some kind.
pub type AnyLive = Arc<dyn Any + Send + Sync>;

/// The spec `spec` as one of the kind `R`, if it is.
pub fn as_spec<R: Resource>(spec: &AnySpec) -> Option<&R> {
    spec.downcast_ref()
}

/// The live object `live` as one of the kind `R`, if it is.
pub fn as_live<R: Resource>(live: &AnyLive) -> Option<&R::Live> {
    live.downcast_ref()
}

/// Returns what its own kind parsed.
pub(super) fn spec_of<R: Resource>(spec: &AnySpec) -> &R {
    as_spec(spec).expect("a spec meets the kind that parsed it")
}

/// Returns what its own kind read.
pub(super) fn live_of<R: Resource>(live: &AnyLive) -> &R::Live {
    as_live::<R>(live).expect("a live object meets the kind that read it")
}
