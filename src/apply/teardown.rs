//! The whole of a destroy: carries out a plan, then looks for what is left, by name and by tag.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Emptying, Event, Executor, Outcome};
use crate::cloud::{Cause, CloudError, Owner, RESOURCE_TAG};
use crate::error::{Error, may_pass};
use crate::live::{self, Evidence, Object, Snapshot};
use crate::model::{Address, Tags};
use crate::plan::{Op, Plan, Scope};
use crate::resource::Replacing;
use crate::resources::{KINDS, kind};
use crate::spec::{JOB, Lab, Node};

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
}

/// An object that a destroy left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The object's resource, if its owner tag or the spec names one.
    pub address: Address,
    /// The object's physical name.
    pub name: String,
    /// The object's ids and ARNs.
    pub ids: Vec<String>,
    /// The reason why the object is left.
    pub why: String,
    /// The way to be rid of it.
    pub remedy: Remedy,
}

/// The way to be rid of an object that a destroy left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The same command, run again, may delete it.
    Again,
    /// Somebody has to mend what stands in its way.
    Mend,
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

impl Executor<'_> {
    /// Deletes what `plan` says of `live`, then scans the account twice: by the names of `lab`, if there is one, and by
    /// the owner tag. If AWS still shows what it has just deleted, it is given time to forget.
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
        let mut outcome = self.carry_out(plan, lab, live, Some(emptying)).await;
        let end = self.cloud.now() + FORGETS;
        let mut pause = Duration::from_secs(2);
        self.observer.event(Event::Verifying);
        loop {
            let scan = self.scan(plan, lab, scope, &outcome);
            let (left, ghosts) = tokio::select! {
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
                return Ok(Destroyed { outcome, left, ghosts });
            }
            tokio::select! {
                biased;
                // The next scan is not begun then.
                () = self.stop.cancelled() => {}
                () = self.cloud.sleep(pause) => {}
            }
            pause *= 2;
        }
    }

    /// Reads and judges everything that is there now. Also counts the entries of the tag index that are of nothing.
    async fn scan(
        &self,
        plan: &Plan,
        lab: Option<&Lab>,
        scope: &Scope,
        outcome: &Outcome,
    ) -> Result<(Vec<(Left, State)>, usize), Error> {
        let lab_name = &plan.others.place.lab;
        let direct = self.cloud.with_direct_tags();
        let names = lab.map(Lab::names).unwrap_or_default();
        let nodes: Vec<&Node> = lab.iter().flat_map(|lab| lab.nodes.values()).collect();
        let by_name = live::named(&direct, lab_name, &nodes, &names, Evidence::Direct);
        let by_tag = live::list(self.cloud, lab_name);
        let index = self.cloud.with_tag_index(lab_name);
        let indexed = async { Ok::<_, Error>(index.indexed().await?) };
        let (by_name, by_tag, indexed) = futures::try_join!(by_name, by_tag, indexed)?;
        let listed = by_tag.objects.iter();
        let there: BTreeSet<String> = listed.flat_map(|one| one.kind.ids(&one.live)).collect();
        let is_there = |arn: &String| live::ids_in(arn).iter().any(|id| there.contains(*id));
        let mut found = judge(by_name.iter().chain(&by_tag.objects), plan, scope, outcome);
        let mut ghosts = 0;
        for (arn, tags) in &indexed {
            match strange(arn, tags) {
                Some(left) if scope.contains(&left.address) => found.push((left, State::Stays)),
                Some(_) => {}
                None if is_there(arn) || live::is_copy(arn) => {}
                None => match mistagged(arn, tags) {
                    Some((address, left)) if scope.contains(&address) => found.push((left, State::Stays)),
                    Some(_) => {}
                    None => ghosts += 1,
                },
            }
        }
        Ok((found, ghosts))
    }
}

