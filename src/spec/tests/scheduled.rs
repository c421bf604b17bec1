//! Schedules of jobs, and what follows from them.

use serde_json::json;

use super::*;

const HEAD_OF_JOB: &str = "
clusters: { main: {} }
roles:
  own: { assumeRolePolicyDocument: { Version: \"2012-10-17\", Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: \"sts:AssumeRole\" }] } }
taskDefinitions:
  ask: { memory: 512, executionRoleArn: own, taskRoleArn: shared, containerDefinitions: [{ name: ask, image: x }] }
jobs:
  ask:
    cluster: main
    taskDefinition: ask
    overrides: { containerOverrides: [{ name: ask, command: [\"${lab}\"] }] }
";

#[test]
fn a_schedule_in_a_job_has_the_jobs_fields_and_a_role_that_may_do_that_and_nothing_else() {
    let text = format!("{HEAD}{HEAD_OF_JOB}    schedule: {{ scheduleExpression: rate(1 day), description: daily }}\n");
    let lab = read(&text, &[]).unwrap();
    let schedule = &lab.nodes[&"schedule.ask".parse().unwrap()];
    assert_eq!(schedule.name, "demo-ask");
    assert_eq!(schedule.value["overrides"]["containerOverrides"][0]["command"], json!(["demo"]));
    assert_eq!(schedule.refs, addresses(&["cluster.main", "role.ask-schedule", "taskDefinition.ask"]));
    let role = &lab.nodes[&"role.ask-schedule".parse().unwrap()];
    assert_eq!(role.refs, addresses(&["cluster.main", "role.own", "taskDefinition.ask"]));
    let policy = &role.value["policies"][0]["policyDocument"]["Statement"];
    let account = &lab.place.account;
    assert_eq!(policy[0]["Resource"], json!(format!("arn:aws:ecs:eu-west-1:{account}:task-definition/demo-ask:*")));
    let cluster = format!("arn:aws:ecs:eu-west-1:{account}:cluster/demo-main");
    assert_eq!(policy[0]["Condition"]["ArnEquals"]["ecs:cluster"], json!(cluster));
    let passed = json!([
        format!("arn:aws:iam::{account}:role/labform/demo/eu-west-1/demo-own"),
        format!("arn:aws:iam::{account}:role/*/shared"),
        format!("arn:aws:iam::{account}:role/shared"),
    ]);
    let mut found: Vec<_> = policy[2]["Resource"].as_array().unwrap().clone();
    let mut passed: Vec<_> = passed.as_array().unwrap().clone();
    found.sort_by_key(ToString::to_string);
    passed.sort_by_key(ToString::to_string);
    assert_eq!(found, passed);
    assert!(!lab.job_refs("ask").contains(&"schedule.ask".parse().unwrap()), "`run` needs no schedule");
}

#[test]
fn a_schedule_beside_its_job_names_it_and_may_bring_a_role() {
    let text = format!(
        "{HEAD}{HEAD_OF_JOB}schedules:\n  weekly: {{ job: ask, scheduleExpression: cron(0 8 ? * MON *), roleArn: \
         shared, overrides: {{}} }}\n"
    );
    let lab = read(&text, &[]).unwrap();
    let schedule = &lab.nodes[&"schedule.weekly".parse().unwrap()];
    assert_eq!((&schedule.value["cluster"], &schedule.value["overrides"]), (&json!("main"), &json!({})));
    assert!(!lab.nodes.contains_key(&"role.weekly-schedule".parse().unwrap()));
}

#[test]
fn a_fault_of_the_jobs_is_told_once_and_one_of_the_schedule_at_its_place() {
    let text = HEAD_OF_JOB.replace("cluster: main\n", "cluster: mian\n");
    let text = format!(
        "{text}    schedule: {{ scheduleExpression: \"30 2 * * *\" }}\nschedules:\n  other: {{ job: aks, cluster: main, \
         taskDefinition: ask, roleArn: shared, scheduleExpression: rate(5 weeks) }}\n"
    );
    let told = below_head(&text);
    for words in
        ["`30 2 * * *` is no expression of a schedule", "there is no job `aks`", "`5 weeks` is no rate", "job.ask"]
    {
        assert!(told.contains(words), "{told}");
    }
    let twice = told.lines().filter(|line| line.contains("schedule.ask") && line.contains("mian"));
    assert_eq!(twice.count(), 0, "{told}");
}
