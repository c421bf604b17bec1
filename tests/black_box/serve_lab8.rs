//! Lab 8 by hand, as the course's scripts do it: the AWS CLI, one command after the other, on a served account.
//!
//! The waiters of the CLI wait by the clock on the wall, so the account's time passes at the speed that is the default.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use labform_account::{Pace, Sandbox};
use serde_json::{Value, json};

use crate::account::Account;
use crate::aws::{self, aws};
use crate::embedded;
use crate::inventory::by_name;
use crate::labform::credentials;

const REGION: &str = "eu-west-1";
const BUCKET: &str = "ecs-lab-images-123456789012-eu-west-1";
const REPOSITORIES: [&str; 2] = ["web-app", "image-classifier"];
const ROLES: [&str; 3] =
    ["ecs-lab-task-execution-role", "ecs-lab-web-app-task-role", "ecs-lab-image-classifier-task-role"];
const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
const WITHIN: &str = "--cluster ecs-lab-cluster";

/// What the lab's later commands name of what the earlier ones made.
struct Web {
    groups: [String; 2],
    load_balancer: String,
    target_group: String,
    listener: String,
    network: String,
}

#[test]
fn the_aws_cli_takes_lab_8_up_and_down() {
    let account = Account::embedded_with(REGION, &[]);
    make_storage(&account);
    make_roles(&account);
    let web = make_web(&account);
    register(&account, "ecs-web-app", "web-app", "256", "512");
    register(&account, "image-classifier", "image-classifier", "1024", "2048");
    start_service(&account, &web);
    run_classifier(&account, &web);
    assert_eq!(by_name(&account, "ecs-lab").len(), 17);
    take_down_web(&account, &web);
    take_down_rest(&account, &web);
    assert_eq!(by_name(&account, "ecs-lab"), [].into());
    nothing_is_left_but_tombstones(&account);
}

fn make_storage(account: &Account) {
    alone(account, &format!("s3 mb s3://{BUCKET}"));
    let all = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
    account.aws(&format!("s3api put-public-access-block --bucket {BUCKET} --public-access-block-configuration {all}"));
    account.aws(&format!("s3api put-bucket-versioning --bucket {BUCKET} --versioning-configuration Status=Enabled"));
    for (name, count) in REPOSITORIES.into_iter().zip([10, 5]) {
        let rule = json!({"rulePriority": 1, "action": {"type": "expire"},
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}});
        let policy = json!({ "rules": [rule] });
        let repository = format!("--repository-name ecs-lab/{name}");
        account.aws(&format!("ecr create-repository {repository} --image-scanning-configuration scanOnPush=true"));
        account.aws(&format!("ecr put-lifecycle-policy {repository} --lifecycle-policy-text {policy}"));
        let group = format!("--log-group-name /ecs/ecs-lab/{name}");
        account.aws(&format!("logs create-log-group {group} --tags project=ecs-lab"));
        account.aws(&format!("logs put-retention-policy {group} --retention-in-days 7"));
    }
    // What the scripts pipe into `docker login`.
    let token = "ecr get-authorization-token --query authorizationData[0].authorizationToken";
    assert!(!account.text(token).is_empty());
}

fn make_roles(account: &Account) {
    let statement = |action: &str, about: (&str, Value)| {
        let (key, value) = about;
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, key: value}]})
    };
    let tasks = json!({"Service": "ecs-tasks.amazonaws.com"});
    let trust = statement("sts:AssumeRole", ("Principal", tasks));
    let metrics = statement("cloudwatch:PutMetricData", ("Resource", json!("*")));
    for role in ROLES {
        account.aws(&format!(
            "iam create-role --role-name {role} --assume-role-policy-document {trust} --tags Key=project,Value=ecs-lab"
        ));
        account.aws(&format!(
            "iam put-role-policy --role-name {role} --policy-name MetricsPolicy --policy-document {metrics}"
        ));
    }
    account.aws(&format!("iam attach-role-policy --role-name {} --policy-arn {MANAGED}", ROLES[0]));
    alone(account, &format!("iam wait role-exists --role-name {}", ROLES[0]));
}

