//! The words of a delete while AWS refuses it, and how few calls some verbs take.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{SMALL, World, source, trial};
use crate::cloud::{Answer, Cloud, CloudError};
use crate::live::{self, Evidence, Object};
use crate::resource::{Content, Waiting, retry};

/// A group whose rule names another.
const GROUPS: &str = "
lab: ecs-lab
region: eu-west-1
vpc: default
securityGroups:
  alb: { groupName: alb-sg }
  tasks: { groupName: ecs-sg, ipPermissions: [{ ipProtocol: tcp, fromPort: 3000, toPort: 3000, userIdGroupPairs: [{ groupId: alb }] }] }
";
/// A bucket that nobody said may be emptied.
const BUCKET: &str = "
lab: ecs-lab
region: eu-west-1
buckets:
  images: { bucket: the-images, versioningConfiguration: { status: Enabled } }
";
/// A load balancer, and a task definition.
const TWO: &str = r#"
lab: ecs-lab
region: eu-west-1
vpc: default
loadBalancers: { web: { type: application } }
taskDefinitions:
  web: { cpu: "256", memory: "512", containerDefinitions: [{ name: web, image: nginx }] }
"#;

async fn applied(text: &str) -> (World, Cloud) {
    let world = World::new().await;
    world.apply(text).await.done();
    let cloud = world.neighbour().await;
    (world, cloud)
}

async fn object(cloud: &Cloud, text: &str, address: &str) -> Object {
    let reading = live::read_pretended(cloud, &source(text), Evidence::Direct).await.unwrap();
    let address = address.parse().unwrap();
    let mut found = reading.live.at(&address);
    found.next().unwrap().1.clone()
}

async fn delete(cloud: &Cloud, object: &Object, waiting: &Waiting) -> Result<(), CloudError> {
    let managed = object.kind.managed().unwrap();
    retry(cloud, waiting, || managed.delete(cloud, &object.live, Content::Keep, waiting)).await
}

/// The time for which the refusal of a delete was waited for, and its words.
async fn refusal(cloud: &Cloud, text: &str, address: &str) -> String {
    let object = object(cloud, text, address).await;
    let error = delete(cloud, &object, &Waiting::silent()).await.unwrap_err();
    let CloudError::Aws(Answer { waited: Some(waited), message, .. }) = error else { panic!("{error}") };
    format!("{} minutes: {message}", waited.as_secs() / 60)
}

#[test]
fn a_delete_names_what_holds_it_and_what_frees_it() {
    trial(async {
        let text = &SMALL.replace("desiredCount: 1", "desiredCount: 2");
        let (_world, cloud) = applied(text).await;
        cloud.sleep(Duration::from_secs(300)).await;
        let said = refusal(&cloud, text, "securityGroup.tasks").await;
        let parts = [
            "20 minutes: held by network interface eni-",
            "(in-use",
            "it goes with its task; ECS stops it with the service",
        ];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        assert_eq!(
            refusal(&cloud, text, "targetGroup.web").await,
            "5 minutes: held by listener HTTP:80 of load balancer ecs-lab-web, which forwards to it: the group is free \
             a moment after that listener is deleted, or forwards elsewhere"
        );
        assert_eq!(
            refusal(&cloud, text, "cluster.main").await,
            "10 minutes: held by service ecs-lab-web: delete it with `aws ecs delete-service --cluster ecs-lab-main \
             --service ecs-lab-web --force`, if it is yours; 2 tasks of service ecs-lab-web: ECS stops them with the \
             service, once its targets have drained"
        );
        let reasons = Arc::new(Mutex::new(Vec::new()));
        let heard = reasons.clone();
        let note = move |reason: &str| heard.lock().unwrap().push(reason.to_owned());
        let service = object(&cloud, text, "service.web").await;
        delete(&cloud, &service, &Waiting::new(note, CancellationToken::new())).await.unwrap();
        let mut reasons = reasons.lock().unwrap().clone();
        reasons.dedup();
        assert_eq!(
            reasons,
            [
                "draining: 2 targets of ecs-lab-web drain (for up to 300 s: deregistration_delay.timeout_seconds)",
                "draining: its stopped tasks give their network interfaces back",
            ]
        );
    });
}

#[test]
fn a_group_that_a_rule_names_says_which() {
    trial(async {
        let (_world, cloud) = applied(GROUPS).await;
        let tasks = object(&cloud, GROUPS, "securityGroup.tasks").await;
        let alb = object(&cloud, GROUPS, "securityGroup.alb").await;
        assert!(tasks.kind.links(&tasks.live).starts_with(&alb.kind.ids(&alb.live)));
        let said = refusal(&cloud, GROUPS, "securityGroup.alb").await;
        assert!(said.starts_with("20 minutes: held by the rule `tcp 3000 from sg-"), "{said}");
        assert!(said.contains("(ecs-sg): take that rule out"), "{said}");
        let still = object(&cloud, GROUPS, "securityGroup.tasks").await;
        assert_eq!((still.kind.links(&still.live), still.tags), (tasks.kind.links(&tasks.live), tasks.tags));
    });
}

#[test]
fn a_bucket_is_emptied_only_if_that_is_allowed() {
    trial(async {
        let (world, cloud) = applied(BUCKET).await;
        for key in ["input/a.png", "input/a.png", "output/r\u{e9}sultat 1.json"] {
            let put = cloud.s3.put_object().bucket("the-images").key(key);
            put.body(b"{}".to_vec().into()).send().await.unwrap();
        }
        cloud.s3.delete_object().bucket("the-images").key("input/a.png").send().await.unwrap();
        let said = world.destroy(BUCKET).await.failed();
        assert!(said.contains("4 versions") && said.contains("onDestroy: empty"), "{said}");
        world.destroy(&BUCKET.replace("{ bucket", "{ onDestroy: empty, bucket")).await.done();
    });
}

#[test]
fn a_first_revision_is_deleted_with_two_calls_and_load_balancers_are_listed_once() {
    trial(async {
        let (world, cloud) = applied(TWO).await;
        let revision = object(&cloud, TWO, "taskDefinition.web").await;
        let before = cloud.meter.total();
        delete(&cloud, &revision, &Waiting::silent()).await.unwrap();
        assert_eq!(cloud.meter.total() - before, 2);

        let listener = "listeners: { http: { port: 80, protocol: HTTP, defaultActions: [{ type: fixed-response, fixedResponseConfig: { statusCode: \"404\" } }] } }";
        let cloud = world.neighbour().await;
        let text = TWO.replace("type: application", &format!("type: application, {listener}"));
        live::read_pretended(&cloud, &source(&text), Evidence::Index).await.unwrap();
        assert_eq!(cloud.meter.by_operation()["elasticloadbalancing:DescribeLoadBalancers"], 1);
        assert_eq!(cloud.meter.by_operation()["elasticloadbalancing:DescribeListeners"], 1);
    });
}
