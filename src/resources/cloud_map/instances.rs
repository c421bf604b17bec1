//! What stands in the services of Cloud Map: instances, which ECS registers and takes away with its tasks, and services that
//! it makes for Service Connect. Of ECS services that died some may be left.
//!
//! Knows: how ECS names what it registers. Must not know: how a namespace or a service is deleted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::services_in;
use crate::cloud::{CLOUD_MAP, Cloud, ECS, LAB_TAG, Owner, Result, Service, unless_gone};
use crate::model::Tags;
use crate::resource::{Grant, Live, Need, Place};
use crate::resources::ecs::{list, tags_of, text};

/// The tag of what ECS makes for Service Connect ("Service Connect", Amazon ECS developer guide).
const MANAGED: &str = "AmazonECSManaged";

/// An instance, by the attributes that ECS gives it.
struct Instance {
    id: String,
    cluster: String,
    service: String,
}

/// Takes away the instances of ECS services that died, as far as those were the lab's: ECS may be slow with it, or never
/// come to it. Returns whether no other is left.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn empty(cloud: &Cloud, service: &str) -> Result<bool> {
    let (dead, alive) = sorted(cloud, service).await?;
    for Instance { id, .. } in dead {
        let asked = json!({"ServiceId": last(service), "InstanceId": id});
        match unless_gone(cloud.call(&CLOUD_MAP, "DeregisterInstance", asked).await) {
            // ECS was faster.
            Err(error) if !["DuplicateRequest", "ResourceInUse"].contains(&error.code()) => return Err(error),
            _ => {}
        }
    }
    Ok(alive.is_empty())
}

/// The instances in a service that labform doesn't take away, in words.
///
/// # Errors
/// If they can't be read.
pub(super) async fn alive(cloud: &Cloud, service: &str) -> Result<Vec<String>> {
    let (_, alive) = sorted(cloud, service).await?;
    let words = alive.into_iter().map(|Instance { id, cluster, service: of }| match of.as_str() {
        "" => {
            let service = last(service);
            let command = "aws servicediscovery deregister-instance";
            format!(
                "instance {id}: take it away with `{command} --service-id {service} --instance-id {id}`, if it is yours"
            )
        }
        of => format!("instance {id} of service {of} in cluster {cluster}: ECS takes it away with its task"),
    });
    Ok(words.collect())
}

/// The instances of ECS services that died, and all others.
async fn sorted(cloud: &Cloud, service: &str) -> Result<(Vec<Instance>, Vec<Instance>)> {
    let (mut dead, mut alive) = (Vec::new(), Vec::new());
    let all = instances(cloud, service).await?;
    if all.is_empty() {
        return Ok((dead, alive));
    }
    let lab = lab_of(cloud, service).await?;
    let mut known: BTreeMap<(String, String), bool> = BTreeMap::new();
    for instance in all {
        let of = (instance.cluster.clone(), instance.service.clone());
        let is_gone = match known.get(&of) {
            Some(is_gone) => *is_gone,
            None => is_dead(cloud, &lab, &of).await?,
        };
        known.insert(of, is_gone);
        if is_gone { dead.push(instance) } else { alive.push(instance) }
    }
    Ok((dead, alive))
}

