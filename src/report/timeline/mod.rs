//! What an apply did, when, and what waited for what: a page that holds all that it shows, and that is true at each moment,
//! so that one which is killed leaves word of how far it came.

mod bar;
mod chart;
mod end;
mod page;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use bar::{Bar, Ended, Wait, What};
use end::End;
use petgraph::algo::toposort;
use petgraph::graph::NodeIndex;

use super::class::State;
use super::commands::completed;
use super::markup;
use super::picture::essential;
use super::style::took;
use crate::apply::{self, Applied, Event};
use crate::error::Error;
use crate::live::Reading;
use crate::model::Address;
use crate::plan::{Costs, Op, Plan, Steps};

/// What an apply did so far.
#[derive(Clone, Debug)]
pub struct Timeline {
    lab: String,
    region: String,
    /// The account, once it is known.
    account: String,
    /// The words on whose clock it is, if it isn't everybody's.
    clock: String,
    /// The time when the first step began, or as long as none has, when the plan was made; and that of what happened last.
    span: Option<(SystemTime, SystemTime)>,
    bars: Vec<Bar>,
    /// What the lab costs by the plan.
    costs: Costs,
    /// The jobs and the checkpoints, which no apply runs.
    jobs: Vec<String>,
    checkpoints: Vec<String>,
    end: Option<End>,
}

impl Timeline {
    /// The timeline of an apply of which nothing is known yet.
    pub fn new(lab: &str, region: &str) -> Self {
        let (account, clock, span) = (String::new(), String::new(), None);
        let (bars, costs, jobs, checkpoints) = Default::default();
        Self {
            lab: lab.to_owned(),
            region: region.to_owned(),
            account,
            clock,
            span,
            bars,
            costs,
            jobs,
            checkpoints,
            end: None,
        }
    }

