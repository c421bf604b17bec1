//! The whole of a destroy: carries out a plan, then looks for what is left, by name and by tag.

use std::collections::BTreeSet;
use std::time::Duration;

use super::execute::STEPS;
use super::left::{Left, State, judge, late, misled, mistagged, strange};
use super::{Emptying, Event, Executor, Outcome};
use crate::cloud::{Cause, CloudError, RESOURCE_TAG};
use crate::error::Error;
use crate::live::{self, Evidence, Snapshot, Unlisted};
use crate::model::{Address, Tags};
use crate::plan::{self, Op, Plan, Scope};
use crate::spec::{Lab, Node};

/// The time for which AWS may go on showing what it has deleted.
const FORGETS: Duration = Duration::from_secs(60);

/// The end of a destroy.
#[derive(Debug, Default)]
pub struct Destroyed {
    /// The outcome of the steps.
    pub outcome: Outcome,
    /// The objects that are left beside those that the plan keeps; not looked for if the user asked to stop.
    pub left: Vec<Left>,
    /// The number of entries of AWS's tag index that are of objects that are gone: it forgets them later.
    pub ghosts: usize,
    /// The kinds of which nothing was looked for, because AWS doesn't list them for the caller.
    pub unlisted: Vec<Unlisted>,
}

/// A destroy that doesn't know what is left.
#[derive(Debug)]
pub struct Unread {
    /// The outcome of the steps.
    pub outcome: Outcome,
    /// The error of the reading.
    pub error: Error,
}

impl Unread {
    /// A destroy that began nothing, because of `error`.
    pub fn before_any_step(error: Error) -> Box<Self> {
        let outcome = Outcome::default();
        Box::new(Self { outcome, error })
    }
}

impl Destroyed {
    /// Returns whether the object at `address` was deleted, and nothing is left there.
    pub fn is_gone(&self, address: &Address) -> bool {
        let is_deleted = self.outcome.done.iter().any(|(done, op)| done == address && *op == Op::Delete);
        is_deleted && self.left.iter().all(|left| left.address != *address)
    }

    /// Returns whether everything went.
    pub fn is_whole(&self) -> bool {
        self.outcome.failed.is_empty() && self.outcome.skipped.is_empty() && self.left.is_empty()
    }
}

/// What a scan found.
struct Scan {
    /// The objects that should have gone.
    left: Vec<(Left, State)>,
    /// Those of them that came after the plan and that it speaks of.
    late: Snapshot,
    /// The number of entries of the tag index that are of nothing.
    ghosts: usize,
    unlisted: Vec<Unlisted>,
}

impl Executor<'_> {
    /// Deletes what `plan` says of `live`, then scans the account twice: by the owner tag, and by the names of `lab`, if
    /// there is one. If AWS still shows what it has just deleted, it is given time to forget. A revision that came
    /// meanwhile goes, too: the plan speaks of its whole family.
    ///
    /// # Errors
    /// If what is left can't be read, with the outcome of the steps.
    pub async fn tear_down(
        &self,
        plan: &Plan,
        lab: Option<&Lab>,
        live: &Snapshot,
        scope: &Scope,
        emptying: Emptying,
    ) -> Result<Destroyed, Box<Unread>> {
        let mut outcome = self.carry_out(plan, lab, live, Some(emptying), STEPS).await;
        let end = self.cloud.now() + FORGETS;
        let mut pause = Duration::from_secs(2);
        self.observer.event(Event::Verifying);
        loop {
            let scan = self.scan(plan, lab, live, scope, &outcome);
            let Scan { left, late, ghosts, unlisted } = tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    return Ok(Destroyed { outcome, ..Destroyed::default() });
                }
                found = scan => match found {
                    Ok(found) => found,
                    Err(error) => {
                        let error = unproven(error);
                        return Err(Box::new(Unread { outcome, error }));
                    }
                },
            };
            let lingers = left.iter().any(|(_, state)| *state == State::Lingers);
            if !lingers || self.cloud.now() + pause > end {
                let left: Vec<Left> = left.into_iter().map(|(left, _)| left).collect();
                outcome.take_for_done(&left);
                return Ok(Destroyed { outcome, left, ghosts, unlisted });
            }
            let again = plan::plan_destroy(&plan.others.place, &late, scope);
            outcome.failed.extend(self.carry_out(&again, lab, &late, Some(emptying), STEPS).await.failed);
            tokio::select! {
                biased;
                // The next scan is not begun then.
                () = self.stop.cancelled() => {}
                () = self.cloud.sleep(pause) => {}
            }
            pause *= 2;
        }
    }

    /// Reads and judges everything that is there now.
    async fn scan(
        &self,
        plan: &Plan,
        lab: Option<&Lab>,
        before: &Snapshot,
        scope: &Scope,
        outcome: &Outcome,
    ) -> Result<Scan, Error> {
        let lab_name = &plan.others.place.lab;
        let look = self.cloud.look_again();
        let index = look.with_tag_index(lab_name);
        let indexed = async { Ok::<_, Error>(index.indexed().await?) };
        let (by_tag, indexed) = futures::try_join!(live::list(&look, lab_name, lab), indexed)?;
        // A listing may lag: it is enough only for what AWS has said to be gone, or the plan didn't find.
        let may_be_there = |node: &&Node| {
            let changes = plan.changes.iter().filter(|change| change.address == node.address);
            let mut names = changes.map(|change| &change.name).chain([&node.name]);
            let was_unseen = before.at(&node.address).any(|(_, object)| object.unseen.is_some());
            was_unseen
                || !outcome.has_done_all_of(&node.address)
                || names.any(|name| look.may_be_there(node.kind.kind(), name))
        };
        let nodes = lab.iter().flat_map(|lab| lab.nodes.values()).filter(|node| scope.contains(&node.address));
        let nodes: Vec<&Node> = nodes.filter(may_be_there).collect();
        let names = lab.map(Lab::names).unwrap_or_default();
        let direct = look.with_direct_tags();
        let by_name = live::named(&direct, lab_name, &nodes, &names, Evidence::Direct).await?;
        let listed = by_tag.objects.iter().filter(|object| misled(object, lab_name).is_none());
        let there: BTreeSet<String> = listed.flat_map(|one| one.kind.ids(&one.live)).collect();
        let is_there = |arn: &String| live::ids_in(arn).iter().any(|id| there.contains(*id));
        let left = judge(by_name.iter().chain(&by_tag.objects), plan, scope, outcome);
        let late = late(&by_tag.objects, plan, outcome);
        let mut scan = Scan { left, late, ghosts: 0, unlisted: by_tag.unlisted };
        for (arn, tags) in &indexed {
            match strange(arn, tags) {
                Some(left) if scope.contains(&left.address) => scan.left.push((left, State::Stays)),
                Some(_) => {}
                None if is_there(arn) || live::is_copy(arn) => {}
                None => match mistagged(arn, tags) {
                    Some((address, left)) if scope.contains(&address) => scan.left.push((left, State::Stays)),
                    Some(_) => {}
                    // Of what may not be listed, nobody can say that it's gone.
                    None => match scan
                        .unlisted
                        .iter()
                        .find(|one| address_in(tags).is_some_and(|of| one.kind.kind() == of.kind))
                    {
                        Some(Unlisted { error, .. }) => return Err(error.clone().into()),
                        None => scan.ghosts += 1,
                    },
                },
            }
        }
        Ok(scan)
    }
}

