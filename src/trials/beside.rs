//! Things of strangers in and beside the lab's objects: what goes along with them, what stays, what holds them.

use std::time::Duration;

use serde_json::json;

use super::{SMALL, World, source, trial};
use crate::apply::foresee;
use crate::cloud::trouble::Call;
use crate::cloud::{Cloud, ECS, ELASTIC_LOAD_BALANCING};
use crate::live::{self, Evidence};
use crate::plan::{self, Plan, Scope};
use crate::resource::{Beside, Fate};

const PROTECTED: &str = "
lab: ecs-lab
region: eu-west-1
vpc: default
targetGroups: { web: { protocol: HTTP, port: 80, targetType: ip } }
loadBalancers:
  web:
    attributes: { deletion_protection.enabled: \"true\" }
    listeners: { http: { port: 80, protocol: HTTP, defaultActions: [{ type: forward, targetGroupArn: web }] } }
";

async fn applied(text: &str) -> (World, Cloud) {
    let world = World::new().await;
    world.apply(text).await.done();
    let cloud = world.neighbour().await;
    (world, cloud)
}

/// What a destroy would do, with what stands beside what it deletes.
async fn foreseen(cloud: &Cloud, text: &str) -> Plan {
    let reading = live::read_pretended(cloud, &source(text), Evidence::Direct).await.unwrap();
    let plan = plan::plan_destroy(&reading.lab.place, &reading.live, &Scope::all());
    let plan = foresee(cloud, Some(&reading.lab), &reading.live, plan).await;
    assert_eq!(plan.notes, []);
    plan
}

fn beside<'p>(plan: &'p Plan, address: &str) -> Vec<(Fate, &'p str)> {
    let change = plan.changes.iter().find(|change| change.address.to_string() == address).unwrap();
    change.beside.iter().map(|Beside { what, fate }| (*fate, what.as_str())).collect()
}

async fn balancer(cloud: &Cloud) -> String {
    let answer = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeLoadBalancers", json!({})).await.unwrap();
    answer["LoadBalancers"][0]["LoadBalancerArn"].as_str().unwrap().to_owned()
}

#[test]
fn what_goes_along_with_the_labs_objects_is_named() {
    trial(async {
        let (world, cloud) = applied(SMALL).await;
        let nothing = foreseen(&cloud, SMALL).await;
        assert!(nothing.changes.iter().all(|change| change.beside.is_empty()), "{nothing:?}");

        let actions = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
        let listener = json!({"LoadBalancerArn": balancer(&cloud).await, "Protocol": "HTTP", "Port": 8080,
            "DefaultActions": actions});
        cloud.call(&ELASTIC_LOAD_BALANCING, "CreateListener", listener).await.unwrap();
        let policy =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
        let put = cloud.iam.put_role_policy().role_name("ecs-lab-execution").policy_name("debug");
        put.policy_document(policy).send().await.unwrap();

        let plan = foreseen(&cloud, SMALL).await;
        let [(Fate::Goes, what)] = beside(&plan, "loadBalancer.web")[..] else { panic!("{plan:?}") };
        assert!(what.starts_with("listener HTTP:8080 (arn:aws:elasticloadbalancing:"), "{what}");
        assert_eq!(beside(&plan, "role.execution"), [(Fate::Goes, "inline policy debug")]);
        assert_eq!(plan.changes.iter().filter(|change| !change.beside.is_empty()).count(), 2);
        world.settle_strangers();
    });
}

