//! A destroy of all labs that are past their time, in the accounts of a class: what it looks at, what it spares, and whom it
//! asks.

use std::fs;

use serde_json::Value;

use crate::accounts::Class;
use crate::rosters::{LAB, class, lines, on_class};

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
