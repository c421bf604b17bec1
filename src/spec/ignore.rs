//! `ignoreChanges`: the fields of a resource that somebody else sets, checked against what its kind has and its section
//! gives.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::errors::{Faults, suggest};
use super::fields::Part;
use super::outline::expected;
use super::tree::{Item, Tree};
use crate::model::Tags;
use crate::resource::{AnyKind, FieldPath, key};

/// The fault of a path, and what to do about it.
type Wrong = (String, Option<String>);

/// A resource whose fields are ignored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ignoring<'a> {
    pub(super) part: Part<'a>,
    pub(super) kind: &'static dyn AnyKind,
    /// The resource's section, in which entries of lists have their names.
    pub(super) value: &'a Value,
    /// The resource's tags.
    pub(super) tags: &'a Tags,
}

impl Ignoring<'_> {
    /// Reads the paths of `tree`. A fault of one is noted at its place.
    pub(super) fn read(&self, tree: &Tree, faults: &mut Faults) -> Vec<FieldPath> {
        let Item::List(items) = &tree.item else {
            let hint = "write `ignoreChanges: [desiredCount]`".to_owned();
            self.part.fault(faults, tree.mark, expected("a list of fields", tree), Some(hint));
            return Vec::new();
        };
        let mut paths = Vec::new();
        for item in items {
            let read = match item.text() {
                Some(text) => text.parse::<FieldPath>().map_err(|words| (format!("`{text}`: {words}"), None)),
                None => Err((expected("a field", item), None)),
            };
            match read.and_then(|path| self.check(&path).map(|()| path)) {
                Ok(path) => paths.push(path),
                Err((message, hint)) => self.part.fault(faults, item.mark, message, hint),
            }
        }
        paths
    }

    fn check(&self, path: &FieldPath) -> Result<(), Wrong> {
        match path.steps() {
            [only] if only == self.kind.name_rule().field => {
                return Err((format!("`{path}` can't be ignored: AWS knows it by that"), None));
            }
            [first, ..] if first == "protect" => return Err(("`protect` can't be ignored".to_owned(), None)),
            [first, rest @ ..] if first == "tags" => return self.check_tag(rest),
            _ => {}
        }
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = self.kind.schema(&mut settings.into_generator()).to_value();
        self.walk(path.steps(), &schema)?;
        let dotted = path.steps().join(".");
        let is_in = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('.'))
        };
        let compared = self.kind.fields().iter().filter(|field| field.effect.is_some());
        let is_compared = compared.map(|field| field.path).any(|known| is_in(known, &dotted) || is_in(&dotted, known));
        if is_compared {
            return Ok(());
        }
        Err((format!("`{path}` isn't compared with what is live"), Some("leave it out".to_owned())))
    }

    fn check_tag(&self, steps: &[String]) -> Result<(), Wrong> {
        match steps {
            [] => Ok(()),
            [tag] if tag.starts_with("labform:") => {
                Err((format!("the tag `{tag}` says whose it is, and can't be ignored"), None))
            }
            [tag] if self.tags.contains_key(tag) => Ok(()),
            [tag, ..] => Err((format!("there is no tag `{tag}`"), suggest(tag, self.tags.keys().map(String::as_str)))),
        }
    }

    /// Follows `steps` through the kind's schema and the section at once.
    fn walk(&self, steps: &[String], schema: &Value) -> Result<(), Wrong> {
        let (mut schema, mut value, mut at) = (schema, self.value, String::new());
        for step in steps {
            let place = at.replace("[]", "");
            if let Some(fields) = schema["properties"].as_object() {
                schema = fields.get(step).ok_or_else(|| {
                    (format!("unknown field `{step}`"), suggest(step, fields.keys().map(String::as_str)))
                })?;
                value = &value[step];
                at = if at.is_empty() { step.clone() } else { format!("{at}.{step}") };
            } else if schema["items"].is_object() {
                let key = key(self.kind.fields(), &at);
                let entries = value.as_array().into_iter().flatten();
                let mut names = entries.clone().filter_map(|entry| entry[key].as_str()).peekable();
                if names.peek().is_none() {
                    let message = format!("the entries of `{place}` have no names");
                    return Err((message, Some(format!("ignore the whole list: `{place}`"))));
                }
                let found = entries.clone().find(|entry| entry[key] == step.as_str());
                let missing = || (format!("there is no `{step}` in `{place}`"), suggest(step, names));
                (schema, value) = (&schema["items"], found.ok_or_else(missing)?);
                at.push_str("[]");
            } else if let (true, Some(keys)) = (schema["additionalProperties"].is_object(), value.as_object()) {
                let missing =
                    || (format!("there is no `{step}` in `{place}`"), suggest(step, keys.keys().map(String::as_str)));
                value = keys.get(step).ok_or_else(missing)?;
                schema = &schema["additionalProperties"];
                at = format!("{at}.{step}");
            } else {
                let message = format!("`{place}` can only be ignored as a whole");
                return Err((message, Some(format!("write `{place}`; a key that holds dots stands in quotes"))));
            }
        }
        Ok(())
    }
}
