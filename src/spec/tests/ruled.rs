//! AWS's rules as people meet them: each fault at its line, all at once, and warnings that refuse nothing.

use super::*;
use crate::resource::Severity;

/// What is told of the head with `text` behind it, a line each: its place, its weight, and its words.
fn told(text: &str) -> String {
    let (told, refused) = match read(&format!("{HEAD}{text}"), &[]) {
        Ok(lab) => (lab.warnings, "taken"),
        Err(errors) => (errors.0, "refused"),
    };
    let lines = told.iter().map(|one| {
        let word = if one.severity == Severity::Warning { "warning: " } else { "" };
        let address = one.address.as_deref().unwrap_or_default();
        format!("{}:{}: {word}{address}: {}", one.line, one.column, one.message)
    });
    lines.chain([refused.to_owned()]).collect::<Vec<_>>().join("\n")
}

/// The roles, the cluster and the task definition that the services below need.
const BASE: &str = r#"
roles:
  exec:
    assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }] }
clusters: { main: {} }
"#;

#[test]
fn what_fargate_does_not_take_is_told_at_once() {
    insta::assert_snapshot!(told(&format!("{BASE}{}", r#"
taskDefinitions:
  app:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: exec
    ephemeralStorage: { sizeInGiB: 20 }
    volumes: [{ name: d, host: { sourcePath: /data } }]
    containerDefinitions:
      - name: web
        image: nginx:1.27
        privileged: true
        links: [other]
        portMappings: [{ containerPort: 80, hostPort: 8080 }]
        healthCheck: { command: ["curl -f http://localhost/"], interval: 2, timeout: 90, retries: 20, startPeriod: 400 }
        stopTimeout: 300
        linuxParameters: { tmpfs: [{ containerPath: /t, size: 10 }], sharedMemorySize: 64, capabilities: { add: [NET_ADMIN] } }
"#)), @r#"
    17:36: taskDefinition.app: sizeInGiB is 20: AWS takes 21 to 200
    18:46: taskDefinition.app: on Fargate there is no host, and a bind mount has no path there
    22:21: taskDefinition.app: Fargate has no privileged containers
    23:16: taskDefinition.app: containers are linked in the network mode bridge only
    24:55: taskDefinition.app: in the network mode awsvpc the port 80 is reached as 80, not as 8080
    25:33: taskDefinition.app: a health check is a command behind CMD or CMD-SHELL
    25:74: taskDefinition.app: interval is 2: AWS takes 5 to 300
    25:86: taskDefinition.app: timeout is 90: AWS takes 2 to 60
    25:99: taskDefinition.app: retries is 20: AWS takes 1 to 10
    25:116: taskDefinition.app: startPeriod is 400: AWS takes 0 to 300
    26:22: taskDefinition.app: on Fargate a container is given 2 to 120 seconds to stop or to start
    27:88: taskDefinition.app: Fargate has no host devices, no shared memory of another size, and no swap
    27:114: taskDefinition.app: Fargate adds no Linux capability but SYS_PTRACE
    refused
    "#);
}

#[test]
fn a_placeholder_is_no_image() {
    insta::assert_snapshot!(told(r#"
taskDefinitions:
  a: { containerDefinitions: [{ name: a, image: <IMAGE1_NAME>, memory: 128 }] }
  b: { containerDefinitions: [{ name: a, image: "", memory: 128 }] }
  c: { containerDefinitions: [{ name: a, image: "{{ image }}", memory: 128 }] }
  d: { containerDefinitions: [{ name: a, image: REPLACE_ME, memory: 128 }] }
  e: { containerDefinitions: [{ name: a, image: "%IMAGE%", memory: 128 }] }
"#), @r#"
    6:49: taskDefinition.a: `<IMAGE1_NAME>` is no image: AWS takes no `<` in one
    7:49: taskDefinition.b: a container needs an image
    8:49: taskDefinition.c: `{{ image }}` is no image: AWS takes no `{` in one
    9:49: taskDefinition.d: `REPLACE_ME` is no name of an image: Docker takes small letters only
    10:49: taskDefinition.e: `%IMAGE%` is no image: AWS takes no `%` in one
    refused
    "#);
}

#[test]
fn a_policys_misspelt_elements_are_named() {
    insta::assert_snapshot!(told(r#"
roles:
  a:
    assumeRolePolicyDocument:
      version: "2012-10-17"
      statement: [{ effect: Allow, principal: { Service: ecs-tasks.amazonaws.com }, action: "sts:AssumeRole" }]
  b:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - Effet: Allow
          Principal: { Service: ecs-tasks.amazonaws.com }
          Action: "sts:AssumeRole"
    policies:
      - policyName: Metrics
        policyDocument:
          Statement: { Effect: Allow, Action: cloudwatch.PutMetricData }
"#), @r#"
    7:5: role.a: a policy has at least one statement
    8:16: role.a: unknown element `version`
    9:18: role.a: unknown element `statement`
    14:11: role.b: a statement needs an `Effect`
    14:18: role.b: unknown element `Effet`
    20:11: role.b: a statement needs `Resource`
    20:47: role.b: `cloudwatch.PutMetricData` is not an action, as in s3:GetObject
    refused
    "#);
}

#[test]
fn each_target_groups_fault_stands_at_its_line() {
    insta::assert_snapshot!(told(r#"
targetGroups:
  a: { protocol: HTTP, port: 80, targetType: ip, healthCheckPath: health }
  b: { protocol: HTTP, port: 80, targetType: ip, healthCheckIntervalSeconds: 3, healthCheckTimeoutSeconds: 2 }
  c: { protocol: HTTP, port: 80, targetType: ip, healthCheckIntervalSeconds: 5 }
  d: { protocol: HTTP, port: 80, targetType: ip, healthyThresholdCount: 1, unhealthyThresholdCount: 11 }
  e: { protocol: HTTP, port: 80, targetType: ip, matcher: { httpCode: "200-600" } }
  f: { protocol: HTTP, port: 80, targetType: ip, healthCheckProtocol: TCP, healthCheckPort: http, protocolVersion: HTTP3 }
  g: { protocol: HTTP, port: 80, targetType: ip, protocolVersion: GRPC, matcher: { httpCode: "200" } }
  h: { protocol: HTTP, port: 80, targetType: ip, attributes: { slow_start.duration_seconds: "10", stickiness.enabled: "yes", deregistration_delay.timeout_seconds: "4000" } }
"#), @r#"
    6:67: targetGroup.a: `health` doesn't begin with a slash
    7:78: targetGroup.b: healthCheckIntervalSeconds is 3: AWS takes 5 to 300
    8:78: targetGroup.c: 5 s is not shorter than the interval of 5 s
    9:73: targetGroup.d: healthyThresholdCount is 1: AWS takes 2 to 10
    9:101: targetGroup.d: unhealthyThresholdCount is 11: AWS takes 2 to 10
    10:71: targetGroup.e: `200-600` are no codes from 200 to 499, as in 200,202 or 200-299
    11:71: targetGroup.f: there is no healthCheckProtocol `TCP`
    11:93: targetGroup.f: `http` is not a port: AWS takes 1 to 65535, or traffic-port
    11:116: targetGroup.f: there is no protocolVersion `HTTP3`
    12:94: targetGroup.g: gRPC answers with codes of its own, from 0 to 99
    13:93: targetGroup.h: `10` is no value of `slow_start.duration_seconds`
    13:119: targetGroup.h: `yes` is no value of `stickiness.enabled`
    13:164: targetGroup.h: `4000` is no value of `deregistration_delay.timeout_seconds`
    refused
    "#);
}

#[test]
fn what_hardly_works_is_a_warning() {
    insta::assert_snapshot!(told(&format!("accounts: [\"123456789012\"]\n{BASE}{}", r#"
repositories: { app: {} }
taskDefinitions:
  app: { networkMode: awsvpc, requiresCompatibilities: [FARGATE], cpu: "256", memory: "512", executionRoleArn: exec, containerDefinitions: [{ name: web, image: "${repositories.app.uri}:nobody-pushed-this" }] }
  other: { containerDefinitions: [{ name: web, memory: 64, image: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1" }] }
services:
  app:
    cluster: main
    taskDefinition: app
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: DISABLED } }
"#)), @r#"
    13:161: warning: taskDefinition.app: nothing in the lab pushes `app:nobody-pushed-this`: until somebody does, no task starts
    14:67: warning: taskDefinition.other: the image is in the registry of another account, 111122223333
    20:68: warning: service.app: the tasks have no public addresses, and the default VPC has no NAT gateway: they can't pull their images
    taken
    "#);
}

#[test]
fn an_execution_role_that_may_not_read_a_secret_is_a_warning() {
    let lab = |managed: &str, statement: &str| {
        let text = format!(
            r#"{}  reader:
    assumeRolePolicyDocument: {{ Statement: [{{ Effect: Allow, Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: "sts:AssumeRole" }}] }}
    managedPolicyArns: ["arn:aws:iam::aws:policy/{managed}"]
    policies: [{{ policyName: read, policyDocument: {{ Statement: [{{ Effect: Allow, {statement} }}] }} }}]
secrets:
  db: {{ generateSecretString: {{ passwordLength: 20 }} }}
  kept: {{ generateSecretString: {{ passwordLength: 20 }}, kmsKeyId: alias/course }}
parameters: {{ mode: {{ type: String, value: calm }} }}
taskDefinitions:
  app:
    executionRoleArn: reader
    containerDefinitions:
      - name: web
        memory: 64
        image: nginx
        secrets:
          - {{ name: DB, valueFrom: "${{secrets.db.arn}}:password::" }}
          - {{ name: KEPT, valueFrom: "${{secrets.kept.arn}}" }}
          - {{ name: MODE, valueFrom: "${{parameters.mode.arn}}" }}
"#,
            BASE.replace("clusters: { main: {} }\n", "")
        );
        told(&text)
    };
    let execution = "service-role/AmazonECSTaskExecutionRolePolicy";
    insta::assert_snapshot!(lab(execution, r#"Action: "logs:*", Resource: "*""#), @r"
    24:36: warning: taskDefinition.app: `reader` doesn't allow secretsmanager:GetSecretValue on this: no task starts
    25:38: warning: taskDefinition.app: `reader` doesn't allow secretsmanager:GetSecretValue on this: no task starts
    26:38: warning: taskDefinition.app: `reader` doesn't allow ssm:GetParameters on this: no task starts
    taken
    ");
    let one = r#"Action: ["secretsmanager:GetSecretValue"], Resource: ["${secrets.db.arn}", "${secrets.kept.arn}"]"#;
    insta::assert_snapshot!(lab(execution, one), @r"
    25:38: warning: taskDefinition.app: `reader` doesn't allow kms:Decrypt on this: no task starts
    26:38: warning: taskDefinition.app: `reader` doesn't allow ssm:GetParameters on this: no task starts
    taken
    ");
    for statement in [
        r#"Action: "*", Resource: "*""#,
        r#"Action: ["secretsmanager:Get*", "ssm:GetParameters", "kms:Decrypt"], Resource: ["arn:aws:secretsmanager:*:*:secret:demo-*", "arn:aws:ssm:*:*:parameter/demo/*"]"#,
    ] {
        assert_eq!(lab(execution, statement), "taken");
    }
    // What a policy of AWS's allows isn't known.
    assert_eq!(lab("SecretsManagerReadWrite", r#"Action: "logs:*", Resource: "*""#), "taken");
}

#[test]
fn what_the_labs_own_parts_tell_of_each_other_is_certain() {
    insta::assert_snapshot!(told(&format!("accounts: [\"123456789012\"]\n{BASE}{}", r#"
securityGroups:
  alb: { description: a, ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0 }] }] }
  tasks: { description: t, ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, userIdGroupPairs: [{ groupId: alb }] }] }
targetGroups: { app: { protocol: HTTP, port: 80, targetType: ip } }
loadBalancers:
  app:
    securityGroups: [alb]
    listeners: { http: { port: 80, protocol: HTTP, defaultActions: [{ type: forward, targetGroupArn: app }] } }
taskDefinitions:
  app: { networkMode: awsvpc, requiresCompatibilities: [FARGATE], cpu: "256", memory: "512", executionRoleArn: "arn:aws:iam::111122223333:role/exec", containerDefinitions: [{ name: web, image: nginx, portMappings: [{ containerPort: 3000 }] }] }
services:
  app:
    cluster: main
    taskDefinition: app
    capacityProviderStrategy: [{ capacityProvider: FARGATE_SPOT, weight: 1 }]
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED, securityGroups: [tasks] } }
    loadBalancers: [{ targetGroupArn: app, containerName: web, containerPort: 3000 }]
"#)), @r#"
    20:112: taskDefinition.app: the role is of another account, 111122223333: ECS can't take it on here
    25:31: service.app: `FARGATE_SPOT` is not a capacity provider of cluster.main
    26:93: service.app: loadBalancer.app can't reach the container's port, 3000: `tasks` doesn't let it in
    refused
    "#);
}
