use serde_json::{Value, json};

use crate::Sandbox;
use crate::testing;

const ROLE: &str = "arn:aws:iam::123456789012:role/it";

fn call(sandbox: &Sandbox, operation: &str, input: &Value) -> Result<Value, String> {
    sandbox.with(|account| {
        account.enter("eu-west-1");
        super::handle(account, operation, input).map_err(|fault| format!("{} {}", fault.status, fault.code))
    })
}

/// An account with a role that a service may take on, and a group `lab`.
fn account(service: &str) -> Sandbox {
    let sandbox = Sandbox::in_memory();
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]});
    iam(&sandbox, "CreateRole", &[("RoleName", "it"), ("AssumeRolePolicyDocument", &trust.to_string())]);
    call(&sandbox, "CreateScheduleGroup", &json!({"Name": "lab"})).unwrap();
    sandbox
}

fn iam(sandbox: &Sandbox, operation: &str, members: &[(&str, &str)]) {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
    let (status, text) = testing::form(sandbox, "iam", operation, &form);
    assert_eq!(status, 200, "{text}");
}

fn schedule(more: &Value) -> Value {
    let mut all = json!({
        "Name": "it",
        "GroupName": "lab",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/it", "RoleArn": ROLE},
    });
    for (member, value) in more.as_object().into_iter().flatten() {
        all[member] = value.clone();
    }
    all
}

