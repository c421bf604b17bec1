//! The state of a lab's services and jobs beyond what a plan reads: their tasks, targets and events.
//!
//! Knows: what ECS and the load balancer tell of them, and that what can't be read must not hide the rest. Must not
//! know: how it is shown. Never writes to AWS.

mod calls;
mod detail;
mod scans;
#[cfg(test)]
mod tests;

pub use detail::{
    Details, EventDetail, JobDetail, ScanDetail, ScheduleDetail, ServiceDetail, TargetDetail, TaskDetail,
};

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use futures::future::join_all;
use humantime::format_rfc3339_seconds;
use serde_json::Value;

use crate::cloud::{Cloud, CloudError};
use crate::live::{Reading, Snapshot};
use crate::model::Address;
use crate::resource::Live;
use crate::resources::{Cluster, Schedule, Service, ServiceLive, bounds, ecs_list as list, ecs_text as text};
use crate::spec::JOB;
pub(crate) use calls::described_tasks;
use calls::{Tasks, health, services, tasks};

/// The latest events of a service that are kept.
const EVENTS: usize = 3;
/// The latest ended tasks of a job that are kept.
const ENDED: usize = 5;

/// A service or a job, with its cluster.
struct Subject<'a> {
    address: Address,
    cluster: &'a str,
    kind: SubjectKind<'a>,
}

/// The kind of a subject.
enum SubjectKind<'a> {
    Service(&'a ServiceLive),
    /// A job, by the `startedBy` of its tasks, and with its schedule if it has one.
    Job(Vec<String>, Option<ScheduleDetail>),
}

/// Reads the state of the services and jobs of `reading` in two round trips: the lists, and then the tasks; and what scans
/// of its images found.
pub async fn details(cloud: &Cloud, reading: &Reading) -> Details {
    let subjects = subjects(reading, cloud.now());
    let mut details = Details::default();
    let mut unread = Unread::default();
    let (lists, found) = futures::join!(lists(cloud, &subjects, &mut unread), scans::scans(cloud, reading));
    for (address, found) in found {
        details.scans.extend(unread.noted(format!("the scan of {address}"), found));
    }
    let arns = lists.tasks.iter();
    let read = join_all(arns.map(|(cluster, arns)| described_tasks(cloud, cluster, arns))).await;
    let mut tasks = BTreeMap::new();
    for (cluster, found) in lists.tasks.keys().zip(read) {
        let found = unread.noted(format!("the tasks of {}", short(cluster)), found);
        tasks.insert(*cluster, found);
    }
    for subject in &subjects {
        let tasks = &tasks[subject.cluster];
        match &subject.kind {
            SubjectKind::Service(live) => {
                let detail = subject.service_detail(live, tasks, &lists);
                details.services.push(detail);
            }
            SubjectKind::Job(by, schedule) => details.jobs.push(subject.job_detail(by, schedule.as_ref(), tasks)),
        }
    }
    details.unread = unread.0.into_iter().map(|(what, error)| format!("{what}: {error}")).collect();
    details
}

/// The answers of the first round trip.
struct Lists<'a> {
    /// The ARNs of tasks by cluster.
    tasks: BTreeMap<&'a str, BTreeSet<String>>,
    /// The descriptions of services.
    services: Vec<Value>,
    /// The targets by target group.
    targets: BTreeMap<&'a str, Vec<TargetDetail>>,
}