/// Takes away the services that ECS made in a namespace for services that died.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn sweep(cloud: &Cloud, namespace: &Live) -> Result<()> {
    let mut left = services_in(&cloud.anew(), namespace.id()).await?;
    if left.is_empty() {
        return Ok(());
    }
    let tags = tags(cloud, &left).await?;
    left.retain(|service| tags.get(&text(service, "Arn")).is_some_and(|tags| tags.contains_key(MANAGED)));
    if is_used(cloud, namespace).await? {
        return Ok(());
    }
    for service in left {
        let arn = text(&service, "Arn");
        if empty(cloud, &arn).await? {
            let gone = cloud.call(&CLOUD_MAP, "DeleteService", json!({ "Id": service["Id"] })).await;
            match unless_gone(gone) {
                // Its instances are just being taken away: the namespace is asked for again.
                Err(error) if !error.is("ResourceInUse") => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The services in a namespace that aren't `lab`'s, in words.
///
/// # Errors
/// If they can't be read.
pub(super) async fn of_others(cloud: &Cloud, lab: &str, namespace: &Live) -> Result<Vec<String>> {
    let all = services_in(cloud, namespace.id()).await?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (tags, is_used) = (tags(cloud, &all).await?, is_used(cloud, namespace).await?);
    let is_other = |service: &&Value| {
        let tags = tags.get(&text(service, "Arn")).cloned().unwrap_or_default();
        // What ECS made for services that died goes with the next sweep.
        (is_used || !tags.contains_key(MANAGED)) && matches!(Owner::of(&tags, "discoveryService", lab), Owner::Other(_))
    };
    Ok(all.iter().filter(is_other).map(words).collect())
}

/// Returns whether services of ECS are in a namespace.
async fn is_used(cloud: &Cloud, namespace: &Live) -> Result<bool> {
    let users = cloud.anew().call(&ECS, "ListServicesByNamespace", json!({ "namespace": namespace.arn })).await;
    let users = unless_gone(users)?.unwrap_or_default();
    Ok(list(&users, "serviceArns").next().is_some())
}

/// The words for a service that holds its namespace.
pub(super) fn words(service: &Value) -> String {
    let (name, id) = (text(service, "Name"), text(service, "Id"));
    format!("service {name}: delete it with `aws servicediscovery delete-service --id {id}`, if it is yours")
}

/// The permissions for the leftovers in a service.
pub(super) fn empty_grants(place: &Place) -> Vec<Grant> {
    let read = &["servicediscovery:ListInstances", "servicediscovery:ListTagsForResource", "ecs:DescribeServices"];
    let services = [place.arn("servicediscovery", "service/*")];
    vec![
        Grant::in_region(Need::Delete, read, place),
        Grant::on(Need::Delete, &["servicediscovery:DeregisterInstance"], services),
    ]
}

/// The permissions for the leftovers in a namespace.
pub(super) fn sweep_grants(place: &Place) -> Vec<Grant> {
    let read = &["servicediscovery:ListServices", "ecs:ListServicesByNamespace"];
    let services = [place.arn("servicediscovery", "service/*")];
    let own = [
        Grant::in_region(Need::Delete, read, place),
        Grant::on(Need::Delete, &["servicediscovery:DeleteService"], services),
    ];
    own.into_iter().chain(empty_grants(place)).collect()
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

async fn tags(cloud: &Cloud, services: &[Value]) -> Result<BTreeMap<String, Tags>> {
    let arns: Vec<String> = services.iter().map(|service| text(service, "Arn")).collect();
    cloud.with_direct_tags().tags_of(Service::Table(&CLOUD_MAP), &arns).await
}

async fn instances(cloud: &Cloud, service: &str) -> Result<Vec<Instance>> {
    let asked = json!({ "ServiceId": last(service) });
    let pages = unless_gone(cloud.anew().pages(&CLOUD_MAP, "ListInstances", asked).await)?.unwrap_or_default();
    let all = pages.iter().flat_map(|page| list(page, "Instances")).map(|one| Instance {
        id: text(one, "Id"),
        cluster: text(&one["Attributes"], "ECS_CLUSTER_NAME"),
        service: text(&one["Attributes"], "ECS_SERVICE_NAME"),
    });
    Ok(all.collect())
}

/// The lab that a service is of; empty if it is of none.
async fn lab_of(cloud: &Cloud, service: &str) -> Result<String> {
    let tags = cloud.with_direct_tags().tags_of(Service::Table(&CLOUD_MAP), &[service.to_owned()]).await?;
    Ok(tags.get(service).and_then(|tags| tags.get(LAB_TAG)).cloned().unwrap_or_default())
}

/// Returns whether an ECS service is gone, and wasn't another lab's.
async fn is_dead(cloud: &Cloud, lab: &str, (cluster, service): &(String, String)) -> Result<bool> {
    if service.is_empty() {
        return Ok(false);
    }
    let asked = json!({"cluster": cluster, "services": [service], "include": ["TAGS"]});
    let answer = unless_gone(cloud.call(&ECS, "DescribeServices", asked).await)?.unwrap_or_default();
    let Some(found) = list(&answer, "services").next() else {
        return Ok(list(&answer, "failures").all(|failure| failure["reason"] == "MISSING"));
    };
    let of = tags_of(found).remove(LAB_TAG);
    Ok(found["status"] == "INACTIVE" && (lab.is_empty() || of.is_none_or(|of| of == lab)))
}
