//! A benchmark: how long the built program takes on an embedded account in a file that holds a large lab.
//!
//! `cargo bench --profile dev --bench account -- 500` applies a lab of 500 log groups, 500 task definitions and 500
//! services without waiting for them, and plans it again; nothing here fails for being slow.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const HEAD: &str = "lab: big
region: eu-west-1
vpc: default
clusters:
  main: {}
securityGroups:
  tasks: { description: tasks }
";

/// A lab of so many log groups and task definitions, each with a service.
fn lab(many: usize) -> String {
    let mut text = format!("{HEAD}logGroups:\n");
    let mut add = |line: String| writeln!(text, "{line}").expect("writing to a string can't fail");
    for number in 0..many {
        add(format!("  item{number:04}: {{ retentionInDays: 7 }}"));
    }
    add("taskDefinitions:".to_owned());
    for number in 0..many {
        let container = "{ name: main, image: \"nginx:stable\", environment: [{ name: MODE, value: production }] }";
        add(format!(
            "  item{number:04}: {{ networkMode: awsvpc, requiresCompatibilities: [FARGATE], cpu: \"256\", \
             memory: \"512\", containerDefinitions: [{container}] }}"
        ));
    }
    add("services:".to_owned());
    for number in 0..many {
        add(format!(
            "  item{number:04}: {{ cluster: main, taskDefinition: item{number:04}, desiredCount: 1, launchType: FARGATE, \
             networkConfiguration: {{ awsvpcConfiguration: {{ securityGroups: [tasks], assignPublicIp: ENABLED }} }} }}"
        ));
    }
    text
}

fn timed(what: &str, folder: &Path, args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labform"));
    command.args(args).arg("--sandbox=account").current_dir(folder).stdin(Stdio::null());
    let begun = Instant::now();
    let output = command.output().expect("the program was built beside this one");
    let took = begun.elapsed();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    println!("{what:40} {:7.2} s", took.as_secs_f64());
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let many: usize = asked.unwrap_or(500);
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("lab.yaml"), lab(many)).expect("a file can be written");
    println!("{many} log groups, {many} task definitions, {many} services");
    timed("apply --no-wait", folder.path(), &["apply", "--yes", "--no-wait"]);
    timed("plan", folder.path(), &["plan"]);
    timed("plan, again", folder.path(), &["plan"]);
}
