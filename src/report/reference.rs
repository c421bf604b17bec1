//! What a kind or a field of lab.yaml is.

use std::io::{self, Write};

use super::style::{BOLD, DIM, cut, flow, paint};
use super::wrap::{WIDTH, write_wrapped};
use crate::resource::NameRule;
use crate::spec::reference::{Area, Change, Section, Topic};

/// The columns before what is said of a word.
const WORDS: usize = 21;
/// The columns before what is said of a field.
const FIELD: usize = 6;

/// Writes a line for each kind, and for each of the other keys of lab.yaml.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_areas(out: &mut dyn Write, areas: &[Area]) -> io::Result<()> {
    for area in areas {
        writeln!(out, "{}", paint(BOLD, &area.title))?;
        for (word, about) in &area.words {
            let gap = " ".repeat(WORDS - 2 - word.len());
            writeln!(out, "  {word}{gap}{}", one_line(about))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "`labform explain KIND` says more of one, `labform explain KIND.FIELD` of a field.")
}

/// As many words of a sentence as have room behind its word.
fn one_line(text: &str) -> String {
    let room = WIDTH - WORDS;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept = cut(text, room - 1);
    let whole = kept.rsplit_once(' ').map_or(kept.as_str(), |(whole, _)| whole);
    format!("{} …", whole.trim_end_matches([',', ':', ';']))
}

/// Writes what a kind or a field is.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_topic(out: &mut dyn Write, topic: &Topic) -> io::Result<()> {
    let is_kind = topic.section.as_ref().is_some_and(|section| !section.outputs.is_empty());
    let sort = if is_kind { String::new() } else { format!(": {}", topic.sort) };
    write_wrapped(out, "", &format!("{}{sort}", paint(BOLD, &topic.path)), FIELD)?;
    for paragraph in &topic.description {
        writeln!(out)?;
        write_wrapped(out, "", paragraph, 0)?;
    }
    if let Some(section) = &topic.section {
        writeln!(out)?;
        write_wrapped(out, "", &place(section), 0)?;
    }
    let more = more(topic);
    if !more.is_empty() {
        writeln!(out)?;
        write_wrapped(out, "", &format!("{}.", upper(&more.join("; "))), 0)?;
    }
    if topic.values.iter().any(|(_, meaning)| !meaning.is_empty()) {
        heading(out, "Values")?;
        for (value, meaning) in &topic.values {
            write_wrapped(out, &format!("  {value}: "), meaning, FIELD)?;
        }
    }
    if !topic.fields.is_empty() {
        let makes_revisions = topic.fields.iter().any(|field| field.change == Some(Change::Revision));
        heading(out, if makes_revisions { "Fields (a change of one makes a new revision)" } else { "Fields" })?;
        topic.fields.iter().try_for_each(|field| write_field(out, field))?;
    }
    match &topic.section {
        Some(section) => write_section(out, section),
        None => Ok(()),
    }
}

fn heading(out: &mut dyn Write, title: &str) -> io::Result<()> {
    writeln!(out)?;
    writeln!(out, "{}", paint(BOLD, title))
}

fn write_field(out: &mut dyn Write, field: &Topic) -> io::Result<()> {
    let said_above = |change: &Change| *change == Change::Revision;
    let told = more(&Topic { change: field.change.filter(|change| !said_above(change)), ..field.clone() });
    let facts = [field.sort.clone()].into_iter().chain(told).collect::<Vec<_>>().join("; ");
    let words = facts.split_whitespace().map(|word| paint(DIM, word).to_string()).collect::<Vec<_>>().join(" ");
    write_wrapped(out, &format!("  {}  ", paint(BOLD, &field.path)), &words, FIELD - 2)?;
    let about = field.description.first().map_or("", String::as_str);
    write_wrapped(out, &" ".repeat(FIELD), about, FIELD)
}

/// What else there is to say of a field, in half sentences.
fn more(field: &Topic) -> Vec<String> {
    let change = field.change.and_then(|change| match change {
        Change::Update => None,
        Change::Replace => Some("a change replaces the object"),
        Change::OneWay => Some("a change back to the default replaces the object"),
        Change::Revision => Some("a change makes a new revision"),
    });
    let required = field.is_required.then(|| "must be given".to_owned());
    let default = field.default.as_ref().map(|default| format!("default {}", flow(default)));
    required.into_iter().chain(default).chain(change.map(str::to_owned)).collect()
}

/// Where a section stands, and how its objects are named.
fn place(section: &Section) -> String {
    let keys: Vec<String> = section.keys.iter().map(|key| format!("`{key}`")).collect();
    let place = format!("It stands below {}.", keys.join(" and a name, below "));
    match &section.name {
        Some(rule) => format!("{place} {}", name(rule)),
        None => place,
    }
}

fn name(rule: &NameRule) -> String {
    let NameRule { field, min, max, words, .. } = rule;
    let default = if rule.is_path { "/<lab>/<name>" } else { "<lab>-<name>" };
    format!("Its name in AWS is its `{field}`, {default} if that is left out: {min} to {max} characters, of {words}.")
}

fn write_section(out: &mut dyn Write, section: &Section) -> io::Result<()> {
    let key = section.keys.last().map_or("", String::as_str);
    let outputs = section.outputs.iter().map(|output| format!("${{{key}.NAME.{output}}}"));
    let outputs = outputs.collect::<Vec<_>>().join(" ");
    if !outputs.is_empty() {
        heading(out, "Outputs")?;
        write_wrapped(out, "  ", &outputs, 2)?;
    }
    if let Some(example) = &section.example {
        heading(out, &format!("Example, from {}", example.path))?;
        example.text.lines().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(())
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;
    use crate::spec::reference::Reference;

    fn told(path: &str) -> String {
        let topic = Reference::default().topic(path).unwrap();
        let mut out = Vec::new();
        write_topic(&mut out, &topic).unwrap();
        plain(&out)
    }

    #[test]
    fn a_kind_is_told_with_its_fields_its_outputs_and_an_example() {
        insta::assert_snapshot!(told("logGroups"));
        insta::assert_snapshot!(told("taskDefinition.containerDefinitions.healthCheck"));
        insta::assert_snapshot!(told("service.loadBalancers.containerName"));
        insta::assert_snapshot!(told("existing.clusters"));
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let reference = Reference::default();
        let mut out = Vec::new();
        write_areas(&mut out, &reference.areas()).unwrap();
        let areas = plain(&out);
        insta::assert_snapshot!(areas);
        for word in reference.words() {
            // What examples say, they say as their labs do.
            let text = told(word);
            let own = text.split("\nExample, ").next().unwrap();
            let wide = own.lines().find(|line| line.chars().count() > WIDTH);
            assert_eq!(wide, None, "{word}");
        }
    }
}
