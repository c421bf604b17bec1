//! What stays whatever lab.yaml or the command says: protected objects, too many at once, and what holds data.

use serde_json::{Value, json};

use crate::account::Account;

const GROUPS: &str =
    "logGroups:\n  kept: { logGroupName: /te/kept, protect: true }\n  gone: { logGroupName: /te/gone }\n";

fn groups(account: &Account) -> Value {
    account.aws("logs describe-log-groups --query logGroups[].logGroupName")
}

#[test]
fn a_protected_object_outlives_every_command_and_the_rest_goes() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("protects", &[GROUPS]);
    account.labform(&["apply", "--yes"]).exits(0);

    // It has left lab.yaml, and so has its neighbour.
    account.write_lab("protects", &["tags: { a: b }\n"]);
    let cleaned = account.labform(&["apply", "--yes"]).exits(3);
    assert!(cleaned.stdout.contains("lab.yaml doesn't have it any more, but it is protected"), "{cleaned}");
    assert_eq!(groups(&account), json!(["/te/kept"]));

    account.write_lab("protects", &[GROUPS]);
    account.labform(&["apply", "--yes"]).exits(0);
    let by_tag = ["destroy", "--lab", "protects", "--region", "eu-west-1", "--yes"];
    let destroyed = account.labform(&by_tag).exits(3);
    assert!(destroyed.stdout.contains("kept    logGroup.kept \"/te/kept\""), "{destroyed}");
    assert_eq!(groups(&account), json!(["/te/kept"]));
    for words in [&by_tag[..], &["destroy", "--yes"]] {
        let nothing = account.labform(words).exits(3);
        assert!(nothing.stdout.contains("No changes."), "{nothing}");
    }

    account.write_lab("protects", &[&GROUPS.replace(", protect: true", "")]);
    let released = account.labform(&["plan"]).exits(0);
    assert!(released.stdout.contains("tags.labform:protect: \"true\" -> \"false\""), "{released}");
    account.labform(&["destroy", "--yes"]).exits(3);
    account.labform(&["apply", "--yes"]).exits(0);
    account.labform(&["plan", "--detailed-exitcode"]).exits(0);
    account.labform(&["destroy", "--yes"]).exits(0);
    assert_eq!(groups(&account), json!([]));
}

#[test]
fn more_deletes_than_allowed_are_refused_before_anything_is_changed() {
    let account = Account::embedded("eu-west-1");
    let groups_only = GROUPS.replace(", protect: true", "");
    account.write_lab("limits", &["maxDeletes: 1\n", &groups_only]);
    account.labform(&["apply", "--yes"]).exits(0);
    let refused = account.labform(&["destroy", "--yes"]).exits(4);
    assert!(refused.stderr.contains("--max-deletes 2"), "{refused}");

    account.write_lab("limits", &["maxDeletes: 1\n"]);
    account.labform(&["plan", "--out", "plan.json"]).exits(0);
    account.labform(&["apply", "plan.json"]).exits(4);
    account.labform(&["apply", "--yes"]).exits(4);
    assert_eq!(groups(&account), json!(["/te/gone", "/te/kept"]));
    account.labform(&["apply", "plan.json", "--max-deletes", "2"]).exits(0);
    assert_eq!(groups(&account), json!([]));
}

#[test]
fn an_apply_never_deletes_what_a_bucket_or_a_repository_holds() {
    let account = Account::embedded("eu-west-1");
    let full = "buckets:\n  full: { bucket: holds-full, onDestroy: empty }\n";
    account.write_lab("holds", &[full]);
    account.labform(&["apply", "--yes"]).exits(0);
    account.aws("s3api put-object --bucket holds-full --key kept");
    let object = || account.aws("s3api list-objects-v2 --bucket holds-full --query Contents[].Key");

    account.write_lab("holds", &[&full.replace("holds-full", "holds-other")]);
    let renamed = account.labform(&["apply", "--yes"]).exits(3);
    assert!(renamed.stderr.contains("`holds-full` holds 1"), "{renamed}");
    account.write_lab("holds", &["maxDeletes: 9\n"]);
    let left = account.labform(&["apply", "--yes"]);
    assert!(left.stderr.contains("apply keeps them"), "{left}");
    assert_eq!(object(), json!(["kept"]));

    account.write_lab("holds", &[full]);
    account.labform(&["apply", "--yes"]).exits(0);
    account.labform(&["destroy", "--yes"]).exits(0);
}
