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
