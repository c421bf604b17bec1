//! The images that a service's tasks run: a tag may have moved to another image since they were started.

use aws_sdk_ecs::types::DesiredStatus;
use serde_json::{Value, json};

use super::live::{Images, ServiceLive};
use crate::cloud::{Cloud, CloudError, ECS, Result};
use crate::model::{AFTER_APPLY, Diff, Effect, Known, Shape};
use crate::resource::{Others, Resource as _};
use crate::resources::Image;
use crate::resources::ecs::{list, text};
use crate::resources::image::tagged;

/// The most tasks that DescribeTasks takes (API reference).
const DESCRIBED: usize = 100;
/// The field that differs if tasks run an older image, in the words of DescribeTasks.
pub(super) const FIELD: &str = "containers.imageDigest";

/// Reads the images that the running tasks of the service's primary deployment have.
///
/// # Errors
/// If the tasks can't be read.
pub(super) async fn read(cloud: &Cloud, live: &ServiceLive) -> Result<Images> {
    let call = cloud.ecs.list_tasks().cluster(&live.cluster_arn).service_name(&live.name).max_results(100);
    let call = call.desired_status(DesiredStatus::Running);
    let tasks = match call.send().await.map_err(CloudError::from) {
        Ok(answer) => answer.task_arns.unwrap_or_default(),
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut images = Images::new();
    // One page tells enough: tasks of one deployment run one image.
    for batch in tasks.chunks(DESCRIBED) {
        let answer = cloud.call(&ECS, "DescribeTasks", json!({"cluster": live.cluster_arn, "tasks": batch})).await?;
        let primary = live.primary().map(|primary| primary.id.clone());
        let current = list(&answer, "tasks")
            .filter(|task| task["lastStatus"] == "RUNNING" && task["startedBy"].as_str() == primary.as_deref());
        for container in current.flat_map(|task| list(task, "containers")) {
            count(&mut images, container);
        }
    }
    Ok(images)
}

fn count(images: &mut Images, container: &Value) {
    if let Some(digest) = container["imageDigest"].as_str() {
        let digests = images.entry(tagged(&text(container, "image"))).or_default();
        *digests.entry(digest.to_owned()).or_default() += 1;
    }
}

/// Compares the images that tasks run with the lab's own under the same names.
pub(super) fn compare(diff: &mut Diff, live: &ServiceLive, others: &Others) {
    for (address, image) in others.all::<Image>() {
        let Some(Known::Now(uri)) = others.value(address, "uri") else {
            continue;
        };
        let is_old = |digest: &str| match &image {
            Known::Now(image) => !image.has(digest),
            Known::AfterApply => true,
        };
        let running = live.images.get(&uri).into_iter().flatten();
        let old: Vec<String> = running
            .filter(|(digest, _)| is_old(digest))
            .map(|(digest, count)| format!("{} ({count} running)", short(digest)))
            .collect();
        if old.is_empty() {
            continue;
        }
        let want = match image {
            Known::Now(image) => short(&image.digest),
            Known::AfterApply => AFTER_APPLY,
        };
        let have = old.join(", ").into();
        diff.push(FIELD, have, want.into(), Effect::Update, Shape::Value);
    }
}

/// The part of a digest that tells it apart.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

/// Returns whether a lab with these physical names has images of its own.
pub(super) fn has_images(names: &crate::resource::Names) -> bool {
    names.keys().any(|address| address.kind == Image::KIND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::resources::{test_others, test_others_with};

    const URI: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:latest";

    fn live(digests: &[(&str, usize)]) -> ServiceLive {
        let digests = digests.iter().map(|(digest, count)| ((*digest).to_owned(), *count));
        let mut live = ServiceLive::new(&json!({"taskDefinition": "web:2", "desiredCount": 2}));
        live.images = Images::from([(URI.to_owned(), digests.collect())]);
        live
    }

    /// Others with the image that the tag stands for.
    fn others(digest: &str) -> Others {
        let image = json!({"uri": URI, "repository": "0", "digest": digest, "labels": [],
            "platforms": {"linux/arm64": "sha256:child"}});
        // The test's others take an address's name for the physical one.
        let address = Address::new("image", "web:latest");
        test_others_with(&[(address, "image", image)])
    }

    #[test]
    fn tasks_are_replaced_where_the_tag_stands_for_another_image() {
        let differs = |digests: &[(&str, usize)], others: &Others| {
            let mut diff = Diff::default();
            compare(&mut diff, &live(digests), others);
            let mut fields = diff.fields.into_iter();
            fields.next().map(|field| (field.have, field.want))
        };
        let now = &others("sha256:new");
        assert_eq!(differs(&[("sha256:new", 2)], now), None);
        assert_eq!(differs(&[("sha256:child", 2)], now), None, "a part of an index");
        assert_eq!(differs(&[], now), None, "what doesn't run yet pulls anew");
        assert_eq!(
            differs(&[("sha256:new", 1), ("sha256:old", 1)], now),
            Some((json!("sha256:old (1 running)"), json!("sha256:new")))
        );
        assert_eq!(differs(&[("sha256:old", 2)], &test_others()), None, "not the lab's image");
    }

    #[test]
    fn containers_are_counted_by_image_and_digest() {
        let mut images = Images::new();
        for (image, digest) in [
            ("registry/web", Some("sha256:1")),
            ("registry/web:latest", Some("sha256:1")),
            ("registry/web:latest", Some("sha256:2")),
            ("registry/web:v1", None),
        ] {
            count(&mut images, &json!({"image": image, "imageDigest": digest}));
        }
        let expected = json!({"registry/web:latest": {"sha256:1": 2, "sha256:2": 1}});
        assert_eq!(serde_json::to_value(images).unwrap(), expected);
    }
}
