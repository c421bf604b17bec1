//! A lab over an embedded account, without spec, plan or engine: only the contract of kinds.

use serde_json::{Value, json};

use crate::cloud::{Cloud, Endpoint, connect, identity, owner_tags};
use crate::model::{Address, Known, Tags};
use crate::resource::{
    AnyKind, AnyLive, AnySpec, AnyWanted, Edit, Entry, Found, Names, Observed, Others, Target, Waiting,
};
use crate::resources::{kind, test_others};
use labform_account::Sandbox;

/// A lab over an embedded account of its own.
pub(super) struct Lab {
    pub(super) cloud: Cloud,
    pub(super) others: Others,
    pub(super) names: Names,
}

pub(super) struct Node {
    pub(super) kind: &'static dyn AnyKind,
    pub(super) wanted: AnyWanted,
}

impl Lab {
    pub(super) async fn new() -> Self {
        let endpoint = Endpoint::Sandbox(Sandbox::in_memory());
        let cloud = connect(&endpoint, "eu-west-1", None).await;
        identity(&cloud).await.expect("STS answers");
        let mut lab = Self { cloud, others: test_others(), names: Names::new() };
        let vpc = lab.node("vpc.default", "default", &json!({}));
        let (live, _) = lab.read(&vpc).await.expect("an account has a default VPC");
        lab.learn(&vpc, live);
        lab
    }

    pub(super) fn node(&mut self, address: &str, name: &str, spec: &Value) -> Node {
        let address: Address = address.parse().unwrap();
        let kind = kind(&address.kind).unwrap();
        let spec = kind.parse(spec).unwrap();
        self.names.insert(address.clone(), name.to_owned());
        let name = name.to_owned();
        let wanted = AnyWanted { address, name, spec };
        Node { kind, wanted }
    }

    pub(super) fn learn(&mut self, node: &Node, live: AnyLive) {
        let name = node.wanted.name.clone();
        let outputs = node.kind.outputs(&self.others.place, &name, Some(&live));
        let outputs = outputs.into_iter().map(|output| {
            let value = output.value.map_or(Known::AfterApply, Known::Now);
            (output.name, value)
        });
        let entry = Entry { name, outputs: outputs.collect(), live: Known::Now(live) };
        self.others.insert(node.wanted.address.clone(), entry);
    }

    pub(super) fn target(&self, node: &Node) -> Target {
        let address = node.wanted.address.clone();
        let own = Tags::from([("project".to_owned(), "ecs-lab".to_owned())]);
        Target {
            name: node.wanted.name.clone(),
            tags: owner_tags("ecs-lab", &address, "0123", &own),
            address,
            waiting: Waiting::silent(),
        }
    }

    pub(super) async fn read(&self, node: &Node) -> Option<(AnyLive, Tags)> {
        let wanted = std::slice::from_ref(&node.wanted);
        let found = node.kind.read(&self.cloud, wanted, &self.names).await;
        only(found.unwrap())
    }

    pub(super) async fn create(&mut self, node: &Node) -> AnyLive {
        let managed = node.kind.managed().unwrap();
        let target = self.target(node);
        let live = managed.create(&node.wanted.spec, &self.cloud, &target, &self.others).await.unwrap();
        self.learn(node, live.clone());
        live
    }

    pub(super) fn edit(&self, node: &Node, spec: &AnySpec, live: &AnyLive) -> Edit {
        node.kind.edit(spec, live, &self.others, &[])
    }
}

pub(super) fn only(mut found: Vec<Found<AnyLive>>) -> Option<(AnyLive, Tags)> {
    assert!(found.len() < 2, "one object was found twice");
    match found.pop()?.observed {
        Observed::Present { live, tags } => Some((live, tags)),
        _ => None,
    }
}
