//! Amazon ECR repositories.

mod calls;
mod grants;
mod managed;
mod policy;

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::OnDestroy;
use crate::cloud::{Cloud, Result};
use crate::resource::{
    Checks, Field, Found, Managed, NameRule, Names, Others, Output, Place, Problem, Resource, SpecRef, Wanted,
    document, replace, update,
};
use calls::lifecycle_policy;
pub(super) use calls::repositories;
use policy::LifecyclePolicy;

/// A repository: the fields of CreateRepository and PutLifecyclePolicy.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// Its name, as in `ecs-lab/web-app`.
    pub repository_name: Option<String>,
    /// When images are scanned.
    pub image_scanning_configuration: Option<ImageScanning>,
    /// Whether a tag may be moved to another image.
    pub image_tag_mutability: Option<TagMutability>,
    /// Which images expire: a lifecycle policy as a JSON document.
    pub lifecycle_policy_text: Option<LifecyclePolicy>,
    /// How images are encrypted. AWS can't change it.
    pub encryption_configuration: Option<Encryption>,
    /// What becomes of images when the repository is destroyed.
    pub on_destroy: Option<OnDestroy>,
}

/// When images are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageScanning {
    /// Whether every image is scanned when it is pushed.
    pub scan_on_push: bool,
}

/// Whether a tag may be moved to another image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TagMutability {
    /// It may.
    Mutable,
    /// It may not.
    Immutable,
}

/// How images are encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Encryption {
    /// `AES256` or `KMS`.
    pub encryption_type: String,
    /// The ARN of the key, for `KMS`.
    pub kms_key: Option<String>,
}

/// What AWS says of a repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepositoryLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made, in milliseconds since 1970.
    #[serde(default)]
    pub created_at: i64,
    /// What images are pushed to.
    pub uri: String,
    /// When images are scanned.
    pub image_scanning_configuration: ImageScanning,
    /// Whether a tag may be moved, in AWS's word.
    pub image_tag_mutability: String,
    /// How images are encrypted.
    pub encryption_configuration: Option<Encryption>,
    /// Its lifecycle policy; none where it has none, or where it wasn't read because no spec gives one.
    pub lifecycle_policy_text: Option<LifecyclePolicy>,
    /// What the spec says on destroying its images; none where there is no spec.
    pub on_destroy: Option<OnDestroy>,
}

impl Resource for Repository {
    const KIND: &'static str = "repository";
    const SECTION: &'static str = "repositories";
    const NAME: NameRule = NameRule {
        field: "repositoryName",
        min: 2,
        max: 256,
        words: "lower-case letters and digits, with single . _ - / between them",
        is_valid: |name| name.split('/').all(is_path_part),
        ignores_case: false,
    };
    const FIELDS: &'static [Field] = &[
        update("imageScanningConfiguration.scanOnPush").default("false"),
        update("imageTagMutability"),
        update("lifecyclePolicyText").document(policy::normal),
        replace("encryptionConfiguration.encryptionType"),
        replace("encryptionConfiguration.kmsKey"),
    ];
    type Live = RepositoryLive;

    fn name(&self) -> Option<&str> {
        self.repository_name.as_deref()
    }

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let policy = self.lifecycle_policy_text.as_ref();
        if policy.is_some_and(|policy| !policy::normal(&policy.0)["rules"].is_array()) {
            problems.push(
                Problem::at("lifecyclePolicyText", "it is not a lifecycle policy")
                    .hint("write `rules:` with a list, as PutLifecyclePolicy takes it"),
            );
        }
        problems
    }

    fn wanted(&self, _live: &RepositoryLive, _others: &Others) -> Value {
        let mut want = document(self);
        // AWS answers the key's ARN, whatever id or alias it was given.
        let encryption = want.get_mut("encryptionConfiguration").and_then(Value::as_object_mut);
        if let Some(encryption) = encryption {
            encryption
                .retain(|field, value| field != "kmsKey" || value.as_str().is_some_and(|key| key.starts_with("arn:")));
        }
        want
    }

    fn outputs(place: &Place, name: &str, _live: Option<&RepositoryLive>) -> Vec<Output> {
        let uri = format!("{}/{name}", registry(place));
        vec![
            Output::fixed("name", name),
            Output::fixed("arn", place.arn("ecr", &format!("repository/{name}"))),
            Output::fixed("uri", uri),
        ]
    }

    fn incarnation(live: &RepositoryLive) -> String {
        live.created_at.to_string()
    }

    fn ids(live: &RepositoryLive) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone(), live.uri.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<RepositoryLive>>> {
        let policies = try_join_all(wanted.iter().map(|one| async move {
            match &one.spec.lifecycle_policy_text {
                Some(_) => lifecycle_policy(cloud, one.name).await,
                None => Ok(None),
            }
        }));
        let repositories = cloud.once(repositories(cloud));
        let (repositories, policies) = futures::try_join!(repositories, policies)?;
        let found = wanted.iter().zip(policies).filter_map(|(one, policy)| {
            let live = repositories.iter().find(|live| live.name == one.name)?;
            let live =
                RepositoryLive { lifecycle_policy_text: policy, on_destroy: one.spec.on_destroy, ..live.clone() };
            Some((one, live))
        });
        let found: Vec<_> = found.collect();
        let arns: Vec<String> = found.iter().map(|(_, live)| live.arn.clone()).collect();
        let mut tags = cloud.tags_of(Self::SERVICE, &arns).await?;
        let found = found.into_iter().map(|(one, live)| {
            let tags = tags.remove(&live.arn).unwrap_or_default();
            Found::present(one.address, one.name, live, tags)
        });
        Ok(found.collect())
    }
}