fn make_web(account: &Account) -> Web {
    let vpc = account.text("ec2 describe-vpcs --filters Name=is-default,Values=true --query Vpcs[0].VpcId");
    let subnets =
        account.aws(&format!("ec2 describe-subnets --filters Name=vpc-id,Values={vpc} --query Subnets[:2].SubnetId"));
    let subnets = [0, 1].map(|at| subnets[at].as_str().expect("there are three"));
    let groups = [("alb", "Security group for Application Load Balancer"), ("ecs", "Security group for ECS tasks")];
    let groups = groups.map(|(name, description)| {
        let name = format!("ecs-lab-{name}-sg");
        let make = ["ec2", "create-security-group", "--group-name", &name];
        let words = ["--description", description, "--vpc-id", &vpc];
        let made = aws(&account.url, REGION, &[make, words].concat()).expect("the name is free");
        made["GroupId"].as_str().expect("a group has an id").to_owned()
    });
    let allow = "ec2 authorize-security-group-ingress --protocol tcp --group-id";
    account.aws(&format!("{allow} {} --port 80 --cidr 0.0.0.0/0", groups[0]));
    account.aws(&format!("{allow} {} --port 3000 --source-group {}", groups[1], groups[0]));
    let load_balancer = account.text(&format!(
        "elbv2 create-load-balancer --name ecs-lab-alb --subnets {} --security-groups {} \
         --query LoadBalancers[0].LoadBalancerArn",
        subnets.join(" "),
        groups[0]
    ));
    let target_group = account.text(&format!(
        "elbv2 create-target-group --name ecs-lab-tg --protocol HTTP --port 3000 --vpc-id {vpc} --target-type ip \
         --health-check-path /health --query TargetGroups[0].TargetGroupArn"
    ));
    let listener = account.text(&format!(
        "elbv2 create-listener --load-balancer-arn {load_balancer} --protocol HTTP --port 80 \
         --default-actions Type=forward,TargetGroupArn={target_group} --query Listeners[0].ListenerArn"
    ));
    let network = format!(
        "awsvpcConfiguration={{subnets=[{}],securityGroups=[{}],assignPublicIp=ENABLED}}",
        subnets.join(","),
        groups[1]
    );
    Web { groups, load_balancer, target_group, listener, network }
}

fn register(account: &Account, family: &str, name: &str, cpu: &str, memory: &str) {
    let options = json!({"awslogs-group": format!("/ecs/ecs-lab/{name}"), "awslogs-region": REGION,
        "awslogs-stream-prefix": "ecs"});
    let containers = json!([{
        "name": name, "essential": true, "portMappings": [{"containerPort": 3000, "protocol": "tcp"}],
        "image": format!("123456789012.dkr.ecr.{REGION}.amazonaws.com/ecs-lab/{name}:latest"),
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }]);
    let role = format!("arn:aws:iam::123456789012:role/{}", ROLES[0]);
    account.aws(&format!(
        "ecs register-task-definition --family {family} --network-mode awsvpc --requires-compatibilities FARGATE \
         --cpu {cpu} --memory {memory} --execution-role-arn {role} --container-definitions {containers}"
    ));
}

fn start_service(account: &Account, web: &Web) {
    let cluster = "ecs create-cluster --cluster-name ecs-lab-cluster --capacity-providers FARGATE \
        --default-capacity-provider-strategy capacityProvider=FARGATE,weight=1";
    // The account is new, and a client of the server isn't refused for that.
    account.aws(cluster);
    account.aws(&format!(
        "ecs create-service {WITHIN} --service-name web-service --task-definition ecs-web-app --desired-count 2 \
         --launch-type FARGATE --network-configuration {} \
         --load-balancers targetGroupArn={},containerName=web-app,containerPort=3000",
        web.network, web.target_group
    ));
    alone(account, &format!("ecs wait services-stable {WITHIN} --services web-service"));
    alone(account, "elbv2 wait load-balancer-available --names ecs-lab-alb");
    // A service of which all tasks run is stable to the CLI, before its targets have passed their checks.
    alone(account, &format!("elbv2 wait target-in-service --target-group-arn {}", web.target_group));
    let health = account.aws(&format!(
        "elbv2 describe-target-health --target-group-arn {} --query TargetHealthDescriptions[].TargetHealth.State",
        web.target_group
    ));
    assert_eq!(health, json!(["healthy", "healthy"]));
}

fn run_classifier(account: &Account, web: &Web) {
    let command = json!(["node", "classifier.js", format!("s3://{BUCKET}/input/cat.jpg")]);
    let overrides = json!({"containerOverrides": [{"name": "image-classifier", "command": command}]});
    let arn = account.text(&format!(
        "ecs run-task {WITHIN} --task-definition image-classifier --launch-type FARGATE --overrides {overrides} \
         --network-configuration {} --query tasks[0].taskArn",
        web.network
    ));
    alone(account, &format!("ecs wait tasks-stopped {WITHIN} --tasks {arn}"));
    let task = account.aws(&format!(
        "ecs describe-tasks {WITHIN} --tasks {arn} --query tasks[0].[lastStatus,containers[0].exitCode]"
    ));
    assert_eq!(task, json!(["STOPPED", 0]));
    let group = "--log-group-name /ecs/ecs-lab/image-classifier --query events[].message";
    let id = arn.rsplit('/').next().unwrap_or_default();
    let stream = format!("ecs/image-classifier/{id}");
    let read = account.aws(&format!("logs get-log-events {group} --log-stream-name {stream}"));
    let found = account.aws(&format!("logs filter-log-events {group}"));
    assert_eq!(read, found);
    assert!(read.to_string().contains("classifier.js"), "{read}");
    account.folder.write("result.json", "{}");
    let file = account.folder.path().join("result.json");
    let result = format!("s3://{BUCKET}/output/result.json");
    account.aws(&format!("s3 cp {} {result} --only-show-errors", file.display()));
    let copy = account.folder.path().join("copy.json");
    account.aws(&format!("s3 cp {result} {} --only-show-errors", copy.display()));
    assert_eq!(std::fs::read_to_string(copy).ok().as_deref(), Some("{}"));
}

