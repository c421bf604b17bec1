//! Deletes that AWS refuses for a while, or for good.

use std::time::Duration;

use aws_sdk_ec2::types::{IpPermission, UserIdGroupPair};
use aws_sdk_ecs::types::{AwsVpcConfiguration, ContainerDefinition, NetworkConfiguration, NetworkMode};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, ProtocolEnum};
use serde_json::json;

use super::{Command, World, calm, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Scope;

const DESTROY: fn() -> Command = || Command::Destroy(Scope::all());
const MINUTE: Duration = Duration::from_secs(60);

/// Two security groups.
const GROUPS: &str = "
lab: ecs-lab
region: eu-west-1
vpc: default
securityGroups:
  one: { groupName: one }
  two: { groupName: two }
";
/// The lab with nothing in it.
const NOTHING: &str = "lab: ecs-lab\nregion: eu-west-1\n";
/// A bucket that may be emptied.
pub(super) const BUCKET: &str = "
lab: ecs-lab
region: eu-west-1
buckets:
  images: { bucket: the-images, versioningConfiguration: { status: Enabled }, onDestroy: empty }
";
/// A target group without a load balancer.
const TARGETS: &str = "
lab: ecs-lab
region: eu-west-1
vpc: default
targetGroups: { web: { protocol: HTTP, port: 80, targetType: ip } }
";
/// A cluster in which nothing runs.
const CLUSTER: &str = "lab: ecs-lab\nregion: eu-west-1\nclusters: { main: {} }\n";

pub(super) async fn applied(text: &str) -> World {
    let world = World::new().await;
    world.apply(text).await.done();
    world
}

impl World {
    async fn group_id(&self, name: &str) -> String {
        let cloud = self.neighbour().await;
        let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
        let mut groups = groups.security_groups().iter();
        groups.find(|group| group.group_name() == Some(name)).unwrap().group_id().unwrap().to_owned()
    }

    /// Lets a rule of group `one` name group `other`.
    async fn let_in(&self, one: &str, other: &str) {
        let pair = UserIdGroupPair::builder().group_id(self.group_id(other).await);
        let rule = IpPermission::builder().ip_protocol("-1").user_id_group_pairs(pair.build()).build();
        let cloud = self.neighbour().await;
        let allow = cloud.ec2.authorize_security_group_ingress().group_id(self.group_id(one).await);
        allow.ip_permissions(rule).send().await.unwrap();
    }

    /// Fills the bucket with these keys: for each, a version and the mark of its deletion.
    pub(super) fn fill(&self, keys: impl Iterator<Item = String>) {
        let keys: Vec<String> = keys.collect();
        self.sandbox.with(|account| {
            account.fill_bucket("the-images", keys.iter().cloned());
            account.mark_deleted("the-images", keys.into_iter());
        });
    }
}

#[test]
fn a_group_that_is_held_for_eight_minutes_goes() {
    trial(async {
        let world = applied(GROUPS).await;
        let begun = world.sandbox.now();
        let account = world.sandbox.clone();
        let held = move |call: &Call| {
            let age = account.now().duration_since(begun).unwrap();
            match call.operation == "DeleteSecurityGroup" && age < 8 * MINUTE {
                true => Trouble::Refused {
                    status: 400,
                    code: "DependencyViolation",
                    message: "resource sg-1 has a dependent object".to_owned(),
                },
                false => Trouble::None,
            }
        };
        world.run(&DESTROY(), GROUPS, held).await.done();
        assert!(world.took(begun) > 8 * MINUTE);
    });
}

#[test]
fn a_group_that_is_held_for_good_is_left_with_its_holder_named() {
    trial(async {
        let world = applied(GROUPS).await;
        let id = world.group_id("one").await;
        world.edit(|mut account| {
            let ec2 = &mut account["regions"]["eu-west-1"]["ec2"];
            let subnet = ec2["subnets"].as_object().unwrap().keys().next().cloned();
            ec2["interfaces"]["eni-0123"] = json!({
                "subnet": subnet, "groups": [id], "description": "AWS Lambda VPC ENI-resize-a-b-c-d-e",
                "requester": "AROALAMBDA", "address": "172.31.0.77", "created": 0,
            });
            account
        });
        let begun = world.sandbox.now();
        let said = world.destroy(GROUPS).await.failed();
        for word in ["securityGroup.one", "eni-0123", "Lambda function resize", "DependencyViolation"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(world.took(begun) < 22 * MINUTE, "{:?}", world.took(begun));
        assert_eq!(world.ours().len(), 1, "the other group is gone");
    });
}

#[test]
fn a_rule_of_a_strangers_group_is_named_and_not_touched() {
    trial(async {
        let world = applied(GROUPS).await;
        let cloud = world.neighbour().await;
        let watchers = cloud.ec2.create_security_group().group_name("watchers");
        watchers.description("theirs").send().await.unwrap();
        world.let_in("watchers", "one").await;
        world.settle_strangers();
        let said = world.destroy(GROUPS).await.failed();
        for word in ["securityGroup.one", "(watchers)", "take that rule out"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert_eq!(world.ours().len(), 1, "the other group is gone");
    });
}

#[test]
fn groups_that_name_each_other_go() {
    trial(async {
        for text in [GROUPS, NOTHING] {
            for command in [DESTROY(), Command::Apply] {
                let world = applied(GROUPS).await;
                world.let_in("one", "two").await;
                world.let_in("two", "one").await;
                let begun = world.sandbox.now();
                world.run(&command, text, calm).await.done();
                assert!(world.took(begun) < 2 * MINUTE, "{:?}", world.took(begun));
            }
        }
    });
}

#[test]
fn a_target_group_that_somebody_elses_listener_uses_is_left_with_its_holder_named() {
    trial(async {
        let world = applied(TARGETS).await;
        let cloud = world.neighbour().await;
        let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
        let subnets = subnets.subnets().iter().filter_map(|one| one.subnet_id());
        let theirs = cloud.elbv2.create_load_balancer().name("theirs");
        let theirs = theirs.set_subnets(Some(subnets.map(str::to_owned).collect())).send().await.unwrap();
        let group = cloud.elbv2.describe_target_groups().names("ecs-lab-web").send().await.unwrap();
        let forward = Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .target_group_arn(group.target_groups()[0].target_group_arn().unwrap());
        let listener = cloud.elbv2.create_listener().port(81).protocol(ProtocolEnum::Http);
        let listener = listener.default_actions(forward.build());
        let balancer = theirs.load_balancers()[0].load_balancer_arn().unwrap();
        listener.load_balancer_arn(balancer).send().await.unwrap();
        cloud.sleep(10 * MINUTE).await;
        world.settle_strangers();
        let begun = world.sandbox.now();
        let said = world.destroy(TARGETS).await.failed();
        for word in ["targetGroup.web", "HTTP:81", "load balancer theirs"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(world.took(begun) < 10 * MINUTE, "{:?}", world.took(begun));
    });
}

/// Runs somebody else's task in the lab's cluster, by itself for a while or as a service for good.
async fn theirs_runs(world: &World, as_service: Option<&str>) {
    let cloud = world.neighbour().await;
    let container = ContainerDefinition::builder().name("x").image("x").build();
    let register = cloud.ecs.register_task_definition().family("theirs").container_definitions(container);
    let register = register.network_mode(NetworkMode::Awsvpc).cpu("256").memory("512");
    let register = register.requires_compatibilities("FARGATE".into());
    register.send().await.unwrap();
    let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
    let subnet = subnets.subnets()[0].subnet_id().unwrap();
    let network = AwsVpcConfiguration::builder().subnets(subnet).build();
    let network = NetworkConfiguration::builder().awsvpc_configuration(network.unwrap());
    match as_service {
        None => {
            let run = cloud.ecs.run_task().cluster("ecs-lab-main");
            let run = run.task_definition("theirs").launch_type("FARGATE".into());
            let run = run.network_configuration(network.build());
            run.send().await.unwrap();
        }
        Some(name) => {
            let create = cloud.ecs.create_service().cluster("ecs-lab-main").service_name(name).desired_count(1);
            let create = create.task_definition("theirs").launch_type("FARGATE".into());
            let create = create.network_configuration(network.build());
            create.send().await.unwrap();
            cloud.sleep(10 * MINUTE).await;
        }
    }
    world.settle_strangers();
}

#[test]
fn a_cluster_waits_for_somebody_elses_task() {
    trial(async {
        let world = applied(CLUSTER).await;
        theirs_runs(&world, None).await;
        let ran = world.destroy(CLUSTER).await.done();
        let stops = |call: &Call| call.operation == "StopTask";
        assert!(!ran.calls.iter().any(stops), "it isn't the lab's");
    });
}

#[test]
fn a_cluster_with_somebody_elses_service_is_left_with_the_service_named() {
    trial(async {
        let world = applied(CLUSTER).await;
        theirs_runs(&world, Some("theirs")).await;
        let begun = world.sandbox.now();
        let said = world.destroy(CLUSTER).await.failed();
        for word in ["cluster.main", "ClusterContains", "service theirs"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(world.took(begun) < 12 * MINUTE, "{:?}", world.took(begun));
    });
}

#[test]
fn a_bucket_with_many_versions_marks_and_odd_keys_is_emptied() {
    trial(async {
        let world = applied(BUCKET).await;
        let odd = ["a b+c", "\u{e9}/&<>\"'", "a%2Fb", "tab\t", "line\n", "bell\u{7}", " ", "?x=1&y#z"];
        let many = (0..2_500).map(|number| format!("input/{number}.jpg"));
        world.fill(many.chain(odd.map(str::to_owned)));
        world.destroy(BUCKET).await.done();
    });
}

#[test]
fn objects_that_s3_did_not_delete_are_named_and_deleted_by_the_next_destroy() {
    trial(async {
        let world = applied(BUCKET).await;
        world.fill(["kept".to_owned()].into_iter());
        let partial = "<DeleteResult><Error><Key>kept</Key><Code>AccessDenied</Code>\
                       <Message>Access Denied</Message></Error></DeleteResult>";
        let fail = |call: &Call| match call.operation == "POST delete" {
            true => Trouble::Instead(partial.to_owned()),
            false => Trouble::None,
        };
        let said = world.run(&DESTROY(), BUCKET, fail).await.failed();
        for word in ["bucket.images: DeleteObjects: AccessDenied", "kept"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        world.destroy(BUCKET).await.done();
    });
}

#[test]
fn a_bucket_to_which_somebody_keeps_writing_is_given_up_after_a_while() {
    trial(async {
        let world = applied(BUCKET).await;
        let writer = world.clone();
        let write = move |call: &Call| {
            if call.operation == "DELETE " {
                writer.fill([format!("result-{}", call.number)].into_iter());
            }
            Trouble::None
        };
        let ran = world.run(&DESTROY(), BUCKET, write).await;
        assert!(ran.calls.len() < 100, "{}", ran.calls.len());
        let said = ran.failed();
        for word in ["bucket.images", "BucketNotEmpty"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        world.destroy(BUCKET).await.done();
    });
}
