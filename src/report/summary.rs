//! The end of an apply or a destroy.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use super::explanation;
use super::plan::Purpose;
use super::progress::{doing, done};
use super::style::{BOLD, GREEN, RED, YELLOW, counted, paint, took, visible, visible_block};
use crate::apply::{Outcome, Settled, Stuck};
use crate::error::{hints, may_pass};
use crate::model::{Address, Known};

/// Writes the closing line of a plan that was carried out whole, which took so long.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_complete(out: &mut dyn Write, purpose: Purpose, outcome: &Outcome, duration: Duration) -> io::Result<()> {
    let word = match purpose {
        Purpose::Apply => "Apply complete!",
        Purpose::Destroy => "Destroy complete!",
    };
    write_counts(out, purpose, outcome, paint(GREEN, word), duration)
}

/// Writes the closing line of a destroy whose steps are all done, and that leaves something: its certificate says what.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_partly(out: &mut dyn Write, outcome: &Outcome, duration: Duration) -> io::Result<()> {
    write_counts(out, Purpose::Destroy, outcome, paint(RED, "Destroy incomplete."), duration)
}

fn write_counts(
    out: &mut dyn Write,
    purpose: Purpose,
    outcome: &Outcome,
    word: impl Display,
    duration: Duration,
) -> io::Result<()> {
    let (added, changed, destroyed) = outcome.counts();
    let counts = match purpose {
        Purpose::Apply => format!("{added} added, {changed} changed, {destroyed} destroyed"),
        Purpose::Destroy => format!("{destroyed} destroyed"),
    };
    writeln!(out, "\n{word} Resources: {counts}, in {}.", took(duration))
}

/// Writes what failed and what was not begun in so long a time, and what to do next.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_incomplete(
    out: &mut dyn Write,
    purpose: Purpose,
    outcome: &Outcome,
    duration: Duration,
) -> io::Result<()> {
    let (word, command) = match purpose {
        Purpose::Apply => ("Apply incomplete.", "apply"),
        Purpose::Destroy => ("Destroy incomplete.", "destroy"),
    };
    write_counts(out, purpose, outcome, paint(RED, word), duration)?;
    if !outcome.failed.is_empty() {
        writeln!(out, "\n{}:", paint(BOLD, format_args!("{} failed", counted(outcome.failed.len(), "step"))))?;
    }
    for failure in &outcome.failed {
        let (address, error) = (visible(&failure.address), visible_block(&failure.error, 6));
        writeln!(out, "  {address}: {}: {error}", doing(Some(failure.op)))?;
        for hint in hints(&failure.error) {
            writeln!(out, "    {} {}", paint(YELLOW, "hint:"), visible(hint))?;
        }
    }
    if !outcome.skipped.is_empty() {
        writeln!(out, "\n{}:", paint(BOLD, format_args!("{} not begun", counted(outcome.skipped.len(), "step"))))?;
    }
    for (address, op) in &outcome.skipped {
        writeln!(out, "  {}: not {}", visible(address), done(*op))?;
    }
    match outcome.failed.iter().all(|failure| may_pass(&failure.error)) {
        true => writeln!(out, "\nNothing is lost: run `labform {command}` again, and it goes on from here."),
        false => writeln!(out, "\nNothing is lost: mend the above, then `labform {command}` goes on from here."),
    }
}

/// Writes which resources don't do their work, or not yet.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_unready(out: &mut dyn Write, settled: &Settled) -> io::Result<()> {
    let groups = [("won't become ready", RED, &settled.failed), ("not ready yet", YELLOW, &settled.left)];
    for (what, style, resources) in groups.into_iter().filter(|(_, _, resources)| !resources.is_empty()) {
        writeln!(out, "\n{}:", paint(style, format_args!("{} {what}", counted(resources.len(), "resource"))))?;
        for (address, stuck) in resources {
            write_stuck(out, address, stuck)?;
        }
    }
    let next = if settled.failed.is_empty() {
        "look with `labform status`, and `labform apply` goes on waiting"
    } else {
        "mend the above, then `labform apply` goes on from here"
    };
    writeln!(out, "\nEverything was made: {next}.")
}

