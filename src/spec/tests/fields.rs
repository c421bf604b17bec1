//! Fields, jobs and `${…}` that are wrong.

use super::*;

#[test]
fn fields_that_are_wrong_are_all_shown_at_once() {
    let text = "
clusters:
  main: { clustername: x }
taskDefinitions:
  web:
    famly: web
    memory: 512
    containerDefinitions:
      - { name: web, imag: x, essential: 'yes' }
services:
  web:
    cluster: main
    taskDefinition: web
    desiredcount: 2
    serviceName: 3000
    launchType: FARGAT
    colour: blue
";
    insta::assert_snapshot!(below_head(text), @r#"
    lab.yaml:6:11: cluster.main: unknown field `clustername`
      |
    6 |   main: { clustername: x }
      |           ^^^^^^^^^^^
      = did you mean `clusterName`?

    lab.yaml:9:5: taskDefinition.web: unknown field `famly`
      |
    9 |     famly: web
      |     ^^^^^
      = did you mean `family`?

    lab.yaml:12:22: taskDefinition.web: unknown field `imag`
       |
    12 |       - { name: web, imag: x, essential: 'yes' }
       |                      ^^^^
       = did you mean `image`?

    lab.yaml:12:42: taskDefinition.web: expected a boolean, found the text "yes"
       |
    12 |       - { name: web, imag: x, essential: 'yes' }
       |                                          ^^^^^
       = write `true` or `false`, without quotes

    lab.yaml:17:5: service.web: unknown field `desiredcount`
       |
    17 |     desiredcount: 2
       |     ^^^^^^^^^^^^
       = did you mean `desiredCount`?

    lab.yaml:18:18: service.web: expected a text, found the number 3000
       |
    18 |     serviceName: 3000
       |                  ^^^^
       = put it in quotes

    lab.yaml:19:17: service.web: unknown value `FARGAT`
       |
    19 |     launchType: FARGAT
       |                 ^^^^^^
       = did you mean `FARGATE`?

    lab.yaml:20:5: service.web: unknown field `colour`
       |
    20 |     colour: blue
       |     ^^^^^^
       = known here: `serviceName`, `cluster`, `taskDefinition`, `desiredCount`, `scaling`, `launchType`, `capacityProviderStrategy`, `platformVersion`, `networkConfiguration`, `loadBalancers`, `serviceRegistries`, `serviceConnectConfiguration`, `healthCheckGracePeriodSeconds`, `deploymentConfiguration`, `enableExecuteCommand`, `enableECSManagedTags`, `propagateTags`, `schedulingStrategy`, `availabilityZoneRebalancing`, `placementConstraints`, `placementStrategy`, `deploymentController`
    "#);
    insta::assert_snapshot!(below_head("logGroups:\n  a: { retentionInDays: '7' }\n  b: { retentionInDays: 8 }\n"), @r#"
    lab.yaml:5:25: logGroup.a: expected a whole number, found the text "7"
      |
    5 |   a: { retentionInDays: '7' }
      |                         ^^^
      = write digits only, without quotes

    lab.yaml:6:25: logGroup.b: CloudWatch Logs can't keep events for 8 days
      |
    6 |   b: { retentionInDays: 8 }
      |                         ^
      = did you mean 7? AWS takes [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], and 0 here is for ever
    "#);
    insta::assert_snapshot!(below_head("services:\n  web: { desiredCount: 1 }\n"), @"
    lab.yaml:5:3: service.web: missing field `cluster`
      |
    5 |   web: { desiredCount: 1 }
      |   ^^^
    ");
    insta::assert_snapshot!(below_head("loadBalancers:\n  web: { securityGroups: { a: b }, listeners: { http: { loadBalancerArn: web, port: 80 } } }\n"), @"
    lab.yaml:5:26: loadBalancer.web: expected a list, found a map
      |
    5 |   web: { securityGroups: { a: b }, listeners: { http: { loadBalancerArn: web, port: 80 } } }
      |                          ^

    lab.yaml:5:49: listener.web.http: missing field `protocol`
      |
    5 |   web: { securityGroups: { a: b }, listeners: { http: { loadBalancerArn: web, port: 80 } } }
      |                                                 ^^^^

    lab.yaml:5:57: `loadBalancerArn` follows from where the listener stands
      |
    5 |   web: { securityGroups: { a: b }, listeners: { http: { loadBalancerArn: web, port: 80 } } }
      |                                                         ^^^^^^^^^^^^^^^
      = leave it out
    ");
}

#[test]
fn interpolation_that_is_wrong_is_explained() {
    let text = "
buckets: { images: {} }
logGroups:
  a: { logGroupName: \"${lba}\" }
  b: { tags: { a: \"${buckets.images.name}\" } }
clusters:
  main: { settings: [{ name: \"${buckets.image.name}\", value: \"${buckets.images.nam}\" }] }
  other: { settings: [{ name: \"${bucket.images.name}\", value: \"${aws:username} ${x\" }] }
outputs: { url: \"${jobs.a.b}\", count: 3, missing: \"${services.web.arn}\" }
";
    insta::assert_snapshot!(below_head(text), @r#"
    lab.yaml:7:22: logGroup.a: unknown `${lba}`
      |
    7 |   a: { logGroupName: "${lba}" }
      |                      ^^^^^^^^
      = did you mean `lab`?

    lab.yaml:8:19: logGroup.b: `${buckets.images.name}` can't stand here
      |
    8 |   b: { tags: { a: "${buckets.images.name}" } }
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^
      = names and tags take `${lab}`, `${account}` and `${region}`, and variables

    lab.yaml:10:30: cluster.main: unknown `${buckets.image.name}`
       |
    10 |   main: { settings: [{ name: "${buckets.image.name}", value: "${buckets.images.nam}" }] }
       |                              ^^^^^^^^^^^^^^^^^^^^^^^
       = did you mean `images`?

    lab.yaml:10:62: cluster.main: unknown `${buckets.images.nam}`
       |
    10 |   main: { settings: [{ name: "${buckets.image.name}", value: "${buckets.images.nam}" }] }
       |                                                              ^^^^^^^^^^^^^^^^^^^^^^^
       = did you mean `name`?

    lab.yaml:11:31: cluster.other: unknown `${bucket.images.name}`
       |
    11 |   other: { settings: [{ name: "${bucket.images.name}", value: "${aws:username} ${x" }] }
       |                               ^^^^^^^^^^^^^^^^^^^^^^^
       = did you mean `buckets`?

    lab.yaml:11:63: cluster.other: `${` without `}`
       |
    11 |   other: { settings: [{ name: "${bucket.images.name}", value: "${aws:username} ${x" }] }
       |                                                               ^^^^^^^^^^^^^^^^^^^^^
       = write `$${` for a literal `${`

    lab.yaml:12:17: unknown `${jobs.a.b}`
       |
    12 | outputs: { url: "${jobs.a.b}", count: 3, missing: "${services.web.arn}" }
       |                 ^^^^^^^^^^^^^
       = known here: `buckets`, `clusters`, `logGroups`, `vpc`

    lab.yaml:12:39: expected a text, found the number 3
       |
    12 | outputs: { url: "${jobs.a.b}", count: 3, missing: "${services.web.arn}" }
       |                                       ^

    lab.yaml:12:51: unknown `${services.web.arn}`
       |
    12 | outputs: { url: "${jobs.a.b}", count: 3, missing: "${services.web.arn}" }
       |                                                   ^^^^^^^^^^^^^^^^^^^^^
       = there is nothing below `services`
    "#);
}

#[test]
fn jobs_are_checked() {
    let text = "
clusters: { main: {} }
taskDefinitions:
  ask: { networkMode: awsvpc, memory: 512, containerDefinitions: [{ name: ask, image: x }] }
jobs:
  one: { cluster: mian, taskDefinition: ask, timeout: soon, count: 2 }
  two:
    cluster: main
    taskDefinition: ask
    networkConfiguration: { awsvpcConfiguration: {} }
    overrides: { containerOverrides: [{ name: aks, environment: [{ name: PORT, value: 3000 }] }] }
";
    insta::assert_snapshot!(below_head(text), @"
    lab.yaml:9:19: job.one: there is no `mian` below `clusters`
      |
    9 |   one: { cluster: mian, taskDefinition: ask, timeout: soon, count: 2 }
      |                   ^^^^
      = did you mean `main`?

    lab.yaml:9:41: job.one: the tasks of `ask` have network interfaces, and no word says where
      |
    9 |   one: { cluster: mian, taskDefinition: ask, timeout: soon, count: 2 }
      |                                         ^^^
      = give `networkConfiguration` with `awsvpcConfiguration`

    lab.yaml:9:55: job.one: `soon` is not a time that a job can take
      |
    9 |   one: { cluster: mian, taskDefinition: ask, timeout: soon, count: 2 }
      |                                                       ^^^^
      = write it as in `30m` or `1h 30m`

    lab.yaml:9:61: job.one: unknown field `count`
      |
    9 |   one: { cluster: mian, taskDefinition: ask, timeout: soon, count: 2 }
      |                                                             ^^^^^
      = known here: `cluster`, `taskDefinition`, `launchType`, `capacityProviderStrategy`, `platformVersion`, `networkConfiguration`, `overrides`, `notSecret`, `timeout`, `inputs`, `outputs`, `sandbox`

    lab.yaml:14:87: job.two: expected a text, found the number 3000
       |
    14 |     overrides: { containerOverrides: [{ name: aks, environment: [{ name: PORT, value: 3000 }] }] }
       |                                                                                       ^^^^
       = put it in quotes
    ");
}

#[test]
fn what_a_job_pretends_is_checked_everywhere() {
    let text = "
buckets: { images: {} }
clusters: { main: {} }
taskDefinitions:
  ask: { memory: 512, containerDefinitions: [{ name: ask, image: x }] }
jobs:
  one:
    cluster: main
    taskDefinition: ask
    sandbox: { takes: soon, exitCode: 300, writes: [{ bucket: image, key: '', content: x }] }
  two: { cluster: main, taskDefinition: ask, sandbox: { stoppedReason: 'no', log: [a], takees: 1s } }
  three: { cluster: main, taskDefinition: ask, sandbox: { exitCode: 3, writes: [{ bucket: images, key: k, content: x }] } }
";
    insta::assert_snapshot!(below_head(text), @r"
    lab.yaml:13:23: job.one: `soon` is not a time that a pretended container can take
       |
    13 |     sandbox: { takes: soon, exitCode: 300, writes: [{ bucket: image, key: '', content: x }] }
       |                       ^^^^
       = write it as in `20s` or `1m 30s`; a day is the longest

    lab.yaml:13:39: job.one: 300 is not an exit code
       |
    13 |     sandbox: { takes: soon, exitCode: 300, writes: [{ bucket: image, key: '', content: x }] }
       |                                       ^^^
       = a process ends with 0 to 255

    lab.yaml:13:63: job.one: there is no `image` below `buckets`
       |
    13 |     sandbox: { takes: soon, exitCode: 300, writes: [{ bucket: image, key: '', content: x }] }
       |                                                               ^^^^^
       = did you mean `images`?

    lab.yaml:13:75: job.one: a key has 1 to 1024 bytes
       |
    13 |     sandbox: { takes: soon, exitCode: 300, writes: [{ bucket: image, key: '', content: x }] }
       |                                                                           ^^

    lab.yaml:14:83: job.two: a task that never starts does nothing
       |
    14 |   two: { cluster: main, taskDefinition: ask, sandbox: { stoppedReason: 'no', log: [a], takees: 1s } }
       |                                                                                   ^
       = leave out `log`, or `stoppedReason`

    lab.yaml:14:88: job.two: unknown field `takees`
       |
    14 |   two: { cluster: main, taskDefinition: ask, sandbox: { stoppedReason: 'no', log: [a], takees: 1s } }
       |                                                                                        ^^^^^^
       = did you mean `takes`?

    lab.yaml:15:80: job.three: a container that fails writes no objects here
       |
    15 |   three: { cluster: main, taskDefinition: ask, sandbox: { exitCode: 3, writes: [{ bucket: images, key: k, content: x }]
       |                                                                                ^
       = leave out `writes`, or let `exitCode` be 0
    ");
}
