//! The files of `destroy --report`.

use serde_json::Value;

use crate::account::Account;

const LAB: &str = "logGroups:\n  it: { logGroupName: /te/LAB }\nbuckets:\n  full: { bucket: LAB-full }\n";

fn read(account: &Account, name: &str) -> String {
    std::fs::read_to_string(account.folder.path().join("out").join(name)).expect("the file was written")
}

/// The one row of the report.
fn row(account: &Account) -> Value {
    let report: Value = serde_json::from_str(&read(account, "report.json")).expect("it is JSON");
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(1), "{report}");
    report["rows"][0].clone()
}

#[test]
fn a_report_says_what_is_gone_and_what_is_left() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("reports", &[LAB]);
    account.apply();
    account.aws("s3api put-object --bucket reports-full --key kept");
    let destroy = ["destroy", "--yes", "--report", "out"];
    account.labform(&destroy).exits(3);
    let left = row(&account);
    assert_eq!((&left["state"], &left["deleted"]), (&"left".into(), &1.into()), "{left}");
    assert_eq!(left["left"][0]["address"], "bucket.full");
    assert!(left["next"].as_str().is_some_and(|next| next.starts_with("labform destroy --sandbox")), "{left}");
    assert!(read(&account, "report.xml").contains("<failure message=\"bucket.full"));
    assert!(read(&account, "report.md").contains("0 of 1 clean, 1 left over"));
    let page = read(&account, "report.html");
    assert!(page.contains("<li>bucket.full &quot;reports-full&quot;: "), "{page}");
    account.labform(&[&destroy[..], &["--empty"]].concat()).exits(0);
    let gone = row(&account);
    assert_eq!((&gone["state"], &gone["deleted"], &gone["next"]), (&"clean".into(), &1.into(), &"".into()), "{gone}");
    assert!(!read(&account, "report.xml").contains("<failure"));
}

#[test]
fn a_report_is_there_if_nothing_else_is() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("reports", &["accounts: [\"999999999999\"]\n", LAB]);
    let destroy = ["destroy", "--yes", "--report", "out"];
    account.labform(&destroy).exits(4);
    let refused = row(&account);
    assert_eq!(refused["state"], "failed");
    assert!(refused["cause"].as_str().is_some_and(|cause| cause.contains("`accounts` allows only 999999999999")));
    account.folder.write("out/report.md", "my own notes\n");
    let kept = account.labform(&destroy).exits(4);
    assert!(kept.stderr.contains("report.md is there already, and isn't a report of labform's"), "{kept}");
    assert_eq!(read(&account, "report.md"), "my own notes\n");
}

#[test]
fn each_command_reports_on_one_lab_as_on_those_of_a_class() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("reports", &[LAB]);
    account.folder.write("class.csv", &format!("student,account\nann,{}\n", account.id));
    for (words, result) in
        [("plan", "2 to add"), ("apply --yes", "2 added"), ("status", "2 ready"), ("plan", "no changes")]
    {
        let words: Vec<&str> = words.split(' ').chain(["--report", "out"]).collect();
        account.labform(&words).exits(0);
        let one = row(&account);
        assert_eq!((&one["state"], &one["result"]), (&"clean".into(), &result.into()), "{one}");
        assert_eq!((&one["lab"], &one["account"]), (&"reports".into(), &account.id.into()), "{one}");
        assert!(read(&account, "report.md").contains(&format!("✓ done | {result} |")), "{words:?}");
    }
    let status = ["status", "--roster", "class.csv", "--report", "out"];
    account.labform(&status).exits(0);
    assert_eq!((&row(&account)["name"], &row(&account)["result"]), (&"ann".into(), &"2 ready".into()));

    let check = "checks:\n  there: { points: 3, object: { bucket: full, key: result } }\n";
    account.write_lab("reports", &[LAB, check]);
    account.labform(&["check", "--format", "json", "--report", "out"]).exits(3);
    let missed = row(&account);
    assert_eq!((&missed["state"], &missed["result"]), (&"left".into(), &"0 of 3 points".into()), "{missed}");
    assert!(missed["cause"].as_str().is_some_and(|cause| cause.starts_with("check.there: ")), "{missed}");
    assert!(missed["next"].as_str().is_some_and(|next| next.starts_with("labform check --sandbox")), "{missed}");
    assert!(read(&account, "report.xml").contains("<failure message=\"check.there: "));
}
