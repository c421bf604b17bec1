//! The calls to Amazon S3 for buckets.

use aws_sdk_s3::types::{
    BucketVersioningStatus, CreateBucketConfiguration, PublicAccessBlockConfiguration, Tagging, VersioningConfiguration,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures::future::{OptionFuture, try_join_all};
use serde_json::Value;

use super::settings::Setting;
use super::{Bucket, BucketLive, PublicAccessBlock, Versioning};
use crate::cloud::{Cause, Cloud, CloudError, ErrorKind, Result, s3_tags};
use crate::resource::{Managed, Target, Waiting, document, retry};
use crate::resources::made_for;

/// The ARN by which tags are looked up: a bucket's name is one in its whole partition.
pub(super) fn tag_arn(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

/// Reads the settings that `spec` gives; the error that there is no such bucket comes back as it is.
pub(super) async fn settings(cloud: &Cloud, name: &str, spec: &Bucket) -> Result<BucketLive> {
    // One call tells whether there is a bucket to ask more about.
    let versioning = match (spec.versioning_configuration, spec.public_access_block_configuration) {
        (Some(_), _) => versioning(cloud, name).await?,
        (None, Some(_)) => None,
        (None, None) => {
            cloud.s3.head_bucket().bucket(name).send().await?;
            None
        }
    };
    let block: OptionFuture<_> =
        spec.public_access_block_configuration.map(|_| public_access_block(cloud, name)).into();
    let given = document(spec);
    let given = Setting::ALL.into_iter().filter(|setting| given.get(setting.field()).is_some());
    let settings = try_join_all(given.map(|setting| async move {
        Ok::<_, CloudError>((setting.field().to_owned(), setting.read(cloud, name).await?))
    }));
    let (block, settings) = futures::join!(block, settings);
    Ok(BucketLive {
        name: name.to_owned(),
        versioning,
        public_access_block: block.transpose()?.flatten(),
        settings: settings?.into_iter().collect(),
    })
}

async fn versioning(cloud: &Cloud, name: &str) -> Result<Option<Versioning>> {
    let answer = cloud.s3.get_bucket_versioning().bucket(name).send().await;
    let status = match answer {
        Ok(answer) => answer.status().cloned(),
        Err(error) => match error.raw_response().and_then(status_under_another_root) {
            Some(status) => status,
            None => return Err(error.into()),
        },
    };
    Ok(status.and_then(|status| match status {
        BucketVersioningStatus::Enabled => Some(Versioning::Enabled),
        BucketVersioningStatus::Suspended => Some(Versioning::Suspended),
        _ => None,
    }))
}

/// The status in an answer that the SDK refuses because its root element isn't `VersioningConfiguration`: servers that
/// follow S3's protocol (moto) put it under `GetBucketVersioningResponse`.
fn status_under_another_root(answer: &HttpResponse) -> Option<Option<BucketVersioningStatus>> {
    let text = std::str::from_utf8(answer.body().bytes()?).ok()?;
    let document = roxmltree::Document::parse(text).ok()?;
    let root = document.root_element();
    let status = root.children().find(|node| node.tag_name().name() == "Status");
    let is_answer = answer.status().is_success() && root.tag_name().name() != "Error";
    is_answer.then(|| status.and_then(|node| node.text()).map(BucketVersioningStatus::from))
}

async fn public_access_block(cloud: &Cloud, name: &str) -> Result<Option<PublicAccessBlock>> {
    let answer = cloud.s3.get_public_access_block().bucket(name).send().await;
    let answer = match answer.map_err(CloudError::from) {
        Err(error) if error.is("NoSuchPublicAccessBlockConfiguration") => return Ok(None),
        answer => answer?,
    };
    let block = answer.public_access_block_configuration();
    Ok(block.map(|block| PublicAccessBlock {
        block_public_acls: block.block_public_acls(),
        ignore_public_acls: block.ignore_public_acls(),
        block_public_policy: block.block_public_policy(),
        restrict_public_buckets: block.restrict_public_buckets(),
    }))
}

/// The advice for a name that somebody else's bucket has.
pub(super) const CHOOSE: &str = "choose another name in lab.yaml";

/// Puts a refusal into words: names of buckets are one in the world, so that most often somebody else has it. `advice` gets
/// the region in which the bucket stands, if it isn't the lab's.
pub(super) async fn explain(
    cloud: &Cloud,
    error: CloudError,
    name: &str,
    advice: impl Fn(&str) -> String,
) -> CloudError {
    let words = if error.kind() == ErrorKind::Denied {
        "belongs to another account, or you may not read it: bucket names are one in the world, so choose another one, as in \
         `${lab}-images-${account}`"
            .to_owned()
    } else if let Some(region) = elsewhere(cloud, &error, name).await {
        format!("stands in {region}, and the lab in {}: {}", cloud.region, advice(&region))
    } else {
        return error;
    };
    let message = format!("the bucket `{name}` {words} ({})", error.message());
    error.reworded(message)
}

/// The region in which the bucket stands, if S3 sends whoever asks there: its answer to HeadBucket names it, even if that is
/// refused (HeadBucket, API reference).
async fn elsewhere(cloud: &Cloud, error: &CloudError, name: &str) -> Option<String> {
    if !["PermanentRedirect", "301", "AuthorizationHeaderMalformed"].contains(&error.code()) {
        return None;
    }
    let head = cloud.s3.head_bucket().bucket(name).send().await.err();
    let answer = head.as_ref().and_then(|error| error.raw_response());
    let region = answer.and_then(|answer| answer.headers().get("x-amz-bucket-region"));
    Some(region.unwrap_or("another region").to_owned())
}

/// Returns why a bucket can't be looked at although nothing is wrong: it stands in another region, or is another account's.
/// None for any other error: a bucket of this account that is hidden from the caller is not to be passed over.
pub(super) async fn out_of_reach(cloud: &Cloud, error: &CloudError, name: &str) -> Option<String> {
    if error.kind() == ErrorKind::Denied {
        let own = names(cloud).await.ok()?;
        return (!own.iter().any(|own| own == name)).then(|| format!("it belongs to another account: {CHOOSE}"));
    }
    elsewhere(cloud, error, name).await.map(|region| format!("it stands in {region}"))
}

/// The names of the region's buckets.
pub(super) async fn names(cloud: &Cloud) -> Result<Vec<String>> {
    let mut pages = cloud.s3.list_buckets().bucket_region(&cloud.region).max_buckets(1000).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.buckets().iter().filter_map(|one| one.name().map(str::to_owned)));
    }
    Ok(names)
}

