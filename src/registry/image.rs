//! An image, ready to be pushed: its manifest byte for byte, and the places of its blobs.

use std::sync::Arc;

use bytes::Bytes;

use super::document::{Digest, Document, Manifest};
use super::files::Extent;
use super::pieces::{Pieces, Upload};
use super::remote::Remote;
use super::{ErrorKind, ImageSummary, Platform, RegistryError};

/// An image for one platform.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) manifest: Manifest,
    pub(super) platform: Platform,
    pub(super) layers: usize,
    /// The config and the layers, each once.
    pub(super) blobs: Vec<Blob>,
}

/// A config or a layer.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) digest: Digest,
    /// The blob's bytes.
    pub(super) size: u64,
    pub(super) at: BlobSource,
}

/// The place that a blob is read from.
#[derive(Clone, Debug)]
pub(super) enum BlobSource {
    File(Extent),
    Remote(Arc<Remote>),
}

impl Image {
    /// An image of a manifest's bytes.
    pub(super) fn new(body: Bytes, manifest: &Document, platform: Platform, blobs: Vec<Blob>) -> Self {
        let mut once: Vec<Blob> = Vec::new();
        for blob in blobs {
            if once.iter().all(|other| other.digest != blob.digest) {
                once.push(blob);
            }
        }
        Self {
            manifest: Manifest { digest: Digest::of_bytes(&body), media_type: manifest.media_type().to_owned(), body },
            platform,
            layers: manifest.layers.len(),
            blobs: once,
        }
    }

    /// The image, if it runs on `wanted`.
    ///
    /// # Errors
    /// If its config says another platform.
    pub(super) fn for_platform(self, name: &str, wanted: &Platform) -> Result<Self, RegistryError> {
        if self.platform.is_for(wanted) { Ok(self) } else { Err(wrong_platform(name, wanted, &[self.platform])) }
    }

    pub(super) fn size(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).fold(0, u64::saturating_add)
    }

    pub(super) fn found(&self) -> ImageSummary {
        ImageSummary {
            digest: self.manifest.digest.to_string(),
            platform: self.platform.clone(),
            size: self.size(),
            layers: self.layers,
        }
    }
}

impl Blob {
    /// The blob as a registry takes it, of bytes that begin anew with each call of `pieces`.
    pub(super) fn upload<'a>(&'a self, pieces: &'a (dyn Fn() -> Pieces + Send + Sync)) -> Upload<'a> {
        Upload { digest: &self.digest, size: self.size, pieces }
    }

    /// The blob's bytes as they come; not checked.
    pub(super) fn pieces(&self) -> Pieces {
        match &self.at {
            BlobSource::File(extent) => extent.pieces(),
            BlobSource::Remote(remote) => remote.pieces(&self.digest),
        }
    }
}

/// The error that there is no image for the platform, but for others.
pub(super) fn wrong_platform(name: &str, wanted: &Platform, there: &[Platform]) -> RegistryError {
    let names: Vec<String> = there.iter().map(Platform::to_string).collect();
    let message = format!("holds no image for {wanted}, but for {}", names.join(", "));
    RegistryError::new(ErrorKind::WrongPlatform(there.to_vec()), name, message)
}
