//! A class in one account: variables give each student a lab, and its objects say whose it is and until when.

use serde_json::{Value, json};

use crate::account::Account;

const LAB: &str = r#"lab: "tp-${var.student}"
region: eu-west-1
expires: 8h
variables:
  student: { pattern: "[a-z]{1,12}", description: the login }
  days: { default: 7 }
logGroups:
  app: { logGroupName: "/${lab}/app", retentionInDays: "${var.days}" }
"#;

/// The ARN of Zoe's log group.
const GROUP: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:/tp-zoe/app";

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// The account's labs in its region: name, number of objects, maker.
fn labs(account: &Account) -> Vec<(String, u64, String)> {
    let run = account.labform(&["labs", "--regions", account.region, "--json"]).exits(0);
    let labs = lines(&run.stdout).into_iter().filter(|line| line["type"] == "lab");
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    labs.map(|line| (text(&line, "lab"), line["objects"].as_u64().unwrap_or_default(), text(&line, "by"))).collect()
}

#[test]
fn variables_come_from_the_command_line_the_environment_or_their_defaults() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    let unsaid = account.labform(&["validate"]).exits(5);
    assert!(unsaid.stderr.contains("lab.yaml:5:3: variables.student: it has no value (the login)"), "{unsaid}");
    let unknown = account.labform(&["plan", "--var", "student=zoe", "--var", "studnet=zoe"]).exits(5);
    assert!(
        unknown.stderr.contains("--var gives `studnet` a value") && unknown.stderr.contains("`student`?"),
        "{unknown}"
    );
    account.labform(&["validate", "--var", "student"]).exits(64);

    let valid = account.labform(&["validate", "--var", "student=zoe", "--json"]).exits(0);
    let variables = json!({
        "student": { "value": "zoe", "from": "--var" }, "days": { "value": "7", "from": "its default" } });
    assert_eq!(lines(&valid.stdout)[1]["variables"], variables);
    let mut by_environment = account.command(&["validate", "--json"]);
    by_environment.env("LABFORM_VAR_STUDENT", "ann").env("LABFORM_VAR_OTHER", "x");
    let by_environment = crate::labform::watch(by_environment, &mut || None).exits(0);
    assert_eq!(lines(&by_environment.stdout)[1]["variables"]["student"]["from"], "LABFORM_VAR_STUDENT");

    // Hints carry the values along, so that they do what they mean.
    let unasked = account.labform(&["apply", "--var", "student=zoe"]).exits(4);
    assert!(unasked.stderr.contains("add --yes"), "{unasked}");
    account.labform(&["apply", "--var", "student=zoe", "--yes"]).exits(0);
    account.labform(&["plan", "--var", "student=zoe", "--detailed-exitcode"]).exits(0).says("No changes.");
    let more = account.labform(&["plan", "--var", "student=zoe", "--var", "days=30", "--out", "p.json"]).exits(0);
    assert!(more.says("retentionInDays: 7 -> 30").stderr.contains("--var student=zoe --var days=30"));
}

#[test]
fn each_student_has_a_lab_and_labs_shows_them() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    for student in ["student=ann", "student=zoe"] {
        account.labform(&["apply", "--yes", "--var", student]).exits(0);
    }
    let by = format!("{}:user/student", account.id);
    assert_eq!(labs(&account), [("tp-ann".to_owned(), 1, by.clone()), ("tp-zoe".to_owned(), 1, by.clone())]);
    let table = account.labform(&["labs"]).exits(0).says("LAB     REGION     OBJECTS  SINCE");
    assert!(table.stdout.contains(&by), "{table}");
    account.labform(&["labs", "--regions", "eu-west-3"]).exits(0).says("No labs.");
    account.labform(&["labs", "--regions", "eu-west3"]).exits(64);

    account.labform(&["destroy", "--yes", "--var", "student=ann"]).exits(0);
    assert_eq!(labs(&account), [("tp-zoe".to_owned(), 1, by)]);
}

