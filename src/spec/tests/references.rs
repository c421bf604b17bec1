//! References and names that are wrong.

use super::*;

#[test]
fn references_that_lead_nowhere_are_explained() {
    let text = "
clusters: { main: {} }
targetGroups: { tasks: { protocol: HTTP, port: 80, targetType: ip } }
taskDefinitions: { web: { memory: 512, containerDefinitions: [{ name: web, image: x }] } }
services:
  one: { cluster: mian, taskDefinition: tasks }
  two: { cluster: main, taskDefinition: web, networkConfiguration: { awsvpcConfiguration: { securityGroups: [none] } } }
";
    insta::assert_snapshot!(below_head(text), @"
    lab.yaml:9:19: service.one: there is no `mian` below `clusters`
      |
    9 |   one: { cluster: mian, taskDefinition: tasks }
      |                   ^^^^
      = did you mean `main`?

    lab.yaml:9:41: service.one: there is no `tasks` below `taskDefinitions`
      |
    9 |   one: { cluster: mian, taskDefinition: tasks }
      |                                         ^^^^^
      = targetGroup.tasks is there, but this wants a name below `taskDefinitions`

    lab.yaml:10:68: service.two: the tasks of `web` have no network interfaces of their own
       |
    10 |   two: { cluster: main, taskDefinition: web, networkConfiguration: { awsvpcConfiguration: { securityGroups: [none] } } }
       |                                                                    ^
       = write `networkMode: awsvpc` in `web`

    lab.yaml:10:110: service.two: there is no `none` below `securityGroups`
       |
    10 |   two: { cluster: main, taskDefinition: web, networkConfiguration: { awsvpcConfiguration: { securityGroups: [none] } } }
       |                                                                                                              ^^^^
    ");
    insta::assert_snapshot!(errors("lab: demo\nregion: eu-west-1\nsecurityGroups: { a: {}, b: {} }\n"), @"
    lab.yaml:3:19: securityGroup.a: this needs a VPC, and the lab names none
      |
    3 | securityGroups: { a: {}, b: {} }
      |                   ^
      = add the line `vpc: default` at the top of the lab
    ");
    let circle = "
clusters:
  a: { capacityProviders: [\"${clusters.b.arn}\"] }
  b: { capacityProviders: [\"${clusters.a.arn}\"] }
";
    insta::assert_snapshot!(below_head(circle), @r#"
    lab.yaml:6:3: cluster.a: these wait for each other: cluster.a -> cluster.b -> cluster.a
      |
    6 |   a: { capacityProviders: ["${clusters.b.arn}"] }
      |   ^
    "#);
}

#[test]
fn names_are_checked() {
    let text = "
buckets: { images: { bucket: Images }, logs: { bucket: \"${buckets.images.name}-logs\" } }
repositories: { Web: {} }
roles:
  a: { roleName: Same, assumeRolePolicyDocument: TRUST }
  b: { roleName: same, assumeRolePolicyDocument: TRUST }
logGroups: { a: {}, b: { logGroupName: demo-a } }
";
    let trust = "{ Statement: { Effect: Allow, Principal: { AWS: '*' }, Action: 'sts:AssumeRole' } }";
    insta::assert_snapshot!(below_head(&text.replace("TRUST", trust)), @r#"
    lab.yaml:5:30: bucket.images: `Images` is not a valid name: AWS allows lower-case letters, digits, . and -, with a letter or digit at either end and no .. within, no IP address, and no beginning or end of S3's own, as xn--, sthree-, amzn-s3-demo-, -s3alias or --ol-s3
      |
    5 | buckets: { images: { bucket: Images }, logs: { bucket: "${buckets.images.name}-logs" } }
      |                              ^^^^^^

    lab.yaml:5:56: bucket.logs: `${buckets.images.name}` can't stand here
      |
    5 | buckets: { images: { bucket: Images }, logs: { bucket: "${buckets.images.name}-logs" } }
      |                                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = names and tags take `${lab}`, `${account}` and `${region}`, and variables

    lab.yaml:6:17: repository.Web: `demo-Web` is not a valid name: AWS allows lower-case letters and digits, with single . _ - / between them
      |
    6 | repositories: { Web: {} }
      |                 ^^^
      = give it a `repositoryName`

    lab.yaml:9:18: role.b: its name in AWS would be `same`, and so would that of role.a
      |
    9 |   b: { roleName: same, assumeRolePolicyDocument: { Statement: { Effect: Allow, Principal: { AWS: '*' }, Action: 'sts:Ass
      |                  ^^^^
      = give one of them another `roleName`

    lab.yaml:10:40: logGroup.b: its name in AWS would be `demo-a`, and so would that of logGroup.a
       |
    10 | logGroups: { a: {}, b: { logGroupName: demo-a } }
       |                                        ^^^^^^
       = give one of them another `logGroupName`
    "#);
}
