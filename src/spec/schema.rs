//! The JSON Schema of `lab.yaml`, for editors.

use labform_account::rules::RUN_TASK;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::checkpoint::Checkpoint;
use super::job::Job;
use super::limits::{self, Limits};
use super::nested::NESTED;
use super::scheduled::{OF_JOB, SCHEDULE};
use super::variables::{self, DECLARATION, VARIABLES};
use crate::resource::Resource as _;
use crate::resources::{EXISTING, KINDS, Vpc, section};

/// The form of the names that a lab gives.
const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$";

/// The JSON Schema (2020-12) of `lab.yaml`, made of the structs that read a lab, so that both say the same.
pub fn schema() -> Value {
    with_variables(fields())
}

/// The schema, or a piece of it, with variables in place of the fields' own values.
pub(super) fn with_variables(mut schema: Value) -> Value {
    let place = format!("/$defs/{DECLARATION}");
    let declaration = schema.pointer_mut(&place).map(Value::take);
    or_variable(&mut schema);
    if let Some((declaration, there)) = declaration.zip(schema.pointer_mut(&place)) {
        *there = declaration;
    }
    schema
}

/// The same schema as far as it is of the fields' own values: without the variables that may stand in their place.
pub(super) fn fields() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    for kind in KINDS {
        kind.schema(&mut generator);
    }
    generator.subschema_for::<Job>();
    let mut definitions: Map<String, Value> = generator.take_definitions(true);
    let mut properties = head();
    let mut parts = Map::new();
    for kind in KINDS {
        let schema = kind.schema(&mut generator).to_value();
        let Some(definition) = definition(&schema, &mut definitions) else {
            continue;
        };
        let fields = definition["properties"].as_object_mut();
        let fields = fields.expect("a kind is a struct with fields");
        limits::name(&kind.name_rule(), fields);
        fields.insert("phase".to_owned(), phase());
        if kind.managed().is_none_or(|managed| managed.habits().stands_alone()) {
            fields.insert("ignoreChanges".to_owned(), ignored());
            fields.insert("protect".to_owned(), protect());
            fields.insert("tags".to_owned(), tags());
        }
        for nested in NESTED.iter().filter(|nested| nested.outer == kind.section()) {
            let inner = section(nested.inner).expect("the table of kinds holds what is nested");
            let mut held = named(&inner.schema(&mut generator).to_value());
            held["description"] = nested.words.into();
            fields.insert(nested.field.to_owned(), held);
        }
        let held = NESTED.iter().find(|nested| nested.inner == kind.section());
        if let Some(nested) = held {
            if nested.is_only_place {
                fields.remove(nested.link);
            }
            let required = definition["required"].as_array_mut();
            required.into_iter().for_each(|required| required.retain(|field| field != nested.link));
        }
        if held.is_some_and(|nested| nested.is_only_place) {
            continue;
        }
        let mut section = named(&schema);
        section["description"] = definition["description"].clone();
        if kind.managed().is_some_and(|managed| managed.habits().nameless) {
            // What a short form makes has a dot in its name, and says nothing twice.
            let name = format!("PartOf{}", kind.kind());
            let part = named(&json!({ "$ref": format!("#/$defs/{name}") }));
            section["patternProperties"] = json!({ "\\.": part["additionalProperties"] });
            parts.insert(name, without(definition, "required"));
        }
        properties.insert(kind.section().to_owned(), section);
    }
    definitions.append(&mut parts);
    limits::numbers(&mut definitions);
    let job = generator.subschema_for::<Job>().to_value();
    let of_kinds = KINDS.iter().map(|kind| (kind.schema(&mut generator).to_value(), kind.rules()));
    let mut limits = Limits::default();
    for (schema, calls) in of_kinds.chain([(job.clone(), [&RUN_TASK].as_slice())]) {
        let asked = calls.iter().flat_map(|rules| rules.limits());
        asked.for_each(|(path, limit)| limits.add(&schema, &path, limit, &definitions));
    }
    limits.narrow(&mut definitions);
    scheduled(&job, &mut definitions);
    properties.insert("jobs".to_owned(), named(&job));
    let mut checks = names(&generator.subschema_for::<Checkpoint>().to_value());
    checks["description"] = "The lab's checkpoints, which `labform check` looks at.".into();
    properties.insert("checks".to_owned(), checks);
    properties.insert("existing".to_owned(), existing(&mut generator));
    properties.insert(VARIABLES.to_owned(), variables::schema(&mut generator));
    for (name, definition) in generator.take_definitions(true) {
        definitions.entry(name).or_insert(definition);
    }
    definitions.insert("file".to_owned(), file());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lab.yaml",
        "description": "A lab of labform.",
        "type": "object",
        "properties": properties,
        "required": ["lab", "region"],
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// Gives a job its schedule, which has the job's fields from there, and makes do without a role.
fn scheduled(job: &Value, definitions: &mut Map<String, Value>) {
    let mut schedule = definitions["Schedule"].clone();
    let fields = schedule["properties"].as_object_mut();
    fields.into_iter().for_each(|fields| fields.retain(|field, _| field != "job" && !OF_JOB.contains(&field.as_str())));
    schedule["required"] = json!(["scheduleExpression"]);
    schedule["description"] = "The times at which the job's task is run without `labform run`: the fields of \
         CreateSchedule, EventBridge Scheduler."
        .into();
    definitions.insert("JobSchedule".to_owned(), schedule);
    // What a schedule leaves out is its job's.
    definitions["Schedule"]["required"] = json!(["scheduleExpression"]);
    if let Some(job) = definition(job, definitions) {
        job["properties"][SCHEDULE] = json!({ "$ref": "#/$defs/JobSchedule" });
    }
}

