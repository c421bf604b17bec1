//! Labs in a VPC that isn't theirs: on which side of it they stand, and what they mean by names that each VPC has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Command, World, calm, trial};
use crate::cloud::{EC2, ECS, ELASTIC_LOAD_BALANCING};

/// A network of another lab, and what stands there without subnets of its own.
const NETWORK: &str =
    "lab: course\nregion: eu-west-1\nvpcs: { main: { cidrBlock: 10.0.0.0/16, zones: 2, nat: one } }\n";
/// The same without any way out.
const CLOSED: &str = "
lab: course
region: eu-west-1
vpcs: { main: { cidrBlock: 10.0.0.0/16 } }
subnets:
  a: { vpcId: main, cidrBlock: 10.0.0.0/24, availabilityZone: eu-west-1a }
  b: { vpcId: main, cidrBlock: 10.0.1.0/24, availabilityZone: eu-west-1b }
";
const GUEST: &str = r#"
lab: ecs-lab
region: eu-west-1
vpc: class
existing: { vpcs: { class: { lab: course, name: main } } }
loadBalancers: { web: {}, api: { scheme: internal } }
clusters: { main: {} }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    containerDefinitions: [{ name: web, image: "public.ecr.aws/nginx/nginx:stable" }]
services:
  web:
    cluster: main
    taskDefinition: web
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
  api:
    cluster: main
    taskDefinition: web
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: {} }
"#;

#[test]
fn each_stands_on_its_side_of_somebody_elses_network() {
    trial(async {
        let world = World::new().await;
        world.apply(NETWORK).await.done();
        world.settle_strangers();
        let text = GUEST;
        let made = world.apply(text).await.done();
        let asked = |word: &str| made.calls.iter().filter(|call| call.operation == word).count();
        // For the plan, and for the proof that nothing is left to do.
        assert_eq!(asked("DescribeRouteTables"), 2);
        assert_eq!(world.apply(text).await.done().changes(), 0);

        let items = world.sandbox.inventory();
        let subnet = |id: &Value| {
            let id = id.as_str().unwrap_or_default();
            let item = items.iter().find(|item| item.id.ends_with(id)).expect("the subnet is there");
            item.tags["labform:resource"].replace("subnet.main.", "")
        };
        let cloud = world.neighbour().await;
        let balancers = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeLoadBalancers", json!({})).await.unwrap();
        let mut stand: Vec<String> = Vec::new();
        for balancer in balancers["LoadBalancers"].as_array().unwrap() {
            let zones = balancer["AvailabilityZones"].as_array().unwrap().iter().map(|zone| subnet(&zone["SubnetId"]));
            let mut zones: Vec<String> = zones.collect();
            zones.sort();
            stand.push(format!("{} {}", balancer["LoadBalancerName"].as_str().unwrap(), zones.join(" ")));
        }
        let asked = json!({"cluster": "ecs-lab-main", "services": ["ecs-lab-web", "ecs-lab-api"]});
        let services = cloud.call(&ECS, "DescribeServices", asked).await.unwrap();
        for service in services["services"].as_array().unwrap() {
            let network = &service["networkConfiguration"]["awsvpcConfiguration"];
            let subnets: Vec<String> = network["subnets"].as_array().unwrap().iter().map(subnet).collect();
            stand.push(format!("{} {}", service["serviceName"].as_str().unwrap(), subnets.join(" ")));
        }
        stand.sort();
        let expected = [
            "ecs-lab-api private-a private-b",
            "ecs-lab-api private-a private-b",
            "ecs-lab-web public-a public-b",
            "ecs-lab-web public-a public-b",
        ];
        assert_eq!(stand, expected);
        world.destroy(text).await.done();

        // AWS would refuse it without a way to the internet.
        let world = World::new().await;
        world.apply(CLOSED).await.done();
        world.settle_strangers();
        let ran = world.apply(text).await;
        assert_eq!(ran.changes(), 0);
        let said = ran.failed();
        assert!(said.contains("has a route to an internet gateway: name others in `subnets`"), "{said}");
    });
}

