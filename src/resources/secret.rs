//! AWS Secrets Manager secrets.
//!
//! A value is given from outside of lab.yaml or made by AWS, and is never read back: a given one is compared by its
//! version, whose id is a slow hash of the value with a salt that the secret carries as a tag.

use std::path::Path;

use labform_account::rules::RECOVERY_WINDOW;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::given::{Given, SALT_TAG, slow_hash};
use crate::cloud::{Case, Cloud, Result, SECRETS_MANAGER};
use crate::model::{Tags, Unit, Usage, random};
use crate::resource::{
    Calls, Checks, Content, Field, Grant, Live, NameRule, Need, Pasted, Place, Plain, Presence, Problem, REST, Sending,
    UsageContext, all, call, change, document, each, update,
};

/// The field with the given value.
const VALUE: &str = "secretString";

/// A secret: the fields of CreateSecret.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Secret {
    /// The secret's name.
    pub name: Option<String>,
    /// The secret's purpose.
    pub description: Option<String>,
    /// The KMS key that encrypts the value; the account's own for Secrets Manager if it is left out.
    pub kms_key_id: Option<String>,
    /// The place of the value.
    pub secret_string: Option<Given>,
    /// The way in which AWS makes the value up, once.
    #[serde(skip_serializing)]
    pub generate_secret_string: Option<Generate>,
    /// The days for which a destroyed secret can be brought back, 7 to 30, or 0 to delete it at once; 30 if it is left
    /// out.
    #[serde(skip_serializing)]
    pub recovery_window_in_days: Option<u8>,
}

/// A value that AWS makes up: what GetRandomPassword is asked for, and the JSON document that the password is put into.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Generate {
    /// The number of characters; 32 if it is left out.
    pub password_length: Option<u16>,
    /// The characters that the password doesn't have.
    pub exclude_characters: Option<String>,
    /// Whether the password has no lowercase letters.
    pub exclude_lowercase: Option<bool>,
    /// Whether the password has no digits.
    pub exclude_numbers: Option<bool>,
    /// Whether the password has no punctuation.
    pub exclude_punctuation: Option<bool>,
    /// Whether the password has no uppercase letters.
    pub exclude_uppercase: Option<bool>,
    /// Whether the password may have spaces.
    pub include_space: Option<bool>,
    /// Whether the password has at least one character of each sort; true if it is left out.
    pub require_each_included_type: Option<bool>,
    /// A JSON document, as in `{"username": "app"}`, to which the password is added.
    #[serde(skip_serializing)]
    pub secret_string_template: Option<String>,
    /// The key under which the document gets the password.
    #[serde(skip_serializing)]
    pub generate_string_key: Option<String>,
}

