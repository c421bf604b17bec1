//! The words of `run` that a job's container gets: its variables, and its command. Either may hold a secret.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::model::{gives_away, holds_a_secret};
use crate::report::commands::quoted;

/// The word in place of one that isn't repeated.
const NOT_SHOWN: &str = "'(not shown)'";

/// Reads the variables of `--set`.
///
/// # Errors
/// If one is malformed. It isn't repeated: its value may be a secret.
pub(super) fn variables(set: &[String]) -> Result<BTreeMap<String, String>, Error> {
    let set = set.iter().enumerate().map(|(index, text)| {
        variable(text).map_err(|why| Error::usage(format!("--set, the {} one: {why}", ordinal(index + 1))))
    });
    set.collect()
}

/// Words for a container as they are said again.
pub(super) fn shown(args: &[String]) -> Vec<String> {
    let before = [""].into_iter().chain(args.iter().map(|word| word.trim_start_matches('-')));
    let shown = |(before, word): (&str, &String)| {
        // A value stands behind its name.
        let (name, value) = word.split_once(['=', ':']).unwrap_or((before, word.as_str()));
        // `-p` is the password of many a program.
        let is_secret = holds_a_secret(word) || gives_away(name, value) || gives_away(before, word) || before == "p";
        if is_secret { NOT_SHOWN.to_owned() } else { quoted(word) }
    };
    before.zip(args).map(shown).collect()
}

/// A variable as it is said again. The value of one that may be a secret is left to the shell.
pub(super) fn shown_variable(text: &str) -> String {
    match variable(text) {
        Ok((name, value)) if gives_away(&name, &value) => format!("{name}=\"${name}\""),
        Ok(_) => quoted(text),
        Err(_) => NOT_SHOWN.to_owned(),
    }
}

/// The number as a word that tells which one is meant.
fn ordinal(number: usize) -> String {
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        number => format!("{number}th"),
    }
}

/// Reads `KEY=VALUE`. Of the same name twice, the last one counts.
fn variable(text: &str) -> Result<(String, String), String> {
    let Some((key, value)) = text.split_once('=') else {
        return Err("write KEY=VALUE".to_owned());
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !key.chars().all(is_word) || !key.starts_with(|c: char| !c.is_ascii_digit() && is_word(c)) {
        return Err("a variable's name has letters, digits and _, and begins with no digit".to_owned());
    }
    if value.contains('\0') {
        return Err("a value can't hold a NUL".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_said_again() {
        assert_eq!(shown_variable("MODE=a b"), "'MODE=a b'");
        assert_eq!(shown_variable("DB_PASSWORD=hunter2-x9"), "DB_PASSWORD=\"$DB_PASSWORD\"");
        assert_eq!(shown_variable("hunter2-x9"), NOT_SHOWN);
        let args = ["ask", "a b", "--password", "hunter2-x9", "token=hunter2-x9"].map(str::to_owned);
        assert_eq!(shown(&args).join(" "), format!("ask 'a b' --password {NOT_SHOWN} {NOT_SHOWN}"));
    }

    #[test]
    fn variables_are_names_with_values() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(variable("A_1=b=c"), pair("A_1", "b=c"));
        assert_eq!(variable("_a="), pair("_a", ""));
        for wrong in ["A", "=b", "1A=b", "a-b=c", "a b=c", "\u{e9}=1", "A=\0"] {
            assert!(variable(wrong).is_err(), "{wrong}");
        }
    }
}
