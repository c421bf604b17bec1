//! Each life by the contract of kinds alone, without steps and without an engine.

use super::{LAB, Life, World, each, source};
use crate::cloud::{Cloud, owner_tags};
use crate::live::{self, Reading};
use crate::model::Address;
use crate::plan::{self, Plan, Scope};
use crate::resource::{AnyLive, AnyManaged, AnySpec, Content, Edit, Target, Waiting, retry};
use crate::spec::Node;

/// What is known of a lab.
struct Known {
    reading: Reading,
    plan: Plan,
    address: Address,
}

impl Known {
    async fn of(cloud: &Cloud, text: &str, life: &Life) -> Self {
        let reading = live::read_surely(cloud, &source(text)).await.unwrap();
        let mut plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
        let address = life.address().parse().unwrap();
        plan.others.source = reading.live.sources.get(&address).cloned();
        Self { reading, plan, address }
    }

    fn node(&self) -> &Node {
        &self.reading.lab.nodes[&self.address]
    }

    fn managed(&self) -> &'static dyn AnyManaged {
        self.node().kind.managed().unwrap()
    }

    fn spec(&self) -> AnySpec {
        self.node().resolve(&self.plan.others).unwrap()
    }

    fn target(&self) -> Target {
        let change = self.plan.changes.iter().find(|change| change.address == self.address).unwrap();
        let node = self.node();
        let tags = owner_tags(LAB[0], &self.address, &node.digest(), &node.tags);
        Target {
            address: self.address.clone(),
            name: change.name.clone(),
            tags,
            leaving: Vec::new(),
            waiting: Waiting::silent(),
        }
    }

    fn edit(&self, live: &AnyLive) -> Edit {
        self.node().kind.edit(&self.spec(), live, &self.plan.others, &[])
    }

    /// What others are told of a live object.
    fn seen(&self, live: &AnyLive) -> (Vec<String>, Vec<String>) {
        let (node, others) = (self.node(), &self.plan.others);
        let outputs = node.kind.outputs(&others.place, &self.target().name, Some(live));
        (
            node.kind.ids(live),
            outputs.into_iter().map(|output| format!("{}: {:?}", output.name, output.value)).collect(),
        )
    }

    /// The live object; there is at most one.
    fn live(&self) -> Option<&live::Object> {
        let mut found = self.reading.live.at(&self.address);
        let one = found.next().map(|(_, object)| object);
        assert!(found.next().is_none(), "one object was found twice");
        one
    }
}

#[test]
fn each_kind_is_made_changed_and_deleted_by_its_contract() {
    each(async |life| {
        let world: World = life.begins().await;
        let cloud = world.neighbour().await;
        let known = Known::of(&cloud, &life.made(), life).await;
        assert!(known.live().is_none());
        let (spec, target, others) = (known.spec(), known.target(), &known.plan.others);
        let create = || known.managed().create(&spec, &cloud, &target, others);
        let created = retry(&cloud, &target.waiting, create).await.unwrap();
        let now = Known::of(&cloud, &life.made(), life).await;
        let object = now.live().unwrap();
        assert_eq!(known.seen(&created), now.seen(&object.live), "what create says of it");
        let stands_alone = life.stands_alone();
        if stands_alone {
            let mut tags = object.tags.clone();
            // What a kind notes for itself.
            tags.retain(|key, _| target.tags.contains_key(key) || !key.starts_with("labform:"));
            assert_eq!(tags, target.tags);
        }

        for (text, _) in life.edited() {
            let known = Known::of(&cloud, &text, life).await;
            let live = &known.live().unwrap().live;
            let (edit, spec, target) = (known.edit(live), known.spec(), known.target());
            if edit.diff.is_empty() || edit.diff.replaces() {
                continue;
            }
            for round in ["once", "twice"] {
                let managed = known.managed();
                let updated = managed.update(&spec, &cloud, &target, live, &known.plan.others, &edit).await.unwrap();
                let now = Known::of(&cloud, &text, life).await;
                let object = now.live().unwrap();
                assert_eq!(known.seen(&updated), now.seen(&object.live), "what update says of it {round}");
                let rest = now.edit(&object.live).diff;
                assert!(rest.is_empty(), "changed {round}: {rest:#?}");
            }
        }

        let managed = known.managed();
        if stands_alone {
            assert!(managed.list(&cloud, "other").await.unwrap().is_empty());
            let mut listed = managed.list(&cloud, LAB[0]).await.unwrap();
            listed.retain(|found| found.address == known.address);
            assert_eq!(listed.len(), 1, "it is listed by its tags");
        }
        let known = Known::of(&cloud, &life.made(), life).await;
        let live = &known.live().unwrap().live;
        // A deletion that is scheduled can't be scheduled again.
        for round in ["once", "twice"].iter().take(if life.part("comesBack") { 1 } else { 2 }) {
            let delete = || managed.delete(&cloud, live, Content::Keep, &target.waiting);
            retry(&cloud, &target.waiting, delete).await.unwrap_or_else(|error| panic!("deleted {round}: {error}"));
        }
        let gone = Known::of(&cloud, &life.made(), life).await;
        assert!(gone.live().is_none_or(|object| object.leaving || !stands_alone), "it is gone");
    });
}
