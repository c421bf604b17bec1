//! The declarations of a `lab.yaml`, before any kind has read its part.

use serde_json::Value;

use super::errors::{Faults, Mark, suggest};
use super::foreign;
use super::include::Includer;
use super::names::{account, budget, expiry, lab_name, local_name, phase_name, region};
use super::nested::{NESTED, Nested, stands_within};
use super::taken;
use super::tree::{Entry, Item, Tree};
use super::variables::{VARIABLES, Variables};
use super::words::QUOTES;
use crate::model::{Address, Budget, Expiry};
use crate::resource::{AnyKind, NO_ACCOUNT, NO_VPC, Pasted, Place};
use crate::resources::{KINDS, section};

/// The keys at the top of a lab that aren't sections of resources.
const HEADER: &str = "variables lab region accounts expires budget maxDeletes tags vpc existing jobs checks outputs";

/// The declarations of a `lab.yaml`.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) accounts: Vec<String>,
    pub(super) expires: Option<Expiry>,
    pub(super) budget: Option<Budget>,
    pub(super) max_deletes: Option<usize>,
    pub(super) tags: Option<Tree>,
    /// The VPC that `vpc` names, if that is a name, and the place of it.
    pub(super) home: Option<(String, Mark)>,
    /// The VPC that is looked up, if that is no default one.
    pub(super) vpc: Option<String>,
    /// The resources, and the objects of others that the lab uses.
    pub(super) resources: Vec<Declared>,
    pub(super) jobs: Vec<Entry>,
    pub(super) checks: Vec<Entry>,
    pub(super) outputs: Vec<Entry>,
    pub(super) variables: Variables,
}

/// A resource as it is declared.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) kind: &'static dyn AnyKind,
    pub(super) address: Address,
    /// The place of the resource's name.
    pub(super) mark: Mark,
    pub(super) phase: Option<String>,
    /// Whether the resource may never be deleted or replaced; none if the lab doesn't say.
    pub(super) protect: Option<bool>,
    pub(super) tags: Option<Tree>,
    /// The fields whose live values are taken over; none if the lab doesn't say.
    pub(super) ignored: Option<Tree>,
    /// The kind's own fields; none if a file couldn't be read.
    pub(super) body: Option<Tree>,
    /// Fields that the resource's place in the lab gives, unless its section does: the load balancer of a listener.
    pub(super) given: Vec<(&'static str, Value)>,
    /// Fields that AWS sets, which were passed over.
    pub(super) passed: Vec<String>,
}

impl Declared {
    /// Gives a section the fields that follow from the resource's place in the lab.
    pub(super) fn complete(&self, section: &mut Value) {
        for (field, value) in &self.given {
            if section[*field].is_null() {
                section[*field] = value.clone();
            }
        }
    }

    /// The value that the spec gives as the resource's name.
    pub(super) fn raw_name(&self) -> Option<&Tree> {
        let entry = self.body.as_ref()?.get(self.kind.name_rule().field)?;
        Some(&entry.value)
    }
}

impl Outline {
    /// The lab's place, as long as its account isn't known. A head that is wrong must not make more errors below it.
    pub(super) fn place(&self) -> Place {
        let or = |text: &str, stand_in: &str| {
            if text.is_empty() { stand_in.to_owned() } else { text.to_owned() }
        };
        Place {
            lab: or(&self.name, "lab"),
            account: NO_ACCOUNT.to_owned(),
            region: or(&self.region, "eu-west-1"),
            partition: "aws".to_owned(),
            vpc: self.vpc.clone().unwrap_or_else(|| NO_VPC.to_owned()),
        }
    }

    /// Takes a lab apart.
    pub(super) fn of(tree: Tree, includer: &mut Includer<'_>) -> Self {
        let mut outline = Self::default();
        let start = Mark { line: 1, column: 1, length: 1, ..tree.mark };
        let Item::Map(entries) = tree.item else {
            let message = format!("a lab is a map, and this is {}", tree.words());
            includer.faults.push(tree.mark, message, None);
            return outline;
        };
        let has = |key: &str| entries.iter().any(|entry| entry.key == key);
        for (key, example) in [("lab", "ecs-lab"), ("region", "eu-west-1")] {
            if !has(key) {
                let message = format!("missing field `{key}`");
                let hint = format!("add a line such as `{key}: {example}`");
                includer.faults.push(start, message, Some(hint));
            }
        }
        for entry in entries {
            outline.entry(entry, includer);
        }
        outline.complete_schedules(includer.faults);
        outline.add_made(includer.faults);
        outline.check_names(includer.faults);
        outline.place_vpc();
        outline.check_home(includer.faults);
        outline.variables = std::mem::take(&mut includer.variables);
        outline
    }

