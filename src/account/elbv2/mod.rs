//! Elastic Load Balancing as labform uses it: application and network load balancers, target groups, listeners, targets.
//!
//! Knows how long a load balancer takes to become active, and that its interfaces outlive it by minutes. Must not
//! know who registers targets.

mod actions;
mod attributes;
mod certificates;
mod health;
mod listener_rules;
mod listeners;
mod load_balancers;
mod route;
mod tags;
mod target_groups;
mod targets;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::{Account, Calls, Service};
use super::ec2;
use super::forms::{Pages, Tags};
use super::input::texts;
use super::rules::{self, Rules, TagMap, TextRule};
use super::shelf::{Body, Kind, Thing};
use super::states::Kept;
use super::table::{Object, Table};
use super::wire::{self, Answer, Fault};

use listener_rules::Rule;
use listeners::Listener;
use load_balancers::LoadBalancer;
use target_groups::TargetGroup;
use targets::Target;

pub use health::{HealthCheck, Question};
pub(crate) use health::{health_check, takes};
pub use route::{Asked, Fixed, Redirect};
pub(crate) use route::{Way, balancer_of, way};
pub use targets::Checked;
pub(super) use targets::{
    deregister_target, healthy as healthy_targets, register_target, report_target, target_checked, target_failure,
    target_is_healthy,
};

/// The milliseconds for which a deleted listener or rule stays in the tag index.
const GHOST: i64 = 600_000;

/// A deleted listener or rule that the tag index still lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ghost {
    tags: TagMap,
    until: i64,
}

/// The time when EC2 gets back an interface of a load balancer that is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Leaving(i64);

/// A body that has a name and attributes.
trait Attributed: Body {
    /// The member that names an object by its ARN.
    const ARN: &'static str;
    /// The rules for attributes.
    const RULES: &'static Rules;
    fn name(&self) -> &str;
    /// What the rules for attributes ask of the object.
    fn about(&self) -> Value;
    fn attributes(&mut self) -> &mut TagMap;
}

impl Object for Ghost {
    fn due(&self) -> Option<i64> {
        Some(self.until)
    }
}

impl Object for Leaving {
    fn due(&self) -> Option<i64> {
        Some(self.0)
    }
}

const PAGES: Pages = Pages {
    size: "PageSize",
    token: ("Marker", "NextMarker"),
    usual: 400,
    sizes: (1, 400),
    refuse: |size| invalid(format!("Page size '{size}' must be between 1 and 400")),
    bad_token: || invalid("The marker is not valid"),
};

const TAGS: Tags = Tags {
    check: |tags| {
        let too_many = |most| Fault::client("TooManyTags", format!("A resource can have at most {most} tags"));
        rules::check_tags(tags, too_many, |key| invalid(format!("Tag key '{key}' is not valid")))
    },
    ..Tags::JSON
};

/// Everything is kept by its ARN.
static LOAD_BALANCERS: Kind<LoadBalancer> = Kind {
    missing: |_, _| Fault::client("LoadBalancerNotFound", "One or more load balancers not found"),
    pages: PAGES,
    tags: TAGS,
    ..Kind::new("elasticloadbalancing:loadbalancer", "elbv2/load_balancers")
};

static TARGET_GROUPS: Kind<TargetGroup> = Kind {
    missing: |_, _| Fault::client("TargetGroupNotFound", "One or more target groups not found"),
    pages: PAGES,
    tags: TAGS,
    ..Kind::new("elasticloadbalancing:targetgroup", "elbv2/target_groups")
};

static LISTENERS: Kind<Listener> = Kind {
    missing: |_, _| Fault::client("ListenerNotFound", "One or more listeners not found"),
    pages: PAGES,
    tags: TAGS,
    ..Kind::new("elasticloadbalancing:listener", "elbv2/listeners")
};

static RULES: Kind<Rule> = Kind {
    missing: |_, _| Fault::client("RuleNotFound", "One or more rules not found"),
    pages: PAGES,
    tags: TAGS,
    ..Kind::new("elasticloadbalancing:listener-rule", "elbv2/rules")
};

