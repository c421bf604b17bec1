//! Amazon SNS: topics and what is subscribed to them. Nobody here confirms a subscription, and no message goes anywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::{Account, Calls, Service};
use crate::forms::{Pages, Tags};
use crate::input::{list, need, text};
use crate::rules::{SUBSCRIPTION, TOPIC, TOPIC_NAME};
use crate::shelf::{Body, Kind, Thing};
use crate::wire::{self, Answer, Fault};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    /// The attributes that were set, by AWS's names.
    attributes: BTreeMap<String, String>,
    subscriptions: Vec<Subscription>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscription {
    arn: String,
    protocol: String,
    endpoint: String,
}

impl Body for Topic {}

static TOPICS: Kind<Topic> = Kind {
    missing: |_, _| Fault::client("NotFound", "Topic does not exist").with_status(404),
    pages: Pages { token: ("NextToken", "NextToken"), bad_token: || invalid("NextToken"), ..Pages::JSON },
    tags: Tags::JSON,
    ..Kind::new("sns:topic", "sns/topics")
};

/// The attributes that can be set ("CreateTopic", "SetTopicAttributes", Amazon SNS API).
const ATTRIBUTES: [&str; 6] =
    ["DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig"];

/// What a topic's policy allows its account if nobody gave it one ("GetTopicAttributes", Amazon SNS API).
const OWNERS_ACTIONS: [&str; 9] = [
    "SNS:GetTopicAttributes",
    "SNS:SetTopicAttributes",
    "SNS:AddPermission",
    "SNS:RemovePermission",
    "SNS:DeleteTopic",
    "SNS:Subscribe",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
    "SNS:Receive",
];

