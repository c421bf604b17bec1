//! Labs that use what isn't theirs: found in every way, never changed, and left when they go.

use std::collections::BTreeMap;

use super::{Command, SMALL, World, calm, source, trial};
use crate::live::{self, Evidence};
use crate::plan::Scope;

/// The part that a class shares: all but the service.
fn teacher() -> String {
    let text = SMALL.split("taskDefinitions:").next().unwrap_or_default();
    text.replace("lab: ecs-lab", "lab: course").replace("${lab}-small-${account}", "${lab}-data-${account}")
}

/// A lab that uses the shared part, each thing found by `ways`.
fn student(ways: &str) -> String {
    format!(
        r#"
lab: anna
region: eu-west-1
vpc: default
existing:
{ways}
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions:
      - name: web
        image: "${{repositories.app.uri}}:latest"
        portMappings: [{{ containerPort: 3000 }}]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    networkConfiguration:
      awsvpcConfiguration: {{ securityGroups: [tasks], assignPublicIp: ENABLED }}
    loadBalancers: [{{ targetGroupArn: web, containerName: web, containerPort: 3000 }}]
outputs: {{ arns: "${{clusters.main.arn}} ${{buckets.images.arn}} ${{logGroups.app.arn}}" }}
"#
    )
}

const BY_NAME: &str = r#"
  clusters: { main: { clusterName: course-main } }
  repositories: { app: { repositoryName: course-app } }
  logGroups: { app: { logGroupName: /ecs/course/app } }
  roles: { execution: { roleName: course-execution } }
  securityGroups: { tasks: { groupName: small-tasks } }
  targetGroups: { web: { name: course-web } }
  buckets: { images: { bucket: "course-data-${account}" } }
"#;

const BY_LAB: &str = "
  clusters: { main: { lab: course, name: main } }
  repositories: { app: { lab: course, name: app } }
  logGroups: { app: { lab: course, name: app } }
  roles: { execution: { lab: course, name: execution } }
  securityGroups: { tasks: { lab: course, name: tasks } }
  targetGroups: { web: { lab: course, name: web } }
  buckets: { images: { lab: course, name: images } }
";

async fn taught() -> World {
    let world = World::new().await;
    world.apply(&teacher()).await.done();
    world.settle_strangers();
    world
}

#[test]
fn a_lab_uses_what_another_keeps_and_leaves_it() {
    trial(async {
        let world = taught().await;
        for ways in [BY_NAME, BY_LAB] {
            let world = world.fork();
            let text = student(ways);
            let made = world.apply(&text).await.done();
            assert!(made.changes() > 0);
            assert_eq!(world.apply(&text).await.done().changes(), 0, "{ways}");
            let cloud = world.neighbour().await;
            let reading = live::read_pretended(&cloud, &source(&text), Evidence::Index).await.unwrap();
            let plan = crate::plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
            let outputs: BTreeMap<_, _> = plan.outputs.into_iter().map(|(name, value)| (name, value.shown())).collect();
            let arns = "arn:aws:ecs:eu-west-1:123456789012:cluster/course-main arn:aws:s3:::course-data-123456789012 \
                        arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/course/app";
            assert_eq!(outputs["arns"], arns);
            world.destroy(&text).await.done();
            assert_eq!(world.apply(&teacher()).await.done().changes(), 0, "{ways}");
        }
    });
}

#[test]
fn an_arn_or_an_id_stands_for_a_name() {
    trial(async {
        let world = taught().await;
        let items = world.sandbox.inventory();
        let id = |address: &str| {
            let is_it =
                |tags: &BTreeMap<String, String>| tags.get("labform:resource").is_some_and(|tag| tag == address);
            items.iter().find(|item| is_it(&item.tags)).expect("the teacher has it").id.clone()
        };
        let text = student(
            "  repositories: { app: { repositoryName: course-app } }\n  buckets: { images: { lab: course, name: images } }",
        );
        let group = id("securityGroup.tasks");
        let group = group.rsplit('/').next().unwrap();
        let text = text
            .replace("cluster: main", &format!("cluster: {}", id("cluster.main")))
            .replace("executionRoleArn: execution", &format!("executionRoleArn: {}", id("role.execution")))
            .replace("[tasks]", &format!("[{group}]"))
            .replace("targetGroupArn: web", &format!("targetGroupArn: {}", id("targetGroup.web")));
        let text = text.split("outputs:").next().unwrap_or_default();
        world.apply(text).await.done();
        assert_eq!(world.apply(text).await.done().changes(), 0);
        world.destroy(text).await.done();
        assert_eq!(world.apply(&teacher()).await.done().changes(), 0);
    });
}