/// Elastic Load Balancing in the list of services.
pub(crate) static SERVICE: Service = Service {
    kinds: &[&LOAD_BALANCERS, &TARGET_GROUPS, &LISTENERS, &RULES],
    keeps: &[
        Kept::of::<Table<Target>>("elbv2/targets"),
        Kept::of::<Table<Leaving>>("elbv2/leaving"),
        Kept::of::<Table<Ghost>>("elbv2/ghosts"),
    ],
    settle: |account| {
        let now = account.now;
        for eni in account.all_mut::<Leaving>().expire(now) {
            ec2::delete_eni(account, &eni);
        }
        account.all_mut::<Target>().expire(now);
        account.all_mut::<Ghost>().expire(now);
    },
    tagged: |account| account.all::<Ghost>().iter().map(|(arn, ghost)| (arn.clone(), ghost.tags.clone())).collect(),
    ..Service::new("elasticloadbalancing", Calls::Query(handle))
};

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateLoadBalancer" => load_balancers::create(account, input),
        "DescribeLoadBalancers" => load_balancers::describe(account, input),
        "DescribeLoadBalancerAttributes" => attributes::describe(account, &LOAD_BALANCERS, input),
        "ModifyLoadBalancerAttributes" => attributes::modify(account, &LOAD_BALANCERS, input),
        "SetSecurityGroups" => load_balancers::set_security_groups(account, input),
        "SetSubnets" => load_balancers::set_subnets(account, input),
        "DeleteLoadBalancer" => load_balancers::delete(account, input),
        "CreateTargetGroup" => target_groups::create(account, input),
        "DescribeTargetGroups" => target_groups::describe(account, input),
        "ModifyTargetGroup" => target_groups::modify(account, input),
        "DescribeTargetGroupAttributes" => attributes::describe(account, &TARGET_GROUPS, input),
        "ModifyTargetGroupAttributes" => attributes::modify(account, &TARGET_GROUPS, input),
        "DeleteTargetGroup" => target_groups::delete(account, input),
        "DescribeTargetHealth" => targets::health(account, input),
        "RegisterTargets" => targets::register(account, input),
        "DeregisterTargets" => targets::deregister(account, input),
        "CreateListener" => listeners::create(account, input),
        "DescribeListeners" => listeners::describe(account, input),
        "DescribeListenerAttributes" => attributes::describe(account, &LISTENERS, input),
        "ModifyListenerAttributes" => attributes::modify(account, &LISTENERS, input),
        "ModifyListener" => listeners::modify(account, input),
        "DeleteListener" => listeners::delete(account, input),
        "AddListenerCertificates" => certificates::add(account, input),
        "RemoveListenerCertificates" => certificates::remove(account, input),
        "DescribeListenerCertificates" => certificates::describe(account, input),
        "CreateRule" => listener_rules::create(account, input),
        "DescribeRules" => listener_rules::describe(account, input),
        "ModifyRule" => listener_rules::modify(account, input),
        "SetRulePriorities" => listener_rules::set_priorities(account, input),
        "DeleteRule" => listener_rules::delete(account, input),
        "AddTags" => tags::add(account, input),
        "RemoveTags" => tags::remove(account, input),
        "DescribeTags" => tags::describe(account, input),
        _ => Err(wire::unknown_action("elasticloadbalancing", operation)),
    }
}

/// Returns whether a listener or a rule forwards to the target group, which is what makes a load balancer send it anything.
pub(super) fn target_group_has_load_balancer(account: &Account, arn: &str) -> bool {
    !load_balancers_of(account, arn).is_empty()
}

/// Returns whether a listener shows the certificate.
pub(super) fn shows_certificate(account: &Account, arn: &str) -> bool {
    account.all::<Thing<Listener>>().values().any(|listener| listeners::shows(listener, arn))
}

/// The seconds for which a deregistered target of the group goes on draining.
pub(super) fn deregistration_delay(account: &Account, arn: &str) -> i64 {
    TARGET_GROUPS.get(account, arn).map_or(0, |group| attributes::deregistration_delay(&group.attributes))
}

/// Target groups whose targets may fare otherwise than before.
pub(crate) enum Touched {
    /// The groups with these ARNs.
    Some(BTreeSet<String>),
    /// Any group.
    Any,
}

