//! The network in which a lab's resources stand by themselves, and what the short form of one makes.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::{Faults, suggest};
use super::fields::Part;
use super::names::local_name;
use super::nested::stands_within;
use super::outline::{Declared, Outline};
use super::taken::value;
use super::template::Scope;
use super::tree::{Item, Tree};
use crate::model::Address;
use crate::resource::{AnySpec, Checks, Home};
use crate::resources::{home, kind};

/// Returns the network that `vpc` at the top of the lab names, if it is one of the lab's own. What is wrong with its parts
/// is told when they are read.
pub(super) fn of(outline: &Outline, scope: Scope<'_>) -> Option<Home> {
    let (vpc, _) = outline.home.as_ref()?;
    let mut unheard = Faults::default();
    let place = Home { vpc: vpc.clone(), ..Home::default() };
    let nameless = outline.resources.iter().filter(|declared| is_of_network(declared));
    let specs = nameless.filter_map(|declared| {
        let label = declared.address.to_string();
        let part = part(declared, &label)?;
        let mut document = part.document(scope, Some(&declared.address), &mut BTreeSet::new(), &mut unheard);
        declared.complete(&mut document.value);
        declared.kind.place_in(&mut document.value, &place);
        Some((declared.address.clone(), declared.kind.parse(&document.value).ok()?))
    });
    let specs: BTreeMap<Address, AnySpec> = specs.collect();
    Some(home(vpc, &Checks::new(&specs)))
}

/// The section of a resource; none if a file of it couldn't be read.
pub(super) fn part<'a>(declared: &'a Declared, label: &'a str) -> Option<Part<'a>> {
    let tree = declared.body.as_ref()?;
    Some(Part { label, mark: declared.mark, tree })
}

fn is_of_network(declared: &Declared) -> bool {
    declared.kind.managed().is_some_and(|managed| managed.habits().nameless)
}

impl Outline {
    /// Notes a fault if `vpc` names none of the lab's.
    pub(super) fn check_home(&self, faults: &mut Faults) {
        let Some((name, mark)) = &self.home else { return };
        let own = self.resources.iter().filter(|declared| declared.address.kind == "vpc");
        let own: Vec<&str> = own.map(|declared| declared.address.name.as_str()).collect();
        if !own.contains(&name.as_str()) {
            let hint = suggest(name, own.into_iter().chain(["default"]));
            faults.push(
                *mark,
                format!("there is no VPC `{name}` below `vpcs` or in `existing`, and it is no id"),
                hint,
            );
        }
    }

    /// Adds what the short forms of the lab's resources make. A resource that has a section of its own takes from there
    /// what it says.
    pub(super) fn add_made(&mut self, faults: &mut Faults) {
        let mut made = BTreeSet::new();
        for at in 0..self.resources.len() {
            let outer = &self.resources[at];
            let Some(body) = &outer.body else { continue };
            let (mark, phase, protect) = (outer.mark, outer.phase.clone(), outer.protect);
            for one in outer.kind.makes(&outer.address.name, &value(body), &self.region) {
                made.insert(one.address.clone());
                let place = self.resources.iter().position(|declared| declared.address == one.address);
                let place = place.unwrap_or_else(|| {
                    self.resources.push(Declared {
                        kind: kind(&one.address.kind).expect("a kind makes objects of the table's kinds"),
                        address: one.address,
                        mark,
                        phase: phase.clone(),
                        protect,
                        tags: None,
                        ignored: None,
                        body: Some(Tree { mark, item: Item::Map(Vec::new()) }),
                        given: Vec::new(),
                        passed: Vec::new(),
                    });
                    self.resources.len() - 1
                });
                self.resources[place].given.extend(one.fields);
            }
        }
        for declared in self.resources.iter().filter(|declared| stands_within(declared.kind.section()).is_none()) {
            if declared.address.name.contains('.') && !made.contains(&declared.address) {
                local_name(&declared.address.name, declared.mark, faults);
            }
        }
    }
}
