//! `variables:`, the values that differ from student to student, and `${var.NAME}` where they stand.
//!
//! Variables are filled in the tree, before anything reads it: so they may stand in every value of `lab.yaml` and of the
//! files that it takes in, also in the lab's name, in references and in place of a number. Keys are names of the lab's
//! own, and take none.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::errors::{Faults, Mark, forbidden, suggest};
use super::fields::Part;
use super::taken::value;
use super::template::{Piece, VARIABLE, pieces};
use super::tree::{Entry, Item, Tree};
use crate::model::{HIDDEN, gives_away};
use crate::resource::{PathError, Problem};

/// The section's word.
pub(super) const VARIABLES: &str = "variables";
/// The name of what declares a variable in the schema.
pub(super) const DECLARATION: &str = "Declaration";
/// The form of a variable's name.
const NAME: &str = "^[A-Za-z][A-Za-z0-9_]{0,63}$";

/// The values of variables that are given outside of `lab.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// The values by name, each with the place where it was given: `--var`, or a roster's line. They are given for this
    /// lab, so that a name that it doesn't know is an error.
    pub given: BTreeMap<String, (String, String)>,
    /// Values for variables that a lab may have or not, likewise.
    pub offered: BTreeMap<String, (String, String)>,
    /// The values of the environment, which may be for other labs, by the names of their variables there.
    pub environment: BTreeMap<String, String>,
}

impl Values {
    /// The beginning of the names of variables in the environment; the name in upper case follows.
    pub const PREFIX: &str = "LABFORM_VAR_";
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariableValue {
    /// The value; [`HIDDEN`] if nobody should read it.
    pub value: String,
    /// The place where the value was given.
    pub from: String,
}

/// A variable of the lab.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Declaration {
    /// The value if none is given.
    default: Option<Value>,
    /// The form of its values, as a regular expression for the whole of them.
    pattern: Option<String>,
    /// The variable's meaning, for people.
    description: Option<String>,
    /// The type of the value; that of `default` if it isn't said, else a string.
    r#type: Option<Type>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Type {
    String,
    Number,
    Boolean,
}

impl Type {
    fn words(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
        }
    }

    fn item(self, text: &str) -> Option<Item> {
        match self {
            Self::String => Some(Item::Text(text.to_owned())),
            Self::Number => serde_json::from_str::<Number>(text).ok().map(Item::Number),
            Self::Boolean => text.parse().ok().map(Item::Bool),
        }
    }
}

/// The JSON Schema of the section.
pub(super) fn schema(generator: &mut SchemaGenerator) -> Value {
    json!({
        "type": ["object", "null"],
        "description": "Values that differ from student to student: `${var.NAME}` stands for one. Given by --var, \
                        LABFORM_VAR_NAME, or its default.",
        "additionalProperties": { "anyOf": [generator.subschema_for::<Declaration>().to_value(), { "type": "null" }] },
        "propertyNames": { "pattern": NAME },
    })
}

/// The lab's variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    known: BTreeMap<String, Variable>,
    used: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Variable {
    mark: Mark,
    /// The value; none if it is wrong, which was told.
    value: Option<Filling>,
}

#[derive(Clone, Debug)]
struct Filling {
    item: Item,
    text: String,
    from: String,
}

impl Variables {
    /// Reads the section `variables` of a lab, and finds the value of each.
    pub(super) fn read(lab: &Tree, values: &Values, faults: &mut Faults) -> Self {
        let mut variables = Self::default();
        let section = lab.get(VARIABLES);
        if let Some(Entry { value, .. }) = section {
            match value.entries() {
                Some(entries) => entries.iter().for_each(|entry| variables.declare(entry, values, faults)),
                None => faults.push(value.mark, format!("expected a map of names, found {}", value.words()), None),
            }
        }
        for (name, (_, from)) in values.given.iter().filter(|(name, _)| !variables.known.contains_key(*name)) {
            let mark = section.map_or(Mark { line: 1, column: 1, length: 1, ..lab.mark }, |section| section.mark);
            faults.push(
                mark,
                format!("{from} gives `{name}` a value, and there is no such variable"),
                Some(variables.advice(name)),
            );
        }
        variables
    }

