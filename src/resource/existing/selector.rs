//! The words by which an object of the account is found.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::by::{By, Key, Sort};
use super::findable::Findable;
use crate::resource::{NO_VPC, PathError};

/// An object of the account, by what finds it: AWS's word for its name, its id or its ARN, its tags, or the lab that it
/// belongs to and its name there.
pub struct Existing<R> {
    /// The words that find it.
    pub by: By,
    kind: PhantomData<fn() -> R>,
}

impl<R: Findable> Existing<R> {
    /// What `text` names in place of a resource's name: the object of an ARN or an id; nothing for other texts.
    pub(in crate::resource) fn named(text: &str) -> Option<Self> {
        let mut keys = R::keys().into_iter().filter(|key| matches!(key.sort, Sort::Id | Sort::Arn));
        keys.find(|key| key.takes(text)).map(|key| Self { by: key.by(text), kind: PhantomData })
    }

    /// Reads the words off a document.
    pub(super) fn of(value: &Value) -> Result<Self, PathError> {
        let wrong = |path: &str, message: String| PathError { path: path.to_owned(), message };
        let (keys, none, joint) = (R::keys(), Map::new(), R::joint().unwrap_or_default());
        let fields = value.as_object().unwrap_or(&none);
        let own = |field: &str| keys.iter().find(|key| key.field == field);
        for (field, value) in fields {
            let is_right = match field.as_str() {
                "tags" => value.as_object().is_some_and(|tags| tags.values().all(Value::is_string)),
                field if own(field).is_some_and(|key| key.sort == Sort::Default) => value == true,
                field if joint.contains(&field) => value.is_string() || value.is_u64(),
                field if ["lab", "name"].contains(&field) || own(field).is_some() => value.is_string(),
                _ => {
                    let known = known(&keys, &joint);
                    return Err(wrong(field, format!("unknown field `{field}`, expected one of {known}")));
                }
            };
            if !is_right {
                let expected = if field == "tags" { "a map of texts in quotes" } else { "a text" };
                return Err(wrong(field, format!("expected {expected}, found {value}")));
            }
        }
        let text = |field: &str| fields.get(field).and_then(Value::as_str);
        let part = |field: &str| fields.get(field).map(|value| value.as_str().map_or(value.to_string(), named_in));
        let by = match (text("lab"), text("name")) {
            (Some(lab), Some(name)) => Some(By::Lab { lab: lab.to_owned(), name: name.to_owned() }),
            (Some(_), None) => return Err(wrong("", "missing field `name`".to_owned())),
            (None, Some(_)) if own("name").is_none() => return Err(wrong("", "missing field `lab`".to_owned())),
            (None, _) => None,
        };
        let joined = match joint.map(part) {
            [Some(first), Some(second)] => Some(By::Name(format!("{first}:{second}"))),
            [Some(_), None] => return Err(wrong("", format!("missing field `{}`", joint[1]))),
            [None, Some(_)] => return Err(wrong("", format!("missing field `{}`", joint[0]))),
            [None, None] => None,
        };
        let taken = |field: &str| by.is_some() && ["lab", "name"].contains(&field) || joint.contains(&field);
        let mut ways = Vec::from_iter(by.clone().map(|by| ("lab", by)));
        ways.extend(joined.map(|by| (joint[0], by)));
        for (field, value) in fields.iter().filter(|(field, _)| !taken(field)) {
            let by = match (own(field), value.as_str().unwrap_or_default()) {
                (Some(key), text) if key.sort == Sort::Default || key.takes(text) => key.by(text),
                (Some(key), text) => return Err(wrong(field, key.misfit::<R>(text))),
                (None, _) => By::Tags(serde_json::from_value(value.clone()).unwrap_or_default()),
            };
            ways.push((field, by));
        }
        match ways.as_slice() {
            [(_, By::Tags(tags))] if tags.is_empty() => Err(wrong("tags", "no tags find nothing".to_owned())),
            [(_, by)] => Ok(Self { by: by.clone(), kind: PhantomData }),
            [] => {
                Err(wrong("", format!("nothing says which {} is meant: give one of {}", R::WORD, known(&keys, &joint))))
            }
            [(one, _), (other, _), ..] => {
                Err(wrong(other, format!("`{one}` and `{other}` are two ways to find one object: give one of them")))
            }
        }
    }

    /// The object's name in AWS, as far as the words that find it tell.
    pub(in crate::resource) fn name(&self) -> Option<String> {
        match &self.by {
            By::Name(name) | By::Id(name) => Some(name.clone()),
            By::Arn(arn) => R::name_in(arn),
            By::Default => Some(NO_VPC.to_owned()),
            By::Tags(_) | By::Lab { .. } => None,
        }
    }

