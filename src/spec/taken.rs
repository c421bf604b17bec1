//! The spec as AWS would take it: its own descriptions, empty words, Python's booleans.
//!
//! Knows: the shape of each kind, and what AWS says beside it. Must not know: any kind in particular.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Number, Value};

use super::errors::{Faults, Mark};
use super::job::{JOB, Job};
use super::tree::{Entry, Item, Tree};
use crate::cloud::Case;
use crate::model::canonical;
use crate::resource::{AnyKind, Pasted};
use crate::resources::KINDS;

/// The shapes of the kinds, by their words: each is made once a lab has something of its kind.
static SHAPES: LazyLock<BTreeMap<&str, OnceLock<Value>>> = LazyLock::new(|| {
    let words = KINDS.iter().map(|kind| kind.kind()).chain([JOB]);
    words.map(|word| (word, OnceLock::new())).collect()
});

/// The shape of the kind of this word, as `made` by a generator of schemas.
fn shape(word: &str, made: impl FnOnce(&mut SchemaGenerator) -> Schema) -> &'static Value {
    SHAPES[word].get_or_init(|| {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        made(&mut settings.into_generator()).to_value()
    })
}

/// What stands in an answer of AWS's beside a description.
const BESIDE: [&str; 3] = ["ResponseMetadata", "failures", "nextToken"];

/// Takes a description out of the answer that `tree` is, if it is one. Tags that stand beside it are its own.
pub(super) fn unwrap(tree: &mut Tree, pasted: &Pasted) {
    let Item::Map(entries) = &mut tree.item else { return };
    let Some(at) = entries.iter().position(|entry| pasted.around.contains(&Case::Pascal.field(&entry.key).as_str()))
    else {
        return;
    };
    let mut inner = match &mut entries[at].value.item {
        Item::Map(inner) => std::mem::take(inner),
        Item::List(items) => match &mut items[..] {
            [Tree { item: Item::Map(inner), .. }] => std::mem::take(inner),
            _ => return,
        },
        _ => return,
    };
    entries.remove(at);
    entries.retain(|entry| !BESIDE.contains(&entry.key.as_str()));
    inner.retain(|entry| entries.iter().all(|outer| outer.key != entry.key));
    entries.append(&mut inner);
}

/// The kind's section `body` as the kind reads it. Returns the fields that were passed over because AWS sets them.
pub(super) fn take(kind: &dyn AnyKind, body: &mut Tree, label: &str, faults: &mut Faults) -> Vec<String> {
    let mut taking = Taking { pasted: kind.pasted(), label, faults, passed: Vec::new() };
    taking.parts(body, shape(kind.kind(), |generator| kind.schema(generator)), "");
    taking.passed
}

/// A job's section as the job reads it.
pub(super) fn take_job(body: &mut Tree, label: &str, faults: &mut Faults) {
    static PASTED: Pasted = Pasted { is_loose: true, ..Pasted::PLAIN };
    let mut taking = Taking { pasted: &PASTED, label, faults, passed: Vec::new() };
    taking.parts(body, shape(JOB, SchemaGenerator::subschema_for::<Job>), "");
}

struct Taking<'a> {
    pasted: &'static Pasted,
    label: &'a str,
    faults: &'a mut Faults,
    passed: Vec<String>,
}

