//! The content of a layout or a registry, and which of it is a platform's image.

use std::collections::{BTreeSet, VecDeque};
use std::io::Read as _;
use std::sync::Arc;

use bytes::Bytes;

use super::document::{Config, Descriptor, Digest, Document, LARGEST};
use super::files::{Extent, Files, read_error};
use super::image::{Blob, BlobSource, Image, wrong_platform};
use super::remote::Remote;
use super::{ErrorKind, Platform, RegistryError, Result, blocking};

/// The index's name in a layout.
pub(super) const INDEX: &str = "index.json";
/// The most images and indexes that are looked at: an image for all platforms that there are has dozens.
const MOST: usize = 1000;

/// Manifests and blobs behind one name.
pub(super) struct Content {
    name: String,
    from: From,
    /// The layout's entries, or what the tag names.
    top: Vec<Descriptor>,
    /// The document that the tag names, which has been read already.
    known: Option<(Digest, Bytes)>,
}

enum From {
    Files(Files),
    Remote(Arc<Remote>),
}

/// An image that may be meant.
struct Candidate {
    platform: Platform,
    descriptor: Descriptor,
    /// The place in `top` of the entry that the image belongs to.
    top: usize,
}

impl Content {
    /// An OCI image layout.
    ///
    /// # Errors
    /// If the layout's index can't be read.
    pub(super) async fn layout(files: Files) -> Result<Self> {
        let index = blocking({
            let files = files.clone();
            move || match files.extent(INDEX)? {
                Some(extent) => read(&files.name, &extent),
                None => {
                    let message = format!("is no OCI image layout: it has no {INDEX}");
                    Err(RegistryError::new(ErrorKind::Corrupt, &files.name, message))
                }
            }
        });
        let document = Document::read(&files.name, &index.await?)?;
        Ok(Self {
            name: files.name.clone(),
            from: From::Files(files),
            top: document.manifests.unwrap_or_default(),
            known: None,
        })
    }

    /// The content that a tag or a digest names.
    ///
    /// # Errors
    /// If there is no such tag, or what it names isn't understood.
    pub(super) async fn remote(remote: Arc<Remote>, tag_or_digest: &str) -> Result<Self> {
        let name = remote.name_of(tag_or_digest);
        let bytes = remote.manifest(tag_or_digest).await?;
        let digest = Digest::of_bytes(&bytes);
        if tag_or_digest.starts_with("sha256:") && tag_or_digest != digest.as_str() {
            let message = format!("is {digest} by what came");
            return Err(RegistryError::new(ErrorKind::Corrupt, &name, message));
        }
        let media_type = Document::read(&name, &bytes)?.media_type().to_owned();
        let top = Descriptor::new(&media_type, digest.clone(), bytes.len() as u64);
        Ok(Self { name, from: From::Remote(remote), top: vec![top], known: Some((digest, bytes)) })
    }

    /// The image for a platform.
    ///
    /// # Errors
    /// If there is none, or there are several of which none is the one that is meant.
    pub(super) async fn image(&self, wanted: &Platform) -> Result<Image> {
        let all = self.candidates().await?;
        let fit: Vec<&Candidate> = all.iter().filter(|c| c.platform.is_for(wanted)).collect();
        // Of several that fit, OCI takes the first (image index specification); the very one goes before.
        let very = fit.iter().find(|c| c.platform == *wanted);
        let Some(chosen) = very.or(fit.first()) else {
            let mut there: Vec<Platform> = all.into_iter().map(|c| c.platform).collect();
            there.sort();
            there.dedup();
            return Err(wrong_platform(&self.name, wanted, &there));
        };
        let is_other = |c: &&Candidate| c.top != chosen.top && c.descriptor.digest != chosen.descriptor.digest;
        if fit.iter().any(is_other) {
            let name = |c: &&Candidate| self.top[c.top].name().unwrap_or("one without a name");
            let names: Vec<&str> = fit.iter().map(name).collect();
            return Err(several(&self.name, &names));
        }
        self.assemble(&chosen.descriptor).await?.for_platform(&self.name, wanted)
    }

    /// The first image, whatever its platform.
    ///
    /// # Errors
    /// If there is none.
    pub(super) async fn first(&self) -> Result<Image> {
        let all = self.candidates().await?;
        self.assemble(&all[0].descriptor).await
    }

    /// The platform and the manifest's digest of each image.
    ///
    /// # Errors
    /// If there is none.
    pub(super) async fn images(&self) -> Result<Vec<(Platform, String)>> {
        let all = self.candidates().await?.into_iter();
        let images = all.map(|c| (c.platform, c.descriptor.digest.to_string()));
        Ok(images.collect())
    }

    /// The digest of what the tag names: of an index its own.
    pub(super) fn digest(&self) -> &Digest {
        &self.top[0].digest
    }

    /// Every image that is there, in the order of the indexes; at least one.
    async fn candidates(&self) -> Result<Vec<Candidate>> {
        let mut found = Vec::new();
        let mut queue: VecDeque<(usize, Descriptor)> = self.top.iter().cloned().enumerate().collect();
        let mut seen = BTreeSet::new();
        while let Some((top, descriptor)) = queue.pop_front() {
            // An index may name others, and those others again, as often as it likes.
            let is_new = seen.insert((descriptor.digest.clone(), descriptor.platform()));
            if !is_new || descriptor.is_attestation() {
                continue;
            }
            if seen.len() > MOST {
                return Err(self.corrupt(format!("names more than {MOST} images")));
            }
            if descriptor.is_index() {
                // An archive may list what it doesn't hold: images of other platforms, which were never pulled.
                let Some(bytes) = self.document(&descriptor).await? else {
                    continue;
                };
                let index = Document::read(&self.name, &bytes)?;
                for inner in index.manifests.unwrap_or_default().into_iter().rev() {
                    queue.push_front((top, inner));
                }
            } else if let Some(platform) = self.platform(&descriptor).await? {
                found.push(Candidate { platform, descriptor, top });
            }
        }
        if found.is_empty() {
            return Err(self.corrupt("holds no container image"));
        }
        Ok(found)
    }

