//! AWS Systems Manager Parameter Store parameters.
//!
//! The value of a `SecureString` is given from outside of lab.yaml and is never read back. A tag stands for it: the version
//! that labform put, and a slow hash of the value with a salt of that version's own. Whoever changes the value elsewhere
//! makes another version. Who may read tags can try guesses against the hash, each at its cost: a value that is random
//! stays safe, a word of a dictionary doesn't.

use std::path::Path;

use labform_account::rules::PARAMETER_NAME;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::given::{Given, slow_hash};
use super::secret::key;
use crate::cloud::{Cloud, Result, SSM};
use crate::model::{Tags, Unit, Usage, random};
use crate::resource::{
    Calls, Checks, Field, Grant, Live, NameRule, Need, Pasted, Place, Plain, Problem, Sending, UsageContext, all,
    batch, call, change, each, replace, update,
};

const VALUE: &str = "value";
/// The tag that stands for the value of a `SecureString`.
const VALUE_TAG: &str = "labform:value";

/// A parameter: the fields of PutParameter.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Its name, a path as in `/app/db/host`; `/<lab>/<name>` if it is left out.
    pub name: Option<String>,
    /// What its value is.
    pub r#type: Type,
    /// Its value: a text, with commas between the items of a `StringList`; for a `SecureString`, where it is.
    pub value: ParameterValue,
    /// What it is for.
    pub description: Option<String>,
    /// How long a value may be, and what it costs; `Standard` if it is left out. AWS can't go back to that.
    pub tier: Option<Tier>,
    /// The regular expression that the value has to match.
    pub allowed_pattern: Option<String>,
    /// The KMS key that encrypts a `SecureString`; the account's own for Systems Manager if it is left out.
    pub key_id: Option<String>,
    /// What a `String` is checked for; `text` if it is left out. An image's id isn't taken: AWS checks that only after it
    /// has answered.
    pub data_type: Option<DataType>,
}

/// What the value of a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Type {
    /// A text.
    String,
    /// Texts, with commas between them.
    StringList,
    /// A secret, which AWS keeps encrypted.
    SecureString,
}

/// How long a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tier {
    /// 4 KB, for nothing.
    Standard,
    /// 8 KB, for a price.
    Advanced,
}

/// What a `String` is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DataType {
    /// Nothing.
    #[serde(rename = "text")]
    Text,
    /// The configuration of an integration.
    #[serde(rename = "aws:ssm:integration")]
    Integration,
}

/// A text that everybody may read, or where a secret is.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ParameterValue {
    /// The text.
    Text(String),
    /// Where the secret is.
    Given(Given),
}

impl<'de> Deserialize<'de> for ParameterValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::Text(text)),
            place @ Value::Object(_) => serde_json::from_value(place).map(Self::Given).map_err(D::Error::custom),
            _ => Err(D::Error::custom("a value is a text, in quotes if it looks like a number")),
        }
    }
}

impl Serialize for ParameterValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Given(given) => given.serialize(serializer),
        }
    }
}

