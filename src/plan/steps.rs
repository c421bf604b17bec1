//! The steps of a plan and their order.
//!
//! Creating follows the references of the spec. Destroying has an order of its own: live links count, and an object
//! goes only after the last one that holds on to it is truly gone.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

use super::{Action, Plan};
use crate::live::Snapshot;
use crate::model::Address;
use crate::spec::Lab;

/// The operation of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Make an object.
    Create,
    /// Change an object.
    Update,
    /// Complete an object that was made, with what refers to others that had to be made, too.
    Complete,
    /// Delete an object.
    Delete,
}

/// A part of one of the plan's changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The step's operation.
    pub op: Op,
    /// The change's place in the plan.
    pub change: usize,
}

/// The steps that delete, by their objects' places in the snapshot.
type Deleted = BTreeMap<usize, NodeIndex>;

/// The steps of a plan: an edge leads from a step to one that has to wait for it.
#[derive(Clone, Debug)]
pub struct Steps {
    /// The steps, without cycles.
    pub graph: DiGraph<Step, ()>,
    /// What stops costing once each step, or one that waits for it, is done: micro-USD by the hour. Where several steps
    /// may begin, the dearest does.
    pub weights: Vec<u64>,
}

impl Steps {
    /// The steps of `plan`, whose changes point into `live`. `lab` gives the order of creation; a destroy needs none.
    pub fn new(plan: &Plan, lab: Option<&Lab>, live: &Snapshot) -> Self {
        let mut graph = DiGraph::new();
        let mut made: BTreeMap<&Address, NodeIndex> = BTreeMap::new();
        let mut deleted: Deleted = BTreeMap::new();
        for (index, change) in plan.changes.iter().enumerate() {
            let mut step = |op| graph.add_node(Step { op, change: index });
            match change.action {
                Action::NoOp => {}
                Action::Create | Action::Restore => drop(made.insert(&change.address, step(Op::Create))),
                Action::Update => drop(made.insert(&change.address, step(Op::Update))),
                Action::Delete => {
                    deleted.extend(change.object.map(|object| (object, step(Op::Delete))));
                }
                Action::ReplaceDeleteFirst => {
                    let (delete, create) = (step(Op::Delete), step(Op::Create));
                    made.insert(&change.address, create);
                    deleted.extend(change.object.map(|object| (object, delete)));
                    graph.add_edge(delete, create, ());
                }
                Action::ReplaceCreateFirst => {
                    let (delete, create) = (step(Op::Delete), step(Op::Create));
                    made.insert(&change.address, create);
                    deleted.extend(change.object.map(|object| (object, delete)));
                    graph.add_edge(create, delete, ());
                }
            }
        }
        if let Some(lab) = lab {
            after_references(&mut graph, lab, &made);
            complete(&mut graph, plan, lab, &made);
        }
        let uses = uses(live);
        after_users(&mut graph, live, &uses, &deleted);
        after_kinds(&mut graph, live, &deleted);
        after_moves(&mut graph, plan, &uses, &made, &deleted);
        break_cycles(&mut graph);
        let weights = weights(&graph, plan);
        Self { graph, weights }
    }
}

/// The weight of each step: the cost of the dearest object that goes by it or by a step that waits for it.
fn weights(graph: &DiGraph<Step, ()>, plan: &Plan) -> Vec<u64> {
    let mut weights = vec![0; graph.node_count()];
    let order = toposort(graph, None).expect("cycles were broken");
    for step in order.into_iter().rev() {
        let Step { op, change } = &graph[step];
        let own = if *op == Op::Delete { plan.costs.micros(&plan.changes[*change].address) } else { 0 };
        let below = graph.neighbors(step).map(|next| weights[next.index()]).max().unwrap_or_default();
        weights[step.index()] = own.max(below);
    }
    weights
}

/// Lets each step that makes an object wait for those that make what it refers to.
fn after_references(graph: &mut DiGraph<Step, ()>, lab: &Lab, made: &BTreeMap<&Address, NodeIndex>) {
    for (address, step) in made {
        let Some(node) = lab.nodes.get(*address) else {
            continue;
        };
        // A resource in between may have nothing to do and still stand between two that have.
        for needed in lab.with_dependencies(&node.refs) {
            if let Some(first) = made.get(&needed) {
                graph.update_edge(*first, *step, ());
            }
        }
    }
}

