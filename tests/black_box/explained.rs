//! `labform plan --explain`: the commands of the AWS CLI make what labform would make.

use std::process::{Command, Stdio};

use crate::account::Account;
use crate::aws;
use crate::labform::{Folder, Run, credentials, watch};

const LAB: &str = "vpc: default
tags: { course: \"a b\" }
buckets: { files: { bucket: \"LAB-${account}\", versioningConfiguration: { status: Enabled } } }
repositories: { web: { imageScanningConfiguration: { scanOnPush: true } } }
logGroups: { web: { retentionInDays: 7 } }
secrets: { db: { secretString: { env: DB_PASSWORD } } }
roles:
  execution:
    assumeRolePolicyDocument: { Version: \"2012-10-17\", Statement: [
      { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: \"sts:AssumeRole\" } ] }
    managedPolicyArns: [\"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy\"]
    policies:
      - policyName: it
        policyDocument: { Version: \"2012-10-17\", Statement: [
          { Effect: Allow, Action: \"secretsmanager:GetSecretValue\", Resource: \"${secrets.db.arn}\" } ] }
securityGroups:
  alb: { description: for the world, ipPermissions: [
    { ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0, description: all }] } ] }
  tasks: { description: tasks, ipPermissions: [
    { ipProtocol: tcp, fromPort: 80, toPort: 80, userIdGroupPairs: [{ groupId: alb }] } ] }
targetGroups: { web: { protocol: HTTP, port: 80, targetType: ip, healthCheckIntervalSeconds: 10,
  matcher: { httpCode: \"200\" }, attributes: { deregistration_delay.timeout_seconds: \"10\" } } }
loadBalancers:
  web:
    securityGroups: [alb]
    listeners:
      http:
        port: 80
        protocol: HTTP
        defaultActions: [{ type: forward, targetGroupArn: web }]
        rules: { old: { priority: 10, conditions: [{ field: path-pattern, values: [/old] }], actions: [
          { type: redirect, redirectConfig: { path: /new, port: \"80\", statusCode: HTTP_301 } } ] } }
clusters: { main: {} }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: \"256\"
    memory: \"512\"
    executionRoleArn: execution
    containerDefinitions:
      - name: web
        image: public.ecr.aws/nginx/nginx:1.27
        portMappings: [{ containerPort: 80 }]
        environment: [{ name: GREETING, value: \"it's $HOME\" }]
        secrets: [{ name: DB_PASSWORD, valueFrom: \"${secrets.db.arn}\" }]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { securityGroups: [tasks], assignPublicIp: ENABLED } }
    loadBalancers: [{ targetGroupArn: web, containerName: web, containerPort: 80 }]
";

/// `labform ARGS` where the lab's secret is known.
fn labform(account: &Account, args: &[&str]) -> Run {
    let mut command = account.command(args);
    command.env("DB_PASSWORD", "hunter2-staple");
    watch(command, &mut || None)
}

/// Runs a script of AWS CLI commands on the account.
fn run(account: &Account, script: &str) {
    account.folder.write("script.sh", script);
    let cli = aws::program();
    let folder = cli.parent().expect("it stands in a folder");
    let mut shell = Command::new("sh");
    shell.arg("script.sh").current_dir(account.folder.path()).env_clear().envs(credentials());
    shell.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).env("AWS_ENDPOINT_URL", &account.url);
    shell.env("SECRET_DB_VALUE", "hunter2-staple").env("HOME", account.folder.path());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    watch(shell, &mut || None).exits(0);
}

#[test]
fn the_script_makes_what_labform_would_make() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("told", &[LAB]);
    let script = labform(&account, &["plan", "--explain", "--as-script"]).exits(0);
    assert!(script.stderr.contains("Plan: "), "{script}");
    for text in [&script.stdout, &script.stderr] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let made = |words: &str| account.aws(words).as_array().map(Vec::len);
    assert_eq!(made("ecs list-clusters --query clusterArns"), Some(0), "a plan changes nothing");
    assert!(script.stdout.contains("${SECRET_DB_VALUE:?set it to the value of secret.db}"), "{script}");
    assert!(script.stdout.contains("\"${ACCOUNT}\"") && !script.stdout.contains("123456789012"), "{script}");
    run(&account, &script.stdout);
    assert_eq!(made("ecs list-clusters --query clusterArns"), Some(1));
    let plan = labform(&account, &["plan"]).exits(0);
    assert!(plan.stdout.contains("No changes."), "{plan}\n{script}");

    // A change of what is there is told with its ids.
    let lab = LAB.replace("desiredCount: 1", "desiredCount: 2").replace("retentionInDays: 7", "retentionInDays: 1");
    account.write_lab("told", &[&lab]);
    let told = labform(&account, &["plan", "--explain"]).exits(0);
    let words = "\n  # service.web will be updated\n  aws ecs update-service ";
    assert!(told.stdout.contains(words) && told.stdout.contains("--desired-count 2"), "{told}");
    assert!(told.stdout.contains("\n  aws logs put-retention-policy "), "{told}");
    let script = labform(&account, &["plan", "--explain", "--as-script"]).exits(0);
    run(&account, &script.stdout);
    let plan = labform(&account, &["plan"]).exits(0);
    assert!(plan.stdout.contains("No changes."), "{plan}\n{script}");
}

#[test]
fn a_plan_is_explained_whole_or_not_at_all() {
    let folder = Folder::empty();
    folder.write("lab.yaml", "lab: told\nregion: eu-west-1\n");
    for line in
        ["plan --as-script", "plan --explain --json", "plan --explain --destroy", "plan --explain --roster a.csv"]
    {
        folder.run(&line.split(' ').collect::<Vec<_>>()).exits(64);
    }
}
