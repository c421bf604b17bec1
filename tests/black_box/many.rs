//! A destroy of all labs that are past their time, in the accounts of a class: what it looks at, what it spares, and whom it
//! asks.

use std::fs;
use std::process::Stdio;

use ::labform::cloud::{Endpoint, LOGS, connect, identity};
use labform_account::Sandbox;
use serde_json::Value;

use crate::account::Account;
use crate::accounts::{Class, REGION};
use crate::embedded::FILE;
use crate::faults::Fault;
use crate::jobs::JOB;
use crate::labform::{Folder, credentials, watch};
use crate::lane::Lane;
use crate::rosters::{LAB, class, lines, on_class};

const HUB: &str = "444444444444";
const ANN: &str = "111111111111";
const BOB: &str = "222222222222";

/// The rows of the report in a folder.
fn reported(folder: &Folder) -> Vec<Value> {
    let report = fs::read(folder.path().join("out/report.json")).expect("there is a report");
    let report: Value = serde_json::from_slice(&report).expect("it is JSON");
    report["rows"].as_array().expect("it has rows").clone()
}

/// A role that lists no roles leaves it open what is there; in a learner's account there are none.
#[test]
fn what_is_not_looked_at_is_not_clean() {
    let class = Class::start(&[], &[]);
    class.folder.write("lab.yaml", LAB);
    let rows = format!("ann,{ANN},member\ncat,{ANN},member\nbob,{BOB},voclabs\n");
    class.folder.write("class.csv", &format!("student,account,role\n{rows}"));
    class.labform(HUB, &on_class("apply --yes")).exits(0);
    for id in [ANN, BOB] {
        class.folder.write(&format!("accounts/{id}.json.faults"), r#"{"denied": ["iam:ListRoles"]}"#);
    }
    let destroy = on_class("destroy --older-than 0s --yes --regions eu-west-1 --report out");
    let run = class.labform(HUB, &destroy).exits(3);
    assert!(run.stdout.contains("1 of 2 clean, 1 left over."), "{run}");
    let rows = reported(&class.folder);
    assert_eq!((&rows[0]["state"], &rows[1]["state"]), (&"left".into(), &"clean".into()), "{rows:#?}");
    let [cause, next] = ["cause", "next"].map(|field| rows[0][field].as_str().unwrap_or_default());
    assert!(cause.contains("IAM was not looked at: ListRoles: AccessDenied: "), "{cause}");
    let words =
        "labform destroy --roster class.csv --students ann,cat --older-than 0s --regions eu-west-1 --endpoint-url ";
    assert!(next.starts_with(words), "{next}");
    assert_eq!([ANN, BOB].map(|id| class.owned(id)), [0, 0]);

    // There is nothing any more, and it still isn't known.
    class.labform(HUB, &destroy).exits(3);
    let alone = ["destroy", "--yes", "--lab", "tp-ann", "--region", "eu-west-1", "--report", "alone"];
    let run = class.labform(ANN, &alone).exits(3);
    assert!(run.stderr.contains("roles: not looked for, because AWS doesn't list them for you"), "{run}");
    let labs = class.labform(ANN, &["labs", "--regions", "eu-west-1"]).exits(3);
    assert!(labs.stderr.contains("IAM was not looked at"), "{labs}");
    let one = ["destroy", "--older-than", "0s", "--account", ANN, "--yes", "--regions", "eu-west-1", "--report", "out"];
    class.labform(ANN, &one).exits(3);
    let rows = reported(&class.folder);
    assert_eq!((rows.len(), &rows[0]["name"], &rows[0]["state"]), (1, &"IAM".into(), &"failed".into()), "{rows:#?}");
    fs::remove_file(class.folder.path().join(format!("accounts/{ANN}.json.faults"))).expect("it was written");
    class.labform(HUB, &destroy).exits(0).says("2 of 2 clean.");
}

/// In an account of several students, what is meant for one of them would take the labs of all.
#[test]
fn an_account_is_not_taken_from_students_who_are_not_named() {
    let lane = Lane::fresh("eu-west-1");
    let folder = &lane.account.folder;
    folder.write("lab.yaml", LAB);
    let (here, there) = (lane.account.id, "210987654321");
    let rows = format!("ann,{here},\n\"Doe, Bob\",{here},\ncat,{there},\nown,{here},us-east-1\n");
    folder.write("class.csv", &format!("student,account,region\n{rows}"));
    lane.account.labform(&["apply", "--yes", "--var", "student=ann"]).exits(0);
    lane.proxy.play(|_| Fault::None);
    for which in [&["--older-than", "0s"][..], &["--expired"], &["--all-labs", "--max-deletes", "9"]] {
        let bob = [&on_class("destroy --yes --regions eu-west-1")[..], which, &["--students", "Doe, Bob"]].concat();
        let run = lane.account.labform(&bob).exits(4);
        let refusal = format!("error: {here} is the account of ann too, and this takes the labs of all in it");
        let next = "`labform destroy -f lab.yaml --roster class.csv --students 'Doe, Bob' --";
        assert!(run.stderr.contains(&refusal) && run.stderr.contains(next), "{run}");
    }
    // Without regions it may be the lab of any of them.
    let both = ["--older-than", "0s", "--students", "Doe, Bob", "--students", "ann"];
    let run = lane.account.labform(&[&on_class("destroy --yes")[..], &both].concat()).exits(4);
    assert!(run.stderr.contains(&format!("{here} is the account of own too")), "{run}");
    assert!(lane.proxy.calls().is_empty());

    let taken = [&on_class("destroy --yes --regions eu-west-1")[..], &both].concat();
    lane.account.labform(&taken).exits(0);
    assert!(lane.ours().is_empty(), "{:#?}", lane.ours());
}

/// The command that goes on for a student is the one that was given, in the words of a shell.
#[test]
fn the_next_command_is_the_one_that_was_given() {
    let account = Account::embedded("eu-west-1");
    let head = "lab: \"tp-${var.login}\"\nregion: eu-west-1\nvariables: { login: {} }\n";
    let check = "checks:\n  kept: { file: { path: kept.txt } }\n  said: { file: { path: said.txt } }\n";
    account.folder.write("lab.yaml", &[head, JOB, check].concat());
    let rows = "\"O'Hara, Ann\",210987654321,ann\nbob lee,210987654321,bob\n";
    account.folder.write("my class.csv", &format!("student,account,var.login\n{rows}"));
    let sandbox = format!("--sandbox={}", account.folder.path().join(FILE).display());
    let next = |words: &[&str], behind: &[&str]| {
        let class = ["--roster", "my class.csv", "--report", "out"];
        account.labform(&[words, &class, behind].concat()).exits(4);
        let rows = reported(&account.folder);
        rows.iter().map(|row| row["next"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let students =
        [r"--roster 'my class.csv' --students 'O'\''Hara, Ann'", "--roster 'my class.csv' --students 'bob lee'"];
    let run = next(&["run", "ask", "--set", "MODE=a b", "--new"], &["--", "echo", "x | y"]);
    let expected = |student| format!("labform run ask {student} {sandbox} --set 'MODE=a b' --new -- echo 'x | y'");
    assert_eq!(run, students.map(expected));
    // The class's gradebook and report aren't overwritten with those of one student.
    let check = next(&["check", "kept", "--allow-commands", "--format", "csv", "--out", "all.csv"], &[]);
    let expected = |student| format!("labform check kept {student} --allow-commands {sandbox}");
    assert_eq!(check, students.map(expected));
    let all = next(&["destroy", "--all-labs", "--yes", "--max-deletes", "9", "--regions", "eu-west-1"], &[]);
    let options = "--max-deletes 9 --all-labs --yes --regions eu-west-1";
    assert_eq!(all, [format!("labform destroy --roster 'my class.csv' {options} {sandbox}")]);
    // Pasted, it is understood.
    let pasted = format!("{} {}", env!("CARGO_BIN_EXE_labform"), run[0].trim_start_matches("labform "));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &pasted]).current_dir(account.folder.path()).env_clear().envs(credentials()).env("HOME", ".");
    let shell = watch(with_pipes(shell), &mut || None).exits(4);
    assert!(shell.stderr.contains("the roster has the account 210987654321"), "{shell}");
}

fn with_pipes(mut command: std::process::Command) -> std::process::Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn several_labs_of_an_account_have_one_result() {
    let account = class(LAB);
    account.labform(&on_class("apply --yes")).exits(0);
    account.labform(&on_class("destroy --older-than 0s --yes --regions eu-west-1 --report out")).exits(0);
    let rows = reported(&account.folder);
    let told = |row: &Value| (row["result"].clone(), row["deleted"].clone());
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), [("10 destroyed".into(), 10.into())]);
}