/// The definition that `schema` refers to.
fn definition<'a>(schema: &Value, definitions: &'a mut Map<String, Value>) -> Option<&'a mut Value> {
    let name = schema["$ref"].as_str()?.strip_prefix("#/$defs/")?;
    definitions.get_mut(name)
}

fn without(schema: &Value, key: &str) -> Value {
    let mut schema = schema.clone();
    schema.as_object_mut().and_then(|schema| schema.remove(key));
    schema
}

/// A map of names to what `schema` describes; its body may stand in a file.
fn named(schema: &Value) -> Value {
    json!({
        "type": ["object", "null"],
        "additionalProperties": { "anyOf": [schema, { "$ref": "#/$defs/file" }, { "type": "null" }] },
        "propertyNames": { "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$" },
    })
}

/// A map of names to what `schema` describes.
fn names(schema: &Value) -> Value {
    json!({ "type": ["object", "null"], "additionalProperties": schema, "propertyNames": { "pattern": NAME } })
}

/// The objects of the account that the lab uses and doesn't own.
fn existing(generator: &mut SchemaGenerator) -> Value {
    let kinds = EXISTING.iter().filter(|kind| kind.section() != Vpc::SECTION);
    let sections = kinds.map(|kind| {
        let mut names = names(&kind.schema(generator).to_value());
        let about = format!(
            "Those of `{}` that the lab uses and doesn't own: a name of the lab's, and one way to find it, a field or `lab` \
             with `name`.",
            kind.section()
        );
        names["description"] = about.into();
        (kind.section().to_owned(), names)
    });
    let sections: Map<String, Value> = sections.collect();
    json!({
        "type": ["object", "null"],
        "description": "What the lab uses and doesn't own: looked up, never changed, never deleted.",
        "properties": sections,
        "additionalProperties": false,
    })
}

fn file() -> Value {
    json!({
        "type": "object",
        "description": "The body stands in a JSON or YAML file below the lab's folder; fields beside it lie over the file's.",
        "properties": { "file": { "type": "string", "description": "The file's path." }, "ignoreChanges": ignored(), "phase": phase(), "protect": protect(),
            "tags": tags() },
        "required": ["file"],
    })
}

fn phase() -> Value {
    json!({ "type": "string", "description": "The phase that it belongs to: `--phase NAME` narrows a command to it." })
}

fn protect() -> Value {
    json!({ "type": "boolean", "description": "Never delete or replace it, nor what it uses." })
}

