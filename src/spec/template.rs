//! `${…}` in strings: the lab, the account, the region, and outputs of other resources, and nothing else. Variables are
//! filled before, in the tree.

use std::collections::BTreeSet;

use serde_json::Value;

use super::errors::suggest;
use crate::model::{Address, Known, nearest};
use crate::resource::{AnyKind, Names, Others, Place};
use crate::resources::{KINDS, existing, kind, section};

/// The beginning of the name of a variable, as in `${var.student}`.
pub(super) const VARIABLE: &str = "var.";

/// A piece of a string that may have holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// A literal `${`, written `$${`.
    Escaped,
    /// The name in a `${…}`.
    Hole(&'a str),
    /// The rest from a `${` that nothing closes.
    Unclosed(&'a str),
}

/// Takes a string apart.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find("${") {
        let (before, hole) = rest.split_at(at);
        let (text, piece, after) = match (before.strip_suffix('$'), hole[2..].split_once('}')) {
            (Some(text), _) => (text, Piece::Escaped, &hole[2..]),
            (None, Some((name, after))) => (before, Piece::Hole(name), after),
            (None, None) => (before, Piece::Unclosed(hole), ""),
        };
        pieces.extend((!text.is_empty()).then_some(Piece::Text(text)));
        pieces.push(piece);
        rest = after;
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    pieces
}

/// A string with holes for outputs that only live objects have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Output(Address, String),
}

impl Template {
    /// The string with its holes filled from what is known of `others`.
    pub(super) fn fill(&self, others: &Others) -> Known<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Output(address, output) => match others.value(address, output) {
                    Some(Known::Now(value)) => text.push_str(&value),
                    Some(Known::AfterApply) | None => return Known::AfterApply,
                },
            }
        }
        Known::Now(text)
    }

    /// The string with its holes as the user wrote them.
    pub(super) fn marked(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Output(address, output) => {
                let section = kind(&address.kind).map_or("", |kind| kind.section());
                format!("${{{section}.{}.{output}}}", address.name)
            }
        });
        parts.collect()
    }

    /// Returns whether a part of the string is known only from live objects.
    pub(super) fn is_open(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Output(..)))
    }

    /// The resources whose live outputs stand in the string.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Address> {
        self.0.iter().filter_map(|part| match part {
            Part::Output(address, _) => Some(address),
            Part::Text(_) => None,
        })
    }

    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }
}

/// A document whose strings may have holes.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    /// The document; a string with holes stands in it as the user wrote it.
    pub(super) value: Value,
    /// The strings with holes, by JSON pointer.
    pub(super) holes: Vec<(String, Template)>,
}

impl Document {
    /// The document with its holes filled; an output that isn't known yet becomes the text that plans show for it.
    pub(super) fn fill(&self, others: &Others) -> Value {
        let mut value = self.value.clone();
        for (pointer, template) in &self.holes {
            let place = value.pointer_mut(pointer);
            *place.expect("a hole is a string of its document") = Value::String(template.fill(others).shown());
        }
        value
    }
}

/// The values that a string can be filled from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) place: &'a Place,
    /// The physical names of the lab's resources; none if outputs may not stand in the string.
    pub(super) names: Option<&'a Names>,
    /// Those among them that are looked up, and of which nothing is known before.
    pub(super) existing: &'a BTreeSet<Address>,
}

/// No address.
static NONE: BTreeSet<Address> = BTreeSet::new();

impl<'a> Scope<'a> {
    /// The scope of what is filled before anything else: names, tags, and what finds an object of somebody else's.
    pub(super) fn fixed(place: &'a Place) -> Self {
        Self { place, names: None, existing: &NONE }
    }
}

/// The fault of a `${…}`, and what to do about it.
pub(super) type Wrong = (String, Option<String>);