    /// The platform of an image, by its descriptor, else by its config; none if it isn't there or is no image.
    async fn platform(&self, descriptor: &Descriptor) -> Result<Option<Platform>> {
        if let (Some(platform), From::Remote(_)) = (descriptor.platform(), &self.from) {
            return Ok(Some(platform));
        }
        let Some(manifest) = self.document(descriptor).await? else {
            return Ok(None);
        };
        if let Some(platform) = descriptor.platform() {
            return Ok(Some(platform));
        }
        let Some(config) = Document::read(&self.name, &manifest)?.config else {
            return Ok(None);
        };
        // Signatures and charts are kept like images, with configs of their own.
        let config = self.document(&config).await?.and_then(|bytes| Config::read(&self.name, &bytes).ok());
        Ok(config.and_then(|config| config.platform()))
    }

    /// An image with all of its blobs in their places.
    async fn assemble(&self, descriptor: &Descriptor) -> Result<Image> {
        let body = self.whole(descriptor).await?;
        let manifest = Document::read(&self.name, &body)?;
        let no_image = || self.corrupt("isn't a container image");
        let config = manifest.config.clone().ok_or_else(no_image)?;
        let bytes = self.whole(&config).await?;
        let stated = Config::read(&self.name, &bytes)?.platform();
        let platform = stated.ok_or_else(no_image)?;
        let (mut blobs, mut size) = (Vec::new(), 0_u64);
        for descriptor in [&config].into_iter().chain(&manifest.layers) {
            let sum = size.checked_add(descriptor.size);
            size = sum.ok_or_else(|| self.corrupt("says that it is larger than any image"))?;
            blobs.push(self.blob(descriptor).await?);
        }
        Ok(Image::new(body, &manifest, platform, blobs))
    }

    async fn blob(&self, descriptor: &Descriptor) -> Result<Blob> {
        let at = match &self.from {
            From::Remote(remote) => BlobSource::Remote(remote.clone()),
            From::Files(files) => {
                let extent = extent(files.clone(), descriptor.clone()).await?;
                BlobSource::File(extent.ok_or_else(|| self.missing(descriptor))?)
            }
        };
        Ok(Blob { digest: descriptor.digest.clone(), size: descriptor.size, at })
    }

    async fn whole(&self, descriptor: &Descriptor) -> Result<Bytes> {
        self.document(descriptor).await?.ok_or_else(|| self.missing(descriptor))
    }

    /// A document, checked by its digest; none if an archive or a layout doesn't hold it.
    async fn document(&self, descriptor: &Descriptor) -> Result<Option<Bytes>> {
        let digest = &descriptor.digest;
        if let Some((known, bytes)) = &self.known
            && known == digest
        {
            return Ok(Some(bytes.clone()));
        }
        if descriptor.size > LARGEST {
            let size = descriptor.size;
            return Err(self.corrupt(format!("names a document of {size} bytes, which is none")));
        }
        let bytes = match &self.from {
            From::Remote(remote) if descriptor.is_manifest() => remote.manifest(digest.as_str()).await?,
            From::Remote(remote) => remote.small(digest, descriptor.size).await?,
            From::Files(files) => {
                let Some(extent) = extent(files.clone(), descriptor.clone()).await? else {
                    return Ok(None);
                };
                let name = self.name.clone();
                blocking(move || read(&name, &extent)).await?
            }
        };
        if Digest::of_bytes(&bytes) == *digest {
            Ok(Some(bytes))
        } else {
            Err(self.corrupt(format!("holds something else under {digest}")))
        }
    }

    fn missing(&self, descriptor: &Descriptor) -> RegistryError {
        self.corrupt(format!("lacks {} of the image", descriptor.digest))
    }

    fn corrupt(&self, message: impl Into<String>) -> RegistryError {
        RegistryError::new(ErrorKind::Corrupt, &self.name, message)
    }
}

/// The place of a blob in a layout.
async fn extent(files: Files, descriptor: Descriptor) -> Result<Option<Extent>> {
    blocking(move || {
        let digest = &descriptor.digest;
        match files.extent(&format!("blobs/sha256/{}", digest.hex()))? {
            Some(extent) if extent.size != descriptor.size => {
                let (has, of) = (extent.size, descriptor.size);
                let message = format!("holds {has} bytes of {digest}, which has {of}");
                Err(RegistryError::new(ErrorKind::Corrupt, &files.name, message))
            }
            found => Ok(found),
        }
    })
    .await
}

/// A whole file.
fn read(name: &str, extent: &Extent) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let file = extent.open().map(|file| file.take(LARGEST));
    let read = file.and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| read_error(name, &error))?;
    Ok(bytes.into())
}

/// The error of several images that are there if one is meant.
pub(super) fn several(name: &str, names: &[&str]) -> RegistryError {
    let message = format!("holds several images: {}; keep one in an archive", names.join(", "));
    RegistryError::new(ErrorKind::Other, name, message)
}
