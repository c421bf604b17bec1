//! ECR as labform uses it: repositories, their lifecycle policies, and the images that they hold.
//!
//! Knows images by digest and tag only; must not know layers. A push goes to a registry over another protocol, so here
//! images come from [`Account::push_pretended_image`], and PutImage takes only manifests that say they are pretended.

mod images;
mod policies;
mod pull;
mod repositories;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account::{Account, Calls, Service, seconds};
use super::forms::{Pages, Tags};
use super::input::{self, need};
use super::rules;
use super::shelf::{Body, Kind, Thing};
use super::wire::{self, Answer, Fault, invalid};

use images::Image;
pub(super) use pull::{Place, digest, is_address, place};

/// The milliseconds that a registry password lasts.
const PASSWORD_LIFE: i64 = 12 * 60 * 60 * 1000;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Repository {
    tag_mutability: String,
    /// The tags that are excluded from that.
    #[serde(default)]
    exclusions: Vec<String>,
    scan_on_push: bool,
    encryption: String,
    /// The ARN of the key, unless it is `AES256`.
    #[serde(default)]
    key: Option<String>,
    lifecycle_policy: Option<String>,
    /// The repository's own policy.
    #[serde(default)]
    policy: Option<String>,
    /// The images by digest.
    images: BTreeMap<String, Image>,
}

impl Body for Repository {}

impl Repository {
    /// Returns whether an image keeps this tag although another asks for it.
    fn fixes(&self, tag: &str) -> bool {
        let is_excluded = self.exclusions.iter().any(|filter| input::fits(filter, tag));
        self.tag_mutability.starts_with("IMMUTABLE") != is_excluded
    }
}

static REPOSITORIES: Kind<Repository> = Kind {
    missing: no_repository,
    exists: |account, name| {
        let id = &account.id;
        let message = format!("The repository with name '{name}' already exists in the registry with id '{id}'");
        Fault::client("RepositoryAlreadyExistsException", message)
    },
    pages: Pages {
        sizes: (1, 1000),
        refuse: |size| invalid(format!("Invalid parameter at 'maxResults': {size} is not between 1 and 1000")),
        ..Pages::JSON
    },
    tags: Tags {
        id: "resourceArn",
        given: "tags",
        keys: "tagKeys",
        check: |tags| {
            let too_many = |most| Fault::client("TooManyTagsException", format!("At most {most} tags are allowed"));
            let bad = |key: &str| format!("Tag key '{key}' is not allowed");
            rules::check_tags(tags, too_many, |key| Fault::client("InvalidTagParameterException", bad(key)))
        },
        ..Tags::JSON
    },
    ..Kind::new("ecr:repository", "ecr/repositories")
};

/// ECR in the list of services.
pub(crate) static SERVICE: Service = Service { kinds: &[&REPOSITORIES], ..Service::new("ecr", Calls::Json(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateRepository" => repositories::create(account, input),
        "DescribeRepositories" => repositories::describe(account, input),
        "DeleteRepository" => repositories::delete(account, input),
        "PutLifecyclePolicy" => repositories::put_lifecycle_policy(account, input),
        "GetLifecyclePolicy" => repositories::get_lifecycle_policy(account, input),
        "DeleteLifecyclePolicy" => repositories::delete_lifecycle_policy(account, input),
        "SetRepositoryPolicy" => policies::set(account, input),
        "GetRepositoryPolicy" => policies::get(account, input),
        "DeleteRepositoryPolicy" => policies::delete(account, input),
        "PutImageScanningConfiguration" => repositories::put_scanning(account, input),
        "PutImageTagMutability" => repositories::put_tag_mutability(account, input),
        "ListTagsForResource" => by_arn(account, input).and_then(|()| REPOSITORIES.tags_of(account, input)),
        "TagResource" => by_arn(account, input).and_then(|()| REPOSITORIES.tag(account, input)),
        "UntagResource" => by_arn(account, input).and_then(|()| REPOSITORIES.untag(account, input)),
        "ListImages" => images::list(account, input),
        "DescribeImages" => images::describe(account, input),
        "DescribeImageScanFindings" => images::scan_findings(account, input),
        "BatchGetImage" => images::batch_get(account, input),
        "PutImage" => images::put(account, input),
        "BatchDeleteImage" => images::batch_delete(account, input),
        "GetAuthorizationToken" => Ok(authorization_token(account)),
        _ => Err(wire::unknown("ecr", operation)),
    }
}

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
fn repository_ref<'a>(account: &'a Account, input: &Value) -> Result<(&'a str, &'a Thing<Repository>), Fault> {
    REPOSITORIES.find(account, &need(input, "repositoryName")?)
}

/// The same, to be changed.
fn repository<'a>(account: &'a mut Account, input: &Value) -> Result<(String, &'a mut Thing<Repository>), Fault> {
    REPOSITORIES.find_mut(account, &need(input, "repositoryName")?)
}

/// Refuses a text that is no ARN of a repository, in the calls that want one.
fn by_arn(account: &Account, input: &Value) -> Result<(), Fault> {
    if need(input, "resourceArn")?.starts_with(&arn(account, "")) {
        return Ok(());
    }
    Err(invalid("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"))
}

/// The fault of a repository that isn't there, which names it even if the call gave an ARN.
fn no_repository(account: &Account, id: &str) -> Fault {
    let name = id.strip_prefix(&arn(account, "")).unwrap_or(id);
    let message = format!("The repository with name '{name}' does not exist in the registry with id '{}'", account.id);
    Fault::client("RepositoryNotFoundException", message)
}
