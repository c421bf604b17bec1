//! ECR as labform uses it: repositories, their lifecycle policies, and what images they hold.
//!
//! Knows images by digest and tag only; must not know layers. A push goes to a registry over another protocol, so here
//! images come from [`Account::push_pretended_image`], and PutImage takes only manifests that say they are pretended.

mod images;
mod pull;
mod repositories;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Item;
use super::account::{Account, Calls, Service, seconds};
use super::input::{need, number, page, text};
use super::states::{self, Kept};
use super::wire::{self, Answer, Fault};

use images::Image;
pub(super) use pull::{digest, is_missing};

/// How long a registry password lasts, in milliseconds.
const PASSWORD_LIFE: i64 = 12 * 60 * 60 * 1000;

/// What ECR keeps in one region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    repositories: BTreeMap<String, Repository>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Repository {
    created: i64,
    tag_mutability: String,
    scan_on_push: bool,
    encryption: String,
    lifecycle_policy: Option<String>,
    tags: BTreeMap<String, String>,
    /// By digest.
    images: BTreeMap<String, Image>,
}

impl states::State for State {
    const NAME: &'static str = "ecr";
}

/// ECR in the list of services.
pub(crate) static SERVICE: Service =
    Service { regional: &[Kept::of::<State>()], tagged, items, ..Service::new("ecr", Calls::Json(handle)) };

fn state(account: &mut Account) -> &mut State {
    account.here()
}

fn state_ref(account: &Account) -> &State {
    account.here_ref()
}

/// Answers one ECR call.
fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateRepository" => repositories::create(account, input),
        "DescribeRepositories" => repositories::describe(account, input),
        "DeleteRepository" => repositories::delete(account, input),
        "PutLifecyclePolicy" => repositories::put_lifecycle_policy(account, input),
        "GetLifecyclePolicy" => repositories::get_lifecycle_policy(account, input),
        "DeleteLifecyclePolicy" => repositories::delete_lifecycle_policy(account, input),
        "PutImageScanningConfiguration" => repositories::put_scanning(account, input),
        "PutImageTagMutability" => repositories::put_tag_mutability(account, input),
        "ListTagsForResource" => repositories::list_tags(account, input),
        "TagResource" => repositories::tag(account, input),
        "UntagResource" => repositories::untag(account, input),
        "ListImages" => images::list(account, input),
        "DescribeImages" => images::describe(account, input),
        "BatchGetImage" => images::batch_get(account, input),
        "PutImage" => images::put(account, input),
        "BatchDeleteImage" => images::batch_delete(account, input),
        "GetAuthorizationToken" => Ok(authorization_token(account)),
        _ => Err(wire::unknown("ecr", operation)),
    }
}

/// The region's tagged repositories, for the tag index.
fn tagged(account: &Account) -> Vec<(String, BTreeMap<String, String>)> {
    let repositories = state_ref(account).repositories.iter();
    repositories
        .filter(|(_, repository)| !repository.tags.is_empty())
        .map(|(name, repository)| (arn(account, name), repository.tags.clone()))
        .collect()
}

/// Every repository of the region.
fn items(account: &Account) -> Vec<Item> {
    let repositories = state_ref(account).repositories.iter();
    repositories
        .map(|(name, repository)| Item {
            kind: "ecr:repository",
            id: arn(account, name),
            tags: repository.tags.clone(),
            tombstone: None,
        })
        .collect()
}

/// `GetAuthorizationToken`.
fn authorization_token(account: &Account) -> Value {
    json!({
        "authorizationData": [{
            "authorizationToken": aws_smithy_types::base64::encode("AWS:sandbox"),
            "expiresAt": seconds(account.now + PASSWORD_LIFE),
            "proxyEndpoint": format!("https://{}", registry(account)),
        }],
    })
}

fn registry(account: &Account) -> String {
    format!("{}.dkr.ecr.{}.amazonaws.com", account.id, account.region)
}

fn arn(account: &Account, name: &str) -> String {
    account.arn("ecr", &format!("repository/{name}"))
}

/// The repository that a request names.
fn repository<'a>(account: &'a mut Account, input: &Value) -> Result<(String, &'a mut Repository), Fault> {
    let name = need(input, "repositoryName")?;
    let missing = no_repository(account, &name);
    let repository = state(account).repositories.get_mut(&name).ok_or(missing)?;
    Ok((name, repository))
}

fn no_repository(account: &Account, name: &str) -> Fault {
    let message = format!("The repository with name '{name}' does not exist in the registry with id '{}'", account.id);
    Fault::client("RepositoryNotFoundException", message)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

/// One page of a list call's answer.
fn paged(account: &Account, input: &Value, key: &str, shown: Vec<Value>) -> Answer {
    let size = match number(input, "maxResults") {
        None => 100,
        Some(size @ 1..=1000) => usize::try_from(size).unwrap_or(100),
        Some(size) => {
            return Err(invalid(format!("Invalid parameter at 'maxResults': {size} is not between 1 and 1000")));
        }
    };
    let (shown, next) = page(shown, text(input, "nextToken"), account.page_size(size));
    let mut answer = json!({ key: shown });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(answer)
}
