//! Images: digests, tags and manifests, without layers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{REPOSITORIES, Repository, repository, repository_ref};
use crate::account::{Account, seconds};
use crate::ids::hash;
use crate::input::{self, need, text};
use crate::shelf::Thing;
use crate::wire::{Answer, Fault, invalid};

const MEDIA_TYPE: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// An image of a repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Image {
    tags: BTreeSet<String>,
    pushed: i64,
    manifest: String,
    /// What a scan found, by severity, if one was made that could tell.
    #[serde(default)]
    findings: Option<BTreeMap<String, i64>>,
    /// Whether it was scanned when it was pushed.
    #[serde(default)]
    is_scanned: bool,
}

impl Account {
    /// Puts an image that never was into a repository, as `docker push` would. Returns its digest; `None` if there is
    /// no such repository, or if its tags are immutable and this one is taken.
    pub fn push_pretended_image(&mut self, region: &str, repository: &str, tag: &str) -> Option<String> {
        self.enter(region);
        let config = format!("sha256:{}", hash(&self.unique_hex(64)));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": { "mediaType": "application/vnd.docker.container.image.v1+json", "digest": config },
            "layers": [],
        })
        .to_string();
        let digest = format!("sha256:{}", hash(&manifest));
        let now = self.now;
        let repository = self.all_mut::<Thing<Repository>>().get_mut(repository)?;
        let taken = repository.images.values().any(|image| image.tags.contains(tag));
        if taken && repository.fixes(tag) {
            return None;
        }
        for image in repository.images.values_mut() {
            image.tags.remove(tag);
        }
        let is_scanned = repository.scan_on_push;
        let image = Image { tags: [tag.to_owned()].into(), pushed: now, manifest, findings: None, is_scanned };
        repository.images.insert(digest.clone(), image);
        Some(digest)
    }

    /// Lets the scan of the image under `tag` have found this, by severity.
    #[cfg(any(test, feature = "testing"))]
    pub fn scan_finds(&mut self, region: &str, repository: &str, tag: &str, findings: &[(&str, i64)]) {
        self.enter(region);
        let Some(repository) = self.all_mut::<Thing<Repository>>().get_mut(repository) else { return };
        for image in repository.images.values_mut().filter(|image| image.tags.contains(tag)) {
            image.is_scanned = true;
            image.findings = Some(findings.iter().map(|(severity, count)| ((*severity).to_owned(), *count)).collect());
        }
    }
}

/// `DescribeImageScanFindings`: an image without layers has no operating system, and its scan ends with that.
pub(super) fn scan_findings(account: &Account, input: &Value) -> Answer {
    let (name, repository) = repository_ref(account, input)?;
    let id = &input["imageId"];
    let missing = |code: &str, words: &str| {
        let registry = &account.id;
        let message = format!(
            "{words} for the image with '{}' in the repository with name '{name}' in the registry with id '{registry}'",
            in_words(id)
        );
        Fault::client(code, message)
    };
    let digest = find(repository, id).ok_or_else(|| missing("ImageNotFoundException", "There is no image"))?;
    let image = &repository.images[&digest];
    if !image.is_scanned {
        return Err(missing("ScanNotFoundException", "Image scan does not exist"));
    }
    let (status, description) = match image.findings {
        Some(_) => ("COMPLETE", "The scan was completed successfully."),
        None => (
            "UNSUPPORTED_IMAGE",
            "UnsupportedImageError: The operating system and/or package manager are not supported.",
        ),
    };
    let mut answer = json!({
        "registryId": account.id,
        "repositoryName": name,
        "imageId": { "imageDigest": digest },
        "imageScanStatus": { "status": status, "description": description },
    });
    if let Some(counts) = &image.findings {
        answer["imageScanFindings"] = json!({ "findings": [], "findingSeverityCounts": counts });
    }
    Ok(answer)
}