#[test]
fn an_expiry_is_moved_with_and_without_the_file() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    let zoe = ["--var", "student=zoe"];
    account.labform(&[&["extend"][..], &zoe].concat()).exits(7);
    account.labform(&[&["apply", "--yes"][..], &zoe].concat()).exits(0);
    let tags = format!("logs list-tags-for-resource --resource-arn {GROUP} --query tags.\"labform:expires\"");
    let expires = || account.text(&tags);
    let first = expires();
    account.labform(&[&["extend", "2d"][..], &zoe].concat()).exits(0).says("tp-zoe expires 20");
    assert!(expires() > first);
    account.labform(&["extend", "2100-01-01", "--lab", "tp-zoe", "--region", "eu-west-1"]).exits(0);
    assert_eq!(expires(), "2100-01-01T23:59:59Z");
    account.labform(&["extend", "soon", "--lab", "tp-zoe", "--region", "eu-west-1"]).exits(64);
    account.labform(&["extend", "--lab", "tp-zoe", "--region", "eu-west-1"]).exits(64);
    let plan = account.labform(&[&["plan", "--detailed-exitcode"][..], &zoe].concat()).exits(0);
    assert!(plan.stderr.contains("expires 2100-01-01T23:59:59Z"), "{plan}");
}

#[test]
fn somebody_elses_lab_is_told_of() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    account.labform(&["apply", "--yes", "--var", "student=zoe"]).exits(0);
    account.aws(&format!("logs tag-resource --resource-arn {GROUP} --tags labform:by=123456789012:role/teacher"));
    let words = "made by 123456789012:role/teacher on 20";
    for command in [&["plan"][..], &["apply", "--yes"], &["status"], &["destroy", "--yes"]] {
        let told = account.labform(&[command, &["--var", "student=zoe"]].concat()).exits(0);
        assert!(told.stderr.contains(words) && told.stderr.contains("not by you"), "{told}");
    }
}

/// Sets a tag of a student's log group to a value, or takes it off.
fn set(account: &Account, student: &str, tag: &str, value: Option<&str>) {
    let group = GROUP.replace("zoe", student);
    match value {
        Some(value) => account.aws(&format!("logs tag-resource --resource-arn {group} --tags {tag}={value}")),
        None => account.aws(&format!("logs untag-resource --resource-arn {group} --tag-keys {tag}")),
    };
}

fn class(students: &[&str]) -> Account {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    for student in students {
        account.labform(&["apply", "--yes", "--var", &format!("student={student}")]).exits(0);
    }
    account
}

/// The names of the account's labs.
fn names(account: &Account) -> Vec<String> {
    labs(account).into_iter().map(|(lab, ..)| lab).collect()
}

/// What makes a destroy one of many labs, without lab.yaml.
const MANY: [&str; 6] = ["destroy", "--yes", "--account", "123456789012", "--regions", "eu-west-1"];

