//! The taking over of an object that nobody owns: the lab's owner tags are put on it.

use crate::cloud::{Cause, Cloud, CloudError, LAB_TAG, Owner, RESOURCE_TAG, Result};
use crate::live::{self, Evidence, Object};
use crate::model::Tags;
use crate::spec::{Lab, Node};

/// Makes `object`, which is the live one of `node`, the lab's. It is read once more before: by then somebody else may own
/// it, or another may have its name.
///
/// # Errors
/// If it isn't nobody's any more, or AWS refuses.
pub async fn adopt(cloud: &Cloud, lab: &Lab, node: &Node, object: &Object) -> Result<()> {
    let Some(managed) = object.kind.managed() else {
        return Err(refused(object, "labform only looks up objects of this kind"));
    };
    let now = found(cloud, lab, node).await?;
    let is_same = |now: &Object| {
        let (kind, then) = (object.kind, &object.live);
        kind.ids(&now.live).first() == kind.ids(then).first() && kind.incarnation(&now.live) == kind.incarnation(then)
    };
    let Some(now) = now.filter(is_same) else {
        return Err(refused(object, "it isn't the object any more that was shown"));
    };
    if !now.is_nobodys(&lab.place.lab) {
        return Err(refused(object, "it has an owner by now"));
    }
    let arn = managed.arn(&lab.place, &object.name, &object.live);
    let tags = [(LAB_TAG, lab.place.lab.clone()), (RESOURCE_TAG, node.address.to_string())];
    let tags: Tags = tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    cloud.write_tags(managed.service(), &arn, &tags).await?;
    let owner = found(cloud, lab, node).await?.map(|now| now.owner(&lab.place.lab));
    match owner {
        Some(Owner::Lab(_)) => Ok(()),
        Some(Owner::Other(whose)) => Err(refused(object, &format!("it was tagged, and still {whose}"))),
        None => Err(refused(object, "it was tagged, and is gone")),
    }
}

/// The live object under the name of `node`, read at the service that owns it.
async fn found(cloud: &Cloud, lab: &Lab, node: &Node) -> Result<Option<Object>> {
    let anew = cloud.anew();
    let found = live::named(&anew, &lab.place.lab, &[node], &lab.names(), Evidence::Direct).await;
    let found = found.map_err(|error| CloudError::own(Cause::Incomplete, error.to_string()))?;
    Ok(found.into_iter().find(|object| object.name == node.name && !object.leaving))
}

fn refused(object: &Object, why: &str) -> CloudError {
    CloudError::own(Cause::NotOurs, format!("`{}` is left alone: {why}", object.name))
}
