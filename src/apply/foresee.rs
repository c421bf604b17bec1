//! What a destroy takes along or meets besides the lab's own objects, told before its first step.

use futures::future::join_all;

use crate::cloud::{Cloud, ErrorKind};
use crate::error::Error;
use crate::live::Snapshot;
use crate::plan::{Action, Plan};
use crate::spec::Lab;

/// Finds what stands in or beside the objects that `plan` deletes and isn't the lab's, and notes it there. What the
/// caller may not read isn't told of.
///
/// # Errors
/// If something can't be read for another reason.
pub async fn foresee(cloud: &Cloud, lab: Option<&Lab>, live: &Snapshot, plan: &mut Plan) -> Result<(), Error> {
    let direct = &cloud.with_direct_tags();
    let name = &plan.others.place.lab;
    let deletes = plan.changes.iter_mut().filter(|change| change.action == Action::Delete);
    let reads = deletes.map(|change| async {
        let Some(object) = change.object.map(|index| &live.objects[index]) else { return Ok(()) };
        let Some(managed) = object.kind.managed() else { return Ok(()) };
        let node = lab.and_then(|lab| lab.nodes.get(&change.address)).filter(|_| !object.stray);
        match managed.beside(direct, name, node.map(|node| &node.spec), &object.live).await {
            Ok(beside) => change.beside = beside,
            Err(error) if error.is_not_found() || error.kind() == ErrorKind::Denied => {}
            Err(error) => return Err(error.about(&change.address).into()),
        }
        Ok(())
    });
    join_all(reads).await.into_iter().collect()
}
