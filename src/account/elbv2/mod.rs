//! Elastic Load Balancing as labform uses it: application load balancers, target groups, listeners, targets.
//!
//! Knows how long a load balancer takes to become active, and that its interfaces outlive it by minutes. Must not
//! know who registers targets.

mod attributes;
mod listeners;
mod load_balancers;
mod tags;
mod target_groups;
mod targets;
mod time;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Item;
use super::account::{Account, Calls, Service};
use super::agenda::Agenda;
use super::input::{list, number, page, text, texts};
use super::states::{self, Kept};
use super::table::{AnyTable, Object, Table};
use super::wire::{self, Answer, Fault};

use listeners::Listener;
use load_balancers::LoadBalancer;
use target_groups::TargetGroup;

pub(super) use targets::{deregister_target, register_target, target_checked, target_failure, target_is_healthy};
pub(super) use time::{Touched, touched_groups};

/// How long a deleted listener stays in the tag index.
const GHOST: i64 = 600_000;

/// What Elastic Load Balancing keeps in one region. Everything is found by its ARN.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    load_balancers: Table<LoadBalancer>,
    target_groups: Table<TargetGroup>,
    listeners: Table<Listener>,
    /// Tags of everything above.
    tags: Table<BTreeMap<String, String>>,
    /// Interfaces of load balancers that are gone, and when EC2 gets them back.
    leaving: Table<i64>,
    /// Deleted listeners that the tag index still lists.
    ghosts: Table<Ghost>,
    agenda: Agenda<time::Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ghost {
    tags: BTreeMap<String, String>,
    until: i64,
}

impl Object for LoadBalancer {}
impl Object for TargetGroup {}
impl Object for Listener {}
impl Object for Ghost {}

impl states::State for State {
    const NAME: &'static str = "elbv2";

    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        vec![
            ("load_balancers", &mut self.load_balancers),
            ("target_groups", &mut self.target_groups),
            ("listeners", &mut self.listeners),
            ("tags", &mut self.tags),
            ("leaving", &mut self.leaving),
            ("ghosts", &mut self.ghosts),
        ]
    }
}

/// Elastic Load Balancing in the list of services.
pub(crate) static SERVICE: Service = Service {
    regional: &[Kept::of::<State>()],
    due: |account| state_ref(account).agenda.next(),
    settle: time::settle,
    remember: time::remember,
    tagged,
    items,
    ..Service::new("elasticloadbalancing", Calls::Query(handle))
};

/// Answers one call.
fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateLoadBalancer" => load_balancers::create(account, input),
        "DescribeLoadBalancers" => load_balancers::describe(account, input),
        "DescribeLoadBalancerAttributes" => attributes::of_load_balancer(account, input),
        "ModifyLoadBalancerAttributes" => attributes::modify_load_balancer(account, input),
        "SetSecurityGroups" => load_balancers::set_security_groups(account, input),
        "SetSubnets" => load_balancers::set_subnets(account, input),
        "DeleteLoadBalancer" => load_balancers::delete(account, input),
        "CreateTargetGroup" => target_groups::create(account, input),
        "DescribeTargetGroups" => target_groups::describe(account, input),
        "ModifyTargetGroup" => target_groups::modify(account, input),
        "DescribeTargetGroupAttributes" => attributes::of_target_group(account, input),
        "ModifyTargetGroupAttributes" => attributes::modify_target_group(account, input),
        "DeleteTargetGroup" => target_groups::delete(account, input),
        "DescribeTargetHealth" => targets::health(account, input),
        "RegisterTargets" => targets::register(account, input),
        "DeregisterTargets" => targets::deregister(account, input),
        "CreateListener" => listeners::create(account, input),
        "DescribeListeners" => listeners::describe(account, input),
        "ModifyListener" => listeners::modify(account, input),
        "DeleteListener" => listeners::delete(account, input),
        "AddTags" => tags::add(account, input),
        "RemoveTags" => tags::remove(account, input),
        "DescribeTags" => tags::describe(account, input),
        _ => Err(wire::unknown_action("elasticloadbalancing", operation)),
    }
}

/// The region's tagged resources, for the tag index.
fn tagged(account: &Account) -> Vec<(String, BTreeMap<String, String>)> {
    let state = state_ref(account);
    let tags = state.tags.iter().filter(|(_, tags)| !tags.is_empty());
    let ghosts = state.ghosts.iter().map(|(arn, ghost)| (arn, &ghost.tags));
    tags.chain(ghosts).map(|(arn, tags)| (arn.clone(), tags.clone())).collect()
}

