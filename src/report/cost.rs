//! What a lab costs by the hour, for people and for programs.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint, visible};
use super::wrap::write_wrapped;
use crate::apply::Destroyed;
use crate::model::{MONTH, SAME, a_month, an_hour, total};
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
        let sum = total(rest.iter().map(|cost| cost.after.max(cost.now)));
        rows.push(Row { symbol: (" ", DIM), price: an_hour(sum), words: format!("{} more", rest.len()) });
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

/// The cost in one sentence.
fn headline(costs: &Costs, asked: Asked) -> String {
    let (now, after) = (costs.now(), costs.after());
    let known =
        |usd: f64| if usd > 0.0 { format!("about {} an hour", an_hour(usd)) } else { "nothing by the hour".to_owned() };
    let month =
        |usd: f64| if usd > 0.0 { format!("; {} if forgotten for a month", a_month(usd)) } else { String::new() };
    match asked {
        Asked::Plan if (now - after).abs() < SAME => format!("{}, as now{}.", known(after), month(after)),
        Asked::Plan => {
            let now = if now > 0.0 { format!(", {} now", an_hour(now)) } else { String::new() };
            format!("{} after this{now}{}.", known(after), month(after))
        }
        Asked::Now => format!("{}{}.", known(now), month(now)),
        Asked::Whole => format!("{}{}.", known(after), month(after)),
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
        let differs = (now - after).abs() >= SAME;
        let (symbol, price) = match (*now > 0.0, *after > 0.0) {
            (false, true) => (("+", GREEN), an_hour(*after)),
            (true, false) => (("-", RED), an_hour(*now)),
            (true, true) if differs => (("~", YELLOW), format!("{} -> {}", an_hour(*now), an_hour(*after))),
            (true, true) => ((" ", DIM), an_hour(*after)),
            // Nobody knows the price.
            (false, false) => ((" ", DIM), "?".to_owned()),
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
    let sum = |of: &[&Cost]| an_hour(total(of.iter().map(|cost| cost.now)));
    let named: Vec<String> = going_on.iter().map(|cost| visible(&cost.address)).collect();
    let words = match (stopped.is_empty(), going_on.is_empty()) {
        (true, true) => return Ok(()),
        (false, true) => format!("about {} an hour; nothing of it goes on.", sum(&stopped)),
        (true, false) => format!("nothing; about {} an hour goes on: {}.", sum(&going_on), named.join(", ")),
        (false, false) => {
            let (stopped, going_on) = (sum(&stopped), sum(&going_on));
            format!("about {stopped} an hour; about {going_on} goes on: {}.", named.join(", "))
        }
    };
    write_wrapped(out, &format!("{} ", paint(BOLD, "Stopped costing:")), &words, INDENT)
}

/// What cost by the hour before a destroy: what is gone, and what isn't.
fn split<'a>(plan: &'a Plan, destroyed: &Destroyed) -> (Vec<&'a Cost>, Vec<&'a Cost>) {
    let costing = plan.costs.resources.iter().filter(|cost| cost.now > 0.0);
    costing.partition(|cost| destroyed.is_gone(&cost.address))
}

/// The line of costs.
pub fn costs_line(costs: &Costs) -> Value {
    let resources = costs.resources.iter().map(|Cost { address, now, after, words }| {
        json!({"address": address, "now": exact(*now), "after": exact(*after), "what": words})
    });
    let jobs = costs.jobs.iter().map(
        |Cost { address, after, words, .. }| json!({"address": address, "whileRunning": exact(*after), "what": words}),
    );
    json!({
        "type": "costs",
        "currency": "USD",
        "now": exact(costs.now()),
        "after": exact(costs.after()),
        "month": exact(costs.after() * MONTH),
        "resources": resources.collect::<Vec<_>>(),
        "jobs": jobs.collect::<Vec<_>>(),
        "prices": costs.basis.words(),
    })
}

/// What stopped costing by a destroy, in USD by the hour.
pub(super) fn stopped(plan: &Plan, destroyed: &Destroyed) -> f64 {
    exact(total(split(plan, destroyed).0.iter().map(|cost| cost.now)))
}

/// The sum without what adding binary fractions leaves behind.
fn exact(usd: f64) -> f64 {
    (usd * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Outcome;
    use crate::model::{Basis, Unit};
    use crate::plan::{Action, Op};
    use crate::report::testing::{change, lab_plan, plain};

    fn cost(address: &str, now: f64, after: f64, words: &str) -> Cost {
        Cost { address: address.parse().unwrap(), now, after, words: words.to_owned() }
    }

    fn costs(resources: Vec<Cost>) -> Costs {
        let basis = Basis::of("eu-west-1", &[Unit::FargateCpu].into());
        Costs { resources, jobs: vec![cost("job.ask", 0.0, 0.049_37, "1 task of 1 vCPU and 2 GB")], basis }
    }

    fn shown(costs: &Costs, asked: Asked) -> String {
        let mut out = Vec::new();
        write_costs(&mut out, costs, asked).unwrap();
        let text = plain(&out);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        text
    }

    #[test]
    fn a_plan_tells_what_begins_ends_and_changes_to_cost() {
        let tasks = "3 tasks of 0.25 vCPU and 0.5 GB, 3 public addresses";
        let all = costs(vec![
            cost("service.web", 0.0347, 0.0520, tasks),
            cost("natGateway.main", 0.048, 0.0, "NAT gateway"),
            cost("loadBalancer.web", 0.0, 0.0402, "load balancer, 3 public addresses"),
            cost("secret.key", 0.000_55, 0.000_55, "secret"),
            cost("service.old", 0.0, 0.0, "2 tasks whose size isn't known"),
        ]);
        insta::assert_snapshot!(shown(&all, Asked::Plan), @r"

        Cost: about $0.093 an hour after this, $0.083 now; $68 if forgotten for a month.
          ~ $0.035 -> $0.052  service.web: 3 tasks of 0.25 vCPU and 0.5 GB, 3 public
              addresses
          - $0.048            natGateway.main: NAT gateway
          + $0.040            loadBalancer.web: load balancer, 3 public addresses
            $0.001            secret.key: secret
            ?                 service.old: 2 tasks whose size isn't known
            $0.049            job.ask while it runs: 1 task of 1 vCPU and 2 GB
        About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
        ");
    }

    #[test]
    fn what_costs_nothing_by_the_hour_is_not_spoken_of() {
        let free = costs(Vec::new());
        assert_eq!(shown(&free, Asked::Plan), "");
        assert_eq!(shown(&free, Asked::Now), "");
        insta::assert_snapshot!(shown(&free, Asked::Whole), @r"

        Cost: nothing by the hour.
            $0.049  job.ask while it runs: 1 task of 1 vCPU and 2 GB
        About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
        ");
        let gone = costs(vec![cost("loadBalancer.web", 0.04, 0.0, "load balancer")]);
        insta::assert_snapshot!(shown(&gone, Asked::Plan), @r"

        Cost: nothing by the hour after this, $0.040 now.
          - $0.040  loadBalancer.web: load balancer
            $0.049  job.ask while it runs: 1 task of 1 vCPU and 2 GB
        About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
        ");
        let same = costs((0..11).map(|n| cost(&format!("service.s{n}"), 0.02, 0.02, "1 task")).collect());
        insta::assert_snapshot!(shown(&same, Asked::Plan), @r"

        Cost: about $0.220 an hour, as now; $161 if forgotten for a month.
            $0.020  service.s0: 1 task
            $0.020  service.s1: 1 task
            $0.020  service.s2: 1 task
            $0.020  service.s3: 1 task
            $0.020  service.s4: 1 task
            $0.020  service.s5: 1 task
            $0.020  service.s6: 1 task
            $0.020  service.s7: 1 task
            $0.060  3 more
            $0.049  job.ask while it runs: 1 task of 1 vCPU and 2 GB
        About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
        ");
        let two = costs(same.resources[..2].to_vec());
        insta::assert_snapshot!(shown(&two, Asked::Now), @r"

        Cost: about $0.040 an hour; $29 if forgotten for a month.
            $0.020  service.s0: 1 task
            $0.020  service.s1: 1 task
        About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
        ");
    }

    #[test]
    fn a_destroy_ends_with_what_stopped_costing() {
        let both = vec![cost("loadBalancer.web", 0.04, 0.0, "load balancer"), cost("service.web", 0.035, 0.0, "tasks")];
        let mut plan = lab_plan(vec![
            change("loadBalancer.web", "web", Action::Delete),
            change("service.web", "web", Action::Delete),
        ]);
        plan.costs = costs(both);
        let told = |gone: &[&str]| {
            let done = gone.iter().map(|address| (address.parse().unwrap(), Op::Delete)).collect();
            let outcome = Outcome { done, ..Outcome::default() };
            let destroyed = Destroyed { outcome, ..Destroyed::default() };
            let mut out = Vec::new();
            write_stopped(&mut out, &plan, &destroyed).unwrap();
            plain(&out)
        };
        assert_eq!(
            told(&["loadBalancer.web", "service.web"]),
            "Stopped costing: about $0.075 an hour; nothing of it goes on.\n"
        );
        assert_eq!(
            told(&["service.web"]),
            "Stopped costing: about $0.035 an hour; about $0.040 goes on: loadBalancer.web.\n"
        );
        let none = "Stopped costing: nothing; about $0.075 an hour goes on: loadBalancer.web,\n      service.web.\n";
        assert_eq!(told(&[]), none);
    }
}
