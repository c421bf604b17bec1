//! What a kind or a field of lab.yaml is, for people without an editor: the schema that editors have, piece by piece, with
//! what the tables of kinds say of changes.

mod examples;
mod pieces;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::checkpoint::CHECK;
use super::errors::suggest;
use super::job::JOB;
use super::nested::{NESTED, stands_within};
use super::schema::with_variables;
use crate::cloud::Service;
use crate::model::{Effect, nearest};
use crate::resource::{AnyKind, AnyManaged, Field, NO_ACCOUNT, NO_VPC, NameRule, Place, Replacing};
use crate::resources::{KINDS, kind, section};
pub use examples::Example;
use pieces::{Piece, Pieces, paragraphs};

/// What can be said of lab.yaml.
#[derive(Clone, Debug)]
pub struct Reference {
    pieces: Pieces,
}

/// A kind or a field.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The words that lead to it, as in `service.loadBalancers`; of a field of another topic its name alone.
    pub path: String,
    /// The sort of its value in words, as in `list of texts`.
    pub sort: String,
    /// What it is, in paragraphs.
    pub description: Vec<String>,
    /// Whether it has to be given.
    pub is_required: bool,
    /// The values of which one may be given, each with what it means if the schema says so.
    pub values: Vec<(String, String)>,
    /// The value that means the same as none.
    pub default: Option<Value>,
    /// What a change of it takes.
    pub change: Option<Change>,
    /// The fields that may stand in it, without theirs.
    pub fields: Vec<Topic>,
    /// What there is to say of it as a section of lab.yaml.
    pub section: Option<Section>,
    /// Its piece of the schema, with all that it refers to.
    pub schema: Value,
}

/// What a change of a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// AWS changes the object in place.
    Update,
    /// The object is replaced.
    Replace,
    /// AWS changes the object in place, but it is replaced to bring the field back to its default.
    OneWay,
    /// A new revision is registered.
    Revision,
}

/// A section of lab.yaml.
#[derive(Clone, Debug)]
pub struct Section {
    /// The keys that lead to it, as in `loadBalancers: NAME: listeners`.
    pub keys: Vec<String>,
    /// AWS's rule for the names of its objects; none if AWS gives them none, or they stand in others.
    pub name: Option<NameRule>,
    /// The outputs of a resource, as in `arn`.
    pub outputs: Vec<Cow<'static, str>>,
    /// The first resource that an example has of it.
    pub example: Option<Example>,
}

/// What has a service of AWS in common, or only lab.yaml.
#[derive(Clone, Debug)]
pub struct Area {
    /// The service, as in `ECS`.
    pub title: String,
    /// The word for each, with what it is.
    pub words: Vec<(String, String)>,
}

/// What isn't known, and what may be meant.
pub type Unknown = (String, Option<String>);

/// What is no resource and has a section of its own: its word, its section, and the name of its schema.
const PARTS: [(&str, &str, &str); 2] = [(JOB, "jobs", "Job"), (CHECK, "checks", "Checkpoint")];

impl Default for Reference {
    fn default() -> Self {
        Self { pieces: Pieces::new() }
    }
}

impl Reference {
    /// The kinds by area, in the order of creation, and the rest of lab.yaml.
    pub fn areas(&self) -> Vec<Area> {
        let mut areas: Vec<Area> = Vec::new();
        let mut add = |title: &str, word: &str, schema: &Value| {
            let about = paragraphs(self.pieces.resolved(schema)).into_iter().next().unwrap_or_default();
            let pair = (word.to_owned(), about);
            match areas.iter_mut().find(|area| area.title == title) {
                Some(area) => area.words.push(pair),
                None => areas.push(Area { title: title.to_owned(), words: vec![pair] }),
            }
        };
        KINDS.iter().for_each(|kind| add(&area(*kind), kind.kind(), &of_kind(*kind)));
        let title = |word: &str| if word == JOB { "ECS" } else { "lab.yaml" };
        PARTS.iter().for_each(|(word, _, definition)| add(title(word), word, &defined(definition)));
        let is_section = |word: &str| is_part(word) || section(word).is_some();
        let head = self.head().filter(|(word, _)| !is_section(word));
        head.for_each(|(word, schema)| add("lab.yaml", word, schema));
        areas
    }

