//! The one gate before every call that changes or deletes an object which exists already.
//!
//! The gate asks: is the object the lab's by its tags, read at the service that owns it and not long ago; is it still
//! the very same object; is its kind one that may be deleted.

use crate::cloud::{Cause, Cloud, CloudError, Owner};
use crate::live::{self, Evidence, Object};
use crate::resource::{AnyManaged, AnyWanted, Detail, Names, Observed, Replacing};
use crate::spec::Node;

/// Lets a change of `object` pass, or says why not; none if the object is gone. `node` is its resource in the spec.
///
/// # Errors
/// If the object can't be read, isn't the lab's, is another object by now, or may not be deleted.
pub(super) async fn pass<'a>(
    cloud: &Cloud,
    lab: &str,
    names: &Names,
    node: Option<&Node>,
    object: &'a Object,
) -> Result<Option<&'a dyn AnyManaged>, CloudError> {
    let Some(managed) = object.kind.managed() else {
        return Err(refuse(object, "labform only looks up objects of this kind"));
    };
    if object.evidence == Evidence::Direct && live::holds(cloud, object.read_at) {
        return check(object, lab, &object.tags).map(|()| Some(managed));
    }
    let anew = cloud.anew();
    let found = match node {
        Some(node) => {
            let wanted = AnyWanted {
                address: object.address.clone(),
                name: object.name.clone(),
                spec: node.spec.clone(),
                source: None,
                lab: lab.to_owned(),
                detail: Detail::Presence,
            };
            object.kind.read_tagged(&anew, &[wanted], names).await?
        }
        None => managed.list(&anew, lab).await?,
    };
    let mut has_another = false;
    for one in found {
        if let Observed::Present { live, tags } | Observed::Leaving { live, tags } = one.observed {
            let is_same = match managed.habits().replacing {
                // A family is the same with each new revision.
                Replacing::Revision => one.name == object.name,
                Replacing::DeleteFirst | Replacing::CreateFirst => {
                    object.kind.ids(&live).first() == object.kind.ids(&object.live).first()
                        && object.kind.incarnation(&live) == object.kind.incarnation(&object.live)
                }
            };
            if is_same {
                return check(object, lab, &tags).map(|()| Some(managed));
            }
            has_another |= one.name == object.name;
        }
    }
    if has_another { Err(refuse(object, "another object has its name now")) } else { Ok(None) }
}

fn check(object: &Object, lab: &str, tags: &crate::model::Tags) -> Result<(), CloudError> {
    match Owner::of(tags, object.kind.owner_kind(), lab) {
        Owner::Lab(_) => Ok(()),
        Owner::Other(whose) => Err(refuse(object, &whose)),
    }
}

fn refuse(object: &Object, why: &str) -> CloudError {
    CloudError::own(Cause::NotOurs, format!("`{}` is left alone: {why}", object.name))
}