/// Completes what refers to resources that are made at the same time and refer to it in turn: one that is made by a step
/// of its own, one that is changed by that change.
fn complete(graph: &mut DiGraph<Step, ()>, plan: &Plan, lab: &Lab, made: &BTreeMap<&Address, NodeIndex>) {
    for (index, change) in plan.changes.iter().enumerate() {
        let node = lab.nodes.get(&change.address);
        let (Some(node), Some(own)) = (node, made.get(&change.address)) else { continue };
        let others = node.later.iter().filter(|other| **other != node.address);
        let others = others.filter_map(|other| made.get(other)).copied();
        let others: Vec<NodeIndex> = others.filter(|other| graph[*other].op == Op::Create).collect();
        if others.is_empty() {
            continue;
        }
        let last = match graph[*own].op {
            Op::Create => graph.add_node(Step { op: Op::Complete, change: index }),
            _ => *own,
        };
        if last != *own {
            graph.add_edge(*own, last, ());
        }
        for other in others {
            graph.add_edge(other, last, ());
        }
    }
}

/// Lets each delete wait for those of the objects that use the deleted one, directly or through others.
fn after_users(graph: &mut DiGraph<Step, ()>, live: &Snapshot, uses: &DiGraph<(), ()>, deleted: &Deleted) {
    for (user, step) in deleted {
        let managed = live.objects[*user].kind.managed();
        if managed.is_some_and(|managed| managed.habits().holds) {
            before_deletes_below(graph, uses, deleted, *user, *step);
        }
    }
}

/// Lets each delete wait for those of the kinds that have to go before its own.
fn after_kinds(graph: &mut DiGraph<Step, ()>, live: &Snapshot, deleted: &Deleted) {
    for (object, step) in deleted {
        let Some(managed) = live.objects[*object].kind.managed() else { continue };
        for (_, first) in deleted.iter().filter(|(other, _)| {
            let kind = live.objects[**other].kind.kind();
            managed.habits().goes_after.contains(&kind)
        }) {
            graph.update_edge(*first, *step, ());
        }
    }
}

/// Lets each delete wait for the updates that move the object's users over to something else, also those that use it
/// through others: a service its task definition's role.
fn after_moves(
    graph: &mut DiGraph<Step, ()>,
    plan: &Plan,
    uses: &DiGraph<(), ()>,
    made: &BTreeMap<&Address, NodeIndex>,
    deleted: &Deleted,
) {
    let updates = plan.changes.iter();
    for change in updates.filter(|change| change.action == Action::Update) {
        if let Some((user, step)) = change.object.zip(made.get(&change.address)) {
            before_deletes_below(graph, uses, deleted, user, *step);
        }
    }
}

/// Puts `step` before the delete of everything that the object `user` uses, directly or through others.
fn before_deletes_below(
    graph: &mut DiGraph<Step, ()>,
    uses: &DiGraph<(), ()>,
    deleted: &Deleted,
    user: usize,
    step: NodeIndex,
) {
    let mut reached = Dfs::new(uses, NodeIndex::new(user));
    while let Some(used) = reached.next(uses) {
        if let Some(delete) = deleted.get(&used.index()).filter(|delete| **delete != step) {
            graph.update_edge(step, *delete, ());
        }
    }
}

/// The live objects by place, with an edge from each user to what it uses.
pub(super) fn uses(live: &Snapshot) -> DiGraph<(), ()> {
    let mut graph = DiGraph::new();
    let mut by_id: BTreeMap<String, Vec<NodeIndex>> = BTreeMap::new();
    for object in &live.objects {
        let node = graph.add_node(());
        for id in object.kind.ids(&object.live) {
            by_id.entry(id).or_default().push(node);
        }
    }
    for (index, object) in live.objects.iter().enumerate() {
        for used in object.kind.links(&object.live).iter().filter_map(|link| by_id.get(link)).flatten() {
            graph.update_edge(NodeIndex::new(index), *used, ());
        }
    }
    graph
}