    fn declare(&mut self, entry: &Entry, values: &Values, faults: &mut Faults) {
        let Entry { key: name, mark, value: tree } = entry;
        if !Regex::new(NAME).expect("it is an expression").is_match(name) {
            let hint = "take letters, digits and _, a letter first".to_owned();
            return faults.push(*mark, format!("`{name}` is not a name for a variable"), Some(hint));
        }
        if let Some(other) = self.known.keys().find(|other| other.eq_ignore_ascii_case(name)) {
            let hint = "the environment gives both by one name: rename one of them".to_owned();
            return faults.push(*mark, format!("`{other}` and `{name}` differ in capital letters only"), Some(hint));
        }
        let label = format!("variables.{name}");
        let part = Part { label: &label, mark: *mark, tree };
        let body = if matches!(tree.item, Item::Null) { json!({}) } else { value(tree) };
        let parse = |body: &Value| serde_path_to_error::deserialize(body).map_err(PathError::of);
        let declaration: Option<Declaration> = part.read(&body, faults, parse);
        let found = declaration.map(|declaration| declaration.value(name, values));
        let value = found.and_then(|found| found.map_err(|problem| part.problem(faults, problem)).ok());
        self.known.insert(name.clone(), Variable { mark: *mark, value });
    }

    /// Fills the variables in a lab, apart from the section that declares them.
    pub(super) fn fill_lab(&mut self, lab: &mut Tree, faults: &mut Faults) {
        if let Item::Map(entries) = &mut lab.item {
            let rest = entries.iter_mut().filter(|entry| entry.key != VARIABLES);
            rest.for_each(|entry| self.fill_entry(entry, faults));
        }
    }

    /// Fills the variables in `tree`.
    pub(super) fn fill(&mut self, tree: &mut Tree, faults: &mut Faults) {
        match &mut tree.item {
            Item::Text(text) => {
                if let Some(item) = self.filled(text, tree.mark, faults) {
                    tree.item = item;
                }
            }
            Item::List(items) => items.iter_mut().for_each(|item| self.fill(item, faults)),
            Item::Map(entries) => entries.iter_mut().for_each(|entry| self.fill_entry(entry, faults)),
            _ => {}
        }
    }

    fn fill_entry(&mut self, entry: &mut Entry, faults: &mut Faults) {
        if pieces(&entry.key).into_iter().any(|piece| variable(piece).is_some()) {
            let hint = "use it in a value: keys are the lab's own names, and AWS's fields".to_owned();
            faults.push(entry.mark, "a variable can't stand in a key", Some(hint));
        }
        self.fill(&mut entry.value, faults);
    }

