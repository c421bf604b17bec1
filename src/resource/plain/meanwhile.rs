//! What stands in an object's place when it is made: one whose deletion is scheduled, or one that a lost answer made.

use std::time::Duration;

use serde_json::{Map, Value};

use super::ask::{Seen, ask, described, in_list};
use super::calls::table;
use super::{Plain, Presence};
use crate::cloud::{Cause, Cloud, CloudError, ErrorKind, LAB_TAG, Owner, Result};
use crate::resource::{Content, Live, Managed, Others, Resource as _, Target, as_live};

/// Brings back the object under the name of `target` if its deletion is scheduled and it is the lab's, and changes it
/// to the spec; none if no such object is known.
pub(super) async fn brought_back<R: Plain>(
    spec: &R,
    cloud: &Cloud,
    target: &Target,
    others: &Others,
) -> Result<Option<Live>> {
    let Some(restore) = &table::<R>().restore else { return Ok(None) };
    // If it can't be read, what AWS said of the create is the error that helps.
    let described = described::<R>(cloud, &target.tags[LAB_TAG], &[&target.name], |_| Some(spec)).await;
    let Some(Seen { mut live, tags }) = described.ok().and_then(|mut seen| seen.pop()) else { return Ok(None) };
    if R::presence(&live) != Presence::Recoverable {
        return Ok(None);
    }
    if let Owner::Other(whose) = Owner::of(&tags.clone().unwrap_or_default(), <R as Plain>::KIND, &target.tags[LAB_TAG])
    {
        let message = format!("`{}` is scheduled for deletion, which keeps its name taken, and {whose}", target.name);
        return Err(CloudError::own(Cause::NotOurs, message));
    }
    spec.look(cloud, &mut live, tags.as_ref());
    ask::<R>(cloud, restore, restore.names(&live), Map::new(), None).await?;
    let edit = spec.edit(&live, others, &[]);
    if !edit.diff.is_empty() {
        live = spec.update(cloud, target, &live, others, &edit).await?;
    }
    cloud.write_tags(R::SERVICE, &live.arn, &target.tags).await?;
    Ok(Some(live))
}

/// The longest that a listing waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// The pause between two looks at it.
const PAUSE: Duration = Duration::from_secs(3);

/// Waits until AWS has carried out what may make or take away objects of the kind, as far as it may be told.
///
/// # Errors
/// If that can't be read.
pub(super) async fn settled<R: Plain>(cloud: &Cloud) -> Result<()> {
    let Some((operation, asked, items)) = table::<R>().list.under_way else { return Ok(()) };
    let end = cloud.now() + PATIENCE;
    let asked: Value = serde_json::from_str(asked).expect("a table of calls holds JSON");
    loop {
        let pages = match cloud.anew().pages(table::<R>().api, operation, asked.clone()).await {
            // Who may not ask sees what there is.
            Err(error) if error.kind() == ErrorKind::Denied => return Ok(()),
            pages => pages?,
        };
        let mut all = pages.iter().flat_map(|page| page[items].as_array().into_iter().flatten());
        if cloud.now() > end || !all.any(|one| one["Status"] == "SUBMITTED" || one["Status"] == "PENDING") {
            return Ok(());
        }
        cloud.sleep(PAUSE).await;
    }
}

/// Waits until AWS has deleted the earlier objects of `target`, whose delete a run before this one began: only then is free
/// what they hold. Makes sure that nobody else has the name, if the creating call would write over that.
///
/// # Errors
/// If they can't be read, or aren't gone in time, or the name is somebody else's.
pub(super) async fn vacated<R: Plain>(cloud: &Cloud, target: &Target) -> Result<()> {
    for live in target.leaving.iter().filter_map(as_live::<R>) {
        R::gone(cloud, live, &target.waiting).await?;
    }
    if !R::HABITS.overwrites {
        return Ok(());
    }
    let lab = &target.tags[LAB_TAG];
    for Seen { live, .. } in described::<R>(&cloud.anew(), lab, &[&target.name], |_| None).await? {
        let tags = cloud.anew().tags_of(R::SERVICE, std::slice::from_ref(&live.arn)).await?;
        let owner = tags.get(&live.arn).map(|tags| Owner::of(tags, <R as Plain>::KIND, lab));
        if let Some(Owner::Other(whose)) = owner {
            let message = format!("`{}` exists already, and {whose}", target.name);
            return Err(CloudError::own(Cause::NotOurs, message));
        }
    }
    Ok(())
}

/// Returns the one object with the owner tags of `target`, where `made` was made a moment ago. A call whose answer was lost
/// may have made another before, and AWS takes no token by which it could tell: of two, all keep the same one, and what
/// nothing is in yet can go.
///
/// # Errors
/// If the objects can't be read. If AWS doesn't let go of the other, the next plan tells of both.
pub(super) async fn sole<R: Plain>(cloud: &Cloud, target: &Target, made: Live) -> Result<Live> {
    let (calls, cloud) = (table::<R>(), &cloud.anew());
    if calls.api.tokens.1.contains(&calls.create.operation) {
        return Ok(made);
    }
    let mut all = in_list::<R>(cloud, &target.tags[LAB_TAG]).await?;
    all.retain(|Seen { live, .. }| {
        live.name == target.name && live.arn != made.arn && R::presence(live) == Presence::There
    });
    let Some(first) = all.iter().position(|seen| seen.live.arn < made.arn) else {
        for Seen { live, .. } in all {
            let _ = <R as Managed>::delete(cloud, &live, Content::Keep, &target.waiting).await;
        }
        return Ok(made);
    };
    let _ = <R as Managed>::delete(cloud, &made, Content::Keep, &target.waiting).await;
    Ok(all.swap_remove(first).live)
}