/// Writes why a resource is stuck: AWS's words, and if it is known the cause, its evidence, and what to do.
fn write_stuck(out: &mut dyn Write, address: &Address, stuck: &Stuck) -> io::Result<()> {
    let address = paint(BOLD, visible(address));
    writeln!(out, "  {address}: {}", visible(&stuck.reason))?;
    let explained = stuck.explanation.iter().flat_map(explanation::lines);
    for line in explained {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Writes the lab's outputs under a heading; nothing if there are none.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_outputs(out: &mut dyn Write, outputs: &BTreeMap<String, Known<String>>) -> io::Result<()> {
    if outputs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}\n", paint(BOLD, "Outputs:"))?;
    super::output::write_values(out, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Failure;
    use crate::cloud::{Cause, CloudError};
    use crate::plan::Op;
    use crate::report::testing::plain;
    use crate::resource::Explanation;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        plain(&out)
    }

    #[test]
    fn a_whole_apply() {
        let done = [("cluster.main", Op::Create), ("service.web", Op::Update), ("role.a", Op::Create)];
        let outcome = Outcome { done: done.map(|(text, op)| (address(text), op)).to_vec(), ..Outcome::default() };
        let outputs = BTreeMap::from([
            ("url".to_owned(), Known::Now("http://ecs-lab-alb-1.eu-west-1.elb.amazonaws.com".to_owned())),
            ("image".to_owned(), Known::AfterApply),
        ]);
        insta::assert_snapshot!(written(|out| {
            write_complete(out, Purpose::Apply, &outcome, Duration::from_secs(192))?;
            write_complete(out, Purpose::Destroy, &outcome, Duration::from_secs(4))?;
            write_outputs(out, &outputs)
        }), @r"

        Apply complete! Resources: 2 added, 1 changed, 0 destroyed, in 3m 12s.

        Destroy complete! Resources: 0 destroyed, in 4.0s.

        Outputs:

        image = (known after apply)
        url = http://ecs-lab-alb-1.eu-west-1.elb.amazonaws.com
        ");
    }

    #[test]
    fn half_an_apply() {
        let error = CloudError::answered("CreateService", "ClientException", "no such\u{1b} cluster");
        let built = "exit status: 1; its last lines:\n#7 npm ci\n#7 npm error: no such package";
        let built = CloudError::own_at("docker buildx build", Cause::BuildFailed, built);
        let outcome = Outcome {
            done: vec![(address("cluster.main"), Op::Create)],
            failed: vec![
                Failure { address: address("service.web"), op: Op::Create, error },
                Failure { address: address("image.web"), op: Op::Update, error: built },
            ],
            skipped: vec![(address("listener.web"), Op::Delete)],
            ..Outcome::default()
        };
        let settled = Settled {
            failed: BTreeMap::from([(
                address("service.web"),
                Stuck {
                    reason: "not ready after 15 minutes: 0 of 2 tasks running".to_owned(),
                    explanation: Some(Explanation {
                        cause: "image not in the repository",
                        evidence: vec![
                            "task 0a1b: CannotPullContainerError: \u{1b}".to_owned(),
                            "event: (service web) has started 2 tasks".to_owned(),
                        ],
                        remedy: "push it".to_owned(),
                    }),
                },
            )]),
            left: BTreeMap::from([(
                address("loadBalancer.web"),
                Stuck { reason: "provisioning".to_owned(), explanation: None },
            )]),
        };
        insta::assert_snapshot!(written(|out| {
            write_incomplete(out, Purpose::Apply, &outcome, Duration::from_secs(61))?;
            write_unready(out, &settled)
        }), @r"

        Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed, in 1m 01s.

        2 steps failed:
          service.web: creating: CreateService: ClientException: no such\u{1b} cluster
          image.web: updating: docker buildx build: BuildFailed: exit status: 1; its last lines:
              #7 npm ci
              #7 npm error: no such package
            hint: what Docker says above is about the Dockerfile or the files beside it

        1 step not begun:
          listener.web: not destroyed

        Nothing is lost: mend the above, then `labform apply` goes on from here.

        1 resource won't become ready:
          service.web: not ready after 15 minutes: 0 of 2 tasks running
            cause: image not in the repository
              task 0a1b: CannotPullContainerError: \u{1b}
              event: (service web) has started 2 tasks
            what to do: push it

        1 resource not ready yet:
          loadBalancer.web: provisioning

        Everything was made: mend the above, then `labform apply` goes on from here.
        ");
    }
}
