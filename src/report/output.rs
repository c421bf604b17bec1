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
