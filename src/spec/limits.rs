//! What an editor is told of values beyond their types: which names, numbers, words and lengths AWS takes.
//!
//! All of it follows from the rules that `validate` asks, but for the numbers below, which stand alone.

use std::collections::BTreeMap;

use labform_account::rules::{Limit, RETENTIONS};
use serde_json::{Map, Value, json};

use crate::resource::NameRule;

/// The least and the greatest number of fields, wherever they stand: AWS's own ("Request parameters" of the operation that
/// takes the field).
const NUMBERS: [(&str, i64, i64); 8] = [
    ("containerPort", 1, 65_535),
    ("desiredCount", 0, 2_147_483_647),
    ("fromPort", -1, 65_535),
    ("healthCheckGracePeriodSeconds", 0, 2_147_483_647),
    ("hostPort", 0, 65_535),
    ("maxSessionDuration", 3_600, 43_200),
    ("port", 1, 65_535),
    ("toPort", -1, 65_535),
];

/// The limits of single values, by their places in the definitions.
#[derive(Default)]
pub(super) struct Limits(BTreeMap<String, Limit>);

impl Limits {
    /// Notes what is asked of the value at `path` in what `schema` refers to. A definition may serve two kinds, of which
    /// each is to be taken.
    pub(super) fn add(&mut self, schema: &Value, path: &str, limit: Limit, definitions: &Map<String, Value>) {
        let Some(place) = place(schema, path, definitions) else { return };
        let wider = match (self.0.remove(&place), limit) {
            (Some(Limit::Between(least, most)), Limit::Between(from, to)) => {
                Limit::Between(least.min(from), most.max(to))
            }
            (Some(Limit::OneOf(words)), Limit::OneOf(more)) => Limit::OneOf([words, more].concat()),
            (Some(Limit::UpTo(most)), Limit::UpTo(other)) => Limit::UpTo(most.max(other)),
            (_, limit) => limit,
        };
        self.0.insert(place, wider);
    }

    /// Narrows the values in the definitions. What `${…}` will be isn't known to an editor.
    pub(super) fn narrow(self, definitions: &mut Map<String, Value>) {
        let mut whole = Value::Object(std::mem::take(definitions));
        for (place, limit) in self.0 {
            let value = whole.pointer_mut(&place).expect("the place was found in it");
            match limit {
                Limit::Between(from, to) => range(value, from, to),
                Limit::OneOf(words) => {
                    value["examples"] = words.clone().into();
                    let words: Vec<String> = words.iter().map(|word| literal(word)).collect();
                    value["pattern"] = format!("^(?:{}|.*\\$\\{{.*)?$", words.join("|")).into();
                }
                Limit::From(least) => value["minItems"] = least.into(),
                Limit::UpTo(most) => value["maxItems"] = most.into(),
            }
        }
        if let Value::Object(fields) = whole {
            *definitions = fields;
        }
    }
}

fn range(value: &mut Value, from: i64, to: i64) {
    value["minimum"] = from.into();
    if to < i64::MAX {
        value["maximum"] = to.into();
    }
}

/// The pointer to the value at `path` within what `schema` refers to, in which `[]` stands for the items of a list; none if
/// that is a definition of its own, which tells its words by itself.
fn place(schema: &Value, path: &str, definitions: &Map<String, Value>) -> Option<String> {
    let mut place = String::new();
    let mut here = schema;
    for step in path.split('.').flat_map(|step| {
        let (name, items) = step.strip_suffix("[]").map_or((step, None), |name| (name, Some("items")));
        [Some(name), items].into_iter().flatten()
    }) {
        (place, here) = enter(place, here, definitions)?;
        let next = if here["type"].to_string().contains("array") {
            "/items".to_owned()
        } else {
            format!("/properties/{step}")
        };
        here = here.pointer(&next)?;
        place += &next;
    }
    (!place.is_empty() && here.get("$ref").is_none() && here.get("anyOf").is_none()).then_some(place)
}

/// Goes on from `here` to what it refers to.
fn enter<'a>(place: String, here: &'a Value, definitions: &'a Map<String, Value>) -> Option<(String, &'a Value)> {
    let one = here["anyOf"].as_array().and_then(|any| any.iter().find(|one| one.get("$ref").is_some()));
    match one.unwrap_or(here)["$ref"].as_str() {
        Some(reference) => {
            let name = reference.strip_prefix("#/$defs/")?;
            Some((format!("/{name}"), definitions.get(name)?))
        }
        None => Some((place, here)),
    }
}

/// Narrows the numbers in all definitions.
pub(super) fn numbers(definitions: &mut Map<String, Value>) {
    for definition in definitions.values_mut() {
        let fields = definition.get_mut("properties").and_then(Value::as_object_mut);
        for (name, field) in fields.into_iter().flatten() {
            if let Some((_, least, most)) = NUMBERS.iter().find(|(known, ..)| known == name) {
                range(field, *least, *most);
            }
            if name == "retentionInDays" {
                let days = RETENTIONS.iter().map(|days| json!(days));
                field["enum"] = days.chain([json!(0), Value::Null]).collect();
            }
        }
    }
}

/// Narrows the field that gives a kind's name, if that is a text.
pub(super) fn name(rule: &NameRule, fields: &mut Map<String, Value>) {
    let Some(field) = fields.get_mut(rule.field).filter(|field| field["type"].to_string().contains("string")) else {
        return;
    };
    let root = if rule.is_path { "/" } else { "" };
    let class = |around: fn(char) -> String| {
        let allowed = |sign: &char| (rule.is_valid)(&format!("{root}{}", around(*sign)));
        (' '..='~').filter(allowed).map(in_class).collect::<String>()
    };
    let (first, within, last) =
        (class(|sign| format!("{sign}aa")), class(|sign| format!("aa{sign}aa")), class(|sign| format!("aa{sign}")));
    let (least, most) = (rule.min, rule.max);
    let first = if rule.is_path { "/".to_owned() } else { format!("[{first}]") };
    field["pattern"] = format!("^(?:(?=.{{{least},{most}}}$){first}(?:[{within}]*[{last}])?|.*\\$\\{{.*)$").into();
}

/// A word as it stands in a regular expression.
fn literal(word: &str) -> String {
    let sign = |sign: char| if "\\^$.|?*+()[]{}".contains(sign) { format!("\\{sign}") } else { sign.to_string() };
    word.chars().map(sign).collect()
}

/// A sign as it stands in a class of a regular expression.
fn in_class(sign: char) -> String {
    if matches!(sign, '\\' | ']' | '[' | '^' | '-') { format!("\\{sign}") } else { sign.to_string() }
}
