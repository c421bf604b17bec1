//! The policies against the calls that really leave: none that isn't allowed, nothing allowed that isn't used.

mod apply_document;
mod calls;
mod documents;
mod life;

use std::time::Duration;

use super::*;
use crate::model::PolicyDocument;
use crate::spec::Source;
use calls::{RARE, actions};
use labform_account::Item;
use life::{Calls, Life};

const LAB_8: &str = include_str!("../../../lab.yaml");

const BUCKET: &str = include_str!("../../../examples/bucket-and-repository.yaml");
const JOB_ALONE: &str = include_str!("../../../examples/job-alone.yaml");
const SERVICE: &str = include_str!("../../../examples/service-without-load-balancer.yaml");
const SECRET: &str = include_str!("../../../examples/secret-for-a-service.yaml");
/// A lab that pushes an image, and a service that runs it.
const IMAGES: &str = include_str!("images.yaml");
const BUCKET_ALONE: &str = "lab: alone\nregion: eu-west-1\nbuckets: { a: { bucket: a-bucket } }\n";

/// The edits, one after the other, by which everything that Lab 8 says is changed once in each way that AWS has.
const EDITS: [(&str, &str); 15] = [
    ("project: ecs-lab", "project: lab-8"),
    ("status: Enabled", "status: Suspended"),
    ("blockPublicPolicy: true", "blockPublicPolicy: false"),
    ("scanOnPush: true", "scanOnPush: false"),
    ("countNumber: 10", "countNumber: 9"),
    ("retentionInDays: 7", "retentionInDays: 14"),
    ("HTTP access from internet", "HTTP access from the whole internet"),
    ("ipRanges: [{ cidrIp: 0.0.0.0/0 }]", "ipRanges: [{ cidrIp: 0.0.0.0/1 }]"),
    ("ipRanges: [{ cidrIp: 0.0.0.0/1 }]", "ipRanges: [{ cidrIp: 0.0.0.0/1, description: half }]"),
    ("healthCheckPath: /health", "healthCheckPath: /"),
    ("securityGroups: [alb]", "securityGroups: [alb, tasks]"),
    ("capacityProviders: [FARGATE]", "capacityProviders: [FARGATE, FARGATE_SPOT]"),
    ("scheme: internet-facing", "scheme: internal"),
    ("    port: 3000\n", "    port: 3001\n"),
    ("description: Security group for ECS tasks", "description: Security group for the tasks"),
];

/// More edits, of the lab's roles and of what runs.
const MORE_EDITS: [(&str, &str); 6] = [
    ("cidrIp: 0.0.0.0/0, desc", "cidrIp: 0.0.0.0/2, desc"),
    ("service-role/AmazonECSTaskExecutionRolePolicy", "AmazonS3ReadOnlyAccess"),
    ("policyName: ECRAccessPolicy", "policyName: ImageAccess"),
    ("Service: ecs-tasks.amazonaws.com", "Service: [ecs-tasks.amazonaws.com, ecs.amazonaws.com]"),
    ("value: production", "value: staging"),
    ("desiredCount: 2", "desiredCount: 1"),
];

fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

fn policies(text: &str, id: Option<&str>) -> BTreeMap<Command, Policy> {
    let source = source(text);
    let lab = source.at(&account(id, source.region())).unwrap();
    Command::ALL.map(|command| (command, Policy::of(&lab, command))).into()
}

fn allowed(policy: &Policy) -> BTreeSet<String> {
    policy.statement.iter().flat_map(|one| &one.action).map(|action| (*action).to_owned()).collect()
}

