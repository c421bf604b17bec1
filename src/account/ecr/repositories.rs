//! Repositories, their settings and tags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Repository, arn, invalid, no_repository, paged, registry, repository, state, state_ref};
use crate::account::{Account, seconds};
use crate::input::{is_true, list, need, tags, text, texts};
use crate::wire::{Answer, Fault};

/// The most tags that one repository takes.
const TAG_QUOTA: usize = 50;

/// `CreateRepository`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "repositoryName")?;
    check_name(&name)?;
    if state_ref(account).repositories.contains_key(&name) {
        let message =
            format!("The repository with name '{name}' already exists in the registry with id '{}'", account.id);
        return Err(Fault::client("RepositoryAlreadyExistsException", message));
    }
    let tags = tags(input, "tags");
    check_tags(&tags)?;
    let encryption = input.get("encryptionConfiguration").and_then(|config| text(config, "encryptionType"));
    let repository = Repository {
        created: account.now,
        tag_mutability: text(input, "imageTagMutability").unwrap_or_else(|| "MUTABLE".to_owned()),
        scan_on_push: scan_on_push(input),
        encryption: encryption.unwrap_or_else(|| "AES256".to_owned()),
        lifecycle_policy: None,
        tags,
        images: BTreeMap::new(),
    };
    let shown = render(account, &name, &repository);
    state(account).repositories.insert(name, repository);
    Ok(json!({ "repository": shown }))
}

/// `DescribeRepositories`: one missing name fails the call.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let all = &state_ref(account).repositories;
    let names = texts(input, "repositoryNames");
    let chosen: Vec<&String> = if names.is_empty() { all.keys().collect() } else { names.iter().collect() };
    let shown: Result<Vec<Value>, Fault> = chosen
        .into_iter()
        .map(|name| {
            let repository = all.get(name).ok_or_else(|| no_repository(account, name))?;
            Ok(render(account, name, repository))
        })
        .collect();
    // A page is of what was not asked for by name.
    if names.is_empty() { paged(account, input, "repositories", shown?) } else { Ok(json!({ "repositories": shown? })) }
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
    let missing = no_repository(account, &name);
    let gone = state(account).repositories.remove(&name).ok_or(missing)?;
    Ok(json!({ "repository": render(account, &name, &gone) }))
}

/// `PutLifecyclePolicy`: the text reads back with its spaces and its order of keys lost.
pub(super) fn put_lifecycle_policy(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    let policy = lifecycle_policy(&need(input, "lifecyclePolicyText")?)?;
    repository.lifecycle_policy = Some(policy.clone());
    Ok(json!({ "registryId": account.id, "repositoryName": name, "lifecyclePolicyText": policy }))
}

/// `GetLifecyclePolicy`.
pub(super) fn get_lifecycle_policy(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    let policy = repository.lifecycle_policy.clone().ok_or_else(|| no_lifecycle_policy(&name))?;
    Ok(json!({ "registryId": account.id, "repositoryName": name, "lifecyclePolicyText": policy }))
}

/// `DeleteLifecyclePolicy`.
pub(super) fn delete_lifecycle_policy(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    let policy = repository.lifecycle_policy.take().ok_or_else(|| no_lifecycle_policy(&name))?;
    Ok(json!({ "registryId": account.id, "repositoryName": name, "lifecyclePolicyText": policy }))
}

/// `PutImageScanningConfiguration`.
pub(super) fn put_scanning(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    repository.scan_on_push = scan_on_push(input);
    let config = json!({ "scanOnPush": repository.scan_on_push });
    Ok(json!({ "registryId": account.id, "repositoryName": name, "imageScanningConfiguration": config }))
}

/// `PutImageTagMutability`.
pub(super) fn put_tag_mutability(account: &mut Account, input: &Value) -> Answer {
    let mutability = need(input, "imageTagMutability")?;
    let (name, repository) = repository(account, input)?;
    repository.tag_mutability.clone_from(&mutability);
    Ok(json!({ "registryId": account.id, "repositoryName": name, "imageTagMutability": mutability }))
}

