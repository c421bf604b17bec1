//! What a container's image is made from on this computer.

use std::path::Path;

use serde_json::Value;

use crate::local::{ImageCommand, ImageSource};
use crate::resource::{Others, as_spec};
use crate::resources::Image;
use crate::spec::Lab;

/// What the image with the address `image` is made from: the folder that it is built from, which holds what its command
/// names, and what its Dockerfile says that it runs; the lab's `folder` if it isn't built here.
pub(super) fn image_source(lab: &Lab, others: &Others, folder: &Path, image: &Value) -> ImageSource {
    let mut images = lab.nodes.values().filter_map(|node| {
        let built = as_spec::<Image>(&node.spec)?;
        let uri = others.value(&node.address, "uri")?.now()?;
        let context = built.context.as_deref().filter(|_| *image == *uri)?;
        let folder = folder.join(context);
        let dockerfile = folder.join(built.dockerfile.as_deref().unwrap_or("Dockerfile"));
        // That it isn't there is told by who builds it.
        let command = ImageCommand::read(&dockerfile, built.target.as_deref()).unwrap_or_default();
        Some(ImageSource { folder, command })
    });
    images.next().unwrap_or_else(|| ImageSource { folder: folder.to_owned(), ..ImageSource::default() })
}
