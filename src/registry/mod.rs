//! Container registries, and image archives on disk.
//!
//! Knows: OCI distribution (the registries' HTTP API v2), OCI image layouts, and what `docker save` writes.
//! Must not know: AWS, the spec, plans.
//!
//! # Guarantees
//! - Blobs stream: a push takes as much memory for 10 GB as for 10 MB.
//! - What is pushed has its digest: it is checked while it leaves, before its last byte does.
//! - The manifest goes last, so that an interrupted push leaves no tag that names half an image, and the next one sends
//!   only what is missing.
//! - A login goes over HTTPS, or to this machine.

pub(crate) mod client;
mod content;
mod docker;
mod document;
mod error;
mod files;
mod image;
mod location;
mod meaning;
mod patience;
mod pieces;
mod platform;
mod push;
mod realm;
mod remote;
#[cfg(test)]
mod strange;
#[cfg(test)]
mod tests;

pub use error::{ErrorKind, RegistryError};
pub use location::{Location, Login, Scheme, Source, host};
pub use meaning::Meaning;
pub use platform::{NotAPlatform, Platform};

use std::sync::Arc;

use serde::Serialize;

use content::Content;
use files::Files;
use image::Image;
use remote::Remote;

type Result<T, E = RegistryError> = std::result::Result<T, E>;

/// An image that a source or a registry holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageSummary {
    /// The manifest's digest, as in `sha256:…`.
    pub digest: String,
    /// The platform that the image runs on, by its config.
    pub platform: Platform,
    /// The bytes of its config and of its layers, each counted once, as they travel.
    pub size: u64,
    /// The number of the image's layers.
    pub layers: usize,
}

/// The content that a tag names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The digest of the manifest or of the index.
    pub digest: String,
    /// The platform and the manifest's digest of each image.
    pub images: Vec<(Platform, String)>,
}

/// The progress of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of blobs that are at the registry.
    pub blob: usize,
    /// The number of blobs of the image.
    pub blobs: usize,
    /// The bytes of the blobs that are there or have left. Fewer than before, if a blob is sent again.
    pub bytes: u64,
    /// The bytes of all the blobs.
    pub total: u64,
}

/// The result of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The manifest's digest.
    pub digest: String,
    /// The number of blobs that were sent.
    pub moved: usize,
    /// The number of blobs that were there.
    pub present: usize,
    /// The number of blobs that the registry took over from another of its repositories.
    pub mounted: usize,
    /// The bytes of the blobs that were sent.
    pub bytes: u64,
}

/// Finds what a source holds for a platform, without moving layers: of a registry, manifest and config are read; of an
/// archive by `docker save`, layers that are compressed are hashed, and what the others hash to its config says.
///
/// # Errors
/// If the source can't be read, isn't an image, holds several, or none for the platform.
pub async fn find(source: &Source, platform: &Platform) -> Result<ImageSummary> {
    let image = open(source, platform, None, None).await?;
    Ok(image.found())
}

/// Finds what a tag or a digest of a repository names; none if there is no such tag, or no such repository.
///
/// The digest of an index, which holds images for several platforms, is the index's own, and the rest is of the first
/// image; [`describe_for`] takes the platform's.
///
/// # Errors
/// If the registry doesn't answer or refuses, or what the tag names is no container image.
pub async fn describe(place: &Location, login: &Login, tag_or_digest: &str) -> Result<Option<ImageSummary>> {
    let Some(content) = content_at(place, login, tag_or_digest).await? else {
        return Ok(None);
    };
    let image = content.first().await?;
    Ok(Some(named(&content, &image)))
}

/// Finds what a tag or a digest of a repository names, and the images in it; none if there is no such tag, or no such
/// repository. Charts, signatures and what isn't understood hold no image.
///
/// # Errors
/// If the registry doesn't answer or refuses.
pub async fn inspect(place: &Location, login: &Login, tag_or_digest: &str) -> Result<Option<Named>> {
    let remote = Arc::new(Remote::connect(place, login).await?);
    let content = match Content::remote(remote.clone(), tag_or_digest).await {
        Ok(content) => content,
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind == ErrorKind::Corrupt => {
            let digest = remote.digest_of(tag_or_digest).await?;
            let images = Vec::new();
            return Ok(digest.map(|digest| Named { digest, images }));
        }
        Err(error) => return Err(error),
    };
    let digest = content.digest().to_string();
    match content.images().await {
        Ok(images) => Ok(Some(Named { digest, images })),
        Err(error) if error.kind == ErrorKind::Corrupt => Ok(Some(Named { digest, images: Vec::new() })),
        Err(error) => Err(error),
    }
}

