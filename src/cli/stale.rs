//! Which images of a job aren't what they are made from any more.

use std::collections::BTreeSet;
use std::path::Path;

use futures::future::join_all;

use super::screen::{Result, note};
use crate::live::Reading;
use crate::model::Address;
use crate::plan::{self, Action, Plan, Scope};
use crate::report::visible;
use crate::resource::Problem;
use crate::resources::{Image, SourceError};
use crate::spec::{Lab, Source};

/// Says which images of `scope` were pushed from something else than their sources are now. `plan` is what has to be made,
/// without a look at the sources; what is there stays as it is. Gives the lab in which the sources are known, and its
/// plan; nothing where there are no images.
///
/// # Errors
/// Where an image has to be made, and its source isn't there or isn't an image.
pub(super) async fn sources_of_job(
    folder: &Path,
    source: &Source,
    reading: &Reading,
    plan: &Plan,
    scope: &Scope,
) -> Result<Option<(Lab, Plan)>> {
    let nodes = reading.lab.nodes.values().filter(|node| scope.contains(&node.address));
    let images: Vec<(&Address, &Image)> =
        nodes.filter_map(|node| Some((&node.address, node.spec.downcast_ref()?))).collect();
    if images.is_empty() {
        return Ok(None);
    }
    let found = images.iter().map(|(_, image)| image.find_source(folder));
    let found = join_all(found).await;
    let missing: BTreeSet<&Address> = plan.effective().map(|change| &change.address).collect();
    // What was read is compared with the same lab, in which the sources are known.
    let mut source = source.clone();
    let mut problems: Vec<(Address, Problem)> = Vec::new();
    for ((address, _), found) in images.into_iter().zip(found) {
        match found {
            Ok(digest) => source.fill(address, digest),
            Err(SourceError::Wrong(problem)) if missing.contains(address) => {
                problems.push((address.clone(), problem));
            }
            Err(error) => note(format_args!(
                "{}: whether its source has changed isn't known: {}",
                visible(address),
                visible(error)
            )),
        }
    }
    source.refuse(problems)?;
    let lab = source.lab(Some(&reading.account))?;
    let now = plan::plan(&lab, &reading.live, scope)?;
    let stale = now.effective().filter(|change| change.action == Action::Update && !missing.contains(&change.address));
    for change in stale {
        let address = visible(&change.address);
        note(format_args!(
            "{address}: its source has changed since it was pushed: `labform apply --only {address}` pushes it"
        ));
    }
    Ok(Some((lab, now)))
}
