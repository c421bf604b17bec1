//! The calls that read images: Amazon ECR's own, or those of the registry that takes its place.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecr::types::ImageIdentifier;
use futures::future::try_join_all;
use serde_json::Value;

use super::{Image, ImageLive};
use crate::cloud::{Cause, Cloud, CloudError, Registry, Result};
use crate::registry::{self, Location, Login, RegistryError};
use crate::resource::{Found, Live, Names, Resource as _, Wanted, listed};
use crate::resources::Repository;

/// The most images that one call takes (BatchGetImage and DescribeImages, API reference).
const BATCH: usize = 100;

/// A tag's manifest at Amazon ECR.
pub(super) struct Manifest {
    pub(super) digest: String,
    pub(super) media_type: Option<String>,
    pub(super) text: String,
}

/// Reads the wanted images, repository by repository.
pub(super) async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Image>], names: &Names) -> Result<Vec<Found<ImageLive>>> {
    let mut by_name: BTreeMap<&str, Vec<&Wanted<'_, Image>>> = BTreeMap::new();
    for one in wanted {
        if let Some(name) = names.get(&one.spec.repository.address()) {
            by_name.entry(name).or_default().push(one);
        }
    }
    let mut there = listed::<Repository>(cloud).await?;
    there.retain(|live| by_name.contains_key(live.name.as_str()));
    let images = there.iter().map(|repository| {
        let wanted = &by_name[repository.name.as_str()];
        async move {
            let images = match &cloud.registry {
                Registry::At { .. } => {
                    try_join_all(wanted.iter().map(|one| async {
                        let looked = look(cloud, repository, &[(one.spec, one.source)]).await;
                        // A registry answers for one image, and not for a call of many.
                        let mut images = looked.map_err(|error| error.about(one.address))?;
                        Ok::<_, CloudError>(images.pop().flatten())
                    }))
                    .await?
                }
                _ => {
                    let images: Vec<Sought<'_>> = wanted.iter().map(|one| (one.spec, one.source)).collect();
                    look(cloud, repository, &images).await?
                }
            };
            let found = wanted.iter().zip(images).filter_map(|(one, live)| Some((*one, live?)));
            Ok::<_, CloudError>(found.collect::<Vec<_>>())
        }
    });
    let images = try_join_all(images).await?;
    let found = there.iter().zip(images).flat_map(|(repository, images)| {
        images.into_iter().map(|(one, live)| Found::untagged(one.address, one.name, live, &repository.arn))
    });
    Ok(found.collect())
}

/// An image that is looked for, with the digest of what it was found to be made from.
pub(super) type Sought<'a> = (&'a Image, Option<&'a str>);

