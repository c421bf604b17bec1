//! What a person reads where a service doesn't become ready: over the embedded account, from the spec to the screen.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::apply::{Event, Executor, Observer, Settled, settle};
use crate::cloud::{Cloud, Endpoint, connect};
use crate::live::{self, Evidence};
use crate::model::Address;
use crate::plan::{Scope, plan};
use crate::report::json::unready_line;
use crate::report::progress::Lines;
use crate::report::summary::write_unready;
use crate::report::testing::{Shared, plain};
use crate::spec::Source;
use labform_account::{FailingCheck, Sandbox, TaskOutcome};

const LAB_8: &str = include_str!("../../tests/lab8.yaml");
const REGION: &str = "eu-west-1";
const FAMILY: &str = "ecs-web-app";

struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event) {}
}

/// A person who reads along, and mends what is wrong once told.
struct Mends {
    lines: Lines,
    sandbox: Sandbox,
}

impl Observer for Mends {
    fn event(&self, event: Event) {
        if matches!(event, Event::Explained { .. }) {
            self.sandbox.with(|account| account.simulation(REGION).end());
        }
        self.lines.event(event);
    }
}

async fn account() -> (Sandbox, Cloud) {
    let sandbox = Sandbox::in_memory();
    sandbox.with(|account| account.simulation(REGION).images_are_there());
    let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), REGION, None).await;
    (sandbox, cloud)
}

/// Lab 8 with a circuit breaker.
fn with_breaker() -> String {
    let breaker = "deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } }";
    LAB_8.replace("    desiredCount: 2\n", &format!("    desiredCount: 2\n    {breaker}\n"))
}

/// Carries out the plan of `text`, and waits for its service.
async fn apply(cloud: &Cloud, text: &str, observer: &dyn Observer) -> Settled {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let source = Source::parse("lab.yaml", text, &none).unwrap_or_else(|error| panic!("{error}"));
    let reading = live::read_pretended(cloud, &source, Evidence::Index).await.unwrap();
    let plan = plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
    let silent: Arc<dyn Observer> = Arc::new(Silent);
    let stop = CancellationToken::new();
    let executor = Executor { cloud, observer: &silent, stop: &stop };
    let outcome = executor.run(&plan, &reading.lab, &reading.live).await;
    assert!(outcome.failed.is_empty(), "{:#?}", outcome.failed);
    let service = [Address::new("service", "web")];
    settle(cloud, &reading.lab, &service, observer, &stop).await.unwrap()
}

/// `text` with `…` for every id: the embedded account's have no meaning.
fn without_ids(text: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_hexdigit() {
            run.push(c);
            continue;
        }
        shown.push_str(if run.len() >= 16 { "…" } else { &run });
        run.clear();
        shown.push(c);
    }
    shown.trim_end_matches('\0').to_owned()
}

fn closing(settled: &Settled) -> String {
    let mut out = Vec::new();
    write_unready(&mut out, settled).unwrap();
    without_ids(&plain(&out))
}

fn missing_image() -> TaskOutcome {
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app:latest";
    TaskOutcome::never_starts(&format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: \
         {image}: not found"
    ))
}

