//! What a lab costs by the hour: what is live, and what will be once a plan is carried out.
//!
//! Nothing is asked of AWS for it: it follows from what was read for the plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Action, Change};
use crate::cloud::Owner;
use crate::live::{Object, Snapshot};
use crate::model::{AFTER_APPLY, Address, Basis, Hourly, Unit, Usage};
use crate::resource::{AnyKind, Others, Place, UsageContext, document};
use crate::resources::of_tasks;
use crate::spec::{JOB, Lab, Node};

/// What a resource costs by the hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The resource's address.
    pub address: Address,
    /// The cost of what is live of it.
    pub now: Hourly,
    /// The cost of what will be there.
    pub after: Hourly,
    /// What it is that costs, for people.
    pub words: String,
}

/// What a lab costs by the hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs {
    /// What costs by being there: what nobody knows the price of, then the dearest first. What costs nothing by the hour
    /// isn't listed.
    pub resources: Vec<Cost>,
    /// What the lab's jobs cost while they run, in `after`.
    pub jobs: Vec<Cost>,
    /// The prices.
    pub basis: Basis,
}

impl Costs {
    /// What all that is live costs.
    pub fn now(&self) -> Hourly {
        self.resources.iter().map(|cost| cost.now).sum()
    }

    /// What the live objects of a resource cost, in millionths of a USD, as far as that is known.
    pub(super) fn micros(&self, address: &Address) -> u64 {
        let now = self.resources.iter().find(|cost| cost.address == *address).map_or(0.0, |cost| cost.now.usd);
        format!("{:.0}", now * 1e6).parse().unwrap_or_default()
    }

    /// What all that will be there costs.
    pub fn after(&self) -> Hourly {
        self.resources.iter().map(|cost| cost.after).sum()
    }
}

/// What all resources and jobs of `lab` cost, of which nothing need be live. What the lab looks up is as AWS has it, which
/// isn't known.
pub fn lab_costs(lab: &Lab) -> Costs {
    let made = lab.nodes.values().filter(|node| !node.is_looked_up());
    let changes = made.map(|node| Change::new(node.address.clone(), &node.name, Action::Create));
    costs(Some(lab), &Snapshot::default(), &changes.collect::<Vec<_>>(), &Others::new(lab.place.clone()))
}

/// What the lab's live objects cost.
pub fn live_costs(place: &Place, live: &Snapshot) -> Costs {
    costs(None, live, &[], &Others::new(place.clone()))
}

/// What the lab's objects among `live` cost, and what is there once the `changes` are made. `lab` is the spec that
/// they come from, if there is one.
pub(super) fn costs(lab: Option<&Lab>, live: &Snapshot, changes: &[Change], others: &Others) -> Costs {
    let now = World::of(live, &others.place.lab);
    let after = now.after(lab, live, changes, others);
    let find = |kind: &str, word: &str| after.named(kind, word).or_else(|| now.with_id(kind, word));
    let context = UsageContext { others, find: &find };
    let region = &others.place.region;
    let mut sums: BTreeMap<&Address, Cost> = BTreeMap::new();
    let mut units: BTreeSet<Unit> = BTreeSet::new();
    let mut add = |address, usage: &Usage, sum: fn(&mut Cost) -> &mut Hourly| {
        if usage == &Usage::default() {
            return;
        }
        units.extend(usage.amounts.iter().map(|(unit, _)| unit));
        let cost = sums.entry(address).or_insert_with(|| Cost::free(address));
        *sum(cost) += usage.hourly(region);
        cost.words = usage.words.join(", ");
    };
    now.usages(&context).for_each(|(address, usage)| add(address, &usage, |cost| &mut cost.now));
    after.usages(&context).for_each(|(address, usage)| add(address, &usage, |cost| &mut cost.after));
    let mut resources: Vec<Cost> = sums.into_values().collect();
    resources.sort_by(|one, other| {
        let (first, second) = (other.dearest(), one.dearest());
        let by_price = first.is_least.cmp(&second.is_least).then(first.usd.total_cmp(&second.usd));
        by_price.then(one.address.cmp(&other.address))
    });
    let jobs = lab.into_iter().flat_map(|lab| &lab.jobs).map(|(name, job)| {
        let usage = of_tasks(&context, &document(job), 1);
        units.extend(usage.amounts.iter().map(|(unit, _)| unit));
        let address = Address::new(JOB, name);
        Cost { after: usage.hourly(region), words: usage.words.join(", "), ..Cost::free(&address) }
    });
    let jobs = jobs.filter(|job| !job.words.is_empty()).collect();
    Costs { resources, jobs, basis: Basis::of(region, &units) }
}

impl Cost {
    pub(super) fn free(address: &Address) -> Self {
        let none = Hourly::default();
        Self { address: address.clone(), now: none, after: none, words: String::new() }
    }