#[test]
fn a_rule_stands_at_somebody_elses_listener() {
    trial(async {
        let world = taught().await;
        let shared = "listeners: { shared: { lab: course, name: web.http } }";
        let ways = BY_LAB.replace("targetGroups: { web: { lab: course, name: web } }", shared);
        let text = student(&ways)
            + "
targetGroups: { web: { protocol: HTTP, port: 3000, targetType: ip } }
listenerRules:
  anna:
    listener: shared
    priority: 10
    conditions: [{ field: path-pattern, values: [/anna] }]
    actions: [{ type: forward, targetGroupArn: web }]
";
        world.apply(&text).await.done();
        assert_eq!(world.apply(&text).await.done().changes(), 0);
        world.destroy(&text).await.done();
        assert_eq!(world.apply(&teacher()).await.done().changes(), 0);
    });
}

#[test]
fn a_listener_is_found_by_its_load_balancer_and_port() {
    trial(async {
        let world = taught().await;
        let arn = world.sandbox.inventory().into_iter().find(|item| item.kind.ends_with(":loadbalancer")).unwrap().id;
        for balancer in ["course-web", arn.as_str()] {
            let world = world.fork();
            let way = format!("loadBalancerArn: \"{balancer}\", port: 80");
            let text = format!(
                "lab: ecs-lab\nregion: eu-west-1\nvpc: default\nexisting: {{ listeners: {{ shared: {{ {way} }} }} }}
listenerRules:
  it:
    listener: shared
    priority: auto
    conditions: [{{ field: path-pattern, values: [/it] }}]
    actions: [{{ type: fixed-response, fixedResponseConfig: {{ statusCode: \"200\" }} }}]
"
            );
            world.apply(&text).await.done();
            assert_eq!(world.apply(&text).await.done().changes(), 0);
            world.destroy(&text).await.done();
            let none = text.replace("port: 80", "port: 81");
            let said = world.unasked(&Command::Apply, &none, async {}, calm).await.failed();
            assert!(said.contains("there is no listener `course-web:81` in eu-west-1"), "{said}");
        }
    });
}

/// A lab destroys what it owns and its file doesn't have: it would destroy what it uses.
#[test]
fn what_the_lab_owns_is_not_taken_for_somebody_elses() {
    trial(async {
        let world = World::new().await;
        world.apply("lab: ecs-lab\nregion: eu-west-1\nclusters: { main: {} }\n").await.done();
        let text =
            "lab: ecs-lab\nregion: eu-west-1\nexisting: { clusters: { shared: { clusterName: ecs-lab-main } } }\n";
        let ran = world.run(&Command::Apply, text, calm).await;
        assert_eq!(ran.changes(), 0);
        let said = ran.failed();
        assert!(said.starts_with("cluster.shared: `ecs-lab-main` is cluster.main of this lab"), "{said}");
    });
}

#[test]
fn what_is_missing_or_ambiguous_is_told_at_once() {
    trial(async {
        let world = taught().await;
        let ways = BY_NAME
            .replace("course-main", "course-mian")
            .replace("{ groupName: small-tasks }", "{ tags: { environment: development } }")
            .replace("roleName: course-execution", "lab: course, name: executoin");
        let ran = world.unasked(&Command::Apply, &student(&ways), async {}, calm).await;
        insta::assert_snapshot!(without_ids(&ran.failed()), @"
        lab.yaml:7:15: cluster.main: there is no cluster `course-mian` in eu-west-1
          |
        7 |   clusters: { main: { clusterName: course-mian } }
          |               ^^^^
          = did you mean `course-main`?

        lab.yaml:10:12: role.execution: there is no role `executoin` of the lab `course` in eu-west-1
           |
        10 |   roles: { execution: { lab: course, name: executoin } }
           |            ^^^^^^^^^
           = is it applied? see `labform status` of `course`

        lab.yaml:11:21: securityGroup.tasks: tagged environment=development are 2 securityGroups: sg-ID, sg-ID
           |
        11 |   securityGroups: { tasks: { tags: { environment: development } } }
           |                     ^^^^^
           = write the `groupId` of the one that is meant
        ");
    });
}

/// The same text with `sg-ID` for ids of groups.
fn without_ids(text: &str) -> String {
    let mut parts = text.split("sg-");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + "sg-ID" + part.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
}
