//! The order in which resources have to exist.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::Address;
use crate::resources::KINDS;

/// The lab's resources with an edge from each to those that need it.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) edges: DiGraph<Address, ()>,
    index: BTreeMap<Address, NodeIndex>,
    /// Resources of one circle that are made one by one and completed then, each with the others.
    later: BTreeMap<Address, BTreeSet<Address>>,
}

impl Graph {
    /// The graph of these needs: each resource with what has to exist before it. What is completed `later` has no place in
    /// the order, and still belongs together.
    pub(super) fn new<'a>(
        needs: impl Iterator<Item = (&'a Address, &'a BTreeSet<Address>)> + Clone,
        later: BTreeMap<Address, BTreeSet<Address>>,
    ) -> Self {
        let mut graph = Self { later, ..Self::default() };
        for (address, _) in needs.clone() {
            let node = graph.edges.add_node(address.clone());
            graph.index.insert(address.clone(), node);
        }
        for (address, needed) in needs {
            let to = graph.index[address];
            for from in needed.iter().filter_map(|one| graph.index.get(one)) {
                graph.edges.add_edge(*from, to, ());
            }
        }
        graph
    }

    /// The sets of resources that need each other.
    pub(super) fn circles(&self) -> impl Iterator<Item = BTreeSet<Address>> {
        let sets = tarjan_scc(&self.edges).into_iter();
        let is_circle = |set: &Vec<NodeIndex>| set.len() > 1 || self.edges.contains_edge(set[0], set[0]);
        sets.filter(is_circle).map(|set| set.into_iter().map(|node| self.edges[node].clone()).collect())
    }

    /// Resources that wait for each other, each circle once, every member followed by one that it needs.
    pub(super) fn cycles(&self) -> Vec<Vec<Address>> {
        let circles = tarjan_scc(&self.edges).into_iter().filter_map(|members| {
            let members: BTreeSet<NodeIndex> = members.into_iter().collect();
            let first = *members.iter().min_by_key(|node| &self.edges[**node])?;
            let is_circle = members.len() > 1 || self.edges.contains_edge(first, first);
            is_circle.then(|| self.circle(first, &members))
        });
        let mut circles: Vec<_> = circles.collect();
        circles.sort();
        circles
    }

    /// The shortest way from `first` back to itself within `members`.
    fn circle(&self, first: NodeIndex, members: &BTreeSet<NodeIndex>) -> Vec<Address> {
        let mut came: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([first]);
        while let Some(node) = queue.pop_front() {
            for needed in self.edges.neighbors_directed(node, Direction::Incoming) {
                if needed == first {
                    let mut way = vec![node];
                    while let Some(before) = came.get(&way[way.len() - 1]) {
                        way.push(*before);
                    }
                    return way.iter().rev().map(|node| self.edges[*node].clone()).collect();
                }
                if members.contains(&needed) && !came.contains_key(&needed) {
                    came.insert(needed, node);
                    queue.push_back(needed);
                }
            }
        }
        Vec::new()
    }

    /// All resources, each after those that it needs; if the needs leave a choice, in the order of the kinds and then
    /// of the names.
    pub(super) fn order(&self) -> Vec<Address> {
        let rank = |node: NodeIndex| {
            let address = &self.edges[node];
            let kind = KINDS.iter().position(|kind| kind.kind() == address.kind);
            (kind, address.name.as_str(), node)
        };
        let count = |node| self.edges.neighbors_directed(node, Direction::Incoming).count();
        let mut waits: BTreeMap<NodeIndex, usize> = self.edges.node_indices().map(|node| (node, count(node))).collect();
        let free = waits.iter().filter(|(_, waits)| **waits == 0);
        let mut ready: BTreeSet<_> = free.map(|(node, _)| rank(*node)).collect();
        let mut order = Vec::with_capacity(waits.len());
        while let Some((_, _, node)) = ready.pop_first() {
            order.push(self.edges[node].clone());
            for next in self.edges.neighbors_directed(node, Direction::Outgoing) {
                let left = waits.get_mut(&next).expect("every node is counted");
                *left -= 1;
                if *left == 0 {
                    ready.insert(rank(next));
                }
            }
        }
        order
    }

    /// The resources `of` with all that can be reached from them in `direction`.
    pub(super) fn reach(&self, of: &BTreeSet<Address>, direction: Direction) -> BTreeSet<Address> {
        let mut reached = BTreeSet::new();
        let mut left: Vec<NodeIndex> = of.iter().filter_map(|address| self.index.get(address)).copied().collect();
        while let Some(node) = left.pop() {
            let address = &self.edges[node];
            if reached.insert(address.clone()) {
                left.extend(self.edges.neighbors_directed(node, direction));
                left.extend(self.later.get(address).into_iter().flatten().filter_map(|later| self.index.get(later)));
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(needs: &[(&str, &[&str])]) -> Graph {
        let address = |name: &str| Address::new("service", name);
        let needs: BTreeMap<Address, BTreeSet<Address>> = needs
            .iter()
            .map(|(name, needed)| (address(name), needed.iter().map(|one| address(one)).collect()))
            .collect();
        Graph::new(needs.iter(), BTreeMap::new())
    }

    fn names(addresses: impl IntoIterator<Item = Address>) -> String {
        let names: Vec<String> = addresses.into_iter().map(|one| one.name).collect();
        names.join(" ")
    }

    #[test]
    fn order_follows_the_needs_then_the_names() {
        let diamond = graph(&[("a", &["d"]), ("b", &["d"]), ("c", &["a", "b"]), ("d", &[]), ("e", &[])]);
        assert_eq!(names(diamond.order()), "d a b c e");
        assert!(diamond.cycles().is_empty());
        let only = BTreeSet::from([Address::new("service", "a")]);
        assert_eq!(names(diamond.reach(&only, Direction::Incoming)), "a d");
        assert_eq!(names(diamond.reach(&only, Direction::Outgoing)), "a c");
    }

    #[test]
    fn what_is_completed_later_belongs_together_without_an_order() {
        let address = |name: &str| Address::new("service", name);
        let needs = BTreeMap::from([(address("a"), BTreeSet::new()), (address("b"), BTreeSet::from([address("c")]))]);
        let needs = BTreeMap::from_iter(needs.into_iter().chain([(address("c"), BTreeSet::new())]));
        let later = BTreeMap::from(
            [("a", "b"), ("b", "a")].map(|(one, other)| (address(one), BTreeSet::from([address(other)]))),
        );
        let graph = Graph::new(needs.iter(), later);
        assert_eq!(names(graph.order()), "a c b");
        assert_eq!(names(graph.reach(&BTreeSet::from([address("a")]), Direction::Incoming)), "a b c");
    }

    #[test]
    fn a_circle_is_named_in_the_order_of_its_needs() {
        let circles = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("x", &["x"]), ("free", &["a"])]);
        let found: Vec<String> = circles.cycles().into_iter().map(names).collect();
        assert_eq!(found, ["a b c", "x"]);
    }
}
