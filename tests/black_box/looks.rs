//! `logs` and `status`: what people and programs see of a lab that is there.

use std::io::{BufRead as _, BufReader};
use std::process::Command;

use serde_json::Value;

use crate::account::Account;
use crate::emulator::Emulator;
use crate::lab8;

const REGION: &str = "eu-west-1";

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is one object")).collect()
}

#[test]
fn logs_and_status_of_lab_8() {
    let account = Account::embedded(REGION);
    account.folder.write("lab.yaml", lab8::FILE);
    let none = account.labform(&["logs", "service.web"]).exits(1);
    assert!(none.stderr.contains("/ecs/ecs-lab/web-app"), "{none}");
    assert!(none.stderr.contains("labform apply"), "{none}");
    account.apply();
    account.labform(&["run", "classifier"]).exits(0);

    let job = account.labform(&["logs", "job.classifier", "--since", "1h"]).exits(0);
    assert!(job.stdout.lines().all(|line| line.starts_with("image-classifier/")), "{job}");
    let job = job.says("pretended: nothing was run");
    let all = account.labform(&["logs", "--since=1h", "--json"]).exits(0);
    let lines = json_lines(&all.stdout);
    let logged: Vec<&Value> = lines.iter().filter(|line| line["type"] == "log").collect();
    let of_job = logged.iter().filter(|line| line["container"] == "image-classifier");
    assert_eq!(of_job.count(), job.stdout.lines().count(), "{all}");
    assert!(logged.iter().any(|line| line["container"] == "web-app"), "{all}");
    assert!(logged.is_sorted_by_key(|line| line["timestamp"].as_i64()), "{all}");
    let silent = account.labform(&["logs", "job.classifier", "--since", "1s"]).exits(0);
    assert_eq!(silent.stdout, "", "{silent}");
    assert!(silent.stderr.contains("no lines in the last 1s"), "{silent}");
    let wrong = account.labform(&["logs", "service.wbe"]).exits(5);
    assert!(wrong.stderr.contains("did you mean `service.web`?"), "{wrong}");
    follows_until_ctrl_c(&account);

    let status = account
        .labform(&["status"])
        .exits(0)
        .says("service.web: 2 of 2 running, rollout COMPLETED\n")
        .says("  RUNNING for ")
        .says(":3000  healthy\n")
        .says("job.classifier:\n")
        .says("  exit code 0 after ")
        .says("\nurl = http://");
    let details = status.stdout.lines().skip_while(|line| !line.is_empty());
    let widest = details.map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 80), "{status}");
    let status = account.labform(&["status", "--json"]).exits(0);
    let lines = json_lines(&status.stdout);
    let of = |word: &str| lines.iter().find(|line| line["type"] == word).unwrap();
    assert_eq!(of("service_status")["tasks"].as_array().unwrap().len(), 2);
    assert_eq!(of("job_status")["tasks"][0]["exitCodes"]["image-classifier"], 0);
    assert!(of("outputs")["outputs"]["url"].is_string(), "{status}");
}

fn follows_until_ctrl_c(account: &Account) {
    let mut command = account.command(&["logs", "job.classifier", "--since", "1h", "--follow"]);
    let mut child = command.spawn().expect("the built command starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    assert!(first.contains("pretended"), "{first}");
    let kill = Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status();
    assert!(kill.is_ok_and(|status| status.success()));
    let status = child.wait().expect("the child is ours");
    assert_eq!(status.code(), Some(130));
}

#[test]
fn logs_and_status_on_moto() {
    let account = Account::emulated(Emulator::moto(), "eu-west-2");
    account.write_lab(
        "looks",
        &[
            "vpc: default\nlogGroups: { a: { logGroupName: /LAB/a }, b: { logGroupName: /LAB/b } }\n",
            "clusters: { main: {} }\n",
        ],
    );
    account.apply();
    let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    for (group, after, line) in [("a", 0, "one"), ("b", 1, "two"), ("a", 2, "three")] {
        let stream = format!("ecs/web/{line}");
        account.aws(&format!("logs create-log-stream --log-group-name /looks/{group} --log-stream-name {stream}"));
        account.aws(&format!(
            "logs put-log-events --log-group-name /looks/{group} --log-stream-name {stream} \
             --log-events timestamp={},message={line}",
            at + after
        ));
    }
    let run = account.labform(&["logs"]).exits(0);
    assert_eq!(run.stdout, "web/one | one\nweb/two | two\nweb/three | three\n", "{run}");
    let run = account.labform(&["logs", "logGroup.b"]).exits(0);
    assert_eq!(run.stdout, "web/two | two\n", "{run}");
    account.labform(&["status"]).exits(0).says("logGroup.a");
    account.labform(&["destroy", "--yes"]).exits(0);
}

#[test]
fn what_will_hardly_work_is_told_with_its_place_and_refuses_nothing() {
    let account = Account::embedded(REGION);
    let lab = r#"vpc: default
clusters: { it: {} }
taskDefinitions:
  it: { networkMode: awsvpc, requiresCompatibilities: [FARGATE], cpu: 256, memory: 512, containerDefinitions: [{ name: it, image: nginx }] }
services:
  it: { cluster: it, taskDefinition: it, launchType: FARGATE, networkConfiguration: { awsvpcConfiguration: {} } }
"#;
    account.write_lab("warned", &[lab]);
    let told = "lab.yaml:8:87: warning: service.it: the tasks have no public addresses";
    for command in ["validate", "plan"] {
        let warned = account.labform(&[command]).exits(0);
        assert!(warned.stderr.contains(told), "{warned}");
    }
    account.labform(&["validate"]).exits(0).says("4 resources, 1 warning\n");
    let plan = account.labform(&["plan", "--json"]).exits(0);
    let lines = json_lines(&plan.stdout);
    let warning = lines.iter().find(|line| line["type"] == "diagnostic").expect("a program is told, too");
    assert_eq!((&warning["severity"], &warning["line"]), (&"warning".into(), &8.into()), "{plan}");
    assert_eq!((&warning["address"], &warning["file"]), (&"service.it".into(), &"lab.yaml".into()), "{plan}");
}
