//! What a lab uses and doesn't own.

use super::*;

#[test]
fn what_finds_an_object_is_checked_before_any_call() {
    let text = "lab: demo
region: eu-west-1
vpc: shard
existing:
  vpcs: { shared: { tags: { course: ecs } } }
  clusters:
    a: { clusterNme: course }
    b: {}
    c: { clusterName: course, tags: { a: b } }
    d: { clusterArn: arn:aws:s3:::course }
    e: { lab: course }
    f: { tags: { a: 1 } }
    g: { clusterArn: arn:aws:ecs:us-east-1:123456789012:cluster/course }
    h: course
    i: { lab: demo, name: main }
  listeners: { a: { loadBalancerArn: shared }, b: { loadBalancerArn: shared, port: 80, listenerArn: x } }
  securityGroups: { a: { groupId: vpc-1 } }
  databases: { a: {} }
clusters: { a: {} }
services: { web: { cluster: arn:aws:ecs:us-east-1:123456789012:cluster/other, taskDefinition: arn:aws:ecs:x } }
";
    insta::assert_snapshot!(errors(text), @r#"
    lab.yaml:3:6: there is no VPC `shard` below `vpcs` or in `existing`, and it is no id
      |
    3 | vpc: shard
      |      ^^^^^
      = did you mean `shared`?

    lab.yaml:7:10: cluster.a: unknown field `clusterNme`
      |
    7 |     a: { clusterNme: course }
      |          ^^^^^^^^^^
      = did you mean `clusterName`?

    lab.yaml:8:5: cluster.b: nothing says which cluster is meant: give one of `clusterName`, `clusterArn`, `tags`, `lab`, `name`
      |
    8 |     b: {}
      |     ^

    lab.yaml:9:37: cluster.c: `clusterName` and `tags` are two ways to find one object: give one of them
      |
    9 |     c: { clusterName: course, tags: { a: b } }
      |                                     ^

    lab.yaml:10:22: cluster.d: `arn:aws:s3:::course` is not the ARN of a cluster: one is arn:aws:ecs:…:cluster/…
       |
    10 |     d: { clusterArn: arn:aws:s3:::course }
       |                      ^^^^^^^^^^^^^^^^^^^

    lab.yaml:11:5: cluster.e: missing field `name`
       |
    11 |     e: { lab: course }
       |     ^

    lab.yaml:12:16: cluster.f: expected a map of texts in quotes, found {"a":1}
       |
    12 |     f: { tags: { a: 1 } }
       |                ^

    lab.yaml:13:5: cluster.g: `arn:aws:ecs:us-east-1:123456789012:cluster/course` is in us-east-1, and the lab is in eu-west-1
       |
    13 |     g: { clusterArn: arn:aws:ecs:us-east-1:123456789012:cluster/course }
       |     ^

    lab.yaml:14:8: expected a map of fields, found a text
       |
    14 |     h: course
       |        ^^^^^^
       = say what finds it, as in `{ tags: { course: ecs } }`

    lab.yaml:15:15: cluster.i: `demo` is this lab
       |
    15 |     i: { lab: demo, name: main }
       |               ^^^^
       = its own stand in the lab's sections: take this out, and refer to `main`

    lab.yaml:16:16: listener.a: missing field `port`
       |
    16 |   listeners: { a: { loadBalancerArn: shared }, b: { loadBalancerArn: shared, port: 80, listenerArn: x } }
       |                ^

    lab.yaml:16:101: listener.b: `x` is not the ARN of a listener: one is arn:aws:elasticloadbalancing:…:listener/…
       |
    16 |   listeners: { a: { loadBalancerArn: shared }, b: { loadBalancerArn: shared, port: 80, listenerArn: x } }
       |                                                                                                     ^

    lab.yaml:17:35: securityGroup.a: `vpc-1` is not the id of a securityGroup: one begins with `sg-`
       |
    17 |   securityGroups: { a: { groupId: vpc-1 } }
       |                                   ^^^^^

    lab.yaml:18:3: `existing` has no section `databases`
       |
    18 |   databases: { a: {} }
       |   ^^^^^^^^^
       = known here: `vpcs`, `subnets`, `buckets`, `repositories`, `logGroups`, `secrets`, `parameters`, `roles`, `securityGroups`, `fileSystems`, `accessPoints`, `targetGroups`, `loadBalancers`, `listeners`, `topics`, `clusters`

    lab.yaml:19:13: `existing` and `clusters` both have a `a`
       |
    19 | clusters: { a: {} }
       |             ^
       = the other is on line 7: give one of them another name

    lab.yaml:20:29: cluster.arn:aws:ecs:us-east-1:123456789012:cluster/other: `arn:aws:ecs:us-east-1:123456789012:cluster/other` is in us-east-1, and the lab is in eu-west-1
       |
    20 | services: { web: { cluster: arn:aws:ecs:us-east-1:123456789012:cluster/other, taskDefinition: arn:aws:ecs:x } }
       |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    lab.yaml:20:95: service.web: there is no `arn:aws:ecs:x` below `taskDefinitions`
       |
    20 | services: { web: { cluster: arn:aws:ecs:us-east-1:123456789012:cluster/other, taskDefinition: arn:aws:ecs:x } }
       |                                                                                               ^^^^^^^^^^^^^
    "#);
}

#[test]
fn an_existing_object_stands_for_one_of_the_labs() {
    let text = "lab: demo
region: eu-west-1
vpc: vpc-0a1b
existing:
  clusters: { shared: { clusterName: course }, other: { tags: { course: ecs } } }
  subnets: { a: { subnetId: subnet-1 }, b: { lab: course, name: main.public-b } }
targetGroups: { web: { protocol: HTTP, port: 80, targetType: ip } }
services:
  web:
    cluster: shared
    taskDefinition: web
    networkConfiguration: { awsvpcConfiguration: { subnets: [a, b, eu-west-1a], securityGroups: [sg-1], assignPublicIp: ENABLED } }
taskDefinitions: { web: { networkMode: awsvpc, containerDefinitions: [{ name: web, image: web, memory: 512, command: [\"${clusters.other.arn}\"] }] } }
outputs: { name: \"${clusters.shared.name} ${clusters.other.arn}\" }
";
    let lab = read(text, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let lines: Vec<String> = lab
        .nodes
        .values()
        .map(|node| {
            let refs: Vec<String> = node.refs.iter().map(Address::to_string).collect();
            let waits = if node.name_needs_account { " (waits)" } else { "" };
            format!("{} = {}{waits} <- {}.", node.address, node.name, refs.join(" "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    cluster.other = * <- .
    cluster.shared = course <- .
    network.vpc-0a1b = vpc-0a1b <- .
    securityGroup.sg-1 = sg-1 <- .
    service.web = demo-web (waits) <- cluster.shared network.vpc-0a1b securityGroup.sg-1 subnet.a subnet.b taskDefinition.web.
    subnet.a = subnet-1 <- .
    subnet.b = * <- .
    targetGroup.web = demo-web <- network.vpc-0a1b.
    taskDefinition.web = demo-web (waits) <- cluster.other.
    ");
    assert!(lab.nodes.values().filter(|node| node.is_looked_up()).all(|node| node.kind.managed().is_none()));
    assert_eq!(lab.outputs["name"], "${clusters.shared.name} ${clusters.other.arn}");
}
