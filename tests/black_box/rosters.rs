//! Commands on a class: each student of a roster, side by side, in one account and in several.

use std::cell::Cell;
use std::fs;

use serde_json::{Value, json};

use crate::account::Account;
use crate::accounts::Class;
use crate::faults::Fault;
use crate::labform::{Folder, Signal, watch};
use crate::lane::Lane;
use crate::screens::problem;

pub(crate) const LAB: &str = r#"lab: "tp-${var.student}"
region: eu-west-1
variables:
  student: { pattern: "[a-z]{1,12}" }
  days: { default: 7 }
logGroups:
  app: { logGroupName: "/${lab}/app", retentionInDays: "${var.days}" }
  more: { logGroupName: "/${lab}/more" }
"#;

/// A lab that takes two seconds until it works.
const SLOW: &str = r#"lab: "tp-${var.student}"
region: eu-west-1
variables: { student: {} }
vpc: default
loadBalancers: { web: { type: network, scheme: internal } }
"#;

const STUDENTS: [&str; 5] = ["ann", "bob", "cat", "dan", "eve"];

/// Writes a roster of the five students in an account.
fn write_roster(folder: &Folder, account: &str) {
    let rows: String = STUDENTS.iter().map(|student| format!("{student},{account}\n")).collect();
    folder.write("class.csv", &format!("student,account\n{rows}"));
}

pub(crate) fn class(lab: &str) -> Account {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab);
    write_roster(&account.folder, account.id);
    account
}

/// A command on the class.
pub(crate) fn on_class(words: &str) -> Vec<&str> {
    words.split(' ').chain(["--roster", "class.csv"]).collect()
}

fn groups(account: &Account) -> Value {
    account.aws("logs describe-log-groups --query logGroups[].logGroupName")
}

pub(crate) fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// The rows of the report: student, state, cause.
fn reported(folder: &Folder) -> Vec<(String, String, String)> {
    let report = fs::read_to_string(folder.path().join("out/report.json")).expect("there is a report");
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = report["rows"].as_array().expect("it has rows").iter();
    rows.map(|row| (text(row, "name"), text(row, "state"), text(row, "cause"))).collect()
}

fn states(folder: &Folder) -> Vec<String> {
    reported(folder).into_iter().map(|(_, state, _)| state).collect()
}

#[test]
fn one_student_who_fails_holds_up_no_other() {
    let account = class(LAB);
    account.aws("logs create-log-group --log-group-name /tp-bob/app");
    let plan = account.labform(&on_class("plan")).exits(3);
    assert!(plan.stdout.contains("ann      done        2 to add"), "{plan}");
    let unasked = account.labform(&on_class("apply")).exits(4);
    assert!(unasked.stderr.contains("4 students (ann, cat, dan, eve): 2 to add"), "{unasked}");
    assert!(unasked.stderr.contains("add --yes"), "{unasked}");
    assert_eq!(groups(&account), json!(["/tp-bob/app"]));

    let run = account.labform(&on_class("apply --yes --report out")).exits(3);
    let next =
        format!("next: `labform apply --roster class.csv --students bob --sandbox={}", account.folder.path().display());
    assert!(run.stdout.contains("4 of 5 done, 1 failed.") && run.stdout.contains(&next), "{run}");
    for line in ["ann: begins: lab tp-ann in 123456789012, eu-west-1", "ann: done after ", "bob: failed after "] {
        assert!(run.stderr.contains(line), "{line}: {run}");
    }
    assert!(!run.stderr.contains("creating"), "each resource would be too much: {run}");
    let rows = reported(&account.folder);
    assert_eq!(rows.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), STUDENTS);
    let (_, state, cause) = &rows[1];
    assert!(state == "failed" && cause.contains("logGroup.app"), "{rows:?}");
    assert_eq!(groups(&account).as_array().map(Vec::len), Some(9));

    // Who is alone is told everything, as without a roster.
    let alone = account.labform(&on_class("apply --yes --students bob")).exits(4);
    assert!(alone.stderr.contains("logGroup.app"), "{alone}");
    account.aws("logs delete-log-group --log-group-name /tp-bob/app");
    account.labform(&on_class("apply --yes --report out")).exits(0).says("5 of 5 done.");
    assert_eq!(states(&account.folder), ["clean"; 5]);
    account.labform(&on_class("plan --detailed-exitcode")).exits(0).says("no changes");
}

#[test]
fn nobodys_destroy_touches_anothers() {
    let account = class(LAB);
    account.labform(&on_class("apply --yes")).exits(0);
    account.aws("logs create-log-group --log-group-name /tp/app");
    account.labform(&on_class("destroy --yes --students ann,eve")).exits(0).says("2 of 2 clean.");
    let left = ["bob", "cat", "dan"].map(|student| [format!("/tp-{student}/app"), format!("/tp-{student}/more")]);
    let left: Vec<String> = left.concat().into_iter().chain(["/tp/app".to_owned()]).collect();
    let mut found: Vec<String> = serde_json::from_value(groups(&account)).expect("they are texts");
    found.sort();
    assert_eq!(found, left);
    account.labform(&on_class("destroy --yes --shard 2/5")).exits(0);
    assert_eq!(groups(&account).as_array().map(Vec::len), Some(5));
    let run = account.labform(&on_class("destroy --yes --report out --parallel 2")).exits(0);
    assert!(run.stdout.contains("dan      clean       2 destroyed"), "{run}");
    assert_eq!(groups(&account), json!(["/tp/app"]));
    account.labform(&on_class("destroy --yes --must-exist")).exits(7);
}

