//! Images of the embedded account: it has no registry, so that it is told that there is an image, and that it is
//! pretended.

use serde_json::{Value, json};

/// The media type of a manifest (OCI image specification).
pub(super) const MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// The annotation of a pretended image.
const NOTE: &str = "pretended";

/// The manifest of an image that was never built, of a source with the digest `source`.
pub(super) fn manifest(platform: &str, source: &str) -> String {
    let config = json!({
        "mediaType": "application/vnd.oci.image.config.v1+json", "digest": source, "size": 2,
    });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "config": config,
        "layers": [],
        "annotations": { NOTE: format!("nothing was built for {platform}") },
    });
    manifest.to_string()
}

/// The digest of the source that such a manifest stands for; none of any other manifest.
pub(super) fn source(manifest: &Value) -> Option<String> {
    manifest["annotations"][NOTE].as_str()?;
    Some(manifest["config"]["digest"].as_str()?.to_owned())
}