    /// The words for all kinds, and those of the rest of lab.yaml.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let head = self.head().map(|(word, _)| word).filter(|word| kind(word).is_none() && section(word).is_none());
        let parts = PARTS.iter().map(|(word, ..)| *word);
        KINDS.iter().map(|kind| kind.kind()).chain(parts).chain(head.filter(|word| !is_part(word)))
    }

    /// Says what the kind or the field is that `path` leads to, as in `service.loadBalancers.containerName`: kinds go by
    /// their words or their sections.
    ///
    /// # Errors
    /// The word that isn't known.
    pub fn topic(&self, path: &str) -> Result<Topic, Unknown> {
        let mut words = path.split('.').map(|word| word.trim_end_matches("[]"));
        let (mut kind, mut piece) = self.first(words.next().unwrap_or_default())?;
        let mut inner: Vec<String> = Vec::new();
        for word in words {
            let fields = self.pieces.fields(&piece.schema);
            let Some(field) = fields.iter().find(|field| field.name == word) else {
                let hint = suggest(word, fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>());
                return Err((format!("`{}` has no field `{word}`", piece.name), hint));
            };
            let nested = kind.and_then(|kind| held(kind, word));
            inner.push(word.to_owned());
            if let Some(held) = nested {
                (kind, inner) = (Some(held), Vec::new());
            }
            piece = Piece { name: format!("{}.{word}", piece.name), ..field.clone() };
        }
        let inner = inner.join(".");
        let mut topic = self.field(kind, &inner, &piece);
        let fields = self.pieces.fields(&piece.schema);
        let within = |name: &str| if inner.is_empty() { name.to_owned() } else { format!("{inner}.{name}") };
        topic.fields = fields.iter().map(|field| self.field(kind, &within(&field.name), field)).collect();
        if let Some((key, head)) = self.head().find(|(key, _)| *key == piece.name && kind.is_some()) {
            topic.description.push(format!("`{key}` at the top of lab.yaml is another thing:"));
            topic.description.extend(paragraphs(head));
        }
        topic.section = (!piece.name.contains('.')).then(|| self.section(kind, &piece.name));
        Ok(topic)
    }

    /// What the first word of a path names.
    fn first(&self, word: &str) -> Result<(Option<&'static dyn AnyKind>, Piece), Unknown> {
        let found = KINDS.iter().copied().find(|kind| [kind.kind(), kind.section()].contains(&word));
        let part = PARTS.iter().find(|(part, section, _)| [part, section].contains(&&word));
        let (name, schema) = match (found, self.head().find(|(key, _)| *key == word)) {
            (Some(kind), _) => (kind.kind(), of_kind(kind)),
            (None, _) if let Some((word, _, definition)) = part => (*word, defined(definition)),
            (None, Some((key, schema))) => (key, schema.clone()),
            (None, None) => {
                let sections = KINDS.iter().map(|kind| kind.section());
                let known: Vec<&str> = self.words().chain(sections).collect();
                let hint = match nearest(word, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`labform explain` lists all that there is".to_owned(),
                };
                return Err((format!("lab.yaml has no `{word}`"), Some(hint)));
            }
        };
        Ok((found, Piece { name: name.to_owned(), schema, is_required: false }))
    }

    fn field(&self, kind: Option<&dyn AnyKind>, inner: &str, piece: &Piece) -> Topic {
        let table = kind.map_or(&[][..], |kind| kind.fields());
        let known = table.iter().find(|field| field.path.replace("[]", "") == inner);
        Topic {
            path: piece.name.clone(),
            sort: self.pieces.sort(&piece.schema),
            description: self.pieces.description(&piece.schema),
            is_required: piece.is_required,
            values: self.pieces.values(&piece.schema),
            default: known.map(Field::default_value).filter(|default| !is_empty(default)),
            change: kind.and_then(|kind| change(kind, inner)),
            fields: Vec::new(),
            section: None,
            schema: with_variables(self.pieces.alone(&piece.schema)),
        }
    }

    fn section(&self, kind: Option<&'static dyn AnyKind>, word: &str) -> Section {
        let Some(kind) = kind else {
            let key = PARTS.iter().find(|(part, ..)| *part == word).map_or(word, |(_, section, _)| section);
            let example = examples::example(key);
            return Section { keys: vec![key.to_owned()], name: None, outputs: Vec::new(), example };
        };
        let outer = stands_within(kind.section());
        let keys = outer.map(|nested| nested.outer).into_iter().chain([kind.section()]);
        let keys: Vec<String> = keys.map(str::to_owned).collect();
        let is_named =
            kind.managed().is_some_and(|managed| managed.habits().stands_alone() && !managed.habits().nameless);
        let place = Place {
            lab: "lab".to_owned(),
            account: NO_ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            partition: "aws".to_owned(),
            vpc: NO_VPC.to_owned(),
        };
        Section {
            example: examples::example(&keys[0]),
            keys,
            name: is_named.then(|| kind.name_rule()),
            outputs: kind.outputs(&place, "name", None).into_iter().map(|output| output.name).collect(),
        }
    }

    /// The keys at the top of lab.yaml, those of sections among them.
    fn head(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.pieces.0["properties"].as_object().into_iter().flatten().map(|(word, schema)| (word.as_str(), schema))
    }
}

