//! The parts that the kinds of Elastic Load Balancing share: names, attributes, and which listener forwards where.
//!
//! Knows: how the service puts things. Must not know: any of its kinds.

mod heard;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::ecs::{list, text};
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Owner, Result, Service, unless_gone};
use crate::model::Tags;
use crate::resource::{Grant, Live, service_linked_role};
use heard::{actions, target_groups};
pub(super) use heard::{conditions, numbers, sorted};

/// Returns whether AWS takes `name` for a load balancer or a target group, apart from its length.
pub(super) fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.starts_with('-') && !name.ends_with('-')
}

/// The permission for the role of Elastic Load Balancing itself.
pub(super) fn service_role() -> Grant {
    service_linked_role("elasticloadbalancing.amazonaws.com")
}

/// Attributes by their keys: AWS answers them as pairs.
pub(super) fn attributes_heard(document: &mut Value) {
    if document["attributes"].is_array() {
        let pairs = list(document, "attributes").map(|pair| (text(pair, "key"), Value::from(text(pair, "value"))));
        document["attributes"] = pairs.collect();
    }
}

/// Attributes as pairs, as AWS takes them.
pub(super) fn attributes_said(fields: &mut Map<String, Value>) {
    if let Some(Value::Object(attributes)) = fields.get_mut("attributes").map(Value::take) {
        let pairs = attributes.into_iter().map(|(key, value)| json!({"key": key, "value": value}));
        fields.insert("attributes".to_owned(), pairs.collect());
    }
}

/// The listeners of the load balancer with this ARN, as lab.yaml would say them. Plans and messages call one
/// `<load balancer>:<port>`.
pub(super) async fn listeners(cloud: &Cloud, balancer: &str) -> Result<Vec<Live>> {
    let pages = cloud.pages(&ELASTIC_LOAD_BALANCING, "DescribeListeners", json!({"LoadBalancerArn": balancer})).await?;
    Ok(pages.iter().flat_map(|page| list(page, "Listeners")).map(listener).collect())
}

/// The listeners of these load balancers, one of which may be somebody else's, who has just deleted it.
pub(super) async fn listeners_of(cloud: &Cloud, balancers: impl Iterator<Item = &Live>) -> Result<Vec<Live>> {
    let all = cloud.each(balancers, |balancer| async { unless_gone(listeners(cloud, &balancer.arn).await) });
    let all: Vec<_> = all.await.into_iter().collect::<Result<_>>()?;
    Ok(all.into_iter().flatten().flatten().collect())
}

/// The ARNs of objects.
pub(super) fn arns<'a>(lives: impl IntoIterator<Item = &'a Live>) -> Vec<String> {
    lives.into_iter().map(|live| live.arn.clone()).collect()
}

/// The rules of a listener, without the default one, which is the listener itself.
pub(super) async fn rules(cloud: &Cloud, listener: &Live) -> Result<Vec<Live>> {
    let pages = cloud.pages(&ELASTIC_LOAD_BALANCING, "DescribeRules", json!({"ListenerArn": listener.arn})).await?;
    let rules = pages.iter().flat_map(|page| list(page, "Rules")).filter(|rule| rule["Priority"] != "default");
    Ok(rules.map(|answer| rule(answer, listener)).collect())
}

/// Reads a rule of a listener off an answer.
pub(super) fn rule(answer: &Value, listener: &Live) -> Live {
    let mut document = ELASTIC_LOAD_BALANCING.case.fields(answer.clone());
    numbers(&mut document, &["priority"]);
    document["actions"] = actions(&document["actions"]);
    document["conditions"] = conditions(&document["conditions"]);
    document["targetGroupArns"] = list(&document, "actions").flat_map(target_groups).collect();
    document["listenerArn"] = listener.arn.as_str().into();
    let arn = text(&document, "ruleArn");
    Live { name: format!("rule {} of {}", document["priority"], listener.name), arn, document }
}

/// The rules of a listener that aren't `lab`'s, in words.
pub(super) async fn rules_of_others(cloud: &Cloud, lab: &str, listener: &Live) -> Result<Vec<String>> {
    let rules = rules(cloud, listener).await?;
    let others = not_of(cloud, lab, "listenerRule", &arns(&rules)).await?;
    let words = |rule: &Live| {
        let whose = others.get(&rule.arn)?;
        Some(format!("rule {} ({}): {whose}", rule.document["priority"], rule.arn))
    };
    Ok(rules.iter().filter_map(words).collect())
}

/// The load balancers that `holds` says to hold an object, and that aren't `lab`'s, each with what will free the object:
/// `advice`, or its delete.
pub(super) async fn balancers_of_others(
    cloud: &Cloud,
    lab: &str,
    advice: &str,
    holds: impl Fn(&Value) -> bool,
) -> Result<Vec<String>> {
    let pages = cloud.pages(&ELASTIC_LOAD_BALANCING, "DescribeLoadBalancers", json!({"PageSize": 400})).await?;
    let all = pages.iter().flat_map(|page| list(page, "LoadBalancers"));
    let all: Vec<&Value> = all.filter(|one| holds(one)).collect();
    let arns: Vec<String> = all.iter().map(|one| text(one, "LoadBalancerArn")).collect();
    let others = not_of(cloud, lab, "loadBalancer", &arns).await?;
    let names = all.iter().filter(|one| others.contains_key(&text(one, "LoadBalancerArn")));
    let words = names.map(|one| {
        let name = text(one, "LoadBalancerName");
        format!("load balancer {name}: {advice}, or ask its owner to delete it")
    });
    Ok(words.collect())
}

/// Those of the objects of `kind` with these ARNs that aren't `lab`'s, with the words that say whose they are.
pub(super) async fn not_of(cloud: &Cloud, lab: &str, kind: &str, arns: &[String]) -> Result<BTreeMap<String, String>> {
    let service = Service::Table(&ELASTIC_LOAD_BALANCING);
    let tags = cloud.with_direct_tags().tags_of(service, arns).await?;
    let others = tags.into_iter().filter_map(|(arn, tags)| match Owner::of(&tags, kind, lab) {
        Owner::Other(whose) => Some((arn, whose)),
        Owner::Lab(_) => None,
    });
    Ok(others.collect())
}

/// Reads a listener off an answer.
pub(super) fn listener(answer: &Value) -> Live {
    let mut document = ELASTIC_LOAD_BALANCING.case.fields(answer.clone());
    numbers(&mut document, &["port"]);
    document["defaultActions"] = actions(&document["defaultActions"]);
    document["targetGroupArns"] = list(&document, "defaultActions").flat_map(target_groups).collect();
    let balancer = text(&document, "loadBalancerArn");
    let name = format!("{}:{}", balancer.split('/').nth(2).unwrap_or(&balancer), document["port"]);
    Live { name, arn: text(&document, "listenerArn"), document }
}

/// Makes a call that makes or changes something, with the tags of what it makes.
pub(super) async fn send(
    cloud: &Cloud,
    operation: &'static str,
    fields: Map<String, Value>,
    tags: Option<&Tags>,
) -> Result<Value> {
    let api = &ELASTIC_LOAD_BALANCING;
    let mut members = api.case.members(fields.into());
    if let Some(tags) = tags {
        members[api.tags.given] = api.tags.shape.written(tags);
    }
    cloud.call(api, operation, members).await
}