#[test]
fn lines_for_programs_name_the_student() {
    let account = class(LAB);
    let schema = account.folder.run(&["schema", "--json-lines"]).exits(0).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    account.aws("logs create-log-group --log-group-name /tp-bob/app");
    let mut ends = Vec::new();
    for (words, code) in [("plan --json", 3), ("apply --yes --json", 3), ("destroy --yes --json", 0)] {
        let run = account.labform(&on_class(words)).exits(code);
        let all = lines(&run.stdout);
        assert!(all.iter().all(|line| problem(&schema, line).is_none()), "{run}");
        let (last, others) = all.split_last().expect("there are lines");
        assert!(others[1..].iter().all(|line| line["student"].is_string()), "{run}");
        let count = if code == 0 { 5 } else { 4 };
        assert_eq!((&last["type"], &last["clean"]), (&json!("class_end"), &json!(count)), "{run}");
        ends.extend(all.into_iter().filter(|line| line["type"] == "student_end" && line["student"] == "bob"));
    }
    let told: Vec<_> = ends.iter().map(|line| (line["state"].clone(), line["exitCode"].clone())).collect();
    assert_eq!(told, [(json!("failed"), json!(4)), (json!("failed"), json!(4)), (json!("clean"), json!(0))]);
    assert!(ends[1]["next"].as_str().is_some_and(|next| next.starts_with("labform apply --roster class.csv")));
    assert_eq!(groups(&account), json!(["/tp-bob/app"]));
}

#[test]
fn another_account_than_the_rosters_is_refused_before_anything_is_called() {
    let lane = Lane::fresh("eu-west-1");
    let folder = &lane.account.folder;
    folder.write("lab.yaml", LAB);
    write_roster(folder, "210987654321");
    let run = lane.account.labform(&on_class("destroy --yes --report out")).exits(4);
    assert!(run.stdout.contains("the roster has the account 210987654321, and these credentials are for"), "{run}");
    let called: Vec<String> = lane.proxy.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(called, ["GetCallerIdentity"]);
    assert_eq!(states(folder), ["failed"; 5]);

    // Nothing is called either for a class in which one lab is wrong.
    let id = lane.account.id;
    folder.write("class.csv", &format!("student,account\nann,{id}\nBob,{id}\n"));
    lane.proxy.play(|_| Fault::None);
    let wrong = lane.account.labform(&on_class("apply --yes")).exits(5);
    assert!(wrong.stderr.contains("for Bob:\nlab.yaml:"), "{wrong}");
    assert!(lane.proxy.calls().is_empty(), "{wrong}");
}

/// The report says of each student what had become of it when the command was killed.
#[test]
fn a_command_that_is_killed_leaves_a_report() {
    let lane = Lane::fresh("eu-west-1");
    let folder = &lane.account.folder;
    folder.write("lab.yaml", LAB);
    write_roster(folder, lane.account.id);
    // The second student's first call that changes something is never answered.
    lane.proxy.play(|call| if call.write.is_some_and(|write| write > 4) { Fault::BlackHole } else { Fault::None });
    let words = on_class("apply --yes --report out --parallel 1");
    let is_there = || fs::exists(folder.path().join("out/report.json")).unwrap_or(false);
    let stopped = "it was stopped before its end";
    let run = lane.account.labform_signalled(&words, &mut || {
        let rows = if is_there() { reported(folder) } else { Vec::new() };
        matches!(&rows[..], [(_, first, _), (.., cause), ..] if first == "clean" && cause == stopped)
            .then_some(Signal::Kill)
    });
    assert!(!run.stderr.contains("cat: begins"), "{run}");
    let rows = reported(folder);
    let causes: Vec<&str> = rows.iter().map(|(_, _, cause)| cause.as_str()).collect();
    let never = "it was not begun";
    assert_eq!(causes, ["", stopped, never, never, never]);
    lane.proxy.play(|_| Fault::None);
    lane.account.labform(&words).exits(0);
    lane.account.labform(&on_class("destroy --yes")).exits(0);
    assert!(lane.ours().is_empty(), "{:#?}", lane.ours());
}

