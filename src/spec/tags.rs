//! Tags as the lab gives them.

use std::collections::BTreeSet;

use super::errors::{Faults, Mark};
use super::outline::expected;
use super::template::Scope;
use super::tree::{Item, Tree};
use super::words::QUOTES;
use crate::model::Tags;
use crate::resource::Problem;

/// Reads tags: a map, or a list of key and value as AWS's JSON has it. `label` names what they belong to.
pub(super) fn read(tree: &Tree, label: Option<&str>, scope: Scope<'_>, faults: &mut Faults) -> Tags {
    let pairs: Option<Vec<(&str, Mark, &Tree)>> = match &tree.item {
        Item::List(items) => items.iter().map(pair).collect(),
        _ => tree
            .entries()
            .map(|entries| entries.iter().map(|entry| (entry.key.as_str(), entry.mark, &entry.value)).collect()),
    };
    let Some(pairs) = pairs else {
        let message = expected("a map of tags, or a list of `key` and `value`", tree);
        faults.add(tree.mark, label, message, None);
        return Tags::new();
    };
    let mut tags = Tags::new();
    let is_pasted = matches!(tree.item, Item::List(_));
    for (key, mark, value) in pairs {
        if is_pasted && key.to_lowercase().starts_with("aws:") {
            let message = format!("passed over the tag `{key}`, which AWS sets itself");
            faults.problem(mark, label, Problem::at("", message).warning());
            continue;
        }
        let Some(text) = value.text() else {
            let is_scalar = matches!(value.item, Item::Number(_) | Item::Bool(_));
            let hint = is_scalar.then(|| QUOTES.to_owned());
            faults.add(value.mark, label, expected("a text", value), hint);
            continue;
        };
        let text = match scope.read(text, None, &mut BTreeSet::new()) {
            Ok(template) => template.marked(),
            Err((message, hint)) => {
                faults.add(value.mark, label, message, hint);
                continue;
            }
        };
        if let Some(problem) = problem(key, &text) {
            faults.add(mark, label, problem, None);
        } else if tags.insert(key.to_owned(), text).is_some() {
            faults.add(mark, label, format!("the tag `{key}` stands here twice"), None);
        }
    }
    tags
}

fn pair(item: &Tree) -> Option<(&str, Mark, &Tree)> {
    let entries = item.entries().filter(|entries| entries.len() == 2)?;
    let find = |name: &str| entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(name));
    let (key, value) = find("key").zip(find("value"))?;
    Some((key.value.text()?, key.value.mark, &value.value))
}

/// Returns why a tag is none that AWS takes, if it isn't ("Tag naming limits and requirements", Tagging AWS resources:
/// letters, digits and spaces of any script; a value may be empty).
fn problem(key: &str, value: &str) -> Option<String> {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    let fits = |c: &char| c.is_alphanumeric() || is_space(*c) || "_.:/=+@-".contains(*c);
    if ["aws:", "labform:"].iter().any(|prefix| key.to_lowercase().starts_with(prefix)) {
        return Some(format!("the tag `{key}` begins with a prefix that isn't yours"));
    }
    for (what, text, lengths) in [("key", key, 1..=128), ("value", value, 0..=256)] {
        let length = text.chars().count();
        if !lengths.contains(&length) {
            let (min, max) = lengths.into_inner();
            return Some(format!("a tag's {what} has {min} to {max} characters, and `{text}` has {length}"));
        }
        if let Some((at, odd)) = text.chars().enumerate().find(|(_, c)| !fits(c)) {
            let words = "letters, digits, spaces and _ . : / = + - @";
            return Some(format!(
                "`{text}` is not a tag's {what}: `{odd}` is its character {}, and AWS allows {words}",
                at + 1
            ));
        }
    }
    None
}