    /// The words in a sentence.
    pub(super) fn words(&self) -> String {
        match &self.by {
            By::Name(text) | By::Id(text) | By::Arn(text) => format!("`{text}`"),
            By::Default => "that AWS made for the account".to_owned(),
            By::Tags(tags) => {
                let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("tagged {}", tags.join(", "))
            }
            By::Lab { lab, name } => format!("`{name}` of the lab `{lab}`"),
        }
    }
}

impl Key {
    fn misfit<R: Findable>(&self, text: &str) -> String {
        match self.sort {
            Sort::Arn => {
                let (service, resource) = self.form.split_once(':').unwrap_or((&self.form, ""));
                format!("`{text}` is not the ARN of a {}: one is arn:aws:{service}:…:{resource}…", R::WORD)
            }
            Sort::Id => format!("`{text}` is not the id of a {}: one begins with `{}`", R::WORD, self.form),
            Sort::Name | Sort::Default => format!("`{text}` is no name"),
        }
    }
}

/// The fields that find an object, as serde lists them.
fn known(keys: &[Key], joint: &[&str]) -> String {
    let own = keys.iter().map(|key| key.field.as_str()).filter(|field| *field != "name");
    let joint = joint.iter().copied().filter(|field| !field.is_empty());
    own.chain(joint).chain(["tags", "lab", "name"]).map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
}

/// The name of the object of an ARN, `loadbalancer/app/NAME/…`; any other text as it is.
fn named_in(text: &str) -> String {
    let resource = text.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4));
    resource.and_then(|resource| resource.split('/').nth(2)).unwrap_or(text).to_owned()
}

impl<R> fmt::Debug for Existing<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by.fmt(f)
    }
}

impl<R: Findable> Serialize for Existing<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let field = |sort| R::keys().into_iter().find(|key| key.sort == sort).map(|key| key.field);
        let one = |sort, value: Value| Value::from_iter(field(sort).map(|field| (field, value)));
        let document = match &self.by {
            By::Name(text) => one(Sort::Name, text.as_str().into()),
            By::Id(text) => one(Sort::Id, text.as_str().into()),
            By::Arn(text) => one(Sort::Arn, text.as_str().into()),
            By::Default => one(Sort::Default, true.into()),
            By::Tags(tags) => json!({ "tags": tags }),
            By::Lab { lab, name } => json!({ "lab": lab, "name": name }),
        };
        document.serialize(serializer)
    }
}

impl<'de, R: Findable> Deserialize<'de> for Existing<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(&Value::deserialize(deserializer)?).map_err(|error| D::Error::custom(error.message))
    }
}

impl<R: Findable> JsonSchema for Existing<R> {
    fn schema_name() -> Cow<'static, str> {
        format!("existing-{}", R::KIND).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut ways: Vec<Value> = Vec::new();
        let mut properties = Map::new();
        for key in R::keys() {
            let value = match key.sort {
                Sort::Name => json!({ "type": "string", "description": "Its name in AWS." }),
                Sort::Id => {
                    json!({ "type": "string", "description": "Its id.", "pattern": format!("^{}", key.form) })
                }
                Sort::Arn => json!({ "type": "string", "description": "Its ARN.", "pattern": "^(arn:|\\$\\{)" }),
                Sort::Default => json!({ "const": true, "description": "The one that AWS made for the account." }),
            };
            ways.push(match key.field.as_str() {
                "name" => json!({ "required": ["name"], "not": { "required": ["lab"] } }),
                field => json!({ "required": [field] }),
            });
            properties.insert(key.field, value);
        }
        if let Some([first, second]) = R::joint() {
            let words = "With the other of the two: what has no name is found by what holds it and its place there.";
            for field in [first, second] {
                let value = json!({ "type": ["string", "integer"], "description": words });
                properties.insert(field.to_owned(), value);
            }
            ways.push(json!({ "required": [first, second] }));
        }
        let text = |words: &str| json!({ "type": "string", "description": words });
        let tags = json!({ "type": "object", "additionalProperties": { "type": "string" }, "minProperties": 1,
            "description": "Tags that it has, maybe among others." });
        properties.insert("tags".to_owned(), tags);
        properties.insert("lab".to_owned(), text("The name of another lab that it belongs to."));
        properties.entry("name".to_owned()).or_insert_with(|| text("Its name in that other lab."));
        ways.extend([json!({ "required": ["tags"] }), json!({ "required": ["lab", "name"] })]);
        json_schema!({
            "type": "object",
            "description": format!("A {} of the account that isn't the lab's: looked up, never changed, never deleted.", R::WORD),
            "properties": properties,
            "oneOf": ways,
            "additionalProperties": false,
        })
    }
}
