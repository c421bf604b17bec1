//! What a lab uses and doesn't own: `existing:`, `vpc:`, and ARNs and ids in place of names.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::{Faults, Mark, suggest};
use super::fields::Part;
use super::lab::Node;
use super::names::{ANY, local_name};
use super::outline::{Declared, Outline, entries, expected};
use super::template::Scope;
use super::tree::{Entry, Item, Tree};
use crate::model::{Address, Tags};
use crate::resource::{AnyKind, NO_VPC, Names, Ref, Resource as _, SpecRef};
use crate::resources::{EXISTING, OwnVpc, Vpc, existing};

impl Declared {
    /// An object that isn't the lab's.
    fn looked_up(kind: &'static dyn AnyKind, name: &str, mark: Mark, body: Tree) -> Self {
        Self {
            kind,
            address: Address::new(kind.kind(), name),
            mark,
            phase: None,
            protect: None,
            tags: None,
            ignored: None,
            body: Some(body),
            given: Vec::new(),
            passed: Vec::new(),
        }
    }
}

impl Outline {
    /// Reads `vpc:`, the VPC that the lab is in: `default`, an id, or a name that the lab gives.
    pub(super) fn read_vpc(&mut self, entry: &Entry, faults: &mut Faults) {
        let Some(text) = entry.value.text() else {
            let hint = Some("write `vpc: default`, an id such as `vpc-0a1b`, or a name".to_owned());
            return faults.push(entry.value.mark, expected("a text", &entry.value), hint);
        };
        let kind = existing(Vpc::SECTION).expect("VPCs can be looked up");
        let word = |key: &str, item: Item| {
            let value = Tree { mark: entry.value.mark, item };
            Tree {
                mark: entry.value.mark,
                item: Item::Map(vec![Entry { key: key.to_owned(), mark: entry.mark, value }]),
            }
        };
        let body = match text {
            NO_VPC => Some(word("isDefault", Item::Bool(true))),
            id if id.starts_with("vpc-") => Some(word("vpcId", Item::Text(id.to_owned()))),
            _ => None,
        };
        match body {
            Some(body) => {
                self.resources.push(Declared::looked_up(kind, text, entry.mark, body));
                self.vpc = Some(text.to_owned());
            }
            None => self.home = Some((text.to_owned(), entry.value.mark)),
        }
    }

    /// Reads `existing:`, the objects of the account that the lab uses and doesn't own.
    pub(super) fn read_existing(&mut self, entry: Entry, faults: &mut Faults) {
        for section in entries(entry, faults).unwrap_or_default() {
            let known = EXISTING.iter().map(|kind| kind.section()).filter(|word| *word != Vpc::SECTION);
            let Some(kind) = existing(&section.key).filter(|kind| kind.section() != Vpc::SECTION) else {
                let hint = if faults.is_full() { None } else { suggest(&section.key, known) };
                faults.push(section.mark, format!("`existing` has no section `{}`", section.key), hint);
                continue;
            };
            for Entry { key, mark, value } in entries(section, faults).unwrap_or_default() {
                local_name(&key, mark, faults);
                if !matches!(value.item, Item::Map(_)) {
                    let hint = "say what finds it, as in `{ tags: { course: ecs } }`".to_owned();
                    faults.push(value.mark, expected("a map of fields", &value), Some(hint));
                    continue;
                }
                self.resources.push(Declared::looked_up(kind, &key, mark, value));
            }
        }
    }

    /// Notes names that are taken twice, and a VPC that isn't there.
    pub(super) fn check_names(&self, faults: &mut Faults) {
        let mut seen: BTreeMap<&Address, Mark> = BTreeMap::new();
        for declared in &self.resources {
            if let Some(first) = seen.insert(&declared.address, declared.mark) {
                let Declared { address, .. } = declared;
                let message = format!("`existing` and `{}` both have a `{}`", declared.kind.section(), address.name);
                let hint = format!("the other is on line {}: give one of them another name", first.line);
                faults.push(declared.mark, message, Some(hint));
            }
        }
    }

    /// Adds the VPC that the lab is in, if that is one of `existing`.
    pub(super) fn place_vpc(&mut self) {
        let Some((name, _)) = &self.home else { return };
        let is_it = |one: &&Declared| one.kind.lookup().is_some() && one.address == Ref::<OwnVpc>::new(name).address();
        if let Some(Declared { mark, body: Some(body), .. }) = self.resources.iter().find(is_it) {
            let kind = existing(Vpc::SECTION).expect("VPCs can be looked up");
            let placed = Declared::looked_up(kind, name, *mark, body.clone());
            self.vpc = self.home.take().map(|(name, _)| name);
            self.resources.push(placed);
        }
    }
}

/// The name in AWS of an object that isn't the lab's, as far as it is known.
pub(super) fn name(declared: &Declared, looked: &Names, scope: Scope<'_>) -> Option<String> {
    let lookup = declared.kind.lookup()?;
    if let Some(name) = looked.get(&declared.address) {
        return Some(name.clone());
    }
    let tree = declared.body.as_ref()?;
    let part = Part { label: "", mark: declared.mark, tree };
    // What is wrong is told where the section is read.
    let document = part.document(scope, None, &mut BTreeSet::new(), &mut Faults::default());
    let spec = declared.kind.parse(&document.value).ok();
    Some(spec.and_then(|spec| lookup.name(&spec)).unwrap_or_else(|| ANY.to_owned()))
}

/// The objects that ARNs and ids among `references` name, where a name of the lab's could stand.
pub(super) fn implied<'a>(references: impl Iterator<Item = &'a SpecRef>, names: &Names, looked: &Names) -> Vec<Node> {
    let mut nodes = BTreeMap::new();
    for SpecRef { address, .. } in references.filter(|reference| !names.contains_key(&reference.address)) {
        let Some(kind) = EXISTING.iter().copied().find(|kind| kind.kind() == address.kind) else { continue };
        let Some((lookup, spec)) = kind.lookup().and_then(|it| Some((it, it.named(&address.name)?))) else { continue };
        let name = looked.get(address).cloned().or_else(|| lookup.name(&spec));
        nodes.entry(address.clone()).or_insert_with(|| Node {
            address: address.clone(),
            kind,
            spec,
            value: address.name.as_str().into(),
            name: name.unwrap_or_else(|| ANY.to_owned()),
            name_needs_account: false,
            phase: None,
            protect: false,
            tags: Tags::new(),
            refs: BTreeSet::new(),
            later: BTreeSet::new(),
            ignored: Vec::new(),
            holes: Vec::new(),
        });
    }
    nodes.into_values().collect()
}

/// `reference`, with the lab's own VPC for that which stands for it.
pub(super) fn placed(mut reference: SpecRef, vpc: &str) -> SpecRef {
    if reference.address == Vpc::reference().address() {
        reference.address = Ref::<Vpc>::new(vpc).address();
    }
    reference
}

/// The place of the first text in `tree` that is meant.
pub(super) fn place_of(tree: &Tree, is_meant: &dyn Fn(&str) -> bool) -> Option<Mark> {
    match &tree.item {
        Item::Text(text) => is_meant(text).then_some(tree.mark),
        Item::List(items) => items.iter().find_map(|item| place_of(item, is_meant)),
        Item::Map(entries) => entries.iter().find_map(|entry| place_of(&entry.value, is_meant)),
        Item::Null | Item::Bool(_) | Item::Number(_) => None,
    }
}