/// The target groups that calls have written since time last went on.
pub(crate) fn touched_groups(account: &Account) -> Touched {
    let balancers = account.all::<Thing<LoadBalancer>>().touched();
    let listeners = account.all::<Thing<Listener>>().touched().iter().chain(account.all::<Thing<Rule>>().touched());
    let is_wide = listeners.chain(balancers).next().is_some();
    if is_wide || ec2::touched_groups(account) {
        return Touched::Any;
    }
    let groups = account.all::<Thing<TargetGroup>>().touched().iter().map(String::as_str);
    let targets = account.all::<Target>().touched().iter().filter_map(|key| key.split(' ').next());
    Touched::Some(groups.chain(targets).map(str::to_owned).collect())
}

/// Forgets the targets of a group that is gone.
fn forget_targets(account: &mut Account, arn: &str) {
    let keys: Vec<String> = account.all::<Target>().owned_by(arn).map(str::to_owned).collect();
    keys.iter().for_each(|key| drop(account.all_mut::<Target>().remove(key)));
}

/// Takes a listener away, and its rules with it.
fn remove_listener(account: &mut Account, arn: &str) -> Result<(), Fault> {
    let tags = LISTENERS.delete(account, arn)?.tags;
    haunt(account, arn, tags);
    let rules = account.all::<Thing<Rule>>().values().filter(|rule| rule.listener == arn);
    let rules: Vec<String> = rules.map(|rule| rule.arn.clone()).collect();
    rules.iter().try_for_each(|rule| remove_rule(account, rule))
}

/// Takes a rule away.
fn remove_rule(account: &mut Account, arn: &str) -> Result<(), Fault> {
    let tags = RULES.delete(account, arn)?.tags;
    haunt(account, arn, tags);
    Ok(())
}

/// Lets the tag index go on listing for a while what is gone.
fn haunt(account: &mut Account, arn: &str, tags: TagMap) {
    if !tags.is_empty() {
        let ghost = Ghost { tags, until: account.now + GHOST };
        account.all_mut().insert(arn.to_owned(), ghost);
    }
}

/// The listeners that forward to the target group, by themselves or by a rule, each with the time since when.
fn forwarding<'a>(account: &'a Account, target_group: &'a str) -> impl Iterator<Item = (&'a Listener, i64)> {
    let is_target = move |actions: &[Value]| actions::target_groups(actions).any(|arn| arn == target_group);
    let listeners = account.all::<Thing<Listener>>().values().filter(move |one| is_target(&one.actions));
    let rules = account.all::<Thing<Rule>>().values().filter(move |rule| is_target(&rule.actions));
    let by_rule = rules.filter_map(|rule| Some((&**LISTENERS.get(account, &rule.listener)?, rule.created)));
    listeners.map(|listener| (&**listener, listener.created)).chain(by_rule)
}

/// The load balancers whose listeners or rules forward to the target group.
fn load_balancers_of(account: &Account, target_group: &str) -> BTreeSet<String> {
    forwarding(account, target_group).map(|(listener, _)| listener.load_balancer.clone()).collect()
}

/// Refuses a name that can't be a part of a host name.
fn check_name(rule: TextRule, name: &str, what: &str) -> Result<(), Fault> {
    rule.check(name, || {
        let complaint = if !(1..=32).contains(&name.len()) {
            "cannot be longer than '32' characters"
        } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            "can only contain characters that are alphanumeric characters or hyphens(-)"
        } else if name.starts_with('-') || name.ends_with('-') {
            "cannot begin or end with a hyphen(-)"
        } else {
            "cannot begin with 'internal-'"
        };
        invalid(format!("{what} name '{name}' {complaint}"))
    })
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}

/// The objects that a describe call asks for by ARN or by name; everything if it names none, and nothing at all if one
/// of those that it names is missing.
fn chosen<'a, T: Attributed>(account: &'a Account, kind: &Kind<T>, input: &Value) -> Result<Vec<&'a Thing<T>>, Fault> {
    let all = account.all::<Thing<T>>();
    let (arns, names) = (texts(input, &format!("{}s", T::ARN)), texts(input, "Names"));
    let is_there = |name: &String| all.values().any(|one| one.name() == name);
    if let Some(missing) = names.iter().find(|name| !is_there(name)) {
        return Err((kind.missing)(account, missing));
    }
    if let Some(missing) = arns.iter().find(|arn| !all.contains_key(*arn)) {
        return Err((kind.missing)(account, missing));
    }
    let everything = arns.is_empty() && names.is_empty();
    let asked = |one: &Thing<T>| arns.contains(&one.arn) || names.iter().any(|name| name == one.name());
    Ok(all.values().filter(|one| everything || asked(one)).collect())
}
