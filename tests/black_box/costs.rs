//! What a lab costs by the hour: told before, while and after it does, and refused beyond its budget.

use serde_json::Value;

use crate::account::Account;
use crate::lab8;

/// The lines of this type in what was printed for programs.
fn lines(stdout: &str, sort: &str) -> Vec<Value> {
    let lines = stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
    lines.filter(|line| line["type"] == sort).collect()
}

#[test]
fn lab_8_tells_what_it_costs_from_the_first_plan_to_the_last_delete() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    let plan = account.labform(&["plan"]).exits(0);
    for words in [
        "Cost: about $0.075 an hour after this; $55 if forgotten for a month.\n",
        "  + $0.040  loadBalancer.web: load balancer, 3 public addresses\n",
        "  + $0.035  service.web: 2 tasks of 0.25 vCPU and 0.5 GB, 2 public addresses\n",
        "About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.\n",
    ] {
        assert!(plan.stdout.contains(words), "{words:?}: {plan}");
    }
    account.labform(&["apply", "--yes", "--no-wait"]).exits(0);

    let status = account.labform(&["status"]).exits(0);
    let now = "\nCost: about $0.075 an hour; $55 if forgotten for a month.\n    $0.040  loadBalancer.web: ";
    assert!(status.stdout.contains(now), "{status}");
    let labs = account.labform(&["labs", "--regions", "eu-west-1", "--cost"]).exits(0);
    assert!(labs.stdout.contains("COST/H") && labs.stdout.contains("  $0.075  "), "{labs}");
    let labs = account.labform(&["labs", "--regions", "eu-west-1"]).exits(0);
    assert!(!labs.stdout.contains("COST/H"), "{labs}");

    let json = account.labform(&["plan", "--destroy", "--json"]).exits(0);
    let costs = lines(&json.stdout, "costs");
    assert_eq!((costs.len(), &costs[0]["after"], &costs[0]["now"]), (1, &0.0.into(), &0.074_885.into()), "{json}");
    let web = &costs[0]["resources"][1];
    assert_eq!((&web["address"], &web["now"]), (&"service.web".into(), &0.034_685.into()), "{json}");

    let half = account.labform(&["destroy", "--phase", "web", "--yes"]).exits(0);
    let stopped = "\nStopped costing: about $0.075 an hour; nothing of it goes on.\n";
    assert!(half.stdout.ends_with(stopped), "{half}");
    let rest = account.labform(&["destroy", "--yes"]).exits(0);
    assert!(!rest.stdout.contains("Cost:") && !rest.stdout.contains("costing"), "{rest}");
}

#[test]
fn cost_asks_aws_nothing() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    // Nobody listens there.
    let run = account.folder.run(&["cost", "--endpoint-url", "http://127.0.0.1:9"]).exits(0);
    for words in [
        "\nCost: about $0.075 an hour; $55 if forgotten",
        "    $0.054  job.classifier while it runs: 1 task of 1 vCPU and 2 GB",
    ] {
        assert!(run.stdout.contains(words), "{words:?}: {run}");
    }
    account.write_lab("free", &["logGroups:\n  it: {}\n"]);
    let free = account.folder.run(&["cost"]).exits(0);
    assert_eq!(free.stdout, "Nothing of the lab costs by the hour.\n");
}

const ADDRESSES: &str = "addresses:\n  one: {}\n  two: {}\n  three: {}\n";

#[test]
fn what_goes_over_the_budget_is_refused_before_anything_is_changed() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("dear", &["budget: 0.01/h\n", ADDRESSES]);
    for command in [&["plan"][..], &["apply", "--yes"], &["plan", "--detailed-exitcode"]] {
        let refused = account.labform(command).exits(4);
        for words in [
            "the lab would cost about $0.015 an hour, and its budget is $0.01/h: ",
            "hint: without address.two it would cost about $0.010 an hour\n",
            "hint: if that is what you want, give `--budget 0.02/h`\n",
        ] {
            assert!(refused.stderr.contains(words), "{words:?}: {refused}");
        }
    }
    account.labform(&["apply", "--yes", "--budget", "0.02/h"]).exits(0);
    // It costs what it did.
    account.labform(&["plan", "--detailed-exitcode"]).exits(0);
    account.write_lab("dear", &["budget: 0.005/h\n", &ADDRESSES.replace("  one: {}\n", "")]);
    account.labform(&["apply", "--yes"]).exits(0);
    account.labform(&["destroy", "--yes"]).exits(0);
    account.labform(&["plan", "--budget", "cheap"]).exits(64);
}

const WINDOWS: &str = "budget: 0.20/h
vpc: default
clusters:
  main: {}
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: '1024'
    memory: '2048'
    runtimePlatform: { operatingSystemFamily: WINDOWS_SERVER_2022_CORE, cpuArchitecture: X86_64 }
    containerDefinitions: [{ name: web, image: mcr.microsoft.com/windows/servercore/iis }]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 2
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
";

#[test]
fn a_price_that_labform_does_not_know_is_not_nothing() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("windows", &[WINDOWS]);
    let cost = account.folder.run(&["cost"]).exits(0);
    let row = "\n    $0.010 + ?  service.web: 2 tasks on Windows, whose price isn't known, ";
    assert!(
        cost.stdout.starts_with("\nCost: at least $0.010 an hour; at least $7.30 if forgotten for a month.\n"),
        "{cost}"
    );
    assert!(cost.stdout.contains(row), "{cost}");

    let untold = "nobody can tell whether the lab keeps within its budget of $0.20/h: it costs at least $0.010 an hour, and there is \
                  no price for service.web (2 tasks on Windows, whose price isn't known, 2 public addresses)";
    let plan = account.labform(&["plan"]).exits(0);
    assert!(plan.stderr.contains(&format!("warning: {untold}\n")), "{plan}");
    let json = account.labform(&["plan", "--json"]).exits(0);
    let costs = &lines(&json.stdout, "costs")[0];
    assert_eq!(
        (&costs["after"], &costs["afterIsLeast"], &costs["nowIsLeast"]),
        (&0.01.into(), &true.into(), &false.into())
    );
    let told = lines(&json.stdout, "diagnostic").into_iter().filter(|line| line["message"] == untold);
    assert_eq!(told.map(|line| line["severity"].clone()).collect::<Vec<_>>(), ["warning"], "{json}");
    account.labform(&["plan", "--budget", "0.005/h"]).exits(4);

    account.labform(&["apply", "--yes", "--no-wait"]).exits(0);
    let labs = account.labform(&["labs", "--regions", "eu-west-1", "--cost"]).exits(0);
    assert!(labs.stdout.contains("  $0.010 + ?  "), "{labs}");
    let labs = account.labform(&["labs", "--regions", "eu-west-1", "--cost", "--json"]).exits(0);
    assert_eq!(lines(&labs.stdout, "lab")[0]["costIsLeast"], true, "{labs}");
    let gone = account.labform(&["destroy", "--yes"]).exits(0);
    assert!(gone.stdout.ends_with("\nStopped costing: at least $0.010 an hour; nothing of it goes on.\n"), "{gone}");
}
