//! The deeds of a service by itself: it keeps the desired number of tasks, rolls from one deployment to the next, says
//! when it is steady, and drains.

use serde_json::{Value, json};

use super::service::{Deployment, Rollout, Service, Status};
use super::task::Task;
use super::tasks::{self, Plan};
use super::{connect, hosted, launch, start};
use crate::account::Account;
use crate::cloudwatch;
use crate::simulation::{SimulatedRun, Simulation};

/// The milliseconds for which an INACTIVE service stays describable.
const TOMBSTONE: i64 = 3_600_000;
/// The milliseconds that ECS waits before it starts tasks again after some have failed to start.
const BACK_OFF: i64 = 30_000;

/// Starts a new deployment of the service as it now is.
pub(super) fn deploy(account: &mut Account, service: &mut Service, definition: String) {
    const OF_TASKS: [&str; 6] = [
        "capacityProviderStrategy",
        "launchType",
        "networkConfiguration",
        "platformFamily",
        "platformVersion",
        "serviceConnectConfiguration",
    ];
    let body = OF_TASKS.iter().filter_map(|key| Some(((*key).to_owned(), service.body.get(*key)?.clone())));
    let body = body.chain(connect::resources(service)).collect();
    service.body.insert("taskDefinition".to_owned(), definition.clone().into());
    let digits = u64::from_str_radix(&account.unique_hex(15), 16).unwrap_or_default();
    let deployment = Deployment {
        id: format!("ecs-svc/{digits:019}"),
        definition,
        created: account.now,
        updated: account.now,
        state: Rollout::InProgress,
        failed: 0,
        body,
    };
    service.deployments.insert(0, deployment);
    service.steady = false;
}

/// Lets the service do what is due. Returns the time when something is due again that nothing else tells it of.
pub(super) fn settle(account: &mut Account, key: &str) -> Option<i64> {
    let mut service = account.all_mut::<Service>().remove(key)?;
    match service.status {
        Status::Active => schedule(account, &mut service),
        Status::Draining => drain(account, &mut service),
        Status::Inactive => connect::release(account, &mut service),
    }
    let ends = service.ended.map(|ended| ended + TOMBSTONE);
    if ends.is_some_and(|ends| ends <= account.now) {
        return None;
    }
    let retries = service.deployments.first().filter(|primary| primary.failed > 0);
    let retries = retries.map(|primary| primary.updated + BACK_OFF).filter(|at| *at > account.now);
    // Nothing tells a service that a role can be taken on at last.
    let is_refused = service.is_active() && service.last_said_of("failed to launch a task");
    let retries = retries.or_else(|| is_refused.then(|| account.now + BACK_OFF));
    let releases = connect::releases(&service);
    account.all_mut::<Service>().insert(key.to_owned(), service);
    releases.or(ends).or(retries)
}

fn schedule(account: &mut Account, service: &mut Service) {
    if !launch::on_fargate(&service.body) {
        if service.desired > 0 && service.events.is_empty() {
            service.say(
                account,
                "was unable to place a task because no container instance met all of its requirements. Reason: No \
                 Container Instances were found in your cluster. For more information, see the Troubleshooting section \
                 of the Amazon ECS Developer Guide.",
            );
        }
        return;
    }
    stop_unhealthy(account, service);
    count_failures(account, service);
    heed_alarms(account, service);
    keep_count(account, service);
    let now = account.now;
    let ready = tasks_of(account, service, 0, |task| task.is_ready(account)).len();
    let desired = usize::try_from(service.desired).unwrap_or(0);
    if ready < desired {
        service.steady = false;
        return;
    }
    replace_old(account, service);
    if service.deployments.len() == 1 && ready == desired && !service.steady {
        let primary = &mut service.deployments[0];
        let id = primary.id.clone();
        let news = matches!(primary.state, Rollout::InProgress | Rollout::RollingBack);
        if news {
            primary.state = Rollout::Completed;
            primary.updated = now;
            service.say(account, &format!("(deployment {id}) deployment completed."));
        }
        service.say(account, "has reached a steady state.");
        service.steady = true;
    }
}

/// Stops the tasks whose load balancer finds them unhealthy, once the grace period is over.
fn stop_unhealthy(account: &mut Account, service: &mut Service) {
    let grace = service.grace();
    let (now, running) = (account.now, |task: &Task| task.is_running(account.now));
    let is_due = |task: &Task| running(task) && now >= task.started() + grace;
    for id in tasks_of(account, service, 0, is_due) {
        let task = &account.all::<Task>()[&id];
        let Some((target, words)) = task.failing_check(account) else {
            continue;
        };
        let reason = format!("Task failed ELB health checks in (target-group {})", target.group);
        let event =
            format!("(port {}) is unhealthy in (target-group {}) due to (reason {words}).", target.port, target.group);
        service.say(account, &event);
        tasks::begin_stop(account, &id, "ServiceSchedulerInitiated", &reason);
    }
}

/// Counts the tasks of the present deployment that failed, and breaks the circuit if that is asked for.
fn count_failures(account: &mut Account, service: &mut Service) {
    let failed = tasks_of(account, service, 0, Task::failed).len();
    let failed = i64::try_from(failed).unwrap_or(i64::MAX);
    let primary = &mut service.deployments[0];
    if failed <= primary.failed {
        return;
    }
    primary.failed = failed;
    primary.updated = account.now;
    service.steady = false;
    let breaker = service.body["deploymentConfiguration"]["deploymentCircuitBreaker"].clone();
    let threshold = (service.desired.saturating_add(1) / 2).clamp(3, 200);
    if primary.state == Rollout::InProgress && breaker["enable"] == true && failed >= threshold {
        fail(account, service, &breaker, "tasks failed to start");
    }
}

