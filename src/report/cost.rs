//! What a lab costs by the hour, for people and for programs.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, counted, paint, visible};
use super::wrap::write_wrapped;
use crate::apply::Destroyed;
use crate::model::{Hourly, MONTH, a_month};
use crate::plan::{Cost, Costs, Plan};

/// The most resources that are listed; what the others cost together is told.
const LISTED: usize = 8;
/// The column at which a line goes on.
const INDENT: usize = 6;
/// What isn't in any of it.
const LEFT_OUT: &str = "without free tiers, traffic and storage";

/// The question that the costs answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What a plan makes of what the lab costs.
    Plan,
    /// What the lab costs if nothing is changed.
    Now,
    /// What the whole lab costs once it is there, with its jobs.
    Whole,
}

/// Writes what a lab costs; nothing if it costs nothing by the hour.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_costs(out: &mut dyn Write, costs: &Costs, asked: Asked) -> io::Result<()> {
    let is_free = costs.resources.is_empty() && (asked != Asked::Whole || costs.jobs.is_empty());
    if is_free {
        return Ok(());
    }
    writeln!(out)?;
    write_wrapped(out, &format!("{} ", paint(BOLD, "Cost:")), &headline(costs, asked), INDENT)?;
    let (listed, rest) = costs.resources.split_at(costs.resources.len().min(LISTED));
    let mut rows: Vec<Row> = listed.iter().map(Row::of).collect();
    if !rest.is_empty() {
        let sum: Hourly = rest.iter().map(Cost::dearest).sum();
        rows.push(Row { symbol: (" ", DIM), price: sum.to_string(), words: format!("{} more", rest.len()) });
    }
    rows.extend(costs.jobs.iter().filter(|_| asked != Asked::Now).map(|job| {
        let Row { price, words, .. } = Row::of(job);
        Row { words: words.replacen(':', " while it runs:", 1), symbol: (" ", DIM), price }
    }));
    let widest = rows.iter().map(|row| row.price.chars().count()).max().unwrap_or_default();
    for Row { symbol, price, words } in rows {
        // Only a plan changes anything.
        let (symbol, style) = if asked == Asked::Plan { symbol } else { (" ", DIM) };
        let first = format!("  {} {price:widest$}  ", paint(style, symbol));
        write_wrapped(out, &first, &words, INDENT)?;
    }
    write_wrapped(out, "", &format!("About, {}; {LEFT_OUT}.", costs.basis.words()), 2)
}

/// What a lab costs at some time, with the list that says so.
pub(super) fn by_the_list(cost: Hourly, when: &str, costs: &Costs) -> String {
    match cost.is_free() {
        true => format!("{} {when}", cost.words()),
        false => format!("{} {when}, {}", cost.words(), costs.basis.words()),
    }
}

/// Writes what several labs cost together; nothing if that is nothing.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_sum(out: &mut dyn Write, costs: &[Hourly]) -> io::Result<()> {
    let all: Hourly = costs.iter().copied().sum();
    if all.is_free() {
        return Ok(());
    }
    writeln!(out)?;
    let words = format!("{} for {}{}.", all.words(), counted(costs.len(), "lab"), month(all));
    write_wrapped(out, &format!("{} ", paint(BOLD, "Cost:")), &words, INDENT)
}

/// The end of a sentence on a cost: what a month of it comes to.
fn month(Hourly { usd, is_least }: Hourly) -> String {
    match usd > 0.0 {
        true => format!("; {}{} if forgotten for a month", if is_least { "at least " } else { "" }, a_month(usd)),
        false => String::new(),
    }
}

/// The cost in one sentence.
fn headline(costs: &Costs, asked: Asked) -> String {
    let (now, after) = (costs.now(), costs.after());
    match asked {
        Asked::Plan if now.is_like(after) => format!("{}, as now{}.", after.words(), month(after)),
        Asked::Plan => {
            let now = if now.is_free() { String::new() } else { format!(", {now} now") };
            format!("{} after this{now}{}.", after.words(), month(after))
        }
        Asked::Now => format!("{}{}.", now.words(), month(now)),
        Asked::Whole => format!("{}{}.", after.words(), month(after)),
    }
}

