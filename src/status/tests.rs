//! The details of Lab 8 on the embedded account.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::apply::{Event, Executor, Observer, settle};
use crate::cloud::{Endpoint, connect};
use crate::jobs::{self, Asked, StopRequest};
use crate::live::{self, Evidence};
use crate::plan::{Scope, plan};
use crate::spec::Source;
use labform_account::{FailingCheck, Sandbox, SimulatedRun, TaskOutcome};

const LAB_8: &str = include_str!("../../tests/lab8.yaml");
const REGION: &str = "eu-west-1";

struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event) {}
}

/// Lab 8 with a service that ECS doesn't stop for its targets.
async fn read(cloud: &Cloud) -> Reading {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let grace = "    desiredCount: 2\n    healthCheckGracePeriodSeconds: 3600\n";
    let text = LAB_8.replace("    desiredCount: 2\n", grace);
    let source = Source::parse("lab.yaml", &text, &none).unwrap();
    live::read_pretended(cloud, &source, Evidence::Index).await.unwrap()
}

/// Lab 8 as it stands after an apply and two runs of its job, one of which failed.
async fn world() -> (Sandbox, Cloud) {
    let sandbox = Sandbox::in_memory();
    sandbox.with(|account| account.simulation(REGION).images_are_there());
    let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), REGION, None).await;
    let reading = read(&cloud).await;
    let wanted = plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let stop = CancellationToken::new();
    let executor = Executor { cloud: &cloud, observer: &observer, stop: &stop };
    let outcome = executor.run(&wanted, &reading.lab, &reading.live).await;
    assert!(outcome.failed.is_empty(), "{:#?}", outcome.failed);
    let service = [Address::new("service", "web")];
    let settled = settle(&cloud, &reading.lab, &service, &Silent, &stop).await;
    assert!(settled.unwrap().failed.is_empty());
    for fate in [TaskOutcome::exits(0, &[]), TaskOutcome::exits(3, &[])] {
        let play = Some(SimulatedRun::Pretended(fate.taking(Duration::from_secs(10))));
        sandbox.with(|account| {
            account.simulation(REGION).job_runs("ecs-lab/classifier", play);
        });
        run(&cloud).await;
    }
    (sandbox, cloud)
}

async fn run(cloud: &Cloud) {
    let reading = read(cloud).await;
    let others = plan(&reading.lab, &reading.live, &Scope::all()).unwrap().others;
    let request = jobs::request(&reading.lab, "classifier", &Asked::default(), &others).unwrap();
    let (_user, stop_requests) = watch::channel(StopRequest::None);
    let folder = Path::new(".");
    jobs::run(cloud, &request, folder, &|_| {}, stop_requests, || Ok(())).await.unwrap();
}

#[tokio::test]
async fn services_and_jobs_are_told_with_their_tasks() {
    let (_, cloud) = world().await;
    let reading = read(&cloud).await;
    let before = cloud.meter.total();
    let details = details(&cloud, &reading).await;
    assert_eq!(details.unread, [""; 0]);
    // Tasks that run, tasks of the job that ended, services, targets; then all tasks.
    assert_eq!(cloud.meter.total() - before, 5);
    let [service] = details.services.as_slice() else {
        panic!("{details:#?}");
    };
    assert_eq!((service.desired, service.running, service.pending), (2, 2, 0));
    assert_eq!(service.rollout.as_deref(), Some("COMPLETED"));
    assert_eq!(service.tasks.len(), 2);
    for task in &service.tasks {
        assert_eq!(task.state, "RUNNING");
        assert!(task.availability_zone.starts_with("eu-west-1"), "{task:#?}");
        assert!(task.started_at > task.created_at, "{task:#?}");
    }
    let states: Vec<&str> = service.targets.iter().map(|target| target.state.as_str()).collect();
    assert_eq!(states, ["healthy"; 2]);
    assert_eq!(service.events.len(), EVENTS);
    let [job] = details.jobs.as_slice() else {
        panic!("{details:#?}");
    };
    let codes: Vec<Option<i64>> = job.tasks.iter().map(TaskDetail::exit_code).collect();
    assert_eq!(codes, [Some(3), Some(0)], "the latest first");
    for task in &job.tasks {
        let took = task.stopped_at.unwrap() - task.started_at.unwrap();
        assert!((took - 10.0).abs() < 0.01, "{task:#?}");
    }
    let shown = json!(job);
    assert_eq!(shown["tasks"][0]["exitCodes"]["image-classifier"], 3);
}

