//! serde's words, put into words for somebody who learns AWS.

use super::errors::suggest;
use crate::model::nearest;

/// The advice if YAML took a text for a number or a boolean.
pub(super) const QUOTES: &str = "put it in quotes";

/// The fault of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The struct has no such field; the near one may be meant.
    Unknown { near: Option<String> },
    /// The struct needs this field.
    Missing { field: String },
    /// The field's value is wrong.
    Other,
}

/// An error of serde's in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) what: What,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Words {
    /// Puts `error` into words.
    pub(super) fn of(error: &str) -> Self {
        let mut words = Self { what: What::Other, message: error.to_owned(), hint: None };
        if let Some((field, _)) = quoted(error, "missing field ") {
            words.what = What::Missing { field: field.to_owned() };
        } else if let Some((field, known)) = quoted(error, "unknown field ") {
            let near = nearest(field, known.iter().copied()).map(str::to_owned);
            words.what = What::Unknown { near };
            words.message = format!("unknown field `{field}`");
            words.hint = suggest(field, known);
        } else if let Some((variant, known)) = quoted(error, "unknown variant ") {
            words.message = format!("unknown value `{variant}`");
            words.hint = suggest(variant, known);
        } else if let Some((found, wanted)) =
            error.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
        {
            let wanted = wanted_words(wanted);
            words.message = format!("expected {wanted}, found {}", found_words(found));
            words.hint = match (found.split(' ').next(), wanted) {
                (Some("integer" | "floating" | "boolean"), "a text") => Some(QUOTES.to_owned()),
                (Some("string"), "a whole number") => Some("write digits only, without quotes".to_owned()),
                (Some("string"), "a boolean") => Some("write `true` or `false`, without quotes".to_owned()),
                _ => None,
            };
        }
        words
    }
}

/// The word in backquotes behind `prefix`, and those that serde expected instead of it.
fn quoted<'a>(message: &'a str, prefix: &str) -> Option<(&'a str, Vec<&'a str>)> {
    // The word itself comes from the user and may hold backquotes.
    let rest = message.strip_prefix(prefix)?.strip_prefix('`')?;
    let (word, known) = rest
        .split_once("`, expected ")
        .or_else(|| rest.split_once("`, there are no "))
        .unwrap_or((rest.strip_suffix('`').unwrap_or(rest), ""));
    Some((word, known.split('`').skip(1).step_by(2).collect()))
}

fn wanted_words(wanted: &str) -> &str {
    match wanted {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "a string" => "a text",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "a map of fields",
        other => other,
    }
}

fn found_words(found: &str) -> String {
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    let value = value.trim_start_matches("point ").trim_matches('`');
    match kind {
        "integer" | "floating" => format!("the number {value}"),
        "boolean" => format!("the boolean {value}"),
        "string" => format!("the text {value}"),
        "sequence" => "a list".to_owned(),
        "null" | "unit" => "nothing".to_owned(),
        "map" => "a map".to_owned(),
        _ => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_is_put_into_words() {
        let cases = [
            ("missing field `cluster`", "missing field `cluster`", None),
            (
                "unknown field `famly`, expected one of `family`, `cpu`",
                "unknown field `famly`",
                Some("did you mean `family`?"),
            ),
            (
                "unknown field `x`, expected `enable` or `rollback`",
                "unknown field `x`",
                Some("known here: `enable`, `rollback`"),
            ),
            ("unknown field `x`, there are no fields", "unknown field `x`", None),
            ("unknown field `a`b`, expected `ab`", "unknown field `a`b`", Some("did you mean `ab`?")),
            (
                "unknown variant `FARGAT`, expected one of `EC2`, `FARGATE`",
                "unknown value `FARGAT`",
                Some("did you mean `FARGATE`?"),
            ),
            ("invalid type: integer `3000`, expected a string", "expected a text, found the number 3000", Some(QUOTES)),
            ("invalid type: floating point `1.5`, expected i32", "expected a whole number, found the number 1.5", None),
            (
                "invalid type: string \"2\", expected i32",
                "expected a whole number, found the text \"2\"",
                Some("write digits only, without quotes"),
            ),
            ("invalid type: map, expected a sequence", "expected a list, found a map", None),
            ("invalid type: null, expected struct Rule", "expected a map of fields, found nothing", None),
        ];
        for (error, message, hint) in cases {
            let words = Words::of(error);
            assert_eq!((words.message.as_str(), words.hint.as_deref()), (message, hint), "{error}");
        }
    }
}
