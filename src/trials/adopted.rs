//! Objects that are there already and become the lab's.

use serde_json::json;

use super::{SMALL, World, source, trial};
use crate::apply::adopt;
use crate::cloud::{Cloud, LAB_TAG, RESOURCE_TAG};
use crate::live::{self, Evidence};

const TWO: &str = "
lab: ecs-lab
region: eu-west-1
logGroups: { app: { logGroupName: /app, retentionInDays: 7 } }
buckets: { images: { bucket: the-images, versioningConfiguration: { status: Enabled } } }
";

/// Adopts the object at `address`.
async fn adopts(cloud: &Cloud, text: &str, address: &str) -> Result<(), String> {
    let reading = live::read_pretended(cloud, &source(text), Evidence::Direct).await.unwrap();
    let address = address.parse().unwrap();
    let (_, object) = reading.live.at(&address).next().unwrap();
    adopt(cloud, &reading.lab, &reading.lab.nodes[&address], object).await.map_err(|error| error.to_string())
}

#[test]
fn what_nobody_owns_becomes_the_labs() {
    trial(async {
        let world = World::new().await;
        let cloud = world.neighbour().await;
        // A log group with half of the tags, and a bucket as a kill leaves it where tags come after the create.
        let group = cloud.logs.create_log_group().log_group_name("/app");
        group.tags(LAB_TAG, "ecs-lab").tags("course", "aws").send().await.unwrap();
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuWest1);
        let bucket = cloud.s3.create_bucket().bucket("the-images");
        bucket.create_bucket_configuration(place.build()).send().await.unwrap();
        let said = world.apply(TWO).await.failed();
        for words in [
            "logGroup.app: `/app` exists already, and it has a labform:lab tag and no labform:resource tag",
            "bucket.images: `the-images` exists already, and it has no labform:lab tag",
            "`labform adopt bucket.images logGroup.app` makes it the lab's",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        adopts(&cloud, TWO, "logGroup.app").await.unwrap();
        adopts(&cloud, TWO, "bucket.images").await.unwrap();
        world.settle_strangers();
        world.apply(TWO).await.done();
        world.destroy(TWO).await.done();
        assert_eq!(world.shape(), std::collections::BTreeMap::new());
    });
}

#[test]
fn what_has_an_owner_is_never_taken() {
    trial(async {
        let applied = World::new().await;
        applied.apply(SMALL).await.done();
        for tags in [
            json!({LAB_TAG: "other", RESOURCE_TAG: "logGroup.app"}),
            json!({"aws:cloudformation:stack-name": "infra"}),
            json!({"managed-by": "terraform"}),
            json!({LAB_TAG: "ecs-lab", RESOURCE_TAG: "cluster.main"}),
        ] {
            let world = applied.fork();
            world.swap("logGroup.app", &tags);
            let said = adopts(&world.neighbour().await, SMALL, "logGroup.app").await.unwrap_err();
            assert!(said.contains("it has an owner by now"), "{tags}: {said}");
            world.no_foreign_change();
        }
    });
}
