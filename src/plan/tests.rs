//! The planner on toys: whatever is live, the plan says what a person would expect.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::cloud::owner_tags;
use crate::error::REFUSED;
use crate::live::{Object, Snapshot};
use crate::model::Tags;
use crate::resource::Sources;
use crate::resource::toy::{TOY, ToyLive, object, place};
use crate::spec::{Lab, Node};

/// The thing that stands under a toy's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    AsAsked,
    OtherColour,
    OtherSize,
    OtherTag,
    Leaving,
}

const FOUND: [Found; 6] =
    [Found::Nothing, Found::AsAsked, Found::OtherColour, Found::OtherSize, Found::OtherTag, Found::Leaving];

fn address(number: usize) -> Address {
    Address::new("toy", format!("t{number}"))
}

/// The toys of a lab: each uses the ones of lower number that `uses` names.
fn lab(uses: &[Vec<usize>]) -> Lab {
    let nodes = uses.iter().enumerate().map(|(number, uses)| {
        let used: BTreeSet<usize> = uses.iter().copied().filter(|used| *used < number).collect();
        let names: Vec<String> = used.iter().map(|used| format!("t{used}")).collect();
        let value = json!({"uses": names, "colour": "red", "size": 1});
        let refs = used.into_iter().map(address).collect();
        Node::of(address(number), &TOY, value, refs)
    });
    Lab::of(place(), nodes.collect())
}

fn toy(number: usize, links: &[usize], found: Found) -> Option<Object> {
    let links: Vec<usize> = links.iter().copied().filter(|used| *used < number).collect();
    let mut toy = object(number, &links);
    let mut live: ToyLive = toy.live.downcast_ref::<ToyLive>().unwrap().clone();
    match found {
        Found::Nothing => return None,
        Found::AsAsked => {}
        Found::OtherColour => "blue".clone_into(&mut live.colour),
        Found::OtherSize => live.size = 2,
        Found::OtherTag => drop(toy.tags.insert("labform:resource".to_owned(), "toy.old".to_owned())),
        Found::Leaving => toy.leaving = true,
    }
    toy.live = Arc::new(live);
    Some(toy)
}

fn action(plan: &Plan, number: usize) -> Action {
    plan.changes.iter().find(|change| change.address == address(number)).unwrap().action
}

proptest! {
    #[test]
    fn each_resource_gets_the_action_that_its_difference_asks_for(
        toys in prop::collection::vec((prop::collection::vec(0_usize..8, 0..3), 0_usize..FOUND.len()), 1..8),
    ) {
        let uses: Vec<Vec<usize>> = toys.iter().map(|(uses, _)| uses.clone()).collect();
        let found: Vec<Found> = toys.iter().map(|(_, found)| FOUND[*found]).collect();
        let lab = lab(&uses);
        let objects = (0..toys.len()).filter_map(|number| toy(number, &uses[number], found[number]));
        let live = Snapshot::of(objects.collect());
        let plan = plan(&lab, &live, &Scope::all()).unwrap();
        for number in 0..toys.len() {
            let used_replaced = uses[number]
                .iter()
                .filter(|used| **used < number)
                .any(|used| action(&plan, *used) == Action::ReplaceDeleteFirst);
            let expected = match found[number] {
                Found::Nothing | Found::Leaving => Action::Create,
                _ if used_replaced => Action::ReplaceDeleteFirst,
                Found::OtherSize => Action::ReplaceDeleteFirst,
                Found::OtherColour | Found::OtherTag => Action::Update,
                Found::AsAsked => Action::NoOp,
            };
            prop_assert_eq!(action(&plan, number), expected, "t{} is {:?}", number, found[number]);
        }
        prop_assert_eq!(plan.changes.len(), toys.len());
    }
}

#[test]
fn an_orphan_is_deleted_and_a_foreign_object_is_refused() {
    let lab = lab(&[vec![]]);
    let orphan = Snapshot::of(vec![object(0, &[]), object(7, &[0])]);
    let plan_of_orphan = plan(&lab, &orphan, &Scope::all()).unwrap();
    assert_eq!(action(&plan_of_orphan, 7), Action::Delete);
    assert_eq!(plan_of_orphan.counts(), (0, 0, 1));
    let nobodys = Object { tags: Tags::new(), ..object(7, &[]) };
    let beside = Snapshot::of(vec![object(0, &[]), nobodys]);
    assert!(plan(&lab, &beside, &Scope::all()).unwrap().is_empty());

    for tags in [Tags::new(), owner_tags("other-lab", &address(0), "digest", &Tags::new())] {
        let foreign = Snapshot::of(vec![Object { tags, ..object(0, &[]) }]);
        let refused = plan(&lab, &foreign, &Scope::all()).unwrap_err();
        assert_eq!(refused.exit_code(), REFUSED);
        assert!(refused.message.contains("toy.t0"), "{refused}");
    }
}

