//! Secrets appear nowhere: not on the screen, not in JSON, not in a saved plan, not in the most talkative log.

use std::fs;

use crate::faults::Fault;
use crate::lab8;
use crate::labform::{Run, watch};
use crate::lane::Lane;
use crate::wire::{Refusal, refuse};

const SECRET_KEY: &str = "canary/of+the/secret/access/key0123456789";
const TOKEN: &str = "canary-of-the-session-token";
const VALUE: &str = "canary-of-a-password";

#[track_caller]
fn hides(text: &str, run: &Run) {
    for secret in [SECRET_KEY, TOKEN, VALUE] {
        if let Some(at) = text.find(secret) {
            let around = text[at.saturating_sub(300)..].chars().take(400);
            panic!("{secret} in {}: {}", run.command, around.collect::<String>());
        }
    }
}

/// Runs labform with credentials that nothing may say, and with the most talkative log.
fn talkative(lane: &Lane, args: &[&str]) -> Run {
    let mut command = lane.account.command(&[args, &["-vv"]].concat());
    command.env("RUST_LOG", "trace").env("AWS_SECRET_ACCESS_KEY", SECRET_KEY).env("AWS_SESSION_TOKEN", TOKEN);
    let run = watch(command, &mut || None);
    hides(&run.stdout, &run);
    hides(&run.stderr, &run);
    run
}

#[test]
fn credentials_are_never_said() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    let plan = talkative(&lane, &["plan", "--out", "plan.json"]).exits(0);
    let saved = lane.account.folder.path().join("plan.json");
    hides(&fs::read_to_string(saved).expect("the plan was saved"), &plan);
    assert!(plan.stderr.contains("DEBUG"), "nothing was logged: {plan}");
    talkative(&lane, &["plan", "--json"]).exits(0);
    lane.proxy.play(|call| match call.operation.as_str() {
        "CreateCluster" => Fault::Answer(refuse(call, Refusal::Denied)),
        "DescribeSecurityGroups" if call.nth == 1 => Fault::Reset,
        _ => Fault::None,
    });
    talkative(&lane, &["apply", "--yes", "--no-wait", "--json"]).exits(3);
    talkative(&lane, &["status"]);
    talkative(&lane, &["destroy", "--yes"]).exits(0);
}

/// A password in the file is refused before the first call, and the message doesn't repeat it.
#[test]
fn a_password_in_the_file_is_not_repeated() {
    let lane = Lane::fresh("eu-west-1");
    let line = "          - { name: PORT, value: \"3000\" }\n";
    assert!(lab8::FILE.contains(line));
    for password in [
        format!("          - {{ name: DB_PASSWORD, value: {VALUE} }}\n"),
        format!("          - name: DB_PASSWORD\n            value: {VALUE}\n"),
        format!("          - {{ name: DB_PASSWORD, valu: {VALUE} }}\n"),
        format!("          - {{ name: DB_PASSWORD, value: [{VALUE}] }}\n"),
        format!("          - name: DB_PASSWORD\n            valu: {VALUE}\n"),
        format!("          - {{ nam: DB_PASSWORD, value: {VALUE} }}\n"),
        format!("          - DB_PASSWORD={VALUE}\n"),
    ] {
        lane.account.folder.write("lab.yaml", &lab8::FILE.replace(line, &password));
        lane.proxy.play(|_| Fault::None);
        for command in ["validate", "plan", "apply"] {
            talkative(&lane, &[command]).exits(5);
        }
        assert!(lane.proxy.calls().is_empty(), "{:#?}", lane.proxy.calls());
    }
}

/// What somebody else put into a live task definition isn't shown either.
#[test]
fn a_live_password_is_not_shown() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(&["apply", "--yes", "--no-wait"]).exits(0);
    lane.proxy.play(|call| match call.operation.as_str() {
        "DescribeTaskDefinition" => Fault::Change(|answer| {
            let body = String::from_utf8_lossy(&answer.body);
            let body = body.replace("\"PORT\"", "\"DB_PASSWORD\"").replace("\"3000\"", &format!("\"{VALUE}\""));
            answer.set_body(body.into_bytes());
        }),
        _ => Fault::None,
    });
    let plan = talkative(&lane, &["plan", "--detailed-exitcode", "--out", "plan.json"]).exits(2);
    let saved = lane.account.folder.path().join("plan.json");
    hides(&fs::read_to_string(saved).expect("the plan was saved"), &plan);
    talkative(&lane, &["plan", "--json"]).exits(0);
}