fn ignored() -> Value {
    json!({
        "type": "array",
        "description": "Fields that somebody else sets, as in containerDefinitions.web.image: their live values stay.",
        "items": { "type": "string" },
    })
}

fn tags() -> Value {
    let key = json!({
        "minLength": 1,
        "maxLength": 128,
        "not": { "pattern": "^([aA][wW][sS]|[lL][aA][bB][fF][oO][rR][mM]):" },
    });
    let value = json!({ "type": "string", "maxLength": 256, "description": "The tag's value." });
    let pair = json!({
        "type": "object",
        "properties": { "key": { "type": "string", "description": "The tag's key." }, "value": value },
        "required": ["key", "value"],
        "additionalProperties": false,
    });
    json!({
        "description": "Tags: a map, or a list of key and value as AWS's JSON has it.",
        "anyOf": [
            { "type": "object", "additionalProperties": value, "propertyNames": key },
            { "type": "array", "items": pair },
        ],
    })
}

/// The pattern of a text that is like this, or isn't known to an editor.
fn or_hole(pattern: &str) -> String {
    format!("^(?:{pattern}|.*\\$\\{{.*)$")
}

/// Takes a variable where something else than any text is wanted: numbers, booleans, and one of some words.
fn or_variable(schema: &mut Value) {
    let variable = "^\\$\\{var\\.[^}]+\\}$";
    let is_of = |word: &str| match &schema["type"] {
        Value::String(only) => only == word,
        Value::Array(any) => any.iter().any(|one| one == word),
        _ => false,
    };
    if schema["enum"].is_array() {
        let words = std::mem::take(schema);
        *schema = json!({ "anyOf": [words, { "type": "string", "pattern": variable }] });
    } else if ["integer", "number", "boolean"].into_iter().any(is_of) && !is_of("string") {
        let types = match schema["type"].take() {
            Value::Array(types) => types,
            only => vec![only],
        };
        schema["type"] = types.into_iter().chain(["string".into()]).collect();
        schema["pattern"] = variable.into();
    } else {
        let below: &mut dyn Iterator<Item = &mut Value> = match schema {
            Value::Object(fields) => &mut fields.values_mut(),
            Value::Array(items) => &mut items.iter_mut(),
            _ => return,
        };
        below.for_each(or_variable);
    }
}

fn head() -> Map<String, Value> {
    let head = json!({
        "lab": {
            "type": "string",
            "description": "The lab's name: the prefix of default names, and the value of the owner tag.",
            "pattern": or_hole("(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*"),
        },
        "region": {
            "type": "string",
            "description": "The AWS region, as in eu-west-1.",
            "pattern": or_hole("[a-z]{2}(-[a-z]{2,}){1,2}-[0-9]"),
        },
        "accounts": {
            "type": "array",
            "description": "The only accounts in which the lab may stand.",
            "items": { "type": "string", "pattern": or_hole("[0-9]{12}") },
        },
        "expires": {
            "type": "string",
            "description": "The time until which the lab is to live, for `destroy --expired`: as in 8h or 2d after the last \
                            apply, 2026-11-29, 2026-11-29T06:00:00Z, or never.",
        },
        "budget": {
            "type": "string",
            "description": "Refuse to make the lab cost more than that, in USD by the hour, as in 0.20/h: about, by AWS's list, \
                            without free tiers.",
            "pattern": or_hole("\\$?[0-9]+(\\.[0-9]+)? ?/h"),
        },
        "maxDeletes": {
            "type": "integer",
            "description": "Refuse to delete or replace more objects than that in one go.",
            "minimum": 0,
        },
        "tags": tags(),
        "vpc": {
            "type": "string",
            "description": "The network of what doesn't say another: `default` for the account's default VPC, which is only \
                            looked up, an id such as vpc-0a1b, or a name below `vpcs`, the lab's or those of `existing`.",
        },
        "outputs": {
            "type": "object",
            "description": "The values that `labform output` shows.",
            "additionalProperties": { "type": "string" },
        },
    });
    match head {
        Value::Object(head) => head,
        other => unreachable!("the head is an object, not {other}"),
    }
}
