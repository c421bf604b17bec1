//! The labs that trials carry out.

/// The lab that must work.
pub(super) const LAB_8: &str = include_str!("../../tests/lab8.yaml");
/// One resource of each kind: Lab 8 without its job.
pub(super) const SMALL: &str = r#"
lab: ecs-lab
region: eu-west-1
tags: { environment: development }
vpc: default
buckets:
  images:
    bucket: "${lab}-small-${account}"
    versioningConfiguration: { status: Enabled }
    onDestroy: empty
repositories: { app: { onDestroy: empty } }
logGroups: { app: { logGroupName: "/ecs/${lab}/app", retentionInDays: 7 } }
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }
    managedPolicyArns: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
securityGroups:
  alb:
    groupName: small-alb
    ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0 }] }]
  tasks:
    groupName: small-tasks
    ipPermissions: [{ ipProtocol: tcp, fromPort: 3000, toPort: 3000, userIdGroupPairs: [{ groupId: alb }] }]
targetGroups: { web: { protocol: HTTP, port: 3000, targetType: ip } }
loadBalancers:
  web:
    type: application
    securityGroups: [alb]
    listeners:
      http: { port: 80, protocol: HTTP, defaultActions: [{ type: forward, targetGroupArn: web }] }
clusters: { main: {} }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions:
      - { name: web, image: "${repositories.app.uri}:latest", portMappings: [{ containerPort: 3000 }] }
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    networkConfiguration:
      awsvpcConfiguration: { subnets: ["${region}a", "${region}b"], securityGroups: [tasks], assignPublicIp: ENABLED }
    loadBalancers: [{ targetGroupArn: web, containerName: web, containerPort: 3000 }]
"#;
/// The small lab's resources.
pub(super) const SMALL_ADDRESSES: [&str; 12] = [
    "bucket.images",
    "repository.app",
    "logGroup.app",
    "role.execution",
    "securityGroup.alb",
    "securityGroup.tasks",
    "targetGroup.web",
    "loadBalancer.web",
    "listener.web.http",
    "cluster.main",
    "taskDefinition.web",
    "service.web",
];
