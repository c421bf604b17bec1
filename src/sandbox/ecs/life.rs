//! A task's life: its states over time, its network interface, its targets, what it logs and how it ends.
//!
//! What its containers do while it runs is in `work`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rehearsal::{Fate, fate};
use super::task::Task;
use super::{outside, work};
use crate::sandbox::account::Account;
use crate::sandbox::input::texts;
use crate::sandbox::{Item, ec2, ecr, elbv2};

const ATTACHED: i64 = 5_000;
const PULLED: i64 = 20_000;
const STARTED: i64 = 25_000;
const STOPPING: i64 = 10_000;
pub(super) const DEPROVISIONING: i64 = 15_000;
/// How long the network interface outlives its task.
const INTERFACE: i64 = 20_000;
/// Who asks EC2 for the interface: an account of AWS's own, not the user's.
const FARGATE: &str = "578734482556";
/// How long a stopped task stays describable.
const TOMBSTONE: i64 = 3_600_000;

/// The end of a task, planned from the moment it is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stop {
    pub(super) at: i64,
    pub(super) stopping: i64,
    pub(super) deprovisioning: i64,
    pub(super) stopped: i64,
    pub(super) code: String,
    pub(super) reason: String,
    /// What is said of the containers; empty for nothing.
    pub(super) container: String,
    /// None where no container ever ran.
    pub(super) exit: Option<i64>,
}

impl Stop {
    /// A stop that begins at `at` and first lets connections drain.
    pub(super) fn at(at: i64, drain: i64, code: &str, reason: &str, exit: Option<i64>) -> Self {
        let stopping = at + drain;
        let deprovisioning = stopping + STOPPING;
        Self {
            at,
            stopping,
            deprovisioning,
            stopped: deprovisioning + DEPROVISIONING,
            code: code.to_owned(),
            reason: reason.to_owned(),
            container: String::new(),
            exit,
        }
    }

    /// The stop that a rehearsal asks for, after `drain`.
    pub(super) fn rehearsed(at: i64, drain: i64, fate: &Fate) -> Self {
        Self { container: fate.container.clone(), ..Self::at(at, drain, &fate.code, &fate.reason, fate.exit) }
    }
}

/// A place in a target group that the task takes while it runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) group: String,
    pub(super) port: i64,
}

impl Target {
    pub(super) fn of(balancer: &Value) -> Option<Self> {
        Some(Self { group: balancer["targetGroupArn"].as_str()?.to_owned(), port: balancer["containerPort"].as_i64()? })
    }
}

/// What is done once in a task's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deed {
    Pulled,
    Started,
    Put,
    Deregistered,
    Ended,
    InterfaceGone,
}

impl Task {
    pub(super) fn status(&self, now: i64) -> &'static str {
        if let Some(stop) = self.stop.as_ref().filter(|stop| now >= stop.at) {
            return match now {
                now if now >= stop.stopped => "STOPPED",
                now if now >= stop.deprovisioning => "DEPROVISIONING",
                now if now >= stop.stopping => "STOPPING",
                _ => "DEACTIVATING",
            };
        }
        match now - self.created {
            age if age >= STARTED => "RUNNING",
            age if age >= PULLED => "ACTIVATING",
            age if age >= ATTACHED => "PENDING",
            _ => "PROVISIONING",
        }
    }

    pub(super) fn is_running(&self, now: i64) -> bool {
        self.status(now) == "RUNNING"
    }

    pub(super) fn is_pending(&self, now: i64) -> bool {
        ["PROVISIONING", "PENDING", "ACTIVATING"].contains(&self.status(now))
    }

    pub(super) fn is_stopping(&self, now: i64) -> bool {
        self.stop.as_ref().is_some_and(|stop| now >= stop.at)
    }

    /// Whether it may still answer: it is to run, or its connections drain.
    pub(super) fn is_serving(&self, now: i64) -> bool {
        self.is_pending(now) || ["RUNNING", "DEACTIVATING"].contains(&self.status(now))
    }

    /// Whether it runs and everything that checks it finds it healthy.
    pub(super) fn is_ready(&self, account: &Account) -> bool {
        self.is_running(account.now)
            && self.health(account.now) != Some("UNKNOWN")
            && self
                .targets
                .iter()
                .all(|target| elbv2::target_is_healthy(account, &target.group, &self.address, target.port))
    }

    /// Whether ECS counts it as a failure of its deployment: it never ran, ended by itself, or failed its checks.
    pub(super) fn failed(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| {
            ["TaskFailedToStart", "EssentialContainerExited"].contains(&stop.code.as_str())
                || stop.reason.starts_with("Task failed")
        })
    }

    /// The target group and the words of the first check that fails.
    pub(super) fn failing_check(&self, account: &Account) -> Option<(&Target, &'static str)> {
        self.targets.iter().find_map(|target| {
            let words = elbv2::target_failure(account, &target.group, &self.address, target.port)?;
            Some((target, words))
        })
    }

    /// Health of the containers that have a check: the first check comes one interval after the start.
    pub(super) fn health(&self, now: i64) -> Option<&'static str> {
        let intervals = self.containers.iter().filter_map(|container| container["healthCheck"]["interval"].as_i64());
        let longest = intervals.max()?;
        let healthy = self.is_running(now) && now >= self.started() + longest * 1000;
        Some(if healthy { "HEALTHY" } else { "UNKNOWN" })
    }

    pub(super) fn started(&self) -> i64 {
        self.created + STARTED
    }

    pub(super) fn pulled(&self) -> (i64, i64) {
        (self.created + ATTACHED, self.created + PULLED)
    }

    /// How long its targets drain once it stops.
    pub(super) fn drain_time(&self, account: &Account) -> i64 {
        const LONGEST: i64 = 300;
        if !self.done.contains(&Deed::Started) {
            return 1_000;
        }
        let delays = self.targets.iter().map(|target| elbv2::deregistration_delay(account, &target.group));
        delays.max().map_or(1_000, |delay| delay.min(LONGEST) * 1000)
    }

    pub(super) fn item(&self, now: i64) -> Item {
        let tombstone = (self.status(now) == "STOPPED").then_some("STOPPED");
        Item { kind: "ecs:task", id: self.arn.clone(), tags: self.tags.clone(), tombstone }
    }

    fn network(&self) -> Value {
        self.body.get("networkConfiguration").map_or(Value::Null, |network| network["awsvpcConfiguration"].clone())
    }

    /// The subnet it runs in: tasks are spread over theirs, and an id is as good as chance.
    pub(super) fn subnet(&self) -> Option<String> {
        let subnets = texts(&self.network(), "subnets");
        let spread = usize::from_str_radix(&self.id[..4], 16).unwrap_or(0);
        subnets.get(spread % subnets.len().max(1)).cloned()
    }

    pub(super) fn once(&mut self, deed: Deed) -> bool {
        let new = !self.done.contains(&deed);
        if new {
            self.done.push(deed);
        }
        new
    }
}

