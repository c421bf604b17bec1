//! What is known of a lab without AWS, as JSON lines: its faults, its graph, its policies.

use serde_json::{Value, json};

use super::cost::exact;
use super::graph::Graph;
use crate::error::{Error, ErrorKind};
use crate::policy::{Command, Policy};
use crate::spec::{Lab, SpecError};

/// The lines of an error: one for each fault of the spec, or one for all.
pub fn error_lines(error: &Error) -> Vec<Value> {
    if error.problems.is_empty() {
        return vec![diagnostic(error, None)];
    }
    error.problems.iter().map(|problem| diagnostic(error, Some(problem))).collect()
}

fn diagnostic(error: &Error, problem: Option<&SpecError>) -> Value {
    match problem {
        Some(problem) => warning_line(problem),
        None => json!({
            "type": "diagnostic",
            "severity": "error",
            "kind": error.kind,
            "message": error.message,
            "hints": error.hints,
            "file": null,
            "line": null,
            "column": null,
            "address": null,
        }),
    }
}

/// The line of a fault of the spec, or of a warning.
pub fn warning_line(warning: &SpecError) -> Value {
    let is_placed = !warning.file.is_empty();
    json!({
        "type": "diagnostic",
        "severity": warning.severity,
        "kind": ErrorKind::Invalid,
        "message": warning.message,
        "hints": warning.hint.iter().collect::<Vec<_>>(),
        "file": is_placed.then_some(&warning.file),
        "line": is_placed.then_some(warning.line),
        "column": is_placed.then_some(warning.column),
        "address": warning.address,
    })
}

/// The line that says that a lab is valid.
pub fn valid_line(lab: &Lab) -> Value {
    json!({
        "type": "valid",
        "resources": lab.nodes.len(),
        "jobs": lab.jobs.len(),
        "checkpoints": lab.checkpoints.len(),
        "phases": lab.phases().len(),
        "warnings": lab.warnings.len(),
        "variables": lab.variables,
        "student": null,
    })
}

/// The lines of a lab's graph.
pub fn graph_lines(graph: &Graph) -> Vec<Value> {
    let nodes = graph.nodes.iter().map(|node| {
        let state = node.state.as_ref();
        json!({
            "type": "graph_node",
            "address": node.address,
            "kind": node.address.kind,
            "name": node.name,
            "phase": node.group.phase(),
            "cost": exact(node.cost.usd),
            "costIsLeast": node.cost.is_least,
            "state": state.map(|state| state.state),
            "reason": state.and_then(|state| state.reason.as_deref()),
        })
    });
    let address = |at: usize| &graph.nodes[at].address;
    let edges = graph
        .edges
        .iter()
        .map(|edge| json!({"type": "graph_edge", "from": address(edge.from), "to": address(edge.to)}));
    nodes.chain(edges).collect()
}

/// The line of a command's policy.
pub fn policy_line(command: Command, policy: &Policy) -> Value {
    json!({"type": "policy", "command": command.word(), "document": policy, "size": policy.size()})
}