#[test]
fn a_destroy_takes_the_labs_own_and_nothing_else() {
    let mut foreign = object(1, &[]);
    foreign.tags.clear();
    let live = Snapshot::of(vec![object(0, &[]), foreign]);
    let plan = plan_destroy(&place(), &live, &Scope::all());
    assert_eq!(deleted(&plan), ["toy.t0"]);
}

#[test]
fn a_destroy_of_a_part_leaves_the_rest() {
    let live = Snapshot::of((0..3).map(|number| object(number, &[])).collect());
    let scope = Scope { chosen: Some(BTreeSet::from([address(1)])), ..Scope::default() };
    assert_eq!(deleted(&plan_destroy(&place(), &live, &scope)), ["toy.t1"]);
}

#[test]
fn of_several_copies_the_one_that_matches_stays_and_then_the_one_with_the_name() {
    let lab = lab(&[vec![]]);
    let copy = |name: &str, found| Object { name: name.to_owned(), ..toy(0, &[], found).unwrap() };
    let name = object(0, &[]).name;
    let stays = |objects: Vec<Object>| {
        let live = Snapshot::of(objects);
        let plan = plan(&lab, &live, &Scope::all()).unwrap();
        assert_eq!(plan.counts(), (0, 0, 1), "{:#?}", plan.changes);
        let mut stays = plan.changes.iter().filter(|change| change.action == Action::NoOp);
        stays.next().unwrap().object.unwrap()
    };
    let (old, new) = (Found::OtherSize, Found::AsAsked);
    assert_eq!(stays(vec![copy(&name, old), copy("successor", new)]), 1);
    assert_eq!(stays(vec![copy("successor", new), copy(&name, old)]), 0);
    assert_eq!(stays(vec![copy("successor", new), copy(&name, new)]), 1);
    assert_eq!(stays(vec![copy(&name, new), copy("successor", new)]), 0);
}

#[test]
fn a_scope_keeps_everything_else_as_it_is() {
    let lab = lab(&[vec![], vec![0], vec![]]);
    let narrowing = Narrowing { only: vec![address(1)], ..Narrowing::default() };
    let scope = narrowing.for_apply(&lab).unwrap();
    assert_eq!(scope.added, BTreeSet::from([address(0)]));
    let plan = plan(&lab, &Snapshot::default(), &scope).unwrap();
    let addresses: Vec<&Address> = plan.changes.iter().map(|change| &change.address).collect();
    assert_eq!(addresses, [&address(0), &address(1)]);

    let except = Narrowing { except: vec![address(0)], ..Narrowing::default() };
    let scope = except.for_apply(&lab).unwrap();
    assert_eq!(scope.chosen, Some(BTreeSet::from([address(2)])));
    assert_eq!(scope.dropped, BTreeSet::from([address(0), address(1)]));
    let unknown = Narrowing { only: vec!["toy.t9".parse().unwrap()], ..Narrowing::default() };
    assert!(unknown.for_apply(&lab).unwrap_err().to_string().contains("did you mean"));
}

#[test]
fn a_saved_plan_that_is_stale_or_forged_is_refused() {
    let lab = lab(&[vec![], vec![]]);
    let empty = Snapshot::default();
    let scope = Scope::all();
    let first = SavedPlan::new(&plan(&lab, &empty, &scope).unwrap(), &lab.place, &scope);
    let text = serde_json::to_string(&first).unwrap();
    let read = SavedPlan::parse(&text).unwrap();
    read.matches(&first).unwrap();

    let made_from = |digest: &str| {
        let sources = Sources::from([(address(0), digest.to_owned())]);
        let plan = plan(&lab, &Snapshot { sources, ..Snapshot::default() }, &scope).unwrap();
        assert_eq!(plan.changes[0].desired["sourceDigest"], digest);
        SavedPlan::new(&plan, &lab.place, &scope)
    };
    made_from("sha256:01").matches(&made_from("sha256:01")).unwrap();
    assert!(made_from("sha256:01").matches(&made_from("sha256:02")).is_err(), "its source has changed since");

    let changed = Snapshot::of(vec![object(0, &[])]);
    let later = SavedPlan::new(&plan(&lab, &changed, &scope).unwrap(), &lab.place, &scope);
    let stale = read.matches(&later).unwrap_err();
    assert!(stale.message.contains("toy.t0 differs"), "{stale}");

    let forged = SavedPlan::parse(&text.replace("toy.t1", "toy.t2")).unwrap_err();
    assert_eq!(forged.exit_code(), REFUSED);
    let elsewhere = SavedPlan { account: "999999999999".to_owned(), ..first.clone() };
    assert!(elsewhere.matches(&first).unwrap_err().message.contains("account 999999999999"));
}

/// The toy of this number, protected by its tag.
fn protected(number: usize, links: &[usize]) -> Object {
    let mut toy = object(number, links);
    let tag = ("labform:protect".to_owned(), "true".to_owned());
    toy.tags.extend([tag]);
    toy.protect = true;
    toy
}

