//! The walk of a graph of steps: each begins when all that it waits for are done, several at once.

use std::cmp::Reverse;
use std::future::Future;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use tokio_util::sync::CancellationToken;

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The step was not begun.
    Waiting,
    /// The step was begun.
    Running,
    /// The step ended well.
    Done,
    /// The step ended with an error.
    Failed,
    /// The step was not begun, because a step before it failed or the walk was stopped.
    Skipped,
}

/// Runs every step of `graph` once all steps before it are done, at most `limit` at a time. Of those that may begin, the one
/// of the greatest of the `weights` does, and of several such the one that could first. If one fails, those that
/// wait for it are skipped and the others go on. If `stop` is cancelled, no step is begun any more, and those that run
/// are waited for. The states come back in the order of the graph's nodes.
pub async fn walk<N, F>(
    graph: &DiGraph<N, ()>,
    limit: usize,
    weights: &[u64],
    stop: &CancellationToken,
    run: impl Fn(NodeIndex) -> F,
) -> Vec<State>
where
    F: Future<Output = bool>,
{
    let mut states = vec![State::Waiting; graph.node_count()];
    let mut missing: Vec<usize> =
        graph.node_indices().map(|step| graph.edges_directed(step, Direction::Incoming).count()).collect();
    let mut ready: Vec<NodeIndex> = graph.node_indices().filter(|step| missing[step.index()] == 0).collect();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < limit && !stop.is_cancelled() {
            let Some(next) = (0..ready.len()).max_by_key(|at| (weights[ready[*at].index()], Reverse(*at))) else {
                break;
            };
            let step = ready.remove(next);
            states[step.index()] = State::Running;
            let ended = run(step);
            running.push(async move { (step, ended.await) });
        }
        let Some((step, well)) = running.next().await else {
            break;
        };
        states[step.index()] = if well { State::Done } else { State::Failed };
        if well {
            for next in graph.neighbors_directed(step, Direction::Outgoing) {
                missing[next.index()] -= 1;
                if missing[next.index()] == 0 {
                    ready.push(next);
                }
            }
        }
    }
    for state in states.iter_mut().filter(|state| **state == State::Waiting) {
        *state = State::Skipped;
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::{Cell, RefCell};

    fn run(future: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
    }

    /// A graph without cycles: every edge leads from a lower to a higher number.
    fn graph(size: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
        let mut graph = DiGraph::new();
        for _ in 0..size {
            graph.add_node(());
        }
        for (a, b) in edges.iter().map(|(a, b)| (a % size, b % size)).filter(|(a, b)| a != b) {
            graph.update_edge(NodeIndex::new(a.min(b)), NodeIndex::new(a.max(b)), ());
        }
        graph
    }

    proptest! {
        #[test]
        fn a_step_begins_after_all_before_it_and_never_after_a_failure(
            size in 1_usize..24,
            edges in prop::collection::vec((0_usize..24, 0_usize..24), 0..60),
            failing in prop::collection::btree_set(0_usize..24, 0..4),
            limit in 1_usize..6,
        ) {
            let graph = graph(size, &edges);
            let done = RefCell::new(Vec::new());
            let at_once = Cell::new((0_usize, 0_usize));
            run(async {
                let states = walk(&graph, limit, &vec![0; size], &CancellationToken::new(), |step| {
                    let (done, at_once, graph, failing) = (&done, &at_once, &graph, &failing);
                    async move {
                        let (now, most) = at_once.get();
                        at_once.set((now + 1, most.max(now + 1)));
                        for before in graph.neighbors_directed(step, Direction::Incoming) {
                            assert!(done.borrow().contains(&before), "{step:?} began before {before:?} was done");
                        }
                        tokio::task::yield_now().await;
                        let (now, most) = at_once.get();
                        at_once.set((now - 1, most));
                        let well = !failing.contains(&step.index());
                        if well {
                            done.borrow_mut().push(step);
                        }
                        well
                    }
                })
                .await;
                for step in graph.node_indices() {
                    let blocked = graph
                        .neighbors_directed(step, Direction::Incoming)
                        .any(|before| states[before.index()] != State::Done);
                    let expected = match (blocked, failing.contains(&step.index())) {
                        (true, _) => State::Skipped,
                        (false, true) => State::Failed,
                        (false, false) => State::Done,
                    };
                    assert_eq!(states[step.index()], expected);
                }
                assert!(at_once.get().1 <= limit);
            });
        }

        #[test]
        fn a_stopped_walk_begins_nothing_more(size in 1_usize..20, stop_after in 0_usize..20) {
            let graph = graph(size, &[]);
            run(async {
                let (stop, begun) = (CancellationToken::new(), Cell::new(0));
                let states = walk(&graph, 1, &vec![0; size], &stop, |_| {
                    begun.set(begun.get() + 1);
                    if begun.get() > stop_after {
                        stop.cancel();
                    }
                    std::future::ready(true)
                })
                .await;
                let done = states.iter().filter(|state| **state == State::Done).count();
                assert_eq!(done, size.min(stop_after + 1));
                assert!(states.iter().all(|state| matches!(state, State::Done | State::Skipped)));
            });
        }
    }

    #[test]
    fn of_the_steps_that_may_begin_the_weightiest_does() {
        // The fifth waits for the first.
        let (graph, begun) = (graph(5, &[(0, 4)]), RefCell::new(Vec::new()));
        run(async {
            let run = |step: NodeIndex| {
                begun.borrow_mut().push(step.index());
                std::future::ready(true)
            };
            walk(&graph, 1, &[3, 0, 7, 0, 9], &CancellationToken::new(), run).await;
        });
        assert_eq!(begun.into_inner(), [2, 0, 4, 1, 3]);
    }
}