impl Taking<'_> {
    fn parts(&mut self, tree: &mut Tree, shape: &Value, path: &str) {
        match &mut tree.item {
            Item::Map(entries) => {
                if let Some(shape) = faces(shape).into_iter().find(|face| face["properties"].is_object()) {
                    rename(entries, shape, path, self.pasted);
                    entries.retain_mut(|entry| self.takes(entry, shape, path));
                }
            }
            Item::List(items) => {
                if let Some(shape) = faces(shape).into_iter().find(|face| face["items"].is_object()) {
                    let path = format!("{path}[]");
                    items.iter_mut().for_each(|item| self.parts(item, &shape["items"], &path));
                }
            }
            _ => {}
        }
    }

    /// Brings an entry of a map into the words of its kind. Returns whether it says anything that the kind reads.
    fn takes(&mut self, entry: &mut Entry, shape: &Value, path: &str) -> bool {
        let key = entry.key.as_str();
        let place = below(path, key);
        // An id of AWS's is told, where lab.yaml has a name.
        if self.pasted.told.contains(&place.as_str()) && entry.value.text().is_some_and(is_id) {
            self.passed.push(place);
            return false;
        }
        if let Some(part) = shape["properties"].get(key) {
            let mut required = shape["required"].as_array().into_iter().flatten();
            let is_required = required.any(|field| field == key);
            let is_value = key == "value";
            scalar(&mut entry.value, part, self.pasted.is_loose && !is_value && !is_required);
            self.parts(&mut entry.value, part, &place);
            if self.pasted.is_loose && is_empty(&entry.value) {
                entry.value.item = Item::Null;
            }
            return is_required || !matches!(entry.value.item, Item::Null);
        }
        if self.pasted.told.contains(&place.as_str()) {
            self.passed.push(place);
            return false;
        }
        let Some((_, nothing)) = self.pasted.beyond.iter().find(|(field, _)| *field == place) else { return true };
        let asked = value(&entry.value);
        if !says_nothing(&asked) && canonical(&asked) != *nothing {
            self.refuse(entry.mark, &place);
        }
        false
    }

    fn refuse(&mut self, mark: Mark, place: &str) {
        let message = format!("labform doesn't manage `{}` yet", place.replace("[]", ""));
        let hint = "leave it out here, and set it in the console or with the AWS CLI: labform leaves alone what lab.yaml \
                    doesn't say";
        self.faults.add(mark, Some(self.label), message, Some(hint.to_owned()));
    }
}

/// Gives fields that are written as in `GroupName` or `ARN` the names that labform has for them: Amazon EC2, IAM and others
/// answer so.
fn rename(entries: &mut [Entry], shape: &Value, path: &str, pasted: &Pasted) {
    for at in 0..entries.len() {
        let lower = Case::Pascal.field(&entries[at].key);
        let place = below(path, &lower);
        let is_known = shape["properties"].get(&lower).is_some()
            || pasted.told.contains(&place.as_str())
            || pasted.beyond.iter().any(|(field, _)| *field == place)
            || path.is_empty() && lower == "tags";
        if is_known && entries.iter().all(|entry| entry.key != lower) {
            entries[at].key = lower;
        }
    }
}

fn scalar(tree: &mut Tree, shape: &Value, is_loose: bool) {
    let Item::Text(text) = &tree.item else { return };
    let faces = faces(shape);
    let is = |word: &str| {
        let is_word = |face: &&Value| {
            face["type"] == word || face["type"].as_array().is_some_and(|all| all.contains(&word.into()))
        };
        faces.iter().any(is_word)
    };
    let is_enum = faces.iter().any(|face| face["enum"].is_array() || !face["const"].is_null());
    let item = match text.as_str() {
        "" if is_enum || is_loose => Item::Null,
        "True" | "TRUE" if is("boolean") && !is("string") => Item::Bool(true),
        "False" | "FALSE" if is("boolean") && !is("string") => Item::Bool(false),
        digits if is_loose && is("integer") && !is("string") => match digits.parse::<i64>() {
            Ok(number) => Item::Number(Number::from(number)),
            Err(_) => return,
        },
        _ => return,
    };
    tree.item = item;
}

/// Returns whether a text is an id that AWS made up, as in `vpc-0a1b2c3d`.
fn is_id(text: &str) -> bool {
    let digits = text.rsplit_once('-').map_or("", |(_, digits)| digits);
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The shapes that a value may have.
fn faces(shape: &Value) -> Vec<&Value> {
    let choices = ["anyOf", "oneOf"].into_iter().filter_map(|key| shape[key].as_array()).flatten();
    [shape].into_iter().chain(choices.flat_map(faces)).collect()
}

/// Returns whether a map has fields, and all of them are empty texts.
fn is_empty(tree: &Tree) -> bool {
    matches!(&tree.item, Item::Map(entries) if !entries.is_empty() && entries.iter().all(|one| one.value.text() == Some("")))
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Returns whether a value asks for nothing: it is empty, off or zero, or all its parts are.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Bool(true) => false,
    }
}

/// What a tree says, as a document.
pub(super) fn value(tree: &Tree) -> Value {
    match &tree.item {
        Item::Null => Value::Null,
        Item::Bool(value) => Value::Bool(*value),
        Item::Number(number) => Value::Number(number.clone()),
        Item::Text(text) => Value::String(text.clone()),
        Item::List(items) => items.iter().map(value).collect(),
        Item::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), value(&entry.value))).collect(),
    }
}
