//! What scans of the lab's images found.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::json;

use super::detail::ScanDetail;
use crate::cloud::{Cloud, ECR, Result};
use crate::live::Reading;
use crate::model::Address;
use crate::resources::{Image, ImageLive, Repository, ecs_text as text};

/// Asks for the scan of each image in a repository that scans what is pushed. One that has none is left out.
pub(super) async fn scans(cloud: &Cloud, reading: &Reading) -> Vec<(Address, Result<Vec<ScanDetail>>)> {
    let repositories = reading.live.all::<Repository>().map(|(_, live)| live);
    let scanning = repositories.filter(|live| live.document["imageScanningConfiguration"]["scanOnPush"] == true);
    let names: BTreeMap<&str, &str> = scanning.map(|live| (live.text("repositoryUri"), live.name.as_str())).collect();
    let images = reading.live.all::<Image>().filter_map(|(object, live)| {
        let (repository, _) = live.uri.rsplit_once(':')?;
        Some((&object.address, *names.get(repository)?, live))
    });
    join_all(images.map(|(address, repository, live)| async move {
        (address.clone(), of_image(cloud, address, repository, live).await)
    }))
    .await
}

async fn of_image(cloud: &Cloud, address: &Address, repository: &str, live: &ImageLive) -> Result<Vec<ScanDetail>> {
    let mut digests: BTreeSet<&str> = live.platforms.values().map(String::as_str).collect();
    if digests.is_empty() {
        digests.insert(&live.digest);
    }
    let mut found = Vec::new();
    for digest in digests {
        let asked = json!({"repositoryName": repository, "imageId": {"imageDigest": digest}, "maxResults": 1});
        let answer = match cloud.call(&ECR, "DescribeImageScanFindings", asked).await {
            Err(error) if error.is_not_found() => continue,
            answer => answer?,
        };
        let counts = answer["imageScanFindings"]["findingSeverityCounts"].as_object().into_iter().flatten();
        let counts = counts.filter_map(|(severity, count)| Some((severity.clone(), count.as_i64()?)));
        found.push(ScanDetail {
            address: address.clone(),
            digest: digest.to_owned(),
            state: text(&answer["imageScanStatus"], "status"),
            reason: text(&answer["imageScanStatus"], "description"),
            findings: counts.collect(),
        });
    }
    Ok(found)
}
