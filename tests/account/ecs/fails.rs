//! Tasks and targets that fail as they do on AWS, because of what the account holds.

use serde_json::{Value, json};

use crate::raw::call;
use crate::testing::{furnish, pass};
use labform_account::Sandbox;

const ROLE: &str = "arn:aws:iam::123456789012:role/execution";
const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const HERE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

async fn ask(sandbox: &Sandbox, operation: &str, input: Value) -> Value {
    let answer = call(sandbox, operation, &input).await;
    answer.unwrap_or_else(|refusal| panic!("{operation}: {refusal:?}"))
}

async fn refusal(sandbox: &Sandbox, operation: &str, input: Value) -> (String, String) {
    call(sandbox, operation, &input).await.unwrap_err()
}

/// An account with a role, a log group, a cluster, and a repository `web` that holds the image `web:1`.
async fn furnished() -> Sandbox {
    let sandbox = Sandbox::in_memory();
    furnish(&sandbox).await;
    ask(&sandbox, "ecr:CreateRepository", json!({ "repositoryName": "web" })).await;
    sandbox.with(|account| account.push_pretended_image("eu-west-1", "web", "1")).unwrap();
    sandbox
}

async fn network(sandbox: &Sandbox, public: &str) -> Value {
    let subnets = ask(sandbox, "ec2:DescribeSubnets", json!({})).await;
    let subnet = &subnets["subnetSet"][0]["subnetId"];
    json!({ "awsvpcConfiguration": { "subnets": [subnet], "assignPublicIp": public } })
}