/// Moves every task on to the present.
pub(super) fn settle(account: &mut Account) {
    for id in account.here().ecs.tasks.keys().cloned().collect::<Vec<_>>() {
        let mut task = account.here().ecs.tasks.remove(&id).expect("the key is from the map");
        live(account, &mut task);
        if task.stop.as_ref().is_none_or(|stop| stop.stopped + TOMBSTONE > account.now) {
            account.here().ecs.tasks.insert(id, task);
        }
    }
    // A token is good for as long as its tasks can be described.
    let ecs = &mut account.here().ecs;
    let tasks = &ecs.tasks;
    ecs.runs.retain(|_, run| run.is_known(tasks));
}

fn live(account: &mut Account, task: &mut Task) {
    let now = account.now;
    if task.eni.is_none() && !task.is_stopping(now) {
        attach(account, task);
    }
    let starts = now >= task.created + PULLED && task.stop.is_none();
    if starts && task.once(Deed::Pulled) {
        task.digests = pulled(account, task);
    }
    if starts
        && !task.done.contains(&Deed::Started)
        && let Some(group) = work::missing_log_group(account, task)
    {
        let reason = format!(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: \
             failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not \
             exist ({group}). : exit status 1"
        );
        task.stop = Some(Stop::at(now, 0, "TaskFailedToStart", &reason, None));
    }
    if starts
        && !task.done.contains(&Deed::Started)
        && let Some(fate) = fate(account, task).filter(|fate| fate.exit.is_none())
    {
        task.stop = Some(Stop::rehearsed(now, 0, &fate));
    }
    if now >= task.started() && !task.is_stopping(now) && task.once(Deed::Started) {
        work::begin(account, task);
    }
    work::go_on(account, task);
    outside::check(account, task);
    let Some(stop) = &task.stop else { return };
    let (at, stopped, exit) = (stop.at, stop.stopped, stop.exit);
    // Only who runs it knows when its container ends.
    let ends = match task.outside {
        Some(_) => stop.deprovisioning,
        None => stop.stopping,
    };
    if now >= at && task.once(Deed::Deregistered) {
        for target in &task.targets {
            elbv2::deregister_target(account, &target.group, &task.address, target.port);
        }
    }
    if now >= ends
        && task.once(Deed::Ended)
        && let Some(exit) = exit
    {
        work::end(account, task, exit);
    }
    if now >= stopped + INTERFACE
        && task.once(Deed::InterfaceGone)
        && let Some(eni) = &task.eni
    {
        ec2::delete_eni(account, eni);
    }
}

fn attach(account: &mut Account, task: &mut Task) {
    let network = task.network();
    let Some(subnet) = task.subnet() else { return };
    let attachment = account.arn("ecs", &format!("attachment/{}", task.attachment_id()));
    let mut groups = texts(&network, "securityGroups");
    if groups.is_empty() {
        let vpc = ec2::subnet_place(account, &subnet).map(|(vpc, _)| vpc);
        groups.extend(vpc.and_then(|vpc| ec2::default_group(account, &vpc)));
    }
    let mut tags = task.tags.clone();
    tags.retain(|key, _| key.starts_with("aws:ecs:"));
    let eni = ec2::Eni { subnet: &subnet, groups: &groups, description: &attachment, requester: FARGATE, tags };
    let eni = ec2::create_eni(account, eni);
    task.address = ec2::eni_address(account, &eni);
    task.eni = Some(eni);
}

/// The digests of the images that ECR has.
fn pulled(account: &Account, task: &Task) -> BTreeMap<String, String> {
    let digests = task.containers.iter().filter_map(|container| {
        let digest = ecr::digest(account, container["image"].as_str()?)?;
        Some((container["name"].as_str()?.to_owned(), digest))
    });
    digests.collect()
}