impl Outcome {
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

/// Returns those of `objects` that should have gone with `plan`, each with the reason why it is left.
fn judge<'a>(
    objects: impl Iterator<Item = &'a Object>,
    plan: &Plan,
    scope: &Scope,
    outcome: &Outcome,
) -> Vec<(Left, State)> {
    let lab = &plan.others.place.lab;
    let is_ours = |object: &Object| matches!(object.owner(lab), Owner::Lab(_));
    let is_kept = |object: &Object| {
        let ids = object.kind.ids(&object.live);
        plan.kept.iter().any(|kept| kept.ids.first() == ids.first())
    };
    let steps: BTreeSet<&Address> = deleted(outcome).collect();
    let deleted = plan.changes.iter().filter(|change| steps.contains(&change.address));
    let deleted: BTreeSet<_> = deleted.map(|one| (&one.address, one.name.as_str())).collect();
    let is_deleted = |object: &Object| deleted.contains(&(&object.address, object.name.as_str()));
    // A family lives on in the revisions of others, which the plan named.
    let is_revised =
        |object: &Object| object.kind.managed().is_some_and(|one| one.habits().replacing == Replacing::Revision);
    let failures = failures(outcome);
    let mut seen = BTreeSet::new();
    let left_over = objects.filter(|object| {
        object.stands_alone()
            && scope.contains(&object.address)
            && !is_kept(object)
            && (is_ours(object) || (is_deleted(object) && !is_revised(object)))
            && seen.insert((object.kind.kind(), object.kind.ids(&object.live)))
    });
    let judged = left_over.map(|object| {
        let (why, remedy, state) = match failures.get(&object.address) {
            Some((why, remedy)) => (why.as_str(), *remedy, State::Stays),
            None if !is_ours(object) => {
                let why = "it came back without the lab's owner tag: something still writes to it";
                (why, Remedy::Mend, State::Stays)
            }
            None if is_deleted(object) => {
                ("AWS has taken its delete and still shows it", Remedy::Again, State::Lingers)
            }
            None if object.leaving => ("AWS is still deleting it", Remedy::Again, State::Stays),
            None => ("the plan didn't know it", Remedy::Again, State::Stays),
        };
        (left(object, why.to_owned(), remedy), state)
    });
    judged.collect()
}

/// Returns the thing under `arn` if it carries the lab's owner tag and the address of no kind that labform makes. ECS
/// copies tags onto tasks and their network interfaces under the address of their service; a task of a job has stopped
/// by now, or holds its cluster.
fn strange(arn: &str, tags: &Tags) -> Option<Left> {
    let text = tags.get(RESOURCE_TAG).map_or("", String::as_str);
    let address: Address = text.parse().ok()?;
    let is_known = kind(&address.kind).is_some() || address.kind == JOB;
    (!is_known).then(|| Left {
        address,
        name: arn.to_owned(),
        ids: vec![arn.to_owned()],
        why: "AWS's tag index lists it under the lab's tag, and labform makes nothing of its kind".to_owned(),
        remedy: Remedy::Mend,
    })
}

/// Returns the address in the tags of the thing under `arn`, and the thing, if it isn't of the kind in that address.
fn mistagged(arn: &str, tags: &Tags) -> Option<(Address, Left)> {
    let address: Address = tags.get(RESOURCE_TAG)?.parse().ok()?;
    let word = live::kind_in(arn).filter(|_| !live::is_of_kind(arn, &address.kind))?;
    let word = KINDS.iter().map(|kind| kind.kind()).find(|kind| live::is_of_kind(arn, kind)).unwrap_or(word);
    let why = format!("its labform:resource tag says `{address}`, and it is a {word}: it isn't the lab's");
    let [_, id, _] = live::ids_in(arn);
    let (named, ids) = (Address::new(word, id), vec![arn.to_owned()]);
    Some((address, Left { address: named, name: arn.to_owned(), ids, why, remedy: Remedy::Mend }))
}

/// The prospect of an object that is left: whether it may go by itself in a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Stays,
    Lingers,
}

fn left(object: &Object, why: String, remedy: Remedy) -> Left {
    let (address, name) = (object.address.clone(), object.name.clone());
    Left { address, name, ids: object.kind.ids(&object.live), why, remedy }
}

fn deleted(outcome: &Outcome) -> impl Iterator<Item = &Address> {
    outcome.done.iter().filter(|(_, op)| *op == Op::Delete).map(|(address, _)| address)
}

fn failures(outcome: &Outcome) -> BTreeMap<Address, (String, Remedy)> {
    let skipped = outcome.skipped.iter().map(|(address, _)| {
        let why = "its delete was not begun, because one before it failed";
        (address.clone(), (why.to_owned(), Remedy::Again))
    });
    let failed = outcome.failed.iter().map(|failure| {
        let remedy = if may_pass(&failure.error) { Remedy::Again } else { Remedy::Mend };
        (failure.address.clone(), (failure.error.to_string(), remedy))
    });
    skipped.chain(failed).collect()
}

fn unproven(error: Error) -> Error {
    error.hint("what is left could not be read: run the command again to be sure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Failure;

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
