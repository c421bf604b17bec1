//! The data of a file system, and the deletion of one that has none, or whose owner lets it go.
//!
//! AWS tells of a file system's size with a delay of hours, and deletes one that is full as gladly as an empty one
//! (DeleteFileSystem, API reference). So one that is mounted counts as one that holds data.

use std::time::Duration;

use serde_json::json;

use super::mounts::{delete, is_leaving, targets};
use crate::cloud::{Cause, Cloud, CloudError, EFS, Result, unless_gone};
use crate::resource::{Content, Live, Waiting};
use crate::resources::ecs::{list, text};

/// The bytes that AWS tells of a file system in which nothing was ever written ("Metering sizes", EFS user guide).
const EMPTY: u64 = 6144;
/// The time after which the delete of a file system or an access point counts as failed.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// Deletes the mount targets of a file system, unless `content` keeps its data and it has some, or may have.
///
/// # Errors
/// If it has, or AWS's refusal.
pub(super) async fn free(cloud: &Cloud, live: &Live, content: Content) -> Result<()> {
    let mut targets = targets(cloud, live.id()).await?;
    targets.retain(|target| !is_leaving(target));
    let is_kept = matches!(content, Content::Keep | Content::For(_));
    if let Some(why) = holds(live, targets.len()).filter(|_| is_kept) {
        return Err(kept(live, &why));
    }
    for target in targets {
        delete(cloud, &target).await?;
    }
    Ok(())
}

/// Why a file system counts as one that holds data, if it does.
fn holds(live: &Live, mounted: usize) -> Option<String> {
    let size = live.document["sizeInBytes"]["value"].as_u64();
    match (size, mounted) {
        (Some(size), _) if size > EMPTY => Some(format!("holds {size} bytes of data")),
        (None, _) => Some("may hold data, because AWS tells no size of it".to_owned()),
        (Some(_), 0) => None,
        (Some(_), _) => Some("may hold data: it is mounted, and AWS tells of its size hours later".to_owned()),
    }
}

/// The refusal, with what allows the delete.
fn kept(live: &Live, why: &str) -> CloudError {
    let (name, id) = (&live.name, live.id());
    let message = format!(
        "the file system `{name}` {why}; apply keeps it; `onDestroy: empty` in lab.yaml lets destroy delete it with all \
         that is in it, as `destroy --empty` does; to look at it: `aws efs describe-file-systems --file-system-id {id}`"
    );
    CloudError::own_at("DeleteFileSystem", Cause::HoldsData, message)
}

/// Waits until AWS has carried out the delete of an object, which `read` describes in the list `items`.
///
/// # Errors
/// If it can't be read, or isn't gone in time.
pub(in crate::resources) async fn until_gone(
    cloud: &Cloud,
    (read, key, items): (&'static str, &'static str, &str),
    id: &str,
    waiting: &Waiting,
) -> Result<()> {
    let end = cloud.now() + DEADLINE;
    let mut pause = Duration::from_secs(2);
    loop {
        let answer = unless_gone(cloud.call(&EFS, read, json!({ key: id })).await)?.unwrap_or_default();
        let state = list(&answer, items).next().map(|one| text(one, "LifeCycleState"));
        let Some(state) = state.filter(|state| state != "deleted") else { return Ok(()) };
        if cloud.now() + pause > end {
            let message = format!("AWS is still at it after {} minutes: {state}", DEADLINE.as_secs() / 60);
            return Err(CloudError::own_at(read, Cause::StillDeleting, message));
        }
        waiting.pause(cloud, &format!("AWS is deleting it ({state})"), pause).await?;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}
