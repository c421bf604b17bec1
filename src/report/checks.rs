//! The checkpoints of a lab with their points, for people and as JSON lines.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::style::{DIM, GREEN, RED, YELLOW, paint, visible};
use super::wrap::write_wrapped;
use crate::check::{Outcome, Verdict};

/// The column at which a line goes on.
const INDENT: usize = 10;

/// Writes what each checkpoint came to, and the sum of the points.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_checks(out: &mut dyn Write, verdicts: &[Verdict]) -> io::Result<()> {
    for verdict in verdicts {
        let Verdict { address, description, found, .. } = verdict;
        let style = match verdict.outcome {
            Outcome::Passed => GREEN,
            Outcome::Missed => RED,
            Outcome::Unknown => YELLOW,
        };
        let points = format!("{}/{}", number(verdict.earned()), number(verdict.points));
        let first = format!("{} {points:>INDENT$}  ", paint(style, format!("{:7}", outcome(verdict.outcome))));
        let what = description.as_deref().map_or_else(|| address.name.clone(), visible);
        write_wrapped(out, &first, &what, INDENT + 10)?;
        write_wrapped(out, &" ".repeat(INDENT + 10), &paint(DIM, visible(found)).to_string(), INDENT + 10)?;
    }
    let (earned, all) = sums(verdicts);
    writeln!(out, "Points: {} of {}", number(earned), number(all))?;
    let unseen = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Unknown).count();
    match unseen {
        0 => Ok(()),
        some => writeln!(out, "{some} of {} could not be looked at.", verdicts.len()),
    }
}

/// The JSON lines: one for each checkpoint, and one for the sum.
pub fn check_lines(verdicts: &[Verdict]) -> Vec<Value> {
    let lines = verdicts.iter().map(|verdict| {
        let mut line = json!(verdict);
        line["type"] = "checked".into();
        line["earned"] = verdict.earned().into();
        line
    });
    let (earned, points) = sums(verdicts);
    lines.chain([json!({"type": "points", "points": points, "earned": earned})]).collect()
}

/// The points that were earned, and those that there were.
pub fn sums(verdicts: &[Verdict]) -> (f64, f64) {
    (verdicts.iter().map(Verdict::earned).sum(), verdicts.iter().map(|verdict| verdict.points).sum())
}

/// The word for an outcome.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Missed => "missed",
        Outcome::Unknown => "unknown",
    }
}

/// A number of points: with at most two decimals, and none that say nothing.
pub fn number(points: f64) -> String {
    format!("{}", (points * 100.0).round() / 100.0)
}