async fn lists<'a>(cloud: &Cloud, subjects: &'a [Subject<'a>], unread: &mut Unread) -> Lists<'a> {
    let clusters: BTreeSet<&str> = subjects.iter().map(|subject| subject.cluster).collect();
    let groups: BTreeSet<&str> = subjects.iter().flat_map(Subject::target_groups).collect();
    let running = clusters.iter().map(|cluster| tasks(cloud, cluster, Tasks::Running));
    let jobs = subjects.iter().flat_map(|subject| {
        let by = match &subject.kind {
            SubjectKind::Job(by, _) => by.as_slice(),
            SubjectKind::Service(_) => &[],
        };
        by.iter().map(move |by| (subject.cluster, by))
    });
    let ended = jobs.clone().map(|(cluster, by)| tasks(cloud, cluster, Tasks::Ended(by)));
    let arns = |cluster: &str| -> Vec<String> {
        let of = subjects.iter().filter(|subject| subject.cluster == cluster);
        of.filter_map(Subject::service).map(|service| service.arn.clone()).collect()
    };
    let described = clusters.iter().map(|cluster| services(cloud, cluster, arns(cluster)));
    let health = groups.iter().map(|group| health(cloud, group));
    let (running, ended, described, health) =
        tokio::join!(join_all(running), join_all(ended), join_all(described), join_all(health));

    let mut lists = Lists { tasks: BTreeMap::new(), services: Vec::new(), targets: BTreeMap::new() };
    let running = clusters.iter().copied().zip(running);
    let ended = jobs.map(|(cluster, _)| cluster).zip(ended);
    for (cluster, found) in running.chain(ended) {
        let found = unread.noted(format!("the tasks of {}", short(cluster)), found);
        lists.tasks.entry(cluster).or_default().extend(found);
    }
    for (cluster, found) in clusters.iter().zip(described) {
        let found = unread.noted(format!("the services of {}", short(cluster)), found);
        lists.services.extend(found);
    }
    for (group, found) in groups.into_iter().zip(health) {
        let name = group.split('/').nth(1).unwrap_or(group);
        let found = unread.noted(format!("the targets of {name}"), found);
        lists.targets.insert(group, found);
    }
    lists
}

/// The things that could not be read, and why.
#[derive(Default)]
struct Unread(Vec<(String, CloudError)>);

impl Unread {
    /// Returns what was read, or nothing and notes what could not be. The same refusal of another call says no more.
    fn noted<T: Default>(&mut self, what: String, read: Result<T, CloudError>) -> T {
        read.unwrap_or_else(|error| {
            if !self.0.iter().any(|(noted, before)| *noted == what && before.is_like(&error)) {
                self.0.push((what, error));
            }
            T::default()
        })
    }
}

/// The services that are there, and the jobs whose cluster is.
fn subjects(reading: &Reading, now: SystemTime) -> Vec<Subject<'_>> {
    let lab = &reading.lab;
    let services = reading.live.all::<Service>().filter(|(object, _)| !object.leaving);
    let services = services.map(|(object, live)| Subject {
        address: object.address.clone(),
        cluster: &live.cluster_arn,
        kind: SubjectKind::Service(live),
    });
    let jobs = lab.jobs.iter().filter_map(|(name, job)| {
        let mut schedules = reading.live.all::<Schedule>().filter(|(object, _)| !object.leaving);
        let schedule = schedules.find(|(object, _)| object.address.name == *name).map(|(_, live)| live);
        let by = schedule.map(|live| format!("chronos-schedule/{}", live.name));
        let by = by.into_iter().chain([format!("{}/{name}", lab.place.lab)]).collect();
        Some(Subject {
            address: Address::new(JOB, name),
            cluster: cluster(&reading.live, &job.cluster.address())?,
            kind: SubjectKind::Job(by, schedule.map(|live| ScheduleDetail::new(live, now))),
        })
    });
    services.chain(jobs).collect()
}

fn cluster<'a>(live: &'a Snapshot, address: &Address) -> Option<&'a str> {
    let (_, cluster) = live.all::<Cluster>().find(|(object, _)| object.address == *address)?;
    Some(&cluster.arn)
}

