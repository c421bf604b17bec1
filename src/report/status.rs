//! What is there of a lab, and whether it does its work.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint, visible};
use crate::cloud::Owner;
use crate::live::{Object, Snapshot};
use crate::model::Address;
use crate::resource::Readiness;
use crate::spec::{Lab, Node};

/// How one resource stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its address.
    pub address: Address,
    /// Its physical name.
    pub name: String,
    /// Whether it is there and works.
    pub state: State,
    /// Why it doesn't work yet, or won't; of some kinds, what it is.
    pub reason: Option<String>,
    /// Whose it is, for people.
    pub owner: String,
}

/// Whether a resource is there and works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It is there and does its work.
    Ready,
    /// It is there and doesn't do its work yet.
    Pending,
    /// It is there and won't do its work by itself.
    Failed,
    /// It is being deleted.
    Leaving,
    /// It isn't there.
    Absent,
}

impl State {
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
    let strays = live
        .objects
        .iter()
        .filter(|object| !shown.contains(&object.address));
    rows.extend(strays.map(|object| row(lab, object)));
    rows
}

fn row(lab: &Lab, object: &Object) -> Row {
    let (state, reason) = match object.readiness() {
        _ if object.leaving => (State::Leaving, None),
        Readiness::Ready => (State::Ready, object.kind.summary(&object.live)),
        Readiness::Pending(reason) => (State::Pending, Some(reason)),
        Readiness::Failed(reason) => (State::Failed, Some(reason)),
    };
    let owner = match object.owner(&lab.place.lab) {
        _ if object.kind.managed().is_none() => "looked up".to_owned(),
        Owner::Lab(_) if lab.nodes.contains_key(&object.address) => "this lab".to_owned(),
        Owner::Lab(_) => "this lab, but not in the spec any more".to_owned(),
        Owner::Other(whose) => format!("not this lab: {whose}"),
    };
    Row {
        address: object.address.clone(),
        name: object.name.clone(),
        state,
        reason,
        owner,
    }
}

fn absent(node: &Node) -> Row {
    let (address, name) = (node.address.clone(), node.name.clone());
    Row {
        address,
        name,
        state: State::Absent,
        reason: None,
        owner: "-".to_owned(),
    }
}

/// Writes the rows as a table.
///
/// # Errors
/// Where `out` can't be written to.
pub fn write_table(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let shown: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let state = row.state.shown().0;
            let state = row.reason.as_ref().map_or(state.to_owned(), |reason| {
                format!("{state}: {}", visible(reason))
            });
            [
                visible(&row.address),
                visible(&row.name),
                visible(&row.owner),
                state,
            ]
        })
        .collect();
    let heads = ["ADDRESS", "NAME", "OWNER", "STATE"];
    let width = |column: usize| {
        let cells = shown.iter().map(|cells| cells[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or_default()
    };
    let [address, name, owner] = [width(0), width(1), width(2)];
    let head = format!(
        "{:address$}  {:name$}  {:owner$}  {}",
        heads[0], heads[1], heads[2], heads[3]
    );
    writeln!(out, "{}", paint(BOLD, head))?;
    for (row, cells) in rows.iter().zip(&shown) {
        let state = paint(row.state.shown().1, &cells[3]);
        writeln!(
            out,
            "{:address$}  {:name$}  {:owner$}  {state}",
            cells[0], cells[1], cells[2]
        )?;
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
            row("vpc.default", "default", State::Ready, None, "looked up"),
            row(
                "loadBalancer.web",
                "ecs-lab-alb",
                State::Pending,
                Some("provisioning"),
                "this lab",
            ),
            row("service.web", "web-service", State::Absent, None, "-"),
            row(
                "cluster.old",
                "old",
                State::Leaving,
                None,
                "this lab, but not in the spec any more",
            ),
        ];
        let mut out = Vec::new();
        write_table(&mut out, &rows).unwrap();
        insta::assert_snapshot!(plain(&out), @r"
        ADDRESS           NAME         OWNER                                   STATE
        vpc.default       default      looked up                               ready
        loadBalancer.web  ecs-lab-alb  this lab                                pending: provisioning
        service.web       web-service  -                                       absent
        cluster.old       old          this lab, but not in the spec any more  leaving
        ");
    }
}
