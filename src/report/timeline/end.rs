//! How an apply ended: what was done, whether it was proven, and what is to be mended.

use std::time::Duration;

use crate::apply::{Applied, Outcome, Stuck, Wait};
use crate::error::{Error, hints};
use crate::model::Address;
use crate::plan::{Costs, Plan};
use crate::report::class::{State, added};
use crate::report::commands::completed;
use crate::report::cost::by_the_list;
use crate::report::progress::{doing, done};
use crate::report::rewritten;
use crate::report::style::took;

/// The end of an apply.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) state: State,
    /// What was done, in one line.
    pub(super) summary: String,
    /// What the check at the end found, or why there was none.
    pub(super) check: String,
    /// What isn't as it is to be, each with its words.
    pub(super) problems: Vec<String>,
    /// What the lab costs after it.
    pub(super) cost: String,
}

impl End {
    /// The end of an apply that went its way, after so long a time. `planned` is what the lab was to cost.
    pub(super) fn of(end: &Applied, wait: Wait, planned: &Costs, time: Duration) -> Self {
        let all = format!("{} once all of it is there", planned.after().words());
        let (state, summary, check, problems, cost) = match end {
            Applied::Proven(total, plan) => {
                let state = if plan.kept.is_empty() { State::Clean } else { State::Left };
                let kept = plan.kept.iter().map(|kept| format!("{}: kept: {}", kept.address, kept.reason));
                let works = match wait {
                    Wait::UntilReady => "all of it works",
                    Wait::UntilMade => "whether it works was not waited for",
                };
                let check = format!("everything was read: nothing is left to do, {works}");
                (state, summary(total, time), check, kept.collect(), now(plan))
            }
            Applied::Incomplete(total) => {
                let state = match (total.failed.is_empty(), total.done.is_empty()) {
                    (true, _) => State::Unfinished,
                    (false, true) => State::Failed,
                    (false, false) => State::Left,
                };
                let check = "nothing was checked, because not everything was done".to_owned();
                (state, summary(total, time), check, failures(total), all)
            }
            Applied::Unready(settled) => {
                let state = if settled.failed.is_empty() { State::Unfinished } else { State::Failed };
                let stuck = settled.failed.iter().chain(&settled.left).map(|(address, stuck)| words_of(address, stuck));
                let summary = format!("everything was made, and not everything works, after {}", took(time));
                (state, summary, "nothing was checked, because not everything works".to_owned(), stuck.collect(), all)
            }
            Applied::Unproven(plan, before) => {
                let summary = format!("every change was made, and something still differs, after {}", took(time));
                let check = "everything was read: what is named here still differs from lab.yaml".to_owned();
                (State::Failed, summary, check, differences(plan, before), now(plan))
            }
        };
        Self { state, summary, check, problems, cost }
    }

    /// The end of an apply that an error ended.
    pub(super) fn with(error: &Error, planned: &Costs) -> Self {
        let cost = by_the_plan(planned);
        let check = "nothing was checked".to_owned();
        let hints = error.hints.iter().map(|hint| format!("hint: {}", completed(hint)));
        let problems = [completed(&error.message).into_owned()].into_iter().chain(hints).collect();
        Self { state: State::Failed, summary: "an error ended it".to_owned(), check, problems, cost }
    }

    /// The end of an apply that the user stopped.
    pub(super) fn interrupted(planned: &Costs) -> Self {
        let cost = by_the_plan(planned);
        let check = "nothing was checked".to_owned();
        Self { state: State::Unfinished, summary: "it was interrupted".to_owned(), check, problems: Vec::new(), cost }
    }
}

fn summary(total: &Outcome, time: Duration) -> String {
    format!("{} in {}", added(total.counts(), ["added", "changed", "destroyed"]), took(time))
}

/// What the lab is to cost, by a plan that may not have been carried out whole.
pub(super) fn by_the_plan(planned: &Costs) -> String {
    format!("{} by the plan", planned.after().words())
}

fn now(plan: &Plan) -> String {
    by_the_list(plan.costs.now(), "now", &plan.costs)
}

/// What failed, with hints, and what was not begun.
fn failures(total: &Outcome) -> Vec<String> {
    let failed = total.failed.iter().map(|failure| {
        let words = format!("{}: {}: {}", failure.address, doing(Some(failure.op)), failure.error);
        let hints = hints(&failure.error).into_iter().map(|hint| format!("hint: {hint}"));
        let all: Vec<String> = [words].into_iter().chain(hints).collect();
        completed(&all.join("\n")).into_owned()
    });
    failed.chain(total.skipped.iter().map(|(address, op)| format!("{address}: not {}", done(*op)))).collect()
}

fn words_of(address: &Address, stuck: &Stuck) -> String {
    let explained = stuck.explanation.iter().flat_map(|explanation| {
        let evidence = explanation.evidence.iter().cloned();
        [explanation.cause.to_owned()].into_iter().chain(evidence).chain([explanation.remedy.clone()])
    });
    let all: Vec<String> = [format!("{address}: {}", stuck.reason)].into_iter().chain(explained).collect();
    completed(&all.join("\n")).into_owned()
}

fn differences(plan: &Plan, before: &Plan) -> Vec<String> {
    let changes = plan.effective().map(|change| format!("{}: still differs", change.address));
    let known = rewritten(plan, before).into_iter().map(|one| format!("{}: {}: {}", one.address, one.path, one.words));
    changes.chain(known).collect()
}
