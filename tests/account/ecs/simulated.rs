//! Jobs that do what they are told to, through the SDK's own clients.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_sdk_ecs::types::{Task, TaskStopCode};

use crate::testing::{config, create_service, furnish, logs, pass, service, web_task};
use labform_account::{Assignment, Ending, Instruction, PutObject, Sandbox, SimulatedRun, TaskOutcome};

const BY: &str = "lab/classifier";
const REGION: &str = "eu-west-1";

async fn account(run: SimulatedRun) -> (Sandbox, aws_sdk_ecs::Client) {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    sandbox.with(|account| account.simulation(REGION).job_runs(BY, Some(run)));
    (sandbox, ecs)
}

async fn start(sandbox: &Sandbox, by: &str) -> String {
    web_task(sandbox).await.started_by(by).send().await.unwrap().tasks()[0].task_arn().unwrap().to_owned()
}

async fn described(ecs: &aws_sdk_ecs::Client, arn: &str) -> Task {
    ecs.describe_tasks().cluster("main").tasks(arn).send().await.unwrap().tasks()[0].clone()
}

/// The log of the task as FilterLogEvents gives it: milliseconds after the first line, and the line.
async fn log(sandbox: &Sandbox, arn: &str) -> Vec<(i64, String)> {
    let stream = format!("ecs/app/{}", arn.rsplit('/').next().unwrap());
    let call = logs(sandbox).filter_log_events().log_group_name("/lab");
    let events = call.log_stream_names(stream).send().await.unwrap();
    let first = events.events().first().and_then(FilteredLogEvent::timestamp);
    let event = |event: &FilteredLogEvent| {
        let after = event.timestamp().unwrap() - first.unwrap_or_default();
        (after, event.message().unwrap().to_owned())
    };
    events.events().iter().map(event).collect()
}

async fn ended(sandbox: &Sandbox, ecs: &aws_sdk_ecs::Client, arn: &str) -> Task {
    for _ in 0..600 {
        let task = described(ecs, arn).await;
        if task.last_status() == Some("STOPPED") {
            return task;
        }
        pass(sandbox, 1).await;
    }
    panic!("it never stops");
}

fn s3(sandbox: &Sandbox) -> aws_sdk_s3::Client {
    let path_style = aws_sdk_s3::config::Builder::from(&config(sandbox)).force_path_style(true);
    aws_sdk_s3::Client::from_conf(path_style.build())
}

async fn object(sandbox: &Sandbox, bucket: &str, key: &str) -> Option<Vec<u8>> {
    let object = s3(sandbox).get_object().bucket(bucket).key(key).send().await.ok()?;
    Some(object.body.collect().await.unwrap().to_vec())
}

async fn make_bucket(sandbox: &Sandbox, bucket: &str) {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
    let create = s3(sandbox).create_bucket().bucket(bucket);
    create.create_bucket_configuration(place).send().await.unwrap();
}

fn result() -> PutObject {
    PutObject {
        bucket: "images".to_owned(),
        key: "output/result.json".to_owned(),
        content: r#"{"label":"tiger"}"#.to_owned(),
    }
}

