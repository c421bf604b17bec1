//! The labs in `examples/`, each brought up and taken down.

use std::fs;
use std::path::Path;

use crate::account::Account;

/// What lets tasks have the role that a learner's account comes with, and what that may do.
const TRUST: &str =
    r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

/// What the README shows first needs no Docker and no registry. What it protects stays.
#[test]
fn the_readmes_lab_comes_up_as_it_is_printed() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```yaml\n").expect("it has an example");
    let (example, _) = rest.split_once("```").expect("the example ends");
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", example);
    account.apply();
    account.is_unchanged();
    account.labform(&["status"]).exits(0).says("service.web: 1 of 1 running, rollout COMPLETED\n");
    let uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/small-web-web\n";
    account.labform(&["output", "repository"]).exits(0).says(uri);
    account.labform(&["destroy", "--yes"]).exits(3).says("  kept    repository.web \"small-web-web\"");
}

#[test]
fn each_example_comes_up_and_goes_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(&folder).expect("there are examples");
    for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
        // The folder holds sources of the lab at the project's root.
        if path.is_dir() {
            continue;
        }
        let account = Account::embedded("eu-west-1");
        println!("{}", path.display());
        let text = fs::read_to_string(&path).expect("an example is text");
        account.folder.write("lab.yaml", &text);
        // What an example needs that no repository holds.
        account.folder.write("db.secret", "correct-horse-battery");
        account.aws("acm request-certificate --domain-name www.example.com");
        account.aws(&format!("iam create-role --role-name LabRole --assume-role-policy-document {TRUST}"));
        account.aws(&format!("iam attach-role-policy --role-name LabRole --policy-arn {EXECUTION}"));
        account.apply();
        account.is_unchanged();
        account.labform(&["destroy", "--yes"]).exits(0);
        account.labform(&["destroy", "--yes"]).exits(0).says("No changes.");
    }
}
