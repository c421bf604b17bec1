//! The targets of a target group, and their health.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LOAD_BALANCERS, TARGET_GROUPS, TargetGroup, deregistration_delay, invalid};
use crate::account::Account;
use crate::ec2;
use crate::input::{list, need, number, text};
use crate::simulation::{FailingCheck, Simulation};
use crate::table::Object;
use crate::wire::{Answer, Fault};

/// A registered target.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    /// The ARN of its group.
    pub(super) group: String,
    id: String,
    port: i64,
    registered: i64,
    /// The time when a deregistered target is forgotten.
    drained_at: Option<i64>,
    /// What somebody outside of the account finds of the target; none if nobody looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found: Option<Checked>,
}

/// What somebody outside of the account finds of a target, or of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checked {
    /// Nothing is known yet.
    Unknown,
    /// It answers as it should.
    Healthy,
    /// It doesn't.
    Unhealthy(FailingCheck),
}

impl Object for Target {
    fn owner(&self) -> Option<&str> {
        Some(&self.group)
    }

    fn due(&self) -> Option<i64> {
        self.drained_at
    }
}

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

pub(super) fn deregister(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let targets = targets(account, &arn, input)?;
    for (id, port) in &targets {
        if !account.all::<Target>().contains_key(&key(&arn, id, *port)) {
            let message = format!("The following targets are not registered: '{id}:{port}'");
            return Err(Fault::client("InvalidTarget", message));
        }
    }
    for (id, port) in targets {
        deregister_target(account, &arn, &id, port);
    }
    Ok(json!({}))
}

pub(super) fn health(account: &Account, input: &Value) -> Answer {
    let arn = need(input, "TargetGroupArn")?;
    let group = group(account, &arn)?;
    let asked = targets(account, &arn, input)?;
    let wanted: Vec<(String, i64)> = if asked.is_empty() {
        account.all::<Target>().of(&arn).map(|target| (target.id.clone(), target.port)).collect()
    } else {
        asked
    };
    let shown: Value = wanted
        .iter()
        .map(|(id, port)| {
            let (state, reason) = state_of(account, &arn, group, &key(&arn, id, *port));
            json!({
                "Target": { "Id": id, "Port": port },
                "HealthCheckPort": group.check_port(*port),
                "TargetHealth": {
                    "State": state,
                    "Reason": reason.as_ref().map(|(code, _)| code),
                    "Description": reason.as_ref().map(|(_, words)| words),
                },
            })
        })
        .collect();
    Ok(json!({ "TargetHealthDescriptions": shown }))
}

/// Registers a target, as ECS does for its tasks; nothing happens if the group is gone.
pub(crate) fn register_target(account: &mut Account, arn: &str, ip: &str, port: i64) {
    let key = key(arn, ip, port);
    let known = account.all::<Target>().get(&key);
    if TARGET_GROUPS.get(account, arn).is_some() && known.is_none_or(|target| target.drained_at.is_some()) {
        let (group, id) = (arn.to_owned(), ip.to_owned());
        let fresh = Target { group, id, port, registered: account.now, drained_at: None, found: None };
        account.all_mut().insert(key, fresh);
    }
}

/// Takes over what somebody outside of the account finds of a target; none if nobody looks any more.
pub(crate) fn report_target(account: &mut Account, arn: &str, ip: &str, port: i64, found: Option<Checked>) {
    if let Some(target) = account.all_mut::<Target>().get_mut(&key(arn, ip, port)) {
        target.found = found;
    }
}

/// The addresses and ports of the targets to which a load balancer sends requests for the group.
pub(crate) fn healthy(account: &Account, arn: &str) -> Vec<(String, i64)> {
    let Some(group) = TARGET_GROUPS.get(account, arn) else { return Vec::new() };
    let is_healthy =
        |target: &&Target| state_of(account, arn, group, &key(arn, &target.id, target.port)).0 == "healthy";
    account.all::<Target>().of(arn).filter(is_healthy).map(|target| (target.id.clone(), target.port)).collect()
}

