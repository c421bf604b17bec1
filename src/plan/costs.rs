//! What a lab costs by the hour: what is live, and what will be once a plan is carried out.
//!
//! Nothing is asked of AWS for it: it follows from what was read for the plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Action, Change};
use crate::cloud::Owner;
use crate::error::Error;
use crate::live::{Object, Snapshot};
use crate::model::{AFTER_APPLY, Address, Basis, Budget, SAME, Unit, Usage, an_hour, total};
use crate::resource::{AnyKind, Others, Place, UsageContext, document};
use crate::resources::of_tasks;
use crate::spec::{JOB, Lab, Node};

/// The most resources that a refusal names.
const NAMED: usize = 4;

/// What a resource costs by the hour, in USD.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The resource's address.
    pub address: Address,
    /// The cost of what is live of it.
    pub now: f64,
    /// The cost of what will be there.
    pub after: f64,
    /// What it is that costs, for people.
    pub words: String,
}

/// What a lab costs by the hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs {
    /// What costs by being there, the dearest first; what costs nothing by the hour isn't listed.
    pub resources: Vec<Cost>,
    /// What the lab's jobs cost while they run, in `after`.
    pub jobs: Vec<Cost>,
    /// The prices.
    pub basis: Basis,
}

impl Costs {
    /// What all that is live costs.
    pub fn now(&self) -> f64 {
        total(self.resources.iter().map(|cost| cost.now))
    }

    /// What the live objects of a resource cost, in millionths of a USD.
    pub(super) fn micros(&self, address: &Address) -> u64 {
        let now = self.resources.iter().find(|cost| cost.address == *address).map_or(0.0, |cost| cost.now);
        format!("{:.0}", now * 1e6).parse().unwrap_or_default()
    }

    /// Refuses what makes the lab cost more than `budget`; any cost is allowed if there is none.
    ///
    /// # Errors
    /// If it would cost more by the hour than that, and than it costs now.
    pub fn limit(&self, budget: Option<&Budget>) -> Result<(), Error> {
        let (now, after) = (self.now(), self.after());
        let Some(budget) = budget.filter(|budget| !budget.allows(after) && after > now + SAME) else {
            return Ok(());
        };
        let mut there = self.resources.iter().filter(|cost| cost.after > 0.0);
        let named = there.clone().take(NAMED).map(|cost| format!("{} {}", cost.address, an_hour(cost.after)));
        let named = named.collect::<Vec<_>>().join(", ");
        let would = format!("the lab would cost about {} an hour, and its budget is {budget}", an_hour(after));
        let error = Error::refused(format!("{would}: {named}")).hint("nothing was changed");
        // The cheapest of those without which the rest would fit.
        let fits = there.rfind(|cost| budget.allows(after - cost.after));
        let fits = fits.map(|cost| {
            let rest = an_hour(after - cost.after);
            format!("without {} it would cost about {rest} an hour", cost.address)
        });
        let error = fits.into_iter().fold(error, Error::hint);
        Err(error.hint(format!("if that is what you want, give `--budget {}`", Budget::for_usd(after))))
    }

    /// What all that will be there costs.
    pub fn after(&self) -> f64 {
        total(self.resources.iter().map(|cost| cost.after))
    }
}

/// What all resources and jobs of `lab` cost, of which nothing need be live.
pub fn lab_costs(lab: &Lab) -> Costs {
    let changes: Vec<Change> =
        lab.nodes.values().map(|node| Change::new(node.address.clone(), &node.name, Action::Create)).collect();
    costs(Some(lab), &Snapshot::default(), &changes, &Others::new(lab.place.clone()))
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
    let mut add = |address, usage: &Usage, sum: fn(&mut Cost) -> &mut f64| {
        if usage == &Usage::default() {
            return;
        }
        units.extend(usage.amounts.iter().map(|(unit, _)| unit));
        let cost = sums.entry(address).or_insert_with(|| Cost::free(address));
        *sum(cost) += usage.usd(region);
        cost.words = usage.words.join(", ");
    };
    now.usages(&context).for_each(|(address, usage)| add(address, &usage, |cost| &mut cost.now));
    after.usages(&context).for_each(|(address, usage)| add(address, &usage, |cost| &mut cost.after));
    let mut resources: Vec<Cost> = sums.into_values().collect();
    resources.sort_by(|one, other| other.dearest().total_cmp(&one.dearest()).then(one.address.cmp(&other.address)));
    let jobs = lab.into_iter().flat_map(|lab| &lab.jobs).map(|(name, job)| {
        let usage = of_tasks(&context, &document(job), 1);
        units.extend(usage.amounts.iter().map(|(unit, _)| unit));
        let address = Address::new(JOB, name);
        Cost { after: usage.usd(region), words: usage.words.join(", "), ..Cost::free(&address) }
    });
    let jobs = jobs.filter(|job| !job.words.is_empty()).collect();
    Costs { resources, jobs, basis: Basis::of(region, &units) }
}

impl Cost {
    fn free(address: &Address) -> Self {
        Self { address: address.clone(), now: 0.0, after: 0.0, words: String::new() }
    }

    fn dearest(&self) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(resources: &[(&str, f64, f64)]) -> Costs {
        let cost = |(address, now, after): &(&str, f64, f64)| {
            let address = address.parse().unwrap();
            Cost { now: *now, after: *after, ..Cost::free(&address) }
        };
        Costs { resources: resources.iter().map(cost).collect(), ..Costs::default() }
    }

    #[test]
    fn what_goes_over_the_budget_is_refused_with_what_would_fit() {
        let lab = costs(&[("service.web", 0.0, 0.139), ("natGateway.a", 0.0, 0.048), ("loadBalancer.web", 0.0, 0.04)]);
        let limited = |budget: &str| lab.limit(Some(&budget.parse().unwrap()));
        assert!(lab.limit(None).is_ok() && limited("0.23/h").is_ok());
        insta::assert_snapshot!(limited("0.20/h").unwrap_err(), @r"
        the lab would cost about $0.227 an hour, and its budget is $0.20/h: service.web $0.139, natGateway.a $0.048, loadBalancer.web $0.040
        hint: nothing was changed
        hint: without loadBalancer.web it would cost about $0.187 an hour
        hint: if that is what you want, give `--budget 0.23/h`
        ");
        let hints = limited("0.05/h").unwrap_err().hints;
        assert!(hints.iter().all(|hint| !hint.starts_with("without")), "{hints:?}");
    }

    #[test]
    fn what_makes_a_lab_no_dearer_is_never_refused() {
        let budget = "0.10/h".parse().unwrap();
        for (now, after) in [(0.3, 0.2), (0.2, 0.2)] {
            assert!(costs(&[("service.web", now, after)]).limit(Some(&budget)).is_ok());
        }
        assert!(costs(&[("service.web", 0.11, 0.12)]).limit(Some(&budget)).is_err());
    }
}