#[tokio::test]
async fn an_image_that_is_pushed_late_is_asked_for_and_waited_for() {
    let (sandbox, cloud) = account().await;
    sandbox.with(|account| account.simulation(REGION).tasks_end(FAMILY, missing_image()));
    let out = Shared::default();
    let clock = cloud.clone();
    let lines = Lines::new(Box::new(out.clone()), Arc::new(move || clock.now()), 0);
    let settled = apply(&cloud, LAB_8, &Mends { lines, sandbox }).await;
    assert!(settled.failed.is_empty(), "{settled:#?}");
    insta::assert_snapshot!(without_ids(&plain(&out.bytes())), @r"
    service.web: getting ready... waiting for: 0 of 2 tasks running; (service web-service) has started 2 tasks: (task …) (task …).
    service.web: still getting ready... [14s elapsed] waiting for: 0 of 2 tasks running; (service web-service) has…
    service.web: still getting ready... [24s elapsed] waiting for: 0 of 2 tasks running; (service web-service) has…
    service.web: still getting ready... [34s elapsed] waiting for: 0 of 2 tasks running; (service web-service) has…
    service.web: still getting ready... [44s elapsed] waiting for: 0 of 2 tasks running; (service web-service) has…
    service.web: still getting ready... [54s elapsed] waiting for: 0 of 2 tasks running; (service web-service) has started 2 tasks: (task …) (task …).
    service.web: not ready yet
        cause: image not in the repository
          task …: TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app:latest: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app:latest: not found
          event: (service web-service) has started 2 tasks: (task …) (task …).
          event: (service web-service) has started 2 tasks: (task …) (task …).
        what to do: where `images` in lab.yaml has it, `labform apply` pushes it; else build and push it: `aws ecr get-login-password | docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com`, `docker build --platform linux/amd64 -t 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app:latest .`, `docker push 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app:latest`; ECS tries again by itself, and `labform apply` goes on waiting
    service.web: still getting ready... [1m 04s elapsed] waiting for: image not in the repository (0 of 2 tasks running; (service web-service) has started 2 tasks: (task …) (task …).)
    service.web: still getting ready... [1m 24s elapsed] waiting for: image not in the repository (2 of 2 tasks running; (service web-service) has started 2 tasks: (task …) (task …).)
    service.web: still getting ready... [1m 34s elapsed] waiting for: 2 of 2 tasks running; (service web-service) has started 2 tasks: (task …) (task …).
    service.web: still getting ready... [2m 04s elapsed] waiting for: 2 of 2 tasks running; (service web-service) has…
    service.web: ready after 2m 24s
    ");
}

#[tokio::test]
async fn a_program_that_breaks_off_is_shown_with_its_log() {
    let (sandbox, cloud) = account().await;
    let fate = TaskOutcome::exits(1, &["Error: Cannot find module 'express'", "Node.js v20.11.1"]);
    sandbox.with(|account| account.simulation(REGION).tasks_end(FAMILY, fate));
    let settled = apply(&cloud, &with_breaker(), &Silent).await;
    insta::assert_snapshot!(closing(&settled), @r"

    1 resource won't become ready:
      service.web: ECS deployment circuit breaker: tasks failed to start.
        cause: container exited with an error
          task …: EssentialContainerExited: Essential container in task exited
          container web-app: exit code 1
          log of web-app: Error: Cannot find module 'express'
          log of web-app: Node.js v20.11.1
          log of web-app: pretended: the container ended with exit code 1 (web-app:latest)
          event: (service web-service) (deployment ecs-svc/…) deployment failed: tasks failed to start.
          event: (service web-service) has started 2 tasks: (task …) (task …).
          event: (service web-service) has started 2 tasks: (task …) (task …).
        what to do: the program in web-app ended with exit code 1; read its log above, or more of it with `labform logs --since 30m`; mend the program or its environment, push its image anew, then `labform apply`. ECS has given this deployment up: where nothing changes in lab.yaml, start it again with `aws ecs update-service --cluster ecs-lab-cluster --service web-service --force-new-deployment`

    Everything was made: mend the above, then `labform apply` goes on from here.
    ");
    insta::assert_snapshot!(without_ids(&unready_line(&settled).to_string()), @r#"{"explanations":{"service.web":{"cause":"container exited with an error","evidence":["task …: EssentialContainerExited: Essential container in task exited","container web-app: exit code 1","log of web-app: Error: Cannot find module 'express'","log of web-app: Node.js v20.11.1","log of web-app: pretended: the container ended with exit code 1 (web-app:latest)","event: (service web-service) (deployment ecs-svc/…) deployment failed: tasks failed to start.","event: (service web-service) has started 2 tasks: (task …) (task …).","event: (service web-service) has started 2 tasks: (task …) (task …)."],"remedy":"the program in web-app ended with exit code 1; read its log above, or more of it with `labform logs --since 30m`; mend the program or its environment, push its image anew, then `labform apply`. ECS has given this deployment up: where nothing changes in lab.yaml, start it again with `aws ecs update-service --cluster ecs-lab-cluster --service web-service --force-new-deployment`"}},"failed":{"service.web":"ECS deployment circuit breaker: tasks failed to start."},"left":{},"type":"unready"}"#);
}

#[tokio::test]
async fn what_the_load_balancer_says_of_targets_is_shown() {
    let (sandbox, cloud) = account().await;
    let check = FailingCheck::WrongCode;
    sandbox.with(|account| account.simulation(REGION).targets_fail("ecs-lab-tg", check));
    let killed = apply(&cloud, LAB_8, &Silent).await;
    insta::assert_snapshot!(closing(&killed), @r"

    1 resource won't become ready:
      service.web: not ready after 15 minutes: 0 of 2 tasks running; (service web-service) (port 3000) is unhealthy in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg/…) due to (reason Health checks failed with these codes: [404]).
        cause: health check gets a wrong status code
          task …: ServiceSchedulerInitiated: Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg/…)
          container web-app: exit code 143
          log of web-app: pretended: nothing was run, this account is a model of AWS (web-app:latest)
          log of web-app: pretended: the container ended with exit code 143 (web-app:latest)
          event: (service web-service) (port 3000) is unhealthy in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg/…) due to (reason Health checks failed with these codes: [404]).
          event: (service web-service) has started 2 tasks: (task …) (task …).
          event: (service web-service) has started 2 tasks: (task …) (task …).
          event: (service web-service) has started 2 tasks: (task …) (task …).
          event: (service web-service) has started 2 tasks: (task …) (task …).
        what to do: the program answers, but not with the status code that the target group expects: let `healthCheckPath` name a page that answers with 200, or widen `matcher` (`httpCode: 200-399`); then `labform apply`

    Everything was made: mend the above, then `labform apply` goes on from here.
    ");

    let (sandbox, cloud) = account().await;
    let check = FailingCheck::NoAnswer;
    sandbox.with(|account| account.simulation(REGION).targets_fail("ecs-lab-tg", check));
    let grace = "    desiredCount: 2\n    healthCheckGracePeriodSeconds: 3600\n";
    let spared = LAB_8.replace("    desiredCount: 2\n", grace);
    let spared = apply(&cloud, &spared, &Silent).await;
    insta::assert_snapshot!(closing(&spared), @r"

    1 resource won't become ready:
      service.web: not ready after 15 minutes: 2 of 2 tasks running; (service web-service) has started 2 tasks: (task …) (task …).
        cause: health check gets no answer
          target 172.31.0.5:3000: Target.Timeout: Request timed out
          target 172.31.16.5:3000: Target.Timeout: Request timed out
          event: (service web-service) has started 2 tasks: (task …) (task …).
        what to do: let the security group of the tasks take the container's port from the load balancer's security group, and let the program listen on 0.0.0.0 and not on 127.0.0.1; then `labform apply`

    Everything was made: mend the above, then `labform apply` goes on from here.
    ");
}

#[tokio::test]
async fn a_service_that_went_back_has_not_succeeded() {
    let (sandbox, cloud) = account().await;
    let first = apply(&cloud, &with_breaker(), &Silent).await;
    assert!(first.failed.is_empty(), "{first:#?}");
    let fate = TaskOutcome::exits(1, &["exec /usr/local/bin/docker-entrypoint.sh: exec format error"]);
    sandbox.with(|account| account.simulation(REGION).tasks_end(FAMILY, fate));
    let second = with_breaker().replacen("web-app.uri}:latest", "web-app.uri}:2", 1);
    let settled = apply(&cloud, &second, &Silent).await;
    insta::assert_snapshot!(closing(&settled), @r"

    1 resource won't become ready:
      service.web: ECS went back from ecs-web-app:2 to ecs-web-app:1: (service web-service) rolling back to deployment ecs-svc/….
        cause: image for another processor
          task …: EssentialContainerExited: Essential container in task exited
          container web-app: exit code 1
          log of web-app: exec /usr/local/bin/docker-entrypoint.sh: exec format error
          log of web-app: pretended: the container ended with exit code 1 (web-app:2)
          event: (service web-service) has reached a steady state.
          event: (service web-service) (deployment ecs-svc/…) deployment completed.
          event: (service web-service) rolling back to deployment ecs-svc/….
          event: (service web-service) (deployment ecs-svc/…) deployment failed: tasks failed to start.
          event: (service web-service) has started 2 tasks: (task …) (task …).
        what to do: a computer with an ARM processor (Apple silicon) builds for ARM, and this task runs on another: build with `docker build --platform linux/amd64 -t 123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app:2 .` and push it under a new tag, or write `runtimePlatform: { cpuArchitecture: ARM64 }` into the task definition; then `labform apply`. ECS has given this deployment up: where nothing changes in lab.yaml, start it again with `aws ecs update-service --cluster ecs-lab-cluster --service web-service --force-new-deployment`

    Everything was made: mend the above, then `labform apply` goes on from here.
    ");
}

#[tokio::test]
async fn a_quota_is_told_from_an_event_alone() {
    let (sandbox, cloud) = account().await;
    let words = "was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run \
                 concurrently.";
    sandbox.with(|account| account.simulation(REGION).no_room("web-service", words));
    let settled = apply(&cloud, LAB_8, &Silent).await;
    let stuck = &settled.failed[&Address::new("service", "web")];
    let explanation = stuck.explanation.as_ref().unwrap();
    assert_eq!(explanation.cause, "Fargate quota reached");
    assert!(explanation.evidence[0].ends_with(words), "{explanation:#?}");
}
