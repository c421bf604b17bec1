//! The documents that an image is made of: descriptors, manifests, indexes, configs.
//!
//! The documents are read leniently, because others write them and add to them; their bytes are kept as they are.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ErrorKind, Platform, RegistryError};

/// The media type of an OCI manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an OCI image's config.
pub(super) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The media type of an OCI layer that isn't compressed.
pub(super) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The media types that a registry is asked for: all kinds of manifests that are understood.
pub(super) const ACCEPTED: [&str; 4] = [MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX];

/// The largest document: registries take no larger manifest than 4 MiB (OCI distribution specification, "Pushing
/// Manifests").
pub(super) const LARGEST: u64 = 4 << 20;

/// A SHA-256 digest, as in `sha256:` and 64 hexadecimal digits. A digest may stand in a URL and in a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(super) struct Digest(String);

impl Digest {
    /// The digest of what was hashed.
    pub(super) fn of(hash: Sha256) -> Self {
        let bytes = hash.finalize();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("sha256:{hex}"))
    }

    /// The digest of these bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self::of(Sha256::new_with_prefix(bytes))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone.
    pub(super) fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }
}

/// A manifest, byte for byte.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) body: Bytes,
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        match text.strip_prefix("sha256:") {
            Some(hex) if hex.len() == 64 && hex.chars().all(is_digit) => Ok(Self(text)),
            _ => Err(format!("`{text}` is no SHA-256 digest")),
        }
    }
}

/// A pointer to a document or a layer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
    #[serde(default, skip_serializing)]
    platform: Option<Stated>,
    #[serde(default, skip_serializing)]
    annotations: Option<BTreeMap<String, String>>,
}

impl Descriptor {
    pub(super) fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self { media_type: media_type.to_owned(), digest, size, platform: None, annotations: None }
    }

    pub(super) fn is_index(&self) -> bool {
        [INDEX, DOCKER_INDEX].contains(&self.media_type.as_str())
    }

    /// Returns whether a registry keeps the thing with its manifests, and not with its blobs.
    pub(super) fn is_manifest(&self) -> bool {
        ACCEPTED.contains(&self.media_type.as_str())
    }

    /// The platform, if the descriptor says it.
    pub(super) fn platform(&self) -> Option<Platform> {
        self.platform.as_ref()?.platform()
    }

    /// Returns whether the thing is of no platform at all: an attestation, which buildx puts beside each image.
    pub(super) fn is_attestation(&self) -> bool {
        let unknown = |platform: Platform| platform.os == "unknown";
        self.platform().is_some_and(unknown) || self.note("vnd.docker.reference.type").is_some()
    }

    /// The name under which an archive keeps an image.
    pub(super) fn name(&self) -> Option<&str> {
        self.note("io.containerd.image.name").or_else(|| self.note("org.opencontainers.image.ref.name"))
    }

    fn note(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }
}

/// A platform as a descriptor or a config states it.
#[derive(Clone, Debug, Deserialize)]
struct Stated {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

impl Stated {
    fn platform(&self) -> Option<Platform> {
        let (os, architecture) = (self.os.as_deref()?, self.architecture.as_deref()?);
        let is_stated = !os.is_empty() && !architecture.is_empty();
        is_stated.then(|| Platform::new(os, architecture, self.variant.as_deref()))
    }
}

/// A manifest or an index: its fields tell which of them, because OCI lets the media type be left out.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    schema_version: u32,
    media_type: Option<String>,
    #[serde(default)]
    pub(super) config: Option<Descriptor>,
    #[serde(default)]
    pub(super) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing)]
    pub(super) manifests: Option<Vec<Descriptor>>,
}

impl Document {
    /// An OCI manifest.
    pub(super) fn manifest(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: Some(MANIFEST.to_owned()), config: Some(config), layers, manifests: None }
    }

    /// Reads a manifest or an index.
    ///
    /// # Errors
    /// If the bytes are neither of them in version 2, or `place` holds something that isn't JSON.
    pub(super) fn read(place: &str, bytes: &[u8]) -> Result<Self, RegistryError> {
        let document: Self = read(place, "manifest", bytes)?;
        if document.schema_version != 2 {
            let version = document.schema_version;
            let message = format!("is a manifest of version {version}, which nothing reads any more");
            return Err(RegistryError::new(ErrorKind::Corrupt, place, message));
        }
        Ok(document)
    }

    /// The media type.
    pub(super) fn media_type(&self) -> &str {
        match (&self.media_type, &self.manifests) {
            (Some(media_type), _) => media_type,
            (None, Some(_)) => INDEX,
            (None, None) => MANIFEST,
        }
    }
}

/// The parts of an image's config that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(default)]
    rootfs: Option<RootFs>,
}

#[derive(Debug, Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<Digest>,
}

impl Config {
    /// Reads a config.
    ///
    /// # Errors
    /// If the bytes aren't JSON.
    pub(super) fn read(place: &str, bytes: &[u8]) -> Result<Self, RegistryError> {
        read(place, "config", bytes)
    }

    /// The platform that the image runs on; none for what is no container image.
    pub(super) fn platform(&self) -> Option<Platform> {
        let stated =
            Stated { os: self.os.clone(), architecture: self.architecture.clone(), variant: self.variant.clone() };
        stated.platform()
    }

    /// The digests of the layers before they were compressed.
    pub(super) fn diff_ids(&self) -> &[Digest] {
        self.rootfs.as_ref().map_or(&[], |rootfs| rootfs.diff_ids.as_slice())
    }
}

/// Reads a document that `place` holds.
///
/// # Errors
/// If the document isn't what it is said to be.
pub(super) fn read<'a, T: Deserialize<'a>>(place: &str, what: &str, bytes: &'a [u8]) -> Result<T, RegistryError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("holds no {what} that can be read: {error}");
        RegistryError::new(ErrorKind::Corrupt, place, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_can_do_no_harm_in_a_path() {
        let digest = Digest::of_bytes(b"");
        assert_eq!(digest.as_str(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert!(Digest::try_from(digest.as_str().to_owned()).is_ok());
        for text in ["", "sha256:", "sha256:../../etc/passwd", "sha512:00", "md5:x"] {
            assert!(Digest::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn attestations_are_told_from_images() {
        let digest = Digest::of_bytes(b"");
        let descriptor = |rest: &str| -> Descriptor {
            let json = format!(r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":2{rest}}}"#);
            serde_json::from_str(&json).unwrap()
        };
        let unknown = r#","platform":{"os":"unknown","architecture":"unknown"}"#;
        assert!(descriptor(unknown).is_attestation());
        let noted = r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#;
        assert!(descriptor(noted).is_attestation());
        let image = descriptor(r#","platform":{"os":"linux","architecture":"arm64","variant":"v8"}"#);
        assert!(!image.is_attestation());
        assert_eq!(image.platform().unwrap().to_string(), "linux/arm64/v8");
        assert!(descriptor("").platform().is_none());
    }

    #[test]
    fn a_manifest_without_its_media_type_is_told_by_its_fields() {
        let media_type = |json: &str| Document::read("place", json.as_bytes()).unwrap().media_type().to_owned();
        assert_eq!(media_type(r#"{"schemaVersion":2,"manifests":[]}"#), INDEX);
        assert_eq!(media_type(r#"{"schemaVersion":2,"layers":[]}"#), MANIFEST);
        let old = Document::read("place", br#"{"schemaVersion":1}"#).unwrap_err();
        assert_eq!(old.kind, ErrorKind::Corrupt);
    }
}