impl Outcome {
    /// Returns whether no step of the resource at `address` failed or was skipped.
    fn has_done_all_of(&self, address: &Address) -> bool {
        let failed = self.failed.iter().map(|failure| &failure.address);
        failed.chain(self.skipped.iter().map(|(skipped, _)| skipped)).all(|one| one != address)
    }

    /// Takes each delete for done whose object neither scan found: its answer was lost, or somebody else was faster.
    fn take_for_done(&mut self, left: &[Left]) {
        let is_left = |address: &Address| left.iter().any(|left| left.address == *address);
        // What labform itself refused, nobody has tried to delete.
        let is_refusal = |error: &CloudError| error.is_own(Cause::NotOurs) || error.is_own(Cause::Interrupted);
        let failed = std::mem::take(&mut self.failed).into_iter();
        let (failed, gone): (Vec<_>, Vec<_>) = failed.partition(|one| is_refusal(&one.error) || is_left(&one.address));
        let skipped = std::mem::take(&mut self.skipped).into_iter();
        let (skipped, unneeded): (Vec<_>, Vec<_>) = skipped.partition(|(one, _)| is_left(one));
        self.failed = failed;
        self.skipped = skipped;
        self.done.extend(gone.into_iter().map(|one| (one.address, one.op)));
        self.done.extend(unneeded);
    }
}

fn address_in(tags: &Tags) -> Option<Address> {
    tags.get(RESOURCE_TAG)?.parse().ok()
}

fn unproven(error: Error) -> Error {
    error.hint("what is left could not be read: run the command again to be sure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Failure, Remedy};

    #[test]
    fn a_delete_that_failed_is_done_where_nothing_is_left_of_it() {
        let address = |name: &str| Address::new("logGroup", name);
        let failed = |name: &str| Failure {
            address: address(name),
            op: Op::Delete,
            error: CloudError::answered("DeleteLogGroup", "", "the answer breaks off"),
        };
        let mut outcome = Outcome {
            failed: vec![failed("gone"), failed("there")],
            skipped: vec![(address("skipped"), Op::Delete)],
            ..Outcome::default()
        };
        outcome.failed.push(Failure { error: CloudError::own(Cause::NotOurs, "left alone"), ..failed("foreign") });
        let left = Left {
            address: address("there"),
            name: String::new(),
            ids: Vec::new(),
            why: String::new(),
            remedy: Remedy::Again,
        };
        outcome.take_for_done(&[left]);
        assert_eq!(outcome.counts(), (0, 0, 2));
        assert_eq!(outcome.failed.len(), 2);
        assert!(outcome.skipped.is_empty());
    }
}
