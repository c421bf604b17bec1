//! What a class has made, and what it has earned: status, checkpoints and jobs for each student of a roster.

use std::fs;

use serde_json::json;

use crate::rosters::{LAB, class, lines, on_class};

#[test]
fn the_state_and_the_points_of_a_class() {
    let checks = "checks:\n  said: { points: 2, file: { path: \"${var.student}.txt\" } }\n  kept: { file: { path: kept.txt } }\n";
    let account = class(&[LAB, checks].concat());
    account.folder.write("kept.txt", "kept\n");
    account.folder.write("ann.txt", "said\n");
    account.labform(&on_class("apply --yes --students ann,bob,cat,dan")).exits(0);

    let status = account.labform(&on_class("status")).exits(0);
    for row in ["ann      done        2 ready", "eve      done        2 absent"] {
        assert!(status.stdout.contains(row), "{row}: {status}");
    }
    let check = account.labform(&on_class("check")).exits(3);
    for words in ["ann      done        3 of 3 points", "bob      missed      1 of 3 points", "check.said: "] {
        assert!(check.stdout.contains(words), "{words}: {check}");
    }
    let csv = account.labform(&on_class("check --format csv")).exits(3).stdout;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(
        rows[..3],
        [
            "student,account,lab,earned,points,said,kept",
            "ann,123456789012,tp-ann,3,3,2,1",
            "bob,123456789012,tp-bob,1,3,0,1",
        ]
    );
    assert_eq!(rows.len(), 6);
    account.labform(&on_class("check --format junit --out out/grades.xml")).exits(3);
    account.labform(&on_class("check --format junit --out out/grades.xml")).exits(3);
    let usage = account.labform(&on_class("check --format gradescope")).exits(64);
    assert!(usage.stderr.contains("room for one student"), "{usage}");
}

/// A lab with a job that writes a file here.
const JOB: &str = r#"lab: "tp-${var.student}"
region: eu-west-1
vpc: default
variables: { student: {}, code: { default: 0 }, result: { default: result.txt } }
buckets: { out: { bucket: "${lab}-out", onDestroy: empty } }
clusters: { main: {} }
taskDefinitions:
  it:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    containerDefinitions: [{ name: it, image: "public.ecr.aws/docker/library/busybox:stable" }]
jobs:
  it:
    cluster: main
    taskDefinition: it
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
    outputs: [{ bucket: out, key: result.txt, file: "${var.result}" }]
    sandbox: { writes: [{ bucket: out, key: result.txt, content: "of ${var.student}" }] }
"#;

#[test]
fn a_job_runs_for_each_student_and_each_writes_a_file_of_their_own() {
    let account = class(JOB);
    let same = account.labform(&on_class("run it")).exits(5);
    assert!(same.stderr.contains("job.it: bob and ann would both write result.txt"), "{same}");
    let row = |student: &str, code: u8| format!("{student},123456789012,{code},out/{student}.txt\n");
    let rows = [row("ann", 0), row("bob", 3), row("eve", 0)].concat();
    account.folder.write("class.csv", &format!("student,account,var.code,var.result\n{rows}"));
    account.labform(&on_class("run it")).exits(0).says("3 of 3 done.");
    let read = |student: &str| fs::read_to_string(account.folder.path().join(format!("out/{student}.txt"))).ok();
    assert_eq!((read("ann").as_deref(), read("eve").as_deref()), (Some("of ann"), Some("of eve")));

    // Bob's ends with 3, which is his container's own code.
    let (head, _) = JOB.split_once("    outputs:").expect("it has outputs");
    account.folder.write("lab.yaml", &[head, "    sandbox: { exitCode: \"${var.code}\" }\n"].concat());
    let run = account.labform(&on_class("run it --json")).exits(3);
    let ends = lines(&run.stdout).into_iter().filter(|line| line["type"] == "student_end");
    let mut codes: Vec<_> = ends.map(|line| (line["student"].clone(), line["exitCode"].clone())).collect();
    codes.sort_by_key(|(student, _)| student.to_string());
    assert_eq!(codes, [(json!("ann"), json!(0)), (json!("bob"), json!(3)), (json!("eve"), json!(0))]);
    let run = account.labform(&on_class("run it")).exits(3);
    assert!(run.stdout.contains("bob      failed      exit code 3"), "{run}");
}
