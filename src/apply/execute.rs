//! Carries out the steps of a plan.

use std::sync::Mutex;

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::gate;
use super::walk::{State, walk};
use super::{Emptying, Event, Failure, Observer, Outcome};
use crate::cloud::{Cause, Cloud, CloudError, Owner, owner_tags, passes};
use crate::live::{Object, Snapshot};
use crate::model::{Address, Tags};
use crate::plan::{Change, Op, Plan, Step, Steps, entry};
use crate::resource::{
    AnyLive, AnyManaged, AnySpec, AnyWanted, Beside, Content, Detail, Fate, Names, Observed, Others, Replacing, Target,
    Waiting, When, retry,
};
use crate::spec::{Lab, Node};

/// Steps under way at once; the seam limits the calls of each service below that.
pub(super) const STEPS: usize = 24;

/// Carries out plans on one account.
pub struct Executor<'a> {
    /// The account.
    pub cloud: &'a Cloud,
    /// The receiver of the events.
    pub observer: &'a std::sync::Arc<dyn Observer>,
    /// The token that is cancelled when no step may be begun any more.
    pub stop: &'a CancellationToken,
}

/// A resource whose create AWS refused because it is there.
struct Made<'a> {
    node: &'a Node,
    managed: &'a dyn AnyManaged,
    spec: &'a AnySpec,
    others: &'a Others,
    target: &'a Target,
}

struct Work<'a> {
    plan: &'a Plan,
    lab: Option<&'a Lab>,
    lab_name: &'a str,
    names: Names,
    live: &'a Snapshot,
    /// The objects that may be emptied; none for an apply, whatever the spec lets a destroy do.
    emptying: Option<Emptying>,
    others: Mutex<Others>,
    outcome: Mutex<Outcome>,
}