/// Deregisters a target: it drains if a load balancer used it, and is gone at once if none did.
pub(crate) fn deregister_target(account: &mut Account, arn: &str, ip: &str, port: i64) {
    let in_use = super::target_group_has_load_balancer(account, arn);
    let delay = if in_use { deregistration_delay(account, arn) } else { 0 };
    let drained_at = account.now + delay * 1000;
    let key = key(arn, ip, port);
    if delay == 0 {
        account.all_mut::<Target>().remove(&key);
    } else if let Some(target) = account.all_mut::<Target>().get_mut(&key) {
        target.drained_at.get_or_insert(drained_at);
    }
}

/// Returns whether the load balancer sends requests to the target.
pub(crate) fn target_is_healthy(account: &Account, arn: &str, ip: &str, port: i64) -> bool {
    TARGET_GROUPS
        .get(account, arn)
        .is_some_and(|group| state_of(account, arn, group, &key(arn, ip, port)).0 == "healthy")
}

/// The words on a target that the load balancer finds unhealthy.
pub(crate) fn target_failure(account: &Account, arn: &str, ip: &str, port: i64) -> Option<Cow<'static, str>> {
    let group = TARGET_GROUPS.get(account, arn)?;
    match state_of(account, arn, group, &key(arn, ip, port)) {
        ("unhealthy", reason) => reason.map(|(_, words)| words),
        _ => None,
    }
}

type Reason = Option<(&'static str, Cow<'static, str>)>;

/// A target's state, and why it isn't healthy.
fn state_of(account: &Account, arn: &str, group: &TargetGroup, key: &str) -> (&'static str, Reason) {
    let Some(target) = account.all::<Target>().get(key) else {
        let words = "Target is not registered to the target group".into();
        return ("unused", Some(("Target.NotRegistered", words)));
    };
    if target.drained_at.is_some() {
        let words = "Target deregistration is in progress".into();
        return ("draining", Some(("Target.DeregistrationInProgress", words)));
    }
    let Some(checked) = checked(account, arn, group, target) else {
        let words = "Target group is not configured to receive traffic from the load balancer".into();
        return ("unused", Some(("Target.NotInUse", words)));
    };
    // Who looks knows before the time is over, or after.
    let is_unknown = target.found.map_or(account.now < checked, |found| found == Checked::Unknown);
    if is_unknown {
        return ("initial", Some(("Elb.RegistrationInProgress", "Target registration is in progress".into())));
    }
    let simulated = account.here::<Simulation>().failing_check(arn);
    let shut_off = || is_shut_off(account, arn, group, target).then_some(FailingCheck::NoAnswer);
    let found = match target.found {
        Some(Checked::Unhealthy(why)) => Some(why),
        _ => None,
    };
    match simulated.or_else(shut_off).or(found) {
        Some(check) => ("unhealthy", Some(check.words())),
        None => ("healthy", None),
    }
}

/// Returns whether security groups keep the load balancers of the group from the port that they check. What answers
/// there, and to which path, the account doesn't know.
fn is_shut_off(account: &Account, arn: &str, group: &TargetGroup, target: &Target) -> bool {
    let port = group.check_port(target.port).parse().unwrap_or(target.port);
    let balancers = super::load_balancers_of(account, arn);
    let balancers = balancers.iter().filter_map(|arn| LOAD_BALANCERS.get(account, arn));
    let interfaces = balancers.flat_map(|balancer| balancer.interfaces.values());
    ec2::gets_through(account, interfaces, &target.id, port) == Some(false)
}

/// The time when the target has been checked often enough, once it is registered and a listener forwards to its group.
fn checked(account: &Account, arn: &str, group: &TargetGroup, target: &Target) -> Option<i64> {
    let attached = super::forwarding(account, arn).map(|(_, since)| since).min()?;
    Some(attached.max(target.registered) + group.checked_after())
}

/// The time when it is known how the target fares; never, if nothing checks it.
pub(crate) fn target_checked(account: &Account, arn: &str, ip: &str, port: i64) -> Option<i64> {
    let group = TARGET_GROUPS.get(account, arn)?;
    checked(account, arn, group, account.all::<Target>().get(&key(arn, ip, port))?)
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

fn key(arn: &str, id: &str, port: i64) -> String {
    format!("{arn} {id}:{port}")
}
