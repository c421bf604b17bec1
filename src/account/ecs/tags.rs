//! ECS's tags: one set of calls for every kind.

use serde_json::{Value, json};

use super::cluster::Cluster;
use super::service::Service;
use super::task::Task;
use super::task_definition::Family;
use super::{TAGS, TagMap, last_segment};
use crate::account::Account;
use crate::input::texts;
use crate::wire::{Answer, Fault, invalid};

pub(super) fn tag(account: &mut Account, input: &Value) -> Answer {
    let new = TAGS.read(input);
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
    Ok(json!({"tags": TAGS.write(of_resource(account, input)?)}))
}

fn of_resource<'a>(account: &'a mut Account, input: &Value) -> Result<&'a mut TagMap, Fault> {
    let arn = input["resourceArn"].as_str().unwrap_or_default();
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let Some((kind, path)) = resource.split_once('/') else {
        return Err(invalid(format!("The specified ARN is not valid: {arn}")));
    };
    let tags = match kind {
        "cluster" => {
            account.all_mut::<Cluster>().get_mut(path).filter(|cluster| cluster.active).map(|cluster| &mut cluster.tags)
        }
        "service" => account
            .all_mut::<Service>()
            .get_mut(path)
            .filter(|service| service.is_active())
            .map(|service| &mut service.tags),
        "task" => account.all_mut::<Task>().get_mut(last_segment(path)).map(|task| &mut task.tags),
        "task-definition" => path.split_once(':').and_then(|(family, revision)| {
            let revision: i64 = revision.parse().ok()?;
            Some(&mut account.all_mut::<Family>().get_mut(family)?.revisions.get_mut(&revision)?.tags)
        }),
        _ => None,
    };
    tags.ok_or_else(|| match kind {
        "cluster" => Fault::client("ClusterNotFoundException", "Cluster not found."),
        _ => invalid(format!("The specified {kind} is inactive or doesn't exist.")),
    })
}
