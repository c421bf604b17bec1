//! ECR seen through the SDK's own client.

use aws_sdk_ecr::Client;
use aws_sdk_ecr::error::ProvideErrorMetadata;
use aws_sdk_ecr::operation::delete_repository::DeleteRepositoryError;
use aws_sdk_ecr::operation::describe_repositories::DescribeRepositoriesError;
use aws_sdk_ecr::types::{
    ImageIdentifier, ImageScanningConfiguration, ImageTagMutability, ImageTagMutabilityExclusionFilter,
    ImageTagMutabilityExclusionFilterType, Tag,
};

use crate::testing::config;
use labform_account::Sandbox;

const POLICY: &str = r#"{
  "rules": [{
    "rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
    "action": {"type": "expire"}
  }]
}"#;

fn place() -> (Sandbox, Client) {
    let sandbox = Sandbox::in_memory();
    let client = Client::new(&config(&sandbox));
    (sandbox, client)
}

async fn create(client: &Client, name: &str) -> String {
    let tag = Tag::builder().key("owner").value("lab").build().unwrap();
    let made = client.create_repository().repository_name(name).tags(tag).send().await.unwrap();
    made.repository().unwrap().repository_arn().unwrap().to_owned()
}

fn tagged(tag: &str) -> ImageIdentifier {
    ImageIdentifier::builder().image_tag(tag).build()
}

#[tokio::test]
async fn a_repository_reads_back_and_changes() {
    let (_sandbox, client) = place();
    let arn = create(&client, "lab/web").await;
    assert_eq!(arn, "arn:aws:ecr:eu-west-1:123456789012:repository/lab/web");
    let again = client.create_repository().repository_name("lab/web").send().await.unwrap_err();
    assert_eq!(again.code(), Some("RepositoryAlreadyExistsException"));
    for name in ["Lab", "lab//web", "-lab", "a"] {
        let refused = client.create_repository().repository_name(name).send().await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidParameterException"), "{name}");
    }

    let scanning = ImageScanningConfiguration::builder().scan_on_push(true).build();
    let request = client.put_image_scanning_configuration().repository_name("lab/web");
    request.image_scanning_configuration(scanning).send().await.unwrap();
    let request = client.put_image_tag_mutability().repository_name("lab/web");
    request.image_tag_mutability(ImageTagMutability::Immutable).send().await.unwrap();
    let found = client.describe_repositories().repository_names("lab/web").send().await.unwrap();
    let repository = &found.repositories()[0];
    assert_eq!(repository.repository_uri(), Some("123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web"));
    assert!(repository.image_scanning_configuration().unwrap().scan_on_push());
    assert_eq!(repository.image_tag_mutability(), Some(&ImageTagMutability::Immutable));
    let missing = client.describe_repositories().repository_names("lab/web").repository_names("none").send().await;
    let missing = missing.unwrap_err().into_service_error();
    assert!(matches!(missing, DescribeRepositoriesError::RepositoryNotFoundException(_)));

    client.untag_resource().resource_arn(&arn).tag_keys("owner").send().await.unwrap();
    let more = Tag::builder().key("more").value("1").build().unwrap();
    client.tag_resource().resource_arn(&arn).tags(more).send().await.unwrap();
    let tags = client.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    assert_eq!((tags.tags().len(), tags.tags()[0].key()), (1, "more"));
}

#[tokio::test]
async fn a_lifecycle_policy_reads_back_in_another_form() {
    let (_sandbox, client) = place();
    create(&client, "web").await;
    let get = || client.get_lifecycle_policy().repository_name("web").send();
    assert_eq!(get().await.unwrap_err().code(), Some("LifecyclePolicyNotFoundException"));
    client.put_lifecycle_policy().repository_name("web").lifecycle_policy_text(POLICY).send().await.unwrap();
    let text = get().await.unwrap().lifecycle_policy_text().unwrap().to_owned();
    assert_ne!(text, POLICY);
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(parsed(&text), parsed(POLICY));
    for (from, to) in [("expire", "keep"), ("\"rules\"", "\"rule\""), ("10", "0")] {
        let bad = POLICY.replace(from, to);
        let refused = client.put_lifecycle_policy().repository_name("web").lifecycle_policy_text(&bad).send().await;
        assert_eq!(refused.unwrap_err().code(), Some("InvalidParameterException"), "{bad}");
    }
    client.delete_lifecycle_policy().repository_name("web").send().await.unwrap();
    let gone = client.delete_lifecycle_policy().repository_name("web").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("LifecyclePolicyNotFoundException"));
}

#[tokio::test]
async fn images_keep_a_repository_unless_forced() {
    let (sandbox, client) = place();
    create(&client, "web").await;
    let push = |tag: &str| sandbox.with(|account| account.push_pretended_image("eu-west-1", "web", tag)).unwrap();
    let old = push("latest");
    let new = push("latest");
    assert_ne!(old, new);
    let listed = client.list_images().repository_name("web").send().await.unwrap();
    assert_eq!(listed.image_ids().len(), 2, "the older image lost its tag and stays");
    let described = client.describe_images().repository_name("web").image_ids(tagged("latest")).send().await.unwrap();
    assert_eq!(described.image_details()[0].image_digest(), Some(new.as_str()));
    let missing = client.describe_images().repository_name("web").image_ids(tagged("none")).send().await;
    assert_eq!(missing.unwrap_err().code(), Some("ImageNotFoundException"));
    let got = client.batch_get_image().repository_name("web").image_ids(tagged("latest")).image_ids(tagged("none"));
    let got = got.send().await.unwrap();
    assert_eq!((got.images().len(), got.failures().len()), (1, 1));

    let refused = client.delete_repository().repository_name("web").send().await.unwrap_err().into_service_error();
    assert!(matches!(refused, DeleteRepositoryError::RepositoryNotEmptyException(_)));
    let by_digest = ImageIdentifier::builder().image_digest(old).build();
    let deleted = client.batch_delete_image().repository_name("web").image_ids(by_digest).image_ids(tagged("latest"));
    assert_eq!(deleted.send().await.unwrap().image_ids().len(), 2);
    client.delete_repository().repository_name("web").send().await.unwrap();

    create(&client, "web").await;
    push("latest");
    client.delete_repository().repository_name("web").force(true).send().await.unwrap();
    let gone = client.delete_repository().repository_name("web").force(true).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("RepositoryNotFoundException"));
}