/// `ListTagsForResource`.
pub(super) fn list_tags(account: &mut Account, input: &Value) -> Answer {
    let repository = by_arn(account, input)?;
    let shown: Value = repository.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "tags": shown }))
}

/// `TagResource`: adds to what is there.
pub(super) fn tag(account: &mut Account, input: &Value) -> Answer {
    let repository = by_arn(account, input)?;
    let mut all = repository.tags.clone();
    all.extend(tags(input, "tags"));
    check_tags(&all)?;
    repository.tags = all;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag(account: &mut Account, input: &Value) -> Answer {
    let keys = texts(input, "tagKeys");
    by_arn(account, input)?.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

fn by_arn<'a>(account: &'a mut Account, input: &Value) -> Result<&'a mut Repository, Fault> {
    let given = need(input, "resourceArn")?;
    let prefix = arn(account, "");
    let name = given
        .strip_prefix(&prefix)
        .ok_or_else(|| invalid("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"))?;
    let missing = no_repository(account, name);
    state(account).repositories.get_mut(name).ok_or(missing)
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
    let rules = list(&policy, "rules");
    if rules.is_empty() {
        return Err(refuse("instance failed to match: the policy must have rules"));
    }
    let mut priorities = BTreeSet::new();
    for rule in rules {
        let priority = rule["rulePriority"].as_u64().ok_or_else(|| refuse("a rule must have a rulePriority"))?;
        if !priorities.insert(priority) {
            return Err(refuse(&format!("rulePriority {priority} is given twice")));
        }
        let selection = &rule["selection"];
        if !matches!(selection["tagStatus"].as_str(), Some("any" | "tagged" | "untagged")) {
            return Err(refuse("selection.tagStatus must be any, tagged or untagged"));
        }
        let count_type = selection["countType"].as_str();
        if !matches!(count_type, Some("imageCountMoreThan" | "sinceImagePushed")) {
            return Err(refuse("selection.countType must be imageCountMoreThan or sinceImagePushed"));
        }
        if selection["countNumber"].as_u64().is_none_or(|count| count == 0) {
            return Err(refuse("selection.countNumber must be greater than 0"));
        }
        if rule["action"]["type"] != "expire" {
            return Err(refuse("action.type must be expire"));
        }
    }
    let any = rules.iter().find(|rule| rule["selection"]["tagStatus"] == "any");
    if any.is_some_and(|rule| rule["rulePriority"].as_u64() != priorities.last().copied()) {
        return Err(refuse("a rule with tagStatus any must have the highest rulePriority"));
    }
    Ok(policy.to_string())
}

fn no_lifecycle_policy(name: &str) -> Fault {
    let message = format!("Lifecycle policy does not exist for the repository with name '{name}'");
    Fault::client("LifecyclePolicyNotFoundException", message)
}

/// Names are lower-case words, joined by single dots, underscores or hyphens, in parts between slashes.
fn check_name(name: &str) -> Result<(), Fault> {
    let word = |part: &str| {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        part.starts_with(letter) && part.ends_with(letter) && part.chars().all(|c| letter(c) || "._-".contains(c))
    };
    if (2..=256).contains(&name.len()) && name.split('/').all(word) && !name.contains("..") {
        return Ok(());
    }
    Err(invalid(
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression \
         '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''",
    ))
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() > TAG_QUOTA {
        return Err(Fault::client("TooManyTagsException", format!("At most {TAG_QUOTA} tags are allowed")));
    }
    match tags.keys().find(|key| key.is_empty() || key.starts_with("aws:")) {
        Some(key) => Err(Fault::client("InvalidTagParameterException", format!("Tag key '{key}' is not allowed"))),
        None => Ok(()),
    }
}

fn render(account: &Account, name: &str, repository: &Repository) -> Value {
    json!({
        "repositoryArn": arn(account, name),
        "registryId": account.id,
        "repositoryName": name,
        "repositoryUri": format!("{}/{name}", registry(account)),
        "createdAt": seconds(repository.created),
        "imageTagMutability": repository.tag_mutability,
        "imageScanningConfiguration": { "scanOnPush": repository.scan_on_push },
        "encryptionConfiguration": { "encryptionType": repository.encryption },
    })
}