impl Plain for Secret {
    const KIND: &'static str = "secret";
    const SECTION: &'static str = "secrets";
    const NAME: NameRule = NameRule::new("name", 1..=512, "letters, digits and /_+=.@-", |name| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
    });
    const FIELDS: &'static [Field] = &[
        update("description").default(r#""""#),
        update("kmsKeyId").default(r#""alias/aws/secretsmanager""#).alike(key),
        update(VALUE).given(),
    ];
    const PASTED: Pasted = Pasted {
        around: &[],
        told: &[
            "arn",
            "createdDate",
            "lastAccessedDate",
            "lastChangedDate",
            "owningService",
            "primaryRegion",
            "versionIdsToStages",
        ],
        beyond: &[
            ("replicationStatus", "[]"),
            ("rotationEnabled", "false"),
            ("rotationLambdaARN", "null"),
            ("rotationRules", "null"),
            ("type", "null"),
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &SECRETS_MANAGER,
        arn: "secret:{name}-??????",
        id: "ARN",
        name: "Name",
        made: "CreatedDate",
        brings_tags: true,
        create: call("CreateSecret", "Name"),
        read: &[each("DescribeSecret", "SecretId")],
        list: all("ListSecrets", "SecretList"),
        updates: &[change(call("UpdateSecret", "SecretId"), REST)],
        delete: call("DeleteSecret", "SecretId"),
        restore: Some(call("RestoreSecret", "SecretId")),
    };

    fn usage(_context: &UsageContext<'_>, _document: &Value) -> Usage {
        Usage::one(Unit::Secret, "secret")
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let value = self.secret_string.as_ref().and_then(|given| given.problem(VALUE));
        let is_both = self.secret_string.is_some() && self.generate_secret_string.is_some();
        let both = Problem::at("generateSecretString", "a value is given or made up, and not both");
        let is_kept = |days: u8| days == 0 || (RECOVERY_WINDOW.allows)(i64::from(days));
        let message = "Secrets Manager keeps a deleted secret for 7 to 30 days, or for none with 0";
        let window = self.recovery_window_in_days.filter(|days| !is_kept(*days));
        let window = window.map(|_| Problem::at("recoveryWindowInDays", message));
        let generated = self.generate_secret_string.as_ref().and_then(Generate::problem);
        let both = is_both.then(|| both.hint("keep one of the two"));
        [value, both, window, generated].into_iter().flatten().collect()
    }

    fn presence(live: &Live) -> Presence {
        if live.document["deletedDate"].is_null() { Presence::There } else { Presence::Recoverable }
    }

    fn lacks(&self, folder: &Path) -> Option<Problem> {
        self.secret_string.as_ref()?.missing(VALUE, folder)
    }

    fn on_destroy(&self) -> Content {
        self.recovery_window_in_days.map_or(Content::Keep, Content::For)
    }

    fn deletion(content: Content) -> Value {
        match content {
            // `--empty` is about buckets, repositories and file systems: a secret stays recoverable unless its lab says otherwise.
            Content::Keep | Content::Empty | Content::Unprotected => json!({}),
            Content::For(0) => json!({"forceDeleteWithoutRecovery": true}),
            Content::For(days) => json!({"recoveryWindowInDays": days}),
        }
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let change = |actions| Grant::in_region(Need::Change, actions, place);
        let generate = self.generate_secret_string.iter().map(|_| change(&["secretsmanager:GetRandomPassword"]));
        let encrypt = self.kms_key_id.iter().map(|_| change(&["kms:Decrypt", "kms:GenerateDataKey"]));
        generate.chain(encrypt.map(|grant| grant.through("secretsmanager", place))).collect()
    }

    /// Notes whether the value is the one that this machine has. A value that Secrets Manager rotates or copies from
    /// another region isn't labform's to document, nor can one be compared that this machine doesn't have.
    fn look(&self, cloud: &Cloud, live: &mut Live, tags: Option<&Tags>) {
        let Some(given) = &self.secret_string else { return };
        let copies = live.document["replicationStatus"].as_array().is_some_and(|all| !all.is_empty());
        let is_others = copies || live.document["rotationEnabled"] == true;
        let salt = tags.and_then(|tags| tags.get(SALT_TAG));
        let stages = live.document["versionIdsToStages"].clone();
        let is_current = |stages: &Vec<Value>| stages.contains(&"AWSCURRENT".into());
        let of = |version: String| stages[version].as_array().is_some_and(is_current);
        let is_live = |value: &_| salt.is_some_and(|salt| of(slow_hash(value, salt)));
        live.document[VALUE] = given.live(VALUE, &cloud.folder, |value| is_others || is_live(value));
    }

    /// Puts the value in, and its version's id: of a salt that no version had before, because Secrets Manager takes a
    /// value that comes back under an old id for one that it has (PutSecretValue, API reference).
    async fn complete(&self, cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        let Sending { live, fields, tags, .. } = sending;
        if let (Some(given), true) = (&self.secret_string, fields.contains_key(VALUE)) {
            let value = given.sent(VALUE, &cloud.folder)?;
            let salt = random();
            fields.insert("clientRequestToken".to_owned(), slow_hash(&value, &salt).into());
            fields.insert(VALUE.to_owned(), value.reveal().into());
            tags.insert(SALT_TAG.to_owned(), salt);
        } else if let (Some(generate), None) = (&self.generate_secret_string, live) {
            fields.insert(VALUE.to_owned(), generate.value(cloud).await?);
        }
        Ok(())
    }
}

impl Generate {
    fn problem(&self) -> Option<Problem> {
        let at = |field: &str, message: &str| Some(Problem::at(format!("generateSecretString.{field}"), message));
        if self.secret_string_template.is_some() != self.generate_string_key.is_some() {
            return at("secretStringTemplate", "`secretStringTemplate` and `generateStringKey` go together");
        }
        if self.template().is_some() { None } else { at("secretStringTemplate", "the template isn't a JSON document") }
    }

    async fn value(&self, cloud: &Cloud) -> Result<Value> {
        let asked = Case::Pascal.members(document(self));
        let password = cloud.call(&SECRETS_MANAGER, "GetRandomPassword", asked).await?["RandomPassword"].take();
        let Some(key) = &self.generate_string_key else { return Ok(password) };
        let mut document = self.template().unwrap_or_default();
        document.insert(key.clone(), password);
        Ok(Value::Object(document).to_string().into())
    }

    /// The document that the password is put into.
    fn template(&self) -> Option<Map<String, Value>> {
        serde_json::from_str(self.secret_string_template.as_deref().unwrap_or("{}")).ok()
    }
}

/// A KMS key as the last part of its ARN has it: AWS may answer with ARNs if names were given.
pub(super) fn key(key: &Value) -> Value {
    let name = key.as_str().and_then(|key| key.rsplit(':').next());
    name.map_or(Value::Null, |name| name.trim_start_matches("key/").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Need, Resource as _};
    use crate::resources::test_others;

    fn secret(value: Value) -> Secret {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_key_is_the_same_by_its_name_and_by_its_arn() {
        let live = |document: Value| Live { name: "db".to_owned(), arn: "arn:db".to_owned(), document };
        let differs = |want: &str, have: Value| {
            let secret = secret(json!({"kmsKeyId": want}));
            !secret.edit(&live(have), &test_others(), &[]).diff.is_empty()
        };
        assert!(!differs("alias/mine", json!({"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:alias/mine"})));
        assert!(!differs("1234", json!({"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1234"})));
        assert!(!differs("alias/aws/secretsmanager", json!({})));
        assert!(differs("alias/mine", json!({})));
    }

    #[test]
    fn what_aws_would_refuse_is_found_at_its_place() {
        let given = json!({"env": "DB_PASSWORD"});
        for (field, spec) in [
            ("generateSecretString", json!({"secretString": given, "generateSecretString": {}})),
            ("recoveryWindowInDays", json!({"recoveryWindowInDays": 6})),
            ("recoveryWindowInDays", json!({"recoveryWindowInDays": 31})),
            ("secretString", json!({"secretString": "hunter2"})),
            ("generateSecretString.secretStringTemplate", json!({"generateSecretString": {"generateStringKey": "a"}})),
            (
                "generateSecretString.secretStringTemplate",
                json!({"generateSecretString": {"secretStringTemplate": "[]", "generateStringKey": "a"}}),
            ),
        ] {
            let specs = std::collections::BTreeMap::new();
            let problems = Plain::check(&secret(spec), &Checks::new(&specs));
            assert_eq!(problems.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), [field]);
        }
    }

    #[test]
    fn no_policy_lets_labform_read_a_value() {
        let place = test_others().place;
        let spec = secret(json!({"secretString": {"env": "A"}, "kmsKeyId": "alias/mine"}));
        let grants = crate::resource::Granted::grants(&spec, "db", &crate::resource::Names::new(), &place);
        assert!(grants.iter().any(|grant| grant.need == Need::Delete));
        let actions = grants.iter().flat_map(|grant| &grant.actions);
        assert!(actions.clone().any(|action| action == "secretsmanager:CreateSecret"));
        assert!(!actions.clone().any(|action| action.contains("GetSecretValue")));
    }
}