    /// Learns at what time what was planned in `account`. `clock` says whose time that is.
    pub fn planned(&mut self, plan: &Plan, reading: &Reading, clock: &str, now: SystemTime) {
        (self.account, self.clock) = (reading.account.id.clone(), clock.to_owned());
        self.span = Some((now, now));
        self.costs = plan.costs.clone();
        self.jobs = reading.lab.jobs.keys().cloned().collect();
        self.checkpoints.clone_from(&reading.lab.checkpoint_order);
        let steps = Steps::new(plan, Some(&reading.lab), &reading.live);
        let order = toposort(&steps.graph, None).expect("steps have no cycles");
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, step)| place[step.index()] = at);
        let needs = steps.graph.raw_edges().iter();
        let needs: Vec<(usize, usize)> =
            needs.map(|edge| (place[edge.target().index()], place[edge.source().index()])).collect();
        let bar = |step: NodeIndex| {
            let step = &steps.graph[step];
            let change = &plan.changes[step.change];
            Bar::new(What::Work(change.address.clone(), Some(step.op)), &change.name)
        };
        self.bars = order.into_iter().map(bar).collect();
        for (later, before) in essential(self.bars.len(), &needs) {
            self.bars[later].after.push(before);
        }
    }

    /// Learns what happened, and when by the account's clock.
    pub fn event(&mut self, event: &Event, now: SystemTime) {
        if self.bars.iter().all(|bar| bar.begun.is_none()) {
            // Until then the user was asked.
            self.span = Some((now, now));
        }
        self.passes(now);
        match event {
            Event::Started { address, op, name } => {
                self.end_reading(now);
                let bar = self.bar(address, Some(*op));
                (bar.begun, bar.name) = (Some(now), name.clone());
            }
            Event::Waiting { address, op, reason } => {
                let bar = self.bar(address, *op);
                bar.begun.get_or_insert(now);
                if bar.waits.last().is_none_or(|wait| wait.reason != *reason) {
                    bar.close(now);
                    bar.waits.push(Wait { since: now, until: None, reason: reason.clone() });
                }
            }
            Event::Done { address, op, id, .. } => {
                let bar = self.bar(address, Some(*op));
                bar.end(now, Ended::Done);
                bar.id.clone_from(id);
            }
            Event::Failed { address, op, error } => {
                let error = completed(error).into_owned();
                self.bar(address, Some(*op)).end(now, Ended::Failed(error));
            }
            Event::Skipped { address, op } => self.bar(address, Some(*op)).end(now, Ended::Skipped),
            Event::Explained { address, explanation } => {
                let remedy = completed(&explanation.remedy).into_owned();
                let evidence = explanation.evidence.iter().cloned();
                let words = [explanation.cause.to_owned()].into_iter().chain(evidence).chain([remedy]);
                self.bar(address, None).notes.push(words.collect::<Vec<_>>().join("; "));
            }
            // What was ready from the beginning has no bar, and needs none.
            Event::Ready { address, .. } => {
                let what = What::Work(address.clone(), None);
                if let Some(bar) = self.bars.iter_mut().find(|bar| bar.what == what && bar.is_running()) {
                    bar.end(now, Ended::Done);
                }
            }
            Event::Verifying => {
                let reading = Bar { begun: Some(now), ..Bar::new(What::Reading, "") };
                self.bars.push(reading);
            }
            // Only a destroy stops tasks.
            Event::TaskStopping { .. } | Event::TaskStopped { .. } => {}
        }
    }

    /// Learns how it ended by itself, and when.
    pub fn applied(&mut self, end: &Applied, wait: apply::Wait, now: SystemTime) {
        let time = self.span.and_then(|(begun, _)| now.duration_since(begun).ok()).unwrap_or_default();
        self.ends(End::of(end, wait, &self.costs, time), Some(now));
    }

    /// Learns of the error that ended it, and when if an account was reached; an end that is known already stays.
    pub fn failed(&mut self, error: &Error, now: Option<SystemTime>) {
        if self.end.is_none() {
            self.ends(End::with(error, &self.costs), now);
        }
    }

    /// Learns that the user stopped it, as [`failed`](Self::failed) does.
    pub fn interrupted(&mut self, now: Option<SystemTime>) {
        if self.end.is_none() {
            self.ends(End::interrupted(&self.costs), now);
        }
    }

    fn ends(&mut self, end: End, now: Option<SystemTime>) {
        if let Some(now) = now.filter(|_| self.span.is_some()) {
            self.passes(now);
            self.end_reading(now);
        }
        self.end = Some(end);
    }

    /// The page as it is to be written now.
    pub fn page(&self) -> String {
        page::page(self)
    }

    /// Returns whether `text` is a page that labform wrote before.
    pub fn wrote(text: &str) -> bool {
        markup::is_ours(text)
    }

    fn passes(&mut self, now: SystemTime) {
        let (begun, last) = self.span.get_or_insert((now, now));
        (*begun, *last) = ((*begun).min(now), (*last).max(now));
    }

    fn end_reading(&mut self, now: SystemTime) {
        let readings = self.bars.iter_mut().filter(|bar| bar.what == What::Reading && bar.is_running());
        readings.for_each(|bar| bar.end(now, Ended::Done));
    }

    /// The bar of a piece of work that isn't done, a new one if it wasn't planned.
    fn bar(&mut self, address: &Address, op: Option<Op>) -> &mut Bar {
        let what = What::Work(address.clone(), op);
        let at = self.bars.iter().position(|bar| bar.what == what && bar.ended.is_none()).unwrap_or_else(|| {
            let is_made = |bar: &Bar| matches!(&bar.what, What::Work(known, Some(_)) if known == address);
            let after = self.bars.iter().rposition(is_made).filter(|_| op.is_none());
            self.bars.push(Bar { after: after.into_iter().collect(), ..Bar::new(what, "") });
            self.bars.len() - 1
        });
        &mut self.bars[at]
    }

    /// How it stands.
    fn state(&self) -> State {
        self.end.as_ref().map_or(State::Unfinished, |end| end.state)
    }

    /// The bars by the time when they began; those that did not come last.
    fn rows(&self) -> Vec<&Bar> {
        let mut rows: Vec<&Bar> = self.bars.iter().collect();
        rows.sort_by_key(|bar| (bar.begun.is_none(), bar.begun));
        rows
    }

    /// The bar that ended last of those that had to be done before.
    fn last_before(&self, bar: &Bar) -> Option<&Bar> {
        let before = bar.after.iter().map(|at| &self.bars[*at]);
        before.filter(|before| before.ended.is_some()).max_by_key(|before| before.ended.as_ref().map(|(at, _)| *at))
    }

    /// The failed bar because of which one was not begun, if that is why.
    fn culprit(&self, bar: &Bar) -> Option<&Bar> {
        let mut left = bar.after.clone();
        let mut seen = vec![false; self.bars.len()];
        while let Some(at) = left.pop() {
            let before = &self.bars[at];
            if matches!(before.ended, Some((_, Ended::Failed(_)))) {
                return Some(before);
            }
            if !std::mem::replace(&mut seen[at], true) {
                left.extend(&before.after);
            }
        }
        None
    }

    /// How a bar ended, in a few words.
    fn outcome(&self, bar: &Bar) -> String {
        let [doing, done, not] = bar.what.words();
        let since = |at: SystemTime| bar.begun.and_then(|begun| at.duration_since(begun).ok()).unwrap_or_default();
        match &bar.ended {
            Some((at, Ended::Done)) => format!("{done} in {}", took(since(*at))),
            Some((at, Ended::Failed(_))) => format!("\u{2717} {doing} failed after {}", took(since(*at))),
            Some((_, Ended::Skipped)) => match self.culprit(bar) {
                Some(culprit) => format!("{not}: {} failed", culprit.what.title()),
                None => format!("{not}: not begun"),
            },
            None if bar.begun.is_none() => format!("{not}: not begun"),
            None if self.end.is_some() => format!("{not} at the end"),
            None => format!("{doing} when this was written"),
        }
    }
}