impl Plain for Parameter {
    const KIND: &'static str = "parameter";
    const SECTION: &'static str = "parameters";
    /// PutParameter, API reference: 1,011 characters with the ARN before the name, which has up to 63. A name with no slash
    /// before it has the same ARN as the one with it, so that one of the two is refused.
    const NAME: NameRule = NameRule {
        is_path: true,
        ..NameRule::new(
            "name",
            2..=948,
            "a path of up to 15 parts, each after a / and of letters, digits and _.-, that doesn't begin with aws or ssm",
            |name| name.starts_with('/') && name.matches('/').count() <= 15 && (PARAMETER_NAME.is_valid)(name),
        )
    };
    const FIELDS: &'static [Field] = &[
        replace("type"),
        update(VALUE).given(),
        update("description").default(r#""""#),
        update("tier").default(r#""Standard""#).one_way(),
        update("allowedPattern").default(r#""""#),
        update("keyId").default(r#""alias/aws/ssm""#).alike(key),
        replace("dataType").default(r#""text""#),
    ];
    const PASTED: Pasted = Pasted {
        around: &["parameter", "parameters"],
        told: &["arn", "lastModifiedDate", "lastModifiedUser", "version"],
        beyond: &[("policies", "[]")],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &SSM,
        arn: "parameter{name}",
        id: "ARN",
        name: "Name",
        made: "",
        brings_tags: false,
        create: call("PutParameter", "Name").answers_without_object(),
        read: &[
            batch("DescribeParameters", "/ParameterFilters/0/Values", 50, "Parameters")
                .with(r#"{"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": []}]}"#),
            batch("GetParameters", "Names", 10, "Parameters").only_where("type", &["String", "StringList"]).private(),
            // The tag index lags behind the tag that stands for a value.
            each("ListTagsForResource", "ResourceId")
                .with(r#"{"ResourceType": "Parameter"}"#)
                .only_where("type", &["SecureString"]),
        ],
        list: all("DescribeParameters", "Parameters"),
        // IAM knows no tags of what PutParameter overwrites (Service Authorization Reference).
        updates: &[change(
            call("PutParameter", "Name").with(r#"{"Overwrite": true}"#).by_name().blind_to_tags(),
            &[VALUE, "description", "tier", "allowedPattern", "keyId", "dataType"],
        )
        .whole()],
        delete: call("DeleteParameter", "Name").by_name(),
        restore: None,
    };

    fn usage(_context: &UsageContext<'_>, document: &Value) -> Usage {
        let is_advanced = document["tier"] == "Advanced";
        Usage::default().and(Unit::AdvancedParameter, is_advanced.into(), "advanced parameter".to_owned())
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let value = match (&self.value, self.r#type) {
            (ParameterValue::Text(_), Type::SecureString) => Given::InTheOpen.problem(VALUE),
            (ParameterValue::Given(given), Type::SecureString) => given.problem(VALUE),
            (ParameterValue::Given(_), _) => {
                let problem = Problem::at(VALUE, "only a SecureString is kept secret, and this is none");
                Some(problem.hint("write the text itself, or `type: SecureString`"))
            }
            (ParameterValue::Text(text), _) => self.text_problem(text),
        };
        let key = self.key_id.as_ref().filter(|_| self.r#type != Type::SecureString);
        let key = key.map(|_| Problem::at("keyId", "only a SecureString is encrypted, and this is none"));
        value.into_iter().chain(key).collect()
    }

    fn lacks(&self, folder: &Path) -> Option<Problem> {
        let ParameterValue::Given(given) = &self.value else { return None };
        let value = || given.value(VALUE, folder).ok();
        given.missing(VALUE, folder).or_else(|| self.text_problem(value()?.reveal()).map(Problem::secret))
    }

    /// What AWS answers for a secret is encrypted anew each time: nothing to compare, and nothing to show.
    fn heard(document: &mut Value) {
        if document["type"] == "SecureString" {
            document[VALUE] = Value::Null;
        }
    }

    /// A task definition may give the name alone.
    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone(), live.name.clone()]
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        // "AWS KMS encryption for Parameter Store SecureString parameters", Systems Manager user guide. The account's own
        // key lets everybody use it who may use the parameter.
        let encrypt =
            |_| Grant::in_region(Need::Change, &["kms:Encrypt", "kms:GenerateDataKey"], place).through("ssm", place);
        self.key_id.iter().map(encrypt).collect()
    }

    /// Notes whether the value is the one that this machine has. One that it doesn't have can't be compared.
    fn look(&self, cloud: &Cloud, live: &mut Live, tags: Option<&Tags>) {
        let ParameterValue::Given(given) = &self.value else { return };
        let tag = tags.and_then(|tags| tags.get(VALUE_TAG));
        let is_live = |value: &_| {
            tag.is_some_and(|tag| {
                let salt = tag.split(':').nth(1).unwrap_or_default();
                let hash = slow_hash(value, salt);
                !hash.is_empty() && *tag == stands_for(&live.document["version"], salt, &hash)
            })
        };
        live.document[VALUE] = given.live(VALUE, &cloud.folder, is_live);
    }

    async fn complete(&self, cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        if sending.live.is_none() {
            // An account may have another default, at a price (PutParameter, API reference).
            sending.fields.entry("tier").or_insert("Standard".into());
        }
        let ParameterValue::Given(given) = &self.value else { return Ok(()) };
        let value = given.sent(VALUE, &cloud.folder)?;
        let salt = random();
        let hash = slow_hash(&value, &salt);
        sending.fields.insert(VALUE.to_owned(), value.reveal().into());
        let tag = move |version: &Value| Tags::from([(VALUE_TAG.to_owned(), stands_for(version, &salt, &hash))]);
        match sending.live {
            None => sending.tags.extend(tag(&1.into())),
            Some(_) => sending.after = Some(Box::new(move |live| tag(&live.document["version"]))),
        }
        Ok(())
    }
}

impl Parameter {
    /// What AWS would refuse in a value (PutParameter, API reference).
    fn text_problem(&self, text: &str) -> Option<Problem> {
        let most = if self.tier == Some(Tier::Advanced) { 8192 } else { 4096 };
        match text.len() {
            0 => Some(Problem::at(VALUE, "AWS takes no empty value")),
            _ if text.contains("{{") => {
                let problem =
                    Problem::at(VALUE, "AWS takes no value with `{{` in it, which would name another parameter");
                Some(problem.hint("write `${parameters.….name}` in what uses the parameter"))
            }
            size if size > most => {
                let problem = Problem::at(VALUE, format!("it has {size} bytes: AWS takes {most} in this tier"));
                Some(problem.hint("`tier: Advanced` takes 8192, for a price"))
            }
            _ => None,
        }
    }
}

/// What the tag says of a version of a secret.
fn stands_for(version: &Value, salt: &str, hash: &str) -> String {
    format!("{version}:{salt}:{hash}")
}

#[cfg(test)]
mod tests;