#[tokio::test]
async fn lines_come_while_it_works_and_objects_at_its_end() {
    let outcome = TaskOutcome::exits(0, &["loading the model", "a tiger (0.97)"]);
    let outcome = outcome.taking(Duration::from_secs(30)).putting(vec![result()]);
    let (sandbox, ecs) = account(SimulatedRun::Pretended(outcome)).await;
    make_bucket(&sandbox, "images").await;
    let arn = start(&sandbox, BY).await;
    pass(&sandbox, 25 + 12).await;
    assert_eq!(described(&ecs, &arn).await.last_status(), Some("RUNNING"));
    let half = log(&sandbox, &arn).await;
    assert_eq!(half.len(), 2, "{half:?}");
    assert!(half[0].1.starts_with("pretended: nothing was run"), "{half:?}");
    assert_eq!(half[1], (10_000, "loading the model".to_owned()));
    assert_eq!(object(&sandbox, "images", "output/result.json").await, None);

    let task = ended(&sandbox, &ecs, &arn).await;
    assert_eq!(task.containers()[0].exit_code(), Some(0));
    let whole: Vec<_> = log(&sandbox, &arn).await.into_iter().skip(2).collect();
    let at = |line: usize| (whole[line].0, whole[line].1.as_str());
    assert_eq!(at(0), (20_000, "a tiger (0.97)"));
    let put = "pretended: PutObject s3://images/output/result.json: 17 bytes";
    assert_eq!(at(1), (30_000, put));
    assert!(at(2).1.starts_with("pretended: the container ended with exit code 0"));
    let object = object(&sandbox, "images", "output/result.json").await;
    assert_eq!(object.as_deref(), Some(result().content.as_bytes()));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_makes_it_fail() {
    let outcome = TaskOutcome::exits(0, &[]).taking(Duration::from_secs(5));
    let (sandbox, ecs) = account(SimulatedRun::Pretended(outcome.putting(vec![result()]))).await;
    let arn = start(&sandbox, BY).await;
    let task = ended(&sandbox, &ecs, &arn).await;
    assert_eq!(task.containers()[0].exit_code(), Some(1));
    let log = log(&sandbox, &arn).await;
    assert!(log[1].1.contains("NoSuchBucket"), "{log:?}");
    assert!(log[2].1.contains("exit code 1"), "{log:?}");
}

#[tokio::test]
async fn what_a_job_does_is_no_business_of_a_service_or_of_another_job() {
    let never = TaskOutcome::never_starts("CannotPullContainerError: not found");
    let (sandbox, ecs) = account(SimulatedRun::Pretended(never)).await;
    create_service(&sandbox).await;
    let other = start(&sandbox, "lab/other").await;
    let arn = start(&sandbox, BY).await;
    let task = ended(&sandbox, &ecs, &arn).await;
    let code = task.stop_code().map(TaskStopCode::as_str);
    assert_eq!(code, Some("TaskFailedToStart"));
    assert_eq!(task.stopped_reason(), Some("CannotPullContainerError: not found"));
    assert_eq!(task.containers()[0].exit_code(), None);
    let other = ended(&sandbox, &ecs, &other).await;
    assert_eq!(other.containers()[0].exit_code(), Some(0));
    pass(&sandbox, 120).await;
    assert_eq!(service(&sandbox).await.running_count(), 2);
}

#[tokio::test]
async fn a_job_that_is_stopped_writes_no_more() {
    let outcome = TaskOutcome::exits(0, &["never seen"]).taking(Duration::from_secs(60));
    let (sandbox, ecs) = account(SimulatedRun::Pretended(outcome.putting(vec![result()]))).await;
    make_bucket(&sandbox, "images").await;
    let arn = start(&sandbox, BY).await;
    pass(&sandbox, 40).await;
    let stop = ecs.stop_task().cluster("main").task(&arn).send().await;
    stop.unwrap();
    let task = ended(&sandbox, &ecs, &arn).await;
    pass(&sandbox, 120).await;
    assert_eq!(task.containers()[0].exit_code(), Some(143));
    assert!(!log(&sandbox, &arn).await.iter().any(|(_, line)| line == "never seen"));
    assert_eq!(object(&sandbox, "images", "output/result.json").await, None);
}

fn take_over(sandbox: &Sandbox) -> Option<Assignment> {
    sandbox.with(|account| account.take_over(REGION, BY))
}

fn report(sandbox: &Sandbox, task: &str, lines: &[&str]) -> Instruction {
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    sandbox.with(|account| account.report(REGION, task, &lines))
}

#[tokio::test]
async fn a_task_that_runs_outside_ends_as_it_is_told() {
    let (sandbox, ecs) = account(SimulatedRun::Reported).await;
    assert_eq!(take_over(&sandbox), None);
    let arn = start(&sandbox, BY).await;
    let task = take_over(&sandbox).unwrap();
    assert!(arn.ends_with(&task.task));
    assert_eq!(task.containers[0]["name"], "app");
    assert_eq!(take_over(&sandbox), None, "one runs it");
    assert_eq!(report(&sandbox, &task.task, &[]), Instruction::Wait);
    pass(&sandbox, 30).await;
    assert_eq!(report(&sandbox, &task.task, &["one", "two"]), Instruction::GoOn);
    pass(&sandbox, 600).await;
    assert_eq!(described(&ecs, &arn).await.last_status(), Some("RUNNING"));
    sandbox.with(|account| account.report_end(REGION, &task.task, &Ending::Exit(7)));
    let ended = ended(&sandbox, &ecs, &arn).await;
    assert_eq!(ended.containers()[0].exit_code(), Some(7));
    let log: Vec<String> = log(&sandbox, &arn).await.into_iter().map(|(_, line)| line).collect();
    assert_eq!(log[1..3], ["one", "two"]);
    assert!(log[0].starts_with("not pretended"), "{log:?}");
    assert_eq!(report(&sandbox, &task.task, &[]), Instruction::Stop);

    sandbox.with(|account| {
        account.simulation(REGION).job_runs(BY, Some(SimulatedRun::Reported));
    });
    let arn = start(&sandbox, BY).await;
    let task = take_over(&sandbox).unwrap();
    pass(&sandbox, 30).await;
    let never = Ending::NeverStarted("CannotStartContainerError: exec".to_owned());
    sandbox.with(|account| account.report_end(REGION, &task.task, &never));
    let ended = self::ended(&sandbox, &ecs, &arn).await;
    assert_eq!(ended.containers()[0].exit_code(), None);
    assert_eq!(ended.stopped_reason(), Some("CannotStartContainerError: exec"));
}

#[tokio::test]
async fn a_task_that_runs_outside_is_told_to_stop_and_says_how_it_did() {
    for (says, code) in [(Some(0), 0), (None, 137)] {
        let (sandbox, ecs) = account(SimulatedRun::Reported).await;
        let arn = start(&sandbox, BY).await;
        let task = take_over(&sandbox).unwrap();
        pass(&sandbox, 30).await;
        assert_eq!(report(&sandbox, &task.task, &[]), Instruction::GoOn);
        let stop = ecs.stop_task().cluster("main").task(&arn).send().await;
        stop.unwrap();
        assert_eq!(report(&sandbox, &task.task, &["ending"]), Instruction::Stop);
        pass(&sandbox, 20).await;
        assert_eq!(described(&ecs, &arn).await.last_status(), Some("STOPPING"));
        if let Some(says) = says {
            sandbox.with(|account| account.report_end(REGION, &task.task, &Ending::Exit(says)));
        }
        let ended = ended(&sandbox, &ecs, &arn).await;
        assert_eq!(ended.containers()[0].exit_code(), Some(code));
        assert_eq!(ended.stopped_reason(), Some("Task stopped by user"));
    }
}

#[tokio::test]
async fn a_task_that_nobody_runs_any_more_ends() {
    let (sandbox, ecs) = account(SimulatedRun::Reported).await;
    let arn = start(&sandbox, BY).await;
    let task = take_over(&sandbox).unwrap();
    pass(&sandbox, 30).await;
    report(&sandbox, &task.task, &[]);
    // By the wall's clock, which this test can't move: what was heard of it becomes old.
    sandbox.with(|account| account.forget_reports(REGION, &task.task));
    let ended = ended(&sandbox, &ecs, &arn).await;
    assert_eq!(ended.containers()[0].exit_code(), Some(137));
    let log = log(&sandbox, &arn).await;
    assert!(log.iter().any(|(_, line)| line.contains("is gone")), "{log:?}");
}

#[tokio::test]
async fn an_image_that_the_registry_has_is_named_by_its_digest() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let ecr = aws_sdk_ecr::Client::new(&config(&sandbox));
    ecr.create_repository().repository_name("app").send().await.unwrap();
    let digest = sandbox.with(|account| account.push_pretended_image(REGION, "app", "1"));
    let uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1";
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image(uri);
    let register = ecs.register_task_definition().family("web").cpu("256").memory("512");
    let register = register.network_mode(aws_sdk_ecs::types::NetworkMode::Awsvpc);
    let register = register.requires_compatibilities(aws_sdk_ecs::types::Compatibility::Fargate);
    let register = register.execution_role_arn("arn:aws:iam::123456789012:role/execution");
    register.container_definitions(container.build()).send().await.unwrap();
    let arn = start(&sandbox, BY).await;
    assert_eq!(described(&ecs, &arn).await.containers()[0].image_digest(), None);
    pass(&sandbox, 30).await;
    sandbox.with(|account| account.push_pretended_image(REGION, "app", "1"));
    let task = described(&ecs, &arn).await;
    assert_eq!(task.containers()[0].image_digest(), digest.as_deref());
}