/// `PutImage`: a tag moves from the image that had it. The layers of a manifest have to be there; none ever are, so that
/// only a manifest is taken which says in its annotations that it is pretended.
pub(super) fn put(account: &mut Account, input: &Value) -> Answer {
    let (registry, now) = (account.id.clone(), account.now);
    let (name, repository) = repository(account, input)?;
    let manifest = need(input, "imageManifest")?;
    let document: Value = serde_json::from_str(&manifest).unwrap_or_default();
    if document["schemaVersion"] != 2 {
        return Err(invalid(
            "Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Invalid image manifest'",
        ));
    }
    let digest = format!("sha256:{}", hash(&manifest));
    if text(input, "imageDigest").is_some_and(|given| given != digest) {
        let message = format!("The provided digest does not match the calculated digest '{digest}'");
        return Err(Fault::client("ImageDigestDoesNotMatchException", message));
    }
    if document["annotations"]["pretended"].is_null() {
        let message = format!("Layers with digests '[{}]' do not exist", layers(&document));
        return Err(Fault::client("LayersNotFoundException", message));
    }
    let tag = text(input, "imageTag");
    let holds = |image: &Image| tag.as_ref().is_none_or(|tag| image.tags.contains(tag));
    if repository.images.get(&digest).is_some_and(holds) {
        let message = format!(
            "Image with digest '{digest}' and tag '{}' already exists in the repository with name '{name}' in registry \
             with id '{registry}'",
            tag.as_deref().unwrap_or("null")
        );
        return Err(Fault::client("ImageAlreadyExistsException", message));
    }
    if let Some(tag) = &tag {
        let taken = repository.images.iter().find(|(_, image)| image.tags.contains(tag));
        if let Some((other, _)) = taken.filter(|_| repository.fixes(tag)) {
            let message = format!(
                "The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because the \
                 repository is immutable. It belongs to the image with digest '{other}'"
            );
            return Err(Fault::client("ImageTagAlreadyExistsException", message));
        }
        for image in repository.images.values_mut() {
            image.tags.remove(tag);
        }
    }
    let is_scanned = repository.scan_on_push;
    let image = repository.images.entry(digest.clone()).or_insert_with(|| Image {
        tags: BTreeSet::new(),
        pushed: now,
        manifest: manifest.clone(),
        findings: None,
        is_scanned,
    });
    image.tags.extend(tag.clone());
    let mut id = json!({ "imageDigest": digest });
    if let Some(tag) = tag {
        id["imageTag"] = json!(tag);
    }
    Ok(json!({ "image": {
        "registryId": registry, "repositoryName": name, "imageId": id, "imageManifest": manifest,
        "imageManifestMediaType": document["mediaType"].as_str().unwrap_or(MEDIA_TYPE),
    } }))
}

fn layers(manifest: &Value) -> String {
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let all = [&manifest["config"]].into_iter().chain(layers);
    let digests: Vec<&str> = all.filter_map(|one| one["digest"].as_str()).collect();
    digests.join(", ")
}

/// `ListImages`: an entry for each tag, and one for each image without any.
pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let (_, repository) = repository_ref(account, input)?;
    let status = input.get("filter").and_then(|filter| text(filter, "tagStatus"));
    let mut ids = Vec::new();
    for (digest, image) in &repository.images {
        if !wanted(status.as_deref(), image) {
            continue;
        }
        ids.extend(image.tags.iter().map(|tag| json!({ "imageDigest": digest, "imageTag": tag })));
        if image.tags.is_empty() {
            ids.push(json!({ "imageDigest": digest }));
        }
    }
    REPOSITORIES.pages.of(account, input, "imageIds", ids, |id| id)
}

/// `DescribeImages`: one missing image fails the call.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let (name, repository) = repository_ref(account, input)?;
    let status = input.get("filter").and_then(|filter| text(filter, "tagStatus"));
    let asked = list_ids(input);
    let mut digests = BTreeSet::new();
    for id in asked {
        let digest = find(repository, id).ok_or_else(|| {
            let message = format!(
                "The image with imageId {} does not exist within the repository with name '{name}' in the registry \
                 with id '{}'",
                in_words(id),
                account.id
            );
            Fault::client("ImageNotFoundException", message)
        })?;
        digests.insert(digest);
    }
    let images = repository.images.iter();
    let shown = images
        .filter(|(digest, image)| (asked.is_empty() || digests.contains(*digest)) && wanted(status.as_deref(), image))
        .map(|(digest, image)| {
            let mut shown = json!({
                "registryId": account.id,
                "repositoryName": name,
                "imageDigest": digest,
                "imageSizeInBytes": image.manifest.len(),
                "imagePushedAt": seconds(image.pushed),
                "imageManifestMediaType": MEDIA_TYPE,
            });
            if !image.tags.is_empty() {
                shown["imageTags"] = json!(image.tags);
            }
            shown
        });
    // A page is of what was not asked for by name.
    match asked {
        [] => REPOSITORIES.pages.of(account, input, "imageDetails", shown.collect::<Vec<_>>(), |shown| shown),
        _ => Ok(json!({ "imageDetails": shown.collect::<Value>() })),
    }
}

