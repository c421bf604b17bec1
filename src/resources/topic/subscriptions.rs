//! What is subscribed to a topic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloud::{Cloud, Result, SNS, unless_gone};
use crate::resource::{Live, Problem};

/// One who gets a topic's messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// The way by which messages come: `email`, `email-json`, `http`, `https`, `sms`, `sqs`, `lambda` or `firehose`.
    pub protocol: String,
    /// The place that messages come to: an address, a number or an ARN.
    pub endpoint: String,
}

impl Subscription {
    /// The problem of an endpoint with a password in it, which everybody could read who may read the topic; none if there
    /// is none. `n` is its place in the list.
    pub(super) fn password(&self, n: usize) -> Option<Problem> {
        let (_, rest) = self.endpoint.split_once("://")?;
        let (user, _) = rest.split('/').next()?.split_once('@')?;
        let problem =
            Problem::at(format!("subscriptions[{n}].endpoint"), "a password doesn't belong into lab.yaml").secret();
        user.contains(':')
            .then(|| problem.hint("let the endpoint tell by the message's signature that it is Amazon SNS"))
    }
}

/// The subscriptions in a document.
fn all(document: &Value) -> impl Iterator<Item = &Value> {
    document["subscriptions"].as_array().into_iter().flatten()
}

fn is_same(one: &Value, other: &Value) -> bool {
    ["protocol", "endpoint"].iter().all(|field| one[*field] == other[*field])
}

/// Returns whether somebody has still to confirm a subscription: until then it has no ARN (Subscription, Amazon SNS API).
fn is_unconfirmed(one: &Value) -> bool {
    one["subscriptionArn"] == "PendingConfirmation"
}

/// The words for what waits to be confirmed; none if nothing does.
pub(super) fn unconfirmed(live: &Live) -> Option<String> {
    let waiting = all(&live.document).filter(|one| is_unconfirmed(one));
    let waiting: Vec<&str> = waiting.filter_map(|one| one["endpoint"].as_str()).collect();
    (!waiting.is_empty()).then(|| format!("waits to be confirmed by {}", waiting.join(", ")))
}

/// Puts those into `want` that are to go, and that nobody has confirmed.
pub(super) fn keep_unconfirmed(live: &Live, want: &mut Vec<Value>) {
    for one in all(&live.document).filter(|one| is_unconfirmed(one)) {
        if !want.iter().any(|other| is_same(one, other)) {
            want.push(json!({"protocol": one["protocol"], "endpoint": one["endpoint"]}));
        }
    }
}

/// Makes the subscriptions of a topic those that are wanted.
pub(super) async fn close(cloud: &Cloud, live: &Live, want: &Value) -> Result<()> {
    let want: Vec<&Value> = want.as_array().into_iter().flatten().collect();
    for one in &want {
        if !all(&live.document).any(|other| is_same(one, other)) {
            let asked = json!({"TopicArn": live.arn, "Protocol": one["protocol"], "Endpoint": one["endpoint"]});
            cloud.call(&SNS, "Subscribe", asked).await?;
        }
    }
    for one in all(&live.document).filter(|one| !is_unconfirmed(one)) {
        if !want.iter().any(|other| is_same(one, other)) {
            let asked = json!({"SubscriptionArn": one["subscriptionArn"]});
            unless_gone(cloud.call(&SNS, "Unsubscribe", asked).await)?;
        }
    }
    Ok(())
}
