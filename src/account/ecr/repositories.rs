//! Repositories, their settings and tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{REPOSITORIES, Repository, arn, registry, repository, repository_ref};
use crate::account::{Account, seconds};
use crate::input::{is_true, list, need, set, text, texts};
use crate::rules::{LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_NAME};
use crate::shelf::Thing;
use crate::wire::{Answer, Fault, invalid};

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "repositoryName")?;
    REPOSITORY_NAME.check(&name, || {
        invalid(
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression \
             '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''",
        )
    })?;
    REPOSITORY.check(input, invalid)?;
    let encryption = input.get("encryptionConfiguration").and_then(|config| text(config, "encryptionType"));
    let repository = Repository {
        tag_mutability: text(input, "imageTagMutability").unwrap_or_else(|| "MUTABLE".to_owned()),
        exclusions: exclusions(input),
        scan_on_push: scan_on_push(input),
        key: encryption.as_ref().filter(|word| *word != "AES256").map(|_| key(account, input)),
        encryption: encryption.unwrap_or_else(|| "AES256".to_owned()),
        lifecycle_policy: None,
        policy: None,
        images: BTreeMap::new(),
    };
    REPOSITORIES.create(account, &name, arn(account, &name), input, repository)?;
    let (_, made) = REPOSITORIES.find(account, &name)?;
    Ok(json!({ "repository": render(account, &name, made) }))
}

/// `DescribeRepositories`: one missing name fails the call.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let names = texts(input, "repositoryNames");
    // A page is of what was not asked for by name.
    if names.is_empty() {
        return REPOSITORIES.list(account, input, "repositories", |_, _| true, |name, one| render(account, name, one));
    }
    let found = names.iter().map(|name| Ok(render(account, name, REPOSITORIES.find(account, name)?.1)));
    Ok(json!({ "repositories": found.collect::<Result<Value, Fault>>()? }))
}

/// `DeleteRepository`: refused while it holds images, unless forced.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    if !repository.images.is_empty() && !is_true(input, "force") {
        let message = format!(
            "The repository with name '{name}' in registry with id '{}' cannot be deleted because it still contains \
             images",
            account.id
        );
        return Err(Fault::client("RepositoryNotEmptyException", message));
    }
    let gone = REPOSITORIES.delete(account, &name)?;
    Ok(json!({ "repository": render(account, &name, &gone) }))
}

/// `PutLifecyclePolicy`: the text reads back with its spaces and its order of keys lost.
pub(super) fn put_lifecycle_policy(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    let policy = lifecycle_policy(&need(input, "lifecyclePolicyText")?)?;
    repository.lifecycle_policy = Some(policy.clone());
    Ok(json!({ "registryId": account.id, "repositoryName": name, "lifecyclePolicyText": policy }))
}

pub(super) fn get_lifecycle_policy(account: &Account, input: &Value) -> Answer {
    let (name, repository) = repository_ref(account, input)?;
    let policy = repository.lifecycle_policy.clone().ok_or_else(|| no_lifecycle_policy(account, name))?;
    Ok(evaluated(account, name, &policy))
}

pub(super) fn delete_lifecycle_policy(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    let policy = repository.lifecycle_policy.take().ok_or_else(|| no_lifecycle_policy(account, &name))?;
    Ok(evaluated(account, &name, &policy))
}

/// A policy with the time when it was evaluated last: never, which ECR writes as 0, because images don't expire here.
fn evaluated(account: &Account, name: &str, policy: &str) -> Value {
    json!({
        "registryId": account.id, "repositoryName": name, "lifecyclePolicyText": policy, "lastEvaluatedAt": 0.0,
    })
}

pub(super) fn put_scanning(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    repository.scan_on_push = scan_on_push(input);
    let config = json!({ "scanOnPush": repository.scan_on_push });
    Ok(json!({ "registryId": account.id, "repositoryName": name, "imageScanningConfiguration": config }))
}

pub(super) fn put_tag_mutability(account: &mut Account, input: &Value) -> Answer {
    let mutability = need(input, "imageTagMutability")?;
    REPOSITORY.check(input, invalid)?;
    let (name, repository) = repository(account, input)?;
    repository.tag_mutability.clone_from(&mutability);
    repository.exclusions = exclusions(input);
    let filters = filters(repository);
    Ok(set(json!({
        "registryId": account.id, "repositoryName": name, "imageTagMutability": mutability,
        "imageTagMutabilityExclusionFilters": filters,
    })))
}

/// The tags that a request excludes from the mutability.
fn exclusions(input: &Value) -> Vec<String> {
    let filters = list(input, "imageTagMutabilityExclusionFilters").iter();
    filters.filter_map(|filter| text(filter, "filter")).collect()
}

/// The exclusions as answers say them; null if there are none.
fn filters(repository: &Repository) -> Value {
    let filters = repository.exclusions.iter();
    let filters: Vec<Value> = filters.map(|filter| json!({ "filterType": "WILDCARD", "filter": filter })).collect();
    if filters.is_empty() { Value::Null } else { filters.into() }
}

fn scan_on_push(input: &Value) -> bool {
    input.get("imageScanningConfiguration").is_some_and(|config| is_true(config, "scanOnPush"))
}

/// Refuses a policy that ECR would refuse, and writes the rest in one form.
fn lifecycle_policy(text: &str) -> Result<String, Fault> {
    let refuse = |why: &str| {
        invalid(format!(
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation \
             failure: {why}'"
        ))
    };
    let policy: Value = serde_json::from_str(text).map_err(|error| refuse(&error.to_string()))?;
    LIFECYCLE_POLICY.check(&policy, |words| refuse(&words))?;
    Ok(policy.to_string())
}

fn no_lifecycle_policy(account: &Account, name: &str) -> Fault {
    let message = format!(
        "Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{}'",
        account.id
    );
    Fault::client("LifecyclePolicyNotFoundException", message)
}

fn render(account: &Account, name: &str, repository: &Thing<Repository>) -> Value {
    set(json!({
        "repositoryArn": repository.arn,
        "registryId": account.id,
        "repositoryName": name,
        "repositoryUri": format!("{}/{name}", registry(account)),
        "createdAt": seconds(repository.created),
        "imageTagMutability": repository.tag_mutability,
        "imageTagMutabilityExclusionFilters": filters(repository),
        "imageScanningConfiguration": { "scanOnPush": repository.scan_on_push },
        "encryptionConfiguration": match &repository.key {
            Some(key) => json!({ "encryptionType": repository.encryption, "kmsKey": key }),
            None => json!({ "encryptionType": repository.encryption }),
        },
    }))
}

/// The ARN of the key that a new repository asks for by ARN, id or alias, or of Amazon ECR's own ("EncryptionConfiguration",
/// Amazon ECR API). Which key an alias leads to isn't modelled.
fn key(account: &Account, input: &Value) -> String {
    let given = input.get("encryptionConfiguration").and_then(|config| text(config, "kmsKey"));
    match given {
        Some(arn) if arn.starts_with("arn:") => arn,
        Some(id) if !id.starts_with("alias/") => account.arn("kms", &format!("key/{id}")),
        alias => {
            account.arn("kms", &format!("key/of-{}", alias.as_deref().unwrap_or("alias/aws/ecr").replace('/', "-")))
        }
    }
}