/// Returns the image under the tag of each of `images` in `repository`.
pub(super) async fn look(cloud: &Cloud, repository: &Live, images: &[Sought<'_>]) -> Result<Vec<Option<ImageLive>>> {
    let found = match place(cloud, repository) {
        Some(place) => try_join_all(images.iter().map(|image| look_at(&place, repository, *image))).await?,
        None => look_in_ecr(cloud, repository, images).await?,
    };
    let made = Repository::incarnation(repository);
    let found = found.into_iter().map(|live| live.map(|live| ImageLive { repository: made.clone(), ..live }));
    Ok(found.collect())
}

/// The place of `repository` in the registry that takes ECR's; none if there is no such registry.
pub(super) fn place(cloud: &Cloud, repository: &Live) -> Option<Location> {
    let Registry::At { host, scheme } = &cloud.registry else {
        return None;
    };
    Some(Location { host: host.clone(), repository: repository.name.clone(), scheme: *scheme })
}

async fn look_at(place: &Location, repository: &Live, (image, source): Sought<'_>) -> Result<Option<ImageLive>> {
    let inspect =
        async |tag: &str| registry::inspect(place, &Login::Anonymous, tag).await.map_err(|error| told(&error));
    let Some(found) = inspect(image.tag()).await? else {
        return Ok(None);
    };
    let uri = format!("{}:{}", repository.text("repositoryUri"), image.tag());
    let mut live = ImageLive::new(uri, &found.digest, &Value::Null);
    let platforms = found.images.into_iter();
    live.platforms = platforms.map(|(of, digest)| (format!("{}/{}", of.os, of.architecture), digest)).collect();
    // A registry doesn't list the tags of an image, so that only the one is looked for that matters.
    if let Some(label) = source.map(|source| image.label(source)) {
        let labelled = inspect(&label).await?;
        let is_same = labelled.is_some_and(|labelled| labelled.digest == found.digest);
        live = live.tagged(is_same.then_some(label.as_str()));
    }
    Ok(Some(live))
}

async fn look_in_ecr(cloud: &Cloud, repository: &Live, images: &[Sought<'_>]) -> Result<Vec<Option<ImageLive>>> {
    let asked: BTreeSet<&str> = images.iter().map(|(image, _)| image.tag()).collect();
    let asked: Vec<&str> = asked.into_iter().collect();
    let manifests = manifests(cloud, &repository.name, &asked).await?;
    let digests: BTreeSet<&str> = manifests.values().map(|one| one.digest.as_str()).collect();
    let tags = tags(cloud, &repository.name, digests).await?;
    let found = images.iter().map(|(image, _)| {
        let manifest = manifests.get(image.tag())?;
        let uri = format!("{}:{}", repository.text("repositoryUri"), image.tag());
        let document = serde_json::from_str(&manifest.text).unwrap_or_default();
        let live = ImageLive::new(uri, &manifest.digest, &document);
        let tags = tags.get(&manifest.digest).into_iter().flatten();
        Some(live.tagged(tags.map(String::as_str)))
    });
    Ok(found.collect())
}

/// Returns the manifests under these tags, by tag. Tags that aren't there are left out.
pub(super) async fn manifests(cloud: &Cloud, repository: &str, tags: &[&str]) -> Result<BTreeMap<String, Manifest>> {
    let batches = tags.chunks(BATCH).map(|batch| async move {
        let ids = batch.iter().map(|tag| ImageIdentifier::builder().image_tag(*tag).build());
        let call = cloud.ecr.batch_get_image().repository_name(repository);
        let call = call.set_image_ids(Some(ids.collect())).send();
        match call.await.map_err(CloudError::from) {
            Ok(answer) => Ok(answer.images.unwrap_or_default()),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    });
    let images = try_join_all(batches).await?.into_iter().flatten();
    let manifests = images.filter_map(|image| {
        let id = image.image_id?;
        let manifest = Manifest {
            digest: id.image_digest?,
            media_type: image.image_manifest_media_type,
            text: image.image_manifest?,
        };
        Some((id.image_tag?, manifest))
    });
    Ok(manifests.collect())
}

/// All tags of the images with these digests.
async fn tags(cloud: &Cloud, repository: &str, digests: BTreeSet<&str>) -> Result<BTreeMap<String, Vec<String>>> {
    let digests: Vec<&str> = digests.into_iter().collect();
    let batches = digests.chunks(BATCH).map(|batch| async move {
        let ids = batch.iter().map(|digest| ImageIdentifier::builder().image_digest(*digest).build());
        let call = cloud.ecr.describe_images().repository_name(repository);
        let call = call.set_image_ids(Some(ids.collect())).send();
        match call.await.map_err(CloudError::from) {
            Ok(answer) => Ok(answer.image_details.unwrap_or_default()),
            // One that was deleted since fails the whole call; its tags are gone with it.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    });
    let details = try_join_all(batches).await?.into_iter().flatten();
    let tags = details.filter_map(|one| Some((one.image_digest?, one.image_tags.unwrap_or_default())));
    Ok(tags.collect())
}

/// An error of a registry as one of a call.
pub(super) fn told(error: &RegistryError) -> CloudError {
    CloudError::own_at("registry", Cause::Registry(error.meaning()), error.to_string())
}
