//! A section of lab.yaml: its resources, with the comments above them.

use serde_json::Value;

use super::yaml::{comment, entry};

/// A resource with the comments above it.
pub(super) struct Resource {
    pub(super) name: String,
    pub(super) notes: Vec<String>,
    pub(super) value: Value,
}

pub(super) fn resource(name: &str, value: Value) -> Resource {
    Resource { name: name.to_owned(), notes: Vec::new(), value }
}

/// Writes a section with an empty line before it.
pub(super) fn section(out: &mut String, name: &str, words: &str, resources: impl IntoIterator<Item = Resource>) {
    let mut resources = resources.into_iter().peekable();
    if resources.peek().is_none() {
        return;
    }
    out.push('\n');
    if !words.is_empty() {
        comment(out, 0, words);
    }
    out.push_str(&format!("{name}:\n"));
    for resource in resources {
        resource.notes.iter().for_each(|note| comment(out, 2, note));
        entry(out, 2, &resource.name, &resource.value);
    }
}
