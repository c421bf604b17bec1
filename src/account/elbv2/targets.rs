//! The targets of a target group and how they fare.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::target_groups::{Target, TargetGroup};
use super::{Listener, TARGET_GROUPS, deregistration_delay, invalid};
use crate::account::Account;
use crate::input::{list, need, number, text};
use crate::shelf::Thing;
use crate::simulation::Simulation;
use crate::wire::{Answer, Fault};

/// `RegisterTargets`: a target that is there already stays as it is, a draining one starts anew.
pub(super) fn register(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let targets = targets(account, &arn, input)?;
    for (id, _) in &targets {
        if id.parse::<IpAddr>().is_err() && !id.starts_with("i-") && !id.starts_with("arn:") {
            return Err(invalid(format!("The IP address '{id}' is not a valid IPv4 address")));
        }
    }
    for (id, port) in targets {
        register_target(account, &arn, &id, port);
    }
    Ok(json!({}))
}

/// `DeregisterTargets`.
pub(super) fn deregister(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let targets = targets(account, &arn, input)?;
    let group = group(account, &arn)?;
    for (id, port) in &targets {
        if !group.targets.contains_key(&key(id, *port)) {
            let message = format!("The following targets are not registered: '{id}:{port}'");
            return Err(Fault::client("InvalidTarget", message));
        }
    }
    for (id, port) in targets {
        deregister_target(account, &arn, &id, port);
    }
    Ok(json!({}))
}

/// `DescribeTargetHealth`.
pub(super) fn health(account: &Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let group = group(account, &arn)?;
    let asked = targets(account, &arn, input)?;
    let wanted: Vec<(String, i64)> = if asked.is_empty() {
        group.targets.values().map(|target| (target.id.clone(), target.port)).collect()
    } else {
        asked
    };
    let shown: Value = wanted
        .iter()
        .map(|(id, port)| {
            let (state, reason) = state_of(account, &arn, group, &key(id, *port));
            json!({
                "Target": { "Id": id, "Port": port },
                "HealthCheckPort": group.check_port(*port),
                "TargetHealth": {
                    "State": state,
                    "Reason": reason.map(|(code, _)| code),
                    "Description": reason.map(|(_, words)| words),
                },
            })
        })
        .collect();
    Ok(json!({ "TargetHealthDescriptions": shown }))
}

/// Registers a target, as ECS does for its tasks; nothing happens where the group is gone.
pub(crate) fn register_target(account: &mut Account, arn: &str, ip: &str, port: i64) {
    let now = account.now;
    if let Some(group) = account.all_mut::<Thing<TargetGroup>>().get_mut(arn) {
        let fresh = || Target { id: ip.to_owned(), port, registered: now, drained_at: None };
        let target = group.targets.entry(key(ip, port)).or_insert_with(fresh);
        if target.drained_at.is_some() {
            *target = fresh();
        }
    }
}

/// Deregisters a target: it drains where a load balancer used it, and is gone at once where none did.
pub(crate) fn deregister_target(account: &mut Account, arn: &str, ip: &str, port: i64) {
    let in_use = super::target_group_has_load_balancer(account, arn);
    let delay = if in_use { deregistration_delay(account, arn) } else { 0 };
    let drained_at = account.now + delay * 1000;
    let Some(group) = account.all_mut::<Thing<TargetGroup>>().get_mut(arn) else {
        return;
    };
    if delay == 0 {
        group.targets.remove(&key(ip, port));
    } else if let Some(target) = group.targets.get_mut(&key(ip, port)) {
        target.drained_at.get_or_insert(drained_at);
    }
}

/// Whether the load balancer sends requests to the target.
pub(crate) fn target_is_healthy(account: &Account, arn: &str, ip: &str, port: i64) -> bool {
    TARGET_GROUPS.get(account, arn).is_some_and(|group| state_of(account, arn, group, &key(ip, port)).0 == "healthy")
}

/// The words on a target that the load balancer finds unhealthy.
pub(crate) fn target_failure(account: &Account, arn: &str, ip: &str, port: i64) -> Option<&'static str> {
    let group = TARGET_GROUPS.get(account, arn)?;
    match state_of(account, arn, group, &key(ip, port)) {
        ("unhealthy", reason) => reason.map(|(_, words)| words),
        _ => None,
    }
}

type Reason = Option<(&'static str, &'static str)>;

/// A target's state, and why it isn't healthy.
fn state_of(account: &Account, arn: &str, group: &TargetGroup, key: &str) -> (&'static str, Reason) {
    let Some(target) = group.targets.get(key) else {
        let words = "Target is not registered to the target group";
        return ("unused", Some(("Target.NotRegistered", words)));
    };
    if target.drained_at.is_some() {
        let words = "Target deregistration is in progress";
        return ("draining", Some(("Target.DeregistrationInProgress", words)));
    }
    let Some(checked) = checked(account, arn, group, target) else {
        let words = "Target group is not configured to receive traffic from the load balancer";
        return ("unused", Some(("Target.NotInUse", words)));
    };
    if account.now < checked {
        return ("initial", Some(("Elb.RegistrationInProgress", "Target registration is in progress")));
    }
    match account.here::<Simulation>().failing_check(arn) {
        Some(check) => ("unhealthy", Some(check.words())),
        None => ("healthy", None),
    }
}

/// When the target has been checked often enough: checks begin once it is registered and a listener forwards to its group.
fn checked(account: &Account, arn: &str, group: &TargetGroup, target: &Target) -> Option<i64> {
    let listeners = account.all::<Thing<Listener>>().values();
    let forwarding = listeners.filter(|listener| listener.forwards_to().any(|group| group == arn));
    let attached = forwarding.map(|one| one.created).min()?;
    Some(attached.max(target.registered) + group.checked_after())
}

/// When it is known how the target fares; never, if nothing checks it.
pub(crate) fn target_checked(account: &Account, arn: &str, ip: &str, port: i64) -> Option<i64> {
    let group = TARGET_GROUPS.get(account, arn)?;
    checked(account, arn, group, group.targets.get(&key(ip, port))?)
}

/// The targets a request names; a target without a port has its group's.
fn targets(account: &Account, arn: &str, input: &Value) -> Result<Vec<(String, i64)>, Fault> {
    let default = group(account, arn)?.port();
    let named = list(input, "Targets").iter();
    Ok(named
        .map(|target| (text(target, "Id").unwrap_or_default(), number(target, "Port").unwrap_or(default)))
        .collect())
}

fn group<'a>(account: &'a Account, arn: &str) -> Result<&'a TargetGroup, Fault> {
    TARGET_GROUPS.find(account, arn).map(|(_, group)| &**group)
}

fn key(id: &str, port: i64) -> String {
    format!("{id}:{port}")
}
