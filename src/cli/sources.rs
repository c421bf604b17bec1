//! The sources of a lab's images: whether they are there, what they are now, and whether they can be brought over.

use std::path::Path;
use std::time::Duration;

use futures::future::join_all;

use super::files::folder;
use super::screen::{Ended, Result, note};
use super::stop::Stop;
use crate::apply::preflight;
use crate::cloud::Cloud;
use crate::error::Error;
use crate::live::{Object, Reading, Snapshot};
use crate::model::Address;
use crate::plan::{Action, Plan, Scope};
use crate::report::visible;
use crate::resource::{Readiness, SourceError, Sourced, Sources};
use crate::spec::{Lab, Source};

/// The time that another registry may take until a word says what is waited for.
const SILENT: Duration = Duration::from_secs(2);

/// Makes sure that what the lab's resources are made from is there; its content isn't looked at.
///
/// # Errors
/// All sources that aren't there.
pub(super) fn check(file: &Path, source: &Source) -> Result<()> {
    let folder = folder(file);
    let all = sourced(source.lab()).into_iter();
    let missing = all.filter_map(|(address, sourced)| Some((address.clone(), sourced.missing(&folder)?)));
    Ok(source.refuse(missing.collect())?)
}

/// Finds out what each resource in `scope` is made from now: to be called before anything is read or planned. Another
/// registry that doesn't answer is passed over with a word on it: what was pushed before counts as up to date then.
///
/// # Errors
/// All sources that aren't there or can't be used; that the user asked to stop.
pub(super) async fn find(file: &Path, source: &Source, scope: &Scope, stop: &Stop) -> Result<Sources> {
    let folder = folder(file);
    refuse_missing(source, scope, &folder)?;
    let mut all = sourced(source.lab());
    all.retain(|(address, _)| scope.contains(address));
    let found = all.iter().map(|(address, sourced)| ask(address, *sourced, &folder));
    let found = stop.or(async { Ok::<_, Ended>(join_all(found).await) }).await?;
    let (mut sources, mut problems) = (Sources::new(), Vec::new());
    for ((address, sourced), found) in all.into_iter().zip(found) {
        match found {
            Ok(digest) => {
                sources.insert(address.clone(), digest);
            }
            Err(SourceError::Wrong(problem)) => problems.push((address.clone(), problem)),
            Err(SourceError::Silent(words)) => note(format_args!(
                "{address}: whether `{}` has changed isn't known: {}",
                visible(sourced.name()),
                visible(words)
            )),
        }
    }
    source.refuse(problems)?;
    Ok(sources)
}

/// The resources of the lab that are made from something beside lab.yaml.
pub(super) fn sourced(lab: &Lab) -> Vec<(&Address, &dyn Sourced)> {
    let nodes = lab.nodes.values();
    nodes.filter_map(|node| Some((&node.address, node.kind.sourced(&node.spec)?))).collect()
}

/// Makes sure that the values are there that lab.yaml names and doesn't hold.
fn refuse_missing(source: &Source, scope: &Scope, folder: &Path) -> Result<()> {
    let nodes = source.lab().nodes.values().filter(|node| scope.contains(&node.address));
    let missing = nodes.filter_map(|node| Some((node.address.clone(), node.kind.lacks(&node.spec, folder)?)));
    Ok(source.refuse(missing.collect())?)
}

/// Finds out what one source is now, and says which registry is waited for.
async fn ask(address: &Address, sourced: &dyn Sourced, folder: &Path) -> Result<String, SourceError> {
    let asking = async {
        tokio::time::sleep(SILENT).await;
        if let Some(host) = sourced.host() {
            let host = visible(host);
            note(format_args!("{address}: asking {host} about its image …"));
        }
        std::future::pending().await
    };
    tokio::select! {
        found = sourced.find(folder) => found,
        never = asking => never,
    }
}

/// Makes sure that `plan` can be carried out, as far as that can be told before anything is changed.
///
/// # Errors
/// The first obstacle, with its address; that the user asked to stop.
pub(super) async fn ready(cloud: &Cloud, plan: &Plan, reading: &Reading, stop: &Stop) -> Result<()> {
    let obstacles = obstacles(cloud, plan, &reading.lab, &reading.live, stop).await?;
    match obstacles.into_iter().next() {
        Some(obstacle) => Err(stopped_by(obstacle).into()),
        None => Ok(()),
    }
}

/// The error of a command that an obstacle ends before anything is changed.
pub(super) fn stopped_by((address, error): (Address, Error)) -> Error {
    Error { message: format!("{address}: {}", error.message), ..error.hint("nothing was changed") }
}

/// The obstacles to `plan` that can be told before anything is changed.
///
/// # Errors
/// The user's wish to stop.
pub(super) async fn obstacles(
    cloud: &Cloud,
    plan: &Plan,
    lab: &Lab,
    live: &Snapshot,
    stop: &Stop,
) -> Result<Vec<(Address, Error)>> {
    let found = preflight(cloud, plan, lab, live);
    let found = stop.or(async { Ok::<_, Ended>(found.await) }).await?.into_iter();
    Ok(found.map(|(address, error)| (address, error.into())).collect())
}

/// Says what the images are that stay as they are.
pub(super) fn show_unchanged(plan: &Plan, live: &Snapshot) {
    for change in &plan.changes {
        let object = change.object.map(|index| &live.objects[index]);
        if let Some(Readiness::Ready(Some(summary))) =
            object.filter(|_| change.action == Action::NoOp).map(Object::readiness)
        {
            note(format_args!("{} \"{}\" is {}", visible(&change.address), visible(&change.name), visible(summary)));
        }
    }
}

/// Warns of files that labform itself writes into an image's context: each time, the image is another one.
pub(super) fn warn_of_own(file: &Path, source: &Source, scope: &Scope, own: &[&Path]) {
    let folder = folder(file);
    for (address, sourced) in sourced(source.lab()).into_iter().filter(|(address, _)| scope.contains(address)) {
        for path in own.iter().filter_map(|own| sourced.takes_in(&folder, own)) {
            let path = visible(path);
            note(format_args!(
                "{}: `{path}` lies in its context, and the image is another one whenever labform writes it: add `{path}` \
                 to the context's .dockerignore",
                visible(address),
            ));
        }
    }
}
