//! Which values nobody should read, by the names that they have.

use serde_json::Value;

/// Ends of names of variables whose values are not for everybody.
const ENDS: [&str; 4] = ["PASSWORD", "TOKEN", "SECRET", "SECRET_ACCESS_KEY"];

/// What is shown in the place of a value that is not.
const HIDDEN: &str = "(not shown)";

/// Whether a variable of this name holds a secret, as in `DB_PASSWORD`.
pub fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ENDS.iter().any(|end| {
        name.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    })
}

/// Whether a text has a word that names a secret.
pub fn speaks_of_a_secret(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(names_a_secret)
}

/// A document with the values hidden of every `name` and `value` of which the name is a secret's.
pub fn without_secrets(document: Value) -> Value {
    match document {
        Value::Object(mut fields) => {
            let is_secret = fields
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(names_a_secret);
            if let Some(value) = fields.get_mut("value")
                && is_secret
                && value != ""
            {
                *value = HIDDEN.into();
            }
            let fields = fields.into_iter();
            fields
                .map(|(key, value)| (key, without_secrets(value)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        leaf => leaf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_the_end_of_their_name() {
        for (name, is_secret) in [
            ("DB_PASSWORD", true),
            ("api_token", true),
            ("TOKEN", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("TOKENS", false),
            ("MAXTOKEN", false),
            ("PORT", false),
        ] {
            assert_eq!(names_a_secret(name), is_secret, "{name}");
            let line = format!("  - {{ name: {name}, valu: x }}");
            assert_eq!(speaks_of_a_secret(&line), is_secret, "{line}");
        }
    }

    #[test]
    fn only_values_of_secrets_are_hidden() {
        let document = serde_json::json!([{ "environment": [
            { "name": "DB_PASSWORD", "value": "hunter2" },
            { "name": "EMPTY_TOKEN", "value": "" },
            { "name": "PORT", "value": "3000" },
        ] }]);
        assert_eq!(
            without_secrets(document),
            serde_json::json!([{ "environment": [
                { "name": "DB_PASSWORD", "value": "(not shown)" },
                { "name": "EMPTY_TOKEN", "value": "" },
                { "name": "PORT", "value": "3000" },
            ] }])
        );
    }
}
