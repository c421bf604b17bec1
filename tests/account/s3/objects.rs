//! Objects, their versions and delete markers.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};

use super::{BUCKET, client, create, keep_versions, put, read};
use labform_account::Sandbox;

#[tokio::test]
async fn objects_come_back_as_they_were_put() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    create(&client).await;
    for key in ["input/a b+c&d.jpg", "input/é.jpg", "top"] {
        put(&client, key, "hello").await;
        assert_eq!(read(&client, key).await, "hello", "{key}");
    }
    let head = client.head_object().bucket(BUCKET).key("top").send().await.unwrap();
    assert_eq!((head.content_length(), head.version_id()), (Some(5), None));
    let missing = client.get_object().bucket(BUCKET).key("none").send().await.unwrap_err();
    assert!(missing.into_service_error().is_no_such_key());
    let lock = client.put_object().bucket(BUCKET).key("top").if_none_match("*").send().await.unwrap_err();
    assert_eq!(lock.code(), Some("PreconditionFailed"));

    let listed = client.list_objects_v2().bucket(BUCKET).delimiter("/").send().await.unwrap();
    assert_eq!(listed.contents()[0].key(), Some("top"));
    assert_eq!(listed.common_prefixes()[0].prefix(), Some("input/"));
    let pages = client.list_objects_v2().bucket(BUCKET).prefix("input/").max_keys(1).into_paginator();
    let found: Vec<_> = pages.send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(found.iter().map(|page| page.contents().len()).collect::<Vec<_>>(), [1, 1]);

    client.delete_object().bucket(BUCKET).key("top").send().await.unwrap();
    let gone = client.head_object().bucket(BUCKET).key("top").send().await.unwrap_err();
    assert!(gone.into_service_error().is_not_found());
}

#[tokio::test]
async fn a_versioned_bucket_is_empty_only_without_versions_and_markers() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    create(&client).await;
    put(&client, "a", "before").await;
    keep_versions(&client).await;
    put(&client, "a", "one").await;
    put(&client, "a", "two").await;
    put(&client, "b/é", "three").await;
    let deleted = client.delete_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    assert!(client.get_object().bucket(BUCKET).key("a").send().await.is_err());
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert_eq!(listed.key_count(), Some(1));

    let versions = client.list_object_versions().bucket(BUCKET).encoding_type(EncodingType::Url).send().await.unwrap();
    assert_eq!((versions.versions().len(), versions.delete_markers().len()), (4, 1));
    assert!(versions.versions().iter().any(|version| version.key() == Some("b/%C3%A9")));
    assert_eq!(versions.delete_markers()[0].is_latest(), Some(true));
    assert!(versions.versions().iter().any(|version| version.version_id() == Some("null")));
    let first =
        versions.versions().iter().rfind(|version| version.version_id() != Some("null") && version.key() == Some("a"));
    let id = first.unwrap().version_id().unwrap();
    let old = client.get_object().bucket(BUCKET).key("a").version_id(id).send().await.unwrap();
    assert_eq!(old.body.collect().await.unwrap().to_vec(), b"one");

    let full = client.delete_bucket().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(full.code(), Some("BucketNotEmpty"));
    loop {
        let page = client.list_object_versions().bucket(BUCKET).max_keys(2).send().await.unwrap();
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let doomed: Vec<_> = versions
            .chain(markers)
            .map(|(key, id)| ObjectIdentifier::builder().key(key.unwrap()).set_version_id(id.map(str::to_owned)))
            .map(|object| object.build().unwrap())
            .collect();
        if doomed.is_empty() {
            break;
        }
        let count = doomed.len();
        let request = Delete::builder().set_objects(Some(doomed)).build().unwrap();
        let deleted = client.delete_objects().bucket(BUCKET).delete(request).send().await.unwrap();
        assert_eq!((deleted.deleted().len(), deleted.errors().len()), (count, 0));
    }
    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
}

#[tokio::test]
async fn versions_come_page_by_page() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    create(&client).await;
    keep_versions(&client).await;
    for key in ["a", "a", "a", "b", "b"] {
        put(&client, key, "x").await;
    }
    let (mut key, mut id, mut found) = (None, None, Vec::new());
    loop {
        let request = client.list_object_versions().bucket(BUCKET).max_keys(2);
        let page = request.set_key_marker(key).set_version_id_marker(id).send().await.unwrap();
        found.extend(page.versions().iter().map(|version| version.version_id().unwrap().to_owned()));
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(str::to_owned);
        id = page.next_version_id_marker().map(str::to_owned);
    }
    let total = found.len();
    found.sort();
    found.dedup();
    assert_eq!((total, found.len()), (5, 5));
    let uploads = client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert!(uploads.uploads().is_empty());
}
