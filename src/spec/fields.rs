//! The way from a tree to a typed section: interpolation, then serde, with every error at its place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::errors::{Faults, Mark};
use super::template::{Document, Scope};
use super::tree::{Item, Step, Tree};
use super::words::{What, Words};
use crate::model::Address;
use crate::resource::{PathError, Problem};

/// The most fields of one resource that are looked at again after one was wrong.
const TRIES: usize = 20;

/// A part of the lab that belongs to one resource or job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    /// The name by which errors call the part, as in `service.web`.
    pub(super) label: &'a str,
    /// The place of the part's name.
    pub(super) mark: Mark,
    /// The part's fields.
    pub(super) tree: &'a Tree,
}

impl Part<'_> {
    /// Notes a fault of this part.
    pub(super) fn fault(&self, faults: &mut Faults, mark: Mark, message: impl Into<String>, hint: Option<String>) {
        faults.add(mark, Some(self.label), message, hint);
    }

    /// Notes a problem of this part, at the place that it names.
    pub(super) fn problem(&self, faults: &mut Faults, problem: Problem) {
        faults.problem(self.mark_of(&problem.path), Some(self.label), problem);
    }

    /// The places of the key and of the value at `path`, or of the last part on the way that there is.
    fn marks(&self, path: &str) -> (Mark, Mark) {
        match self.tree.steps(path) {
            (steps, "") if !steps.is_empty() => marks(steps[steps.len() - 1]),
            (steps, _) => {
                let key = steps.last().map_or(self.mark, |step| marks(*step).0);
                (key, key)
            }
        }
    }

    /// The place of a value, or of its key if the value is long.
    pub(super) fn mark_of(&self, path: &str) -> Mark {
        let (key, value) = self.marks(path);
        if value.length > 0 && value.line == key.line { value } else { key }
    }

    /// The fields as a document, with `${…}` filled as far as it is known without AWS.
    pub(super) fn document(
        &self,
        scope: Scope<'_>,
        own: Option<&Address>,
        refs: &mut BTreeSet<Address>,
        faults: &mut Faults,
    ) -> Document {
        let mut filling = Filling { part: self, scope, own, refs, faults, document: Document::default() };
        let value = filling.value(self.tree, &mut String::new());
        Document { value, ..filling.document }
    }

    /// Reads a document that is so short that one fault in it is enough.
    pub(super) fn read_once<T>(
        &self,
        value: &Value,
        faults: &mut Faults,
        parse: impl Fn(&Value) -> Result<T, PathError>,
    ) -> Option<T> {
        let PathError { path, message } = match parse(value) {
            Ok(spec) => return Some(spec),
            Err(error) => error,
        };
        let words = Words::of(&message);
        let mark = if words.what == What::Other { self.mark_of(&path) } else { self.marks(&path).0 };
        self.fault(faults, mark, words.message, words.hint);
        None
    }

    /// Reads a document, as often as it takes to find all that is wrong in it: a wrong field is noted and left out of
    /// the next attempt.
    pub(super) fn read<T>(
        &self,
        value: &Value,
        faults: &mut Faults,
        parse: impl Fn(&Value) -> Result<T, PathError>,
    ) -> Option<T> {
        let mut error = match parse(value) {
            Ok(spec) => return Some(spec),
            Err(error) => error,
        };
        if faults.is_full() {
            let mark = self.mark_of(&error.path);
            self.fault(faults, mark, error.message, None);
            return None;
        }
        let mut value = value.clone();
        // Fields that must not be said to be missing, because they stand there, wrong or misspelled.
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        let mut is_whole = true;
        let mut left_out = LeftOut::default();
        for _ in 0..TRIES {
            error.path = left_out.in_tree(&error.path);
            let words = Words::of(&error.message);
            let (key, _) = self.marks(&error.path);
            let (parent, field) = split(&error.path);
            match words.what {
                What::Unknown { near } => {
                    self.fault(faults, key, words.message, words.hint);
                    known.extend(near.map(|near| (parent, near)));
                }
                What::Missing { field: missing } => {
                    is_whole = false;
                    if !known.contains(&(error.path.clone(), missing)) {
                        self.fault(faults, key, words.message, words.hint);
                    }
                    known.insert((parent, field));
                }
                What::Other => {
                    is_whole = false;
                    let mark = self.mark_of(&error.path);
                    self.fault(faults, mark, words.message, words.hint);
                    known.insert((parent, field));
                }
            }
            left_out.remove(&mut value, self.tree, &error.path)?;
            match parse(&value) {
                // Without its unknown fields it is still what the user meant; without others it isn't.
                Ok(spec) => return is_whole.then_some(spec),
                Err(next) => error = next,
            }
        }
        None
    }
}

