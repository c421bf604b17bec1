//! The fields of one change: what a create sends, and what differs.

use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

use super::super::style::{DIM, GREEN, RED, YELLOW, flow, paint, visible, yaml};
use super::INDENT;
use crate::model::{Effect, FieldDiff, Shape};
use crate::plan::Change;
use crate::resources::kind;

/// Lines of a document that are shown around a difference.
const CONTEXT: usize = 3;
/// The longest `have -> want` that stands on one line.
const ONE_LINE: usize = 100;

/// Writes what a create sends: short values on one line, others as YAML.
pub(super) fn write_desired(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let empty = Map::new();
    let fields = change.desired.as_object().unwrap_or(&empty);
    // The header shows the name already, but not what another field makes of it (a listener's port).
    let name_field = kind(&change.address.kind).map(|kind| kind.name_rule().field);
    let is_name = |key: &str, value: &Value| Some(key) == name_field && value.is_string();
    for (key, value) in fields.iter().filter(|(key, value)| !is_name(key, value) && !value.is_null()) {
        let lines = yaml(key, value, INDENT + 2);
        let Some((first, rest)) = lines.split_first() else {
            continue;
        };
        writeln!(out, "{:INDENT$}{} {first}", "", paint(GREEN, "+"))?;
        for line in rest {
            writeln!(out, "{:INDENT$}  {line}", "")?;
        }
    }
    Ok(())
}

/// Writes one field that differs.
pub(super) fn write_field(out: &mut dyn Write, field: &FieldDiff) -> io::Result<()> {
    let path = visible(&field.path);
    let note = match field.effect {
        Effect::Replace => format!("  {}", paint(RED, "# forces replacement")),
        Effect::Update => String::new(),
    };
    let (symbol, style) = match (field.have.is_null(), field.want.is_null()) {
        (true, _) => ("+", GREEN),
        (_, true) => ("-", RED),
        _ => ("~", YELLOW),
    };
    let mark = paint(style, symbol);
    if field.shape == Shape::Document {
        writeln!(out, "{:INDENT$}{mark} {path}:{note}", "")?;
        return write_document(out, &field.have, &field.want);
    }
    let one_line = match symbol {
        "+" => flow(&field.want),
        "-" => flow(&field.have),
        _ => format!("{} -> {}", flow(&field.have), flow(&field.want)),
    };
    if one_line.chars().count() <= ONE_LINE {
        return writeln!(out, "{:INDENT$}{mark} {path}: {one_line}{note}", "");
    }
    writeln!(out, "{:INDENT$}{mark} {path}:{note}", "")?;
    match (&field.have, &field.want) {
        (Value::Array(have), Value::Array(want)) => {
            write_values(out, "-", RED, have.iter().filter(|value| !want.contains(value)))?;
            write_values(out, "+", GREEN, want.iter().filter(|value| !have.contains(value)))
        }
        (have, want) => {
            write_values(out, "-", RED, Some(have).filter(|value| !value.is_null()))?;
            write_values(out, "+", GREEN, Some(want).filter(|value| !value.is_null()))
        }
    }
}

fn write_values<'v>(
    out: &mut dyn Write,
    symbol: &str,
    style: Style,
    values: impl IntoIterator<Item = &'v Value>,
) -> io::Result<()> {
    for value in values {
        writeln!(out, "{:INDENT$}    {} {}", "", paint(style, symbol), flow(value))?;
    }
    Ok(())
}

/// Writes two documents as a unified diff.
fn write_document(out: &mut dyn Write, have: &Value, want: &Value) -> io::Result<()> {
    let (have, want) = (pretty(have), pretty(want));
    let diff = TextDiff::from_lines(&have, &want);
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            writeln!(out, "{:INDENT$}    {}", "", paint(DIM, "..."))?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = visible(change.value().trim_end_matches('\n'));
            match change.tag() {
                ChangeTag::Equal => writeln!(out, "{:INDENT$}      {line}", "")?,
                ChangeTag::Delete => writeln!(out, "{:INDENT$}    {}", "", paint(RED, format_args!("- {line}")))?,
                ChangeTag::Insert => writeln!(out, "{:INDENT$}    {}", "", paint(GREEN, format_args!("+ {line}")))?,
            }
        }
    }
    Ok(())
}

fn pretty(document: &Value) -> String {
    match document {
        Value::Null => String::new(),
        other => format!("{other:#}\n"),
    }
}