/// Lets the time of a lab be over.
async fn expire(account: Sandbox, id: &str, lab: &str) {
    let cloud = connect(&Endpoint::Sandbox(account), REGION, None).await;
    identity(&cloud).await.expect("the account answers");
    for group in ["app", "more"] {
        let arn = format!("arn:aws:logs:{REGION}:{id}:log-group:/{lab}/{group}");
        let past = serde_json::json!({"resourceArn": arn, "tags": {"labform:expires": "2020-01-01T00:00:00Z"}});
        cloud.call(&LOGS, "TagResource", past).await.expect("the group is there");
    }
}

#[test]
fn labs_that_are_spared_are_told_with_the_reason() {
    let class = Class::start(&[], &[]);
    class.folder.write("lab.yaml", &LAB.replacen("variables:", "expires: \"${var.time}\"\nvariables:\n  time: {}", 1));
    let rows = format!("ann,{ANN},member,1h\nzoe,{ANN},member,3d\nbob,{BOB},member,1h\n");
    class.folder.write("class.csv", &format!("student,account,role,var.time\n{rows}"));
    class.labform(HUB, &on_class("apply --yes")).exits(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    for (id, lab) in [(ANN, "tp-ann"), (BOB, "tp-bob")] {
        runtime.block_on(expire(class.account(id), id, lab));
    }
    let expired = on_class("destroy --expired --yes --regions eu-west-1 --report out");
    let run = class.labform(HUB, &expired).exits(0);
    let why = reported(&class.folder)[0]["spared"][0]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.starts_with("it expires 20"), "{run}");
    let table = format!("\n{ANN}: clean\n  lab tp-zoe in eu-west-1 is spared: {why}\n\n2 of 2 clean.\n");
    assert!(run.stdout.contains("2 destroyed, 1 lab spared") && run.stdout.ends_with(&table), "{run}");
    let spared = serde_json::json!([{ "lab": "tp-zoe", "region": "eu-west-1", "why": why }]);
    assert_eq!(reported(&class.folder)[0]["spared"], spared);
    let again = class.labform(HUB, &[&expired[..], &["--json"]].concat()).exits(0);
    let ends = lines(&again.stdout).into_iter().filter(|line| line["type"] == "student_end");
    let mut told: Vec<Value> = ends.map(|line| line["spared"].clone()).collect();
    // The accounts end in any order.
    told.sort_by_key(|labs| labs.as_array().map(Vec::len));
    assert_eq!(told, [serde_json::json!([]), spared]);

    // Of one account each lab has a row.
    let one =
        ["destroy", "--expired", "--account", ANN, "--yes", "--regions", "eu-west-1", "--report", "out", "--json"];
    let run = class.labform(ANN, &one).exits(0);
    let told = lines(&run.stdout).into_iter().find(|line| line["type"] == "spared");
    assert_eq!(told.map(|line| line["why"].clone()), Some(why.as_str().into()), "{run}");
    let rows = reported(&class.folder);
    let told = |row: &Value| ["name", "state", "cause"].map(|field| row[field].as_str().unwrap_or_default().to_owned());
    assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), [["tp-zoe", "spared", &why]]);
}

/// What is still waited for is no part of the question, as nothing is to be done.
#[test]
fn who_has_nothing_to_do_holds_up_no_question() {
    let account = class(LAB);
    account.labform(&on_class("apply --yes --students ann")).exits(0);
    let run = account.labform(&on_class("apply --report out")).exits(4);
    let plans = "  4 students (bob, cat, dan, eve): 2 to add\n  1 student (ann): no changes\n";
    assert!(run.stderr.contains(plans), "{run}");
    let rows = reported(&account.folder);
    assert_eq!((&rows[0]["state"], &rows[1]["state"]), (&"unfinished".into(), &"failed".into()), "{rows:#?}");
    account.labform(&on_class("apply --yes")).exits(0);
    let run = account.labform(&on_class("apply")).exits(0).says("5 of 5 done.");
    assert!(!run.stderr.contains("Plans for"), "{run}");
}
