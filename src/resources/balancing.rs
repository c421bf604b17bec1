//! The parts that the kinds of Elastic Load Balancing share: names, attributes, and which listener forwards where.
//!
//! Knows: how the service puts things. Must not know: any of its kinds.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::ecs::{list, text, texts};
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Owner, Result, Service};
use crate::resource::{Grant, Live, service_linked_role};

/// Returns whether AWS takes `name` for a load balancer or a target group, apart from its length.
pub(super) fn is_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.starts_with('-') && !name.ends_with('-')
}

/// The permission for the role of Elastic Load Balancing itself.
pub(super) fn service_role() -> Grant {
    service_linked_role("elasticloadbalancing.amazonaws.com")
}

/// Makes numbers of the texts in these fields.
pub(super) fn numbers(document: &mut Value, fields: &[&str]) {
    for field in fields {
        if let Some(number) = document[field].as_str().and_then(|text| text.parse::<i64>().ok()) {
            document[field] = number.into();
        }
    }
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

/// The rules of the listener with this ARN, without the default one, which is the listener itself.
pub(super) async fn rules(cloud: &Cloud, listener: &str) -> Result<Vec<Value>> {
    let pages = cloud.pages(&ELASTIC_LOAD_BALANCING, "DescribeRules", json!({"ListenerArn": listener})).await?;
    let rules = pages.into_iter().map(|page| ELASTIC_LOAD_BALANCING.case.fields(page));
    let rules = rules.flat_map(|page| list(&page, "rules").cloned().collect::<Vec<_>>());
    Ok(rules.filter(|rule| text(rule, "priority") != "default").collect())
}

/// The rules of the listener with this ARN that aren't `lab`'s, in words.
pub(super) async fn rules_of_others(cloud: &Cloud, lab: &str, listener: &str) -> Result<Vec<String>> {
    let rules = rules(cloud, listener).await?;
    let arns: Vec<String> = rules.iter().map(|rule| text(rule, "ruleArn")).collect();
    let others = not_of(cloud, lab, "listenerRule", &arns).await?;
    let words = |rule: &Value| {
        let (priority, arn) = (text(rule, "priority"), text(rule, "ruleArn"));
        others.contains(&arn).then(|| format!("rule {priority} ({arn})"))
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
    let names = all.iter().filter(|one| others.contains(&text(one, "LoadBalancerArn")));
    let words = names.map(|one| {
        let name = text(one, "LoadBalancerName");
        format!("load balancer {name}: {advice}, or ask its owner to delete it")
    });
    Ok(words.collect())
}

/// Those of the objects of `kind` with these ARNs that aren't `lab`'s.
pub(super) async fn not_of(cloud: &Cloud, lab: &str, kind: &str, arns: &[String]) -> Result<BTreeSet<String>> {
    let service = Service::Table(&ELASTIC_LOAD_BALANCING);
    let tags = cloud.with_direct_tags().tags_of(service, arns).await?;
    let others = tags.into_iter().filter(|(_, tags)| matches!(Owner::of(tags, kind, lab), Owner::Other(_)));
    Ok(others.map(|(arn, _)| arn).collect())
}

/// Reads a listener off an answer.
pub(super) fn listener(answer: &Value) -> Live {
    let mut document = ELASTIC_LOAD_BALANCING.case.fields(answer.clone());
    numbers(&mut document, &["port"]);
    let mut actions: Vec<Value> = list(&document, "defaultActions").cloned().collect();
    actions.sort_by_key(|action| text(action, "order").parse::<i32>().ok());
    for action in &mut actions {
        let groups = target_groups(action);
        match groups.as_slice() {
            [] => {}
            [one] => action["targetGroupArn"] = one.as_str().into(),
            several => action["targetGroupArn"] = several.into(),
        }
    }
    document["targetGroupArns"] = actions.iter().flat_map(target_groups).collect();
    document["defaultActions"] = actions.into();
    let balancer = text(&document, "loadBalancerArn");
    let name = format!("{}:{}", balancer.split('/').nth(2).unwrap_or(&balancer), document["port"]);
    Live { name, arn: text(&document, "listenerArn"), document }
}

/// The target groups of an action: AWS answers a forward to one group in two places at once.
pub(super) fn target_groups(action: &Value) -> Vec<String> {
    let weighted: Vec<String> =
        list(&action["forwardConfig"], "targetGroups").map(|group| text(group, "targetGroupArn")).collect();
    match &action["targetGroupArn"] {
        Value::String(arn) if weighted.is_empty() => vec![arn.clone()],
        several if weighted.is_empty() => texts(several),
        _ => weighted,
    }
}
