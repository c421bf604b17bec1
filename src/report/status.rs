//! The resources of a lab, and whether each does its work.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint, visible};
use super::wrap::write_wrapped;
use crate::cloud::Owner;
use crate::live::{Object, Snapshot};
use crate::model::Address;
use crate::resource::Readiness;
use crate::spec::{Lab, Node};

/// The state of one resource, as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The address.
    pub address: Address,
    /// The physical name.
    pub name: String,
    /// The resource's state.
    pub state: RowState,
    /// The reason why the resource doesn't work yet, or won't; of some kinds, a word on what it is.
    pub reason: Option<String>,
    /// The owner, for people.
    pub owner: String,
}

/// The state of a resource: whether it is there and works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RowState {
    /// The resource is there and does its work.
    Ready,
    /// The resource is there and doesn't do its work yet.
    Pending,
    /// The resource is there and won't do its work by itself.
    Failed,
    /// The resource is being deleted.
    Leaving,
    /// The resource isn't there.
    Absent,
}

/// Returns how many of the rows are in which state, in words.
pub fn counts(rows: &[Row]) -> String {
    let states = [RowState::Ready, RowState::Pending, RowState::Failed, RowState::Leaving, RowState::Absent];
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let all: Vec<String> = states
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| format!("{} {}", count(state), state.shown().0))
        .collect();
    all.join(", ")
}

impl RowState {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        self.shown().0
    }

    fn shown(self) -> (&'static str, Style) {
        match self {
            Self::Ready => ("ready", GREEN),
            Self::Pending => ("pending", YELLOW),
            Self::Failed => ("failed", RED),
            Self::Leaving => ("leaving", YELLOW),
            Self::Absent => ("absent", DIM),
        }
    }
}

/// The owner of an object of the lab that is in the spec.
const OURS: &str = "this lab";
/// The owner of an object that isn't there.
const NOBODYS: &str = "-";
/// The column at which a row goes on.
const INDENT: usize = 4;

/// A row for each resource of the spec in the order of creation, then one for each object beyond it.
pub fn rows(lab: &Lab, live: &Snapshot) -> Vec<Row> {
    let mut shown = BTreeSet::new();
    let mut rows = Vec::new();
    for address in lab.order() {
        let node = &lab.nodes[&address];
        let before = rows.len();
        rows.extend(live.at(&address).map(|(_, object)| row(lab, object)));
        if rows.len() == before {
            rows.push(absent(node));
        }
        shown.insert(address);
    }
    let strays = live.objects.iter().filter(|object| !shown.contains(&object.address));
    rows.extend(strays.map(|object| row(lab, object)));
    rows
}

fn row(lab: &Lab, object: &Object) -> Row {
    let (state, reason) = match object.readiness() {
        _ if object.leaving => (RowState::Leaving, None),
        Readiness::Ready(words) => (RowState::Ready, words),
        Readiness::Pending(reason) => (RowState::Pending, Some(reason)),
        Readiness::Failed(reason) => (RowState::Failed, Some(reason)),
    };
    let owner = match object.owner(&lab.place.lab) {
        _ if object.kind.managed().is_none() => "looked up".to_owned(),
        Owner::Lab(_) if lab.nodes.contains_key(&object.address) => OURS.to_owned(),
        Owner::Lab(_) => "this lab, but not in the spec any more".to_owned(),
        Owner::Other(whose) => format!("not this lab: {whose}"),
    };
    Row { address: object.address.clone(), name: object.name.clone(), state, reason, owner }
}

fn absent(node: &Node) -> Row {
    let (address, name) = (node.address.clone(), node.name.clone());
    Row { address, name, state: RowState::Absent, reason: None, owner: NOBODYS.to_owned() }
}

/// Writes the rows as a table. Rows in order take little room; what doesn't fit the screen goes on below.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_table(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let widest = |head: &str, cells: &dyn Fn(&Row) -> String| {
        rows.iter().map(|row| cells(row).chars().count()).chain([head.len()]).max().unwrap_or_default()
    };
    let address = widest("ADDRESS", &|row| visible(&row.address));
    let state = widest("STATE", &|row| row.state.shown().0.to_owned());
    let head = format!("{:address$}  {:state$}  NAME", "ADDRESS", "STATE");
    writeln!(out, "{}", paint(BOLD, head))?;
    for row in rows {
        let (word, style) = row.state.shown();
        let mut name = visible(&row.name);
        if ![OURS, NOBODYS].contains(&row.owner.as_str()) {
            name.push_str(&format!(" ({})", visible(&row.owner)));
        }
        if let Some(reason) = &row.reason {
            name.push_str(&format!(": {}", visible(reason)));
        }
        // Colours would count as characters.
        let pad = state - word.len();
        let first = format!("{:address$}  {}{:pad$}  ", visible(&row.address), paint(style, word), "");
        write_wrapped(out, &first, &name, INDENT)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn a_table() {
        let row = |address: &str, name: &str, state, reason: Option<&str>, owner: &str| Row {
            address: address.parse().unwrap(),
            name: name.to_owned(),
            state,
            reason: reason.map(str::to_owned),
            owner: owner.to_owned(),
        };
        let rows = [
            row("network.default", "default", RowState::Ready, None, "looked up"),
            row("loadBalancer.web", "ecs-lab-alb", RowState::Pending, Some("provisioning"), "this lab"),
            row("service.web", "web-service", RowState::Absent, None, "-"),
            row("cluster.old", "old", RowState::Leaving, None, "this lab, but not in the spec any more"),
            row("service.api", "api", RowState::Failed, Some("0 of 2 tasks running: the last one stopped"), "this lab"),
            row("bucket.it", &"x".repeat(63), RowState::Ready, None, "this lab"),
        ];
        let mut out = Vec::new();
        write_table(&mut out, &rows).unwrap();
        assert!(plain(&out).lines().all(|line| line.chars().count() <= 80));
        insta::assert_snapshot!(plain(&out), @r"
        ADDRESS           STATE    NAME
        network.default   ready    default (looked up)
        loadBalancer.web  pending  ecs-lab-alb: provisioning
        service.web       absent   web-service
        cluster.old       leaving  old (this lab, but not in the spec any more)
        service.api       failed   api: 0 of 2 tasks running: the last one stopped
        bucket.it         ready
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        ");
    }
}
