use std::fs;
use std::io::ErrorKind;

use serde_json::{Value, json};

use crate::testing::call;
use crate::{Pace, Sandbox};

pub(super) fn make(sandbox: &Sandbox, name: &str) {
    call(sandbox, "logs", "CreateLogGroup", &json!({ "logGroupName": name })).unwrap();
}

pub(super) fn names(sandbox: &Sandbox) -> Vec<String> {
    let listed = call(sandbox, "logs", "DescribeLogGroups", &json!({})).unwrap();
    let groups = listed["logGroups"].as_array().unwrap().iter();
    groups.map(|group| group["logGroupName"].as_str().unwrap().to_owned()).collect()
}

pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn open(&self) -> std::io::Result<Sandbox> {
        Sandbox::open(&self.0.path().join("aws.json"), Pace::Instant)
    }

    pub(super) fn text(&self) -> Vec<u8> {
        fs::read(self.0.path().join("aws.json")).unwrap()
    }

    pub(super) fn write(&self, text: &[u8]) {
        fs::write(self.0.path().join("aws.json"), text).unwrap();
    }
}

#[test]
fn processes_see_what_each_other_did() {
    let folder = Folder::new();
    let (one, other) = (folder.open().unwrap(), folder.open().unwrap());
    for round in 0..50 {
        make(&one, &format!("one-{round}"));
        make(&other, &format!("other-{round}"));
    }
    call(&other, "logs", "DeleteLogGroup", &json!({ "logGroupName": "one-7" })).unwrap();
    let input = json!({ "logGroupNamePrefix": "one-", "limit": 50 });
    let seen = call(&one, "logs", "DescribeLogGroups", &input).unwrap();
    assert_eq!(seen["logGroups"].as_array().unwrap().len(), 49);
    assert_eq!(seen, call(&folder.open().unwrap(), "logs", "DescribeLogGroups", &input).unwrap());
}

#[test]
fn the_tag_index_lists_what_another_process_made_and_not_what_it_deleted() {
    let folder = Folder::new();
    let (one, other) = (folder.open().unwrap(), folder.open().unwrap());
    let listed = || {
        let answer = call(&one, "tagging", "GetResources", &json!({})).unwrap();
        answer["ResourceTagMappingList"].as_array().unwrap().len()
    };
    assert_eq!(listed(), 0);
    call(&other, "logs", "CreateLogGroup", &json!({ "logGroupName": "a", "tags": { "lab": "x" } })).unwrap();
    assert_eq!(listed(), 1);
    call(&other, "logs", "DeleteLogGroup", &json!({ "logGroupName": "a" })).unwrap();
    assert_eq!(listed(), 0);
}

#[test]
fn a_visit_that_only_reads_or_that_writes_what_was_there_writes_nothing() {
    let folder = Folder::new();
    let sandbox = folder.open().unwrap();
    make(&sandbox, "a");
    let before = folder.text();
    assert_eq!(names(&sandbox), ["a"]);
    let retention = json!({ "logGroupName": "a", "retentionInDays": 7 });
    call(&sandbox, "logs", "PutRetentionPolicy", &retention).unwrap();
    let after = folder.text();
    assert!(after.starts_with(&before) && after.len() > before.len(), "it is appended");
    call(&sandbox, "logs", "PutRetentionPolicy", &retention).unwrap();
    assert_eq!(folder.text(), after);
}

#[test]
fn a_journal_that_has_grown_is_written_anew_and_says_the_same() {
    let folder = Folder::new();
    let (one, other) = (folder.open().unwrap(), folder.open().unwrap());
    make(&one, "a");
    let long = json!({ "logGroupName": "a", "kmsKeyId": format!("arn:aws:kms:eu-west-1:123456789012:key/{}", "x".repeat(300_000)) });
    let mut longest = 0;
    for _ in 0..12 {
        call(&one, "logs", "DeleteLogGroup", &json!({ "logGroupName": "a" })).unwrap();
        call(&one, "logs", "CreateLogGroup", &long).unwrap();
        longest = longest.max(folder.text().len());
        assert_eq!(names(&other), ["a"]);
    }
    assert!(longest < 3_000_000, "{longest}");
    assert_eq!(names(&folder.open().unwrap()), ["a"]);
}

