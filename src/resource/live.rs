//! AWS's description of an object, as a document in the words of `lab.yaml`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// AWS's description of an object of a simple kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Live {
    /// The object's name.
    pub name: String,
    /// The object's ARN.
    pub arn: String,
    /// The object's fields: those of the spec in the spec's words, and what else AWS says.
    pub document: Value,
}

impl Live {
    /// Returns the text in a field; empty if there is none.
    pub fn text(&self, field: &str) -> &str {
        self.document[field].as_str().unwrap_or_default()
    }

    /// The last part of the object's ARN, by which some services know it.
    pub fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// Returns the same object with `value` in a field.
    pub fn with(mut self, field: &str, value: impl Serialize) -> Self {
        self.document[field] = serde_json::json!(value);
        self
    }
}