/// Amazon SNS in the list of services.
pub(crate) static SERVICE: Service = Service { kinds: &[&TOPICS], ..Service::new("sns", Calls::Query(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateTopic" => create(account, input),
        "GetTopicAttributes" => {
            let (_, topic) = TOPICS.find(account, &arn(input, "TopicArn")?)?;
            let entries = shown(account, topic).into_iter().map(|(key, value)| json!({ "key": key, "value": value }));
            Ok(json!({ "Attributes": { "entry": entries.collect::<Value>() } }))
        }
        "SetTopicAttributes" => set(account, input),
        "ListTopics" => TOPICS.list(account, input, "Topics", |_, _| true, |_, topic| json!({ "TopicArn": topic.arn })),
        "DeleteTopic" => {
            // A topic that isn't there is deleted already (DeleteTopic, Amazon SNS API).
            drop(TOPICS.delete(account, &arn(input, "TopicArn")?));
            Ok(json!({}))
        }
        "Subscribe" => subscribe(account, input),
        "Unsubscribe" => unsubscribe(account, input),
        "ListSubscriptionsByTopic" => {
            let (_, topic) = TOPICS.find(account, &arn(input, "TopicArn")?)?;
            let shown = |one: &Subscription| {
                let told = if is_confirmed(one) { one.arn.as_str() } else { "PendingConfirmation" };
                json!({"SubscriptionArn": told, "Owner": account.id, "Protocol": one.protocol,
                    "Endpoint": one.endpoint, "TopicArn": topic.arn})
            };
            TOPICS.pages.of(account, input, "Subscriptions", &topic.subscriptions, shown)
        }
        "TagResource" => TOPICS.tag(account, input).map_err(untagged),
        "UntagResource" => TOPICS.untag(account, input).map_err(untagged),
        "ListTagsForResource" => TOPICS.tags_of(account, input).map_err(untagged),
        other => Err(wire::unknown_action("sns", other)),
    }
}

/// What the calls for tags say of a topic that isn't there.
fn untagged(fault: Fault) -> Fault {
    if fault.code == "NotFound" { Fault { code: "ResourceNotFound".to_owned(), ..fault } } else { fault }
}

/// CreateTopic answers with the topic that is there already, if it is the same.
fn create(account: &mut Account, input: &Value) -> Answer {
    let name = text(input, "Name").unwrap_or_default();
    TOPIC_NAME.check(&name, || invalid("Topic Name"))?;
    let attributes = list(&input["Attributes"], "entry").iter();
    let attributes = attributes.map(|entry| Ok((need(entry, "key")?, text(entry, "value").unwrap_or_default())));
    let attributes = attributes.collect::<Result<BTreeMap<_, _>, Fault>>()?;
    check(&attributes)?;
    let arn = account.arn("sns", &name);
    let Some(there) = TOPICS.get(account, &name) else {
        let topic = Topic { attributes, subscriptions: Vec::new() };
        TOPICS.create(account, &name, arn.clone(), input, topic)?;
        return Ok(json!({ "TopicArn": arn }));
    };
    let differs =
        |what: &str| invalid(&format!("{what} Reason: Topic already exists with different {}", what.to_lowercase()));
    let tags = TOPICS.tags.read(input);
    if !tags.is_empty() && tags != there.tags {
        return Err(differs("Tags"));
    }
    if attributes.iter().any(|(name, value)| there.attributes.get(name) != Some(value)) {
        return Err(differs("Attributes"));
    }
    Ok(json!({ "TopicArn": arn }))
}

fn set(account: &mut Account, input: &Value) -> Answer {
    let name = text(input, "AttributeName").unwrap_or_default();
    let value = text(input, "AttributeValue").unwrap_or_default();
    let attribute = BTreeMap::from([(name, value)]);
    check(&attribute)?;
    let (_, topic) = TOPICS.find_mut(account, &arn(input, "TopicArn")?)?;
    topic.attributes.extend(attribute);
    Ok(json!({}))
}

/// Refuses attributes that can't be.
fn check(attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    if attributes.keys().any(|name| !ATTRIBUTES.contains(&name.as_str())) {
        return Err(invalid("AttributeName"));
    }
    for document in ["Policy", "DeliveryPolicy"].iter().filter_map(|name| Some((name, attributes.get(*name)?))) {
        if serde_json::from_str::<Map<String, Value>>(document.1).is_err() {
            return Err(invalid(&format!("{} Error: null", document.0)));
        }
    }
    let small = |name: &str| name[..1].to_lowercase() + &name[1..];
    let input: Map<String, Value> = attributes.iter().map(|(name, value)| (small(name), json!(value))).collect();
    TOPIC.check(&input.into(), refused)
}

fn subscribe(account: &mut Account, input: &Value) -> Answer {
    let (protocol, endpoint) = (need(input, "Protocol")?, text(input, "Endpoint").unwrap_or_default());
    SUBSCRIPTION.check(&json!({ "protocol": protocol, "endpoint": endpoint }), refused)?;
    let id = account.unique_uuid();
    let (_, topic) = TOPICS.find_mut(account, &arn(input, "TopicArn")?)?;
    let known = topic.subscriptions.iter().find(|one| one.protocol == protocol && one.endpoint == endpoint).cloned();
    let one = known.unwrap_or_else(|| {
        let one = Subscription { arn: format!("{}:{id}", topic.arn), protocol, endpoint };
        topic.subscriptions.push(one.clone());
        one
    });
    let told = if is_confirmed(&one) { one.arn } else { "pending confirmation".to_owned() };
    Ok(json!({ "SubscriptionArn": told }))
}

fn unsubscribe(account: &mut Account, input: &Value) -> Answer {
    let asked = arn(input, "SubscriptionArn")?;
    let topic = asked.rsplit_once(':').map_or("", |(topic, _)| topic);
    // A subscription that isn't there is taken back already.
    if let Ok((_, topic)) = TOPICS.find_mut(account, topic) {
        topic.subscriptions.retain(|one| one.arn != asked);
    }
    Ok(json!({}))
}

/// Mail and HTTP wait for somebody to confirm them (Subscribe, Amazon SNS API).
fn is_confirmed(one: &Subscription) -> bool {
    !["email", "email-json", "http", "https"].contains(&one.protocol.as_str())
}

/// The attributes of a topic with those that AWS fills in.
fn shown(account: &Account, topic: &Thing<Topic>) -> BTreeMap<String, String> {
    let policy = json!({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [{
        "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": OWNERS_ACTIONS,
        "Resource": topic.arn, "Condition": {"StringEquals": {"AWS:SourceOwner": account.id}}}]});
    let confirmed = topic.subscriptions.iter().filter(|one| is_confirmed(one)).count();
    let retries = json!({"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 20, "maxDelayTarget": 20,
        "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0, "numMinDelayRetries": 0,
        "backoffFunction": "linear"}, "disableSubscriptionOverrides": false}});
    let told = [
        ("TopicArn", topic.arn.clone()),
        ("Owner", account.id.clone()),
        ("DisplayName", String::new()),
        ("Policy", policy.to_string()),
        ("EffectiveDeliveryPolicy", retries.to_string()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", (topic.subscriptions.len() - confirmed).to_string()),
        ("SubscriptionsDeleted", "0".to_owned()),
    ];
    let told = told.into_iter().map(|(name, value)| (name.to_owned(), value));
    told.chain(topic.attributes.clone()).collect()
}

/// The ARN in a member.
fn arn(input: &Value, member: &str) -> Result<String, Fault> {
    let arn = text(input, member).filter(|arn| arn.starts_with("arn:") && arn.matches(':').count() >= 5);
    arn.ok_or_else(|| invalid(member))
}

fn invalid(what: &str) -> Fault {
    refused(format!("Invalid parameter: {what}"))
}

fn refused(message: String) -> Fault {
    Fault::client("InvalidParameter", message)
}
