//! The lab's outputs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::style::visible;
use crate::model::Known;

/// The outputs of a lab, as far as it is known.
pub type Outputs = BTreeMap<String, Known<String>>;

/// Writes `name = value` lines.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_values(out: &mut dyn Write, outputs: &Outputs) -> io::Result<()> {
    for (name, value) in outputs {
        writeln!(out, "{} = {}", visible(name), visible(value.clone().shown()))?;
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
    use super::*;

    #[test]
    fn an_unknown_output_is_told_apart() {
        let outputs = Outputs::from([
            ("bucket".to_owned(), Known::Now("ecs-lab\u{1b}[0m".to_owned())),
            ("url".to_owned(), Known::AfterApply),
        ]);
        let mut out = Vec::new();
        write_values(&mut out, &outputs).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "bucket = ecs-lab\\u{1b}[0m\nurl = (known after apply)\n");
        assert_eq!(to_json(&outputs).to_string(), r#"{"bucket":"ecs-lab\u001b[0m","url":null}"#);
    }
}
