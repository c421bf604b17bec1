//! One image, ready to be pushed: its manifest byte for byte, and where each of its blobs is.

use std::sync::Arc;

use bytes::Bytes;

use super::document::{Digest, Document};
use super::files::Extent;
use super::pieces::Pieces;
use super::remote::Remote;
use super::{ErrorKind, Found, Platform, RegistryError};

/// An image for one platform.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    /// The manifest.
    pub(super) body: Bytes,
    pub(super) platform: Platform,
    pub(super) layers: usize,
    /// The config and the layers, each once.
    pub(super) blobs: Vec<Blob>,
}

/// A config or a layer.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) digest: Digest,
    /// In bytes.
    pub(super) size: u64,
    pub(super) at: Whence,
}

/// Where a blob is read.
#[derive(Clone, Debug)]
pub(super) enum Whence {
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
            digest: Digest::of_bytes(&body),
            media_type: manifest.media_type().to_owned(),
            body,
            platform,
            layers: manifest.layers.len(),
            blobs: once,
        }
    }

    /// The image, if it runs on `wanted`.
    ///
    /// # Errors
    /// Where its config says another platform.
    pub(super) fn for_platform(self, name: &str, wanted: &Platform) -> Result<Self, RegistryError> {
        if self.platform.is_for(wanted) { Ok(self) } else { Err(wrong_platform(name, wanted, &[self.platform])) }
    }

    pub(super) fn size(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).fold(0, u64::saturating_add)
    }

    pub(super) fn found(&self) -> Found {
        Found {
            digest: self.digest.to_string(),
            platform: self.platform.clone(),
            size: self.size(),
            layers: self.layers,
        }
    }
}

impl Blob {
    /// The blob's bytes as they come; not checked.
    pub(super) fn pieces(&self) -> Pieces {
        match &self.at {
            Whence::File(extent) => extent.pieces(),
            Whence::Remote(remote) => remote.pieces(&self.digest),
        }
    }
}

/// No image for the platform, but for others.
pub(super) fn wrong_platform(name: &str, wanted: &Platform, there: &[Platform]) -> RegistryError {
    let names: Vec<String> = there.iter().map(Platform::to_string).collect();
    let message = format!("holds no image for {wanted}, but for {}", names.join(", "));
    RegistryError::new(ErrorKind::WrongPlatform(there.to_vec()), name, message)
}
