//! What deletes take along or meet besides the lab's own objects, told before the first step.

use futures::future::join_all;

use crate::cloud::{Cloud, ErrorKind};
use crate::live::Snapshot;
use crate::plan::{Action, Plan};
use crate::resource::When;
use crate::spec::Lab;

/// Returns `plan` with what stands in or beside the objects that it deletes or replaces and isn't the lab's. A
/// destroy by the lab's file gives its `lab`, which says what the file has made. What the caller may not read isn't told
/// of, and what can't be read is noted: neither keeps anybody from deleting.
pub async fn foresee(cloud: &Cloud, lab: Option<&Lab>, live: &Snapshot, mut plan: Plan) -> Plan {
    let direct = &cloud.with_direct_tags();
    let Plan { changes, notes, others, .. } = &mut plan;
    let name = &others.place.lab;
    let deletes = changes.iter_mut().filter(|change| change.action == Action::Delete || change.action.replaces());
    let reads = deletes.map(|change| async {
        let object = &live.objects[change.object?];
        let node = lab.and_then(|lab| lab.nodes.get(&change.address)).filter(|_| !object.stray);
        let managed = object.kind.managed()?;
        match managed.beside(direct, name, node.map(|node| &node.spec), &object.live, When::Planned).await {
            Ok(beside) => change.beside = beside,
            Err(error) if error.is_not_found() || error.kind() == ErrorKind::Denied => {}
            Err(error) => {
                let words = format!("what stands in it or beside it, and isn't the lab's, can't be read: {error}");
                return Some((change.address.clone(), words));
            }
        }
        None
    });
    let unread = join_all(reads).await;
    notes.extend(unread.into_iter().flatten());
    plan
}
