//! The labs in `examples/`, each brought up and taken down.

use std::fs;
use std::path::Path;

use crate::account::Account;

/// What the page on lab.yaml shows first needs no Docker and no registry. What it protects stays.
#[test]
fn the_pages_lab_comes_up_as_it_is_printed() {
    let page = include_str!("../../src/spec/lab-yaml.md");
    let (_, rest) = page.split_once("```yaml\n").expect("it has an example");
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
        account.folder.take_to("lab8", &folder.join("lab8"));
        let unprepared = account.labform(&["plan"]);
        let prepared = account.labform(&["sandbox", "prepare"]).exits(0);
        let is_told = unprepared.stderr.contains("`labform sandbox prepare --sandbox=");
        assert_eq!(is_told, !prepared.stdout.is_empty(), "{unprepared}{prepared}");
        account.apply();
        account.is_unchanged();
        account.labform(&["destroy", "--yes"]).exits(0);
        account.labform(&["destroy", "--yes"]).exits(0).says("No changes.");
    }
}

/// A teacher brings up what the class shares, two students what is theirs; they go in turn, and nothing is left.
#[test]
fn a_class_shares_what_its_teacher_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shared");
    let example = |file: &str| fs::read_to_string(folder.join(file)).expect("an example is text");
    let account = Account::embedded("eu-west-1");
    let on = |command: &[&str], file: &str| account.labform(&[command, &["-f", file]].concat());
    let is_unchanged = |file: &str| drop(on(&["plan", "--detailed-exitcode"], file).exits(0).says("No changes."));
    let (teacher, anna, ben) = ("teacher.yaml", "anna.yaml", "ben.yaml");
    account.folder.write(teacher, &example("teacher.yaml"));
    account.folder.write(anna, &example("student.yaml"));
    account.folder.write(ben, &example("student.yaml").replace("lab: anna", "lab: ben"));
    for file in [teacher, anna, ben] {
        on(&["apply", "--yes"], file).exits(0);
    }
    [teacher, anna, ben].into_iter().for_each(is_unchanged);
    on(&["destroy", "--yes"], anna).exits(0);
    [teacher, ben].into_iter().for_each(is_unchanged);
    on(&["destroy", "--yes"], ben).exits(0);
    is_unchanged(teacher);
    on(&["destroy", "--yes"], teacher).exits(0);
    for file in [teacher, anna, ben] {
        on(&["destroy", "--yes"], file).exits(0).says("No changes.");
    }
    for list in [
        "ec2 describe-vpcs --filters Name=is-default,Values=false --query Vpcs",
        "elbv2 describe-load-balancers --query LoadBalancers",
        "elbv2 describe-target-groups --query TargetGroups",
        "logs describe-log-groups --query logGroups",
        "iam list-roles --path-prefix /labform/ --query Roles",
    ] {
        assert_eq!(account.aws(list), serde_json::json!([]), "{list}");
    }
}
