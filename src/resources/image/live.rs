//! AWS's description of an image.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Image, pretend, read_label};

/// AWS's description of the image under one tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageLive {
    /// The name by which tasks pull, as in `123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:latest`.
    pub uri: String,
    /// The mark that tells the repository from another that has its name later.
    pub repository: String,
    /// The digest of the image's manifest.
    pub digest: String,
    /// The platforms that the image is known to run on, each with the digest of its manifest. An index has several; of
    /// a single manifest only labform's own tags tell.
    pub platforms: BTreeMap<String, String>,
    /// The tags that labform has given the image: each names the platform and the source that it was pushed for.
    pub labels: BTreeSet<String>,
    /// The digest of the source that the image stands for, if nobody built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretended_of: Option<String>,
}

impl ImageLive {
    /// The image with this digest and manifest.
    pub(super) fn new(uri: String, digest: &str, manifest: &Value) -> Self {
        let children = manifest["manifests"].as_array().into_iter().flatten();
        let platforms = children.filter_map(|child| {
            let part = |name: &str| child["platform"][name].as_str();
            // What says how an image was built stands beside it for no platform.
            let os = part("os").filter(|os| *os != "unknown")?;
            let platform = format!("{os}/{}", part("architecture")?);
            Some((platform, child["digest"].as_str()?.to_owned()))
        });
        Self {
            uri,
            digest: digest.to_owned(),
            platforms: platforms.collect(),
            pretended_of: pretend::source(manifest),
            ..Self::default()
        }
    }

    /// The same image with all its tags known.
    pub(super) fn tagged<'a>(mut self, tags: impl IntoIterator<Item = &'a str>) -> Self {
        for tag in tags {
            if let Some((platform, _)) = read_label(tag) {
                self.platforms.insert(platform, self.digest.clone());
                self.labels.insert(tag.to_owned());
            }
        }
        self
    }

    /// Returns whether the image runs on `platform`, as far as that is known.
    pub(super) fn runs_on(&self, platform: &str) -> bool {
        self.platforms.is_empty() || self.platforms.contains_key(platform)
    }

    /// Returns whether this is what `image` is made from, which has the digest `source` now. An image from an archive
    /// or another registry keeps its digest, so that neither who pushed it matters nor what a label says; of a build
    /// the label alone tells.
    pub(super) fn is_of(&self, image: &Image, source: &str) -> bool {
        if image.context.is_some() {
            return self.labels.contains(&image.label(source));
        }
        self.has(source) || self.pretended_of.as_deref() == Some(source)
    }

    /// Returns whether the image is, or for some platform has, the manifest with this digest.
    pub fn has(&self, digest: &str) -> bool {
        self.digest == digest || self.platforms.values().any(|of| of == digest)
    }

    /// The beginning of the digest of what the image was made of, if labform pushed it.
    pub(super) fn made_of(&self) -> Option<&str> {
        let last = self.labels.last()?;
        read_label(last).map(|(_, source)| source)
    }

    /// The image's digest and its platforms, in words.
    pub(super) fn summary(&self) -> String {
        let digest = self.digest.get(..19).unwrap_or(&self.digest);
        let platforms: Vec<&str> = self.platforms.keys().map(String::as_str).collect();
        match platforms.is_empty() {
            true => digest.to_owned(),
            false => format!("{digest} for {}", platforms.join(", ")),
        }
    }
}