/// Fails the present deployment if an alarm has gone off since it began, and that is asked for.
fn heed_alarms(account: &mut Account, service: &mut Service) {
    let alarms = service.body["deploymentConfiguration"]["alarms"].clone();
    let primary = &service.deployments[0];
    let is_asked = primary.state == Rollout::InProgress && alarms["enable"] == true;
    let mut names = alarms["alarmNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if is_asked && names.any(|name| cloudwatch::has_gone_off(account, name, primary.created)) {
        fail(account, service, &alarms, "alarm detected");
    }
}

/// Fails the present deployment, and goes back to the one before if `asked` says so.
fn fail(account: &mut Account, service: &mut Service, asked: &Value, why: &str) {
    let primary = &mut service.deployments[0];
    primary.state = Rollout::Failed;
    let id = primary.id.clone();
    service.say(account, &format!("(deployment {id}) deployment failed: {why}."));
    if asked["rollback"] == true && service.deployments.len() > 1 {
        // What ran before becomes the primary deployment again; its tasks are still there.
        service.deployments.swap(0, 1);
        service.deployments[0].state = Rollout::RollingBack;
        let back = service.deployments[0].id.clone();
        service.body.insert("taskDefinition".to_owned(), service.deployments[0].definition.clone().into());
        service.say(account, &format!("rolling back to deployment {back}."));
    }
}

/// Starts the tasks that the present deployment misses, and stops those that it has too many of.
fn keep_count(account: &mut Account, service: &mut Service) {
    let live = tasks_of(account, service, 0, |task| task.stop.is_none());
    let desired = usize::try_from(service.desired).unwrap_or(0);
    let primary = &service.deployments[0];
    let waits = primary.failed > 0 && account.now < primary.updated + BACK_OFF;
    let is_short = live.len() < desired && primary.state != Rollout::Failed && !waits;
    let refusal = account.here::<Simulation>().refusal(&service.name).cloned();
    let refusal = refusal.or_else(|| {
        let why = start::unassumable(account, &primary.definition)?;
        Some(format!("failed to launch a task with (error {why})."))
    });
    if let Some(words) = refusal.filter(|_| is_short) {
        if !service.last_said(&words) {
            service.say(account, &words);
        }
        return;
    }
    if is_short {
        let count = desired - live.len();
        let started: Vec<String> = (0..count).filter_map(|_| start_one(account, service)).collect();
        if !started.is_empty() {
            let list: Vec<String> = started.iter().map(|id| format!("(task {id})")).collect();
            service.say(account, &format!("has started {count} tasks: {}.", list.join(" ")));
        }
    }
    for id in live.iter().skip(desired) {
        stop_one(account, service, id);
    }
}

/// Stops old deployments' tasks once the new ones are up. A deployment is gone when none of its tasks serves any more.
fn replace_old(account: &mut Account, service: &mut Service) {
    for at in (1..service.deployments.len()).rev() {
        for id in tasks_of(account, service, at, |task| task.stop.is_none()) {
            stop_one(account, service, &id);
        }
        if tasks_of(account, service, at, |task| task.is_serving(account.now)).is_empty() {
            service.deployments.remove(at);
        }
    }
}

fn drain(account: &mut Account, service: &mut Service) {
    for at in 0..service.deployments.len() {
        for id in tasks_of(account, service, at, |task| task.stop.is_none()) {
            stop_one(account, service, &id);
        }
    }
    let now = account.now;
    let key = service.key();
    let left = account.all::<Task>().of(&key).any(|task| task.status(now) != "STOPPED");
    if !left {
        service.status = Status::Inactive;
        service.ended = Some(now);
        service.deployments.clear();
    }
}

/// The ids of a deployment's tasks that `wanted` names, the oldest first.
fn tasks_of(account: &Account, service: &Service, at: usize, wanted: impl Fn(&Task) -> bool) -> Vec<String> {
    let Some(deployment) = service.deployments.get(at) else {
        return Vec::new();
    };
    let key = service.key();
    let tasks = account.all::<Task>().of(&key);
    let mut found: Vec<&Task> = tasks.filter(|task| deployment.owns(task) && wanted(task)).collect();
    found.sort_by_key(|task| task.created);
    found.into_iter().map(|task| task.id.clone()).collect()
}

fn start_one(account: &mut Account, service: &Service) -> Option<String> {
    let primary = &service.deployments[0];
    let managed = service.body["enableECSManagedTags"] == true;
    let mut tags = match service.body["propagateTags"].as_str() {
        Some("SERVICE") => service.tags.clone(),
        Some("TASK_DEFINITION") => tasks::definition_tags(account, &primary.definition),
        _ => super::TagMap::new(),
    };
    if managed {
        tags.insert("aws:ecs:clusterName".to_owned(), service.cluster.clone());
        tags.insert("aws:ecs:serviceName".to_owned(), service.name.clone());
    }
    let plan = Plan {
        cluster: service.cluster.clone(),
        definition: primary.definition.clone(),
        body: primary.body.clone(),
        overrides: json!({}),
        group: format!("service:{}", service.name),
        started_by: Some(primary.id.clone()),
        service: Some(service.key()),
        balancers: service.body["loadBalancers"].clone(),
        run: hosted::is_hosted(account, &service.key()).then_some(SimulatedRun::Reported),
        tags,
    };
    tasks::start(account, plan)
}

fn stop_one(account: &mut Account, service: &mut Service, id: &str) {
    let deployment = service.deployments.first().map(|primary| primary.id.clone()).unwrap_or_default();
    let reason = format!("Scaling activity initiated by (deployment {deployment})");
    tasks::begin_stop(account, id, "ServiceSchedulerInitiated", &reason);
    service.say(account, &format!("has stopped 1 running tasks: (task {id})."));
}