#[test]
fn only_labs_whose_time_is_over_are_taken() {
    let account = class(&["ann", "bob", "eve", "zoe"]);
    set(&account, "ann", "labform:expires", Some("2020-01-01T00:00:00Z"));
    set(&account, "bob", "labform:expires", Some("tomorrow"));
    set(&account, "eve", "labform:expires", None);
    let elsewhere = account.labform(&["destroy", "--yes", "--expired", "--account", "210987654321"]).exits(4);
    assert!(elsewhere.stderr.contains("--account allows only 210987654321"), "{elsewhere}");
    let unasked =
        account.labform(&["destroy", "--expired", "--account", account.id, "--regions", "eu-west-1"]).exits(4);
    assert!(unasked.stdout.contains("logGroup.app will be destroyed"), "{unasked}");

    let run = account.labform(&[&MANY[..], &["--expired"]].concat()).exits(0);
    for words in [
        "tp-bob in eu-west-1 is left alone: it expires tomorrow",
        "tp-eve in eu-west-1 is left alone: no tag says until when it is to live",
        "tp-zoe in eu-west-1 is left alone: it expires 20",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    assert_eq!(names(&account), ["tp-bob", "tp-eve", "tp-zoe"]);
    account.labform(&[&MANY[..], &["--expired", "--must-exist"]].concat()).exits(7);

    let age = [&MANY[..], &["--older-than", "1d"]].concat();
    set(&account, "bob", "labform:since", Some("2020-01-01T00:00:00Z"));
    set(&account, "eve", "labform:since", Some("long-ago"));
    let run = account.labform(&age).exits(0);
    assert!(run.stderr.contains("tp-eve in eu-west-1 is left alone: no tag says since when it is there"), "{run}");
    assert_eq!(names(&account), ["tp-eve", "tp-zoe"]);
}

#[test]
fn all_labs_go_but_what_is_protected_and_no_more_than_is_allowed() {
    let account = class(&["ann", "bob", "zoe"]);
    account.aws("logs create-log-group --log-group-name /somebody/else");
    account.labform(&[&MANY[..], &["--all-labs"]].concat()).exits(64);
    let many = account.labform(&[&MANY[..], &["--all-labs", "--max-deletes", "2"]].concat()).exits(4);
    assert!(many.stderr.contains("the plans delete 3 objects, and at most 2 may go"), "{many}");
    assert_eq!(names(&account).len(), 3);

    set(&account, "bob", "labform:protect", Some("true"));
    let run = account
        .labform(&[&MANY[..], &["--all-labs", "--max-deletes", "3", "--json", "--report", "out"]].concat())
        .exits(3);
    let certificates = lines(&run.stdout).into_iter().filter(|line| line["type"] == "certificate");
    let certified: Vec<Value> = certificates.map(|line| line["lab"].clone()).collect();
    assert_eq!(certified, ["tp-ann", "tp-zoe"]);
    let report = std::fs::read_to_string(account.folder.path().join("out/report.json")).expect("it was written");
    let rows = serde_json::from_str::<Value>(&report).expect("it is JSON")["rows"].take();
    let told = rows.as_array().into_iter().flatten().map(|row| (row["lab"].clone(), row["state"].clone()));
    let expected = [("tp-ann", "clean"), ("tp-bob", "left"), ("tp-zoe", "clean")];
    assert_eq!(told.collect::<Vec<_>>(), expected.map(|(lab, state)| (json!(lab), json!(state))));
    assert_eq!(names(&account), ["tp-bob"]);
    let left = account.aws("logs describe-log-groups --query logGroups[].logGroupName");
    assert_eq!(left, json!(["/somebody/else", "/tp-bob/app"]));
}

#[test]
fn a_lab_is_checked_for_each_student_of_a_roster() {
    let folder = crate::labform::Folder::empty();
    folder.write("lab.yaml", LAB);
    let head = "student,account,role,var.student,var.days\n";
    let class = "ann,123456789012,student,,\nbob,123456789012,student,,30\nzoe,210987654321,student,,\n";
    folder.write("class.csv", &format!("{head}{class}"));
    let valid = folder.run(&["validate", "--roster", "class.csv"]).exits(0);
    let valid = valid.says("ann: lab tp-ann in 123456789012, eu-west-1 is valid: 1 resource\n");
    assert_eq!(valid.stdout.lines().count(), 3);
    let json = folder.run(&["validate", "--roster", "class.csv", "--students", "bob", "--json"]).exits(0);
    let line = &lines(&json.stdout)[1];
    assert_eq!((&line["student"], &line["variables"]["days"]["from"]), (&json!("bob"), &json!("class.csv:3:27")));
    folder.run(&["validate", "--roster", "class.csv", "--shard", "2/3"]).exits(0).says("bob: ");
    folder.run(&["validate", "--roster", "class.csv", "--shard", "4/3"]).exits(64);
    let unknown = folder.run(&["validate", "--roster", "class.csv", "--students", "bop"]).exits(5);
    assert!(unknown.stderr.contains("no student `bop`") && unknown.stderr.contains("did you mean `bob`?"), "{unknown}");

    // A name that makes no lab is told once for all whom it befalls, and two who would share one lab are told, too.
    let class =
        format!("{class}Eve,123456789012,student,,\nann2,123456789012,student,ann,\nzoe2,210987654321,,,many\n");
    folder.write("class.csv", &format!("{head}{class}"));
    let wrong = folder.run(&["validate", "--roster", "class.csv"]).exits(5);
    for words in [
        "for Eve:\nlab.yaml:5:3: variables.student: its value `Eve`, from the roster, doesn't fit `[a-z]{1,12}`",
        "for ann2:\nann2 and ann would share the lab tp-ann in 123456789012, eu-west-1",
        "its value `zoe2`, from the roster, doesn't fit",
        "lab.yaml:6:3: variables.days: its value `many`, from class.csv:7:",
    ] {
        assert!(wrong.stderr.contains(words), "{words}: {wrong}");
    }
    // Also if only one of the two is asked for.
    for part in [["--students", "ann"], ["--shard", "1/6"]] {
        let wrong = folder.run(&[&["validate", "--roster", "class.csv"], &part[..]].concat()).exits(5);
        let words = "for ann:\nann and ann2 would share the lab tp-ann in 123456789012, eu-west-1";
        assert!(wrong.stderr.contains(words) && !wrong.stderr.contains("Eve"), "{wrong}");
    }
    folder.write("class.csv", "student,acount\nann,123456789012\n");
    let column = folder.run(&["validate", "--roster", "class.csv"]).exits(5);
    assert!(column.stderr.contains("class.csv:1:9: unknown column `acount`"), "{column}");
}
