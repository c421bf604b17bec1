use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    PublicAccessBlockConfiguration,
};

use super::{BUCKET, client, create};
use labform_account::Sandbox;

#[tokio::test]
async fn a_policy_for_everybody_waits_for_the_block_to_go() {
    let client = client(&Sandbox::in_memory());
    create(&client).await;
    let policy = |who: &str, bucket: &str| {
        format!(
            r#"{{"Statement": [{{"Effect": "Allow", "Principal": {who}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::{bucket}/*"}}]}}"#
        )
    };
    let put = |policy: String| client.put_bucket_policy().bucket(BUCKET).policy(policy).send();
    assert_eq!(put(policy("\"*\"", BUCKET)).await.unwrap_err().code(), Some("AccessDenied"));
    assert_eq!(put(policy("\"*\"", "other")).await.unwrap_err().code(), Some("MalformedPolicy"));
    let nobody = r#"{"AWS": "arn:aws:iam::123456789012:role/nobody"}"#;
    assert_eq!(put(policy(nobody, BUCKET)).await.unwrap_err().code(), Some("MalformedPolicy"));
    let open = PublicAccessBlockConfiguration::builder().block_public_policy(false).build();
    client.put_public_access_block().bucket(BUCKET).public_access_block_configuration(open).send().await.unwrap();
    put(policy("\"*\"", BUCKET)).await.unwrap();
    let got = client.get_bucket_policy().bucket(BUCKET).send().await.unwrap();
    assert!(got.policy().unwrap().contains("s3:GetObject"));
    client.delete_bucket_policy().bucket(BUCKET).send().await.unwrap();
    let gone = client.get_bucket_policy().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchBucketPolicy"));
}

#[tokio::test]
async fn a_lifecycle_rule_gets_a_name_and_has_to_do_something() {
    let client = client(&Sandbox::in_memory());
    create(&client).await;
    let rule = || {
        let filter = LifecycleRuleFilter::builder().prefix("logs/").build();
        LifecycleRule::builder().status(ExpirationStatus::Enabled).filter(filter)
    };
    let put = |rule: LifecycleRule| {
        let rules = BucketLifecycleConfiguration::builder().rules(rule).build().unwrap();
        client.put_bucket_lifecycle_configuration().bucket(BUCKET).lifecycle_configuration(rules).send()
    };
    let idle = put(rule().build().unwrap()).await.unwrap_err();
    assert_eq!(idle.code(), Some("InvalidRequest"));
    let end = LifecycleExpiration::builder().days(30).build();
    put(rule().expiration(end).build().unwrap()).await.unwrap();
    let got = client.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await.unwrap();
    let [rule] = got.rules() else { panic!("{got:?}") };
    assert!(rule.id().is_some_and(|id| !id.is_empty()));
    assert_eq!(rule.filter().unwrap().prefix(), Some("logs/"));
    assert_eq!(rule.expiration().unwrap().days(), Some(30));
    client.delete_bucket_lifecycle().bucket(BUCKET).send().await.unwrap();
    let gone = client.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchLifecycleConfiguration"));
}
