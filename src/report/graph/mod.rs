//! The graph of a lab, with its jobs and phases, what each resource costs, and its state if AWS was asked: for Graphviz, for
//! Mermaid, as a picture, and as a page to look around in.

mod page;
mod svg;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::cost::by_the_list;
use super::status::{Row, RowState};
use crate::model::{Address, Hourly};
use crate::plan::{Cost, Costs};
use crate::spec::{JOB, Lab};
use crate::status::{JobDetail, TaskDetail};

/// The language that a graph is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// Mermaid, which GitHub shows.
    Mermaid,
    /// A picture that browsers and other programs draw.
    Svg,
    /// A page with the picture.
    Html,
}

/// The graph of a lab.
#[derive(Clone, Debug)]
pub struct Graph {
    lab: String,
    region: String,
    /// The resources, each after those that it needs, then the jobs, then what is live beyond them.
    pub(super) nodes: Vec<GraphNode>,
    pub(super) edges: Vec<Edge>,
    /// What is counted, and what all costs.
    facts: Vec<String>,
}

/// A resource or a job in a graph.
#[derive(Clone, Debug)]
pub(super) struct GraphNode {
    pub(super) address: Address,
    /// The physical name.
    pub(super) name: String,
    pub(super) group: Group,
    pub(super) is_looked_up: bool,
    /// The cost by the hour; of a job while it runs.
    pub(super) cost: Hourly,
    /// What it is that costs, for people.
    what: String,
    /// The state; none if AWS wasn't asked.
    pub(super) state: Option<State>,
}

/// The part of the lab that a node belongs to, in the order in which they are drawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// The resources without a phase.
    Base,
    /// Those of a phase, by the phase's place in the order of creation.
    Phase(usize, String),
    /// The jobs.
    Jobs,
    /// What is live and isn't in the spec.
    Beyond,
}

/// The state of a node.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) state: RowState,
    /// The state in a word or more.
    pub(super) word: String,
    pub(super) reason: Option<String>,
}

/// A need: the node `from` needs the node `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) order: Order,
}

/// Whether a need gives an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// The one is made after the other.
    After,
    /// Both refer to each other, and are completed once they are there.
    Together,
}

/// What AWS told of a lab.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The state of each resource.
    pub rows: &'a [Row],
    /// The tasks of the jobs.
    pub jobs: &'a [JobDetail],
}

impl Group {
    /// The heading; none for what needs none.
    fn heading(&self) -> Option<String> {
        match self {
            Self::Base => None,
            Self::Phase(_, phase) => Some(format!("phase {phase}")),
            Self::Jobs => Some("jobs".to_owned()),
            Self::Beyond => Some("not in lab.yaml".to_owned()),
        }
    }

    /// The phase, if it is one.
    pub(super) fn phase(&self) -> Option<&str> {
        if let Self::Phase(_, phase) = self { Some(phase) } else { None }
    }
}

impl GraphNode {
    fn of(address: Address, name: &str, group: Group, cost: Option<&Cost>, usd: fn(&Cost) -> Hourly) -> Self {
        Self {
            address,
            name: name.to_owned(),
            group,
            is_looked_up: false,
            cost: cost.map(usd).unwrap_or_default(),
            what: cost.map(|cost| cost.words.clone()).unwrap_or_default(),
            state: None,
        }
    }

    /// The cost as it is written; none if there is none.
    fn price(&self) -> Option<String> {
        (!self.cost.is_free()).then(|| format!("{}/h", self.cost))
    }

    fn is_job(&self) -> bool {
        self.group == Group::Jobs
    }
}

impl Graph {
    /// The graph of `lab`, which costs so much: what it will cost, or if it was `seen` what is live of it costs now.
    pub fn of(lab: &Lab, costs: &Costs, seen: Option<Seen<'_>>) -> Self {
        let usd: fn(&Cost) -> Hourly = if seen.is_some() { |cost: &Cost| cost.now } else { |cost: &Cost| cost.after };
        let by_address: BTreeMap<&Address, &Cost> = costs.resources.iter().map(|cost| (&cost.address, cost)).collect();
        let cost = |address: &Address| by_address.get(address).copied();
        let order = lab.order();
        let mut phases: Vec<&str> = Vec::new();
        let mut nodes = Vec::new();
        for address in &order {
            let node = &lab.nodes[address];
            let group = node.phase.as_deref().map_or(Group::Base, |phase| {
                let at = phases.iter().position(|known| *known == phase).unwrap_or_else(|| {
                    phases.push(phase);
                    phases.len() - 1
                });
                Group::Phase(at, phase.to_owned())
            });
            let drawn = GraphNode::of(address.clone(), &node.name, group, cost(address), usd);
            nodes.push(GraphNode { is_looked_up: node.is_looked_up(), ..drawn });
        }
        nodes.extend(lab.jobs.keys().map(|name| {
            let address = Address::new(JOB, name);
            let cost = costs.jobs.iter().find(|cost| cost.address == address);
            GraphNode::of(address, name, Group::Jobs, cost, |cost| cost.after)
        }));
        let edges = edges(lab, &nodes);
        let counts = counted(lab, &nodes);
        let mut graph = Self {
            lab: lab.place.lab.clone(),
            region: lab.place.region.clone(),
            nodes,
            edges,
            facts: vec![counts, priced(costs, seen.is_some())],
        };
        if let Some(seen) = seen {
            graph.see(seen, |address| GraphNode::of(address.clone(), "", Group::Beyond, cost(address), usd));
        }
        graph
    }

