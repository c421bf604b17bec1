//! Each exit code that the README promises, met once on purpose.

use std::time::Duration;

use crate::account::Account;
use crate::delay::Proxy;
use crate::emulator::Emulator;
use crate::lab8;
use crate::labform::{Folder, Signal};

const GROUP: &str = "logGroups:\n  it: { logGroupName: /te/LAB }\n";

#[test]
fn zero_is_done_and_two_is_changes() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("codes", &[GROUP]);
    account.labform(&["plan"]).exits(0);
    account.labform(&["plan", "--detailed-exitcode"]).exits(2);
    account.labform(&["apply", "--yes"]).exits(0);
    account.labform(&["apply", "--yes"]).exits(0).says("No changes.");
    account.labform(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn one_is_failed() {
    let folder = Folder::empty();
    folder.write("lab.yaml", "lab: codes\nregion: eu-west-1\nlogGroups: { it: {} }\n");
    // Nobody listens there.
    let failed = folder.run(&["plan", "--endpoint-url", "http://127.0.0.1:1"]).exits(1);
    assert!(failed.stderr.contains("connection"), "{failed}");
}

#[test]
fn three_is_partly_done() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("codes", &[GROUP, "buckets:\n  full: { bucket: LAB-full }\n"]);
    account.labform(&["apply", "--yes"]).exits(0);
    account.aws("s3api put-object --bucket codes-full --key kept");
    let left = account.labform(&["destroy", "--yes"]).exits(3);
    assert!(left.stderr.contains("bucket.full"), "{left}");
    assert_eq!(account.aws("logs describe-log-groups --query logGroups"), serde_json::json!([]));
}

#[test]
fn four_is_refused() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("codes", &[GROUP]);
    // Without a terminal nobody can be asked.
    let unasked = account.labform(&["apply"]).exits(4);
    assert!(unasked.stderr.contains("--yes"), "{unasked}");
    account.write_lab("codes", &["accounts: [\"999999999999\"]\n", GROUP]);
    let elsewhere = account.labform(&["apply", "--yes"]).exits(4);
    assert!(elsewhere.stderr.contains("999999999999"), "{elsewhere}");
    assert_eq!(account.aws("logs describe-log-groups --query logGroups"), serde_json::json!([]));
}

#[test]
fn a_saved_plan_that_no_longer_holds_is_refused() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("codes", &[GROUP]);
    account.labform(&["plan", "--out", "plan.json"]).exits(0);
    account.aws("logs create-log-group --log-group-name /te/codes");
    account.labform(&["apply", "plan.json"]).exits(4);
    account.aws("logs delete-log-group --log-group-name /te/codes");
    account.labform(&["apply", "plan.json"]).exits(0);
    let stale = account.labform(&["apply", "plan.json"]).exits(4);
    assert!(stale.stderr.contains("plan"), "{stale}");
    account.is_unchanged();
}

#[test]
fn five_is_an_invalid_spec() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("codes", &["logGroups:\n  it: { logGroupNane: /te/LAB }\n"]);
    for command in ["validate", "plan", "apply"] {
        let invalid = account.labform(&[command]).exits(5);
        assert!(invalid.stderr.contains("logGroupName"), "{invalid}");
    }
}

#[test]
fn interrupted_is_130_and_the_same_command_goes_on() {
    let proxy = Proxy::before(&Emulator::moto().url(), Duration::from_millis(200));
    let account = Account::at(Emulator::moto(), &proxy.url, "eu-central-1");
    let groups: String = (0..20).map(|n| format!("  g{n}: {{ logGroupName: /te/LAB/{n} }}\n")).collect();
    account.write_lab("te-stop", &["logGroups:\n", &groups]);
    let mut once = Some(Signal::Int);
    let run =
        account.labform_signalled(&["apply", "--yes"], &mut || proxy.has_written().then(|| once.take()).flatten());
    let run = run.exits(130);
    assert!(run.stderr.contains("logGroup.g"), "it doesn't say what is left: {run}");
    account.labform(&["apply", "--yes"]).exits(0);
    account.labform(&["plan", "--detailed-exitcode"]).exits(0);
    account.labform(&["destroy", "--yes"]).exits(0);
}

#[test]
fn a_job_ends_with_the_code_of_its_container() {
    let account = Account::embedded("eu-west-1");
    let last = "\"s3://${buckets.images.name}/output/result.json\"";
    let file = lab8::unpretended();
    assert!(file.contains(last));
    account.folder.write("lab.yaml", &file.replace(last, "exit 3"));
    account.labform(&["apply", "--yes", "--no-wait"]).exits(0);
    account.labform(&["run", "classifier"]).exits(3);
}

#[test]
fn a_task_that_never_ran_is_125() {
    let account = Account::embedded("eu-west-1");
    // A log group that the lab doesn't have: what it has and is missing, a run makes.
    let group = "${logGroups.image-classifier.name}";
    assert!(lab8::FILE.contains(group));
    let file = lab8::FILE.replace(group, "/nowhere");
    account.folder.write("lab.yaml", &file);
    let never = account.labform(&["run", "classifier"]).exits(125);
    assert!(never.stderr.contains("STOPPED"), "{never}");
    assert!(never.stderr.contains("cause: log group missing"), "{never}");
}
