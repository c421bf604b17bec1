//! The calls that change something, as they were made: for a rehearsal of a plan, of which the commands of the AWS CLI are
//! told.
//!
//! Knows: how the protocols spell an input. Must not know: kinds of resources, shells.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

use super::guard::changes;
use super::overheard_storage::object_storage;
use super::seam::{operation_of, routed, service_of};
use super::whole::whole;
use crate::model::HIDDEN;

/// A call that changed something.
#[derive(Clone, Debug, PartialEq)]
pub struct Overheard {
    /// The service that the call was signed for, as in `elasticloadbalancing`.
    pub service: String,
    /// The operation, as in `CreateListener`.
    pub operation: String,
    /// The operation's input, in the words of the API.
    pub input: Value,
    /// The body of the answer, in the form of its protocol.
    pub answer: String,
}

/// The calls that were overheard and not taken yet. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Overhearing(Arc<Mutex<Vec<Overheard>>>);

impl Overhearing {
    /// Takes the calls that were overheard since this was asked last.
    pub fn take(&self) -> Vec<Overheard> {
        std::mem::take(&mut *self.0.lock().expect("nothing panics while it holds the lock"))
    }

    /// The client that overhears what passes through it to `inner`.
    pub(super) fn before(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Client { inner, heard: self.clone() })
    }
}

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    heard: Overhearing,
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, heard: self.heard.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    heard: Overhearing,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation_of(&request);
        if !changes(&operation) {
            return self.inner.call(request);
        }
        let (service, heard) = (service_of(&request), self.heard.clone());
        let (operation, mut input) = input(&service, operation, &request);
        hide(&mut input);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = whole(&operation, answer.await?).await?;
            let bytes = response.body().bytes().unwrap_or_default().to_vec();
            let answer = String::from_utf8_lossy(&bytes).into_owned();
            *response.body_mut() = SdkBody::from(bytes);
            // What was refused changed nothing, and is made again.
            if response.status().is_success() {
                let call = Overheard { service, operation, input, answer };
                heard.0.lock().expect("nothing panics while it holds the lock").push(call);
            }
            Ok(response)
        })
    }
}

/// Leaves out the values that nobody should read: of secrets, of secure parameters, and of a listener's way to sign in.
fn hide(input: &mut Value) {
    let is_secure = input["Type"] == "SecureString";
    match input {
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(members) => {
            for (member, value) in members {
                match member.as_str() {
                    "SecretString" | "ClientSecret" => *value = HIDDEN.into(),
                    "Value" if is_secure => *value = HIDDEN.into(),
                    _ => hide(value),
                }
            }
        }
        _ => {}
    }
}

/// The operation's own name, and its input.
fn input(service: &str, operation: String, request: &HttpRequest) -> (String, Value) {
    let body = request.body().bytes().unwrap_or_default();
    if let Some((operation, mut members)) = routed(request) {
        members.extend(serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default());
        return (operation.to_owned(), members.into());
    }
    match service {
        "s3" => object_storage(&operation, request, &String::from_utf8_lossy(body)),
        _ if request.headers().get("x-amz-target").is_some() => {
            (operation, serde_json::from_slice(body).unwrap_or_default())
        }
        service => {
            let members = form_urlencoded::parse(body).filter(|(key, _)| key != "Action" && key != "Version");
            let mut input = Value::Object(Map::new());
            members.for_each(|(path, text)| insert(&mut input, &path, &text));
            (operation, typed("", ordered(input, service == "ec2")))
        }
    }
}

/// Puts a text to its place, as in `Tags.member.1.Key`.
fn insert(into: &mut Value, path: &str, text: &str) {
    let mut place = into;
    for step in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[step];
    }
    *place = text.into();
}

/// The lists of EC2's inputs, which its protocol names in the singular, and the members that it calls otherwise ("Request
/// parameters" of its API reference, against the members of its model).
const EC2: [(&str, &str); 16] = [
    ("AddRouteTableId", "AddRouteTableIds"),
    ("AddSecurityGroupId", "AddSecurityGroupIds"),
    ("AddSubnetId", "AddSubnetIds"),
    ("GroupDescription", "Description"),
    ("Groups", "UserIdGroupPairs"),
    ("RemoveRouteTableId", "RemoveRouteTableIds"),
    ("RemoveSecurityGroupId", "RemoveSecurityGroupIds"),
    ("RemoveSubnetId", "RemoveSubnetIds"),
    ("ResourceId", "Resources"),
    ("RouteTableId", "RouteTableIds"),
    ("SecurityGroupId", "SecurityGroupIds"),
    ("SecurityGroupRule", "SecurityGroupRules"),
    ("SecurityGroupRuleId", "SecurityGroupRuleIds"),
    ("SubnetId", "SubnetIds"),
    ("Tag", "Tags"),
    ("TagSpecification", "TagSpecifications"),
];

/// The input with its lists as lists.
fn ordered(value: Value, is_ec2: bool) -> Value {
    let Value::Object(members) = value else { return value };
    if let (1, Some(member)) = (members.len(), members.get("member")) {
        return ordered(member.clone(), is_ec2);
    }
    if let (1, Some(Value::Object(entries))) = (members.len(), members.get("entry")) {
        // A map, as the attributes of a topic are.
        let text = |entry: &Value, part: &str| entry[part].as_str().unwrap_or_default().to_owned();
        return entries.values().map(|entry| (text(entry, "key"), Value::from(text(entry, "value")))).collect();
    }
    let number = |key: &String| key.parse::<usize>().ok();
    if !members.is_empty() && members.keys().all(|key| number(key).is_some()) {
        let mut items: Vec<(Option<usize>, Value)> =
            members.into_iter().map(|(key, value)| (number(&key), ordered(value, is_ec2))).collect();
        items.sort_by_key(|(number, _)| *number);
        return items.into_iter().map(|(_, item)| item).collect();
    }
    let entries = members.into_iter().map(|(key, value)| {
        let value = ordered(value, is_ec2);
        // A single id has the same name as a list of them, and isn't one.
        let is_other = value.is_array() || ["GroupDescription"].contains(&key.as_str());
        let own = EC2.iter().find(|(wire, _)| is_ec2 && is_other && *wire == key);
        (own.map_or(key.clone(), |(_, own)| (*own).to_owned()), value)
    });
    entries.collect()
}

/// The members that are numbers, which a form holds as texts.
const NUMBERS: [&str; 14] = [
    "Duration",
    "DurationSeconds",
    "FromPort",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "MaxSessionDuration",
    "Order",
    "Port",
    "Priority",
    "SessionTimeout",
    "ToPort",
    "UnhealthyThresholdCount",
    "Weight",
];

/// The input with numbers and booleans as such. The value of a tag or an attribute is a text, as is a redirection's port.
fn typed(member: &str, value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<i64>() {
            Ok(number) if NUMBERS.contains(&member) => number.into(),
            _ if text == "true" || text == "false" => Value::Bool(text == "true"),
            _ => text.into(),
        },
        Value::Array(items) => items.into_iter().map(|item| typed("", item)).collect(),
        Value::Object(members) => {
            let is_pair = members.contains_key("Key");
            let texts = |key: &str| is_pair || member == "RedirectConfig" && key == "Port";
            members
                .into_iter()
                .map(|(key, value)| if texts(&key) { (key, value) } else { (key.clone(), typed(&key, value)) })
                .collect()
        }
        other => other,
    }
}
