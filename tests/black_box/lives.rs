//! Each kind by one resource `it`, as small as the kind allows: the material of the tests in `lifecycle`.

use serde_json::Value;

use crate::account::Account;

/// A kind, by one resource of the lab `LAB`.
pub(crate) struct Life {
    pub(crate) kind: &'static str,
    pub(crate) address: &'static str,
    /// Sections that must be live before another person can make a twin of `it`.
    pub(crate) base: &'static str,
    /// The section of `it`.
    pub(crate) own: &'static str,
    /// A text of `own`, and what takes its place.
    pub(crate) edit: (&'static str, &'static str),
    /// What the plan says then.
    pub(crate) becomes: &'static str,
    /// Makes an object of the same name as another person would.
    pub(crate) twin: fn(&Account, &str),
}

const UPDATED: &str = "will be updated in-place";
pub(crate) const REPLACED: &str = "must be replaced";

pub(crate) const LIVES: [Life; 11] = [
    Life {
        kind: "logGroup",
        address: "logGroup.it",
        base: "",
        own: "
logGroups:
  it: { logGroupName: /te/LAB, retentionInDays: 7 }
",
        edit: ("retentionInDays: 7", "retentionInDays: 14"),
        becomes: UPDATED,
        twin: |account, lab| {
            account.aws(&format!("logs create-log-group --log-group-name /te/{lab}"));
        },
    },
    Life {
        kind: "bucket",
        address: "bucket.it",
        base: "",
        own: "
buckets:
  it: { bucket: LAB-bucket, versioningConfiguration: { status: Enabled } }
",
        edit: ("Enabled", "Suspended"),
        becomes: UPDATED,
        twin: |account, lab| {
            let place = format!("LocationConstraint={}", account.region);
            account.aws(&format!("s3api create-bucket --bucket {lab}-bucket --create-bucket-configuration {place}"));
        },
    },
    Life {
        kind: "repository",
        address: "repository.it",
        base: "",
        own: "
repositories:
  it: { repositoryName: LAB/web, imageTagMutability: MUTABLE }
",
        edit: ("MUTABLE", "IMMUTABLE"),
        becomes: UPDATED,
        twin: |account, lab| {
            account.aws(&format!("ecr create-repository --repository-name {lab}/web"));
        },
    },
    Life {
        kind: "role",
        address: "role.it",
        base: "",
        own: r#"
roles:
  it:
    roleName: LAB-role
    assumeRolePolicyDocument:
      { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" }] }
    policies:
      - policyName: Metrics
        policyDocument:
          { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*" }] }
"#,
        edit: ("cloudwatch:PutMetricData", "cloudwatch:GetMetricData"),
        becomes: UPDATED,
        twin: |account, lab| {
            let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
            account.aws(&format!("iam create-role --role-name {lab}-role --assume-role-policy-document {trust}"));
        },
    },
    Life {
        kind: "securityGroup",
        address: "securityGroup.it",
        base: "",
        own: "
vpc: default
securityGroups:
  it:
    groupName: LAB-sg
    description: one
    ipPermissions:
      - { ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0, description: all }] }
",
        edit: ("description: one", "description: two"),
        becomes: REPLACED,
        twin: |account, lab| {
            account.aws(&format!("ec2 create-security-group --group-name {lab}-sg --description theirs"));
        },
    },
    Life {
        kind: "targetGroup",
        address: "targetGroup.it",
        base: "",
        own: "
vpc: default
targetGroups:
  it: { name: LAB-tg, protocol: HTTP, port: 3000, targetType: ip, healthCheckIntervalSeconds: 30 }
",
        edit: ("Seconds: 30", "Seconds: 20"),
        becomes: UPDATED,
        twin: |account, lab| {
            let vpc = account.text("ec2 describe-vpcs --query Vpcs[0].VpcId");
            let what = "--protocol HTTP --port 3000 --target-type ip";
            account.aws(&format!("elbv2 create-target-group --name {lab}-tg {what} --vpc-id {vpc}"));
        },
    },
    Life {
        kind: "loadBalancer",
        address: "loadBalancer.it",
        base: "",
        own: r#"
vpc: default
loadBalancers:
  it: { name: LAB-alb, type: application, scheme: internet-facing, attributes: { idle_timeout.timeout_seconds: "60" } }
"#,
        edit: ("\"60\"", "\"120\""),
        becomes: UPDATED,
        twin: |account, lab| {
            let subnets = account.aws("ec2 describe-subnets --query Subnets[].SubnetId");
            let subnets: Vec<&str> = subnets.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            account.aws(&format!("elbv2 create-load-balancer --name {lab}-alb --subnets {}", subnets.join(" ")));
        },
    },
    Life {
        kind: "listener",
        address: "listener.it.http",
        base: "
vpc: default
loadBalancers:
  it:
    name: LAB-alb
    type: application
    scheme: internet-facing
",
        own: r#"    listeners:
      http:
        port: 80
        protocol: HTTP
        defaultActions: [{ type: fixed-response, fixedResponseConfig: { statusCode: "200" } }]
"#,
        edit: ("\"200\"", "\"404\""),
        becomes: UPDATED,
        twin: |account, lab| {
            let query = "LoadBalancers[0].LoadBalancerArn";
            let arn = account.text(&format!("elbv2 describe-load-balancers --names {lab}-alb --query {query}"));
            let action = "Type=fixed-response,FixedResponseConfig={StatusCode=503}";
            account.aws(&format!(
                "elbv2 create-listener --load-balancer-arn {arn} --port 80 --protocol HTTP --default-actions {action}"
            ));
        },
    },
    Life {
        kind: "cluster",
        address: "cluster.it",
        base: "",
        own: "
clusters:
  it: { clusterName: LAB-cluster, capacityProviders: [FARGATE] }
",
        edit: ("[FARGATE]", "[FARGATE, FARGATE_SPOT]"),
        becomes: UPDATED,
        twin: |account, lab| {
            account.aws(&format!("ecs create-cluster --cluster-name {lab}-cluster"));
        },
    },
    Life {
        kind: "taskDefinition",
        address: "taskDefinition.it",
        base: "",
        own: r#"
taskDefinitions:
  it:
    family: LAB-task
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "1024"
    containerDefinitions: [{ name: web, image: "nginx:latest", essential: true }]
"#,
        edit: ("cpu: \"256\"", "cpu: \"512\""),
        becomes: UPDATED,
        twin: |account, lab| {
            let container = "name=web,image=nginx,memory=128";
            account
                .aws(&format!("ecs register-task-definition --family {lab}-task --container-definitions {container}"));
        },
    },
    Life {
        kind: "service",
        address: "service.it",
        base: r#"
vpc: default
securityGroups:
  tasks: { groupName: LAB-sg, description: Tasks }
clusters:
  main: { clusterName: LAB-cluster }
taskDefinitions:
  web:
    family: LAB-task
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    containerDefinitions: [{ name: web, image: "nginx:latest", essential: true }]
"#,
        own: "
services:
  it:
    serviceName: LAB-web
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { securityGroups: [tasks], assignPublicIp: ENABLED } }
",
        edit: ("desiredCount: 1", "desiredCount: 2"),
        becomes: UPDATED,
        twin: |account, lab| {
            let subnet = account.text("ec2 describe-subnets --query Subnets[0].SubnetId");
            let group = account.text(&format!(
                "ec2 describe-security-groups --filters Name=group-name,Values={lab}-sg --query SecurityGroups[0].GroupId"
            ));
            let network =
                format!("awsvpcConfiguration={{subnets=[{subnet}],securityGroups=[{group}],assignPublicIp=ENABLED}}");
            account.aws(&format!(
                "ecs create-service --cluster {lab}-cluster --service-name {lab}-web --task-definition {lab}-task \
                 --desired-count 1 --launch-type FARGATE --network-configuration {network}"
            ));
        },
    },
];
