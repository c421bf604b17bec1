//! The objects that are to become the lab's.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::style::{BOLD, counted, flow, paint, visible};
use crate::live::Object;

/// Writes the objects with their ids and tags.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_adoption(out: &mut dyn Write, objects: &[&Object]) -> io::Result<()> {
    writeln!(out, "{} will be the lab's:", paint(BOLD, counted(objects.len(), "object")))?;
    for object in objects {
        let ids = object.kind.ids(&object.live);
        let id = ids.iter().find(|id| **id != object.name).map(|id| format!(" {}", visible(id))).unwrap_or_default();
        writeln!(out, "  {} \"{}\"{id}", visible(&object.address), visible(&object.name))?;
        for (key, value) in &object.tags {
            writeln!(out, "      tag {}: {}", visible(key), flow(&value.as_str().into()))?;
        }
    }
    Ok(())
}

/// The line of an object for programs.
pub fn line(word: &str, object: &Object) -> Value {
    let ids = object.kind.ids(&object.live);
    json!({"type": word, "address": object.address, "name": object.name, "ids": ids, "tags": object.tags})
}
