//! What a tag of a repository names, whoever pushed it.

use serde_json::json;

use super::calls::{look, place, told};
use super::push::ecr_login;
use super::{Image, ImageLive};
use crate::cloud::{Cloud, Registry, Result};
use crate::registry::{self, Location};
use crate::resource::Live;

/// Returns the image under `tag` in the repository that AWS describes as `repository`; none if there is no such image.
/// Its platforms are read from the registry if neither an index nor labform's own tags tell.
///
/// # Errors
/// If the repository or its registry doesn't answer, or refuses.
pub async fn pushed_image(cloud: &Cloud, repository: &Live, tag: &str) -> Result<Option<ImageLive>> {
    let image = json!({"repository": repository.name, "tag": tag});
    let image: Image = serde_json::from_value(image).expect("an image needs no more than its repository");
    let mut found = look(cloud, repository, &[(&image, None)]).await?;
    let Some(mut live) = found.pop().flatten() else { return Ok(None) };
    if live.platforms.is_empty() && cloud.registry == Registry::Ecr {
        let place = match place(cloud, repository) {
            Some(place) => place,
            None => Location::parse(repository.text("repositoryUri")).map_err(|error| told(&error))?,
        };
        let inspected = registry::inspect(&place, &ecr_login(cloud).await?, tag).await.map_err(|error| told(&error))?;
        let images = inspected.into_iter().flat_map(|named| named.images);
        live.platforms = images.map(|(of, digest)| (format!("{}/{}", of.os, of.architecture), digest)).collect();
    }
    Ok(Some(live))
}