    /// The cost now or after, whatever is more.
    pub fn dearest(&self) -> Hourly {
        self.now.max(self.after)
    }
}

/// An object as it is or will be.
struct Thing<'a> {
    address: &'a Address,
    kind: &'static dyn AnyKind,
    document: Cow<'a, Value>,
    /// The object's place in the snapshot; none for one that is yet to be made.
    index: Option<usize>,
    is_ours: bool,
}

/// All objects at one time.
struct World<'a> {
    live: &'a Snapshot,
    things: Vec<Thing<'a>>,
}

impl<'a> World<'a> {
    /// The objects that are live: what is being deleted costs nothing any more.
    fn of(live: &'a Snapshot, lab: &str) -> Self {
        let objects = live.objects.iter().enumerate();
        let there = objects.filter(|(_, object)| !object.leaving && object.unseen.is_none());
        let things = there.map(|(index, object)| Thing {
            address: &object.address,
            kind: object.kind,
            document: Cow::Owned(object.kind.document(&object.live)),
            index: Some(index),
            is_ours: object.stands_alone() && matches!(object.owner(lab), Owner::Lab(_)),
        });
        Self { live, things: things.collect() }
    }

    /// The objects once the changes are made.
    fn after(&'a self, lab: Option<&'a Lab>, live: &'a Snapshot, changes: &'a [Change], others: &Others) -> Self {
        let of_objects = changes.iter().filter_map(|change| Some((change.object?, change)));
        let of_objects: BTreeMap<usize, &Change> = of_objects.collect();
        let node = |change: &Change| lab.and_then(|lab| lab.nodes.get(&change.address));
        let mut things = Vec::new();
        for thing in &self.things {
            let index = thing.index.expect("what is live has a place");
            let change = of_objects.get(&index);
            let document = match change.map(|change| change.action) {
                Some(Action::Delete | Action::ReplaceDeleteFirst | Action::ReplaceCreateFirst) => continue,
                Some(Action::Update) => {
                    let node = change.and_then(|change| node(change));
                    node.map(|node| Cow::Owned(updated(node, &live.objects[index], &thing.document, others)))
                }
                Some(Action::NoOp | Action::Create | Action::Restore) | None => None,
            };
            let document = document.unwrap_or(Cow::Borrowed(&*thing.document));
            things.push(Thing { document, ..*thing });
        }
        let made = |action| matches!(action, Action::Create | Action::Restore) || Action::replaces(action);
        let made = changes.iter().filter(|change| made(change.action)).filter_map(node);
        things.extend(made.map(|node| Thing {
            address: &node.address,
            kind: node.kind,
            document: Cow::Borrowed(&node.value),
            index: None,
            is_ours: true,
        }));
        Self { live, things }
    }

    /// What the lab's objects take by the hour.
    fn usages(&self, context: &UsageContext<'_>) -> impl Iterator<Item = (&'a Address, Usage)> {
        let ours = self.things.iter().filter(|thing| thing.is_ours);
        ours.map(|thing| (thing.address, thing.kind.usage(context, &thing.document)))
    }

    /// What the object is like that has this name in the lab.
    fn named(&self, kind: &str, name: &str) -> Option<&Value> {
        let is_it = |thing: &&Thing<'_>| thing.kind.kind() == kind && thing.address.name == name;
        self.things.iter().find(is_it).map(|thing| &*thing.document)
    }

    /// What the live object is like that has this id or ARN, or is of the same family.
    fn with_id(&self, kind: &str, id: &str) -> Option<&Value> {
        let family = id.rsplit_once(':').map_or(id, |(family, _)| family);
        let is_it = |thing: &&Thing<'_>| {
            let object = thing.index.map(|index| &self.live.objects[index]);
            let ids = object.map(|object| object.kind.ids(&object.live)).unwrap_or_default();
            thing.kind.kind() == kind && ids.iter().any(|own| own == id || own == family)
        };
        self.things.iter().find(is_it).map(|thing| &*thing.document)
    }
}

/// What a live object is like once it is changed. What isn't known before the apply is as the spec names it.
fn updated(node: &Node, object: &Object, live: &Value, others: &Others) -> Value {
    let spec = node.resolve(others).unwrap_or_else(|_| node.spec.clone());
    let mut want = node.kind.edit(&spec, &object.live, others, &node.ignored).want;
    for (field, value) in want.as_object_mut().into_iter().flat_map(Map::iter_mut) {
        if *value == AFTER_APPLY {
            value.clone_from(&node.value[field]);
        }
    }
    let mut document = live.clone();
    lay_over(&mut document, want);
    document
}

/// Lays the fields of `over` that have a value over those of `under`.
fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (field, value) in over {
                lay_over(under.entry(field).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (under, over) => *under = over,
    }
}
