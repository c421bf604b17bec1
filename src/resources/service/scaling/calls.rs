//! The calls to Application Auto Scaling.
//!
//! Knows: how a service's scaling is read, made, changed and taken away. Must not know: what the spec asks for.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::super::ServiceLive;
use super::super::compare::FIELDS;
use super::normal::{action_to_put, answered, entry, names, normal, policy_to_put};
use super::{ACTIONS, FIELD, POLICIES, Scaling};
use crate::cloud::{APPLICATION_AUTO_SCALING, Cloud, LAB_TAG, RESOURCE_TAG, Result, unless_gone};
use crate::model::Tags;
use crate::resource::{Detail, Edit, diff};
use crate::resources::ecs::{list, text};

/// The most scalable targets that one call describes (DescribeScalableTargets, API reference).
const DESCRIBED: usize = 50;

/// What was read of a service's scaling: its document, and the ARNs of its policies.
pub(in super::super) type Read = (Value, BTreeMap<String, String>);

/// The members that name the scalable target of a service.
fn target(cluster: &str, service: &str) -> Value {
    json!({
        "ServiceNamespace": "ecs",
        "ResourceId": format!("service/{cluster}/{service}"),
        "ScalableDimension": "ecs:service:DesiredCount",
    })
}

/// The members that name the scalable target of `live`.
fn target_of(live: &ServiceLive) -> Value {
    target(live.cluster_arn.rsplit('/').next().unwrap_or_default(), &live.name)
}

/// The same members with further ones.
fn with(mut target: Value, members: Value) -> Value {
    if let (Some(target), Value::Object(members)) = (target.as_object_mut(), members) {
        target.extend(members);
    }
    target
}

/// Reads the scaling of these services of a cluster, by name. A service that isn't scaled is left out.
pub(in super::super) async fn read(
    cloud: &Cloud,
    cluster: &str,
    services: &[&str],
    detail: Detail,
) -> Result<BTreeMap<String, Read>> {
    let targets = services.chunks(DESCRIBED).map(|services| async move {
        let ids: Vec<String> = services.iter().map(|service| format!("service/{cluster}/{service}")).collect();
        let asked = json!({
            "ServiceNamespace": "ecs", "ResourceIds": ids, "ScalableDimension": "ecs:service:DesiredCount",
        });
        cloud.pages(&APPLICATION_AUTO_SCALING, "DescribeScalableTargets", asked).await
    });
    let parts = services.iter().map(|service| async move {
        if detail == Detail::Presence {
            return Ok((Vec::new(), Vec::new()));
        }
        let asked = target(cluster, service);
        let policies = cloud.pages(&APPLICATION_AUTO_SCALING, "DescribeScalingPolicies", asked.clone());
        let actions = cloud.pages(&APPLICATION_AUTO_SCALING, "DescribeScheduledActions", asked);
        futures::try_join!(policies, actions)
    });
    let (targets, parts) = futures::try_join!(try_join_all(targets), try_join_all(parts))?;
    let targets: Vec<&Value> = targets.iter().flatten().flat_map(|page| list(page, "ScalableTargets")).collect();
    let found = services.iter().zip(&parts).filter_map(|(service, (policies, actions))| {
        let id = format!("service/{cluster}/{service}");
        let target = targets.iter().find(|target| target["ResourceId"] == id.as_str())?;
        let of = |pages: &[Value], key: &str| -> Vec<Value> {
            pages.iter().flat_map(|page| list(page, key).cloned().collect::<Vec<_>>()).collect()
        };
        let (policies, actions) = (of(policies, "ScalingPolicies"), of(actions, "ScheduledActions"));
        let arns = policies.iter().map(|policy| (text(policy, "PolicyName"), text(policy, "PolicyARN"))).collect();
        Some(((*service).to_owned(), (answered(target, &policies, &actions), arns)))
    });
    Ok(found.collect())
}

/// Begins to scale a new service.
pub(in super::super) async fn begin(
    cloud: &Cloud,
    live: ServiceLive,
    scaling: &Scaling,
    tags: &Tags,
) -> Result<ServiceLive> {
    let want = json!({ FIELD: scaling.asked() });
    let edit = Edit { diff: diff(FIELDS, &live.document, &want), want };
    register(cloud, &live, &edit, tags).await?;
    let scaled = complete(cloud, &live, &edit).await?;
    Ok(live.scaled(scaled))
}

