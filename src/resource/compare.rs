//! The one comparison of what a spec asks for with what is live: documents, by a table of fields.
//!
//! Knows: which parts of a document are compared, what of them means the same, and what a change of each takes. Must not
//! know: any kind in particular, AWS clients.

mod narrow;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Diff, Effect, HIDDEN, HIDDEN_CHANGED, PolicyDocument, Shape, canonical};
use narrow::narrowed;
pub(super) use narrow::overlaid;

/// A field of a kind's document, in AWS's words: one that is compared, or a part of one about which there is more to say.
///
/// Paths are dotted; `[]` stands for every entry of a list, and the empty path for the whole document.
///
/// ```
/// # use labform::resource::{Field, part, replace, update};
/// const FIELDS: &[Field] = &[
///     update("description").default(r#""""#),
///     update("networkConfiguration"),
///     part("networkConfiguration.subnets").unordered(),
///     replace("port"),
/// ];
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The field's path.
    pub path: &'static str,
    /// The change that a difference takes; none for a part, which takes that of its field.
    pub effect: Option<Effect>,
    /// Whether its value may be given from outside of lab.yaml: `{ file: db.secret }` is no document then.
    pub is_given: bool,
    default: Option<&'static str>,
    pub(super) is_unordered: bool,
    pub(super) key: Option<&'static str>,
    strays: Option<&'static str>,
    shape: Shape,
    normal: Option<fn(&Value) -> Value>,
    alike: Option<fn(&Value) -> Value>,
    is_secret: bool,
    /// Whether it is changed in place away from its default only.
    pub is_one_way: bool,
    rebuilds: fn(Option<&Value>, Option<&Value>) -> bool,
}

/// A field that AWS changes in place.
pub const fn update(path: &'static str) -> Field {
    Field { effect: Some(Effect::Update), ..part(path) }
}

/// A field that AWS can't change: the object has to be replaced.
pub const fn replace(path: &'static str) -> Field {
    Field { effect: Some(Effect::Replace), ..part(path) }
}

/// A part of a field.
pub const fn part(path: &'static str) -> Field {
    Field {
        path,
        effect: None,
        is_given: false,
        default: None,
        is_unordered: false,
        key: None,
        strays: None,
        shape: Shape::Value,
        normal: None,
        alike: None,
        is_secret: false,
        is_one_way: false,
        rebuilds: |_, _| false,
    }
}

impl Field {
    /// Lets `json` mean the same as nothing at all.
    pub const fn default(self, json: &'static str) -> Self {
        Self { default: Some(json), ..self }
    }

    /// Lets the order of the list mean nothing.
    pub const fn unordered(self) -> Self {
        Self { is_unordered: true, ..self }
    }

