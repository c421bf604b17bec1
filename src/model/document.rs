//! JSON documents, compared by what they mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Returns `value` as text with sorted keys and no white space: equal documents have equal text.
pub fn canonical(value: &Value) -> String {
    // serde_json keeps object keys in a BTreeMap, so that writing a value is already canonical.
    value.to_string()
}

/// The first 16 hexadecimal digits of the SHA-256 of `text`.
pub fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes())[..8])
}

/// 32 random hexadecimal digits.
pub fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hexadecimal(&bytes)
}

/// Two hexadecimal digits for each byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An IAM policy document. Two are equal if IAM would treat them alike: a string equals a list of that one string, the
/// order of statements, actions, resources and principals doesn't matter, nor does the case of an action.
///
/// The rules are those of the Terraform provider's `awspolicyequivalence`, see also "IAM JSON policy elements" in the
/// IAM user guide.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PolicyDocument(pub Value);

impl PolicyDocument {
    /// The document that IAM answered: URL-encoded (RFC 3986) JSON.
    ///
    /// # Errors
    /// If the text isn't JSON.
    pub fn from_wire(text: &str) -> Result<Self, serde_json::Error> {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        serde_json::from_str(&decoded).map(Self)
    }

    /// The document as IAM takes it.
    pub fn to_wire(&self) -> String {
        canonical(&self.0)
    }

    /// The form to show: everything that doesn't matter is made equal, but for the case of actions.
    pub fn normal(&self) -> Value {
        let mut document = self.0.clone();
        if let Some(map) = document.as_object_mut() {
            let statements = map.remove("Statement").map(listed).unwrap_or_default();
            let mut statements: Vec<Value> = statements.into_iter().map(normal_statement).collect();
            statements.sort_by_key(lower);
            map.insert("Statement".to_owned(), Value::Array(statements));
        }
        document
    }

    /// The document with everything that doesn't matter made equal.
    pub fn alike(&self) -> Value {
        lower_actions(self.normal())
    }
}

impl PartialEq for PolicyDocument {
    fn eq(&self, other: &Self) -> bool {
        self.alike() == other.alike()
    }
}

/// Writes actions in lower case, because IAM matches them without regard to case.
fn lower_actions(mut document: Value) -> Value {
    let statements = document["Statement"].as_array_mut().into_iter().flatten();
    for statement in statements {
        for field in ["Action", "NotAction"] {
            for action in statement.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
                *action = Value::String(lower(action));
            }
        }
    }
    document
}

fn lower(value: &Value) -> String {
    canonical(value).to_lowercase()
}

fn normal_statement(statement: Value) -> Value {
    let Value::Object(map) = statement else {
        return statement;
    };
    let normal = map.into_iter().map(|(key, value)| {
        let value = match key.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => sorted(listed(value)),
            "Principal" | "NotPrincipal" => each_value(value, |who| sorted(listed(who))),
            "Condition" => each_value(value, |test| each_value(test, |values| sorted(listed(text_of_each(values))))),
            _ => value,
        };
        (key, value)
    });
    Value::Object(normal.collect())
}

fn text_of_each(values: Value) -> Value {
    match values {
        Value::Bool(value) => Value::String(value.to_string()),
        Value::Number(value) => Value::String(value.to_string()),
        Value::Array(items) => Value::Array(items.into_iter().map(text_of_each).collect()),
        other => other,
    }
}

fn each_value(value: Value, change: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, change(value))).collect()),
        other => other,
    }
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => vec![other],
    }
}

fn sorted(mut items: Vec<Value>) -> Value {
    items.sort_by_key(lower);
    Value::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn policies_that_mean_the_same_are_equal() {
        let ours = PolicyDocument(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": "*",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Condition": {"Bool": {"a": true}}}}));
        let theirs = PolicyDocument(json!({"Statement": [{
            "Condition": {"Bool": {"a": ["true"]}}, "Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
            "Action": ["s3:getobject", "s3:PutObject"], "Resource": ["*"], "Effect": "Allow"}], "Version": "2012-10-17"}));
        assert_eq!(ours, theirs);
        let wider = PolicyDocument(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}}));
        assert_ne!(ours, wider);
    }

    #[test]
    fn a_document_from_iam_is_decoded() {
        let document = PolicyDocument::from_wire("%7B%22Version%22%3A%222012-10-17%22%7D").expect("it is JSON");
        assert_eq!(document.0, json!({"Version": "2012-10-17"}));
    }

    #[test]
    fn a_digest_is_stable_and_short() {
        assert_eq!(digest("labform"), digest("labform"));
        assert_eq!(digest("labform").len(), 16);
        assert_ne!(digest("labform"), digest("labforn"));
    }
}
