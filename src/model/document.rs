//! JSON documents, compared by what they mean.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
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

/// An IAM policy document, written out or as the JSON text that AWS's calls take. Two are equal if IAM would treat them
/// alike: a string equals a list of that one string, the order of statements, actions, resources and principals doesn't
/// matter, nor does the case of an action; an account's number stands for its root user, and everybody is written in two
/// ways.
///
/// The rules are those of the Terraform provider's `awspolicyequivalence`, see also "IAM JSON policy elements" in the
/// IAM user guide.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct PolicyDocument(pub Value);

impl<'de> Deserialize<'de> for PolicyDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |error| D::Error::custom(format!("the text is no policy in JSON: {error}"));
        match Value::deserialize(deserializer)? {
            Value::String(text) => serde_json::from_str(&text).map(Self).map_err(wrong),
            document => Ok(Self(document)),
        }
    }
}

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
        let mut document = self.normal();
        if let Some(map) = document.as_object_mut() {
            // The version of a policy that names none ("IAM JSON policy elements: Version", IAM user guide).
            map.entry("Version").or_insert_with(|| "2008-10-17".into());
            map.retain(|key, value| key != "Id" || value != "");
        }
        for statement in document["Statement"].as_array_mut().into_iter().flatten() {
            lower_actions(statement);
            number_accounts(statement);
        }
        document
    }
}

impl PartialEq for PolicyDocument {
    fn eq(&self, other: &Self) -> bool {
        self.alike() == other.alike()
    }
}

/// Writes actions in lower case, because IAM matches them without regard to case.
fn lower_actions(statement: &mut Value) {
    for action in items(statement, &["Action", "NotAction"], &[]) {
        if let Value::String(action) = action {
            *action = action.to_lowercase();
        }
    }
}

/// Writes an account's root user as the account's number: IAM takes either, and answers with the ARN.
fn number_accounts(statement: &mut Value) {
    for who in items(statement, &["Principal", "NotPrincipal"], &["AWS"]) {
        let account = who.as_str().and_then(|arn| arn.strip_suffix(":root")?.rsplit_once("::"));
        if let Some((_, account)) = account {
            *who = account.into();
        }
    }
    for who in ["Principal", "NotPrincipal"] {
        if let Some(list) = statement.get_mut(who).and_then(|who| who.get_mut("AWS")) {
            *list = sorted(listed(list.take()));
        }
    }
}

/// The items of the lists in these fields of a statement, or in those `below` them.
fn items<'a>(statement: &'a mut Value, fields: &[&str], below: &[&str]) -> Vec<&'a mut Value> {
    let fields = statement.as_object_mut().into_iter().flatten().filter(|(key, _)| fields.contains(&key.as_str()));
    let lists = fields.filter_map(|(_, value)| below.iter().try_fold(value, |value, key| value.get_mut(key)));
    lists.filter_map(Value::as_array_mut).flatten().collect()
}

fn lower(value: &Value) -> String {
    canonical(value).to_lowercase()
}

fn normal_statement(statement: Value) -> Value {
    let Value::Object(map) = statement else {
        return statement;
    };
    let says = |(key, value): &(String, Value)| match key.as_str() {
        "Sid" => value != "",
        "Condition" => value.as_object().is_none_or(|tests| !tests.is_empty()),
        _ => true,
    };
    let normal = map.into_iter().filter(says).map(|(key, value)| {
        let value = match key.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => sorted(listed(value)),
            "Principal" | "NotPrincipal" => {
                let everybody = value == "*";
                let value = if everybody { json!({ "AWS": value }) } else { value };
                each_value(value, |who| sorted(listed(text_of_each(who))))
            }
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
    items.dedup();
    Value::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Each as it may stand in lab.yaml, and as IAM answers it or somebody else may write it.
    #[test]
    fn what_iam_rewrites_is_no_difference() {
        let of = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]});
        let trusting = |who: Value| of(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": who}));
        let root = "arn:aws:iam::123456789012:root";
        for (ours, theirs) in [
            (trusting(json!({"AWS": "123456789012"})), trusting(json!({"AWS": root}))),
            (trusting(json!({"AWS": 123_456_789_012_i64})), trusting(json!({"AWS": root}))),
            (trusting(json!({"AWS": "123456789012"})), trusting(json!({"AWS": "arn:aws-cn:iam::123456789012:root"}))),
            (
                trusting(json!({"AWS": ["210987654321", "123456789012", root]})),
                trusting(json!({"AWS": ["arn:aws:iam::210987654321:root", root]})),
            ),
            (trusting(json!("*")), trusting(json!({"AWS": "*"}))),
            (
                trusting(json!({"Service": ["b.amazonaws.com", "a.amazonaws.com"]})),
                trusting(json!({"Service": ["a.amazonaws.com", "b.amazonaws.com"]})),
            ),
            (of(json!({"Sid": "", "Condition": {}, "Action": "a:b"})), of(json!({"Action": ["a:b", "a:b"]}))),
            (
                of(json!({"Condition": {"NumericLessThan": {"a": 3600}}})),
                of(json!({"Condition": {"NumericLessThan": {"a": ["3600"]}}})),
            ),
            (json!({"Statement": []}), json!({"Version": "2008-10-17", "Id": "", "Statement": []})),
            (Value::String(trusting(json!({"AWS": root})).to_string()), trusting(json!({"AWS": "123456789012"}))),
        ] {
            let read = |value: &Value| serde_json::from_value::<PolicyDocument>(value.clone()).expect("it is a policy");
            assert_eq!(read(&ours), read(&theirs), "{ours}");
            assert_eq!(PolicyDocument(read(&ours).alike()).alike(), read(&ours).alike(), "{ours}");
        }
        let of_another = trusting(json!({"AWS": "arn:aws:iam::123456789012:role/root"}));
        assert_ne!(PolicyDocument(of_another), PolicyDocument(trusting(json!({"AWS": root}))));
        let version = |version: &str| PolicyDocument(json!({"Version": version, "Statement": []}));
        assert_ne!(version("2008-10-17"), version("2012-10-17"));
    }

    #[test]
    fn a_text_that_is_no_json_is_refused() {
        let error = serde_json::from_value::<PolicyDocument>(json!("{\"Version\": }")).expect_err("it is no JSON");
        assert!(error.to_string().starts_with("the text is no policy in JSON: "), "{error}");
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
