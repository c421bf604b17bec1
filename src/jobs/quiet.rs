//! Taking the schedules of a lab away before its tasks are stopped and it is destroyed: they would start others meanwhile.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use crate::apply::Executor;
use crate::cloud::{Cloud, Owner, Result, unless_gone};
use crate::error::Error;
use crate::live::Snapshot;
use crate::model::Address;
use crate::plan::Plan;
use crate::resource::{Content, Live, Managed, Plain, Waiting, retry};
use crate::resources::Schedule;

/// Takes away those schedules of the lab that `plan` deletes, and leaves their groups to it. Returns whether there were any.
///
/// # Errors
/// If whose one is can't be read, or AWS refuses.
pub(super) async fn quiet(executor: &Executor<'_>, live: &Snapshot, plan: &Plan) -> Result<bool, Error> {
    let (cloud, lab) = (executor.cloud, plan.others.place.lab.as_str());
    let going: BTreeSet<&Address> = plan.effective().map(|change| &change.address).collect();
    let schedules = live.all::<Schedule>().filter(|(object, _)| going.contains(&object.address) && !object.leaving);
    let taken = try_join_all(schedules.map(|(object, schedule)| async move {
        let waiting = Waiting::new(|_| {}, executor.stop.clone());
        let taken = retry(cloud, &waiting, || take_away(cloud, lab, schedule)).await;
        taken.map_err(|error| Error::from(error.about(&object.address)).hint("nothing of the lab was destroyed yet"))
    }));
    Ok(!taken.await?.is_empty())
}

async fn take_away(cloud: &Cloud, lab: &str, schedule: &Live) -> Result<()> {
    let tags = cloud.anew().tags_of(<Schedule as Managed>::SERVICE, std::slice::from_ref(&schedule.arn)).await;
    let tags = unless_gone(tags)?.and_then(|mut tags| tags.remove(&schedule.arn)).unwrap_or_default();
    match Owner::of(&tags, <Schedule as Plain>::KIND, lab) {
        Owner::Lab(_) => Schedule::free(cloud, schedule, Content::Keep).await,
        Owner::Other(_) => Ok(()),
    }
}