    /// The item that a text is with its variables filled, if it has any. One that stands alone keeps its type.
    fn filled(&mut self, text: &str, mark: Mark, faults: &mut Faults) -> Option<Item> {
        let pieces = pieces(text);
        let names: Vec<&str> = pieces.iter().filter_map(|piece| variable(*piece)).collect();
        for name in &names {
            self.used.insert((*name).to_owned());
            if !self.known.contains_key(*name) {
                faults.push(mark, format!("unknown `${{{VARIABLE}{name}}}`"), Some(self.advice(name)));
            }
        }
        let value = |name: &str| self.known.get(name)?.value.as_ref();
        if names.iter().any(|name| value(name).is_none()) || names.is_empty() {
            return None;
        }
        if pieces.len() == 1 {
            return value(names[0]).map(|value| value.item.clone());
        }
        let filled = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) | Piece::Unclosed(text) => text.to_owned(),
            Piece::Escaped => "$${".to_owned(),
            Piece::Hole(name) => {
                let value = variable(piece).and_then(value);
                value.map_or_else(|| format!("${{{name}}}"), |value| value.text.clone())
            }
        });
        Some(Item::Text(filled.collect()))
    }

    /// The advice on a variable that isn't there.
    fn advice(&self, name: &str) -> String {
        let nothing = || "the lab has no `variables`".to_owned();
        suggest(name, self.known.keys().map(String::as_str)).unwrap_or_else(nothing)
    }

    /// The values as people may see them; those that nothing uses are warned of.
    pub(super) fn told(&self, faults: &mut Faults) -> BTreeMap<String, VariableValue> {
        for (name, Variable { mark, .. }) in self.known.iter().filter(|(name, _)| !self.used.contains(*name)) {
            let problem = Problem::at("", format!("nothing uses the variable `{name}`"));
            faults.problem(*mark, None, problem.warning());
        }
        let values = self.known.iter().filter_map(|(name, variable)| Some((name, variable.value.as_ref()?)));
        let told = |(name, value): (&String, &Filling)| {
            (name.clone(), VariableValue { value: shown(name, &value.text).to_owned(), from: value.from.clone() })
        };
        values.map(told).collect()
    }
}

impl Declaration {
    /// The value of the variable `name`.
    fn value(&self, name: &str, values: &Values) -> Result<Filling, Problem> {
        let pattern = self.pattern.as_deref().map(|pattern| Regex::new(&format!("^(?:{pattern})$")));
        let pattern = pattern.transpose().map_err(|error| Problem::at("pattern", first_line(&error.to_string())))?;
        let (default, own_type) = match &self.default {
            None => (None, None),
            Some(Value::String(text)) => (Some(text.clone()), Some(Type::String)),
            Some(Value::Number(number)) => (Some(number.to_string()), Some(Type::Number)),
            Some(Value::Bool(value)) => (Some(value.to_string()), Some(Type::Boolean)),
            Some(_) => return Err(Problem::at("default", "a value is a text, a number, or `true` or `false`")),
        };
        let in_environment = format!("{}{}", Values::PREFIX, name.to_uppercase());
        let given = values.given.get(name).or_else(|| values.offered.get(name)).cloned();
        let given = given.or_else(|| Some((values.environment.get(&in_environment)?.clone(), in_environment.clone())));
        let (path, found) = match (given, default) {
            (Some(given), _) => ("", given),
            (None, Some(text)) => ("default", (text, "its default".to_owned())),
            (None, None) => {
                let hint = format!("give it with `--var {name}=…` or {in_environment}, or give it a `default`");
                let meaning = self.description.as_ref().map_or_else(String::new, |words| format!(" ({words})"));
                return Err(Problem { hint: Some(hint), ..Problem::at("", format!("it has no value{meaning}")) });
            }
        };
        let (text, from) = found;
        let wrong =
            |what: String| Problem::at(path, format!("its value `{}`, from {from}, {what}", shown(name, &text)));
        if let Some((_, sign)) =
            forbidden(&text).or_else(|| text.char_indices().find(|(_, sign)| "$\n".contains(*sign)))
        {
            return Err(wrong(format!("holds the character {sign:?}, which no value may")));
        }
        if let Some(pattern) = pattern.filter(|pattern| !pattern.is_match(&text)) {
            let pattern = pattern.as_str();
            return Err(wrong(format!("doesn't fit `{}`", &pattern[4..pattern.len() - 2])));
        }
        let own_type = self.r#type.or(own_type).unwrap_or(Type::String);
        match own_type.item(&text) {
            Some(item) => Ok(Filling { item, text, from }),
            None => Err(wrong(format!("isn't {}", own_type.words()))),
        }
    }
}

/// The name of the variable that a piece of a text stands for, if it is one.
fn variable(piece: Piece<'_>) -> Option<&str> {
    match piece {
        Piece::Hole(name) => name.strip_prefix(VARIABLE),
        _ => None,
    }
}

fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if gives_away(name, value) { HIDDEN } else { value }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