struct Filling<'a> {
    part: &'a Part<'a>,
    scope: Scope<'a>,
    own: Option<&'a Address>,
    refs: &'a mut BTreeSet<Address>,
    faults: &'a mut Faults,
    document: Document,
}

impl Filling<'_> {
    fn value(&mut self, tree: &Tree, pointer: &mut String) -> Value {
        match &tree.item {
            Item::Null => Value::Null,
            Item::Bool(value) => Value::Bool(*value),
            Item::Number(value) => Value::Number(value.clone()),
            Item::Text(text) => Value::String(self.text(text, tree.mark, pointer)),
            Item::List(items) => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| self.below(&index.to_string(), item, pointer)).collect()
            }
            Item::Map(entries) => {
                let entries = entries.iter().map(|entry| {
                    let value = self.below(&entry.key, &entry.value, pointer);
                    (entry.key.clone(), value)
                });
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }

    fn below(&mut self, step: &str, tree: &Tree, pointer: &mut String) -> Value {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        let value = self.value(tree, pointer);
        pointer.truncate(length);
        value
    }

    fn text(&mut self, text: &str, mark: Mark, pointer: &str) -> String {
        if !text.contains("${") || self.faults.is_full() {
            return text.to_owned();
        }
        match self.scope.read(text, self.own, self.refs) {
            Ok(template) => {
                let marked = template.marked();
                if template.is_open() {
                    self.document.holes.push((pointer.to_owned(), template));
                }
                marked
            }
            Err((message, hint)) => {
                self.part.fault(self.faults, mark, message, hint);
                text.to_owned()
            }
        }
    }
}

fn marks(step: Step<'_>) -> (Mark, Mark) {
    match step {
        Step::Key(entry) => (entry.mark, entry.value.mark),
        Step::Item(_, item) => (item.mark, item.mark),
    }
}

/// The items of lists that were left out, by the list's path: what is read then counts without them.
#[derive(Default)]
struct LeftOut(BTreeMap<String, BTreeSet<usize>>);

impl LeftOut {
    /// The path as the tree has it, of a path as what was read has it.
    fn in_tree(&self, path: &str) -> String {
        let mut told = String::new();
        for part in path.split_inclusive(']') {
            let item = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
            let Some((before, Ok(mut index))) = item.map(|(before, index)| (before, index.parse::<usize>())) else {
                told.push_str(part);
                continue;
            };
            told.push_str(before);
            for gone in self.0.get(&told).into_iter().flatten() {
                index += usize::from(*gone <= index);
            }
            told.push_str(&format!("[{index}]"));
        }
        told
    }

    /// The index in what is read of an item that the tree has at `index`.
    fn index(&self, list: &str, index: usize) -> usize {
        index - self.0.get(list).map_or(0, |gone| gone.range(..index).count())
    }

    /// Takes the field or the item at `path` out of `value`, which was made of `tree`; nothing if it isn't there.
    fn remove(&mut self, value: &mut Value, tree: &Tree, path: &str) -> Option<Value> {
        let (mut steps, rest) = tree.steps(path);
        let last = steps.pop().filter(|_| rest.is_empty())?;
        let (mut at, mut place) = (value, String::new());
        for step in steps {
            at = match step {
                Step::Key(entry) => {
                    let dot = if place.is_empty() { "" } else { "." };
                    place = format!("{place}{dot}{}", entry.key);
                    at.get_mut(&entry.key)?
                }
                Step::Item(index, _) => {
                    let own = self.index(&place, index);
                    place = format!("{place}[{index}]");
                    at.get_mut(own)?
                }
            };
        }
        match last {
            Step::Key(entry) => at.as_object_mut()?.remove(&entry.key),
            Step::Item(index, _) => {
                let (own, items) = (self.index(&place, index), at.as_array_mut()?);
                self.0.entry(place).or_default().insert(index);
                (own < items.len()).then(|| items.remove(own))
            }
        }
    }
}

/// The path of what holds the field at `path`, and the field's name; of the list if `path` ends in an item.
fn split(path: &str) -> (String, String) {
    let mut path = path;
    while let Some(list) = path.strip_suffix(']').and_then(|path| path.rsplit_once('[')) {
        path = list.0;
    }
    let (parent, field) = path.rsplit_once('.').unwrap_or(("", path));
    (parent.to_owned(), field.to_owned())
}