/// Step 8: the half that costs money.
fn take_down_web(account: &Account, web: &Web) {
    let service = format!("{WITHIN} --service web-service");
    account.aws(&format!("ecs update-service {service} --desired-count 0"));
    account.aws(&format!("ecs delete-service {service} --force"));
    let listed = account.aws(&format!("ecs list-services {WITHIN} --query serviceArns"));
    assert_eq!(listed, json!([]), "a draining service is out of the list");
    alone(account, &format!("ecs wait services-inactive {WITHIN} --services web-service"));
    let Web { listener, load_balancer, target_group, .. } = web;
    account.aws(&format!("elbv2 delete-listener --listener-arn {listener}"));
    account.aws(&format!("elbv2 delete-load-balancer --load-balancer-arn {load_balancer}"));
    alone(account, &format!("elbv2 wait load-balancers-deleted --load-balancer-arns {load_balancer}"));
    account.aws(&format!("elbv2 delete-target-group --target-group-arn {target_group}"));
}

fn take_down_rest(account: &Account, web: &Web) {
    for definition in ["ecs-web-app:1", "image-classifier:1"] {
        account.aws(&format!("ecs deregister-task-definition --task-definition {definition}"));
    }
    account.aws(&format!("ecs delete-cluster {WITHIN}"));
    account.aws(&format!("s3 rm s3://{BUCKET} --recursive --only-show-errors"));
    let versions = account.aws(&format!(
        "s3api list-object-versions --bucket {BUCKET} \
         --query {{Objects:[Versions,DeleteMarkers][].{{Key:Key,VersionId:VersionId}}}}"
    ));
    account.aws(&format!("s3api delete-objects --bucket {BUCKET} --delete {versions}"));
    alone(account, &format!("s3 rb s3://{BUCKET}"));
    for name in REPOSITORIES {
        account.aws(&format!("ecr delete-repository --repository-name ecs-lab/{name} --force"));
        account.aws(&format!("logs delete-log-group --log-group-name /ecs/ecs-lab/{name}"));
    }
    account.aws(&format!("iam detach-role-policy --role-name {} --policy-arn {MANAGED}", ROLES[0]));
    for role in ROLES {
        account.aws(&format!("iam delete-role-policy --role-name {role} --policy-name MetricsPolicy"));
        account.aws(&format!("iam delete-role --role-name {role}"));
    }
    // The group of the tasks names the other one, and the load balancer's interfaces outlive it.
    for group in web.groups.iter().rev() {
        wait_until_free(account, group);
        account.aws(&format!("ec2 delete-security-group --group-id {group}"));
    }
}

fn wait_until_free(account: &Account, group: &str) {
    const DEADLINE: Duration = Duration::from_secs(60);
    let started = Instant::now();
    let interfaces = format!(
        "ec2 describe-network-interfaces --filters Name=group-id,Values={group} --query NetworkInterfaces[].Description"
    );
    loop {
        let left = account.aws(&interfaces);
        if left == json!([]) {
            return;
        }
        assert!(started.elapsed() < DEADLINE, "{group} is still held: {left}");
        sleep(Duration::from_millis(100));
    }
}

fn nothing_is_left_but_tombstones(account: &Account) {
    let file = account.folder.path().join(embedded::FILE);
    let account = Sandbox::open(&file, Pace::Instant).expect("the file is whole");
    let items = account.inventory().into_iter();
    let left: BTreeSet<&str> = items
        .filter(|item| item.tombstone.is_none() && !item.id.contains("/aws-service-role/"))
        .map(|item| item.kind)
        .collect();
    let from_the_first_day = ["ec2:internet-gateway", "ec2:route-table", "ec2:security-group", "ec2:subnet", "ec2:vpc"];
    assert_eq!(left, from_the_first_day.into());
}

/// Runs a command that waits, or that doesn't answer in JSON, in a process of its own: the other tests use the one that
/// they share meanwhile.
fn alone(account: &Account, args: &str) {
    let output = Command::new(aws::program())
        .args(args.split_whitespace())
        .env_clear()
        .envs(credentials())
        .env("AWS_ENDPOINT_URL", &account.url)
        .env("AWS_DEFAULT_REGION", REGION)
        .output()
        .expect("the CLI starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "aws {args}: {told}");
}
