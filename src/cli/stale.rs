//! The images of a job that aren't what they are made from any more.

use std::collections::BTreeSet;
use std::path::Path;

use futures::future::join_all;

use super::screen::{Result, note};
use super::sources::sourced;
use crate::live::{Reading, Snapshot};
use crate::model::Address;
use crate::plan::{self, Action, Plan, Scope};
use crate::report::visible;
use crate::resource::{Problem, SourceError, Sources};
use crate::spec::Source;

/// Says which images of `scope` were pushed from something else than their sources are now. `plan` is what has to be
/// made, without a look at the sources; what is there stays as it is. Returns what is live with the sources known, and
/// the plan of that; nothing if there are no images.
///
/// # Errors
/// If an image has to be made, and its source isn't there or isn't an image.
pub(super) async fn sources_of_job(
    folder: &Path,
    source: &Source,
    reading: &Reading,
    plan: &Plan,
    scope: &Scope,
) -> Result<Option<(Snapshot, Plan)>> {
    let mut all = sourced(&reading.lab);
    all.retain(|(address, _)| scope.contains(address));
    if all.is_empty() {
        return Ok(None);
    }
    let found = join_all(all.iter().map(|(_, sourced)| sourced.find(folder))).await;
    let missing: BTreeSet<&Address> = plan.effective().map(|change| &change.address).collect();
    let mut sources = Sources::new();
    let mut problems: Vec<(Address, Problem)> = Vec::new();
    for ((address, _), found) in all.into_iter().zip(found) {
        match found {
            Ok(digest) => {
                sources.insert(address.clone(), digest);
            }
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
    let live = Snapshot { sources, ..reading.live.clone() };
    let now = plan::plan(&reading.lab, &live, scope)?;
    let stale = now.effective().filter(|change| change.action == Action::Update && !missing.contains(&change.address));
    for change in stale {
        let address = visible(&change.address);
        note(format_args!(
            "{address}: its source has changed since it was pushed: `labform apply --only {address}` pushes it"
        ));
    }
    Ok(Some((live, now)))
}