fn kept(plan: &Plan) -> Vec<String> {
    let kept = plan.kept.iter();
    kept.map(|kept| format!("{}: {}", kept.address, kept.reason)).collect()
}

fn deleted(plan: &Plan) -> Vec<String> {
    let deleted = plan.effective().filter(|change| change.action == Action::Delete);
    deleted.map(|change| change.address.to_string()).collect()
}

#[test]
fn a_destroy_keeps_what_is_protected_and_all_that_it_uses() {
    let objects = vec![object(0, &[]), object(1, &[0]), protected(2, &[1]), object(3, &[2]), object(4, &[])];
    let live = Snapshot::of(objects);
    let plan = plan_destroy(&place(), &live, &Scope::all());
    assert_eq!(deleted(&plan), ["toy.t3", "toy.t4"]);
    let used = "toy.t2 uses it and is protected";
    assert_eq!(
        kept(&plan),
        [format!("toy.t0: {used}"), format!("toy.t1: {used}"), "toy.t2: it is protected".to_owned()]
    );

    // A tag that says so protects nothing of somebody else's.
    let mut foreign = protected(1, &[0]);
    foreign.tags.remove("labform:lab");
    let live = Snapshot::of(vec![object(0, &[]), foreign]);
    let plan = plan_destroy(&place(), &live, &Scope::all());
    assert_eq!((deleted(&plan), kept(&plan)), (vec!["toy.t0".to_owned()], vec![]));
}

#[test]
fn a_protected_object_that_would_be_replaced_stays_as_it_is_with_what_it_uses() {
    let mut lab = lab(&[vec![], vec![0]]);
    let node = lab.nodes.get_mut(&address(1)).unwrap();
    node.protect = true;
    node.tags.insert("labform:protect".to_owned(), "true".to_owned());
    let small = |object: Object| Object { live: toy(0, &[], Found::OtherSize).unwrap().live, ..object };
    let mut itself = small(protected(1, &[0]));
    let mut live: ToyLive = itself.live.downcast_ref::<ToyLive>().unwrap().clone();
    live.id = "id-1".to_owned();
    live.links = vec!["id-0".to_owned()];
    itself.live = Arc::new(live);
    let objects = vec![small(object(0, &[])), itself];
    let plan = plan(&lab, &Snapshot::of(objects), &Scope::all()).unwrap();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
    assert_eq!(
        kept(&plan),
        [
            "toy.t0: it would have to be replaced, and toy.t1 uses it and is protected",
            "toy.t1: it would have to be replaced, and it is protected"
        ]
    );
}

#[test]
fn a_protected_orphan_stays_and_what_a_protected_object_stops_using_goes() {
    let lab = lab(&[vec![]]);
    let orphan = Snapshot::of(vec![object(0, &[]), protected(5, &[6]), object(6, &[])]);
    let plan_of_orphan = plan(&lab, &orphan, &Scope::all()).unwrap();
    assert!(plan_of_orphan.is_empty());
    assert_eq!(
        kept(&plan_of_orphan),
        [
            "toy.t5: lab.yaml doesn't have it any more, but it is protected",
            "toy.t6: lab.yaml doesn't have it any more, but toy.t5 uses it and is protected"
        ]
    );

    let mut lab = lab;
    lab.nodes.get_mut(&address(0)).unwrap().protect = true;
    let mut moving = toy(0, &[], Found::OtherColour).unwrap();
    let mut live: ToyLive = moving.live.downcast_ref::<ToyLive>().unwrap().clone();
    live.links = vec!["id-6".to_owned()];
    moving.live = Arc::new(live);
    let live = Snapshot::of(vec![moving, object(6, &[])]);
    let plan = plan(&lab, &live, &Scope::all()).unwrap();
    assert_eq!((deleted(&plan), kept(&plan)), (vec!["toy.t6".to_owned()], vec![]));
}

#[test]
fn a_plan_that_deletes_more_than_it_may_is_refused_with_the_flag_to_type() {
    let live = Snapshot::of((0..7).map(|number| object(number, &[])).collect());
    let plan = plan_destroy(&place(), &live, &Scope::all());
    assert!(plan.limit_deletes(None).is_ok() && plan.limit_deletes(Some(7)).is_ok());
    let refused = plan.limit_deletes(Some(6)).unwrap_err();
    assert_eq!(refused.exit_code(), REFUSED);
    insta::assert_snapshot!(refused, @r"
    the plan deletes or replaces 7 objects, and at most 6 may go: toy.t0, toy.t1, toy.t2, toy.t3, toy.t4 and 2 more
    hint: nothing was changed
    hint: if that is what you want, give `--max-deletes 7`
    ");
    let replaced = Snapshot::of(vec![toy(0, &[], Found::OtherSize).unwrap()]);
    let plan = super::plan(&lab(&[vec![]]), &replaced, &Scope::all()).unwrap();
    assert!(plan.limit_deletes(Some(0)).is_err());
}