#[tokio::test]
async fn what_may_not_be_read_hides_nothing_else() {
    let (sandbox, cloud) = world().await;
    let cases = [
        ("ecs:ListTasks", "the tasks of ecs-lab-cluster: ListTasks"),
        ("ecs:DescribeTasks", "the tasks of ecs-lab-cluster: DescribeTasks"),
        ("ecs:DescribeServices", "the services of ecs-lab-cluster: DescribeServices"),
        ("elasticloadbalancing:DescribeTargetHealth", "the targets of ecs-lab-tg: DescribeTargetHealth"),
    ];
    let reading = read(&cloud).await;
    for (denied, words) in cases {
        sandbox.with(|account| account.quirks.denied = BTreeSet::from([denied.to_owned()]));
        let details = details(&cloud, &reading).await;
        let [note] = details.unread.as_slice() else {
            panic!("{denied}: {:#?}", details.unread);
        };
        assert!(note.starts_with(words), "{note}");
        let service = &details.services[0];
        assert_eq!((service.desired, service.running), (2, 2), "{denied}");
        assert_eq!(service.tasks.is_empty(), denied.ends_with("Tasks"), "{denied}");
        assert_eq!(service.targets.is_empty(), denied.ends_with("Health"), "{denied}");
        assert_eq!(service.events.is_empty(), denied.ends_with("Services"), "{denied}");
    }
}

#[tokio::test]
async fn a_target_says_in_words_why_it_is_not_healthy() {
    let (sandbox, cloud) = world().await;
    sandbox.with(|account| {
        account.simulation(REGION).targets_fail("ecs-lab-tg", FailingCheck::WrongCode);
    });
    let words = "Health checks failed with these codes: [404]";
    for _ in 0..60 {
        cloud.sleep(Duration::from_secs(5)).await;
        let details = details(&cloud, &read(&cloud).await).await;
        let mut targets = details.services[0].targets.iter();
        if targets.any(|target| target.state == "unhealthy" && target.reason == words) {
            return;
        }
    }
    panic!("no target ever says so");
}

#[tokio::test]
async fn an_empty_account_has_no_details_and_costs_no_call() {
    let sandbox = Sandbox::in_memory();
    let cloud = connect(&Endpoint::Sandbox(sandbox), REGION, None).await;
    let reading = read(&cloud).await;
    let before = cloud.meter.total();
    assert_eq!(details(&cloud, &reading).await, Details::default());
    assert_eq!(cloud.meter.total(), before);
}

#[tokio::test]
async fn a_scan_is_told_by_what_it_found() {
    let sandbox = Sandbox::in_memory();
    let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), REGION, None).await;
    let read = async |more: &str| {
        let scanned = "repositories: { app: { imageScanningConfiguration: { scanOnPush: true } } }";
        let text = format!("lab: ecs-lab\nregion: {REGION}\n{scanned}\n{more}");
        let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let source = Source::parse("lab.yaml", &text, &none).unwrap();
        live::read_pretended(&cloud, &source, Evidence::Index).await.unwrap()
    };
    let reading = read("").await;
    let wanted = plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let stop = CancellationToken::new();
    let executor = Executor { cloud: &cloud, observer: &observer, stop: &stop };
    assert!(executor.run(&wanted, &reading.lab, &reading.live).await.failed.is_empty());
    sandbox.with(|account| account.push_pretended_image(REGION, "ecs-lab-app", "latest")).unwrap();
    let reading = read("images: { app: { repository: app, mirror: \"registry.example/app:v1\" } }\n").await;
    let found = async || details(&cloud, &reading).await;
    let scans = found().await.scans;
    assert_eq!((scans.len(), scans[0].state.as_str()), (1, "UNSUPPORTED_IMAGE"), "{scans:?}");
    sandbox.with(|account| account.scan_finds(REGION, "ecs-lab-app", "latest", &[("HIGH", 2), ("LOW", 1)]));
    let scans = found().await.scans;
    assert_eq!((scans[0].state.as_str(), scans[0].findings["HIGH"]), ("COMPLETE", 2), "{scans:?}");
    sandbox.with(|account| account.quirks.denied = BTreeSet::from(["ecr:DescribeImageScanFindings".to_owned()]));
    let details = found().await;
    assert!(details.scans.is_empty());
    assert!(details.unread[0].starts_with("the scan of image.app: DescribeImageScanFindings"), "{:?}", details.unread);
}
