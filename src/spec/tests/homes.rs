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