    fn entry(&mut self, entry: Entry, includer: &mut Includer<'_>) {
        let (value, faults) = (&entry.value, &mut *includer.faults);
        match entry.key.as_str() {
            "lab" => self.name = header(value, faults, lab_name),
            "region" => self.region = header(value, faults, region),
            "accounts" => match &value.item {
                Item::List(items) => {
                    let accounts = items.iter().map(|item| header(item, faults, account));
                    self.accounts = accounts.collect();
                }
                _ => faults.push(value.mark, expected("a list of account numbers", value), None),
            },
            "expires" => self.expires = header(value, faults, expiry).parse().ok(),
            "budget" => self.budget = header(value, faults, budget).parse().ok(),
            "maxDeletes" => self.max_deletes = count(value, faults),
            "tags" => self.tags = Some(entry.value),
            "vpc" => self.read_vpc(&entry, faults),
            "existing" => self.read_existing(entry, faults),
            // They were read before anything else.
            VARIABLES => {}
            "outputs" => self.outputs = entries(entry, faults).unwrap_or_default(),
            "checks" => {
                self.checks = entries(entry, faults).unwrap_or_default();
                self.checks.iter().for_each(|check| local_name(&check.key, check.mark, faults));
            }
            "jobs" => {
                let mut jobs = entries(entry, faults).unwrap_or_default();
                jobs.retain_mut(|job| {
                    local_name(&job.key, job.mark, includer.faults);
                    let is_whole = includer.resource(&mut job.value, &[], &Pasted::PLAIN);
                    self.take_schedule(job, includer);
                    taken::take_job(&mut job.value, &format!("job.{}", job.key), includer.faults);
                    is_whole
                });
                self.jobs = jobs;
            }
            key => match section(key) {
                Some(kind) => match stands_within(key) {
                    Some(nested) => {
                        let hint = format!("{key} stand below their load balancer, in `{}`", nested.outer);
                        faults.push(entry.mark, format!("unknown section `{key}`"), Some(hint));
                    }
                    None => {
                        for resource in entries(entry, faults).unwrap_or_default() {
                            self.resource(kind, resource, None, includer);
                        }
                    }
                },
                None => {
                    let sections = KINDS.iter().map(|kind| kind.section());
                    let is_known =
                        |known: &&str| stands_within(known).is_none() && HEADER.split(' ').all(|word| word != *known);
                    let known = sections.filter(is_known).chain(HEADER.split(' '));
                    let hint = match foreign::advice(key) {
                        Some(advice) => Some(advice.to_owned()),
                        None if faults.is_full() => None,
                        None => suggest(key, known),
                    };
                    faults.push(entry.mark, format!("unknown section `{key}`"), hint);
                }
            },
        }
    }

    /// Takes a resource with those that it holds. `within` is the one that holds it itself.
    fn resource(
        &mut self,
        kind: &'static dyn AnyKind,
        mut entry: Entry,
        within: Option<(&Declared, &Nested)>,
        includer: &mut Includer<'_>,
    ) {
        // A name with a dot may be that of a part of a network, which is known only once all is read.
        if within.is_some() || !entry.key.contains('.') {
            local_name(&entry.key, entry.mark, includer.faults);
        }
        if let Some((outer, _)) = within.filter(|(_, nested)| nested.is_only_place) {
            entry.key = format!("{}.{}", outer.address.name, entry.key);
        }
        let mut declared = self.declare(kind, entry, includer);
        if let Some((outer, nested)) = within {
            declared.phase = declared.phase.or_else(|| outer.phase.clone());
            declared.protect = declared.protect.or(outer.protect);
            declared.given.push((nested.link, outer.address.name.as_str().into()));
            if let Some(field) = declared.body.as_mut().and_then(|body| take(body, nested.link)) {
                let message = format!("`{}` follows from where the {} stands", nested.link, kind.kind());
                includer.faults.push(field.mark, message, Some("leave it out".to_owned()));
            }
        }
        let has_two_places = NESTED.iter().any(|nested| nested.inner == kind.section());
        if has_two_places && self.resources.iter().any(|other| other.address == declared.address) {
            let hint = "names are those of the whole lab: give one of them another".to_owned();
            includer.faults.push(declared.mark, format!("{} stands here twice", declared.address), Some(hint));
            return;
        }
        let at = self.resources.len();
        self.resources.push(declared.clone());
        for nested in NESTED.iter().filter(|nested| nested.outer == kind.section()) {
            let held = self.resources[at].body.as_mut().and_then(|body| take(body, nested.field));
            let inner = section(nested.inner).expect("the table of kinds holds what is nested");
            for entry in held.and_then(|held| entries(held, includer.faults)).unwrap_or_default() {
                self.resource(inner, entry, Some((&declared, nested)), includer);
            }
        }
    }

