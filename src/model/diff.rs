//! Differences between what the spec asks for and what is live.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The change that closes a field's difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// AWS changes the field in place.
    Update,
    /// AWS can't change the field: the object has to be replaced.
    Replace,
}

/// The form in which a field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shape {
    /// A line, as `have -> want`.
    Value,
    /// A unified diff of the two documents.
    Document,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDiff {
    /// The field's path in the spec, as in `healthCheckPath` or `tags.project`.
    pub path: String,
    /// The live value; null if there is none.
    pub have: Value,
    /// The value that the spec asks for; null if nothing is to be there.
    pub want: Value,
    /// The change that closes the difference.
    pub effect: Effect,
    /// The form in which the field is shown.
    pub shape: Shape,
}

/// The fields of one resource that differ. If there are none, nothing is to be done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diff {
    /// The fields, in the order in which the kind compared them.
    pub fields: Vec<FieldDiff>,
}

impl Diff {
    /// Returns whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Returns whether a field differs that AWS can't change in place.
    pub fn replaces(&self) -> bool {
        self.fields.iter().any(|field| field.effect == Effect::Replace)
    }

    /// Returns whether the field at `path`, or one below it, differs.
    pub fn touches(&self, path: &str) -> bool {
        self.fields.iter().any(|field| {
            field.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Compares a field that AWS changes in place. A field that the spec leaves out (`None`) isn't compared.
    pub fn update<T: Serialize + PartialEq>(&mut self, path: impl Into<String>, have: T, want: Option<T>) {
        self.compare(path.into(), Effect::Update, have, want);
    }

    /// Compares a field that AWS can't change. A field that the spec leaves out (`None`) isn't compared.
    pub fn replace<T: Serialize + PartialEq>(&mut self, path: impl Into<String>, have: T, want: Option<T>) {
        self.compare(path.into(), Effect::Replace, have, want);
    }

    /// Compares two documents that are shown as a unified diff.
    pub fn document(&mut self, path: impl Into<String>, have: &Value, want: &Value) {
        if have != want {
            self.push(path, have.clone(), want.clone(), Effect::Update, Shape::Document);
        }
    }

    /// Adds a difference that the caller has already found.
    pub fn push(&mut self, path: impl Into<String>, have: Value, want: Value, effect: Effect, shape: Shape) {
        self.fields.push(FieldDiff { path: path.into(), have, want, effect, shape });
    }

    fn compare<T: Serialize + PartialEq>(&mut self, path: String, effect: Effect, have: T, want: Option<T>) {
        let Some(want) = want else { return };
        if have != want {
            self.push(path, json(have), json(want), effect, Shape::Value);
        }
    }
}

fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("a compared field has string keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_left_out_of_the_spec_is_not_compared() {
        let mut diff = Diff::default();
        diff.update("retentionInDays", 7, None);
        diff.update("retentionInDays", 7, Some(7));
        assert!(diff.is_empty());
        diff.update("retentionInDays", 7, Some(14));
        assert!(!diff.replaces() && diff.touches("retentionInDays") && !diff.touches("retention"));
        diff.replace("port", 3000, Some(8080));
        assert!(diff.replaces());
    }
}