#[test]
fn a_signal_lets_nobody_begin() {
    let account = class(SLOW);
    let words = on_class("apply --yes --report out --parallel 1");
    let once = Cell::new(Some(Signal::Term));
    let run = account.labform_signalled(&words, &mut || {
        let report = fs::read_to_string(account.folder.path().join("out/report.json")).unwrap_or_default();
        report.contains("\"clean\"").then(|| once.take()).flatten()
    });
    let run = run.exits(130);
    assert!(run.stderr.contains("stopping: no student is begun"), "{run}");
    let rows = reported(&account.folder);
    let causes: Vec<&str> = rows.iter().map(|(_, _, cause)| cause.as_str()).collect();
    assert_eq!(rows[0].1, "clean", "{run}");
    assert_eq!(causes[2..], ["it was not begun"; 3], "{run}");
    assert!(run.stdout.contains("1 of 5 done, 4 unfinished."), "{run}");
    account.labform(&words).exits(0).says("5 of 5 done.");
    assert_eq!(states(&account.folder), ["clean"; 5]);
    account.labform(&on_class("destroy --yes")).exits(0);
}

#[test]
fn each_account_is_entered_by_its_role_or_its_profile() {
    const HUB: &str = "444444444444";
    let [ann, bob, eve] = ["111111111111", "222222222222", "333333333333"];
    let class = Class::start(&[], &[]);
    class.folder.write("lab.yaml", LAB);
    class.folder.write("credentials", &format!("[eve]\naws_access_key_id = {eve}\naws_secret_access_key = x\n"));
    let rows = [
        format!("ann,{ann},member,tp-8,"),
        format!("bob,{bob},course/member,,"),
        format!("eve,{eve},,,eve"),
        format!("zoe,{bob},,,eve"),
        format!("own,{HUB},,,"),
    ];
    class.folder.write("class.csv", &format!("student,account,role,externalId,profile\n{}\n", rows.join("\n")));
    let mut apply = class.command(HUB, &on_class("apply --yes --json"));
    apply.env("AWS_SHARED_CREDENTIALS_FILE", class.folder.path().join("credentials"));
    let apply = watch(apply, &mut || None).exits(3);
    let all = lines(&apply.stdout);
    let callers = all.iter().filter(|line| line["type"] == "session");
    let mut callers: Vec<&str> = callers.filter_map(|line| line["caller"].as_str()).collect();
    callers.sort_unstable();
    assert!(
        callers[0].starts_with("arn:aws:iam::333333333333:") && callers[1].starts_with("arn:aws:iam::444444444444:")
    );
    let roles =
        [(ann, "ann"), (bob, "bob")].map(|(id, who)| format!("arn:aws:sts::{id}:assumed-role/member/labform-{who}"));
    assert_eq!(callers[2..], roles.each_ref().map(String::as_str), "{apply}");
    let zoe = all.iter().find(|line| line["type"] == "student_end" && line["student"] == "zoe");
    let words = "the roster has the account 222222222222, and these credentials are for account 333333333333";
    assert!(zoe.is_some_and(|line| line["cause"].as_str().is_some_and(|cause| cause.contains(words))), "{apply}");
    assert_eq!([ann, bob, eve, HUB].map(|id| class.owned(id)), [2; 4]);
    class.labform(HUB, &on_class("destroy --yes --students ann,bob")).exits(0).says("2 of 2 clean.");
    assert_eq!([ann, bob, eve, HUB].map(|id| class.owned(id)), [0, 0, 2, 2]);
}

#[test]
fn labs_past_their_time_go_in_each_account_of_the_roster() {
    let account = class(&LAB.replacen("region:", "expires: 8h\nregion:", 1));
    account.labform(&on_class("apply --yes")).exits(0);
    for name in ["app", "more"] {
        let group = format!("arn:aws:logs:eu-west-1:{}:log-group:/tp-bob/{name}", account.id);
        account.aws(&format!("logs tag-resource --resource-arn {group} --tags labform:expires=2020-01-01T00:00:00Z"));
    }
    let words = on_class("destroy --expired --yes --regions eu-west-1 --report out");
    account.labform(&words).exits(0);
    let rows = reported(&account.folder);
    assert_eq!(rows, [(account.id.to_owned(), "clean".to_owned(), String::new())]);
    assert_eq!(groups(&account).as_array().map(Vec::len), Some(8));
    account.labform(&[&words[..], &["--must-exist"]].concat()).exits(7);
}

#[test]
fn what_a_class_costs_is_told_for_each_and_for_all() {
    let account = class(&format!("{LAB}addresses: {{ ip: {{}} }}\n"));
    let sum = "\nCost: about $0.025 an hour for 5 labs; $18 if forgotten for a month.\n";
    let plan = account.labform(&on_class("plan")).exits(0);
    assert!(
        plan.stdout.contains("ann      done        3 to add; $0.005 an hour ") && plan.stdout.ends_with(sum),
        "{plan}"
    );
    account.labform(&on_class("apply --yes")).exits(0);
    let status = account.labform(&on_class("status")).exits(0);
    assert!(status.stdout.contains("; $0.005 an hour ") && status.stdout.ends_with(sum), "{status}");
    let labs = account.labform(&["labs", "--regions", "eu-west-1", "--cost"]).exits(0);
    assert!(labs.stdout.ends_with(sum), "{labs}");
}
