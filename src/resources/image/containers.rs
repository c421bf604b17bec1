//! The containers of task definitions that run an image of the lab.

use super::Image;
use crate::model::Address;
use crate::resource::{Checks, Problem};
use crate::resources::repository;

/// A container's `image` with the tag that it means if it names none.
pub(in crate::resources) fn tagged(image: &str) -> String {
    let has_tag = image.rsplit_once(':').is_some_and(|(_, tag)| !tag.contains('/'));
    match has_tag {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    }
}

/// The image of the lab that a container's `image` names, by whichever of their outputs it was written.
pub(in crate::resources) fn image_of<'a>(checks: &Checks<'a>, image: &str) -> Option<(&'a Address, &'a Image)> {
    let image = tagged(image);
    checks.all::<Image>().find(|(address, _)| {
        let name = checks.name(address);
        name.is_some_and(|(name, place)| image == format!("{}/{name}", repository::registry(place)))
    })
}

/// Returns what is wrong if a container that runs on `platform` has this image.
pub(in crate::resources) fn runtime_problem(
    path: String,
    (address, image): (&Address, &Image),
    platform: &str,
) -> Option<Problem> {
    if image.platform() == platform {
        return None;
    }
    let message = format!("{address} is for {}, and the task runs on {platform}", image.platform());
    let hint =
        format!("write `platform: {platform}` in {address}, or another `runtimePlatform` in the task definition");
    Some(Problem::at(path, message).hint(hint))
}