impl TagMutability {
    fn word(self) -> &'static str {
        match self {
            Self::Mutable => "MUTABLE",
            Self::Immutable => "IMMUTABLE",
        }
    }
}

/// The host of the registry that the lab's repositories are in.
pub(super) fn registry(place: &Place) -> String {
    let suffix = match place.partition.as_str() {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    format!("{}.dkr.ecr.{}.{suffix}", place.account, place.region)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` (CreateRepository, API reference).
fn is_path_part(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let between = |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    part.starts_with(plain) && part.ends_with(plain) && part.split(plain).all(between)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::resources::test_others;

    fn spec(value: Value) -> Repository {
        serde_json::from_value(value).unwrap()
    }

    fn live() -> RepositoryLive {
        serde_json::from_value(json!({"name": "ecs-lab/web-app",
            "arn": "arn:aws:ecr:eu-west-1:123456789012:repository/ecs-lab/web-app",
            "uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app",
            "imageScanningConfiguration": {"scanOnPush": true}, "imageTagMutability": "MUTABLE",
            "encryptionConfiguration": {"encryptionType": "AES256", "kmsKey": null},
            "lifecyclePolicyText": null, "onDestroy": null}))
        .unwrap()
    }

    #[test]
    fn only_what_the_spec_gives_is_compared() {
        let cases = [
            (json!({}), vec![], false),
            (
                json!({"imageScanningConfiguration": {"scanOnPush": true}, "imageTagMutability": "MUTABLE"}),
                vec![],
                false,
            ),
            (
                json!({"imageScanningConfiguration": {"scanOnPush": false}}),
                vec!["imageScanningConfiguration.scanOnPush"],
                false,
            ),
            (json!({"imageTagMutability": "IMMUTABLE"}), vec!["imageTagMutability"], false),
            (json!({"lifecyclePolicyText": {"rules": []}}), vec!["lifecyclePolicyText"], false),
            (json!({"encryptionConfiguration": {"encryptionType": "AES256"}}), vec![], false),
            (
                json!({"encryptionConfiguration": {"encryptionType": "KMS"}}),
                vec!["encryptionConfiguration.encryptionType"],
                true,
            ),
        ];
        for (value, paths, replaces) in cases {
            let diff = spec(value.clone()).edit(&live(), &test_others(), &[]).diff;
            let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!((found, diff.replaces()), (paths, replaces), "{value}");
        }
    }

    #[test]
    fn its_uri_follows_from_its_name_and_place() {
        let place = test_others().place;
        let value = |place: &Place, name: &str| {
            let outputs = Repository::outputs(place, "ecs-lab/web-app", None).into_iter();
            outputs.filter(|output| output.name == name).find_map(|output| output.value)
        };
        assert_eq!(value(&place, "uri"), Some(live().uri));
        assert_eq!(value(&place, "arn"), Some(live().arn));
        let china = Place { partition: "aws-cn".to_owned(), ..place };
        assert!(value(&china, "uri").is_some_and(|uri| uri.contains(".amazonaws.com.cn/")));
    }

    #[test]
    fn names_are_lower_case_paths() {
        for name in ["ab", "ecs-lab/web-app", "a.b_c__d--e/f"] {
            assert_eq!(Repository::NAME.problem(name), None, "{name}");
        }
        for name in ["a", "Web", "web/", "/web", "a..b", "a___b", "-web", "web.", "a//b", "a._b"] {
            assert!(Repository::NAME.problem(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_policy_without_rules_is_a_mistake() {
        for (policy, count) in
            [(json!({"rules": []}), 0), (json!("{\"rules\": []}"), 0), (json!({"rule": []}), 1), (json!("not JSON"), 1)]
        {
            let spec = spec(json!({"lifecyclePolicyText": policy}));
            assert_eq!(spec.check(&Checks::new(&BTreeMap::new())).len(), count, "{policy}");
        }
    }
}