    pub(super) fn declare(&self, kind: &'static dyn AnyKind, entry: Entry, includer: &mut Includer<'_>) -> Declared {
        let mut body = entry.value;
        let mut complete = includer.resource(&mut body, kind.fields(), kind.pasted());
        let address = Address::new(kind.kind(), entry.key);
        let passed = taken::take(kind, &mut body, &address.to_string(), includer.faults);
        if matches!(body.item, Item::Null) {
            body.item = Item::Map(Vec::new());
        }
        if !matches!(body.item, Item::Map(_)) {
            includer.faults.push(body.mark, expected("a map of fields", &body), None);
            complete = false;
        }
        let phase = take(&mut body, "phase")
            .map(|phase| header(&phase.value, includer.faults, phase_name))
            .filter(|phase| !phase.is_empty());
        let protect = take(&mut body, "protect").and_then(|protect| flag(&protect.value, includer.faults));
        Declared {
            kind,
            address,
            mark: entry.mark,
            phase,
            protect,
            tags: take(&mut body, "tags").map(|tags| tags.value),
            ignored: take(&mut body, "ignoreChanges").map(|ignored| ignored.value),
            body: complete.then_some(body),
            given: Vec::new(),
            passed,
        }
    }
}

pub(super) fn take(tree: &mut Tree, key: &str) -> Option<Entry> {
    let Item::Map(entries) = &mut tree.item else {
        return None;
    };
    let at = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(at))
}

pub(super) fn entries(entry: Entry, faults: &mut Faults) -> Option<Vec<Entry>> {
    match entry.value.item {
        Item::Map(entries) => Some(entries),
        Item::Null => None,
        _ => {
            let words = format!("a map of names below `{}`", entry.key);
            faults.push(entry.value.mark, expected(&words, &entry.value), None);
            None
        }
    }
}

/// Reads a text that `problem` finds nothing wrong with; an empty one if it does.
fn header(value: &Tree, faults: &mut Faults, problem: fn(&str) -> Option<(String, String)>) -> String {
    let Some(text) = value.text() else {
        let hint = match &value.item {
            // What is wrong in quotes, too, needs more than these.
            Item::Number(number) => problem(&number.to_string()).map(|(_, hint)| hint).or(Some(QUOTES.to_owned())),
            Item::Bool(_) => Some(QUOTES.to_owned()),
            _ => None,
        };
        faults.push(value.mark, expected("a text", value), hint);
        return String::new();
    };
    match problem(text) {
        Some((message, hint)) => {
            faults.push(value.mark, message, Some(hint));
            String::new()
        }
        None => text.to_owned(),
    }
}

fn flag(value: &Tree, faults: &mut Faults) -> Option<bool> {
    match &value.item {
        Item::Bool(flag) => return Some(*flag),
        Item::Text(text) if ["True", "TRUE"].contains(&text.as_str()) => return Some(true),
        Item::Text(text) if ["False", "FALSE"].contains(&text.as_str()) => return Some(false),
        _ => {}
    }
    let hint = "write `true` or `false`, without quotes".to_owned();
    faults.push(value.mark, expected("a boolean", value), Some(hint));
    None
}

fn count(value: &Tree, faults: &mut Faults) -> Option<usize> {
    let number = match &value.item {
        Item::Number(number) => number.as_u64(),
        _ => None,
    };
    if number.is_none() {
        let hint = "write digits only, without quotes".to_owned();
        faults.push(value.mark, expected("a whole number", value), Some(hint));
    }
    number.and_then(|number| usize::try_from(number).ok())
}

pub(super) fn expected(wanted: &str, found: &Tree) -> String {
    format!("expected {wanted}, found {}", found.words())
}
