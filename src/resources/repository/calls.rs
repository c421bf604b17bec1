//! The calls to Amazon ECR for repositories.

use aws_sdk_ecr::types::{
    EncryptionConfiguration, ImageScanningConfiguration, ImageTagMutability, Repository as Described,
};
use serde_json::Value;

use super::policy::LifecyclePolicy;
use super::{Encryption, ImageScanning, Repository, RepositoryLive, TagMutability};
use crate::cloud::{Cloud, CloudError, Result, ecr_tags};
use crate::resource::Target;
use crate::resources::answered;

impl RepositoryLive {
    fn new(repository: &Described) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let scanning = repository.image_scanning_configuration();
        let mutability = repository.image_tag_mutability();
        let encryption = repository.encryption_configuration();
        Self {
            name: text(repository.repository_name()),
            arn: text(repository.repository_arn()),
            created_at: repository.created_at().and_then(|at| at.to_millis().ok()).unwrap_or_default(),
            uri: text(repository.repository_uri()),
            image_scanning_configuration: ImageScanning {
                scan_on_push: scanning.is_some_and(ImageScanningConfiguration::scan_on_push),
            },
            image_tag_mutability: text(mutability.map(ImageTagMutability::as_str)),
            encryption_configuration: encryption.map(|encryption| Encryption {
                encryption_type: encryption.encryption_type().as_str().to_owned(),
                kms_key: encryption.kms_key().map(str::to_owned),
            }),
            lifecycle_policy_text: None,
            on_destroy: None,
        }
    }
}

/// One missing name fails a whole DescribeRepositories, so that all are listed.
pub(in crate::resources) async fn repositories(cloud: &Cloud) -> Result<Vec<RepositoryLive>> {
    let mut pages = cloud.ecr.describe_repositories().max_results(1000).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page?.repositories().iter().map(RepositoryLive::new));
    }
    Ok(found)
}

pub(super) async fn lifecycle_policy(cloud: &Cloud, name: &str) -> Result<Option<LifecyclePolicy>> {
    let answer = cloud.ecr.get_lifecycle_policy().repository_name(name).send();
    match answer.await.map_err(CloudError::from) {
        Ok(answer) => Ok(answer.lifecycle_policy_text().map(|text| LifecyclePolicy(Value::String(text.to_owned())))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes one; its lifecycle policy takes a call of its own.
pub(super) async fn create(cloud: &Cloud, spec: &Repository, target: &Target) -> Result<RepositoryLive> {
    let encryption = spec.encryption_configuration.as_ref().map(|encryption| {
        EncryptionConfiguration::builder()
            .encryption_type(encryption.encryption_type.as_str().into())
            .set_kms_key(encryption.kms_key.clone())
            .build()
            .expect("the type is given")
    });
    let answer = cloud
        .ecr
        .create_repository()
        .repository_name(&target.name)
        .set_image_scanning_configuration(spec.image_scanning_configuration.map(scanning))
        .set_image_tag_mutability(spec.image_tag_mutability.map(|it| it.word().into()))
        .set_encryption_configuration(encryption)
        .set_tags(Some(ecr_tags(&target.tags)))
        .send()
        .await?;
    let repository = answered("CreateRepository", answer.repository())?;
    Ok(RepositoryLive { on_destroy: spec.on_destroy, ..RepositoryLive::new(repository) })
}

pub(super) async fn set_scanning(cloud: &Cloud, name: &str, value: ImageScanning) -> Result<()> {
    let set = cloud.ecr.put_image_scanning_configuration().repository_name(name);
    set.image_scanning_configuration(scanning(value)).send().await?;
    Ok(())
}

pub(super) async fn set_mutability(cloud: &Cloud, name: &str, value: TagMutability) -> Result<()> {
    let set = cloud.ecr.put_image_tag_mutability().repository_name(name);
    set.image_tag_mutability(value.word().into()).send().await?;
    Ok(())
}

pub(super) async fn set_policy(cloud: &Cloud, name: &str, policy: &LifecyclePolicy) -> Result<()> {
    let put = cloud.ecr.put_lifecycle_policy().repository_name(name);
    put.lifecycle_policy_text(policy.to_wire()).send().await?;
    Ok(())
}

fn scanning(value: ImageScanning) -> ImageScanningConfiguration {
    ImageScanningConfiguration::builder().scan_on_push(value.scan_on_push).build()
}
