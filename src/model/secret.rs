//! Values that nobody should read, known by the names that they have or by their form, and a type that can't be shown by
//! accident.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::tokens::holds_a_token;

/// The words that say of a variable that its value is not for everybody, wherever they stand in its name.
const SECRETS: [&str; 10] = [
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "SECRETS",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
    "APIKEYS",
];
/// The words that say so at the end of a name.
const LAST: [&str; 7] = ["PASS", "PWD", "PAT", "TOKEN", "TOKENS", "JWT", "SECRETSTRING"];
/// The ends of words that say so although no sign parts them from what stands before, as in `PGPASSWORD`.
const GLUED: [&str; 5] = ["PASSWORD", "PASSWD", "AUTHTOKEN", "ACCESSTOKEN", "SECRETKEY"];
/// The last words that tell of something about a secret, and not the secret.
const ABOUT: [&str; 38] = [
    "ALGORITHM",
    "ARN",
    "AUDIENCE",
    "COUNT",
    "DIR",
    "DURATION",
    "EMPTY",
    "ENABLED",
    "ENDPOINT",
    "EXPIRATION",
    "EXPIRES",
    "EXPIRY",
    "FIELD",
    "FILE",
    "FORMAT",
    "HEADER",
    "HOST",
    "ID",
    "ISSUER",
    "LENGTH",
    "LIMIT",
    "MAX",
    "MIN",
    "NAME",
    "PATH",
    "POLICY",
    "PORT",
    "PREFIX",
    "PROVIDER",
    "REGION",
    "REQUIRED",
    "ROTATION",
    "SIZE",
    "STRING",
    "TTL",
    "TYPE",
    "URL",
    "VERSION",
];
/// The words before `KEY` that say that it opens nothing.
const OPEN_KEYS: [&str; 31] = [
    "BUCKET",
    "CACHE",
    "CONFIG",
    "FEATURE",
    "FILE",
    "FOREIGN",
    "GROUP",
    "HASH",
    "IDEMPOTENCY",
    "IMAGE",
    "INDEX",
    "INPUT",
    "JSON",
    "KMS",
    "LOG",
    "LOOKUP",
    "MESSAGE",
    "OBJECT",
    "OUTPUT",
    "PARTITION",
    "PRIMARY",
    "PUBLIC",
    "PUBLISHABLE",
    "RANGE",
    "RESULT",
    "ROUTING",
    "S3",
    "SEARCH",
    "SHARD",
    "SORT",
    "TAG",
];

/// The text that is shown in the place of a value that nobody should read.
pub const HIDDEN: &str = "(not shown)";
/// The text in the place of such a value if it is another one than before.
pub const HIDDEN_CHANGED: &str = "(not shown, changed)";

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

/// Returns whether a variable of this name holds a secret, as in `DB_PASSWORD`, `dbPassword` or `splunk-token`.
pub fn names_a_secret(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    match (before, *last) {
        ([], "KEY" | "KEYS" | "PWD" | "OLDPWD") => false,
        ([.., "MAX" | "MIN" | "NUM"], "TOKENS") => false,
        (["SECRET"], "STRING") => true,
        (_, last) if ABOUT.contains(&last) => false,
        ([.., before], "KEY" | "KEYS") if OPEN_KEYS.contains(before) => false,
        (_, "KEY" | "KEYS") => true,
        (_, last) if LAST.contains(&last) => true,
        _ => words.iter().any(|word| SECRETS.contains(word) || GLUED.iter().any(|end| word.ends_with(end))),
    }
}