#[test]
fn a_group_goes_with_all_that_is_in_it_and_is_still_there_for_a_while() {
    let sandbox = account("scheduler.amazonaws.com");
    let named = json!({"Name": "lab"});
    assert_eq!(call(&sandbox, "CreateScheduleGroup", &named).unwrap_err(), "409 ConflictException");
    let again = json!({"Name": "other", "ClientToken": "a"});
    assert_eq!(call(&sandbox, "CreateScheduleGroup", &again), call(&sandbox, "CreateScheduleGroup", &again));
    call(&sandbox, "CreateSchedule", &schedule(&json!({}))).unwrap();
    call(&sandbox, "DeleteScheduleGroup", &named).unwrap();
    assert_eq!(call(&sandbox, "GetScheduleGroup", &named).unwrap()["State"], "DELETING");
    assert_eq!(call(&sandbox, "CreateScheduleGroup", &named).unwrap_err(), "409 ConflictException");
    let in_it = json!({"Name": "it", "GroupName": "lab"});
    assert_eq!(call(&sandbox, "GetSchedule", &in_it).unwrap_err(), "404 ResourceNotFoundException");
    sandbox.advance(super::LINGERS).unwrap();
    assert_eq!(call(&sandbox, "GetScheduleGroup", &named).unwrap_err(), "404 ResourceNotFoundException");
    let groups = call(&sandbox, "ListScheduleGroups", &json!({})).unwrap();
    assert_eq!(groups["ScheduleGroups"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_schedule_reads_back_with_what_aws_fills_in_and_an_update_forgets_what_it_leaves_out() {
    let sandbox = account("scheduler.amazonaws.com");
    let named = json!({"Name": "it", "GroupName": "lab"});
    call(&sandbox, "CreateSchedule", &schedule(&json!({"Description": "a", "State": "DISABLED"}))).unwrap();
    let read = call(&sandbox, "GetSchedule", &named).unwrap();
    assert_eq!(read["Arn"], "arn:aws:scheduler:eu-west-1:123456789012:schedule/lab/it");
    assert_eq!((&read["Description"], &read["State"]), (&json!("a"), &json!("DISABLED")));
    assert_eq!(read["ActionAfterCompletion"], "NONE");
    assert_eq!(read["ScheduleExpressionTimezone"], "UTC");
    let retries = json!({"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185});
    assert_eq!(read["Target"]["RetryPolicy"], retries);
    call(&sandbox, "UpdateSchedule", &schedule(&json!({}))).unwrap();
    let read = call(&sandbox, "GetSchedule", &named).unwrap();
    assert_eq!((read.get("Description"), &read["State"]), (None, &json!("ENABLED")));
    let listed = call(&sandbox, "ListSchedules", &json!({"GroupName": "lab", "NamePrefix": "i"})).unwrap();
    assert_eq!(listed["Schedules"][0]["Target"], json!({"Arn": read["Target"]["Arn"]}));
}

#[test]
fn what_cannot_run_is_no_schedule() {
    let sandbox = account("scheduler.amazonaws.com");
    let other = account("ecs-tasks.amazonaws.com");
    for (account, more, refusal) in [
        (&sandbox, json!({"GroupName": "none"}), "404 ResourceNotFoundException"),
        (&sandbox, json!({"Name": "a b"}), "400 ValidationException"),
        (&sandbox, json!({"ScheduleExpression": "cron(0 2 * * *)"}), "400 ValidationException"),
        (&sandbox, json!({"ScheduleExpressionTimezone": "Mars"}), "400 ValidationException"),
        (&sandbox, json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}), "400 ValidationException"),
        (
            &sandbox,
            json!({"Target": {"Arn": "a", "RoleArn": "arn:aws:iam::123456789012:role/no"}}),
            "400 ValidationException",
        ),
        (&other, json!({}), "400 ValidationException"),
    ] {
        assert_eq!(call(account, "CreateSchedule", &schedule(&more)).unwrap_err(), refusal, "{more}");
    }
}

#[test]
fn a_task_runs_at_each_time_if_the_role_may() {
    let sandbox = account("scheduler.amazonaws.com");
    let ecs = |operation: &str, input: Value| testing::call(&sandbox, "ecs", operation, &input);
    // The first use of ECS makes its role.
    let cluster = ecs("CreateCluster", json!({"clusterName": "it"}));
    cluster.or_else(|_| ecs("CreateCluster", json!({"clusterName": "it"}))).unwrap();
    let definition = json!({"family": "it", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "containerDefinitions": [{"name": "it", "image": "public.ecr.aws/docker/library/busybox:1"}]});
    let definition = ecs("RegisterTaskDefinition", definition).unwrap()["taskDefinition"]["taskDefinitionArn"].clone();
    let (_, subnets) = testing::form(&sandbox, "ec2", "DescribeSubnets", "");
    let subnet = subnets.split("<subnetId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let target = json!({"Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/it", "RoleArn": ROLE,
        "Input": r#"{"containerOverrides": [{"name": "it", "command": ["true"]}]}"#,
        "EcsParameters": {"TaskDefinitionArn": definition, "LaunchType": "FARGATE", "Tags": [{"key": "a", "value": "b"}],
            "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": [subnet], "AssignPublicIp": "ENABLED"}}}});
    let once = json!({"Target": target, "ScheduleExpression": "cron(0/30 * * * ? *)"});
    call(&sandbox, "CreateSchedule", &schedule(&once)).unwrap();
    let tasks = || {
        let lists = ["RUNNING", "STOPPED"].map(|status| {
            let list = ecs("ListTasks", json!({"cluster": "it", "desiredStatus": status})).unwrap();
            list["taskArns"].as_array().cloned().unwrap_or_default()
        });
        lists.concat()
    };
    sandbox.advance(30 * 60_000).unwrap();
    assert!(tasks().is_empty(), "the role may not run it");
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}]});
    let members = [("RoleName", "it"), ("PolicyName", "it"), ("PolicyDocument", &policy.to_string())];
    iam(&sandbox, "PutRolePolicy", &members);
    sandbox.advance(30 * 60_000).unwrap();
    let found = tasks();
    assert_eq!(found.len(), 1);
    let described = ecs("DescribeTasks", json!({"cluster": "it", "tasks": found, "include": ["TAGS"]})).unwrap();
    let task = &described["tasks"][0];
    assert_eq!(task["startedBy"], "chronos-schedule/it");
    assert_eq!(task["tags"], json!([{"key": "a", "value": "b"}]));
    assert_eq!(task["overrides"]["containerOverrides"][0]["command"], json!(["true"]));
    call(&sandbox, "DeleteSchedule", &json!({"Name": "it", "GroupName": "lab"})).unwrap();
    sandbox.advance(60 * 60_000).unwrap();
    assert!(tasks().len() <= 1, "no more run");
}

#[test]
fn a_schedule_that_is_over_goes_if_it_says_so() {
    let sandbox = account("scheduler.amazonaws.com");
    let at = sandbox.with(|account| account.now) / 1000 + 60;
    let at = jiff::Timestamp::from_second(at).unwrap().strftime("at(%Y-%m-%dT%H:%M:%S)").to_string();
    for (name, after) in [("goes", "DELETE"), ("stays", "NONE")] {
        let once = json!({"Name": name, "ScheduleExpression": at, "ActionAfterCompletion": after});
        call(&sandbox, "CreateSchedule", &schedule(&once)).unwrap();
    }
    sandbox.advance(120_000).unwrap();
    let left = call(&sandbox, "ListSchedules", &json!({})).unwrap();
    let names: Vec<_> = left["Schedules"].as_array().unwrap().iter().map(|one| one["Name"].clone()).collect();
    assert_eq!(names, ["stays"]);
}
