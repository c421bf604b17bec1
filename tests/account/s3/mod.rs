//! S3 seen through the SDK's own client.

mod buckets;
mod objects;
mod settings;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, Tag, VersioningConfiguration,
};
use aws_types::region::Region;

use crate::testing::config;
use labform_account::Sandbox;

const BUCKET: &str = "lab-images-123456789012-eu-west-1";

fn client(sandbox: &Sandbox) -> Client {
    Client::new(&config(sandbox))
}

fn in_region(sandbox: &Sandbox, region: &'static str) -> Client {
    Client::new(&config(sandbox).into_builder().region(Region::new(region)).build())
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

async fn create(client: &Client) {
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let place = place.tags(tag("owner", "lab")).build();
    client.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.unwrap();
}

async fn keep_versions(client: &Client) {
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    client.put_bucket_versioning().bucket(BUCKET).versioning_configuration(enabled).send().await.unwrap();
}

async fn put(client: &Client, key: &str, text: &'static str) {
    client.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(text.as_bytes())).send().await.unwrap();
}

async fn read(client: &Client, key: &str) -> String {
    let got = client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
    String::from_utf8(got.body.collect().await.unwrap().to_vec()).unwrap()
}