    /// Tells the entries of the list apart by the field `key`, and compares each by itself: as its other field if it
    /// has one besides the key.
    pub const fn keyed(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Lets live entries of the keyed list that the spec doesn't name go, which a plan shows in these words.
    pub const fn whole(self, words: &'static str) -> Self {
        Self { strays: Some(words), ..self }
    }

    /// Takes the field for an IAM policy, equal to all that IAM would treat alike, and shown as a diff of documents.
    pub const fn policy(self) -> Self {
        let field = self.document(|policy| PolicyDocument(policy.clone()).normal());
        Self { alike: Some(|policy| PolicyDocument(policy.clone()).alike()), ..field }
    }

    /// Takes the field for a document of its own, compared and shown in the form that `normal` gives it, as a diff.
    pub const fn document(self, normal: fn(&Value) -> Value) -> Self {
        Self { shape: Shape::Document, ..self.normal(normal) }
    }

    /// Compares and shows the field in the form that `normal` gives it.
    pub const fn normal(self, normal: fn(&Value) -> Value) -> Self {
        Self { normal: Some(normal), ..self }
    }

    /// Shows the field as it is, and compares it in the form that `alike` gives it.
    pub const fn alike(self, alike: fn(&Value) -> Value) -> Self {
        Self { alike: Some(alike), ..self }
    }

    /// Has AWS change the field away from its default only: to bring it back, the object is replaced.
    pub const fn one_way(self) -> Self {
        Self { is_one_way: true, rebuilds: |_, want| want.is_none(), ..self }
    }

    /// Has AWS change the field only where there is something before and after: else the object is replaced.
    pub const fn from_birth(self) -> Self {
        Self { rebuilds: |have, want| have.is_none() || want.is_none(), ..self }
    }

    /// Takes the field's value from outside of lab.yaml, which a `{ file: db.secret }` in it then means.
    pub const fn given(self) -> Self {
        Self { is_given: true, ..self }
    }

    /// Never shows the field's value.
    pub const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Returns whether the field is a document of its own.
    pub(super) fn is_document(&self) -> bool {
        self.shape == Shape::Document
    }

    /// The value that means the same as nothing; null if none does.
    pub fn default_value(&self) -> Value {
        self.default.map_or(Value::Null, |json| serde_json::from_str(json).expect("the table holds JSON"))
    }

    /// Returns whether a value is the one that means the same as none.
    pub(super) fn means_nothing(&self, value: &Value) -> bool {
        self.default.is_some() && *value == self.default_value()
    }

    /// The form of a value that is shown.
    fn shown(&self, value: Value) -> Value {
        match value {
            Value::Null => Value::Null,
            _ if self.is_secret => HIDDEN.into(),
            // AWS lists what has no order as it likes, and one plan is to read as another.
            Value::Array(mut items) if self.is_unordered && self.normal.is_none() => {
                items.sort_by_cached_key(canonical);
                Value::Array(items)
            }
            value => self.normal.map_or_else(|| value.clone(), |normal| normal(&value)),
        }
    }
}

/// A section of the spec as a document, without the fields that it leaves out.
pub fn document(section: &impl Serialize) -> Value {
    without_nulls(serde_json::to_value(section).expect("a section has string keys"))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let given = fields.into_iter().filter(|(_, value)| !value.is_null());
            given.map(|(key, value)| (key, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        leaf => leaf,
    }
}

/// Returns the differences between the live document `have` and the wanted one, field by field in the order of the
/// table. A field that `want` leaves out isn't compared.
pub fn diff(fields: &[Field], have: &Value, want: &Value) -> Diff {
    let mut comparison = Comparison { fields, diff: Diff::default() };
    for field in fields {
        if let Some(effect) = field.effect {
            comparison.value(field, effect, field.path, at(have, field.path), at(want, field.path));
        }
    }
    comparison.diff
}

/// Returns the fields that an update has to send to close `diff`. Each goes whole, because AWS takes a part that is
/// left out for one that is to be reset; the parts that `want` leaves out go as they are.
pub fn changes(fields: &[Field], diff: &Diff, have: &Value, want: &Value) -> Map<String, Value> {
    let names = fields.iter().filter(|field| field.effect.is_some() && diff.touches(field.path));
    let names: BTreeSet<&str> = names.filter_map(|field| field.path.split('.').next()).collect();
    let given = names.into_iter().filter_map(|name| Some((name, want.get(name)?.clone())));
    given.map(|(name, want)| (name.to_owned(), overlaid(&have[name], want))).collect()
}

/// `value` without the fields that `schema` doesn't name.
pub fn known(value: &Value, schema: &Value) -> Value {
    match (value, &schema["properties"], &schema["items"]) {
        (Value::Object(map), Value::Object(fields), _) => {
            map.iter().filter_map(|(key, value)| Some((key.clone(), known(value, fields.get(key)?)))).collect()
        }
        (Value::Array(items), _, item) => items.iter().map(|value| known(value, item)).collect(),
        _ => value.clone(),
    }
}

/// Returns the normal form of a value: without defaults and empty parts, and in a fixed order if order means nothing;
/// none if nothing is left. The normal form of a normal form is itself.
pub fn settled(fields: &[Field], path: &str, value: Value) -> Option<Value> {
    let rule = fields.iter().find(|field| field.path == path);
    if let Some(alike) = rule.and_then(|rule| rule.alike) {
        return Some(alike(&value));
    }
    let value = match value {
        Value::Null => return None,
        Value::Object(map) => map
            .into_iter()
            .filter_map(|(key, value)| Some((key.clone(), settled(fields, &below(path, &key), value)?)))
            .collect(),
        Value::Array(items) => {
            let item = format!("{path}[]");
            let mut items: Vec<Value> = items.into_iter().filter_map(|value| settled(fields, &item, value)).collect();
            if rule.is_some_and(|rule| rule.is_unordered) {
                items.sort_by_cached_key(|item| (item["name"].to_string(), canonical(item)));
            }
            Value::Array(items)
        }
        leaf => leaf,
    };
    let is_empty = value == Value::Array(Vec::new()) || value == Value::Object(Map::new());
    let is_default = rule.and_then(|rule| rule.default).is_some_and(|default| canonical(&value) == default);
    (!is_empty && !is_default).then_some(value)
}

/// The part of a document at a path; null if there is none.
fn at<'a>(document: &'a Value, path: &str) -> &'a Value {
    path.split('.').filter(|step| !step.is_empty()).fold(document, |value, step| &value[step])
}