/// Makes a bucket with its tags. Tags in CreateBucket need no second call that a crash could leave out.
pub(super) async fn create(cloud: &Cloud, target: &Target) -> Result<()> {
    // us-east-1 is S3's own region, which its API takes no name for, and where it answers the create of a bucket that the
    // account has already with success (CreateBucket, API reference).
    let adopts = cloud.region == "us-east-1";
    if adopts {
        refuse_existing(cloud, &target.name).await?;
    }
    let elsewhere = (!adopts).then(|| cloud.region.as_str().into());
    let configuration =
        CreateBucketConfiguration::builder().set_location_constraint(elsewhere).set_tags(Some(s3_tags(&target.tags)));
    let create = cloud.s3.create_bucket().bucket(&target.name);
    create.create_bucket_configuration(configuration.build()).send().await?;
    if cloud.endpoint_url.is_some() {
        // Servers that follow S3's older protocol leave the tags of CreateBucket out without a word.
        let tags = Tagging::builder().set_tag_set(Some(s3_tags(&target.tags)));
        let tags = tags.build().expect("a tag set is given");
        let put = cloud.s3.put_bucket_tagging().bucket(&target.name);
        put.tagging(tags).send().await?;
    }
    match adopts {
        true => made_for(cloud, Bucket::SERVICE, target, &tag_arn(&target.name)).await,
        false => Ok(()),
    }
}

/// Refuses the name of a bucket that the account has, as other regions of S3 do.
async fn refuse_existing(cloud: &Cloud, name: &str) -> Result<()> {
    let head = cloud.s3.head_bucket().bucket(name).send().await;
    match head.map_err(CloudError::from) {
        Ok(_) => {
            let message = format!("the account has a bucket `{name}` already");
            Err(CloudError::own_at("CreateBucket", Cause::BucketExists, message))
        }
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(explain(cloud, error, name, |_| CHOOSE.to_owned()).await),
    }
}

pub(super) async fn set_versioning(cloud: &Cloud, name: &str, status: Versioning, waiting: &Waiting) -> Result<()> {
    let status = match status {
        Versioning::Enabled => BucketVersioningStatus::Enabled,
        Versioning::Suspended => BucketVersioningStatus::Suspended,
    };
    let configuration = VersioningConfiguration::builder().status(status).build();
    retry(cloud, waiting, || async {
        let put = cloud.s3.put_bucket_versioning().bucket(name);
        put.versioning_configuration(configuration.clone()).send().await?;
        Ok(())
    })
    .await
}

pub(super) async fn set(cloud: &Cloud, name: &str, setting: Setting, want: &Value, waiting: &Waiting) -> Result<()> {
    retry(cloud, waiting, || setting.write(cloud, name, want)).await
}

pub(super) async fn set_public_access_block(
    cloud: &Cloud,
    name: &str,
    block: PublicAccessBlock,
    waiting: &Waiting,
) -> Result<()> {
    let configuration = PublicAccessBlockConfiguration::builder()
        .set_block_public_acls(block.block_public_acls)
        .set_ignore_public_acls(block.ignore_public_acls)
        .set_block_public_policy(block.block_public_policy)
        .set_restrict_public_buckets(block.restrict_public_buckets)
        .build();
    retry(cloud, waiting, || async {
        let put = cloud.s3.put_public_access_block().bucket(name);
        put.public_access_block_configuration(configuration.clone()).send().await?;
        Ok(())
    })
    .await
}
