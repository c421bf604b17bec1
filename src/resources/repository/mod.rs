//! Amazon ECR repositories.

mod policy;
mod tags;

use labform_account::rules::{LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_NAME, REPOSITORY_POLICY};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{OnDestroy, kms};
use crate::cloud::{Cloud, CloudError, ECR, Result};
use crate::model::PolicyDocument;
use crate::resource::{
    CallRules, Calls, Checks, Content, Field, Grant, Live, NameRule, Need, Others, Output, Pasted, Place, Plain,
    Problem, Read, Sending, all, breaches, call, change, document, document_breaches, each, replace, update,
};
use policy::LifecyclePolicy;
pub(super) use tags::lets_move;
use tags::{TagFilter, TagMutability};

/// A repository: the fields of CreateRepository, PutLifecyclePolicy and SetRepositoryPolicy.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// The repository's name, as in `ecs-lab/web-app`.
    pub repository_name: Option<String>,
    /// The time at which images are scanned.
    pub image_scanning_configuration: Option<ImageScanning>,
    /// Whether a tag may be moved to another image.
    pub image_tag_mutability: Option<TagMutability>,
    /// The tags to which the opposite applies, if the mutability is one with exclusions.
    pub image_tag_mutability_exclusion_filters: Option<Vec<TagFilter>>,
    /// The lifecycle policy, as a JSON document: it says which images expire.
    pub lifecycle_policy_text: Option<LifecyclePolicy>,
    /// The repository's own policy, as a JSON document: it says who else may pull or push; `{}` for none.
    pub policy_text: Option<PolicyDocument>,
    /// The encryption of images, which AWS can't change.
    pub encryption_configuration: Option<Encryption>,
    /// The fate of the images when the repository is destroyed.
    #[serde(skip_serializing)]
    pub on_destroy: Option<OnDestroy>,
}

/// The time at which images are scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageScanning {
    /// Whether every image is scanned when it is pushed.
    pub scan_on_push: bool,
}

/// The encryption of images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Encryption {
    /// The kind of encryption: `AES256`, `KMS` or `KMS_DSSE`.
    pub encryption_type: String,
    /// The ARN or the id of the key, unless it is `AES256`; AWS's own key for Amazon ECR if it is left out.
    pub kms_key: Option<String>,
}

impl Plain for Repository {
    const KIND: &'static str = "repository";
    const SECTION: &'static str = "repositories";
    const NAME: NameRule = NameRule::of(
        "repositoryName",
        REPOSITORY_NAME,
        "lower-case letters and digits, with single . _ - / between them",
    );
    const FIELDS: &'static [Field] = &[
        update("imageScanningConfiguration.scanOnPush").default("false"),
        update("imageTagMutability"),
        update("imageTagMutabilityExclusionFilters").unordered(),
        update("lifecyclePolicyText").document(policy::normal),
        update("policyText").document(policy::own).alike(policy::own_alike).default("{}"),
        replace("encryptionConfiguration.encryptionType"),
        replace("encryptionConfiguration.kmsKey"),
    ];
    const RULES: CallRules = &[&REPOSITORY];
    const PASTED: Pasted = Pasted {
        around: &["repositories", "repository"],
        told: &["createdAt", "registryId", "repositoryArn", "repositoryUri"],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &ECR,
        arn: "repository/{name}",
        id: "repositoryArn",
        name: "repositoryName",
        made: "createdAt",
        brings_tags: false,
        create: call("CreateRepository", "repositoryName"),
        read: &[
            LIST,
            each("GetLifecyclePolicy", "repositoryName").only_for("lifecyclePolicyText"),
            each("GetRepositoryPolicy", "repositoryName").only_for("policyText"),
        ],
        list: LIST,
        updates: &[
            change(call("PutImageScanningConfiguration", "repositoryName").by_name(), &["imageScanningConfiguration"]),
            // What the call isn't told of the filters is none.
            change(
                call("PutImageTagMutability", "repositoryName").by_name(),
                &["imageTagMutability", "imageTagMutabilityExclusionFilters"],
            )
            .given(),
            change(call("PutLifecyclePolicy", "repositoryName").by_name(), &["lifecyclePolicyText"]).after_create(),
            change(call("SetRepositoryPolicy", "repositoryName").by_name(), &["policyText"])
                .after_create()
                .or_reset(call("DeleteRepositoryPolicy", "repositoryName").by_name()),
        ],
        delete: call("DeleteRepository", "repositoryName").by_name(),
        restore: None,
    };

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let policy = self.lifecycle_policy_text.as_ref();
        let problems = policy
            .map(|policy| document_breaches(&LIFECYCLE_POLICY, "lifecyclePolicyText", &policy.0, "a lifecycle policy"));
        let mut problems = problems.unwrap_or_default();
        problems.extend(breaches(&REPOSITORY, &document(self)));
        let key = self.encryption_configuration.as_ref().and_then(|encryption| encryption.kms_key.as_deref());
        problems.extend(kms::alias("encryptionConfiguration.kmsKey", key));
        let own = self.policy_text.as_ref().filter(|policy| policy.0 != json!({}));
        let own = own.map(|policy| document_breaches(&REPOSITORY_POLICY, "policyText", &policy.0, "a policy document"));
        problems.extend(own.into_iter().flatten());
        problems
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        if let Some(key) = want.pointer_mut("/encryptionConfiguration/kmsKey") {
            // AWS answers the ARN of a key that it was given by id.
            let arn = key.as_str().filter(|id| !id.starts_with("arn:"));
            let arn = arn.map(|id| others.place.arn("kms", &format!("key/{id}")));
            *key = arn.map_or_else(|| key.clone(), Value::from);
        }
        want
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        if let Some(encryption) = sending.fields.get_mut("encryptionConfiguration") {
            *encryption = document(&self.encryption_configuration);
        }
        Ok(())
    }

    /// ECR uses a key by a grant that it makes in the caller's name ("Encryption at rest", Amazon ECR user guide).
    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let key = self.encryption_configuration.iter().filter(|encryption| encryption.encryption_type != "AES256");
        let actions = &["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"];
        key.map(|_| Grant::in_region(Need::Change, actions, place).through("ecr", place)).collect()
    }

    fn more_outputs(place: &Place, name: &str, _live: Option<&Live>) -> Vec<Output> {
        vec![Output::fixed("uri", format!("{}/{name}", registry(place)))]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone(), live.text("repositoryUri").to_owned()]
    }

    fn on_destroy(&self) -> Content {
        OnDestroy::content(self.on_destroy)
    }

    fn deletion(content: Content) -> Value {
        json!({"force": content == Content::Empty})
    }

    async fn refused(_cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.is("RepositoryNotEmptyException") {
            return error;
        }
        let message = format!(
            "{}; apply keeps them; `onDestroy: empty` in lab.yaml lets destroy delete them, as `destroy --empty` does; \
             to delete them by hand: `aws ecr delete-repository --repository-name {} --force`",
            error.message(),
            live.name
        );
        error.reworded(message)
    }
}