impl<'a> Subject<'a> {
    fn service(&self) -> Option<&'a ServiceLive> {
        match self.kind {
            SubjectKind::Service(live) => Some(live),
            SubjectKind::Job(..) => None,
        }
    }

    fn target_groups(&self) -> Vec<&'a str> {
        let balancers = self.service().map(|live| list(&live.document, "loadBalancers")).into_iter().flatten();
        balancers.filter_map(|one| one["targetGroupArn"].as_str()).collect()
    }

    /// The details of a service. If it couldn't be read once more, what was read before counts.
    fn service_detail(&self, live: &ServiceLive, tasks: &[Value], lists: &Lists<'_>) -> ServiceDetail {
        let mut documents = lists.services.iter();
        let document = documents.find(|one| one["serviceArn"] == live.arn.as_str()).unwrap_or(&Value::Null);
        let count = |name: &str, before: i64| document[name].as_i64().unwrap_or(before);
        let mut primary = list(document, "deployments").filter(|one| one["status"] == "PRIMARY");
        let group = format!("service:{}", live.name);
        let events = list(document, "events").take(EVENTS);
        let mut own: Vec<TaskDetail> = tasks
            .iter()
            .filter(|task| task["group"] == group.as_str() && task["desiredStatus"] != "STOPPED")
            .map(TaskDetail::new)
            .collect();
        own.sort_by(|one, other| order(one.created_at, other.created_at).then(one.id.cmp(&other.id)));
        ServiceDetail {
            address: self.address.clone(),
            desired: count("desiredCount", live.desired_count),
            min_capacity: bounds(&live.document).map(|(least, _)| least),
            max_capacity: bounds(&live.document).map(|(_, most)| most),
            running: count("runningCount", live.running_count),
            pending: count("pendingCount", 0),
            rollout: primary.find_map(|one| one["rolloutState"].as_str().map(str::to_owned)),
            tasks: own,
            targets: self.target_groups().into_iter().flat_map(|group| lists.targets[group].clone()).collect(),
            events: events
                .map(|event| EventDetail { created_at: event["createdAt"].as_f64(), message: text(event, "message") })
                .collect(),
        }
    }

    fn job_detail(&self, by: &[String], schedule: Option<&ScheduleDetail>, tasks: &[Value]) -> JobDetail {
        let own = tasks.iter().filter(|task| by.iter().any(|by| task["startedBy"] == by.as_str()));
        let (mut ended, mut tasks): (Vec<TaskDetail>, Vec<TaskDetail>) =
            own.map(TaskDetail::new).partition(|task| task.state == "STOPPED");
        ended.sort_by(|one, other| order(other.stopped_at, one.stopped_at));
        ended.truncate(ENDED);
        tasks.sort_by(|one, other| order(other.created_at, one.created_at));
        tasks.extend(ended);
        JobDetail { address: self.address.clone(), schedule: schedule.cloned(), tasks }
    }
}

impl ScheduleDetail {
    fn new(live: &Live, now: SystemTime) -> Self {
        Self {
            expression: live.text("scheduleExpression").to_owned(),
            timezone: live.text("scheduleExpressionTimezone").to_owned(),
            next_run: Schedule::next_run(live, now).map(|at| format_rfc3339_seconds(at).to_string()),
        }
    }
}

impl TaskDetail {
    fn new(task: &Value) -> Self {
        let time = |name: &str| task[name].as_f64();
        let containers = || list(task, "containers");
        let digests = containers().filter_map(|one| one["imageDigest"].as_str());
        let codes = containers().filter_map(|one| Some((text(one, "name"), one["exitCode"].as_i64()?)));
        let arn = text(task, "taskArn");
        Self {
            id: short(&arn).to_owned(),
            state: text(task, "lastStatus"),
            created_at: time("createdAt"),
            started_at: time("startedAt"),
            stopped_at: time("executionStoppedAt").or_else(|| time("stoppedAt")),
            availability_zone: text(task, "availabilityZone"),
            image_digests: digests.map(str::to_owned).collect(),
            stopped_reason: text(task, "stoppedReason"),
            exit_codes: codes.collect(),
        }
    }

    /// The exit code of a task: that of the first container that failed, else 0; none if a container has none.
    pub fn exit_code(&self) -> Option<i64> {
        self.exit_codes.values().find(|code| **code != 0).or(self.exit_codes.values().next()).copied()
    }
}

fn order(one: Option<f64>, other: Option<f64>) -> std::cmp::Ordering {
    one.unwrap_or_default().total_cmp(&other.unwrap_or_default())
}

fn short(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
