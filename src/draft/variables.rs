//! Variables of a container: those that everybody may read, and those whose values must not stand in lab.yaml.

use serde_json::{Value, json};

use super::part::{Hidden, Part};
use crate::model::{Secret, gives_away, names_a_secret};

/// The variables by which programs sign in to AWS.
const SIGN_IN: [&str; 5] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"];

/// The value of a variable as a source has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// The value itself.
    Value(String),
    /// A value that the source takes from elsewhere.
    Elsewhere,
}

/// Gives the variables to a container of the part: secrets aside, and those of which nothing is known as notes. `place` is
/// where the source has them.
pub(super) fn give(part: &mut Part, container: &str, place: &str, variables: Vec<(String, Given)>) -> Value {
    let mut open = Vec::new();
    for (name, value) in variables {
        let place = format!("{place}.{name}");
        match value {
            _ if SIGN_IN.contains(&name.as_str()) => {
                part.note(place, "a task signs in to AWS by a role: give its task definition a `taskRoleArn`");
            }
            Given::Value(value) if gives_away(&name, &value) => {
                part.note(
                    place,
                    format!("its value looks like a secret and isn't copied: set {name} where you run labform"),
                );
                hide(part, container, &name, Some(value));
            }
            Given::Value(value) => open.push(json!({ "name": name, "value": literal(&value) })),
            Given::Elsewhere if names_a_secret(&name) => {
                part.note(place, format!("its value is a secret: set {name} where you run labform"));
                hide(part, container, &name, None);
            }
            Given::Elsewhere => part.note(place, "its value isn't known here: add it to `environment`"),
        }
    }
    Value::Array(open)
}

/// Gives a container a variable whose value comes from where labform runs.
pub(super) fn hide(part: &mut Part, container: &str, name: &str, value: Option<String>) {
    let (container, name) = (container.to_owned(), name.to_owned());
    part.secrets.push(Hidden { container, name, value: value.map(Secret::new) });
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
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            filled.push('$');
            after
        } else if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner).ok_or_else(|| inner.to_owned())?;
            filled.push_str(&defaulted(&inner[..end])?);
            &inner[end + 1..]
        } else if after.starts_with(is_first) {
            return Err(after.chars().take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '_').collect());
        } else {
            filled.push('$');
            after
        };
    }
    Ok(filled + rest)
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
fn defaulted(inner: &str) -> Result<String, String> {
    let name = inner.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(name);
    match rest.strip_prefix(':').unwrap_or(rest) {
        default if default.starts_with('-') => interpolated(&default[1..]),
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
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(interpolated(text), expected, "{text}");
        }
    }
}