/// Cuts the circles of live objects that use each other (two security groups whose rules name one another). No order
/// satisfies these, so the edges inside go, and AWS's own refusal makes the steps wait for each other.
fn break_cycles(graph: &mut DiGraph<Step, ()>) {
    for circle in kosaraju_scc(&*graph) {
        let circle: BTreeSet<NodeIndex> = circle.into_iter().collect();
        if circle.len() > 1 {
            graph.retain_edges(|graph, edge| {
                let (from, to) = graph.edge_endpoints(edge).expect("the edge is in the graph");
                !(circle.contains(&from) && circle.contains(&to))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Change, Costs};
    use crate::resource::Others;
    use crate::resource::toy::{object, place};
    use petgraph::algo::{has_path_connecting, is_cyclic_directed};
    use proptest::prelude::*;

    fn change(number: usize, action: Action) -> Change {
        let blank = Change::new(Address::new("toy", format!("t{number}")), &format!("toys-t{number}"), action);
        Change { ids: vec![format!("id-{number}")], object: Some(number), ..blank }
    }

    fn plan_of(changes: Vec<Change>) -> Plan {
        Plan {
            changes,
            kept: Vec::new(),
            looked_up: Vec::new(),
            notes: Vec::new(),
            others: Others::new(place()),
            outputs: BTreeMap::new(),
            costs: Costs::default(),
        }
    }

    fn find(steps: &Steps, number: usize, op: Op) -> NodeIndex {
        let is_it = |step: &NodeIndex| steps.graph[*step] == Step { op, change: number };
        steps.graph.node_indices().find(is_it).unwrap()
    }

    proptest! {
        /// Deleting has no circle, whatever the links are, and if the links have none an object goes after its users.
        #[test]
        fn what_is_used_is_deleted_after_its_users(
            links in prop::collection::vec(prop::collection::vec(0_usize..12, 0..4), 1..12),
            kept in prop::collection::btree_set(0_usize..12, 0..4),
        ) {
            let size = links.len();
            let objects = links.iter().enumerate().map(|(number, links)| object(number, links)).collect();
            let live = Snapshot::of(objects);
            let action = |number| if kept.contains(&number) { Action::NoOp } else { Action::Delete };
            let plan = plan_of((0..size).map(|number| change(number, action(number))).collect());
            let steps = Steps::new(&plan, None, &live);
            prop_assert!(!is_cyclic_directed(&steps.graph));
            let uses = uses(&live);
            for user in (0..size).filter(|number| !kept.contains(number)) {
                for used in (0..size).filter(|used| *used != user && !kept.contains(used)) {
                    let (from, to) = (NodeIndex::new(user), NodeIndex::new(used));
                    let there = has_path_connecting(&uses, from, to, None);
                    let back = has_path_connecting(&uses, to, from, None);
                    let ordered = has_path_connecting(
                        &steps.graph,
                        find(&steps, user, Op::Delete),
                        find(&steps, used, Op::Delete),
                        None,
                    );
                    if there && !back {
                        prop_assert!(ordered, "t{} has to go before t{}", user, used);
                    }
                    if !there && !back {
                        prop_assert!(!ordered, "t{} needn't wait for t{}", used, user);
                    }
                }
            }
        }
    }

    #[test]
    fn an_object_that_is_replaced_by_a_successor_goes_after_its_users_have_moved() {
        let live = Snapshot::of(vec![object(0, &[]), object(1, &[0])]);
        let plan = plan_of(vec![change(0, Action::ReplaceCreateFirst), change(1, Action::Update)]);
        let steps = Steps::new(&plan, None, &live);
        let waits = |first, then| has_path_connecting(&steps.graph, first, then, None);
        let (made, gone) = (find(&steps, 0, Op::Create), find(&steps, 0, Op::Delete));
        assert!(waits(made, gone));
        assert!(waits(find(&steps, 1, Op::Update), gone));
    }

    #[test]
    fn an_object_that_is_replaced_in_place_goes_before_it_is_made_again() {
        let live = Snapshot::of(vec![object(0, &[]), object(1, &[0])]);
        let plan = plan_of(vec![change(0, Action::ReplaceDeleteFirst), change(1, Action::ReplaceDeleteFirst)]);
        let steps = Steps::new(&plan, None, &live);
        let waits = |first, then| has_path_connecting(&steps.graph, first, then, None);
        assert!(waits(find(&steps, 1, Op::Delete), find(&steps, 0, Op::Delete)));
        assert!(waits(find(&steps, 0, Op::Delete), find(&steps, 0, Op::Create)));
    }
}