/// Runs a task of this image, and returns why it stopped before it ran; none if it ran.
async fn reason(sandbox: &Sandbox, image: &str, public: &str) -> Option<String> {
    let logs = json!({ "logDriver": "awslogs", "options": {
        "awslogs-group": "/lab", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs" } });
    let definition = json!({
        "family": "job", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
        "executionRoleArn": ROLE, "containerDefinitions": [{ "name": "job", "image": image, "logConfiguration": logs }],
    });
    ask(sandbox, "ecs:RegisterTaskDefinition", definition).await;
    let network = network(sandbox, public).await;
    let run =
        json!({ "cluster": "main", "taskDefinition": "job", "launchType": "FARGATE", "networkConfiguration": network });
    let run = ask(sandbox, "ecs:RunTask", run).await;
    pass(sandbox, 90).await;
    let asked = json!({ "cluster": "main", "tasks": [run["tasks"][0]["taskArn"]] });
    let task = ask(sandbox, "ecs:DescribeTasks", asked).await["tasks"][0].clone();
    (task["stopCode"] == "TaskFailedToStart").then(|| task["stoppedReason"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_task_ends_whose_image_it_cannot_get() {
    let sandbox = furnished().await;
    let foreign = HERE.replace("123456789012", "111122223333");
    let cases = [
        (format!("{HERE}/web:1"), "ENABLED", None),
        (format!("{HERE}/web:2"), "ENABLED", Some(format!("{HERE}/web:2: not found"))),
        (
            format!("{HERE}/none:1"),
            "ENABLED",
            Some("CannotPullContainerError: pull image manifest has been".to_owned()),
        ),
        (format!("{foreign}/web:1"), "ENABLED", Some("[manifests 1]: 403 Forbidden".to_owned())),
        (
            format!("{HERE}/web:1"),
            "DISABLED",
            Some("There is a connection issue between the task and Amazon ECR".to_owned()),
        ),
        ("nginx".to_owned(), "ENABLED", None),
        ("nginx".to_owned(), "DISABLED", Some("i/o timeout".to_owned())),
    ];
    for (image, public, expected) in cases {
        let said = reason(&sandbox, &image, public).await;
        match expected {
            None => assert_eq!(said, None, "{image} {public}"),
            Some(words) => {
                assert!(said.as_ref().is_some_and(|said| said.contains(&words)), "{image} {public}: {said:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_task_ends_whose_security_group_lets_nothing_out() {
    let sandbox = furnished().await;
    let groups = ask(&sandbox, "ec2:DescribeSecurityGroups", json!({})).await;
    let group = &groups["securityGroupInfo"][0];
    let all = json!({ "GroupId": group["groupId"], "IpPermissions": [{ "IpProtocol": "-1",
        "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] });
    ask(&sandbox, "ec2:RevokeSecurityGroupEgress", all.clone()).await;
    assert!(reason(&sandbox, "nginx", "ENABLED").await.is_some_and(|said| said.contains("i/o timeout")));
    ask(&sandbox, "ec2:AuthorizeSecurityGroupEgress", all).await;
    assert_eq!(reason(&sandbox, "nginx", "ENABLED").await, None);
}

#[tokio::test]
async fn a_task_ends_whose_execution_role_lacks_a_right() {
    let sandbox = furnished().await;
    let image = format!("{HERE}/web:1");
    ask(&sandbox, "iam:DetachRolePolicy", json!({ "RoleName": "execution", "PolicyArn": MANAGED })).await;
    let pull = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    let cases: [(&[&str], Option<&str>); 4] = [
        (&[], Some("not authorized to perform: ecr:GetAuthorizationToken on resource: *")),
        (&pull[..1], Some("403 Forbidden")),
        (&pull, Some("not authorized to perform: logs:CreateLogStream")),
        (&[pull[0], pull[1], pull[2], "logs:*"], None),
    ];
    for (actions, expected) in cases {
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        let nothing = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
        let statement = if actions.is_empty() { nothing } else { statement };
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let put = json!({ "RoleName": "execution", "PolicyName": "it", "PolicyDocument": document });
        ask(&sandbox, "iam:PutRolePolicy", put).await;
        let said = reason(&sandbox, &image, "ENABLED").await;
        match expected {
            None => assert_eq!(said, None),
            Some(words) => assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{actions:?}: {said:?}"),
        }
    }
}

#[tokio::test]
async fn a_role_that_ecs_may_not_take_on_starts_no_task() {
    let sandbox = furnished().await;
    let trust = |service: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": service } }] })
        .to_string()
    };
    let let_in = |service: &str| json!({ "RoleName": "execution", "PolicyDocument": trust(service) });
    ask(&sandbox, "iam:UpdateAssumeRolePolicy", let_in("ecs.amazonaws.com")).await;
    let network = network(&sandbox, "ENABLED").await;
    let run =
        json!({ "cluster": "main", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network });
    let (code, message) = refusal(&sandbox, "ecs:RunTask", run).await;
    assert_eq!(code, "ClientException");
    assert!(message.starts_with("ECS was unable to assume the role"), "{message}");
    let service = json!({ "cluster": "main", "serviceName": "web", "taskDefinition": "web", "launchType": "FARGATE",
        "desiredCount": 1, "networkConfiguration": network });
    ask(&sandbox, "ecs:CreateService", service).await;
    pass(&sandbox, 60).await;
    let described = || ask(&sandbox, "ecs:DescribeServices", json!({ "cluster": "main", "services": ["web"] }));
    let waiting = described().await["services"][0].clone();
    let event = waiting["events"][0]["message"].as_str().unwrap();
    assert!(event.contains("failed to launch a task with (error ECS was unable to assume the role"), "{event}");
    ask(&sandbox, "iam:UpdateAssumeRolePolicy", let_in("ecs-tasks.amazonaws.com")).await;
    pass(&sandbox, 120).await;
    assert_eq!(described().await["services"][0]["runningCount"], 1, "it tries again by itself");
}

/// What a service behind a load balancer needs: subnets, the groups of the load balancer and of tasks, a target group.
struct Balanced {
    subnets: Value,
    groups: [Value; 2],
    targets: Value,
}

async fn balanced(sandbox: &Sandbox) -> Balanced {
    let subnets = ask(sandbox, "ec2:DescribeSubnets", json!({})).await["subnetSet"].clone();
    let subnets: Value = subnets.as_array().unwrap().iter().map(|subnet| subnet["subnetId"].clone()).collect();
    let vpc = ask(sandbox, "ec2:DescribeVpcs", json!({})).await["vpcSet"][0]["vpcId"].clone();
    let mut groups = [Value::Null, Value::Null];
    for (at, name) in ["alb", "tasks"].into_iter().enumerate() {
        let group = json!({ "GroupName": name, "GroupDescription": name, "VpcId": vpc });
        groups[at] = ask(sandbox, "ec2:CreateSecurityGroup", group).await["groupId"].clone();
    }
    let balancer = json!({ "Name": "alb", "Subnets": subnets, "SecurityGroups": [groups[0]] });
    let balancer = ask(sandbox, "elasticloadbalancing:CreateLoadBalancer", balancer).await;
    let balancer = &balancer["LoadBalancers"][0]["LoadBalancerArn"];
    let targets = json!({ "Name": "web", "Protocol": "HTTP", "Port": 3000, "VpcId": vpc, "TargetType": "ip",
        "HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2, "HealthCheckTimeoutSeconds": 2 });
    let targets = ask(sandbox, "elasticloadbalancing:CreateTargetGroup", targets).await;
    let targets = &targets["TargetGroups"][0]["TargetGroupArn"];
    let listener = json!({ "LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80,
        "DefaultActions": [{ "Type": "forward", "TargetGroupArn": targets }] });
    ask(sandbox, "elasticloadbalancing:CreateListener", listener).await;
    Balanced { subnets, groups, targets: targets.clone() }
}

#[tokio::test]
async fn a_target_is_unhealthy_while_its_port_is_shut() {
    let sandbox = furnished().await;
    let Balanced { subnets, groups, targets } = balanced(&sandbox).await;
    let service = json!({ "cluster": "main", "serviceName": "web", "taskDefinition": "web", "launchType": "FARGATE",
        "desiredCount": 1, "healthCheckGracePeriodSeconds": 600,
        "loadBalancers": [{ "targetGroupArn": targets, "containerName": "app", "containerPort": 3000 }],
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": subnets, "securityGroups": [groups[1]],
            "assignPublicIp": "ENABLED" } } });
    ask(&sandbox, "ecs:CreateService", service).await;
    pass(&sandbox, 60).await;
    let health = || async {
        let asked = json!({ "TargetGroupArn": targets });
        let all = ask(&sandbox, "elasticloadbalancing:DescribeTargetHealth", asked).await;
        all["TargetHealthDescriptions"][0]["TargetHealth"].clone()
    };
    let shut = json!({ "State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out" });
    assert_eq!(health().await, shut);
    let ports = |port: u16, from: &Value| {
        json!({ "GroupId": groups[1], "IpPermissions": [{ "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
            "Groups": [{ "GroupId": from }] }] })
    };
    for (port, from, is_open) in [(80, &groups[0], false), (3000, &groups[1], false), (3000, &groups[0], true)] {
        ask(&sandbox, "ec2:AuthorizeSecurityGroupIngress", ports(port, from)).await;
        assert_eq!(health().await["State"] == "healthy", is_open, "{port}");
    }
    pass(&sandbox, 60).await;
    let asked = json!({ "cluster": "main", "services": ["web"] });
    let service = ask(&sandbox, "ecs:DescribeServices", asked).await["services"][0].clone();
    let said: Vec<&str> =
        service["events"].as_array().unwrap().iter().filter_map(|one| one["message"].as_str()).collect();
    let arn = targets.as_str().unwrap();
    assert!(said.contains(&&*format!("(service web) registered 1 targets in (target-group {arn})")), "{said:?}");
    assert!(said[0].ends_with("has reached a steady state."), "{said:?}");
}

#[tokio::test]
async fn a_service_of_code_deploys_is_updated_by_nobody_else() {
    let sandbox = furnished().await;
    let network = network(&sandbox, "ENABLED").await;
    let targets = balanced(&sandbox).await.targets;
    let balancers = json!([{ "targetGroupArn": targets, "containerName": "app", "containerPort": 3000 }]);
    let service = json!({ "cluster": "main", "serviceName": "web", "taskDefinition": "web", "launchType": "FARGATE",
        "desiredCount": 0, "deploymentController": { "type": "CODE_DEPLOY" }, "networkConfiguration": network,
        "loadBalancers": balancers });
    ask(&sandbox, "ecs:CreateService", service).await;
    let cases = [
        (json!({ "taskDefinition": "web" }), "Unable to update task definition on services with a CODE_DEPLOY"),
        (
            json!({ "networkConfiguration": network }),
            "Unable to update network parameters on services with a CODE_DEPLOY",
        ),
        (json!({ "loadBalancers": balancers }), "Unable to update load balancers on services with a CODE_DEPLOY"),
        (json!({ "forceNewDeployment": true }), "Cannot force a new deployment on services with a CODE_DEPLOY"),
    ];
    for (change, words) in cases {
        let mut update = json!({ "cluster": "main", "service": "web" });
        update.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (code, message) = refusal(&sandbox, "ecs:UpdateService", update).await;
        assert_eq!(code, "InvalidParameterException");
        assert!(message.starts_with(words), "{message}");
    }
    let update = json!({ "cluster": "main", "service": "web", "desiredCount": 1 });
    assert_eq!(ask(&sandbox, "ecs:UpdateService", update).await["service"]["desiredCount"], 1);
}

#[tokio::test]
async fn policies_that_do_not_exist_are_not_attached() {
    let sandbox = furnished().await;
    let attach = |arn: &str| {
        let input = json!({ "RoleName": "execution", "PolicyArn": arn });
        let sandbox = sandbox.clone();
        async move { call(&sandbox, "iam:AttachRolePolicy", &input).await.err() }
    };
    let misspelt = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolcy";
    let missing = ("NoSuchEntity".to_owned(), format!("Policy {misspelt} does not exist or is not attachable."));
    assert_eq!(attach(misspelt).await, Some(missing));
    let linked = attach("arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy").await;
    assert_eq!(linked.unwrap().0, "PolicyNotAttachable");
    assert_eq!(attach(MANAGED).await, None);
}

#[tokio::test]
async fn what_aws_writes_otherwise_reads_back_so() {
    let sandbox = furnished().await;
    let router = json!({ "name": "router", "image": "amazon/aws-for-fluent-bit", "memory": 64,
        "firelensConfiguration": { "type": "fluentbit" } });
    let app =
        json!({ "name": "app", "image": "nginx", "memory": 64, "logConfiguration": { "logDriver": "awsfirelens" } });
    let definition = json!({ "family": "logs", "containerDefinitions": [router, app] });
    let made = ask(&sandbox, "ecs:RegisterTaskDefinition", definition).await;
    let users: Vec<&Value> = (0..2).map(|at| &made["taskDefinition"]["containerDefinitions"][at]["user"]).collect();
    assert_eq!(users, [&json!("0"), &Value::Null]);

    let trusting = |principals: Value| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": principals } }] });
        json!({ "RoleName": "other", "AssumeRolePolicyDocument": trust.to_string(), "PolicyDocument": trust.to_string() })
    };
    let document = async || {
        let role = ask(&sandbox, "iam:GetRole", json!({ "RoleName": "other" })).await;
        let document = role["Role"]["AssumeRolePolicyDocument"].as_str().unwrap().to_owned();
        percent_encoding::percent_decode_str(&document).decode_utf8().unwrap().into_owned()
    };
    ask(&sandbox, "iam:CreateRole", trusting(json!(["111122223333", "arn:aws:iam::444455556666:root"]))).await;
    let said = document().await;
    assert!(said.contains(r#"["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]"#), "{said}");

    ask(&sandbox, "iam:UpdateAssumeRolePolicy", trusting(json!(ROLE))).await;
    assert!(document().await.contains(ROLE));
    let id = ask(&sandbox, "iam:GetRole", json!({ "RoleName": "execution" })).await["Role"]["RoleId"].clone();
    ask(&sandbox, "iam:DetachRolePolicy", json!({ "RoleName": "execution", "PolicyArn": MANAGED })).await;
    ask(&sandbox, "iam:DeleteRole", json!({ "RoleName": "execution" })).await;
    let said = document().await;
    assert!(said.contains(id.as_str().unwrap()) && !said.contains(ROLE), "{said}");
}
