//! Checks that look at the whole lab: references, names, circles.

use std::collections::BTreeMap;

use super::errors::{Faults, Mark, suggest};
use super::fields::Part;
use super::graph::Graph;
use super::outline::Outline;
use crate::model::{Address, nearest};
use crate::resource::{Names, SpecRef};

/// Looks for references that lead nowhere.
pub(super) struct Missing<'a> {
    names: &'a Names,
    told_vpc: bool,
}

impl<'a> Missing<'a> {
    /// Starts with the names of the lab's resources.
    pub(super) fn new(names: &'a Names) -> Self {
        Self { names, told_vpc: false }
    }

    /// Notes a fault if `reference` leads nowhere.
    pub(super) fn check(&mut self, part: Part<'_>, reference: &SpecRef, faults: &mut Faults) {
        let SpecRef { path, address, section, may_be_foreign } = reference;
        if self.names.contains_key(address) {
            return;
        }
        let mark = part.mark_of(path);
        if *may_be_foreign {
            return self.foreign(part, mark, address, faults);
        }
        if address.kind == "network" {
            if !std::mem::replace(&mut self.told_vpc, true) {
                let hint = "add the line `vpc: default` at the top of the lab".to_owned();
                part.fault(faults, mark, "this needs a VPC, and the lab names none", Some(hint));
            }
            return;
        }
        let message = format!("there is no `{}` below `{section}`", address.name);
        if faults.is_full() {
            return part.fault(faults, mark, message, None);
        }
        let elsewhere = self.names.keys().find(|other| other.name == address.name);
        let same = self.names.keys().filter(|other| other.kind == address.kind);
        let hint = match (suggest(&address.name, same.map(|other| other.name.as_str())), elsewhere) {
            (Some(near), _) if near.starts_with("did") => Some(near),
            (_, Some(other)) => Some(format!("{other} is there, but this wants a name below `{section}`")),
            (hint, None) => hint,
        };
        part.fault(faults, mark, message, hint);
    }
}

impl Missing<'_> {
    /// Notes a fault if a name that may be that of an object outside of the lab is rather one of the lab's, misspelt or
    /// as it is in AWS.
    fn foreign(&self, part: Part<'_>, mark: Mark, address: &Address, faults: &mut Faults) {
        let mut same = self.names.iter().filter(|(other, _)| other.kind == address.kind);
        if let Some((own, _)) = same.clone().find(|(_, name)| **name == address.name) {
            let message = format!("`{}` is the name in AWS of {own}", address.name);
            return part.fault(faults, mark, message, Some(format!("write `{}`", own.name)));
        }
        if faults.is_full() {
            return;
        }
        if let Some(near) = nearest(&address.name, same.by_ref().map(|(other, _)| other.name.as_str())) {
            let message = format!("there is no {} `{}` in the lab", address.kind, address.name);
            let hint = format!("did you mean `{near}`? for one of the account's, write its ARN");
            part.fault(faults, mark, message, Some(hint));
        }
    }
}

/// Checks names against AWS's rules and against each other.
pub(super) fn names(outline: &Outline, names: &Names, faults: &mut Faults) {
    let mut taken: BTreeMap<(&str, Option<&str>, String), &Address> = BTreeMap::new();
    for declared in &outline.resources {
        let (Some(managed), Some(body)) = (declared.kind.managed(), &declared.body) else {
            continue;
        };
        let within = managed.habits().unique_in.and_then(|field| body.get(field)?.value.text());
        let (rule, name) = (declared.kind.name_rule(), &names[&declared.address]);
        let given = declared.raw_name();
        let mark = given.map_or(declared.mark, |tree| tree.mark);
        let label = declared.address.to_string();
        if let Some(problem) = rule.problem(name) {
            let hint = given.is_none().then(|| format!("give it a `{}`", rule.field));
            faults.add(mark, Some(&label), problem, hint);
        }
        let folded = if rule.ignores_case { name.to_lowercase() } else { name.clone() };
        if let Some(other) = taken.insert((declared.kind.kind(), within, folded), &declared.address) {
            let message = format!("its name in AWS would be `{name}`, and so would that of {other}");
            let hint = format!("give one of them another `{}`", rule.field);
            faults.add(mark, Some(&label), message, Some(hint));
        }
    }
}

pub(super) fn circles(outline: &Outline, graph: &Graph, faults: &mut Faults) {
    for circle in graph.cycles() {
        let Some(first) = circle.first() else {
            continue;
        };
        let mark = outline.resources.iter().find(|declared| declared.address == *first);
        let mark = mark.map_or_else(Mark::default, |declared| declared.mark);
        let way: Vec<String> = circle.iter().chain([first]).map(Address::to_string).collect();
        let message = format!("these wait for each other: {}", way.join(" -> "));
        faults.add(mark, Some(&first.to_string()), message, None);
    }
}
