//! Each exit code that the page on them promises, met once on purpose.

use std::time::Duration;

use crate::account::Account;
use crate::delay::Proxy;
use crate::emulator::Emulator;
use crate::faults::Fault;
use crate::lab8;
use crate::labform::{Folder, Run, Signal, watch};
use crate::lane::Lane;
use crate::wire::{Refusal, refuse};

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

/// The lab has moved: its bucket stands where it was before.
#[test]
fn three_is_also_a_bucket_that_can_not_be_looked_at() {
    let account = Account::embedded("eu-west-1");
    let bucket = "buckets:\n  images: { bucket: LAB-images }\n".replace("LAB", "codes");
    account.folder.write("before.yaml", &format!("lab: codes\nregion: eu-central-1\n{bucket}"));
    account.labform(&["apply", "--yes", "-f", "before.yaml"]).exits(0);
    account.write_lab("codes", &[GROUP]);
    account.labform(&["apply", "--yes"]).exits(0);
    account.write_lab("codes", &[GROUP, &bucket]);
    let plan = account.labform(&["plan"]).exits(1);
    let advice = "`labform destroy --lab codes --region eu-central-1";
    assert!(plan.stderr.contains("bucket.images: ") && plan.stderr.contains(advice), "{plan}");
    for _ in 0..2 {
        let left = account.labform(&["destroy", "--yes"]).exits(3);
        let words = "left    bucket.images \"codes-images\"\n          not looked at: it stands in eu-central-1";
        assert!(left.stdout.contains(words) && !left.stdout.contains("Nothing of the lab"), "{left}");
        assert_eq!(account.aws("logs describe-log-groups --query logGroups"), serde_json::json!([]));
    }
    account.labform(&["destroy", "--yes", "-f", "before.yaml"]).exits(0);
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

/// A command of a person who isn't signed in, with `config` as `~/.aws/config`.
fn signed_out(config: &str, args: &[&str]) -> Run {
    let folder = Folder::empty();
    folder.write("lab.yaml", &format!("lab: codes\nregion: eu-west-1\n{GROUP}"));
    folder.write("config", config);
    let mut command = folder.command(args);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_CONFIG_FILE", folder.path().join("config"));
    watch(command, &mut || None)
}

/// Says why, names the command for it with the profile that was given, and nothing of what the SDK does inside.
#[test]
fn six_is_not_signed_in() {
    const CONFIG: &str = "[profile aws-labs]\nsso_start_url = https://course.example/start\nsso_region = eu-west-1\n\
        sso_account_id = 123456789012\nsso_role_name = lab\n";
    let cases: [(&str, &[&str], &[&str]); 4] = [
        ("", &["plan"], &["not signed in: there are no AWS credentials on this computer", "--sandbox"]),
        ("", &["destroy", "--lab", "codes", "--region", "eu-west-1"], &["no AWS credentials"]),
        (CONFIG, &["apply", "--profile", "aws-lab"], &["no such profile", "did you mean `aws-labs`?"]),
        (CONFIG, &["status", "--profile", "aws-labs"], &["nobody has signed in", "`aws sso login --profile aws-labs`"]),
    ];
    for (config, args, words) in cases {
        let run = signed_out(config, args).exits(6);
        for word in words {
            assert!(run.stderr.contains(word), "{word}: {run}");
        }
        for inside in ["dispatch", "provider", "credentials-", "initialization", "Describe", "Get"] {
            assert!(!run.stderr.contains(inside), "{inside}: {run}");
        }
    }
}

/// What services say of keys that have expired differs, and one of them says nothing at all.
#[test]
fn expired_keys_are_told_by_sts() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.write_lab("codes", &[GROUP, "buckets:\n  it: {}\n"]);
    lane.proxy.play(|call| match call.operation.as_str() {
        "GetCallerIdentity" => Fault::Answer(refuse(
            call,
            Refusal::With("ExpiredToken", "The security token included in the request is expired"),
        )),
        _ => Fault::Answer(refuse(call, Refusal::Denied)),
    });
    let run = lane.account.labform(&["plan"]).exits(6);
    assert!(run.stderr.contains("not signed in: the keys have expired"), "{run}");
}

#[test]
fn sixty_four_is_a_wrong_command_line() {
    let folder = Folder::empty();
    for args in [&["plan", "--no-such-option"][..], &["no-such-command"], &["run"], &["plan", "--only", "web"]] {
        folder.run(args).exits(64);
    }
    folder.run(&["plan", "--help"]).exits(0);
}

/// Each code that a command may end with stands in the page.
#[test]
fn the_page_has_each_code() {
    let page = include_str!("../../src/cli/exit-codes.md");
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 64, 124, 125, 130, 143] {
        assert!(page.contains(&format!("\n| {code} | ")), "{code}");
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
