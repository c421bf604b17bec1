//! The archives of `docker save`: a list of images, each a config and layers as tar files, without a manifest.
//!
//! The manifest that the image gets has OCI's form, holds nothing but what the archive's bytes decide, and is always
//! written in the same order, so that the same archive has the same digest on every machine. Layers stay as they are:
//! compressing them would make the digest depend on the compressor's version.

use std::io::{self, Read as _};

use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::document::{self, CONFIG, Config, Descriptor, Digest, Document, LARGEST, LAYER};
use super::files::{Extent, Files, read_error};
use super::image::{Blob, BlobSource, Image};
use super::{ErrorKind, RegistryError};

/// The list's name in the archive.
pub(super) const LIST: &str = "manifest.json";

/// An image in the list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// The image of an archive. Blocks, and hashes layers that are compressed.
///
/// # Errors
/// If the archive holds several images, or not all of one.
pub(super) fn image(files: &Files) -> Result<Image, RegistryError> {
    let list = small(files, LIST)?;
    let mut saved: Vec<Saved> = document::read(&files.name, "list of images", &list)?;
    let saved = match (saved.pop(), saved.len()) {
        (Some(only), 0) => only,
        (None, _) => return Err(corrupt(files, "holds no image")),
        (Some(last), _) => {
            let names = saved.iter().chain([&last]).map(Saved::name);
            let names: Vec<&str> = names.collect();
            return Err(super::content::several(&files.name, &names));
        }
    };
    let body = small(files, &saved.config)?;
    let config = Config::read(&files.name, &body)?;
    let platform = config.platform().ok_or_else(|| corrupt(files, "holds a config that names no platform"))?;
    if config.diff_ids().len() != saved.layers.len() {
        return Err(corrupt(files, "doesn't hold as many layers as its config says"));
    }
    let config_blob = Blob {
        digest: Digest::of_bytes(&body),
        size: body.len() as u64,
        at: BlobSource::File(existing(files, &saved.config)?),
    };
    let layers = saved.layers.iter().zip(config.diff_ids()).map(|(name, plain)| layer(files, name, plain));
    let (types, layers): (Vec<String>, Vec<Blob>) = layers.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let describe = |media_type: &str, blob: &Blob| Descriptor::new(media_type, blob.digest.clone(), blob.size);
    let descriptors = types.iter().zip(&layers);
    let manifest =
        Document::manifest(describe(CONFIG, &config_blob), descriptors.map(|(t, blob)| describe(t, blob)).collect());
    let body = serde_json::to_vec(&manifest).expect("a manifest has nothing that JSON lacks");
    let blobs = [config_blob].into_iter().chain(layers).collect();
    Ok(Image::new(body.into(), &manifest, platform, blobs))
}

impl Saved {
    fn name(&self) -> &str {
        self.repo_tags.as_deref().unwrap_or_default().first().map_or(&self.config, |tag| tag)
    }
}

/// A layer with its media type. Of one that isn't compressed the config says the digest, which is proved when the layer
/// is read.
fn layer(files: &Files, name: &str, plain: &Digest) -> Result<(String, Blob), RegistryError> {
    let extent = existing(files, name)?;
    let wrap = |error: io::Error| read_error(&files.name, &error);
    let suffix = compression(&extent).map_err(wrap)?;
    let digest = match suffix {
        "" => plain.clone(),
        _ => hash(&extent).map_err(wrap)?,
    };
    let blob = Blob { digest, size: extent.size, at: BlobSource::File(extent) };
    Ok((format!("{LAYER}{suffix}"), blob))
}

/// The compression of a layer, as the end of its media type.
fn compression(extent: &Extent) -> io::Result<&'static str> {
    let mut start = Vec::new();
    extent.open()?.take(4).read_to_end(&mut start)?;
    Ok(match start[..] {
        [0x1f, 0x8b, ..] => "+gzip",
        [0x28, 0xb5, 0x2f, 0xfd] => "+zstd",
        _ => "",
    })
}

fn hash(extent: &Extent) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut file = extent.open()?;
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Digest::of(hash)),
            read => hash.update(&piece[..read]),
        }
    }
}

/// A small file.
fn small(files: &Files, name: &str) -> Result<Bytes, RegistryError> {
    let extent = existing(files, name)?;
    if extent.size > LARGEST {
        return Err(corrupt(files, format!("holds a {name} of {} bytes", extent.size)));
    }
    let mut bytes = Vec::new();
    let read = extent.open().and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| read_error(&files.name, &error))?;
    Ok(bytes.into())
}

fn existing(files: &Files, name: &str) -> Result<Extent, RegistryError> {
    files.extent(name)?.ok_or_else(|| corrupt(files, format!("lacks its file {name}")))
}

fn corrupt(files: &Files, message: impl Into<String>) -> RegistryError {
    RegistryError::new(ErrorKind::Corrupt, &files.name, message)
}