/// The words of a name in upper case: `dbPassword`, `db-password` and `DB_PASSWORD` are the same two.
fn words(name: &str) -> Vec<String> {
    let signs: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, &sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| signs[at]);
        let after = signs.get(at + 1);
        let begins = sign.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let ends_upper = before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase);
                before.is_ascii_lowercase() || before.is_ascii_digit() || ends_upper
            });
        if begins || !sign.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if sign.is_ascii_alphanumeric() {
            words.last_mut().expect("there is a first word").push(sign.to_ascii_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns whether a value is a secret by its form: a URL with a password in it, as in `postgres://app:PASSWORD@host/db`
/// (RFC 3986, 3.2.1), or a token of a known kind.
pub fn holds_a_secret(value: &str) -> bool {
    holds_a_token(value) || password_in_url(value).is_some()
}

/// Returns whether whoever reads a variable's value learns a secret: by its form, or by its name unless it can't be one.
pub fn gives_away(name: &str, value: &str) -> bool {
    holds_a_secret(value) || names_a_secret(name) && !is_harmless(value)
}

/// Returns whether a value is no secret, whatever its name says: nothing, a switch, a number, an ARN, a path, a URL or
/// what stands for something else. None of them holds a password.
fn is_harmless(value: &str) -> bool {
    const SWITCHES: [&str; 12] =
        ["true", "false", "yes", "no", "on", "off", "enabled", "disabled", "none", "null", "required", "optional"];
    let value = value.trim();
    let is_switch = SWITCHES.iter().any(|word| value.eq_ignore_ascii_case(word));
    let is_place = value.starts_with("arn:") || value.starts_with('/') || value.contains("://");
    let stands_for_another = value.starts_with("${") && value.ends_with('}');
    value.is_empty()
        || is_switch
        || stands_for_another
        || value.parse::<f64>().is_ok()
        || is_place && !value.contains(char::is_whitespace) && is_plain(value) && !holds_a_secret(value)
}

/// Returns whether no word of a value looks made up by chance, as keys and tokens do that have no known form.
fn is_plain(value: &str) -> bool {
    let is_random = |word: &str| {
        let count = |is: fn(&char) -> bool| word.chars().filter(is).count();
        let (digits, upper) = (count(char::is_ascii_digit), count(char::is_ascii_uppercase));
        let lower = count(char::is_ascii_lowercase);
        let is_long = word.len() >= 20 && digits > 0 && upper + lower > 0;
        is_long || word.len() >= 12 && digits >= 3 && upper > 0 && lower > 0
    };
    // An image's digest, and an ARN, are long and nobody's secret.
    let rest = value.split_once("@sha256:").map_or(value, |(before, _)| before);
    rest.starts_with("arn:") || !rest.split(|c: char| !c.is_ascii_alphanumeric()).any(is_random)
}

/// Where the password stands in a URL that has one.
fn password_in_url(value: &str) -> Option<std::ops::Range<usize>> {
    let start = value.find("://")? + 3;
    let length = value[start..].find(['/', '?', '#']).unwrap_or(value.len() - start);
    let (user_info, _) = value[start..start + length].rsplit_once('@')?;
    let (user, password) = user_info.split_once(':')?;
    let from = start + user.len() + 1;
    (!password.is_empty()).then_some(from..from + password.len())
}

/// The URL without its password.
pub fn shown_url(url: &str) -> String {
    match password_in_url(url) {
        Some(place) => format!("{}***{}", &url[..place.start], &url[place.end..]),
        None => url.to_owned(),
    }
}

/// Returns whether a text has a word that names a secret, or a password in a URL.
pub fn speaks_of_a_secret(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut values = text.split(|c: char| c.is_whitespace() || "\"',".contains(c));
    text.split(|c| !is_word(c)).any(names_a_secret) || holds_a_token(text) || values.any(holds_a_secret)
}

/// Returns a document with the values hidden that are a secret's by their form or their name, be it the `name` beside a
/// `value` or the key of a map, and variables that look made up by chance. Of those in `open` the user said that they are
/// no secrets.
pub fn without_secrets(document: Value, open: &BTreeSet<String>) -> Value {
    match document {
        Value::Object(mut fields) => {
            let name = fields.get("name").and_then(Value::as_str).map(str::to_owned);
            if let (Some(name), Some(Value::String(text))) = (name, fields.get_mut("value")) {
                if open.contains(&name) {
                    return Value::Object(fields);
                }
                if gives_away(&name, text) || !is_plain(text) {
                    *text = HIDDEN.to_owned();
                }
            }
            let hidden = fields.into_iter().map(|(key, value)| match &value {
                Value::String(text) if names_a_secret(&key) && !is_harmless(text) => (key, HIDDEN.into()),
                _ => (key, without_secrets(value, open)),
            });
            hidden.collect()
        }
        Value::Array(items) => items.into_iter().map(|item| without_secrets(item, open)).collect(),
        Value::String(text) if holds_a_secret(&text) => HIDDEN.into(),
        leaf => leaf,
    }
}

/// Returns both documents as [`without_secrets`] does. Where `want` has another hidden value than `have`, it says so.
pub fn both_without_secrets(have: &Value, want: &Value, open: &BTreeSet<String>) -> (Value, Value) {
    let mut shown = without_secrets(want.clone(), open);
    mark_changed(have, want, &mut shown);
    (without_secrets(have.clone(), open), shown)
}

fn mark_changed(have: &Value, want: &Value, shown: &mut Value) {
    match shown {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, shown)| mark_changed(&have[key], &want[key], shown)),
        Value::Array(items) => {
            for (at, shown) in items.iter_mut().enumerate() {
                let named = have.as_array().into_iter().flatten().find(|one| one["name"] == shown["name"]);
                let before = if shown["name"].is_null() { &have[at] } else { named.unwrap_or(&Value::Null) };
                mark_changed(before, &want[at], shown);
            }
        }
        Value::String(text) if text == HIDDEN && have != want && !have.is_null() => HIDDEN_CHANGED.clone_into(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