/// Brings the scalable target of a service to what `edit` wants, before its count and its parts are changed. Takes it away
/// if the edit wants none.
///
/// # Guarantees
/// The target gets its owner's tags in the call that makes it, which is refused for one that is there already.
pub(in super::super) async fn register(cloud: &Cloud, live: &ServiceLive, edit: &Edit, tags: &Tags) -> Result<()> {
    let (want, have) = (&edit.want[FIELD], &live.document[FIELD]);
    if want.as_object().is_some_and(serde_json::Map::is_empty) {
        return if have.is_null() { Ok(()) } else { deregister(cloud, live).await };
    }
    let fields = ["minCapacity", "maxCapacity", "suspendedState"];
    let differs = fields.iter().any(|field| edit.touches(&format!("{FIELD}.{field}")));
    if !have.is_null() && !differs {
        return Ok(());
    }
    let mut members = json!({});
    for field in fields {
        match &want[field] {
            Value::Null => {}
            value => members[field] = value.clone(),
        }
    }
    let asked = with(target_of(live), APPLICATION_AUTO_SCALING.case.members(members));
    let owner = tags.iter().filter(|(key, _)| [LAB_TAG, RESOURCE_TAG].contains(&key.as_str()));
    let owner: Tags = owner.map(|(key, value)| (key.clone(), value.clone())).collect();
    let asked_anew = match have.is_null() {
        true => with(asked.clone(), json!({ "Tags": APPLICATION_AUTO_SCALING.tags.shape.written(&owner) })),
        false => asked.clone(),
    };
    match cloud.call(&APPLICATION_AUTO_SCALING, "RegisterScalableTarget", asked_anew).await {
        Err(error) if error.says("ValidationException", "already exists") => {
            cloud.call(&APPLICATION_AUTO_SCALING, "RegisterScalableTarget", asked).await.map(drop)
        }
        answer => answer.map(drop),
    }
}

/// Makes, changes and takes away the policies and actions in which a service differs from what `edit` wants. Returns what
/// is known of the scaling then.
pub(in super::super) async fn complete(cloud: &Cloud, live: &ServiceLive, edit: &Edit) -> Result<Read> {
    let (want, have) = (&edit.want[FIELD], &live.document[FIELD]);
    if want.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok((Value::Null, BTreeMap::new()));
    }
    let differs = |(list, _): (&str, &str), name: &str| edit.touches(&format!("{FIELD}.{list}.{name}"));
    let strays = |list: (&'static str, &'static str)| {
        let wanted: Vec<&str> = names(want, list).collect();
        let is_whole = want.get(list.0).is_some();
        names(have, list).filter(move |name| is_whole && !wanted.contains(name))
    };
    let puts = names(want, POLICIES).filter(|name| differs(POLICIES, name));
    let puts = try_join_all(puts.map(|name| async move {
        let (have, want) = (entry(have, POLICIES, name), entry(want, POLICIES, name));
        if !have.is_null() && have["policyType"] != want["policyType"] {
            delete(cloud, live, "DeleteScalingPolicy", "PolicyName", name).await?;
        }
        let asked = with(target_of(live), policy_to_put(have, want));
        let answer = cloud.call(&APPLICATION_AUTO_SCALING, "PutScalingPolicy", asked).await?;
        Ok((name.to_owned(), text(&answer, "PolicyARN")))
    }));
    let actions = names(want, ACTIONS).filter(|name| differs(ACTIONS, name)).map(|name| {
        let action = action_to_put(entry(have, ACTIONS, name), entry(want, ACTIONS, name));
        cloud.call(&APPLICATION_AUTO_SCALING, "PutScheduledAction", with(target_of(live), action))
    });
    let old_policies = strays(POLICIES).map(|name| delete(cloud, live, "DeleteScalingPolicy", "PolicyName", name));
    let old_actions =
        strays(ACTIONS).map(|name| delete(cloud, live, "DeleteScheduledAction", "ScheduledActionName", name));
    let (puts, _, _, _) =
        futures::try_join!(puts, try_join_all(actions), try_join_all(old_policies), try_join_all(old_actions))?;
    let mut arns = live.policies.clone();
    strays(POLICIES).for_each(|name| drop(arns.remove(name)));
    arns.extend(puts);
    let mut scaling = if have.is_object() { have.clone() } else { json!({}) };
    want.as_object().into_iter().flatten().for_each(|(field, value)| scaling[field] = value.clone());
    Ok((normal(scaling), arns))
}

async fn delete(
    cloud: &Cloud,
    live: &ServiceLive,
    operation: &'static str,
    member: &'static str,
    name: &str,
) -> Result<()> {
    let asked = with(target_of(live), json!({ member: name }));
    unless_gone(cloud.call(&APPLICATION_AUTO_SCALING, operation, asked).await).map(drop)
}

/// Ends the scaling of a service, with all its policies and actions. One that isn't scaled is a success.
pub(in super::super) async fn deregister(cloud: &Cloud, live: &ServiceLive) -> Result<()> {
    let asked = target_of(live);
    unless_gone(cloud.call(&APPLICATION_AUTO_SCALING, "DeregisterScalableTarget", asked).await).map(drop)
}
