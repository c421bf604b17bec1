//! The lab's outputs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::style::visible;
use super::wrap::{WIDTH, width};
use crate::model::Known;

/// The outputs of a lab, as far as it is known.
pub type Outputs = BTreeMap<String, Known<String>>;

/// Writes `name = value` lines. A value that doesn't fit behind its name has a line of its own, so that a terminal doesn't
/// break what is to be copied.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_values(out: &mut dyn Write, outputs: &Outputs) -> io::Result<()> {
    for (name, value) in outputs {
        let (name, value) = (visible(name), visible(value.clone().shown()));
        let gap = if width(&name) + width(" = ") + width(&value) > WIDTH { '\n' } else { ' ' };
        writeln!(out, "{name} ={gap}{value}")?;
    }
    Ok(())
}

/// Writes `NAME="value"` lines, as a shell and what reads `.env` files take them: names in upper case, `_` for what a name of
/// a shell's can't hold. An output that isn't known yet is a comment.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_env(out: &mut dyn Write, outputs: &Outputs) -> io::Result<()> {
    let lines: BTreeMap<String, &Known<String>> = outputs.iter().map(|(name, value)| (variable(name), value)).collect();
    for (name, value) in lines {
        match value {
            Known::Now(value) => writeln!(out, "{name}=\"{}\"", escaped(value))?,
            Known::AfterApply => writeln!(out, "# {name}: {}", Known::<String>::AfterApply.shown())?,
        }
    }
    Ok(())
}

/// Two outputs that would be one variable of a shell's, and that variable, if there are such.
pub fn same_variable<'a>(names: impl IntoIterator<Item = &'a String>) -> Option<(&'a str, &'a str, String)> {
    let mut known = BTreeMap::new();
    names.into_iter().find_map(|name| {
        let other = known.insert(variable(name), name.as_str())?;
        Some((other, name.as_str(), variable(name)))
    })
}

/// The variable of a shell's for an output ("Name", POSIX.1-2024, XBD 3.216).
fn variable(output: &str) -> String {
    let signs = output.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign.to_ascii_uppercase() } else { '_' });
    let begins = if output.starts_with(|sign: char| sign.is_ascii_digit()) { "_" } else { "" };
    begins.chars().chain(signs).collect()
}

/// A value between double quotes ("Double-Quotes", POSIX.1-2024, XCU 2.2.3).
fn escaped(value: &str) -> String {
    value.chars().flat_map(|sign| "\"\\$`".contains(sign).then_some('\\').into_iter().chain([sign])).collect()
}

/// The outputs as a document; null if one isn't known yet.
pub fn to_json(outputs: &Outputs) -> Value {
    let value = |known: &Known<String>| known.clone().now().map_or(Value::Null, Value::String);
    let entries = outputs.iter().map(|(name, known)| (name.clone(), value(known)));
    Value::Object(entries.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shell_takes_each_output_for_a_variable() {
        let outputs = Outputs::from([
            ("web-app.uri".to_owned(), Known::Now("a \"b\" $HOME `id` \\ 'c'".to_owned())),
            ("2nd".to_owned(), Known::Now(String::new())),
            ("url".to_owned(), Known::AfterApply),
        ]);
        let mut out = Vec::new();
        write_env(&mut out, &outputs).unwrap();
        let text = String::from_utf8(out).unwrap();
        let value = r#"WEB_APP_URI="a \"b\" \$HOME \`id\` \\ 'c'""#;
        assert_eq!(text, format!("# URL: (known after apply)\n{value}\n_2ND=\"\"\n"));
        let names = ["a-b", "a_B", "c"].map(str::to_owned);
        assert_eq!(same_variable(&names), Some(("a-b", "a_B", "A_B".to_owned())));
        assert_eq!(same_variable(&names[1..]), None);
    }

    #[test]
    fn an_unknown_output_is_told_apart() {
        let outputs = Outputs::from([
            ("bucket".to_owned(), Known::Now("ecs-lab\u{1b}[0m".to_owned())),
            ("url".to_owned(), Known::AfterApply),
            ("where-it-is".to_owned(), Known::Now("x".repeat(67))),
        ]);
        let mut out = Vec::new();
        write_values(&mut out, &outputs).unwrap();
        let text = String::from_utf8(out).unwrap();
        let value = "x".repeat(67);
        assert_eq!(text, format!("bucket = ecs-lab\\u{{1b}}[0m\nurl = (known after apply)\nwhere-it-is =\n{value}\n"));
        let json = json!({"bucket": "ecs-lab\u{1b}[0m", "url": null, "where-it-is": value});
        assert_eq!(to_json(&outputs), json);
    }
}