/// The listing of all repositories, because a missing name fails a whole DescribeRepositories.
const LIST: Read = all("DescribeRepositories", "repositories").with(r#"{"maxResults": 1000}"#);

/// The host of the registry that the lab's repositories are in.
pub(super) fn registry(place: &Place) -> String {
    let suffix = match place.partition.as_str() {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    format!("{}.dkr.ecr.{}.{suffix}", place.account, place.region)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::resource::Resource;
    use crate::resources::test_others;

    fn spec(value: Value) -> Repository {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn its_uri_follows_from_its_name_and_place() {
        let place = test_others().place;
        let value = |place: &Place, name: &str| {
            let outputs = <Repository as Resource>::outputs(place, "ecs-lab/web-app", None).into_iter();
            outputs.filter(|output| output.name == name).find_map(|output| output.value)
        };
        assert_eq!(
            value(&place, "uri"),
            Some("123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app".to_owned())
        );
        assert_eq!(
            value(&place, "arn"),
            Some("arn:aws:ecr:eu-west-1:123456789012:repository/ecs-lab/web-app".to_owned())
        );
        let china = Place { partition: "aws-cn".to_owned(), ..place };
        assert!(value(&china, "uri").is_some_and(|uri| uri.contains(".amazonaws.com.cn/")));
    }

    #[test]
    fn names_are_lower_case_paths() {
        for name in ["ab", "ecs-lab/web-app", "a.b_c__d--e/f"] {
            assert_eq!(<Repository as Plain>::NAME.problem(name), None, "{name}");
        }
        for name in ["a", "Web", "web/", "/web", "a..b", "a___b", "-web", "web.", "a//b", "a._b"] {
            assert!(<Repository as Plain>::NAME.problem(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_policy_without_rules_is_a_mistake() {
        let rule = json!({"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
            "countNumber": 1}, "action": {"type": "expire"}});
        let right = json!({"rules": [rule]});
        let inside = "lifecyclePolicyText.rules";
        for (policy, path) in [
            (right.clone(), None),
            (right.to_string().into(), None),
            (json!({"rules": []}), Some(inside)),
            (json!("{\"rules\": []}"), Some("lifecyclePolicyText")),
            (json!({"rule": []}), Some(inside)),
            (json!("not JSON"), Some("lifecyclePolicyText")),
        ] {
            let spec = spec(json!({"lifecyclePolicyText": policy}));
            let problems = Plain::check(&spec, &Checks::new(&BTreeMap::new()));
            assert_eq!(problems.first().map(|problem| problem.path.as_str()), path, "{policy}");
        }
    }
}
