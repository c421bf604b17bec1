//! Images on the embedded account, which pretends them: pushed before tasks start, moved, killed at each change.

use aws_sdk_ecr::types::ImageIdentifier;
use serde_json::{Value, json};

use super::neighbours::foreign_tags;
use super::{Command, End, World, calm, trial};
use crate::cloud::trouble::{Call, Trouble};

const LAB: &str = r#"
lab: ecs-lab
region: eu-west-1
vpc: default
repositories: { app: { onDestroy: empty } }
images: { app: { repository: app, mirror: "registry.example/app:v1" } }
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }
    managedPolicyArns: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
securityGroups: { tasks: { groupName: image-tasks } }
clusters: { main: {} }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions: [{ name: web, image: "${repositories.app.uri}:latest" }]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 2
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { securityGroups: [tasks], assignPublicIp: ENABLED } }
"#;

/// The lab whose image comes from something else.
fn moved() -> String {
    LAB.replace("app:v1", "app:v2")
}

impl World {
    /// The digest that each running task has, and the one that the tag stands for.
    async fn digests(&self) -> (Vec<String>, Option<String>) {
        let cloud = self.neighbour().await;
        let list = cloud.ecs.list_tasks().cluster("ecs-lab-main");
        let tasks = list.send().await.unwrap().task_arns.unwrap_or_default();
        let describe = cloud.ecs.describe_tasks().cluster("ecs-lab-main");
        let tasks = describe.set_tasks(Some(tasks)).send().await.unwrap();
        let running = tasks.tasks().iter().filter(|task| task.last_status() == Some("RUNNING"));
        let digests = running.map(|task| task.containers()[0].image_digest().unwrap_or("none").to_owned());
        let tag = self.tags().await.remove("latest");
        (digests.collect(), tag)
    }

    /// The digests of the repository's tags.
    async fn tags(&self) -> std::collections::BTreeMap<String, String> {
        let cloud = self.neighbour().await;
        let list = cloud.ecr.list_images().repository_name("ecs-lab-app");
        let ids = list.send().await.unwrap();
        let tag = |id: &ImageIdentifier| Some((id.image_tag()?.to_owned(), id.image_digest()?.to_owned()));
        ids.image_ids().iter().filter_map(tag).collect()
    }

    /// Asserts that every running task has the image that the tag stands for.
    async fn tasks_are_new(&self, point: &str) {
        let (running, tag) = self.digests().await;
        assert_eq!(running.len(), 2, "{point}");
        assert!(running.iter().all(|digest| Some(digest) == tag.as_ref()), "{point}: {running:?}, {tag:?}");
    }
}

#[test]
fn an_image_is_pushed_before_the_task_definition_and_goes_with_its_repository() {
    trial(async {
        let world = World::new().await;
        let ran = world.apply(LAB).await.done();
        let at = |operation: &str| {
            let mut calls = ran.calls.iter();
            calls.position(|call| call.operation == operation).unwrap()
        };
        assert!(at("PutImage") > at("CreateRepository"));
        assert!(at("PutImage") < at("RegisterTaskDefinition"));
        let tags = world.tags().await;
        assert_eq!(tags.len(), 2, "{tags:?}");
        world.tasks_are_new("apply").await;
        assert_eq!(world.apply(LAB).await.done().changes(), 0);
        world.destroy(LAB).await.done();
    });
}

#[test]
fn a_new_image_under_the_same_tag_reaches_the_tasks() {
    trial(async {
        let world = World::new().await;
        world.apply(LAB).await.done();
        let (_, before) = world.digests().await;
        let ran = world.apply(&moved()).await.done();
        let changes: Vec<&str> =
            ran.calls.iter().filter(|call| call.changes()).map(|call| call.operation.as_str()).collect();
        assert_eq!(changes, ["PutImage", "PutImage", "UpdateService"]);
        world.tasks_are_new("moved").await;
        assert_ne!(world.digests().await.1, before);
        assert_eq!(world.apply(&moved()).await.done().changes(), 0);
        // Back again only the tag moves: the image of then is still there.
        let back = world.apply(LAB).await.done();
        let puts = back.calls.iter().filter(|call| call.operation == "PutImage");
        assert_eq!(puts.count(), 1);
        assert_eq!(world.digests().await.1, before);
        world.tasks_are_new("back").await;
    });
}