/// Every load balancer, target group and listener of the region.
fn items(account: &Account) -> Vec<Item> {
    let state = state_ref(account);
    let item = |kind, arn: &String| Item {
        kind,
        id: arn.clone(),
        tags: state.tags.get(arn).cloned().unwrap_or_default(),
        tombstone: None,
    };
    let load_balancers = state.load_balancers.keys().map(|arn| item("elasticloadbalancing:loadbalancer", arn));
    let target_groups = state.target_groups.keys().map(|arn| item("elasticloadbalancing:targetgroup", arn));
    let listeners = state.listeners.keys().map(|arn| item("elasticloadbalancing:listener", arn));
    load_balancers.chain(target_groups).chain(listeners).collect()
}

/// Whether a listener forwards to the target group, which is what makes a load balancer send it anything.
pub(super) fn target_group_has_load_balancer(account: &Account, arn: &str) -> bool {
    !load_balancers_of(state_ref(account), arn).is_empty()
}

/// How many seconds a deregistered target of the group goes on draining.
pub(super) fn deregistration_delay(account: &Account, arn: &str) -> i64 {
    let group = state_ref(account).target_groups.get(arn);
    group.map_or(0, |group| attributes::deregistration_delay(&group.attributes))
}

fn state(account: &mut Account) -> &mut State {
    account.here()
}

fn state_ref(account: &Account) -> &State {
    account.here_ref()
}

/// Takes a listener away; the tag index goes on listing it for a while.
fn remove_listener(account: &mut Account, arn: &str) -> Option<Listener> {
    let until = account.now + GHOST;
    let state = state(account);
    let gone = state.listeners.remove(arn)?;
    if let Some(tags) = state.tags.remove(arn).filter(|tags| !tags.is_empty()) {
        state.ghosts.insert(arn.to_owned(), Ghost { tags, until });
    }
    Some(gone)
}

/// The load balancers whose listeners forward to the target group.
fn load_balancers_of(state: &State, target_group: &str) -> Vec<String> {
    let mut arns: Vec<String> = state
        .listeners
        .values()
        .filter(|listener| listener.forwards_to().contains(&target_group))
        .map(|listener| listener.load_balancer.clone())
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

/// Refuses a name that can't be a part of a host name.
fn check_name(name: &str, what: &str) -> Result<(), Fault> {
    let complaint = if name.is_empty() || name.len() > 32 {
        "cannot be longer than '32' characters"
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        "can only contain characters that are alphanumeric characters or hyphens(-)"
    } else if name.starts_with('-') || name.ends_with('-') {
        "cannot begin or end with a hyphen(-)"
    } else if name.starts_with("internal-") {
        "cannot begin with 'internal-'"
    } else {
        return Ok(());
    };
    Err(invalid(format!("{what} name '{name}' {complaint}")))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

fn no_load_balancer() -> Fault {
    Fault::client("LoadBalancerNotFound", "One or more load balancers not found")
}

fn no_target_group() -> Fault {
    Fault::client("TargetGroupNotFound", "One or more target groups not found")
}

fn no_listener() -> Fault {
    Fault::client("ListenerNotFound", "One or more listeners not found")
}

/// What a describe call asks for by ARN or by name; everything where it names none, and nothing at all where one
/// of what it names is missing.
fn chosen<'a, T>(
    all: &'a BTreeMap<String, T>,
    input: &Value,
    (arns, names): (&str, &str),
    name_of: impl Fn(&T) -> &str,
    missing: impl Fn() -> Fault,
) -> Result<Vec<(&'a String, &'a T)>, Fault> {
    let arns = texts(input, arns);
    let names = texts(input, names);
    for name in &names {
        if !all.values().any(|one| name_of(one) == name) {
            return Err(missing());
        }
    }
    for arn in &arns {
        if !all.contains_key(arn) {
            return Err(missing());
        }
    }
    let everything = arns.is_empty() && names.is_empty();
    let asked =
        |arn: &String, one: &T| everything || arns.contains(arn) || names.iter().any(|name| name == name_of(one));
    Ok(all.iter().filter(|(arn, one)| asked(arn, one)).collect())
}

/// One page of a describe call's answer.
fn paged(account: &Account, input: &Value, key: &str, shown: Vec<Value>) -> Answer {
    let size = match number(input, "PageSize") {
        None => 400,
        Some(size @ 1..=400) => usize::try_from(size).unwrap_or(400),
        Some(size) => {
            return Err(invalid(format!("Page size '{size}' must be between 1 and 400")));
        }
    };
    let (shown, next) = page(shown, text(input, "Marker"), account.page_size(size));
    Ok(json!({ key: shown, "NextMarker": next }))
}

/// The tags in a request that makes something.
fn new_tags(input: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let mut tags = BTreeMap::new();
    for tag in list(input, "Tags") {
        let key = text(tag, "Key").unwrap_or_default();
        if tags.insert(key.clone(), text(tag, "Value").unwrap_or_default()).is_some() {
            return Err(Fault::client("DuplicateTagKeys", format!("Tag key '{key}' was given twice")));
        }
    }
    tags::check(&tags)?;
    Ok(tags)
}