/// Finds as [`describe`] does, for the one of an index's images that runs on `platform`.
///
/// # Errors
/// The errors of [`describe`], and one if there is no image for the platform.
pub async fn describe_for(
    place: &Location,
    login: &Login,
    tag_or_digest: &str,
    platform: &Platform,
) -> Result<Option<ImageSummary>> {
    let Some(content) = content_at(place, login, tag_or_digest).await? else {
        return Ok(None);
    };
    let image = content.image(platform).await?;
    Ok(Some(named(&content, &image)))
}

/// Brings the image of a source for a platform to a place, under each tag, or under its digest alone if there are none.
/// Sends blobs that aren't there, and nothing if the tags name the image already. `tell` hears the progress.
///
/// A source in the same registry is read with the login of `place`, any other without. `expected` is the digest that the
/// image has to have: another registry is asked for just that one, whatever its tag names by now.
///
/// # Errors
/// The errors of [`find`]; if the source's image isn't the expected one; if the registry doesn't answer or refuses, a
/// tag can't be moved, or bytes aren't what their digest says. Blobs that have arrived by then stay there, and the next
/// push doesn't send them again.
pub async fn push(
    source: &Source,
    platform: &Platform,
    place: &Location,
    login: &Login,
    tags: &[String],
    expected: Option<&str>,
    tell: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Pushed> {
    let image = open(source, platform, expected, Some((place, login))).await?;
    if let Some(expected) = expected.filter(|digest| *digest != image.manifest.digest.as_str()) {
        let message = format!("is {} by now, and was {expected}", image.manifest.digest);
        return Err(RegistryError::new(ErrorKind::Changed, &source.to_string(), message));
    }
    let target = Remote::connect(place, login).await?;
    push::push(&image, &target, tags, tell).await
}

/// The image of a source: of another registry the one with the digest `expected`, if there is one. `known` is a
/// registry with the login that it takes.
async fn open(
    source: &Source,
    wanted: &Platform,
    expected: Option<&str>,
    known: Option<(&Location, &Login)>,
) -> Result<Image> {
    match source {
        Source::Archive(path) => {
            let path = path.clone();
            let files = blocking(move || Files::archive(&path)).await?;
            if files.extent(content::INDEX)?.is_some() {
                return Content::layout(files).await?.image(wanted).await;
            }
            let name = files.name.clone();
            if files.extent(docker::LIST)?.is_none() {
                let message = format!("is no image archive: it has no {} and no {}", content::INDEX, docker::LIST);
                return Err(RegistryError::new(ErrorKind::Corrupt, &name, message));
            }
            let image = blocking(move || docker::image(&files)).await?;
            image.for_platform(&name, wanted)
        }
        Source::Layout(path) => Content::layout(Files::folder(path)).await?.image(wanted).await,
        Source::Registry { reference } => {
            let (mut place, tag_or_digest) = location::refers(reference)?;
            let known = known.filter(|(target, _)| target.host == place.host);
            let login = known.map_or(&Login::Anonymous, |(_, login)| login);
            if let Some((target, _)) = known {
                place.scheme = target.scheme;
            }
            let remote = Arc::new(Remote::connect(&place, login).await?);
            Content::remote(remote, expected.unwrap_or(&tag_or_digest)).await?.image(wanted).await
        }
    }
}

async fn content_at(place: &Location, login: &Login, tag_or_digest: &str) -> Result<Option<Content>> {
    let remote = Arc::new(Remote::connect(place, login).await?);
    match Content::remote(remote, tag_or_digest).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn named(content: &Content, image: &Image) -> ImageSummary {
    ImageSummary { digest: content.digest().to_string(), ..image.found() }
}

/// Runs what reads files, aside from what waits for the network.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("reading files doesn't panic")
}
