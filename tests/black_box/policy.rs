//! What `labform policy` prints. It needs no account.

use serde_json::Value;

use crate::labform::{Folder, Run};

fn folder(lab: &str) -> Folder {
    let folder = Folder::empty();
    folder.write("lab.yaml", &format!("lab: demo\nregion: eu-west-1\n{lab}"));
    folder
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}

#[test]
fn one_command_gives_one_document_and_none_gives_all() {
    let folder = folder("accounts: [\"123456789012\"]\nlogGroups: { web: {} }\n");
    let plan = folder.run(&["policy", "plan"]).exits(0);
    assert_eq!(plan.stderr, "");
    assert_eq!(json(&plan)["Version"], "2012-10-17");
    let all = folder.run(&["policy"]).exits(0);
    assert_eq!(json(&all)["plan"], json(&plan));
    let all = json(&all);
    let commands: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(commands, ["apply", "destroy", "plan"]);
    let apply = folder.run(&["policy", "apply"]).exits(0);
    let own = "arn:aws:logs:eu-west-1:123456789012:log-group:demo-web:*";
    assert!(apply.stdout.contains(own), "{apply}");
}

#[test]
fn an_account_that_nobody_names_is_any() {
    let open = folder("logGroups: { web: {} }\n");
    let any = open.run(&["policy", "apply"]).exits(0);
    assert!(any.stderr.contains("--account ID"), "{any}");
    let pattern = "arn:aws:logs:eu-west-1:*:log-group:demo-web:*";
    assert!(any.stdout.contains(pattern), "{any}");
    let named = open.run(&["policy", "apply", "--account", "123456789012"]);
    assert!(named.stdout.contains(":123456789012:"), "{named}");

    let closed = folder("accounts: [\"123456789012\"]\n");
    let other = ["policy", "plan", "--account", "210987654321"];
    closed.run(&other).exits(4);
}

#[test]
fn what_cannot_be_used_is_said() {
    let folder = folder("accounts: [\"123456789012\"]\n");
    let none = folder.run(&["policy", "run"]).exits(5);
    assert!(none.stderr.contains("no jobs"), "{none}");

    let mut groups = String::from("lab: demo\nregion: eu-west-1\naccounts: [\"123456789012\"]\nlogGroups:\n");
    groups.extend((0..60).map(|n| format!("  group-{n}: {{}}\n")));
    folder.write("lab.yaml", &groups);
    let long = folder.run(&["policy", "apply"]).exits(0);
    assert!(long.stderr.contains("a managed policy takes 6144"), "{long}");
    folder.run(&["policy", "plan"]).exits(0);
}
