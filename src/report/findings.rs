//! What was found wrong and what mends it, for people and as JSON lines.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};

use super::commands::completed;
use super::style::{DIM, GREEN, RED, YELLOW, paint, visible};
use super::wrap::write_wrapped;
use crate::doctor::{Finding, State};

/// The column at which a line goes on.
const INDENT: usize = 26;
/// The states, in the order in which they are counted.
const STATES: [fn(&State) -> bool; 4] = [
    |state| *state == State::Fine,
    |state| *state == State::Warning,
    |state| matches!(state, State::Wrong(_)),
    |state| *state == State::Unknown,
];

/// Writes what was looked at, with the cure below it, and how much of it is wrong.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_findings(out: &mut dyn Write, found: &[Finding]) -> io::Result<()> {
    for Finding { topic, state, says, cure } in found {
        let (word, style) = shown(*state);
        let first = format!("{} {topic:15}  ", paint(style, format!("{word:8}")));
        write_wrapped(out, &first, &visible(says), INDENT)?;
        if let Some(cure) = cure {
            let cure = format!("-> {}", visible(completed(cure)));
            write_wrapped(out, &" ".repeat(INDENT), &paint(DIM, cure).to_string(), INDENT + 3)?;
        }
    }
    let [_, warnings, wrong, unknown] = counts(found);
    let said = [(wrong, "wrong"), (unknown, "unknown"), (warnings, if warnings == 1 { "warning" } else { "warnings" })];
    let said: Vec<String> = said.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    match said.is_empty() {
        true => writeln!(out, "\nAll is well."),
        false => writeln!(out, "\n{}.", said.join(", ")),
    }
}

/// The JSON lines: one for each finding, and one that counts them.
pub fn finding_lines(found: &[Finding]) -> Vec<Value> {
    let lines = found.iter().map(|one| {
        let severity = match one.state {
            State::Fine => "info",
            State::Warning => "warning",
            State::Wrong(_) | State::Unknown => "error",
        };
        json!({
            "type": "finding", "severity": severity, "topic": one.topic, "state": shown(one.state).0, "says": one.says,
            "hint": one.cure,
        })
    });
    let [fine, warning, wrong, unknown] = counts(found);
    let end = json!({"type": "examined", "fine": fine, "warning": warning, "wrong": wrong, "unknown": unknown});
    lines.chain([end]).collect()
}

fn counts(found: &[Finding]) -> [usize; 4] {
    STATES.map(|is| found.iter().filter(|one| is(&one.state)).count())
}

fn shown(state: State) -> (&'static str, Style) {
    match state {
        State::Fine => ("fine", GREEN),
        State::Warning => ("warning", YELLOW),
        State::Wrong(_) => ("wrong", RED),
        State::Unknown => ("unknown", YELLOW),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::report::lines::problem;
    use crate::report::testing::plain;

    fn found() -> Vec<Finding> {
        let one = |topic, state, says: &str, cure: Option<&str>| Finding {
            topic,
            state,
            says: says.to_owned(),
            cure: cure.map(str::to_owned),
        };
        let who = "account 123456789012, as arn:aws:sts::123456789012:assumed-role/student/ann, until \
            2026-11-30T14:03:00Z (58 min)";
        let emulation = "this machine has another processor than the image is for: `docker run --privileged --rm \
            tonistiigi/binfmt --install all` lets Docker run programs of the other";
        vec![
            one("lab.yaml", State::Fine, "ecs-lab is valid, with 20 resources", None),
            one(
                "docker",
                State::Wrong(ErrorKind::Failed),
                "Docker 27.1.1 linux/arm64 can't build for linux/amd64, as lab.yaml asks",
                Some(emulation),
            ),
            one("sign-in", State::Fine, who, None),
            one(
                "service roles",
                State::Warning,
                "AWSServiceRoleForECS is missing",
                Some("`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`"),
            ),
            one("quotas", State::Unknown, "sts.eu-west-1.amazonaws.com did not answer within 4 s\u{1b}[2J", None),
        ]
    }

    #[test]
    fn each_finding_has_its_cure_below() {
        let mut out = Vec::new();
        write_findings(&mut out, &found()).unwrap();
        assert!(plain(&out).lines().all(|line| line.chars().count() <= 80));
        insta::assert_snapshot!(plain(&out), @r"
        fine     lab.yaml         ecs-lab is valid, with 20 resources
        wrong    docker           Docker 27.1.1 linux/arm64 can't build for linux/amd64,
                                  as lab.yaml asks
                                  -> this machine has another processor than the image
                                     is for: `docker run --privileged --rm
                                     tonistiigi/binfmt --install all` lets Docker run
                                     programs of the other
        fine     sign-in          account 123456789012, as
                                  arn:aws:sts::123456789012:assumed-role/student/ann,
                                  until 2026-11-30T14:03:00Z (58 min)
        warning  service roles    AWSServiceRoleForECS is missing
                                  -> `aws iam create-service-linked-role
                                     --aws-service-name ecs.amazonaws.com`
        unknown  quotas           sts.eu-west-1.amazonaws.com did not answer within 4
                                  s\u{1b}[2J

        1 wrong, 1 unknown, 1 warning.
        ");
        let lines = finding_lines(&found());
        for line in &lines {
            assert_eq!(problem(line), None);
        }
        assert_eq!((lines[1]["severity"].as_str(), lines[1]["state"].as_str()), (Some("error"), Some("wrong")));
    }
}
