//! The whole of an apply: carries out a plan, waits until everything works, and proves that nothing is left to do.

use std::collections::BTreeSet;

use super::{Event, Executor, Outcome, Settled, settle};
use crate::error::{Error, ErrorKind};
use crate::live::{Evidence, Reading};
use crate::model::Address;
use crate::plan::{self, Action, Plan, Scope};
use crate::resource::Readiness;

/// The number of times that what was just made is set right once more before labform gives up.
const CORRECTIONS: usize = 1;

/// The end of an apply's wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The apply waits until everything is ready.
    UntilReady,
    /// The apply waits only until everything is made.
    UntilMade,
}

/// The end of an apply.
#[derive(Debug)]
pub enum Applied {
    /// The live objects match the spec. The plan is the empty one that proves it.
    Proven(Outcome, Plan),
    /// A step failed, or the user asked to stop.
    Incomplete(Outcome),
    /// Everything was made, but not everything works.
    Unready(Settled),
    /// Everything was made, and still something differs: the plan for that, and the one that was carried out last.
    Unproven(Plan, Box<Plan>),
}

impl Executor<'_> {
    /// Carries out `plan`, which was made of `reading`, and proves the result by reading everything once more.
    ///
    /// # Errors
    /// If the live objects can't be read: every step may have been carried out by then.
    pub async fn converge(
        &self,
        scope: &Scope,
        reading: &mut Reading,
        mut plan: Plan,
        wait: Wait,
    ) -> Result<Applied, Error> {
        let mut total = Outcome::default();
        let mut rounds = 0;
        loop {
            let outcome = self.run(&plan, &reading.lab, &reading.live).await;
            let waited = unready(reading, scope, &outcome);
            add(&mut total, outcome);
            if self.stop.is_cancelled() || !total.failed.is_empty() || !total.skipped.is_empty() {
                return Ok(Applied::Incomplete(total));
            }
            if wait == Wait::UntilReady && !waited.is_empty() {
                let observer = self.observer.as_ref();
                let settle = settle(self.cloud, &reading.lab, &waited, observer, self.stop);
                let settled = settle.await.map_err(unproven)?;
                if !settled.failed.is_empty() || !settled.left.is_empty() {
                    return Ok(Applied::Unready(settled));
                }
            }
            // What was read before holds as proof if nothing was changed since.
            if plan.is_empty() {
                self.keep_expiry(reading, scope).await?;
                return Ok(Applied::Proven(total, plan));
            }
            self.observer.event(Event::Verifying);
            tokio::select! {
                read = reading.again(self.cloud, Evidence::Index) => read.map_err(unproven)?,
                () = self.stop.cancelled() => return Ok(Applied::Incomplete(total)),
            }
            // What a guard refuses now is refused after something was changed.
            let planned = plan::plan(&reading.lab, &reading.live, scope);
            let planned = planned.map_err(|error| unproven(Error { kind: ErrorKind::Failed, ..error }))?;
            let before = std::mem::replace(&mut plan, planned);
            if plan.is_empty() {
                self.keep_expiry(reading, scope).await?;
                return Ok(Applied::Proven(total, plan));
            }
            rounds += 1;
            if rounds > CORRECTIONS || !corrects(&plan, &total) {
                return Ok(Applied::Unproven(plan, Box::new(before)));
            }
        }
    }
}

/// The same error for a reading that was to prove what was done.
fn unproven(error: Error) -> Error {
    error.hint("every step was carried out, only the proof is missing: run the command again")
}

/// The resources that don't do their work yet, be they just made or changed or there before.
fn unready(reading: &Reading, scope: &Scope, outcome: &Outcome) -> Vec<Address> {
    let works = |readiness: Readiness| matches!(readiness, Readiness::Ready(_));
    let made = outcome.live.iter().filter(|(address, live)| {
        let node = reading.lab.nodes.get(*address);
        node.is_some_and(|node| !works(node.kind.readiness(live, None)))
    });
    let before = reading.live.objects.iter().filter(|object| {
        let address = &object.address;
        !outcome.live.contains_key(address) && scope.contains(address) && !object.leaving && !works(object.readiness())
    });
    let all: BTreeSet<&Address> =
        made.map(|(address, _)| address).chain(before.map(|object| &object.address)).collect();
    all.into_iter().filter(|address| reading.lab.nodes.contains_key(*address)).cloned().collect()
}

/// Returns whether a second round may help: an update sets right what AWS fills in otherwise than documented.
fn corrects(plan: &Plan, total: &Outcome) -> bool {
    let made: BTreeSet<&Address> = total.done.iter().map(|(address, _)| address).collect();
    plan.effective().all(|change| change.action == Action::Update && made.contains(&change.address))
}

fn add(total: &mut Outcome, outcome: Outcome) {
    total.done.extend(outcome.done);
    total.failed.extend(outcome.failed);
    total.skipped.extend(outcome.skipped);
    total.live.extend(outcome.live);
}
