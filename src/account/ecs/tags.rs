//! ECS's tags: one set of calls for every kind.

use serde_json::{Value, json};

use super::{Tags, invalid, last_segment, state};
use crate::account::Account;
use crate::input::texts;
use crate::wire::{Answer, Fault};

pub(super) fn tag(account: &mut Account, input: &Value) -> Answer {
    let new = from_list(&input["tags"]);
    of_resource(account, input)?.extend(new);
    Ok(json!({}))
}

pub(super) fn untag(account: &mut Account, input: &Value) -> Answer {
    let tags = of_resource(account, input)?;
    for key in texts(input, "tagKeys") {
        tags.remove(&key);
    }
    Ok(json!({}))
}

pub(super) fn list(account: &mut Account, input: &Value) -> Answer {
    let tags = to_list(of_resource(account, input)?);
    Ok(json!({"tags": tags}))
}

/// Tags as ECS writes them: `[{"key": …, "value": …}]`.
pub(super) fn to_list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

pub(super) fn from_list(list: &Value) -> Tags {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.as_array().into_iter().flatten().map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect()
}

fn of_resource<'a>(account: &'a mut Account, input: &Value) -> Result<&'a mut Tags, Fault> {
    let arn = input["resourceArn"].as_str().unwrap_or_default();
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let Some((kind, path)) = resource.split_once('/') else {
        return Err(invalid(format!("The specified ARN is not valid: {arn}")));
    };
    let ecs = state(account);
    let tags = match kind {
        "cluster" => ecs.clusters.get_mut(path).filter(|cluster| cluster.active).map(|cluster| &mut cluster.tags),
        "service" => ecs.services.get_mut(path).filter(|service| service.is_active()).map(|service| &mut service.tags),
        "task" => ecs.tasks.get_mut(last_segment(path)).map(|task| &mut task.tags),
        "task-definition" => path.split_once(':').and_then(|(family, revision)| {
            let revision: i64 = revision.parse().ok()?;
            Some(&mut ecs.families.get_mut(family)?.revisions.get_mut(&revision)?.tags)
        }),
        _ => None,
    };
    tags.ok_or_else(|| match kind {
        "cluster" => Fault::client("ClusterNotFoundException", "Cluster not found."),
        _ => invalid(format!("The specified {kind} is inactive or doesn't exist.")),
    })
}