impl Scope<'_> {
    /// Fills `text` as far as it is known without AWS, and notes the resources that it names in `refs`.
    pub(super) fn read(
        &self,
        text: &str,
        own: Option<&Address>,
        refs: &mut BTreeSet<Address>,
    ) -> Result<Template, Wrong> {
        let mut template = Template::default();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => template.text(text),
                Piece::Escaped => template.text("${"),
                // What is wrong with a variable was told when it was to be filled.
                Piece::Hole(name) if is_policy_variable(name) || name.starts_with(VARIABLE) => {
                    template.text(&format!("${{{name}}}"));
                }
                Piece::Hole(name) => match self.part(name, own, refs)? {
                    Part::Text(value) => template.text(&value),
                    output => template.0.push(output),
                },
                Piece::Unclosed(_) => return Err(("`${` without `}`".to_owned(), Some(LITERAL.to_owned()))),
            }
        }
        if template.0.is_empty() {
            template.text("");
        }
        Ok(template)
    }

    fn part(&self, name: &str, own: Option<&Address>, refs: &mut BTreeSet<Address>) -> Result<Part, Wrong> {
        match name {
            "lab" => return Ok(Part::Text(self.place.lab.clone())),
            "account" => return Ok(Part::Text(self.place.account.clone())),
            "region" => return Ok(Part::Text(self.place.region.clone())),
            _ => {}
        }
        let unknown = |hint| (format!("unknown `${{{name}}}`"), Some(hint));
        let Some((word, (path, output))) =
            name.split_once('.').and_then(|(word, rest)| Some((word, rest.rsplit_once('.')?)))
        else {
            // IAM's policy variables and the shell's look alike.
            let near = suggest(name, ["lab", "account", "region"]).unwrap_or_default();
            let is_of_shell = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            let hint = match near.starts_with("did") {
                true => near,
                false if is_of_shell => format!("labform fills {FIXED}, and no variables of the shell; {LITERAL}"),
                false => LITERAL.to_owned(),
            };
            return Err(unknown(hint));
        };
        let Some(names) = self.names else {
            let message = format!("`${{{name}}}` can't stand here");
            return Err((message, Some(format!("names and tags take {FIXED}, and variables"))));
        };
        let Some(kind) = section(word) else {
            let mut filled: Vec<&str> = names.keys().filter_map(|one| Some(kind(&one.kind)?.section())).collect();
            filled.dedup();
            let near =
                nearest(word, KINDS.iter().map(|kind| kind.section())).map(|near| format!("did you mean `{near}`?"));
            return Err(unknown(near.or_else(|| suggest(word, filled)).unwrap_or_default()));
        };
        let (path, output) = self.of_entry(kind, names, &name[word.len() + 1..]).unwrap_or((path, output));
        let address = Address::new(kind.kind(), path);
        let Some(physical) = names.get(&address) else {
            let known = names.keys().filter(|one| one.kind == kind.kind()).map(|one| one.name.as_str());
            let nothing = || format!("there is nothing below `{word}`");
            return Err(unknown(suggest(path, known).unwrap_or_else(nothing)));
        };
        let kind = Some(kind).filter(|_| !self.existing.contains(&address)).or_else(|| existing(word)).unwrap_or(kind);
        let outputs = kind.outputs(self.place, physical, None);
        let Some(found) = outputs.iter().find(|one| one.is_called(output)) else {
            let known = outputs.iter().map(|one| one.name.as_ref());
            return Err(unknown(suggest(output, known).unwrap_or_default()));
        };
        if own != Some(&address) {
            refs.insert(address.clone());
        } else if found.value.is_none() {
            let message = format!("`${{{name}}}` is known only once {address} itself is there");
            return Err((message, None));
        }
        Ok(match &found.value {
            Some(value) => Part::Text(value.clone()),
            None => Part::Output(address, output.to_owned()),
        })
    }

    /// Parts `rest` after the name of a resource, if what follows that is an output of an entry, as in `web.scaling.up`.
    fn of_entry<'t>(&self, kind: &dyn AnyKind, names: &Names, rest: &'t str) -> Option<(&'t str, &'t str)> {
        let (outer, _) = rest.rsplit_once('.')?.0.rsplit_once('.')?;
        let output = &rest[outer.len() + 1..];
        let physical = names.get(&Address::new(kind.kind(), outer))?;
        let outputs = kind.outputs(self.place, physical, None);
        outputs.iter().any(|one| one.is_of_each && one.is_called(output)).then_some((outer, output))
    }
}

/// Returns whether a variable is IAM's to fill: a name of AWS's has a `:`, as in `aws:username`, and labform's never
/// have; `*`, `?` and `$` stand for themselves ("IAM policy elements: Variables and tags", IAM user guide).
fn is_policy_variable(name: &str) -> bool {
    name.contains(':') || matches!(name, "*" | "?" | "$")
}

/// What can be filled in everywhere.
const FIXED: &str = "`${lab}`, `${account}` and `${region}`";
/// The advice on text that isn't labform's to fill.
const LITERAL: &str = "write `$${` for a literal `${`";