#[tokio::test]
async fn repositories_come_page_by_page_and_a_password_lasts_half_a_day() {
    let (sandbox, client) = place();
    for name in ["one", "two", "three"] {
        create(&client, name).await;
    }
    let pages = client.describe_repositories().max_results(2).into_paginator();
    let found: Vec<_> = pages.items().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(found.len(), 3);
    let token = client.get_authorization_token().send().await.unwrap();
    let data = &token.authorization_data()[0];
    assert_eq!(data.proxy_endpoint(), Some("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"));
    let now = sandbox.now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let left = data.expires_at().unwrap().secs() - i64::try_from(now).unwrap();
    assert!((43_000..=43_200).contains(&left), "{left}");
}

#[tokio::test]
async fn an_image_is_put_as_a_manifest_that_says_that_it_is_pretended() {
    let (_sandbox, client) = place();
    create(&client, "lab/web").await;
    let manifest = |number: u8| {
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"digest":"sha256:0{number}"}},"layers":[],"annotations":{{"pretended":"yes"}}}}"#
        )
    };
    let put = async |manifest: String, tag: &str| {
        let put = client.put_image().repository_name("lab/web");
        let put = put.image_manifest(manifest).image_tag(tag).send().await;
        put.map(|put| put.image().unwrap().image_id().unwrap().image_digest().unwrap().to_owned())
            .map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let first = put(manifest(1), "latest").await.unwrap();
    assert_eq!(put(manifest(1), "latest").await, Err("ImageAlreadyExistsException".to_owned()));
    assert_eq!(put(manifest(1), "v1").await, Ok(first.clone()), "one more tag");
    let second = put(manifest(2), "latest").await.unwrap();
    assert_ne!(first, second);
    let tags = async |digest: &str| {
        let id = ImageIdentifier::builder().image_digest(digest).build();
        let describe = client.describe_images().repository_name("lab/web");
        describe.image_ids(id).send().await.unwrap().image_details()[0].image_tags().to_vec()
    };
    assert_eq!(tags(&first).await, ["v1"], "the tag has moved");
    assert_eq!(tags(&second).await, ["latest"]);

    let request = client.put_image_tag_mutability().repository_name("lab/web");
    let request = request.image_tag_mutability(ImageTagMutability::Immutable);
    request.send().await.unwrap();
    assert_eq!(put(manifest(1), "latest").await, Err("ImageTagAlreadyExistsException".to_owned()));
    assert_eq!(put(manifest(2), "latest").await, Err("ImageAlreadyExistsException".to_owned()));
    assert_eq!(put(manifest(1), "v2").await, Ok(first));

    let real = manifest(3).replace("pretended", "other");
    assert_eq!(put(real, "v3").await, Err("LayersNotFoundException".to_owned()));
    assert_eq!(put("{}".to_owned(), "v3").await, Err("InvalidParameterException".to_owned()));
}

#[tokio::test]
async fn a_repository_has_a_policy_and_tags_that_stay_but_for_exclusions() {
    let (sandbox, client) = place();
    create(&client, "web").await;
    let set = |policy: &str| client.set_repository_policy().repository_name("web").policy_text(policy).send();
    let policy = |who: &str, more: &str| {
        format!(r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"AWS": "{who}"}}, "Action": "ecr:*"{more}}}]}}"#)
    };
    set(&policy("210987654321", "")).await.unwrap();
    let got = client.get_repository_policy().repository_name("web").send().await.unwrap();
    assert!(got.policy_text().unwrap().contains("arn:aws:iam::210987654321:root"));
    let nobody = "arn:aws:iam::123456789012:role/nobody";
    for (who, more) in [("210987654321", r#", "Resource": "*""#), ("ann", ""), (nobody, "")] {
        let refused = set(&policy(who, more)).await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidParameterException"), "{who}{more}");
    }
    client.delete_repository_policy().repository_name("web").send().await.unwrap();
    let gone = client.get_repository_policy().repository_name("web").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("RepositoryPolicyNotFoundException"));

    let filter = ImageTagMutabilityExclusionFilter::builder();
    let filter = filter.filter_type(ImageTagMutabilityExclusionFilterType::Wildcard).filter("dev*").build().unwrap();
    let put = client.put_image_tag_mutability().repository_name("web");
    let put = put.image_tag_mutability(ImageTagMutability::ImmutableWithExclusion);
    assert_eq!(put.clone().send().await.unwrap_err().code(), Some("InvalidParameterException"));
    put.image_tag_mutability_exclusion_filters(filter).send().await.unwrap();
    let push = |tag: &str| sandbox.with(|account| account.push_pretended_image("eu-west-1", "web", tag));
    for (tag, moves) in [("v1", false), ("dev-1", true)] {
        assert!(push(tag).is_some(), "{tag}");
        assert_eq!(push(tag).is_some(), moves, "{tag}");
    }
}
