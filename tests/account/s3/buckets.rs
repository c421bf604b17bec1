//! Buckets and their settings.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tagging,
};

use super::{BUCKET, client, create, in_region, tag};
use labform_account::Sandbox;

#[tokio::test]
async fn a_bucket_is_made_once_in_one_region() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    let missing = client.head_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found());
    create(&client).await;
    let head = client.head_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("eu-west-1"));
    let tags = client.get_bucket_tagging().bucket(BUCKET).send().await.unwrap();
    assert_eq!(tags.tag_set(), [tag("owner", "lab")]);

    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
    let again = client.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.unwrap_err();
    assert!(matches!(again.into_service_error(), CreateBucketError::BucketAlreadyOwnedByYou(_)));
    let nowhere = client.create_bucket().bucket("another-bucket").send().await.unwrap_err();
    assert_eq!(nowhere.code(), Some("IllegalLocationConstraintException"));
    let elsewhere = in_region(&sandbox, "eu-west-3").head_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(elsewhere.raw_response().unwrap().status().as_u16(), 301);
    let stranger = client.head_bucket().bucket(BUCKET).expected_bucket_owner("999999999999").send().await.unwrap_err();
    assert_eq!(stranger.raw_response().unwrap().status().as_u16(), 403);

    let oldest = in_region(&sandbox, "us-east-1");
    for _ in 0..2 {
        oldest.create_bucket().bucket("old-bucket").send().await.unwrap();
    }
    let location = client.get_bucket_location().bucket(BUCKET).send().await.unwrap();
    assert_eq!(location.location_constraint(), Some(&BucketLocationConstraint::EuWest1));
    let listed = client.list_buckets().send().await.unwrap();
    let listed: Vec<_> =
        listed.buckets().iter().map(|one| (one.name().unwrap(), one.bucket_region().unwrap())).collect();
    assert_eq!(listed, [(BUCKET, "eu-west-1"), ("old-bucket", "us-east-1")]);

    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    let gone = client.delete_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn settings_have_defaults_and_their_own_ways_of_being_absent() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    create(&client).await;
    let block = client.get_public_access_block().bucket(BUCKET).send().await.unwrap();
    let block = block.public_access_block_configuration().unwrap().clone();
    let on = Some(true);
    assert_eq!((block.block_public_acls(), block.restrict_public_buckets()), (on, on));
    let versioning = client.get_bucket_versioning().bucket(BUCKET).send().await.unwrap();
    assert_eq!(versioning.status(), None);
    let ownership = client.get_bucket_ownership_controls().bucket(BUCKET).send().await.unwrap();
    let rule = &ownership.ownership_controls().unwrap().rules()[0];
    assert_eq!(rule.object_ownership(), &ObjectOwnership::BucketOwnerEnforced);
    let encryption = client.get_bucket_encryption().bucket(BUCKET).send().await.unwrap();
    let rule = &encryption.server_side_encryption_configuration().unwrap().rules()[0];
    let algorithm = rule.apply_server_side_encryption_by_default().unwrap().sse_algorithm();
    assert_eq!(algorithm, &ServerSideEncryption::Aes256);

    let open = PublicAccessBlockConfiguration::builder().block_public_acls(true).build();
    client.put_public_access_block().bucket(BUCKET).public_access_block_configuration(open).send().await.unwrap();
    let block = client.get_public_access_block().bucket(BUCKET).send().await.unwrap();
    let block = block.public_access_block_configuration().unwrap();
    assert_eq!((block.block_public_acls(), block.block_public_policy()), (on, Some(false)), "a put replaces all");
    client.delete_public_access_block().bucket(BUCKET).send().await.unwrap();
    let gone = client.get_public_access_block().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchPublicAccessBlockConfiguration"));

    let writer = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::ObjectWriter).build().unwrap();
    let writer = OwnershipControls::builder().rules(writer).build().unwrap();
    client.put_bucket_ownership_controls().bucket(BUCKET).ownership_controls(writer).send().await.unwrap();
    let ownership = client.get_bucket_ownership_controls().bucket(BUCKET).send().await.unwrap();
    let rule = &ownership.ownership_controls().unwrap().rules()[0];
    assert_eq!(rule.object_ownership(), &ObjectOwnership::ObjectWriter);

    let kms = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms).build().unwrap();
    let kms = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(kms);
    let kms = ServerSideEncryptionConfiguration::builder().rules(kms.bucket_key_enabled(true).build()).build().unwrap();
    let request = client.put_bucket_encryption().bucket(BUCKET);
    request.server_side_encryption_configuration(kms).send().await.unwrap();
    let encryption = client.get_bucket_encryption().bucket(BUCKET).send().await.unwrap();
    let rule = &encryption.server_side_encryption_configuration().unwrap().rules()[0];
    assert_eq!(rule.bucket_key_enabled(), Some(true));

    let tagging = Tagging::builder().tag_set(tag("a", "b=c @d")).build().unwrap();
    client.put_bucket_tagging().bucket(BUCKET).tagging(tagging).send().await.unwrap();
    let tags = client.get_bucket_tagging().bucket(BUCKET).send().await.unwrap();
    assert_eq!(tags.tag_set(), [tag("a", "b=c @d")], "a put replaces all");
    client.delete_bucket_tagging().bucket(BUCKET).send().await.unwrap();
    let gone = client.get_bucket_tagging().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchTagSet"));
}