/// `BatchGetImage`: a missing image is a failure inside a success.
pub(super) fn batch_get(account: &Account, input: &Value) -> Answer {
    let (name, repository) = repository_ref(account, input)?;
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    for id in required_ids(input)? {
        match find(repository, id) {
            None => failures.push(not_found(id)),
            Some(digest) => {
                let mut full = id.clone();
                full["imageDigest"] = json!(digest);
                images.push(json!({
                    "registryId": account.id,
                    "repositoryName": name,
                    "imageId": full,
                    "imageManifest": repository.images[&digest].manifest,
                    "imageManifestMediaType": MEDIA_TYPE,
                }));
            }
        }
    }
    Ok(json!({ "images": images, "failures": failures }))
}

/// `BatchDeleteImage`: a tag goes alone unless it is the image's last; a digest takes all its tags with it.
pub(super) fn batch_delete(account: &mut Account, input: &Value) -> Answer {
    let (_, repository) = repository(account, input)?;
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in required_ids(input)? {
        let Some(digest) = find(repository, id) else {
            failures.push(not_found(id));
            continue;
        };
        let mut tags = repository.images.get(&digest).map(|image| image.tags.clone()).unwrap_or_default();
        if let Some(tag) = text(id, "imageTag") {
            tags.retain(|other| *other == tag);
        }
        if let Some(image) = repository.images.get_mut(&digest) {
            image.tags.retain(|tag| !tags.contains(tag));
            if image.tags.is_empty() {
                repository.images.remove(&digest);
            }
        }
        deleted.extend(tags.iter().map(|tag| json!({ "imageDigest": digest, "imageTag": tag })));
        if tags.is_empty() {
            deleted.push(json!({ "imageDigest": digest }));
        }
    }
    Ok(json!({ "imageIds": deleted, "failures": failures }))
}

fn list_ids(request: &Value) -> &[Value] {
    input::list(request, "imageIds")
}

fn required_ids(input: &Value) -> Result<&[Value], Fault> {
    match list_ids(input) {
        [] => {
            Err(invalid("Invalid parameter at 'imageIds' failed to satisfy constraint: 'must have at least 1 element'"))
        }
        ids if ids.len() > 100 => Err(invalid(
            "Invalid parameter at 'imageIds' failed to satisfy constraint: 'must have at most 100 elements'",
        )),
        ids => Ok(ids),
    }
}

/// The digest of the image that an id names: by digest, by tag, or by both if they agree.
pub(super) fn find(repository: &Repository, id: &Value) -> Option<String> {
    let (digest, tag) = (text(id, "imageDigest"), text(id, "imageTag"));
    let fits = |candidate: &String, image: &Image| {
        digest.as_ref().is_none_or(|digest| digest == candidate)
            && tag.as_ref().is_none_or(|tag| image.tags.contains(tag))
    };
    repository.images.iter().find(|(candidate, image)| fits(candidate, image)).map(|(digest, _)| digest.clone())
}

fn wanted(status: Option<&str>, image: &Image) -> bool {
    match status {
        Some("TAGGED") => !image.tags.is_empty(),
        Some("UNTAGGED") => image.tags.is_empty(),
        _ => true,
    }
}

fn in_words(id: &Value) -> String {
    let part = |key: &str| text(id, key).unwrap_or_else(|| "null".to_owned());
    format!("{{imageDigest:'{}', imageTag:'{}'}}", part("imageDigest"), part("imageTag"))
}

fn not_found(id: &Value) -> Value {
    json!({ "imageId": id, "failureCode": "ImageNotFound", "failureReason": "Requested image not found" })
}