#[test]
fn a_tag_that_somebody_moved_is_moved_back() {
    trial(async {
        let world = World::new().await;
        world.apply(LAB).await.done();
        let (_, before) = world.digests().await;
        world.sandbox.with(|account| account.push_pretended_image("eu-west-1", "ecs-lab-app", "latest"));
        assert_ne!(world.digests().await.1, before);
        world.apply(LAB).await.done();
        assert_eq!(world.digests().await.1, before);
    });
}

/// Kills at the `nth` call of `operation`.
fn kill(operation: &'static str, nth: usize, moment: Trouble) -> impl Fn(&Call) -> Trouble + Send + Sync + 'static {
    move |call| match call.operation == operation && call.nth == nth {
        true => moment.clone(),
        false => Trouble::None,
    }
}

#[test]
fn a_push_and_a_new_deployment_are_killed_at_each_change() {
    trial(async {
        let applied = World::new().await;
        applied.apply(LAB).await.done();
        let moved = moved();
        let (none, there) = (World::new().await, applied);
        for (world, text, operation, nth) in [
            (&none, LAB, "PutImage", 0),
            (&none, LAB, "PutImage", 1),
            (&there, &moved, "PutImage", 0),
            (&there, &moved, "PutImage", 1),
            (&there, &moved, "UpdateService", 0),
        ] {
            for moment in [Trouble::KillBefore, Trouble::KillAfter] {
                let point = format!("{moment:?} of {operation} {nth}");
                let world = world.fork();
                let killed = world.run(&Command::Apply, text, kill(operation, nth, moment)).await;
                assert!(matches!(killed.end, End::Killed), "{point}: {:?}", killed.end);
                world.apply(text).await.done();
                world.tasks_are_new(&point).await;
                world.destroy(text).await.done();
            }
        }
    });
}

#[test]
fn an_immutable_tag_stays_with_what_it_stands_for() {
    trial(async {
        let world = World::new().await;
        let immutable =
            |text: &str| text.replace("onDestroy: empty", "onDestroy: empty, imageTagMutability: IMMUTABLE");
        world.apply(&immutable(LAB)).await.done();
        let (_, before) = world.digests().await;
        let before = before.unwrap();
        let ran = world.apply(&immutable(&moved())).await;
        assert_eq!(ran.changes(), 0);
        let said = ran.failed();
        for words in ["image.app: ", "the repository's tags are immutable", &before, "imageTagMutability: MUTABLE"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let other = immutable(&moved()).replace("repository: app,", "repository: app, tag: v2,");
        world.apply(&other).await.done();
        assert_eq!(world.tags().await["latest"], before);
    });
}

#[test]
fn nothing_is_pushed_to_a_strangers_repository() {
    trial(async {
        let applied = World::new().await;
        applied.apply(LAB).await.done();
        for tags in foreign_tags("repository.app") {
            let world = applied.fork();
            world.swap("repository.app", &tags);
            let ran = world.apply(&moved()).await;
            assert_eq!(ran.changes(), 0, "{tags}");
            let said = ran.failed();
            assert!(said.contains("repository.app: ") && said.contains("image.app: "), "{said}");
        }
        // All of a sudden, between the plan and the push.
        let world = applied.fork();
        let none: Value = json!({});
        let meanwhile = async { world.swap("repository.app", &none) };
        let ran = world.run_late(&Command::Apply, &moved(), meanwhile, calm).await;
        let puts = ran.calls.iter().filter(|call| call.operation == "PutImage");
        assert_eq!(puts.count(), 0);
        assert!(ran.failed().contains("left alone"));
    });
}

#[test]
fn tasks_need_their_image() {
    trial(async {
        let without = LAB.replace("images: { app: { repository: app, mirror: \"registry.example/app:v1\" } }\n", "");
        let world = World::without_images().await;
        let said = world.apply(&without).await.failed();
        assert!(said.contains("CannotPullContainerError") && said.contains("not found"), "{said}");
        let world = World::without_images().await;
        world.apply(LAB).await.done();
    });
}
