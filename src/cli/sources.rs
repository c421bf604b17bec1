//! What a lab's images are made from: whether it is there, and what it is now.

use std::path::Path;

use super::files::folder;
use super::screen::{Result, note};
use crate::model::Address;
use crate::report::visible;
use crate::resource::Problem;
use crate::resources::{Image, Origin, SourceError, missing};
use crate::spec::Source;

/// Makes sure that the source of every image of the lab is there; what it is isn't looked at.
///
/// # Errors
/// All that isn't there.
pub(super) fn check(file: &Path, source: &Source) -> Result<()> {
    let folder = folder(file);
    let images = images(source)?.into_iter();
    let problems: Vec<(Address, Problem)> = images
        .filter_map(|(address, image)| Some((address, missing(&image, &folder)?)))
        .collect();
    Ok(source.refuse(problems)?)
}

/// Finds out what the source of every image is now, and tells the lab. Another registry that doesn't answer is passed
/// over with a word on it: what was pushed before counts as up to date then.
///
/// # Errors
/// All sources that aren't there or aren't images.
pub(super) async fn find(file: &Path, source: &mut Source) -> Result<()> {
    let (folder, images) = (folder(file), images(source)?);
    let found = images.iter().map(|(_, image)| image.find_source(&folder));
    let found = futures::future::join_all(found).await;
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

fn images(source: &Source) -> Result<Vec<(Address, Image)>> {
    let lab = source.lab(None)?;
    let images = lab.nodes.into_values();
    let images = images.filter_map(|node| {
        let image: &Image = node.spec.downcast_ref()?;
        Some((node.address, image.clone()))
    });
    Ok(images.collect())
}