pub(super) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

struct Comparison<'a> {
    fields: &'a [Field],
    diff: Diff,
}

impl Comparison<'_> {
    fn value(&mut self, rule: &Field, effect: Effect, path: &str, have: &Value, want: &Value) {
        match (want, rule.key) {
            (Value::Null, _) => {}
            (Value::Object(parts), _) if rule.normal.is_none() => {
                for (key, want) in parts {
                    let path = below(path, key);
                    let known = self.fields.iter().find(|field| field.path == path);
                    self.value(known.unwrap_or(&part("")), effect, &path, &have[key], want);
                }
            }
            (Value::Array(entries), Some(key)) => self.entries(rule, effect, (path, key), have, entries),
            _ => self.leaf(rule, effect, path, have, want),
        }
    }

    fn entries(&mut self, rule: &Field, effect: Effect, list: (&str, &str), have: &Value, want: &[Value]) {
        let (path, key) = list;
        let rule = &Field { key: None, ..*rule };
        let have = have.as_array().map(Vec::as_slice).unwrap_or_default();
        let find = |entries: &[Value], name: &Value| entries.iter().find(|entry| entry[key] == *name).cloned();
        for entry in want {
            let path = below(path, entry[key].as_str().unwrap_or_default());
            let live = find(have, &entry[key]).unwrap_or_default();
            let mut others = entry.as_object().into_iter().flatten().filter(|(field, _)| *field != key);
            match (others.next(), others.next()) {
                (Some((field, want)), None) => self.value(rule, effect, &path, &live[field], want),
                _ => self.value(rule, effect, &path, &live, entry),
            }
        }
        for stray in have.iter().filter(|entry| find(want, &entry[key]).is_none()) {
            if let Some(words) = rule.strays {
                let path = below(path, stray[key].as_str().unwrap_or_default());
                self.diff.push(path, words.into(), Value::Null, effect, Shape::Value);
            }
        }
    }

    fn leaf(&mut self, rule: &Field, effect: Effect, path: &str, have: &Value, want: &Value) {
        let have = if have.is_null() { rule.default_value() } else { narrowed(have, &[want]) };
        let same = |value: &Value| match (rule.alike, rule.normal) {
            (Some(alike), _) => Some(alike(value)),
            (None, Some(normal)) if !value.is_null() => Some(normal(value)),
            _ => settled(self.fields, path, value.clone()),
        };
        let (have_same, want_same) = (same(&have), same(want));
        if have_same != want_same {
            let effect = if (rule.rebuilds)(have_same.as_ref(), want_same.as_ref()) { Effect::Replace } else { effect };
            let is_hidden = rule.is_secret && !have.is_null();
            let want = if is_hidden { HIDDEN_CHANGED.into() } else { rule.shown(want.clone()) };
            self.diff.push(path, rule.shown(have), want, effect, rule.shape);
        }
    }
}

#[cfg(test)]
mod tests;
