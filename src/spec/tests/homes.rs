//! Networks of the lab's own: the short form, and what stands in one by itself.

use super::*;

const NETWORK: &str = "lab: demo
region: eu-west-1
vpc: main
vpcs: { main: { cidrBlock: 10.0.0.0/16, zones: 2, nat: one } }
";

/// A resource's section as a kind reads it.
fn section(lab: &Lab, address: &str) -> serde_json::Value {
    lab.nodes[&address.parse().unwrap()].value.clone()
}

#[test]
fn what_says_no_network_stands_in_the_labs() {
    let text = format!(
        "{NETWORK}
clusters: {{ c: {{}} }}
taskDefinitions:
  t: {{ networkMode: awsvpc, cpu: 256, memory: 512, containerDefinitions: [{{ name: a, image: nginx }}] }}
securityGroups: {{ own: {{}} }}
targetGroups: {{ web: {{ protocol: HTTP, port: 80, targetType: ip }} }}
loadBalancers: {{ web: {{}}, inner: {{ scheme: internal }} }}
services:
  private: {{ cluster: c, taskDefinition: t, networkConfiguration: {{ awsvpcConfiguration: {{}} }} }}
  said:
    cluster: c
    taskDefinition: t
    networkConfiguration: {{ awsvpcConfiguration: {{ subnets: [main.public-a], assignPublicIp: ENABLED }} }}
jobs:
  once: {{ cluster: c, taskDefinition: t, networkConfiguration: {{ awsvpcConfiguration: {{}} }} }}
"
    );
    let lab = read(&text, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let (public, private) = (
        serde_json::json!(["main.public-a", "main.public-b"]),
        serde_json::json!(["main.private-a", "main.private-b"]),
    );
    assert_eq!(section(&lab, "securityGroup.own")["vpcId"], "main");
    assert_eq!(section(&lab, "targetGroup.web")["vpcId"], "main");
    assert_eq!(section(&lab, "loadBalancer.web")["subnets"], public);
    assert_eq!(section(&lab, "loadBalancer.inner")["subnets"], private);
    let network = |name: &str| section(&lab, name)["networkConfiguration"]["awsvpcConfiguration"].clone();
    assert_eq!(network("service.private"), serde_json::json!({ "subnets": private, "assignPublicIp": "DISABLED" }));
    assert_eq!(network("service.said")["subnets"], serde_json::json!(["main.public-a"]));
    // A service waits for all that leads its tasks out.
    let before = lab.with_dependencies(&addresses(&["service.private"]));
    let ways = ["natGateway.main.a", "routeTable.main.private-b", "routeTable.main.public", "internetGateway.main"];
    assert!(before.is_superset(&addresses(&ways)), "{before:?}");
    assert!(!lab.nodes.contains_key(&"network.default".parse().unwrap()));
}

#[test]
fn a_part_of_a_short_form_may_say_more() {
    let text =
        format!("{NETWORK}subnets: {{ main.public-a: {{ mapPublicIpOnLaunch: true, cidrBlock: 10.0.240.0/20 }} }}\n");
    let lab = read(&text, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let said =
        serde_json::json!({ "vpcId": "main", "cidrBlock": "10.0.240.0/20", "zone": 1, "mapPublicIpOnLaunch": true });
    assert_eq!(section(&lab, "subnet.main.public-a"), said);
    let name = &lab.nodes[&"subnet.main.public-a".parse().unwrap()].tags["Name"];
    assert_eq!(name, "demo-main-public-a");
}

#[test]
fn a_network_that_is_wrong_is_told_at_its_place() {
    insta::assert_snapshot!(errors(&NETWORK.replace("vpc: main", "vpc: mian")), @"
    lab.yaml:3:6: there is no VPC `mian` below `vpcs` or in `existing`, and it is no id
      |
    3 | vpc: mian
      |      ^^^^
      = did you mean `main`?
    ");
    let unmade = errors(&format!("{NETWORK}subnets: {{ main.publik-a: {{ cidrBlock: 10.0.240.0/20 }} }}\n"));
    assert!(unmade.contains("`main.publik-a` is not a name for a resource"), "{unmade}");
    let small = errors(&NETWORK.replace("/16", "/26"));
    assert!(small.contains("lab.yaml:4:28: vpc.main: `10.0.0.0/26` is too small to be parted"), "{small}");
}

/// Two networks, and what of one uses something of the other, or of itself twice.
const APART: &str = "lab: demo
region: eu-west-1
vpcs: { a: { cidrBlock: 10.0.0.0/16 }, b: { cidrBlock: 10.0.0.0/16 } }
subnets:
  a1: { vpcId: a, cidrBlock: 10.0.1.0/24 }
  a2: { vpcId: a, cidrBlock: 10.0.1.128/25, zone: 2 }
  b1: { vpcId: b, cidrBlock: 10.0.1.0/24 }
  b2: { vpcId: b, cidrBlock: 10.1.0.0/24, zone: 2 }
internetGateways: { a: { vpcId: a } }
routeTables:
  a: { vpcId: a, routes: [{ destinationCidrBlock: 0.0.0.0/0, gatewayId: a }], associations: [{ subnetId: a1 }] }
  b:
    vpcId: b
    routes: [{ destinationCidrBlock: 0.0.0.0/0, gatewayId: a }, { destinationCidrBlock: 0.0.0.0/0, gatewayId: a }]
    associations: [{ subnetId: a1 }]
vpcEndpoints: { e: { vpcId: a, serviceName: com.amazonaws.eu-central-1.s3, routeTableIds: [b] } }
securityGroups:
  a: { vpcId: a, ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, userIdGroupPairs: [{ groupId: b }] }] }
  b: { vpcId: b }
loadBalancers: { l: { subnets: [b1, b2], securityGroups: [a] } }
";

#[test]
fn what_stands_in_two_networks_is_told_at_its_place() {
    insta::assert_snapshot!(errors(APART), @"
    lab.yaml:6:30: subnet.a2: `10.0.1.128/25` overlaps with subnet.a1, which has 10.0.1.0/24
      |
    6 |   a2: { vpcId: a, cidrBlock: 10.0.1.128/25, zone: 2 }
      |                              ^^^^^^^^^^^^^

    lab.yaml:8:30: subnet.b2: `10.1.0.0/24` is no part of 10.0.0.0/16, the network of vpc.b
      |
    8 |   b2: { vpcId: b, cidrBlock: 10.1.0.0/24, zone: 2 }
      |                              ^^^^^^^^^^^

    lab.yaml:14:60: routeTable.b: internetGateway.a stands in vpc.a, and this in vpc.b
       |
    14 |     routes: [{ destinationCidrBlock: 0.0.0.0/0, gatewayId: a }, { destinationCidrBlock: 0.0.0.0/0, gatewayId: a }]
       |                                                            ^
       = AWS joins only what stands in one VPC

    lab.yaml:14:89: routeTable.b: there is another route to 0.0.0.0/0
       |
    14 |     routes: [{ destinationCidrBlock: 0.0.0.0/0, gatewayId: a }, { destinationCidrBlock: 0.0.0.0/0, gatewayId: a }]
       |                                                                                         ^^^^^^^^^

    lab.yaml:14:111: routeTable.b: internetGateway.a stands in vpc.a, and this in vpc.b
       |
    14 |     routes: [{ destinationCidrBlock: 0.0.0.0/0, gatewayId: a }, { destinationCidrBlock: 0.0.0.0/0, gatewayId: a }]
       |                                                                                                               ^
       = AWS joins only what stands in one VPC

    lab.yaml:15:32: routeTable.b: routeTable.a has this subnet already: a subnet uses one route table
       |
    15 |     associations: [{ subnetId: a1 }]
       |                                ^^

    lab.yaml:15:32: routeTable.b: subnet.a1 stands in vpc.a, and this in vpc.b
       |
    15 |     associations: [{ subnetId: a1 }]
       |                                ^^
       = AWS joins only what stands in one VPC

    lab.yaml:16:45: vpcEndpoint.e: the service is one of eu-central-1, and the lab is in eu-west-1
       |
    16 | vpcEndpoints: { e: { vpcId: a, serviceName: com.amazonaws.eu-central-1.s3, routeTableIds: [b] } }
       |                                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = write `com.amazonaws.${region}.` in front of its word

    lab.yaml:16:92: vpcEndpoint.e: routeTable.b stands in vpc.b, and this in vpc.a
       |
    16 | vpcEndpoints: { e: { vpcId: a, serviceName: com.amazonaws.eu-central-1.s3, routeTableIds: [b] } }
       |                                                                                            ^
       = AWS joins only what stands in one VPC

    lab.yaml:18:109: securityGroup.a: securityGroup.b stands in vpc.b, and this in vpc.a
       |
    18 |   a: { vpcId: a, ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, userIdGroupPairs: [{ groupId: b }] }] }
       |                                                                                                             ^
       = AWS joins only what stands in one VPC

    lab.yaml:20:59: loadBalancer.l: securityGroup.a stands in vpc.a, and this in vpc.b
       |
    20 | loadBalancers: { l: { subnets: [b1, b2], securityGroups: [a] } }
       |                                                           ^
       = AWS joins only what stands in one VPC
    ");
}

#[test]
fn one_target_group_serves_one_load_balancer() {
    let text = "lab: demo
region: eu-west-1
vpc: default
targetGroups: { g: { port: 80, protocol: HTTP } }
securityGroups: { s: {} }
loadBalancers:
  a: { securityGroups: [s], listeners: { x: { port: 80, protocol: HTTP, defaultActions: [{ type: forward, targetGroupArn: g }] } } }
  b: { securityGroups: [s], listeners: { x: { port: 80, protocol: HTTP, defaultActions: [{ type: forward, targetGroupArn: g }] } } }
";
    let told = errors(text);
    assert!(
        told.contains("listener.b.x: `g` takes what one load balancer forwards, and listener.a.x is of another"),
        "{told}"
    );
    assert_eq!(errors(&text.replace("  b:", "# b:")), "nothing");
}