    /// Adds what AWS told: the state of each, and what is there beyond the spec.
    fn see(&mut self, seen: Seen<'_>, beyond: impl Fn(&Address) -> GraphNode) {
        let mut at: BTreeMap<Address, usize> =
            self.nodes.iter().enumerate().map(|(at, node)| (node.address.clone(), at)).collect();
        for row in seen.rows {
            let place = *at.entry(row.address.clone()).or_insert_with(|| {
                self.nodes.push(GraphNode { name: row.name.clone(), ..beyond(&row.address) });
                self.nodes.len() - 1
            });
            let node = &mut self.nodes[place];
            // An object that leaves says nothing of the one that has come in its place.
            if node.state.is_none() || row.state != RowState::Leaving {
                let word = row.state.word().to_owned();
                node.state = Some(State { state: row.state, word, reason: row.reason.clone() });
            }
        }
        for node in self.nodes.iter_mut().filter(|node| node.is_job()) {
            let tasks = seen.jobs.iter().find(|job| job.address == node.address).map(|job| &job.tasks[..]);
            node.state = Some(State::of_job(tasks.unwrap_or_default()));
        }
        self.facts[0] = format!("{}: {}", self.facts[0], super::status::counts(seen.rows));
    }

    /// The nodes that a node needs by itself.
    fn needed(&self, node: usize) -> impl Iterator<Item = &GraphNode> {
        self.edges.iter().filter(move |edge| edge.from == node).map(|edge| &self.nodes[edge.to])
    }
}

impl State {
    /// The state of a job by its tasks, the latest first.
    fn of_job(tasks: &[TaskDetail]) -> Self {
        let (state, word) = match tasks.first() {
            None => (RowState::Absent, "no task".to_owned()),
            Some(task) if task.state != "STOPPED" => (RowState::Pending, task.state.to_lowercase()),
            Some(task) => match task.exit_code() {
                Some(0) => (RowState::Ready, "ended with 0".to_owned()),
                Some(code) => (RowState::Failed, format!("ended with {code}")),
                None => (RowState::Failed, "never ran".to_owned()),
            },
        };
        let reason = tasks.first().map(|task| task.stopped_reason.clone()).filter(|reason| !reason.is_empty());
        Self { state, word, reason }
    }

    /// A sign that tells the state without any colour.
    pub(super) fn sign(&self) -> &'static str {
        match self.state {
            RowState::Ready => "\u{2713}",
            RowState::Pending => "\u{2026}",
            RowState::Failed => "\u{2717}",
            RowState::Leaving => "\u{2193}",
            RowState::Absent => "\u{25cb}",
        }
    }
}

/// The needs of all nodes.
fn edges(lab: &Lab, nodes: &[GraphNode]) -> Vec<Edge> {
    let at: BTreeMap<&Address, usize> = nodes.iter().enumerate().map(|(at, node)| (&node.address, at)).collect();
    let of = |from: usize, needed: &mut dyn Iterator<Item = &Address>, order: Order| -> Vec<Edge> {
        needed.filter_map(|to| at.get(to)).map(|to| Edge { from, to: *to, order }).collect()
    };
    let mut edges = Vec::new();
    for (from, node) in nodes.iter().enumerate() {
        match lab.nodes.get(&node.address) {
            Some(node) => {
                edges.extend(of(from, &mut node.refs.iter(), Order::After));
                edges.extend(of(from, &mut node.later.iter(), Order::Together));
            }
            None => edges.extend(of(from, &mut lab.job_refs(&node.address.name).iter(), Order::After)),
        }
    }
    edges
}

fn counted(lab: &Lab, nodes: &[GraphNode]) -> String {
    let jobs = lab.jobs.len();
    let resources = super::counted(nodes.len() - jobs, "resource");
    if jobs > 0 { format!("{resources} and {}", super::counted(jobs, "job")) } else { resources }
}

fn priced(costs: &Costs, is_live: bool) -> String {
    match is_live {
        true => by_the_list(costs.now(), "now", costs),
        false => by_the_list(costs.after(), "once it is there", costs),
    }
}

/// Writes a graph: an edge leads from each node to those that it needs, and phases stand in boxes.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_graph(out: &mut dyn Write, graph: &Graph, format: Format) -> io::Result<()> {
    match format {
        Format::Dot => text::write_dot(out, graph),
        Format::Mermaid => text::write_mermaid(out, graph),
        Format::Svg => write!(out, "{}", svg::svg(graph)),
        Format::Html => write!(out, "{}", page::page(graph)),
    }
}
