//! Services whose tasks somebody outside of the account can run, a host. It says which these are, is asked for each of
//! their new tasks, takes those that it wants to run and leaves the others to be pretended, and tells how those fare that
//! it runs; all else is as with any other task. What answers for a load balancer stands with the host, too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outside::SILENCE;
use super::service::Service;
use super::task::{Execution, Milestone, Outside, Task};
use super::work;
use crate::account::Account;
use crate::elbv2::{self, Asked, Checked, Fixed, HealthCheck, Redirect, Way};
use crate::simulation::SimulatedRun;
use crate::table::Object;

/// The milliseconds between two signs of a host's life that are kept.
const BEAT: i64 = 5_000;

/// What a host does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosting {
    /// The services, as `CLUSTER/SERVICE`.
    pub services: BTreeSet<String>,
    /// The URLs that answer for ports of load balancers, by `NAME:PORT`.
    pub balancers: BTreeMap<String, String>,
}

/// A host, and when it was last heard of on the wall's clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    hosting: Hosting,
    heard: i64,
}

impl Object for Host {}

impl Host {
    fn is_there(&self, account: &Account) -> bool {
        account.wall <= self.heard + SILENCE
    }
}

/// A task of a service that a host may run.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedTask {
    /// The task's id.
    pub id: String,
    /// The ARN of the task definition.
    pub definition: String,
    /// The id of the deployment.
    pub deployment: String,
    /// The containers as the definition has them.
    pub containers: Vec<Value>,
    /// The time when the task was made, in milliseconds since 1970.
    pub created: i64,
    /// The stage of the task's life.
    pub stage: Stage,
    /// The one who runs the task.
    pub runner: Runner,
    /// The ports under which the task is a target.
    pub ports: BTreeSet<i64>,
    /// The checks of the task's target groups.
    pub checks: Vec<HealthCheck>,
    /// The time after its start in which failed checks don't count.
    pub grace: Duration,
}

/// A stage of a task's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The container isn't to run yet.
    Starting,
    /// The container is to run.
    Running,
    /// The container is to run, and gets no new requests.
    Draining,
    /// The container is to end.
    Stopping,
}

/// The one who runs a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// Nobody: the task is pretended.
    Nobody,
    /// A host is waited for.
    Wanted,
    /// A host.
    Host,
}

/// The answer of a load balancer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Balanced {
    /// What a container answers that a host runs, at this port.
    Port(u16),
    /// Another address.
    Redirect(Redirect),
    /// This text.
    Fixed(Fixed),
    /// That nobody is there to answer, for this reason.
    Unavailable(String),
    /// That the account doesn't model this.
    Unmodelled(String),
}

/// What answers for a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// Nothing does.
    Nothing,
    /// This URL.
    Url(String),
}

impl Account {
    /// Hears of the host `name` in `region` that it is there, and what it does.
    pub fn host(&mut self, region: &str, name: &str, hosting: &Hosting) {
        self.enter(region);
        let (wall, known) = (self.wall, self.all::<Host>().get(name));
        if known.is_none_or(|host| host.hosting != *hosting || wall >= host.heard + BEAT) {
            self.all_mut().insert(name.to_owned(), Host { hosting: hosting.clone(), heard: wall });
        }
    }

    /// Hears of the host `name` that it goes.
    pub fn unhost(&mut self, region: &str, name: &str) {
        self.enter(region);
        self.all_mut::<Host>().remove(name);
    }

    /// Returns whether a host runs the service `CLUSTER/SERVICE`.
    pub fn is_hosted(&mut self, region: &str, service: &str) -> bool {
        self.enter(region);
        is_hosted(self, service)
    }

    /// Returns whether a host is there.
    pub fn has_host(&mut self, region: &str) -> bool {
        self.enter(region);
        self.all::<Host>().values().any(|host| host.is_there(self))
    }

    /// The tasks of a service that a host may run, or runs, the oldest first.
    pub fn hosted_tasks(&mut self, region: &str, service: &str) -> Vec<HostedTask> {
        self.enter(region);
        let grace = self.all::<Service>().get(service).map_or(0, Service::grace);
        let grace = Duration::from_millis(u64::try_from(grace).unwrap_or(0));
        let mut tasks: Vec<HostedTask> =
            self.all::<Task>().of(service).filter_map(|task| hosted(self, task, grace)).collect();
        tasks.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        tasks
    }

    /// Gives a service's task to a host.
    pub fn take_task(&mut self, region: &str, id: &str) {
        self.visit_task(region, id, |account, task| {
            task.run = Some(SimulatedRun::Reported);
            let outside = task.outside.get_or_insert_with(|| Outside::expected(account));
            (outside.state, outside.heard, outside.found) = (Execution::Taken, account.wall, Some(Checked::Unknown));
            task.report_targets(account, |_| Some(Checked::Unknown));
        });
    }

