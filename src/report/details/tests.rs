use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::Address;
use crate::report::testing::plain;
use crate::report::wrap::WIDTH;
use crate::status::ScheduleDetail;

const ID_1: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

fn task(state: &str, started: Option<f64>) -> TaskDetail {
    TaskDetail {
        id: ID_1.to_owned(),
        state: state.to_owned(),
        created_at: Some(1000.0),
        started_at: started,
        stopped_at: None,
        availability_zone: "eu-west-1a".to_owned(),
        image_digests: BTreeSet::new(),
        stopped_reason: String::new(),
        exit_codes: BTreeMap::new(),
    }
}

fn ended(started: Option<f64>, code: Option<i64>, reason: &str) -> TaskDetail {
    TaskDetail {
        stopped_at: Some(1100.0),
        stopped_reason: reason.to_owned(),
        exit_codes: code.map(|code| ("main".to_owned(), code)).into_iter().collect(),
        ..task("STOPPED", started)
    }
}

fn details() -> Details {
    let digest = "sha256:8f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let running = TaskDetail { image_digests: BTreeSet::from([digest.to_owned()]), ..task("RUNNING", Some(1025.0)) };
    let target = |target: &str, state: &str, reason: &str| TargetDetail {
        target: target.to_owned(),
        state: state.to_owned(),
        reason: reason.to_owned(),
    };
    let event =
        |at: f64, words: &str| EventDetail { created_at: Some(at), message: format!("(service web-service) {words}") };
    let service = ServiceDetail {
        address: Address::new("service", "web"),
        desired: 2,
        min_capacity: Some(1),
        max_capacity: Some(4),
        running: 1,
        pending: 1,
        rollout: Some("IN_PROGRESS".to_owned()),
        tasks: vec![running, task("PENDING", None)],
        targets: vec![
            target("172.31.16.5:3000", "healthy", ""),
            target("172.31.16.6:3000", "unhealthy", "Health checks failed with these codes: [404]"),
        ],
        events: vec![
            event(1190.0, "has reached a steady state."),
            event(
                1180.0,
                "registered 1 targets in (target-group arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/tg/1f3c)",
            ),
            event(1000.0, &format!("has started 4 tasks: (task {ID_1}) (task {ID_1}) (task {ID_1}) (task {ID_1}).")),
        ],
    };
    let never = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
        123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/classifier:latest: not found";
    let job = JobDetail {
        address: Address::new("job", "classifier"),
        schedule: None,
        tasks: vec![
            task("RUNNING", Some(1198.0)),
            ended(Some(1025.0), Some(0), "Essential container in task exited"),
            ended(Some(1025.0), Some(3), "Essential container in task exited"),
            ended(None, None, never),
        ],
    };
    let idle = JobDetail { address: Address::new("job", "idle"), schedule: None, tasks: Vec::new() };
    let scheduled = |name: &str, next: Option<&str>| JobDetail {
        address: Address::new("job", name),
        schedule: Some(ScheduleDetail {
            expression: "cron(30 2 * * ? *)".to_owned(),
            timezone: "Europe/Berlin".to_owned(),
            next_run: next.map(str::to_owned),
        }),
        tasks: Vec::new(),
    };
    let nightly = scheduled("nightly", Some("1970-01-01T01:30:00Z"));
    let over = scheduled("over", None);
    Details {
        services: vec![service],
        jobs: vec![job, idle, nightly, over],
        scans: Vec::new(),
        unread: vec!["the targets of tg: DescribeTargetHealth: AccessDenied: not allowed\u{1b}".to_owned()],
    }
}

#[test]
fn one_screen_tells_how_all_stands() {
    let mut out = Vec::new();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1200);
    write_details(&mut out, &details(), now).unwrap();
    let outputs = Outputs::from([
        ("bucket".to_owned(), Known::Now("images".to_owned())),
        ("url".to_owned(), Known::Now("http://web".to_owned())),
        ("later".to_owned(), Known::AfterApply),
    ]);
    write_urls(&mut out, &outputs).unwrap();
    let text = plain(&out);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    insta::assert_snapshot!(text, @r"

    service.web: 1 of 2 running, 1 pending, rollout IN_PROGRESS
      scaled between 1 and 4 tasks
      task 0a1b2c3d  RUNNING for 2m  eu-west-1a, image 8f1e2d3c4b5a
      task 0a1b2c3d  PENDING for 3m  eu-west-1a
      target 172.31.16.5:3000  healthy
      target 172.31.16.6:3000  unhealthy: Health checks failed with these codes:
        [404]
      10s ago  has reached a steady state.
      20s ago  registered 1 targets in (target-group targetgroup/tg/1f3c)
      3m ago  has started 4 tasks: (task 0a1b2c3d) (task 0a1b2c3d) (task 0a1b2c3d)
        (task 0a1b2c3d).

    job.classifier:
      task 0a1b2c3d  RUNNING for 2s  eu-west-1a
      task 0a1b2c3d  exit code 0 after 1m 15s, 1m ago  eu-west-1a
      task 0a1b2c3d  exit code 3 after 1m 15s, 1m ago  eu-west-1a
      task 0a1b2c3d  never ran, 1m ago  eu-west-1a
        CannotPullContainerError: pull image manifest has been retried 1 time(s):
        failed to resolve ref
        123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/classifier:latest: not
        found

    job.idle: no task in the last hour

    job.nightly: no task in the last hour
      next run 1970-01-01T01:30:00Z in 1h 10m  cron(30 2 * * ? *), Europe/Berlin

    job.over: no task in the last hour
      runs no more by its schedule  cron(30 2 * * ? *), Europe/Berlin

    Could not be read:
      the targets of tg: DescribeTargetHealth: AccessDenied: not allowed\u{1b}

    url = http://web
    ");
}
