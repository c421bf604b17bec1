//! The policies of repositories: who may use one beside those whom IAM lets.

use serde_json::{Value, json};

use super::{repository, repository_ref};
use crate::account::Account;
use crate::input::need;
use crate::rules::REPOSITORY_POLICY;
use crate::wire::{Answer, Fault, invalid};

/// `SetRepositoryPolicy`: the text reads back with its spaces and its order of keys lost, and with an account as its root.
pub(super) fn set(account: &mut Account, input: &Value) -> Answer {
    let refuse =
        |why: &str| invalid(format!("Invalid parameter at 'PolicyText' failed to satisfy constraint: '{why}'"));
    let text = need(input, "policyText")?;
    let policy: Value = serde_json::from_str(&text).map_err(|_| refuse("Invalid repository policy provided"))?;
    REPOSITORY_POLICY.check(&policy, |words| refuse(&words))?;
    let policy = crate::iam::resource_policy(account, policy).map_err(|_| refuse("Principal not found"))?.to_string();
    let (name, repository) = repository(account, input)?;
    repository.policy = Some(policy.clone());
    Ok(shown(account, &name, &policy))
}

pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let (name, repository) = repository_ref(account, input)?;
    let policy = repository.policy.as_ref().ok_or_else(|| none(account, name))?;
    Ok(shown(account, name, policy))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (name, repository) = repository(account, input)?;
    let policy = repository.policy.take().ok_or_else(|| none(account, &name))?;
    Ok(shown(account, &name, &policy))
}

fn shown(account: &Account, name: &str, policy: &str) -> Value {
    json!({ "registryId": account.id, "repositoryName": name, "policyText": policy })
}

fn none(account: &Account, name: &str) -> Fault {
    let message = format!(
        "Repository policy does not exist for the repository with name '{name}' in the registry with id '{}'",
        account.id
    );
    Fault::client("RepositoryPolicyNotFoundException", message)
}