/// The same lab with nothing in it.
fn emptied(text: &str) -> String {
    let head = ["lab:", "region:"];
    let lines = text.lines().filter(|line| head.iter().any(|key| line.starts_with(key)));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The actions that the calls of `command` needed.
fn used(calls: &Calls, command: Command) -> BTreeSet<String> {
    calls.get(&command).into_iter().flatten().flat_map(|call| actions(call)).collect()
}

async fn life_of_lab_8() -> Life {
    let mut life = Life::new();
    life.read(LAB_8).await;
    life.apply_failing(LAB_8, "ecs-web-app").await;
    life.read(&emptied(LAB_8)).await;
    life.run(LAB_8, "classifier", None).await;
    life.look(LAB_8).await;
    life.run(LAB_8, "classifier", Some(Duration::ZERO)).await;
    let mut text = LAB_8.to_owned();
    for (from, to) in EDITS.into_iter().chain(MORE_EDITS) {
        assert!(text.contains(from), "lab.yaml has no `{from}`");
        text = text.replace(from, to);
        assert!(life.apply(&text).await > 0, "`{to}` changes nothing");
    }
    life.apply(&emptied(LAB_8)).await;
    life.apply(LAB_8).await;
    fill(&life).await;
    life.begin(LAB_8, "classifier").await;
    life.destroy(LAB_8).await;
    life.apply(LAB_8).await;
    life.overtake("image-classifier").await;
    life.read(&emptied(LAB_8)).await;
    life.entangle("ecs-lab-alb-sg", "ecs-lab-ecs-sg").await;
    life.destroy_by_tag(LAB_8).await;
    life
}

async fn life_of(text: &str) -> Life {
    let mut life = Life::new();
    life.read(text).await;
    life.apply(text).await;
    let tagged = text.replacen(
        "
region: ",
        "
tags: { owner: me }
region: ",
        1,
    );
    assert!(life.apply(&tagged).await > 0);
    for job in source(text).into_lab().jobs.into_keys() {
        life.run(text, &job, None).await;
    }
    life.look(text).await;
    life.read(&emptied(text)).await;
    life.destroy(text).await;
    life
}

/// Lab 8 whose job gets a file and gives one.
fn with_files() -> String {
    let files = "timeout: 30m\n    inputs: [{ file: a.txt, bucket: images, key: input/a }]\n    outputs: [{ bucket: images, \
                 key: output/a }]\n";
    LAB_8.replace("timeout: 30m\n", files)
}

async fn life_with_files() -> Life {
    let (mut life, text) = (Life::new(), with_files());
    life.apply(&text).await;
    life.run(&text, "classifier", None).await;
    life
}

/// A cluster that somebody else's task holds, to be destroyed and to be left out of the file.
async fn life_of_a_held_cluster() -> Life {
    let mut life = Life::new();
    life.apply(JOB_ALONE).await;
    life.hold("one-job-main", "one-job-hello").await;
    life.apply(&emptied(JOB_ALONE)).await;
    life.apply(JOB_ALONE).await;
    life.hold("one-job-main", "one-job-hello").await;
    life.destroy(JOB_ALONE).await;
    life
}

/// A secret that is made, changed, left out of the file and brought back.
async fn life_of_a_dropped_secret() -> Life {
    let mut life = life_of(SECRET).await;
    life.apply(SECRET).await;
    assert!(life.apply(&SECRET.replace("user and password", "login")).await > 0);
    life.apply(&emptied(SECRET)).await;
    life.apply(SECRET).await;
    life
}

/// Puts something into the bucket and the repository.
async fn fill(life: &Life) {
    let cloud = life.cloud().await;
    crate::cloud::identity(&cloud).await.unwrap();
    let bucket = "ecs-lab-images-123456789012-eu-west-1";
    for _ in 0..2 {
        let put = cloud.s3.put_object().bucket(bucket).key("input/image.jpg");
        put.body(b"image".to_vec().into()).send().await.unwrap();
    }
    let pushed = life.sandbox.with(|account| account.push_pretended_image("eu-west-1", "ecs-lab/web-app", "latest"));
    pushed.unwrap();
}

#[test]
fn each_policy_of_lab_8_is_a_document_that_aws_takes_as_one_managed_policy() {
    for (command, policy) in policies(LAB_8, Some("123456789012")) {
        let text = serde_json::to_string(&policy).unwrap();
        let document: PolicyDocument = serde_json::from_str(&text).unwrap();
        assert_eq!(document.0["Version"], "2012-10-17");
        assert!(policy.size() <= LIMIT, "{command:?}: {}", policy.size());
        assert_eq!(policy.size(), text.len(), "AWS counts no whitespace");
    }
}

#[tokio::test]
async fn no_call_is_left_out_and_nothing_is_allowed_that_no_call_needs() {
    let mut lives = vec![(LAB_8, life_of_lab_8().await.calls), (JOB_ALONE, life_of_a_held_cluster().await.calls)];
    let with_files = with_files();
    lives.push((&with_files, life_with_files().await.calls));
    lives.push((SECRET, life_of_a_dropped_secret().await.calls));
    for text in [BUCKET_ALONE, BUCKET, JOB_ALONE, SERVICE, IMAGES] {
        lives.push((text, life_of(text).await.calls));
    }
    let mut problems = Vec::new();
    for (text, calls) in &lives {
        for (command, policy) in policies(text, Some("123456789012")) {
            for action in used(calls, command).difference(&allowed(&policy)) {
                let lab = text.lines().find(|line| line.starts_with("lab:"));
                problems.push(format!("{lab:?}: {command:?} needs {action}"));
            }
        }
    }
    for (command, policy) in policies(&with_files, Some("123456789012")) {
        let used = lives.iter().flat_map(|(_, calls)| used(calls, command));
        let used: BTreeSet<String> = used.collect();
        let allowed = allowed(&policy);
        println!("{command:?}: {} actions allowed, {} used by all lives", allowed.len(), used.len());
        let idle = allowed.difference(&used).filter(|action| !RARE.iter().any(|(rare, _)| rare == action));
        problems.extend(idle.map(|action| format!("{command:?} never uses {action}")));
    }
    for (action, why) in RARE {
        println!("{action} is allowed and not used: {why}");
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The action that has to be allowed for the object to be made, and its ARN.
fn making(item: &Item) -> (&'static str, String) {
    let action = match item.kind {
        "ec2:security-group" => {
            let arn = format!("arn:aws:ec2:eu-west-1:123456789012:security-group/{}", item.id);
            return ("ec2:CreateSecurityGroup", arn);
        }
        "logs:log-group" => return ("logs:CreateLogGroup", format!("{}:log-stream:", item.id)),
        "s3:bucket" => "s3:CreateBucket",
        "ecr:repository" => "ecr:CreateRepository",
        "ecs:cluster" => "ecs:CreateCluster",
        "ecs:service" => "ecs:CreateService",
        "ecs:task-definition" => "ecs:RegisterTaskDefinition",
        "elasticloadbalancing:loadbalancer" => "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:targetgroup" => "elasticloadbalancing:CreateTargetGroup",
        "iam:role" => "iam:CreateRole",
        other => panic!("{other}: {}", item.id),
    };
    (action, item.id.clone())
}

/// Returns whether `pattern` stands for `text`, as IAM reads `*` and `?`.
fn stands_for(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, end) => end.is_none(),
        (Some('*'), Some(_)) => stands_for(&pattern[1..], text) || stands_for(pattern, &text[1..]),
        (Some('*'), None) => stands_for(&pattern[1..], text),
        (Some('?'), Some(_)) => stands_for(&pattern[1..], &text[1..]),
        (Some(a), Some(b)) => a == b && stands_for(&pattern[1..], &text[1..]),
        (Some(_), None) => false,
    }
}

/// The objects of Lab 8 before and after its target group was replaced.
async fn made() -> Vec<Item> {
    let mut life = Life::new();
    life.apply(LAB_8).await;
    let mut items = life.sandbox.inventory();
    life.apply(&LAB_8.replace("    port: 3000\n", "    port: 3001\n")).await;
    items.extend(life.sandbox.inventory());
    // A listener is made on its load balancer.
    items.retain(|item| item.tags.contains_key("labform:lab") && !item.kind.ends_with(":listener"));
    items
}

#[tokio::test]
async fn apply_may_make_the_objects_of_the_lab_under_their_names_and_no_others() {
    let may_make = |id: Option<&str>, (action, arn): (&str, &str)| {
        let policy = &policies(LAB_8, id)[&Command::Apply];
        let makes = |one: &&Statement| one.action.contains(action);
        let resources = policy.statement.iter().filter(makes).flat_map(|one| &one.resource);
        let mut resources = resources.filter(|pattern| stands_for(pattern, arn));
        resources.next().is_some()
    };
    let own = Some("123456789012");
    let items = made().await;
    assert_eq!(items.len(), 2 * 16);
    for (action, arn) in items.iter().map(making) {
        assert!(may_make(own, (action, &arn)), "{action} on {arn}");
        assert!(may_make(None, (action, &arn)), "{action} on {arn} in any account");
        let elsewhere = arn.replace("123456789012", "210987654321");
        assert!(!may_make(own, (action, &elsewhere)), "{action} on {elsewhere}");
    }
}