#[test]
fn removing_the_file_gives_a_fresh_account() {
    let folder = Folder::new();
    let sandbox = folder.open().unwrap();
    make(&sandbox, "a");
    fs::remove_file(folder.0.path().join("aws.json")).unwrap();
    assert_eq!(names(&sandbox), Vec::<String>::new());
    make(&sandbox, "b");
    assert_eq!(names(&folder.open().unwrap()), ["b"]);
}

#[test]
fn a_visit_that_was_killed_while_it_wrote_did_not_happen() {
    let folder = Folder::new();
    let sandbox = folder.open().unwrap();
    make(&sandbox, "a");
    let before = folder.text().len();
    make(&sandbox, "b");
    let whole = folder.text();
    for length in before + 1..whole.len() {
        folder.write(&whole[..length]);
        let again = folder.open().unwrap();
        assert_eq!(names(&again), ["a"], "killed after {} bytes", length - before);
        folder.write(&whole[..before]);
    }
}

#[test]
fn a_damaged_file_is_refused_and_never_taken_for_a_fresh_account() {
    let folder = Folder::new();
    let sandbox = folder.open().unwrap();
    ["a", "b", "c"].iter().for_each(|name| make(&sandbox, name));
    let whole = folder.text();
    let text = String::from_utf8(whole.clone()).unwrap();
    let half = whole.len() / 2;
    let cases: [(&str, Vec<u8>); 8] = [
        ("empty", Vec::new()),
        ("garbage", b"no account\n".to_vec()),
        ("cut off", whole[..half].to_vec()),
        ("head only", text.lines().next().unwrap().as_bytes().to_vec()),
        ("damaged in the middle", text.replacen("\"arn\"", "\"arm\"", 1).into_bytes()),
        ("another time", text.replacen("\"ahead\":0", "\"ahead\":9223372036854775807", 1).into_bytes()),
        ("old", br#"{"version":3,"clock":{"ahead":0},"account":{}}"#.to_vec()),
        ("new", br#"{"version":4000000000}"#.to_vec()),
    ];
    for (what, damaged) in cases {
        folder.write(&damaged);
        let error = folder.open().err().unwrap_or_else(|| panic!("{what}"));
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{what}: {error}");
        assert!(error.to_string().contains("sandbox account"), "{what}: {error}");
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| names(&sandbox)));
        assert!(
            panics.is_err() || ["damaged in the middle", "another time"].contains(&what),
            "{what}: a process that has it open refuses it, too"
        );
        assert_eq!(folder.text(), damaged, "{what}: it is left as it was");
    }
    folder.write(&whole);
    assert_eq!(names(&folder.open().unwrap()), ["a", "b", "c"]);
}

#[test]
fn time_goes_on_where_another_process_has_left_it() {
    let folder = Folder::new();
    let sandbox = folder.open().unwrap();
    let input = json!({ "clusterName": "main" });
    // The first use of ECS in an account only makes the service-linked role.
    call(&sandbox, "ecs", "CreateCluster", &input).unwrap_err();
    let made: Value = call(&sandbox, "ecs", "CreateCluster", &input).unwrap();
    assert_eq!(made["cluster"]["status"], "ACTIVE");
    let before = folder.open().unwrap().now();
    sandbox.advance(3_600_000).unwrap();
    let later = folder.open().unwrap().now().duration_since(before).unwrap();
    assert!(later.as_secs() >= 3_600, "{later:?}");
}