/// Returns whether `word` is the section of what is no resource.
fn is_part(word: &str) -> bool {
    PARTS.iter().any(|(_, section, _)| *section == word)
}

/// The schema of this name.
fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The schema of a kind, as a reference.
fn of_kind(kind: &dyn AnyKind) -> Value {
    kind.schema(&mut SchemaSettings::draft2020_12().into_generator()).to_value()
}

/// The kind that stands in the field `name` of another kind's resources.
fn held(kind: &dyn AnyKind, name: &str) -> Option<&'static dyn AnyKind> {
    let nested = NESTED.iter().find(|nested| nested.outer == kind.section() && nested.field == name)?;
    section(nested.inner)
}

/// The service of AWS that a kind's objects belong to.
fn area(kind: &dyn AnyKind) -> String {
    match kind.managed().map(AnyManaged::service) {
        Some(Service::Table(api)) => api.id.to_owned(),
        Some(Service::Own(own)) => own.signing.to_uppercase(),
        None => "Looked up".to_owned(),
    }
}

/// What a change of the field at `inner` takes.
fn change(kind: &dyn AnyKind, inner: &str) -> Option<Change> {
    let managed = kind.managed().filter(|_| !inner.is_empty())?;
    let rule = kind.name_rule();
    let named = |path: &'static str| path.replace("[]", "");
    let effects = kind.fields().iter().filter(|field| field.effect.is_some());
    let holder = effects.clone().filter(|field| {
        let path = named(field.path);
        path == inner || inner.strip_prefix(&path).is_some_and(|rest| path.is_empty() || rest.starts_with('.'))
    });
    let parts = effects.filter(|field| named(field.path).strip_prefix(inner).is_some_and(|rest| rest.starts_with('.')));
    let field = holder
        .max_by_key(|field| field.path.len())
        .or_else(|| parts.max_by_key(|field| field.effect == Some(Effect::Replace)));
    match (field, managed.habits().replacing) {
        _ if ["phase", "protect", "ignoreChanges", "tags", "onDestroy"].contains(&inner) => None,
        (Some(_), Replacing::Revision) => Some(Change::Revision),
        (Some(field), _) if field.effect == Some(Effect::Replace) => Some(Change::Replace),
        (Some(field), _) if field.is_one_way => Some(Change::OneWay),
        (Some(_), _) => Some(Change::Update),
        (None, _) if inner == rule.field && managed.habits().stands_alone() && !managed.habits().nameless => {
            Some(Change::Replace)
        }
        (None, _) => None,
    }
}

/// Returns whether a default says nothing that the lack of the field doesn't.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
