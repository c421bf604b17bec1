//! A destroy of all labs that are past their time, in the accounts of a class: what it looks at, what it spares, and whom it
//! asks.

use std::fs;

use serde_json::Value;

use crate::accounts::Class;
use crate::faults::Fault;
use crate::lane::Lane;
use crate::rosters::{LAB, on_class};

const HUB: &str = "444444444444";
const ANN: &str = "111111111111";
const BOB: &str = "222222222222";

/// The rows of the report in a folder.
fn reported(folder: &crate::labform::Folder) -> Vec<Value> {
    let report = fs::read(folder.path().join("out/report.json")).expect("there is a report");
    let report: Value = serde_json::from_slice(&report).expect("it is JSON");
    report["rows"].as_array().expect("it has rows").clone()
}

/// A role that lists no roles leaves it open what is there; in a learner's account there are none.
#[test]
fn what_is_not_looked_at_is_not_clean() {
    let class = Class::start(&[], &[]);
    class.folder.write("lab.yaml", LAB);
    class.folder.write("class.csv", &format!("student,account,role\nann,{ANN},member\nbob,{BOB},voclabs\n"));
    class.labform(HUB, &on_class("apply --yes")).exits(0);
    for id in [ANN, BOB] {
        class.folder.write(&format!("accounts/{id}.json.faults"), r#"{"denied": ["iam:ListRoles"]}"#);
    }
    let words = on_class("destroy --older-than 0s --yes --regions eu-west-1 --report out");
    let run = class.labform(HUB, &words).exits(3);
    assert!(run.stdout.contains("1 of 2 clean, 1 left over."), "{run}");
    let rows = reported(&class.folder);
    assert_eq!((&rows[0]["state"], &rows[1]["state"]), (&"left".into(), &"clean".into()), "{rows:#?}");
    let cause = rows[0]["cause"].as_str().unwrap_or_default();
    assert!(cause.contains("IAM was not looked at: ListRoles: AccessDenied: "), "{cause}");
    assert_eq!([ANN, BOB].map(|id| class.owned(id)), [0, 0]);

    // There is nothing any more, and it still isn't known.
    class.labform(HUB, &words).exits(3);
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
    class.labform(HUB, &words).exits(0).says("2 of 2 clean.");
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