impl Executor<'_> {
    /// Carries out `plan`, whose changes point into `live`, and deletes nothing that an object holds.
    pub async fn run(&self, plan: &Plan, lab: &Lab, live: &Snapshot) -> Outcome {
        self.carry_out(plan, Some(lab), live, None, STEPS).await
    }

    /// Carries out `plan` as [`Self::run`] does, one step after the other.
    pub async fn one_by_one(&self, plan: &Plan, lab: &Lab, live: &Snapshot) -> Outcome {
        self.carry_out(plan, Some(lab), live, None, 1).await
    }

    /// Carries out `plan`, whose changes point into `live`, so many steps `at_once`. A destroy needs no `lab`.
    pub(super) async fn carry_out(
        &self,
        plan: &Plan,
        lab: Option<&Lab>,
        live: &Snapshot,
        emptying: Option<Emptying>,
        at_once: usize,
    ) -> Outcome {
        let steps = Steps::new(plan, lab, live);
        let work = Work {
            plan,
            lab,
            lab_name: &plan.others.place.lab,
            names: lab.map(Lab::names).unwrap_or_default(),
            live,
            emptying,
            others: Mutex::new(plan.others.clone()),
            outcome: Mutex::default(),
        };
        let states =
            walk(&steps.graph, at_once, &steps.weights, self.stop, |step| self.step(&work, &steps.graph[step])).await;
        let mut outcome = work.outcome.into_inner().expect("no step panicked");
        outcome.failed.sort_by(|one, other| one.address.cmp(&other.address));
        for (step, state) in steps.graph.node_weights().zip(states) {
            if state == State::Skipped {
                let address = plan.changes[step.change].address.clone();
                self.observer.event(Event::Skipped { address: address.clone(), op: step.op });
                outcome.skipped.push((address, step.op));
            }
        }
        outcome
    }

    /// Carries out a step, and tells of its begin and its end. Returns whether it succeeded.
    async fn step(&self, work: &Work<'_>, step: &Step) -> bool {
        let change = &work.plan.changes[step.change];
        let (address, op) = (change.address.clone(), step.op);
        self.observer.event(Event::Started { address: address.clone(), op, name: change.name.clone() });
        let begun = self.cloud.now();
        let result = match op {
            Op::Create => self.create(work, change).await.map(Some),
            Op::Update => self.update(work, change).await.map(Some),
            Op::Complete => self.complete(work, change).await.map(Some),
            Op::Delete => self.delete(work, change).await.map(|()| None),
        };
        let took = self.cloud.since(begun);
        let done = result.map(|made| made.and_then(|(node, live)| self.made(work, change, node, live)));
        let event = match &done {
            Ok(id) => Event::Done { address: address.clone(), op, took, id: id.clone() },
            Err(error) => Event::Failed { address: address.clone(), op, error: error.to_string() },
        };
        self.observer.event(event);
        work.ended(address, op, done)
    }

    /// Takes note of what a step made or changed, for those that refer to it. Returns the object's first id.
    fn made(&self, work: &Work<'_>, change: &Change, node: &Node, live: AnyLive) -> Option<String> {
        let ids = node.kind.ids(&live);
        ids.iter().for_each(|id| self.cloud.changed(id));
        let place = &work.plan.others.place;
        let entry = entry(node.kind, place, &change.name, Some(&live));
        let address = &change.address;
        let mut others = work.others.lock().expect("no step panicked");
        others.insert(address.clone(), entry);
        let mut outcome = work.outcome.lock().expect("no step panicked");
        outcome.live.insert(address.clone(), live);
        ids.into_iter().next()
    }

    async fn create<'w>(&self, work: &Work<'w>, change: &Change) -> Result<(&'w Node, AnyLive), CloudError> {
        let (node, managed, others, target) = self.parts(work, change, Op::Create)?;
        let spec = node.resolve(&others).map_err(|error| unresolved(&error))?;
        let attempt = || managed.create(&spec, self.cloud, &target, &others);
        match retry(self.cloud, &target.waiting, attempt).await {
            Err(error) if error.already_exists() => {
                let made = Made { node, managed, spec: &spec, others: &others, target: &target };
                let live = self.find_made(work, &made).await?;
                Ok((node, live.ok_or(error)?))
            }
            result => Ok((node, result?)),
        }
    }

    /// Returns the object that was made by a call whose answer was lost, brought to the spec, because only the first of
    /// several calls may have reached AWS; none if it isn't this resource's.
    async fn find_made(&self, work: &Work<'_>, made: &Made<'_>) -> Result<Option<AnyLive>, CloudError> {
        let Made { node, managed, spec, others, target } = made;
        let wanted = AnyWanted {
            address: target.address.clone(),
            name: target.name.clone(),
            spec: (*spec).clone(),
            source: others.source.clone(),
            lab: work.lab_name.to_owned(),
            detail: Detail::Fields,
        };
        let anew = self.cloud.anew();
        let found = node.kind.read_tagged(&anew, &[wanted], &work.names).await?;
        let ours = found.into_iter().find_map(|found| match found.observed {
            Observed::Present { live, tags } => {
                Owner::of(&tags, &target.address.kind, work.lab_name).is(&target.address).then_some(live)
            }
            Observed::Leaving { .. } | Observed::Recoverable { .. } | Observed::Unseen { .. } | Observed::Tombstone => {
                None
            }
        });
        let Some(live) = ours else { return Ok(None) };
        let edit = node.kind.edit(spec, &live, others, &[]);
        if edit.diff.is_empty() || edit.diff.replaces() {
            return Ok((!edit.diff.replaces()).then_some(live));
        }
        let attempt = || managed.update(spec, self.cloud, target, &live, others, &edit);
        retry(self.cloud, &target.waiting, attempt).await.map(Some)
    }

    async fn update<'w>(&self, work: &Work<'w>, change: &Change) -> Result<(&'w Node, AnyLive), CloudError> {
        let (node, managed, others, target) = self.parts(work, change, Op::Update)?;
        let object = work.object(change);
        let passed = gate::pass(self.cloud, work.lab_name, &work.names, Some(node), object).await?;
        if passed.is_none() {
            let message = format!("`{}` isn't there any more: run the command again", object.name);
            return Err(CloudError::own(Cause::Gone, message));
        }
        let spec = node.resolve(&others).map_err(|error| unresolved(&error))?;
        // What only the apply could tell is known now, so that the difference is worked out again for the calls.
        let edit = node.kind.edit(&spec, &object.live, &others, &node.ignored);
        let attempt = || managed.update(&spec, self.cloud, &target, &object.live, &others, &edit);
        let live = if edit.diff.is_empty() {
            object.live.clone()
        } else {
            retry(self.cloud, &target.waiting, attempt).await?
        };
        let is_new = managed.habits().replacing == Replacing::Revision && !edit.diff.is_empty();
        let changed = changed_tags(&target.tags, &object.tags);
        if managed.habits().stands_alone() && !is_new && !changed.is_empty() {
            let arn = managed.arn(&others.place, &change.name, &live);
            let write = || self.cloud.write_tags(managed.service(), &arn, &changed);
            retry(self.cloud, &target.waiting, write).await?;
        }
        Ok((node, live))
    }

    /// Completes an object that an earlier step made.
    async fn complete<'w>(&self, work: &Work<'w>, change: &Change) -> Result<(&'w Node, AnyLive), CloudError> {
        let (node, managed, others, target) = self.parts(work, change, Op::Complete)?;
        let spec = node.resolve(&others).map_err(|error| unresolved(&error))?;
        let live = work.outcome.lock().expect("no step panicked").live[&change.address].clone();
        let edit = node.kind.edit(&spec, &live, &others, &[]);
        if edit.diff.is_empty() {
            return Ok((node, live));
        }
        let attempt = || managed.update(&spec, self.cloud, &target, &live, &others, &edit);
        Ok((node, retry(self.cloud, &target.waiting, attempt).await?))
    }

    async fn delete(&self, work: &Work<'_>, change: &Change) -> Result<(), CloudError> {
        let object = work.object(change);
        let node = work.lab.and_then(|lab| lab.nodes.get(&change.address));
        // An object that isn't under the name of its resource isn't what the spec speaks of.
        let said = node.filter(|_| !object.stray).map_or(Content::Keep, Node::on_destroy);
        let content = match (work.emptying, said) {
            (None, _) => Content::Keep,
            (Some(Emptying::All), Content::Keep) => Content::Empty,
            (Some(_), said) => said,
        };
        let waiting = self.waiting(&change.address, Op::Delete);
        let anew = self.cloud.anew();
        let holders = OnceCell::new();
        // While AWS refuses, somebody else may take the name: each attempt passes the gate.
        let attempt = || async {
            let pass = gate::pass(self.cloud, work.lab_name, &work.names, node, object);
            let Some(managed) = pass.await? else { return Ok(()) };
            match managed.delete(self.cloud, &object.live, content, &waiting).await {
                Err(error) if passes(&error).is_some() => {
                    let spec = node.filter(|_| !object.stray).map(|node| &node.spec);
                    let ask = || managed.beside(&anew, work.lab_name, spec, &object.live, When::Refused);
                    // It may take many calls: one answer is enough for a wait.
                    let told = holders.get_or_try_init(|| async { ask().await.map(holding) }).await;
                    // If it can't be read, AWS's refusal is the error that helps.
                    Err(match told {
                        Ok(holders) if !holders.is_empty() => error.held_by_others(holders),
                        Ok(_) | Err(_) => error,
                    })
                }
                end => end,
            }
        };
        retry(self.cloud, &waiting, attempt).await
    }

    fn parts<'w>(
        &self,
        work: &Work<'w>,
        change: &Change,
        op: Op,
    ) -> Result<(&'w Node, &'w dyn AnyManaged, Others, Target), CloudError> {
        let lab = work.lab.expect("only a plan with a spec makes or changes anything");
        let node = &lab.nodes[&change.address];
        let managed = node.kind.managed().expect("only a managed kind is planned to be made or changed");
        let source = work.live.sources.get(&node.address);
        let before = lab.known_to(node);
        let others = work.others.lock().expect("no step panicked").of(&before, source);
        let own = match op {
            Op::Update => node.tags_over(&work.object(change).tags),
            Op::Create | Op::Complete | Op::Delete => node.tags.clone(),
        };
        let mut tags = owner_tags(&lab.place.lab, &node.address, &node.digest(), &own);
        tags.extend(lab.record.clone());
        let leaving = work.live.at(&node.address).filter(|(_, object)| object.leaving);
        let target = Target {
            address: node.address.clone(),
            name: change.name.clone(),
            tags,
            leaving: leaving.map(|(_, object)| object.live.clone()).collect(),
            waiting: self.waiting(&change.address, op),
        };
        Ok((node, managed, others, target))
    }

    fn waiting(&self, address: &Address, op: Op) -> Waiting {
        let (observer, address) = (self.observer.clone(), address.clone());
        let tell = move |reason: &str| {
            observer.event(Event::Waiting { address: address.clone(), op: Some(op), reason: reason.to_owned() });
        };
        Waiting::new(tell, self.stop.clone())
    }
}

/// The words for what keeps AWS from deleting an object.
fn holding(beside: Vec<Beside>) -> Vec<String> {
    beside.into_iter().filter(|beside| beside.fate == Fate::Holds).map(|one| one.what).collect()
}

impl<'w> Work<'w> {
    fn object(&self, change: &Change) -> &'w Object {
        &self.live.objects[change.object.expect("what is changed or deleted was read")]
    }

    /// Takes note of how a step ended. Returns whether it succeeded.
    fn ended(&self, address: Address, op: Op, end: Result<Option<String>, CloudError>) -> bool {
        let mut outcome = self.outcome.lock().expect("no step panicked");
        match end {
            Ok(_) => {
                outcome.done.push((address, op));
                true
            }
            Err(error) => {
                outcome.failed.push(Failure { address, op, error });
                false
            }
        }
    }
}

fn changed_tags(wanted: &Tags, have: &Tags) -> Tags {
    wanted.iter().filter(|(key, value)| have.get(*key) != Some(value)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn unresolved(error: &crate::spec::SpecErrors) -> CloudError {
    CloudError::own(Cause::InvalidSpec, error.to_string())
}
