//! What a lab's images are made from: whether it is there, what it is now, and whether it can be brought where it goes.

use std::path::Path;
use std::time::Duration;

use futures::future::join_all;

use super::files::folder;
use super::screen::{Ended, Result, note};
use super::stop::Stop;
use crate::apply::preflight;
use crate::cloud::Cloud;
use crate::error::Error;
use crate::live::{Reading, Snapshot};
use crate::model::Address;
use crate::plan::{Action, Plan, Scope};
use crate::report::visible;
use crate::resource::{Problem, Resource as _};
use crate::resources::{Image, Origin, SourceError, missing};
use crate::spec::{Lab, Source};

/// How long another registry may take until a word says what is waited for.
const SILENT: Duration = Duration::from_secs(2);

/// Makes sure that the source of every image of the lab is there; what it is isn't looked at.
///
/// # Errors
/// All that isn't there.
pub(super) fn check(file: &Path, source: &Source) -> Result<()> {
    let folder = folder(file);
    let images = images(source)?.into_iter();
    let problems: Vec<(Address, Problem)> =
        images.filter_map(|(address, image)| Some((address, missing(&image, &folder)?))).collect();
    Ok(source.refuse(problems)?)
}

/// Finds out what the source of every image in `scope` is now, and tells the lab: to be called before anything is read or
/// planned. Another registry that doesn't answer is passed over with a word on it: what was pushed before counts as up to
/// date then.
///
/// # Errors
/// All sources that aren't there or aren't images; that the user asked to stop.
pub(super) async fn find(file: &Path, source: &mut Source, scope: &Scope, stop: &Stop) -> Result<()> {
    let (folder, mut images) = (folder(file), images(source)?);
    lacks(source, scope, &folder)?;
    images.retain(|(address, _)| scope.contains(address));
    let found = images.iter().map(|(address, image)| ask(address, image, &folder));
    let found = async { Ok::<_, Ended>(join_all(found).await) };
    let found = stop.or(found).await?;
    let mut problems = Vec::new();
    for ((address, image), found) in images.into_iter().zip(found) {
        match found {
            Ok(digest) => source.fill(&address, digest),
            Err(SourceError::Wrong(problem)) => problems.push((address, problem)),
            Err(SourceError::Silent(words)) => {
                let Some(Origin::Mirror(mirror)) = image.origin() else {
                    continue;
                };
                note(format_args!(
                    "{address}: whether `{}` has changed isn't known: {}",
                    visible(mirror),
                    visible(words)
                ));
            }
        }
    }
    Ok(source.refuse(problems)?)
}

/// Makes sure that the values are there that lab.yaml names and doesn't hold.
fn lacks(source: &Source, scope: &Scope, folder: &Path) -> Result<()> {
    let lab = source.lab(None)?;
    let nodes = lab.nodes.values().filter(|node| scope.contains(&node.address));
    let missing = nodes.filter_map(|node| Some((node.address.clone(), node.kind.missing(&node.spec, folder)?)));
    Ok(source.refuse(missing.collect())?)
}

/// Finds out what one source is now, and says which registry is waited for.
async fn ask(address: &Address, image: &Image, folder: &Path) -> Result<String, SourceError> {
    let asking = async {
        tokio::time::sleep(SILENT).await;
        if let Some(host) = image.source_host() {
            let host = visible(host);
            note(format_args!("{address}: asking {host} about its image …"));
        }
        std::future::pending().await
    };
    tokio::select! {
        found = image.find_source(folder) => found,
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

/// All that keeps `plan` from being carried out, as far as that can be told before anything is changed.
///
/// # Errors
/// That the user asked to stop.
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
        let is_image = change.address.kind == Image::KIND && change.action == Action::NoOp;
        let summary = object.and_then(|object| object.kind.summary(&object.live));
        if let Some(summary) = summary.filter(|_| is_image) {
            note(format_args!("{} \"{}\" is {}", visible(&change.address), visible(&change.name), visible(summary)));
        }
    }
}

/// Warns of files that labform itself writes into an image's context: each time, the image is another one.
pub(super) fn warn_of_own(file: &Path, source: &Source, scope: &Scope, own: &[&Path]) -> Result<()> {
    let folder = folder(file);
    let mut images = images(source)?;
    images.retain(|(address, _)| scope.contains(address));
    for (address, image) in &images {
        for own in own {
            if let Some(path) = image.takes_in(&folder, own) {
                let path = visible(path);
                note(format_args!(
                    "{}: `{path}` lies in its context, and the image is another one whenever labform writes it: add \
                     `{path}` to the context's .dockerignore",
                    visible(address),
                ));
            }
        }
    }
    Ok(())
}

fn images(source: &Source) -> Result<Vec<(Address, Image)>> {
    let lab = source.lab(None)?;
    let images = lab.nodes.into_values();
    let images = images.filter_map(|node| {
        let image: &Image = node.spec.downcast_ref()?;
        Some((node.address, image.clone()))
    });
    Ok(images.collect())
}