#[test]
fn a_holder_of_others_ends_the_wait_at_once() {
    trial(async {
        let (world, cloud) = applied(SMALL).await;
        // A service of a colleague's in the lab's cluster, and a rule of hers that names the lab's group.
        let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
        let network = json!({"awsvpcConfiguration": {"subnets": [subnets.subnets()[0].subnet_id().unwrap()]}});
        let service = json!({"cluster": "ecs-lab-main", "serviceName": "annas", "taskDefinition": "ecs-lab-web",
            "desiredCount": 0, "launchType": "FARGATE", "networkConfiguration": network});
        let service = cloud.call(&ECS, "CreateService", service).await.unwrap();
        assert_eq!(service["service"]["status"], "ACTIVE");
        let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
        let group = cloud.ec2.create_security_group().group_name("annas").description("x");
        let group = group.vpc_id(vpcs.vpcs()[0].vpc_id().unwrap()).send().await.unwrap();
        let by_name = aws_sdk_ec2::types::Filter::builder().name("group-name").values("small-tasks").build();
        let ours = cloud.ec2.describe_security_groups().filters(by_name).send().await.unwrap();
        let pair = aws_sdk_ec2::types::UserIdGroupPair::builder();
        let pair = pair.group_id(ours.security_groups()[0].group_id().unwrap()).build();
        let rule = aws_sdk_ec2::types::IpPermission::builder().ip_protocol("tcp").from_port(1).to_port(1);
        let allow = cloud.ec2.authorize_security_group_ingress().group_id(group.group_id().unwrap());
        allow.ip_permissions(rule.user_id_group_pairs(pair).build()).send().await.unwrap();
        world.settle_strangers();

        let plan = foreseen(&cloud, SMALL).await;
        let [(Fate::Holds, what)] = beside(&plan, "cluster.main")[..] else { panic!("{plan:?}") };
        assert!(what.starts_with("service annas: delete it with `aws ecs delete-service"), "{what}");

        let begun = world.sandbox.now();
        let said = world.destroy(SMALL).await.failed();
        for words in [
            "cluster.main: DeleteCluster: ClusterContainsServicesException: held by what isn't the lab's: service annas",
            "securityGroup.tasks: DeleteSecurityGroup: DependencyViolation: held by what isn't the lab's: the rule",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        // The service drains for 5 minutes; nobody waits on for 10 or 20.
        let took = world.took(begun);
        assert!(took < Duration::from_secs(9 * 60), "{took:?}");
    });
}

#[test]
fn what_stands_in_a_vpc_is_named_with_the_command_that_takes_it_away() {
    trial(async {
        let lab = "lab: ecs-lab\nregion: eu-west-1\nvpcs: { main: { cidrBlock: 10.0.0.0/16 } }\n";
        let (world, cloud) = applied(lab).await;
        let ours = aws_sdk_ec2::types::Filter::builder().name("tag:labform:lab").values("ecs-lab").build();
        let vpcs = cloud.ec2.describe_vpcs().filters(ours).send().await.unwrap();
        let vpc = vpcs.vpcs()[0].vpc_id().unwrap();
        let group = cloud.ec2.create_security_group().group_name("annas").description("x").vpc_id(vpc);
        let group = group.send().await.unwrap().group_id.unwrap();
        let gateway = cloud.ec2.create_internet_gateway().send().await.unwrap().internet_gateway.unwrap();
        let gateway = gateway.internet_gateway_id.unwrap();
        cloud.ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(vpc).send().await.unwrap();
        world.settle_strangers();

        let said = world.destroy(lab).await.failed();
        for words in [
            format!("security group {group}: delete it with `aws ec2 delete-security-group --group-id {group}`"),
            format!(
                "internet gateway {gateway}: detach it with `aws ec2 detach-internet-gateway --vpc-id {vpc} \
                 --internet-gateway-id {gateway}`"
            ),
        ] {
            assert!(said.contains(&words), "{words}: {said}");
        }
    });
}

#[test]
fn a_protection_that_the_file_sets_is_taken_away_first() {
    trial(async {
        let (world, cloud) = applied(PROTECTED).await;
        let plan = foreseen(&cloud, PROTECTED).await;
        let words = "deletion_protection.enabled, which lab.yaml sets, is switched off";
        assert_eq!(beside(&plan, "loadBalancer.web"), [(Fate::Lifted, words)]);
        // An apply that is to delete it is refused whole.
        let ran = world.apply("lab: ecs-lab\nregion: eu-west-1\n").await;
        assert_eq!(ran.changes(), 0);
        assert!(ran.failed().starts_with("loadBalancer.web: deletion_protection.enabled is on"));
        world.destroy(PROTECTED).await.done();
    });
}

#[test]
fn a_protection_that_somebody_else_sets_is_told_before_anything_is_deleted() {
    trial(async {
        let bare = PROTECTED.replace("    attributes: { deletion_protection.enabled: \"true\" }\n", "");
        let (world, cloud) = applied(&bare).await;
        let attributes = json!([{"Key": "deletion_protection.enabled", "Value": "true"}]);
        let protect = json!({"LoadBalancerArn": balancer(&cloud).await, "Attributes": attributes});
        cloud.call(&ELASTIC_LOAD_BALANCING, "ModifyLoadBalancerAttributes", protect).await.unwrap();
        world.settle_strangers();
        let ran = world.destroy(&bare).await;
        assert_eq!(ran.changes(), 0);
        let said = ran.failed();
        assert!(
            said.starts_with("loadBalancer.web: deletion_protection.enabled is on, and only a destroy by"),
            "{said}"
        );
    });
}

/// A task for which no service speaks holds the group until it ends: with each refusal all clusters of the account would be
/// asked whose it is.
#[test]
fn who_else_holds_an_object_is_asked_once_while_it_is_waited_for() {
    trial(async {
        let (world, cloud) = applied(SMALL).await;
        let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
        let by_name = aws_sdk_ec2::types::Filter::builder().name("group-name").values("small-tasks").build();
        let ours = cloud.ec2.describe_security_groups().filters(by_name).send().await.unwrap();
        let group = ours.security_groups()[0].group_id().unwrap();
        let network = json!({"awsvpcConfiguration": {
            "subnets": [subnets.subnets()[0].subnet_id().unwrap()], "securityGroups": [group]}});
        cloud.call(&ECS, "CreateCluster", json!({"clusterName": "annas"})).await.unwrap();
        let task = json!({"cluster": "annas", "taskDefinition": "ecs-lab-web", "launchType": "FARGATE",
            "networkConfiguration": network});
        let started = cloud.call(&ECS, "RunTask", task).await.unwrap();
        assert_eq!(started["failures"], json!([]));
        world.settle_strangers();

        let ran = world.destroy(SMALL).await;
        let is_try = |call: &Call| call.operation == "DeleteSecurityGroup" && call.body.contains(group);
        let tries = ran.calls.iter().enumerate().filter(|(_, call)| is_try(call)).map(|(at, _)| at);
        let tries: Vec<usize> = tries.collect();
        assert!(tries.len() > 5, "{tries:?}");
        let between = &ran.calls[tries[0]..tries[tries.len() - 1]];
        assert_eq!(between.iter().filter(|call| call.operation == "ListClusters").count(), 1);
        ran.done();
    });
}

#[test]
fn a_load_balancer_of_others_in_the_labs_group_is_named() {
    trial(async {
        let (world, cloud) = applied(SMALL).await;
        let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
        let subnets: Vec<&str> = subnets.subnets().iter().filter_map(|subnet| subnet.subnet_id()).collect();
        let answer = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeLoadBalancers", json!({})).await.unwrap();
        let groups = &answer["LoadBalancers"][0]["SecurityGroups"];
        let hers = json!({"Name": "annas", "Subnets": subnets, "SecurityGroups": groups});
        cloud.call(&ELASTIC_LOAD_BALANCING, "CreateLoadBalancer", hers).await.unwrap();
        world.settle_strangers();
        let said = world.destroy(SMALL).await.failed();
        let words = "securityGroup.alb: DeleteSecurityGroup: DependencyViolation: held by what isn't the lab's: load \
                     balancer annas: give it another security group, or ask its owner to delete it";
        assert!(said.contains(words), "{said}");
    });
}
