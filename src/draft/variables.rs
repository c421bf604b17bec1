//! Variables of a container: those that everybody may read, and those whose values must not stand in lab.yaml.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::given_away::is_secret;
use super::part::{Hidden, Origin, Part};
use crate::model::{Secret, names_a_secret};

/// The variables by which programs sign in to AWS.
const SIGN_IN: [&str; 5] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// The most defaults that stand in each other.
const DEEPEST: usize = 16;

/// The value of a variable as a source has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// The value itself.
    Value(String),
    /// A value that the source takes from elsewhere, in its words.
    Elsewhere(String),
}

/// Gives the variables to a container of the part: secrets aside, and those of which nothing is known as notes. `place` is
/// where the source has them.
pub(super) fn give(part: &mut Part, container: &str, place: &str, variables: Vec<(String, Given)>) -> Value {
    let mut open = Vec::new();
    let last: BTreeMap<String, usize> =
        variables.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
    // As a container's environment has it, the last one of a name counts.
    for (_, (name, value)) in variables.into_iter().enumerate().filter(|(at, (name, _))| last[name] == *at) {
        let place = format!("{place}.{name}");
        match value {
            _ if !is_name(&name) => part.note(place, "a container can't have a variable of this name"),
            _ if SIGN_IN.contains(&name.as_str()) => {
                part.note(place, "a task signs in to AWS by a role: give its task definition a `taskRoleArn`");
            }
            Given::Value(value) if is_secret(&name, &value) => {
                part.note(place, "its value looks like a secret and isn't copied: give it where you run labform");
                hide(part, container, &name, Origin::Value(Secret::new(value)));
            }
            Given::Value(value) => open.push(json!({ "name": name, "value": literal(&value) })),
            Given::Elsewhere(words) if names_a_secret(&name) => {
                part.note(place, "its value is a secret: give it where you run labform");
                hide(part, container, &name, Origin::Elsewhere(words));
            }
            Given::Elsewhere(_) => part.note(place, "its value isn't known here: add it to `environment`"),
        }
    }
    Value::Array(open)
}

/// Gives a container a variable whose value comes from where labform runs.
pub(super) fn hide(part: &mut Part, container: &str, name: &str, origin: Origin) {
    let (container, name) = (container.to_owned(), name.to_owned());
    part.secrets.push(Hidden { container, name, origin });
}

/// Returns whether a container can have a variable of this name, whatever reads it.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|sign| sign.is_ascii_graphic() && sign != '=')
}

/// A text that means itself in lab.yaml.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// All texts of a value, which mean themselves in lab.yaml.
pub(super) fn literals(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(literal(text)),
        Value::Array(items) => items.iter().map(literals).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), literals(value))).collect(),
        other => other.clone(),
    }
}

/// A text of a Compose file with its variables filled, for as much as the file says itself ("Interpolation", Compose
/// specification).
///
/// # Errors
/// The first variable that has no value in the file.
pub(super) fn interpolated(text: &str) -> Result<String, String> {
    filled(text, 0)
}

/// The text with its variables filled, which stands so deep in the defaults of others.
fn filled(text: &str, depth: usize) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            filled.push('$');
            after
        } else if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner).ok_or_else(|| name(inner).to_owned())?;
            filled.push_str(&defaulted(&inner[..end], depth)?);
            &inner[end + 1..]
        } else if after.starts_with(is_first) {
            return Err(name(after).to_owned());
        } else {
            filled.push('$');
            after
        };
    }
    Ok(filled + rest)
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    let end = text.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(text.len());
    &text[..end]
}

fn is_first(sign: char) -> bool {
    sign.is_ascii_alphabetic() || sign == '_'
}

/// The place of the brace that closes what is open.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 1;
    inner.char_indices().find_map(|(at, sign)| {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// The default of `NAME:-default` or `NAME-default`; nothing of `NAME:+text`, which stands for a value that is given.
fn defaulted(inner: &str, depth: usize) -> Result<String, String> {
    let name = name(inner);
    let rest = &inner[name.len()..];
    match rest.strip_prefix(':').unwrap_or(rest) {
        default if default.starts_with('-') && depth < DEEPEST => filled(&default[1..], depth + 1),
        given if given.starts_with('+') => Ok(String::new()),
        _ => Err(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_itself_is_filled() {
        for (text, expected) in [
            ("a", Ok("a")),
            ("${A:-b}c${D-${E:-f}}", Ok("bcf")),
            ("$$A ${A:-} $ $1", Ok("$A  $ $1")),
            ("${A:+b}", Ok("")),
            ("x$A_1-y", Err("A_1")),
            ("${A}", Err("A")),
            ("${A:?needed}", Err("A")),
            ("${A:-hunter2", Err("A")),
            (&"${A:-".repeat(100_000), Err("A")),
            (&format!("{}{}", "${A:-".repeat(20), "}".repeat(20)), Err("A")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(interpolated(text), expected, "{text}");
        }
    }
}