/// What one resource or job costs, as a row.
struct Row {
    symbol: (&'static str, Style),
    price: String,
    words: String,
}

impl Row {
    fn of(cost: &Cost) -> Self {
        let Cost { address, now, after, words } = cost;
        let (symbol, price) = match (now.is_free(), after.is_free()) {
            _ if now.is_like(*after) => ((" ", DIM), after.to_string()),
            (true, _) => (("+", GREEN), after.to_string()),
            (false, true) => (("-", RED), now.to_string()),
            (false, false) => (("~", YELLOW), format!("{now} -> {after}")),
        };
        Self { symbol, price, words: format!("{}: {}", visible(address), visible(words)) }
    }
}

/// Writes what stopped costing by a destroy, and what goes on; nothing if neither costs by the hour.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_stopped(out: &mut dyn Write, plan: &Plan, destroyed: &Destroyed) -> io::Result<()> {
    let (stopped, going_on) = split(plan, destroyed);
    let sum = |of: &[&Cost]| of.iter().map(|cost| cost.now).sum::<Hourly>().words();
    let named: Vec<String> = going_on.iter().map(|cost| visible(&cost.address)).collect();
    let words = match (stopped.is_empty(), going_on.is_empty()) {
        (true, true) => return Ok(()),
        (false, true) => format!("{}; nothing of it goes on.", sum(&stopped)),
        (true, false) => format!("nothing; {} goes on: {}.", sum(&going_on), named.join(", ")),
        (false, false) => {
            let (stopped, going_on) = (sum(&stopped), sum(&going_on));
            format!("{stopped}; {going_on} goes on: {}.", named.join(", "))
        }
    };
    write_wrapped(out, &format!("{} ", paint(BOLD, "Stopped costing:")), &words, INDENT)
}

/// What cost by the hour before a destroy: what is gone, and what isn't.
fn split<'a>(plan: &'a Plan, destroyed: &Destroyed) -> (Vec<&'a Cost>, Vec<&'a Cost>) {
    let costing = plan.costs.resources.iter().filter(|cost| !cost.now.is_free());
    costing.partition(|cost| destroyed.is_gone(&cost.address))
}

/// The line of costs.
pub fn costs_line(costs: &Costs) -> Value {
    let resources = costs.resources.iter().map(|Cost { address, now, after, words }| {
        json!({
            "address": address,
            "now": exact(now.usd),
            "nowIsLeast": now.is_least,
            "after": exact(after.usd),
            "afterIsLeast": after.is_least,
            "what": words,
        })
    });
    let jobs = costs.jobs.iter().map(|Cost { address, after, words, .. }| {
        let Hourly { usd, is_least } = after;
        json!({"address": address, "whileRunning": exact(*usd), "whileRunningIsLeast": is_least, "what": words})
    });
    let (now, after) = (costs.now(), costs.after());
    json!({
        "type": "costs",
        "currency": "USD",
        "now": exact(now.usd),
        "nowIsLeast": now.is_least,
        "after": exact(after.usd),
        "afterIsLeast": after.is_least,
        "month": exact(after.usd * MONTH),
        "resources": resources.collect::<Vec<_>>(),
        "jobs": jobs.collect::<Vec<_>>(),
        "prices": costs.basis.words(),
    })
}

/// What stopped costing by a destroy.
pub(super) fn stopped(plan: &Plan, destroyed: &Destroyed) -> Hourly {
    let stopped: Hourly = split(plan, destroyed).0.iter().map(|cost| cost.now).sum();
    Hourly { usd: exact(stopped.usd), ..stopped }
}

/// The sum without what adding binary fractions leaves behind.
pub(super) fn exact(usd: f64) -> f64 {
    (usd * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests;
