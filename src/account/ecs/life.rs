//! The life of a task: its network interface, its targets, its log and its end.
//!
//! The deeds of its containers while it runs are in `work`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::service::Service;
use super::task::{Milestone, PULLED, Run, Stop, Target, Task};
use super::{outside, start, work};
use crate::account::Account;
use crate::elbv2::Checked;
use crate::ids::hash;
use crate::input::texts;
use crate::{ec2, ecr, elbv2, servicediscovery};

/// The milliseconds by which the network interface outlives its task.
const INTERFACE: i64 = 20_000;
/// The account that asks EC2 for the interface: one of AWS's own, not the user's.
const FARGATE: &str = "578734482556";
/// The milliseconds for which a stopped task stays describable.
const TOMBSTONE: i64 = 3_600_000;

/// Lets the things happen to the task that are due. Returns the time when something is due again.
pub(super) fn settle(account: &mut Account, id: &str) -> Option<i64> {
    let mut task = account.all_mut::<Task>().remove(id)?;
    live(account, &mut task);
    if task.stop.as_ref().is_none_or(|stop| stop.stopped + TOMBSTONE > account.now) {
        let next = next(account, &task);
        account.all_mut::<Task>().insert(id.to_owned(), task);
        return next;
    }
    // A token is good for as long as its tasks can be described.
    let runs = account.all::<Run>().iter();
    let over = runs.filter(|(_, run)| !run.is_known(account.all())).map(|(token, _)| token.clone());
    for token in over.collect::<Vec<_>>() {
        account.all_mut::<Run>().remove(&token);
    }
    None
}

/// Returns the time when something happens to the task, or becomes of it, that was not yet.
fn next(account: &Account, task: &Task) -> Option<i64> {
    let now = account.now;
    let mut times = vec![task.created + PULLED, task.started()];
    times.extend(task.healthy());
    times.extend(task.grace_ends(account));
    times.extend(task.targets_checked(account));
    times.extend(work::next_line(task));
    times.extend(outside::silent(account, task));
    if let Some(stop) = &task.stop {
        let interface_gone = stop.stopped + INTERFACE;
        times.extend([stop.at, stop.stopping, stop.deprovisioning, stop.stopped, interface_gone]);
        times.push(stop.stopped + TOMBSTONE);
    }
    times.into_iter().filter(|time| *time > now).min()
}

fn live(account: &mut Account, task: &mut Task) {
    let now = account.now;
    if task.eni.is_none() && !task.is_stopping(now) {
        attach(account, task);
    }
    let starts = now >= task.created + PULLED && task.stop.is_none();
    if starts && task.once(Milestone::Pulled) {
        task.digests = pulled(account, task);
    }
    if starts && !task.done.contains(&Milestone::Started) {
        task.stop = match work::outcome(account, task).filter(|outcome| outcome.exit.is_none()) {
            Some(outcome) => Some(Stop::simulated(now, 0, &outcome)),
            None => start::obstacle(account, task).map(|why| Stop::at(now, 0, "TaskFailedToStart", &why, None)),
        };
    }
    if now >= task.started() && !task.is_stopping(now) && task.once(Milestone::Started) {
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
    if now >= at && task.once(Milestone::Deregistered) {
        for target in &task.targets {
            elbv2::deregister_target(account, &target.group, &task.address, target.port);
            if task.done.contains(&Milestone::Started) {
                work::say_of_target(account, task, "deregistered", &target.group);
            }
        }
    }
    if now >= ends
        && task.once(Milestone::Ended)
        && let Some(exit) = exit
    {
        work::end(account, task, exit);
    }
    if now >= stopped + INTERFACE && task.once(Milestone::InterfaceGone) {
        // Cloud Map is told late, and sometimes never.
        servicediscovery::deregister(account, &task.id);
        if let Some(eni) = &task.eni {
            ec2::delete_eni(account, eni);
        }
    }
}

fn attach(account: &mut Account, task: &mut Task) {
    let network = task.network();
    let Some(subnet) = task.subnet.clone() else { return };
    let attachment = account.arn("ecs", &format!("attachment/{}", task.attachment_id()));
    let mut groups = texts(&network, "securityGroups");
    if groups.is_empty() {
        let vpc = ec2::subnet_place(account, &subnet).map(|(vpc, _)| vpc);
        groups.extend(vpc.and_then(|vpc| ec2::default_group(account, &vpc)));
    }
    let mut tags = task.tags.clone();
    tags.retain(|key, _| key.starts_with("aws:ecs:"));
    let reach = if network["assignPublicIp"] == "ENABLED" { ec2::Reach::Public } else { ec2::Reach::Private };
    let eni = ec2::Eni { subnet: &subnet, groups: &groups, description: &attachment, requester: FARGATE, reach, tags };
    let eni = ec2::create_eni(account, eni);
    task.address = ec2::eni_address(account, &eni);
    task.eni = Some(eni);
}

/// The digests of the images: what ECR has; for another registry's, one that is made up of the image's name.
fn pulled(account: &Account, task: &Task) -> BTreeMap<String, String> {
    let digests = task.containers.iter().filter_map(|container| {
        let image = container["image"].as_str()?;
        let digest = ecr::digest(account, image).or_else(|| {
            let named = image.split_once('@').map(|(_, digest)| digest.to_owned());
            (!ecr::is_address(image)).then(|| named.unwrap_or_else(|| format!("sha256:{}", hash(image))))
        })?;
        Some((container["name"].as_str()?.to_owned(), digest))
    });
    digests.collect()
}

/// The health of a task, as its target groups tell it.
impl Task {
    /// Returns whether the task runs and everything that checks it finds it healthy.
    pub(super) fn is_ready(&self, account: &Account) -> bool {
        self.is_running(account.now)
            && self.health(account.now) != Some("UNKNOWN")
            && self
                .targets
                .iter()
                .all(|target| elbv2::target_is_healthy(account, &target.group, &self.address, target.port))
    }

    /// Takes over what somebody outside of the account finds of the task in each of its target groups.
    pub(super) fn report_targets(&self, account: &mut Account, found: impl Fn(&str) -> Option<Checked>) {
        for target in &self.targets {
            elbv2::report_target(account, &target.group, &self.address, target.port, found(&target.group));
        }
    }

    /// The target group and the words of the first check that fails.
    pub(super) fn failing_check(&self, account: &Account) -> Option<(&Target, Cow<'static, str>)> {
        self.targets.iter().find_map(|target| {
            let words = elbv2::target_failure(account, &target.group, &self.address, target.port)?;
            Some((target, words))
        })
    }

    /// The milliseconds for which the targets drain once the task stops.
    pub(super) fn drain_time(&self, account: &Account) -> i64 {
        const LONGEST: i64 = 300;
        if !self.done.contains(&Milestone::Started) {
            return 1_000;
        }
        let delays = self.targets.iter().map(|target| elbv2::deregistration_delay(account, &target.group));
        delays.max().map_or(1_000, |delay| delay.min(LONGEST) * 1000)
    }

    /// The times when each of the targets has been checked often enough to be known.
    pub(super) fn targets_checked(&self, account: &Account) -> impl Iterator<Item = i64> {
        let targets = self.targets.iter();
        targets.filter_map(|target| elbv2::target_checked(account, &target.group, &self.address, target.port))
    }

    /// The time when the grace period of the task's service ends.
    pub(super) fn grace_ends(&self, account: &Account) -> Option<i64> {
        let service = account.all::<Service>().get(self.service.as_ref()?)?;
        Some(self.started() + service.grace())
    }
}