    /// Lets a service's task be pretended that no host runs, or runs any longer.
    pub fn pretend_task(&mut self, region: &str, id: &str) {
        self.visit_task(region, id, |account, task| {
            (task.run, task.outside) = (None, None);
            task.report_targets(account, |_| None);
            if task.done.contains(&Milestone::Started) {
                work::introduce(account, task);
            }
        });
    }

    /// Hears from a host how a service's task fares, in each target group.
    pub fn report_checks(&mut self, region: &str, id: &str, found: &BTreeMap<String, Checked>) {
        self.visit_task(region, id, |account, task| {
            let of = |group: &str| found.get(group).copied().unwrap_or(Checked::Healthy);
            task.report_targets(account, |group| Some(of(group)));
            let is_unknown = task.targets.iter().any(|target| of(&target.group) == Checked::Unknown);
            if let Some(outside) = &mut task.outside {
                outside.heard = account.wall;
                outside.found = Some(if is_unknown { Checked::Unknown } else { Checked::Healthy });
            }
        });
    }

    /// The answer of the load balancer `name` to a request to this port of it.
    pub fn balance(&mut self, region: &str, name: &str, port: i64, asked: &Asked<'_>) -> Balanced {
        self.enter(region);
        let group = match elbv2::way(self, name, port, asked) {
            Way::Group(group) => group,
            Way::Redirect(redirect) => return Balanced::Redirect(redirect),
            Way::Fixed(fixed) => return Balanced::Fixed(fixed),
            Way::Unmodelled(why) => return Balanced::Unmodelled(why),
            Way::Nowhere => {
                let words = format!("the account has no load balancer {name} with a listener on port {port}");
                return Balanced::Unavailable(words);
            }
        };
        let healthy = elbv2::healthy_targets(self, &group);
        let ports: Vec<u16> = healthy.iter().filter_map(|(address, port)| answering(self, address, *port)).collect();
        let number = asked.number.checked_rem(ports.len()).unwrap_or(0);
        match ports.get(number) {
            Some(port) => Balanced::Port(*port),
            None if healthy.is_empty() => Balanced::Unavailable("no target is healthy".to_owned()),
            None => Balanced::Unavailable("its targets are pretended: nothing runs that could answer".to_owned()),
        }
    }

    /// What answers for the load balancer with this name in the DNS, at its port; none if there is no such load balancer.
    pub fn stand_in(&mut self, region: &str, dns_name: &str, port: u16) -> Option<StandIn> {
        self.enter(region);
        let key = format!("{}:{port}", elbv2::balancer_of(self, dns_name)?);
        let mut hosts = self.all::<Host>().values().filter(|host| host.is_there(self));
        let url = hosts.find_map(|host| host.hosting.balancers.get(&key).cloned());
        Some(url.map_or(StandIn::Nothing, StandIn::Url))
    }

    fn visit_task(&mut self, region: &str, id: &str, change: impl FnOnce(&mut Self, &mut Task)) {
        self.enter(region);
        if let Some(mut task) = self.all_mut::<Task>().remove(id) {
            change(self, &mut task);
            self.all_mut().insert(id.to_owned(), task);
        }
    }
}

/// Returns whether a host runs the service `CLUSTER/SERVICE`.
pub(super) fn is_hosted(account: &Account, service: &str) -> bool {
    let mut hosts = account.all::<Host>().values();
    hosts.any(|host| host.is_there(account) && host.hosting.services.contains(service))
}

fn hosted(account: &Account, task: &Task, grace: Duration) -> Option<HostedTask> {
    let state = task.outside.as_ref().map(|outside| outside.state);
    let is_over = task.done.contains(&Milestone::Ended) || state == Some(Execution::Over);
    if is_over || task.status(account.now) == "STOPPED" {
        return None;
    }
    let now = account.now;
    let checks = task.targets.iter().filter_map(|one| elbv2::health_check(account, &one.group, one.port));
    Some(HostedTask {
        id: task.id.clone(),
        definition: task.definition.clone(),
        deployment: task.started_by.clone().unwrap_or_default(),
        containers: task.containers.clone(),
        created: task.created,
        stage: match &task.stop {
            Some(stop) if now >= stop.stopping => Stage::Stopping,
            Some(stop) if now >= stop.at => Stage::Draining,
            _ if task.done.contains(&Milestone::Started) => Stage::Running,
            _ => Stage::Starting,
        },
        runner: match state {
            Some(Execution::Free) => Runner::Wanted,
            Some(Execution::Taken | Execution::Over) => Runner::Host,
            None => Runner::Nobody,
        },
        ports: task.targets.iter().map(|target| target.port).collect(),
        checks: checks.collect(),
        grace,
    })
}

/// The port at which a host answers for the target, if one does.
fn answering(account: &Account, address: &str, port: i64) -> Option<u16> {
    let mut tasks = account.all::<Task>().values().filter(|task| task.address == address);
    let task = tasks.find(|task| !task.is_stopping(account.now))?;
    let is_run = task.outside.as_ref().is_some_and(|outside| outside.state == Execution::Taken);
    let is_its = task.targets.iter().any(|target| target.port == port);
    u16::try_from(port).ok().filter(|_| is_run && is_its)
}
