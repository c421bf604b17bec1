//! Amazon SNS topics, with what is subscribed to them.

mod subscriptions;

use labform_account::rules::{SUBSCRIPTION, TOPIC, TOPIC_NAME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::made_for;
use crate::cloud::{Cloud, Result, SNS};
use crate::model::{PolicyDocument, Tags, canonical};
use crate::resource::{
    CallRules, Calls, Change, Checks, Field, Grant, Live, Managed as _, NameRule, Need, Others, Pasted, Place, Plain,
    Problem, Readiness, Sending, Target, all, breaches, by_hand, call, change, document, each, parts, update,
};
pub use subscriptions::Subscription;

/// A topic, to which messages are published as an alarm does: the attributes of CreateTopic, and subscriptions.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Topic {
    /// The topic's name.
    pub name: Option<String>,
    /// The name that mails and text messages show.
    pub display_name: Option<String>,
    /// The policy that says who may publish and subscribe. Left out, a new topic lets its account do both.
    pub policy: Option<PolicyDocument>,
    /// The KMS key that encrypts messages. CloudWatch has to be allowed to use it: its own policy says so, and that of
    /// `alias/aws/sns` doesn't.
    pub kms_master_key_id: Option<String>,
    /// The version of the signature of messages: `1` or `2`.
    pub signature_version: Option<String>,
    /// Whether AWS X-Ray traces messages: `PassThrough` or `Active`.
    pub tracing_config: Option<String>,
    /// Those who get the messages. Who gets mail or is asked over HTTP has to confirm that first, within two days.
    pub subscriptions: Option<Vec<Subscription>>,
}

/// A call that sets one attribute.
const fn set(says: &'static str, field: &'static [&'static str]) -> Change {
    change(call("SetTopicAttributes", "TopicArn").with(says).blind_to_tags(), field)
}

impl Plain for Topic {
    const KIND: &'static str = "topic";
    const SECTION: &'static str = "topics";
    const NAME: NameRule = NameRule::of("name", TOPIC_NAME, "letters, digits, - and _");
    const FIELDS: &'static [Field] = &[
        update("displayName").default(r#""""#),
        update("policy").policy(),
        update("kmsMasterKeyId").default(r#""""#),
        update("signatureVersion").default(r#""1""#),
        update("tracingConfig").default(r#""PassThrough""#),
        update("subscriptions").unordered(),
    ];
    const RULES: CallRules = &[&TOPIC];
    const PASTED: Pasted = Pasted {
        around: &["attributes"],
        told: &[
            "effectiveDeliveryPolicy",
            "owner",
            "subscriptionsConfirmed",
            "subscriptionsDeleted",
            "subscriptionsPending",
            "topicArn",
        ],
        beyond: &[
            ("archivePolicy", "null"),
            ("contentBasedDeduplication", r#""false""#),
            ("deliveryPolicy", r#""""#),
            ("fifoTopic", r#""false""#),
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &SNS,
        arn: "{name}",
        id: "TopicArn",
        name: "Name",
        made: "",
        brings_tags: false,
        create: call("CreateTopic", "Name"),
        read: &[
            each("GetTopicAttributes", "TopicArn").by_arn_of_name(),
            parts("ListSubscriptionsByTopic", "TopicArn", "Subscriptions").only_for("subscriptions"),
        ],
        list: all("ListTopics", "Topics"),
        // IAM knows no tags of a topic that is changed or deleted (Service Authorization Reference).
        updates: &[
            set(r#"{"AttributeName": "DisplayName"}"#, &["displayName"]),
            set(r#"{"AttributeName": "Policy"}"#, &["policy"]),
            set(r#"{"AttributeName": "KmsMasterKeyId"}"#, &["kmsMasterKeyId"]),
            set(r#"{"AttributeName": "SignatureVersion"}"#, &["signatureVersion"]),
            set(r#"{"AttributeName": "TracingConfig"}"#, &["tracingConfig"]),
            by_hand(&["subscriptions"]).after_create(),
        ],
        delete: call("DeleteTopic", "TopicArn").blind_to_tags(),
        restore: None,
    };

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = breaches(&TOPIC, &document(self));
        for (n, one) in self.subscriptions.iter().flatten().enumerate() {
            let inside = |problem: Problem| format!("subscriptions[{n}].{}", problem.path);
            let found = breaches(&SUBSCRIPTION, &document(one)).into_iter();
            problems.extend(found.map(|problem| Problem { path: inside(problem.clone()), ..problem }));
            problems.extend(one.password(n));
        }
        problems
    }

    /// A list of topics says their ARNs alone, and documents are texts.
    fn heard(document: &mut Value) {
        if let Some(name) = document["topicArn"].as_str().and_then(|arn| arn.rsplit(':').next()) {
            document["name"] = name.into();
        }
        if let Some(policy) = document["policy"].as_str().and_then(|text| serde_json::from_str(text).ok()) {
            document["policy"] = policy;
        }
    }

    fn readiness(live: &Live) -> Readiness {
        Readiness::Ready(subscriptions::unconfirmed(live))
    }

    /// What nobody has confirmed yet can't be taken back, and goes by itself.
    fn keep(&self, live: &Live, _others: &Others, want: &mut Value) {
        if let Some(want) = want.get_mut("subscriptions").and_then(Value::as_array_mut) {
            subscriptions::keep_unconfirmed(live, want);
        }
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        let text = |value: &Value| value.as_str().map_or_else(|| canonical(value), str::to_owned);
        let attributes = std::mem::take(&mut sending.fields);
        match (sending.live, attributes.iter().next()) {
            (None, None) => {}
            (None, Some(_)) => {
                let named = attributes.iter().map(|(field, value)| (attribute(field), Value::from(text(value))));
                sending.fields.insert("attributes".to_owned(), named.collect());
            }
            (Some(_), Some((field, value))) if field != "subscriptions" => {
                sending.fields.insert("attributeValue".to_owned(), text(value).into());
            }
            (Some(_), _) => sending.fields = attributes,
        }
        Ok(())
    }

    /// CreateTopic answers with the topic that is there.
    async fn made(&self, cloud: &Cloud, target: &Target, live: Live, _tags: Tags) -> Result<Live> {
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        Ok(live)
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        match fields.get("subscriptions") {
            Some(want) => subscriptions::close(cloud, live, want).await,
            None => Ok(()),
        }
    }

    fn more_grants(&self, name: &str, place: &Place) -> Vec<Grant> {
        let subscribe = Grant::on(Need::Change, &["sns:Subscribe"], [place.arn("sns", name)]);
        let unsubscribe = Grant::in_region(Need::Change, &["sns:Unsubscribe"], place);
        self.subscriptions.iter().flat_map(|_| [subscribe.clone(), unsubscribe.clone()]).collect()
    }
}

/// The name of the attribute that a field is.
fn attribute(field: &str) -> String {
    let mut letters = field.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests;
