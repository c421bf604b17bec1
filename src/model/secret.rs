//! Values that nobody should read, known by the names that they have, and a type that can't be shown by accident.

use std::fmt;

use serde_json::Value;

/// The ends of names of variables whose values are not for everybody.
const ENDS: [&str; 16] = [
    "PASS",
    "PAT",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "TOKEN",
    "SECRET",
    "SECRETSTRING",
    "CREDENTIALS",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "SECRET_KEY",
    "PRIVATE_KEY",
    "SIGNING_KEY",
    "ENCRYPTION_KEY",
];

/// The text that is shown in the place of a value that nobody should read.
pub const HIDDEN: &str = "(not shown)";

/// A value that is never shown: the type has no `Display`, isn't serialised, and its `Debug` hides the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Returns whether a variable of this name holds a secret, as in `DB_PASSWORD` or `splunk-token`.
pub fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace('-', "_");
    ENDS.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}

/// Returns whether a value is a URL with a password in it, as in `postgres://app:PASSWORD@host/db` (RFC 3986, 3.2.1),
/// or has an access key's id in it, which nobody needs without its secret ("Unique identifiers", IAM user guide).
pub fn holds_a_password(value: &str) -> bool {
    let mut words = value.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(is_key_id) || is_url_with_password(value)
}

fn is_key_id(word: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_key = word.starts_with("AKIA") || word.starts_with("ASIA");
    is_key && word.len() == 20 && word.bytes().all(is_sign)
}

fn is_url_with_password(value: &str) -> bool {
    let authority = |(_, rest): (&str, &str)| rest.split(['/', '?', '#']).next().map(str::to_owned);
    let authority = value.split_once("://").and_then(authority);
    let user_info = authority.as_deref().and_then(|all| all.rsplit_once('@'));
    user_info.and_then(|(user_info, _)| user_info.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}

/// Returns whether a text has a word that names a secret, or a password in a URL.
pub fn speaks_of_a_secret(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut values = text.split(|c: char| c.is_whitespace() || "\"',".contains(c));
    text.split(|c| !is_word(c)).any(names_a_secret) || values.any(holds_a_password)
}

/// Returns a document with those values hidden that are a secret's by their name, be it the `name` beside a `value` or
/// the key of a map, and those that hold a password.
pub fn without_secrets(document: Value) -> Value {
    match document {
        Value::Object(mut fields) => {
            let is_secret = fields.get("name").and_then(Value::as_str).is_some_and(names_a_secret);
            if let Some(value) = fields.get_mut("value")
                && is_secret
                && value != ""
            {
                *value = HIDDEN.into();
            }
            let fields = fields.into_iter();
            let hidden = fields.map(|(key, value)| match &value {
                Value::String(text) if !text.is_empty() && names_a_secret(&key) => (key, HIDDEN.into()),
                _ => (key, without_secrets(value)),
            });
            hidden.collect()
        }
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        Value::String(text) if holds_a_password(&text) => HIDDEN.into(),
        leaf => leaf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "(not shown)");
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn secrets_are_told_by_the_end_of_their_name() {
        for (name, is_secret) in [
            ("DB_PASSWORD", true),
            ("api_token", true),
            ("TOKEN", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("API_KEY", true),
            ("STRIPE_PRIVATE_KEY", true),
            ("DB_PASSWD", true),
            ("splunk-token", true),
            ("secretString", true),
            ("generateSecretString", false),
            ("GITHUB_PAT", true),
            ("DB_PASS", true),
            ("pass", true),
            ("COMPASS", false),
            ("BYPASS", false),
            ("PASS_THROUGH", false),
            ("XPAT", false),
            ("PATH", false),
            ("INPUT_KEY", false),
            ("AWS_ACCESS_KEY_ID", false),
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
    fn a_password_is_seen_in_a_url() {
        for (value, holds) in [
            ("postgres://app:hunter2@db:5432/app", true),
            ("redis://:hunter2@cache", true),
            ("https://host:8080/a@b:c", false),
            ("https://user@host/", false),
            ("s3://bucket/key", false),
            ("a:b@c", false),
            ("AKIAIOSFODNN7EXAMPLE", true),
            ("id=ASIAIOSFODNN7EXAMPLE;", true),
            ("AKIAIOSFODNN7EXAMPLES", false),
            ("AKIAiosfodnn7example", false),
            ("ASIA", false),
        ] {
            assert_eq!(holds_a_password(value), holds, "{value}");
        }
        assert!(speaks_of_a_secret("- { name: URL, value: \"redis://:x@h\" }"));
    }

    #[test]
    fn only_values_of_secrets_are_hidden() {
        let document = serde_json::json!([{ "environment": [
            { "name": "DB_PASSWORD", "value": "hunter2" },
            { "name": "EMPTY_TOKEN", "value": "" },
            { "name": "PORT", "value": "3000" },
            { "name": "DATABASE_URL", "value": "postgres://app:hunter2@db/app" },
        ], "options": { "splunk-token": "hunter2", "splunk-url": "https://splunk.example" } }]);
        assert_eq!(
            without_secrets(document),
            serde_json::json!([{ "environment": [
                { "name": "DB_PASSWORD", "value": "(not shown)" },
                { "name": "EMPTY_TOKEN", "value": "" },
                { "name": "PORT", "value": "3000" },
                { "name": "DATABASE_URL", "value": "(not shown)" },
            ], "options": { "splunk-token": "(not shown)", "splunk-url": "https://splunk.example" } }])
        );
    }
}