#[test]
fn a_secret_that_is_gone_is_in_no_file() {
    let folder = Folder::new();
    let sandbox = folder.open().unwrap();
    let secret = |operation: &str, input: Value| {
        call(&sandbox, "secretsmanager", operation, &input).unwrap();
        let files = fs::read_dir(folder.0.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let text = files.map(|file| String::from_utf8_lossy(&file).into_owned()).collect::<String>();
        ["canary-1", "canary-2", "canary-3"].map(|value| text.contains(value))
    };
    let put = |value: &str| json!({ "Name": "a", "SecretId": "a", "SecretString": value });
    let forced = json!({ "SecretId": "a", "ForceDeleteWithoutRecovery": true });
    assert_eq!(secret("CreateSecret", put("canary-1")), [true, false, false]);
    assert_eq!(secret("PutSecretValue", put("canary-2")), [true, true, false], "the one before is kept");
    assert_eq!(secret("PutSecretValue", put("canary-3")), [false, true, true]);
    assert!(!format!("{sandbox:?}").contains("canary"), "nor is it shown");
    assert_eq!(secret("DeleteSecret", forced), [false; 3]);
    assert_eq!(names(&folder.open().unwrap()), Vec::<String>::new(), "and the file is whole");
}

#[test]
fn a_file_of_an_account_is_its_owners_and_a_link_to_it_stays_one() {
    let folder = Folder::new();
    let place = |name: &str| folder.0.path().join(name);
    fs::write(place("victim"), "kept").unwrap();
    make(&Sandbox::open(&place("real.json"), Pace::Instant).unwrap(), "a");
    std::os::unix::fs::symlink("real.json", place("aws.json")).unwrap();
    std::os::unix::fs::symlink("victim", place("real.json.tmp")).unwrap();
    let sandbox = folder.open().unwrap();
    assert_eq!(names(&sandbox), ["a"]);
    // A secret that is gone has the file written anew.
    let secret = json!({ "Name": "a", "SecretId": "a", "SecretString": "x", "ForceDeleteWithoutRecovery": true });
    for operation in ["CreateSecret", "DeleteSecret"] {
        call(&sandbox, "secretsmanager", operation, &secret).unwrap();
    }
    assert!(fs::symlink_metadata(place("aws.json")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(place("victim")).unwrap(), "kept");
    for name in ["real.json", "real.json.lock"] {
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(place(name)).unwrap());
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    fs::remove_file(place("real.json")).unwrap();
    let dangling = folder.open().unwrap_err();
    assert!(dangling.to_string().contains("symbolic link that leads to no file"), "{dangling}");
}

#[test]
fn what_is_no_regular_file_is_no_account() {
    let folder = Folder::new();
    let pipe = folder.0.path().join("pipe");
    std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    for path in [pipe.as_path(), folder.0.path(), "/dev/zero".as_ref(), "/dev/full".as_ref(), "/dev/null".as_ref()] {
        let error = Sandbox::open(path, Pace::Instant).unwrap_err();
        assert!(error.to_string().ends_with("it is no regular file"), "{error}");
    }
    std::os::unix::fs::symlink("/dev/null", folder.0.path().join("aws.json.lock")).unwrap();
    assert!(folder.open().unwrap_err().to_string().contains("aws.json.lock: it is no regular file"));
}

#[test]
fn the_folder_of_objects_is_cleared_of_objects_alone() {
    let folder = Folder::new();
    let objects = folder.0.path().join("aws.json.objects");
    fs::create_dir(&objects).unwrap();
    let object = objects.join("0".repeat(64));
    fs::write(&object, "an earlier account's").unwrap();
    fs::write(objects.join("thesis.txt"), "somebody's").unwrap();
    drop(folder.open().unwrap());
    assert!(!object.exists() && objects.join("thesis.txt").exists());
}

#[test]
fn who_has_the_account_is_named_when_the_wait_for_it_ends() {
    let folder = Folder::new();
    make(&folder.open().unwrap(), "a");
    // A process that another test starts holds whatever was locked until its own program begins.
    let mut tries = std::iter::repeat_with(|| {
        std::thread::sleep(crate::lock::PAUSE);
        crate::lock::Lock::take(&folder.0.path().join("aws.json.lock")).unwrap()
    });
    let lock = tries.by_ref().take(1000).flatten().next().unwrap();
    let store = super::Store::at(&folder.0.path().join("aws.json"), crate::ids::FIRST, crate::SERVICES).unwrap();
    let error = store.wait(std::time::Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let holder = format!("process {} has been using the account", std::process::id());
    assert!(error.to_string().contains(&holder), "{error}");
    drop(lock);
    assert_eq!(names(&folder.open().unwrap()), ["a"]);
}