/// AWS would refuse it after all that comes before it was made.
#[test]
fn a_group_of_another_vpc_is_refused_before_anything_is_made() {
    trial(async {
        let world = World::new().await;
        let group = "securityGroups: { odd: { vpcId: main, groupName: course-odd, description: odd } }\n";
        world.apply(&format!("{NETWORK}{group}")).await.done();
        world.settle_strangers();
        let odd = "  securityGroups: { odd: { groupName: course-odd } }\n";
        for (kind, given, into) in [
            ("service.web", "{ assignPublicIp: ENABLED }", "{ assignPublicIp: ENABLED, securityGroups: [odd] }"),
            ("loadBalancer.web", "{ web: {},", "{ web: { securityGroups: [odd] },"),
        ] {
            let text = GUEST.replace(given, into);
            assert_ne!(text, GUEST);
            let way = "existing: { vpcs: { class: { lab: course, name: main } } }\n";
            let same =
                text.replace(way, &format!("existing:\n  vpcs: {{ class: {{ lab: course, name: main }} }}\n{odd}"));
            let other = text.replace(way, &format!("existing:\n{odd}")).replace("vpc: class", "vpc: default");
            world.fork().apply(&same).await.done();
            let ran = world.fork().apply(&other).await;
            assert_eq!(ran.changes(), 0);
            let said = ran.failed();
            assert!(said.starts_with(&format!("{kind}: securityGroup.odd (sg-")), "{said}");
            let vpcs = said.split(['`', ' ', ',', ':']).filter(|word| word.starts_with("vpc-"));
            assert_eq!(vpcs.collect::<BTreeSet<_>>().len(), 2, "{said}");
        }
    });
}

#[test]
fn a_subnet_that_somebody_adds_to_a_named_zone_moves_nothing() {
    trial(async {
        let world = World::new().await;
        world.apply(NETWORK).await.done();
        world.settle_strangers();
        let zones = "subnets: [eu-west-1a, eu-west-1b]";
        let text = GUEST
            .replace(
                "{ web: {}, api: { scheme: internal } }",
                &format!("{{ web: {{ {zones} }}, api: {{ scheme: internal, {zones} }} }}"),
            )
            .replace("awsvpcConfiguration: {}", &format!("awsvpcConfiguration: {{ {zones} }}"));
        world.apply(&text).await.done();
        // Some of so many have lower ids than those that are there.
        let cloud = world.neighbour().await;
        let asked = json!({"Filter": [{"Name": "is-default", "Value": ["false"]}]});
        let vpcs = cloud.call(&EC2, "DescribeVpcs", asked).await.unwrap();
        let vpc = &vpcs["vpcSet"][0]["vpcId"];
        for n in 200..220 {
            let cidr = format!("10.0.{n}.0/24");
            let asked = json!({"VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": "eu-west-1a"});
            cloud.call(&EC2, "CreateSubnet", asked).await.unwrap();
        }
        world.settle_strangers();
        assert_eq!(world.apply(&text).await.done().changes(), 0);
    });
}

#[test]
fn a_group_that_each_vpc_has_is_that_of_the_labs_vpc() {
    trial(async {
        let world = World::new().await;
        world.apply(NETWORK).await.done();
        world.settle_strangers();
        let lab = |vpc: &str| {
            format!(
                "lab: ecs-lab\nregion: eu-west-1\n{vpc}\nsecurityGroupRules:\n  it: {{ groupId: shared, ipProtocol: tcp, \
                 fromPort: 80, toPort: 80, cidrIpv4: 10.0.0.0/16 }}\nexisting:\n  vpcs: {{ class: {{ lab: course, name: main }} \
                 }}\n  securityGroups: {{ shared: {{ groupName: default }} }}\n"
            )
        };
        let mut groups = BTreeSet::new();
        for vpc in ["vpc: default", "vpc: class"] {
            let world = world.fork();
            let text = lab(vpc);
            world.apply(&text).await.done();
            assert_eq!(world.apply(&text).await.done().changes(), 0);
            let cloud = world.neighbour().await;
            let asked = json!({"Filter": [{"Name": "tag:labform:lab", "Value": ["ecs-lab"]}]});
            let rules = cloud.call(&EC2, "DescribeSecurityGroupRules", asked).await.unwrap();
            groups.insert(rules["securityGroupRuleSet"][0]["groupId"].as_str().unwrap().to_owned());
            world.destroy(&text).await.done();
        }
        assert_eq!(groups.len(), 2);
        let said = world.unasked(&Command::Apply, &lab(""), async {}, calm).await.failed();
        assert!(said.contains("`default` are"), "{said}");
    });
}
