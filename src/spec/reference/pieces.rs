//! Pieces of the editor's schema: what they refer to, the fields that they have, and their sorts of value in words.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::resource::REFERS_TO;
use crate::spec::schema::fields;

/// The whole schema of lab.yaml.
#[derive(Clone, Debug)]
pub(super) struct Pieces(pub(super) Value);

/// A field, as a piece of the schema.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) schema: Value,
    pub(super) is_required: bool,
}

/// The sorts of value whose words don't take an `s` at their end for many.
const MANY: [(&str, &str); 5] = [
    ("name below", "names below"),
    ("map of", "maps of"),
    ("list of", "lists of"),
    ("whole number", "whole numbers"),
    ("text", "texts"),
];

impl Pieces {
    pub(super) fn new() -> Self {
        Self(fields())
    }

    /// What `schema` refers to.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(schema)
    }

    /// The forms that a value may have, without null and the file that may hold it.
    fn forms<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        let Some(forms) = schema["anyOf"].as_array() else { return vec![schema] };
        let said = forms.iter().filter(|form| form["type"] != "null" && form["$ref"] != "#/$defs/file");
        said.flat_map(|form| self.forms(form)).collect()
    }

    /// The fields that may stand in such a value: its own, or those of its entries.
    pub(super) fn fields(&self, schema: &Value) -> Vec<Piece> {
        let mut fields: Vec<Piece> = Vec::new();
        for form in self.forms(schema) {
            let required = form["required"].as_array();
            for (name, schema) in form["properties"].as_object().into_iter().flatten() {
                let is_required = required.is_some_and(|required| required.iter().any(|field| field == name));
                fields.push(Piece { name: name.clone(), schema: schema.clone(), is_required });
            }
            let entries = ["items", "additionalProperties"].map(|key| &form[key]);
            fields.extend(entries.into_iter().filter(|entries| entries.is_object()).flat_map(|one| self.fields(one)));
        }
        // What must be given comes first.
        fields.sort_by_key(|field| !field.is_required);
        fields
    }

    /// The paragraphs that say what a value is: those of its place, and those of what that refers to.
    pub(super) fn description(&self, schema: &Value) -> Vec<String> {
        let mut told = paragraphs(schema);
        let referred = self.forms(schema).into_iter().chain([self.resolved(schema)]);
        for paragraph in referred.flat_map(paragraphs).collect::<Vec<_>>() {
            if !told.contains(&paragraph) {
                told.push(paragraph);
            }
        }
        told
    }

    /// The values of which one may be given, each with what it means if the schema says so.
    pub(super) fn values(&self, schema: &Value) -> Vec<(String, String)> {
        self.forms(schema).into_iter().flat_map(values).collect()
    }

    /// The sort of value in words, as in `list of texts`.
    pub(super) fn sort(&self, schema: &Value) -> String {
        let mut sorts: Vec<String> = Vec::new();
        for form in self.forms(schema) {
            let sort = self.sort_of_form(form);
            if !sorts.contains(&sort) {
                sorts.push(sort);
            }
        }
        sorts.join(" or ")
    }

    fn sort_of_form(&self, form: &Value) -> String {
        let known = values(form).into_iter().map(|(value, _)| format!("`{value}`")).collect::<Vec<_>>();
        match (known.split_last(), form[REFERS_TO].as_str()) {
            (_, Some(section)) => return format!("name below `{section}`"),
            (Some((only, [])), _) => return only.clone(),
            (Some((last, others)), _) => return format!("{} or {last}", others.join(", ")),
            (None, None) => {}
        }
        let types = form["type"].as_array().map_or(std::slice::from_ref(&form["type"]), Vec::as_slice);
        let types = types.iter().filter_map(Value::as_str).filter(|word| *word != "null");
        let sorts: Vec<String> = types.map(|word| self.sort_of_type(form, word)).collect();
        if sorts.is_empty() { "document".to_owned() } else { sorts.join(" or ") }
    }

    fn sort_of_type(&self, form: &Value, word: &str) -> String {
        match word {
            "string" => "text".to_owned(),
            "integer" => format!("whole number{}", range(form)),
            "array" => format!("list of {}{}", many(&self.sort(&form["items"])), at_most(form)),
            "object" if form["additionalProperties"].is_object() => {
                format!("map of names to {}", many(&self.sort(&form["additionalProperties"])))
            }
            "object" => "map of fields".to_owned(),
            other => other.to_owned(),
        }
    }

    /// The piece as a schema of its own.
    pub(super) fn alone(&self, schema: &Value) -> Value {
        let mut needed = BTreeSet::new();
        self.note_needed(schema, &mut needed);
        let mut alone = schema.clone();
        if let Some(fields) = alone.as_object_mut().filter(|_| !needed.is_empty()) {
            let definition = |name: String| (name.clone(), self.0["$defs"][&name].clone());
            fields.insert("$defs".to_owned(), needed.into_iter().map(definition).collect::<Map<_, _>>().into());
        }
        alone
    }

    fn note_needed(&self, schema: &Value, needed: &mut BTreeSet<String>) {
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"))
            && needed.insert(name.to_owned())
        {
            self.note_needed(&self.0["$defs"][name], needed);
        }
        match schema {
            Value::Object(parts) => parts.values().for_each(|part| self.note_needed(part, needed)),
            Value::Array(parts) => parts.iter().for_each(|part| self.note_needed(part, needed)),
            _ => {}
        }
    }
}

/// The paragraphs of a piece's description.
pub(super) fn paragraphs(schema: &Value) -> Vec<String> {
    let text = schema["description"].as_str().unwrap_or_default();
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect()
}

fn values(form: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let told = |one: &Value| Some((word(one.get("const")?), paragraphs(one).join(" ")));
    let plain = |values: &Value| {
        let values = values.as_array().into_iter().flatten().filter(|value| !value.is_null());
        values.map(|value| (word(value), String::new())).collect::<Vec<_>>()
    };
    let of_forms = form["oneOf"].as_array().into_iter().flatten().filter_map(told);
    let mut values: Vec<_> = of_forms.chain(told(form).map(|(word, _)| (word, String::new()))).collect();
    for key in ["enum", "examples"] {
        if values.is_empty() {
            values = plain(&form[key]);
        }
    }
    values
}

fn range(form: &Value) -> String {
    match (form["minimum"].as_i64(), form["maximum"].as_i64().filter(|most| *most < i64::from(i32::MAX))) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" from {least}"),
        (None, Some(most)) => format!(" up to {most}"),
        (None, None) => String::new(),
    }
}

fn at_most(form: &Value) -> String {
    form["maxItems"].as_i64().map(|most| format!(", at most {most}")).unwrap_or_default()
}

/// The words for many values of a sort.
fn many(sort: &str) -> String {
    let known = MANY.iter().find_map(|(one, many)| Some(format!("{many}{}", sort.strip_prefix(one)?)));
    known.unwrap_or_else(|| if sort.contains('`') { sort.to_owned() } else { format!("{sort}s") })
}
