//! YAML as a tree in which every key and value knows its place.
//!
//! The tree is built from the parser's events and not by serde, so that nesting costs no stack, every duplicate key is
//! found at once, and a quoted number stays a text. What a lab doesn't need is refused: anchors, aliases, merge keys,
//! tags, several documents, deep nesting, and characters that can't be seen.

use std::collections::BTreeMap;

use serde_json::Number;
use serde_saphyr::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, Span, options};

use super::errors::{Faults, Files, Mark, forbidden};
use super::slips;

/// The largest file that is read.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting.
const MAX_DEPTH: usize = 64;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) mark: Mark,
    pub(super) item: Item,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) mark: Mark,
    pub(super) value: Tree,
}

impl Tree {
    /// The entries of a map; none for `null`, which is how an empty map is often written.
    pub(super) fn entries(&self) -> Option<&[Entry]> {
        match &self.item {
            Item::Map(entries) => Some(entries),
            Item::Null => Some(&[]),
            _ => None,
        }
    }

    /// The entry of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The text, if the value is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.item {
            Item::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value in words, for people.
    pub(super) fn words(&self) -> String {
        match &self.item {
            Item::Null => "nothing".to_owned(),
            Item::Bool(value) => format!("the boolean {value}"),
            Item::Number(value) => format!("the number {value}"),
            Item::Text(_) => "a text".to_owned(),
            Item::List(_) => "a list".to_owned(),
            Item::Map(_) => "a map".to_owned(),
        }
    }

    /// The way along `path`, as in `containerDefinitions[0].cpu`, and the rest of the path that leads out of the tree.
    pub(super) fn steps<'a, 'p>(&'a self, path: &'p str) -> (Vec<Step<'a>>, &'p str) {
        let (mut tree, mut rest, mut steps) = (self, path, Vec::new());
        while !rest.is_empty() {
            let step = match &tree.item {
                Item::List(items) => rest.strip_prefix('[').and_then(|inner| {
                    let (index, after) = inner.split_once(']')?;
                    let index = index.parse().ok()?;
                    Some((Step::Item(index, items.get(index)?), after))
                }),
                // A key may hold dots itself, so that the longest that fits is meant.
                Item::Map(entries) => entries
                    .iter()
                    .filter_map(|entry| {
                        let after = rest.strip_prefix(entry.key.as_str())?;
                        let ends = after.is_empty() || after.starts_with(['.', '[']);
                        ends.then_some((Step::Key(entry), after))
                    })
                    .min_by_key(|(_, after)| after.len()),
                _ => None,
            };
            let Some((step, after)) = step else { break };
            tree = match &step {
                Step::Key(entry) => &entry.value,
                Step::Item(_, item) => item,
            };
            steps.push(step);
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        (steps, rest)
    }
}

/// A step from a value into one of its parts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Key(&'a Entry),
    Item(usize, &'a Tree),
}

/// Reads a file into a tree; none if anything is wrong with it.
pub(super) fn parse(files: &Files, file: usize, faults: &mut Faults) -> Option<Tree> {
    let text = files.text(file);
    let start = Mark { file, line: 1, column: 1, length: 1 };
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes: {MAX_BYTES} are allowed", text.len());
        faults.push(start, message, None);
        return None;
    }
    if let Some((at, c)) = forbidden(text) {
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let mark =
            Mark { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1, ..start };
        faults.push(mark, invisible(c), None);
        return None;
    }
    if let Some(slip) = slips::silent(text) {
        faults.push(Mark { file, ..slip.mark }, slip.message, slip.hint);
        return None;
    }
    let mut own = Faults::default();
    let mut builder = Builder { file, open: Vec::new(), root: None, faults: &mut own };
    for event in Parser::new_from_str_with_options(text, parser_options()) {
        let goes_on = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                let marker = error.marker();
                let mark = Mark { line: marker.line(), column: marker.col() + 1, ..start };
                match error.kind() {
                    ErrorKind::RecursionLimitExceeded => builder.faults.push(mark, too_deep(), None),
                    _ => {
                        let slip = slips::slip(text, mark, &error.info());
                        builder.faults.push(Mark { file, ..slip.mark }, slip.message, slip.hint);
                    }
                }
                false
            }
        };
        if !goes_on {
            break;
        }
    }
    let root = builder.root;
    if root.is_none() && !own.refuse() {
        own.push(start, "the file is empty", None);
    }
    let is_sound = !own.refuse();
    faults.append(own);
    root.filter(|_| is_sound)
}

fn parser_options() -> Options {
    options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        disallow_directives: true,
    }
}

fn invisible(c: char) -> String {
    format!("the character U+{:04X} can't be seen and isn't allowed", u32::from(c))
}

fn too_deep() -> String {
    format!("the nesting is deeper than {MAX_DEPTH} levels")
}

/// Puts the parser's events together.
struct Builder<'a> {
    file: usize,
    open: Vec<Open>,
    root: Option<Tree>,
    faults: &'a mut Faults,
}

/// A list or a map whose end hasn't come.
enum Open {
    List(Mark, Vec<Tree>),
    Map(Mark, OpenMap),
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<Entry>,
    /// The key whose value comes next.
    key: Option<(String, Mark)>,
    lines: BTreeMap<String, usize>,
}

const ONCE: &str = "write it out where it is used";

impl Builder<'_> {
    /// Takes an event in. Returns whether to go on.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        let mark = Mark { file: self.file, line: span.start.line(), column: span.start.col() + 1, length: span.len() };
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(_, anchor, tag)
            | Event::MappingStart(_, anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if anchor != 0 || matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_)) {
            let message = "YAML anchors and aliases aren't allowed";
            let hint = format!("{ONCE}; put a text that begins with `*` or `&` in quotes");
            self.faults.push(mark, message, Some(hint));
        }
        if tag {
            let hint = "put a text that begins with `!` in quotes".to_owned();
            self.faults.push(mark, "YAML tags aren't allowed", Some(hint));
        }
        match event {
            Event::Scalar(text, style, ..) => self.scalar(&text, style, mark),
            Event::SequenceStart(..) => self.open(Open::List(mark, Vec::new()), mark),
            Event::MappingStart(..) => self.open(Open::Map(mark, OpenMap::default()), mark),
            Event::SequenceEnd | Event::MappingEnd => {
                let tree = match self.open.pop() {
                    Some(Open::List(mark, items)) => Tree { mark, item: Item::List(items) },
                    Some(Open::Map(mark, map)) => Tree { mark, item: Item::Map(map.entries) },
                    None => return false,
                };
                self.value(tree);
                true
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.value(Tree { mark, item: Item::Null });
                true
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                let hint = "leave out the line `---`".to_owned();
                self.faults.push(mark, "a lab is one YAML document", Some(hint));
                false
            }
            _ => true,
        }
    }

    fn open(&mut self, open: Open, mark: Mark) -> bool {
        if let Some(Open::Map(_, OpenMap { key: None, .. })) = self.open.last() {
            self.faults.push(mark, "a key is a text, not a list or a map", None);
            return false;
        }
        if self.open.len() == MAX_DEPTH {
            self.faults.push(mark, too_deep(), None);
            return false;
        }
        self.open.push(open);
        true
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, mark: Mark) -> bool {
        // Escapes such as `"\0"` bring in what the text of the file doesn't show.
        if let Some((_, c)) = forbidden(text) {
            self.faults.push(mark, invisible(c), None);
        }
        let Some(Open::Map(_, map @ OpenMap { key: None, .. })) = self.open.last_mut() else {
            let item = match style {
                ScalarStyle::Plain => plain(text),
                _ => Item::Text(text.to_owned()),
            };
            self.value(Tree { mark, item });
            return true;
        };
        if text == "<<" && style == ScalarStyle::Plain {
            self.faults.push(mark, "YAML merge keys aren't allowed", Some(ONCE.to_owned()));
        }
        if let Some(line) = map.lines.insert(text.to_owned(), mark.line) {
            let hint = format!("keep one of the two: the other is in line {line}");
            self.faults.push(mark, format!("the key `{text}` stands here twice"), Some(hint));
        }
        map.key = Some((text.to_owned(), mark));
        true
    }

    fn value(&mut self, value: Tree) {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(_, items)) => items.push(value),
            Some(Open::Map(_, map)) => {
                let (key, mark) = map.key.take().unwrap_or_default();
                map.entries.push(Entry { key, mark, value });
            }
        }
    }
}

/// The item that a scalar without quotes stands for: the one of JSON, or nothing, else a text. YAML's other spellings
/// (`yes`, `0x1F`, `012`) stay texts, so that an account number keeps its zeros.
fn plain(text: &str) -> Item {
    match text {
        "" | "~" | "null" => Item::Null,
        "true" => Item::Bool(true),
        "false" => Item::Bool(false),
        _ => match serde_json::from_str::<Number>(text) {
            Ok(number) => Item::Number(number),
            Err(_) => Item::Text(text.to_owned()),
        },
    }
}
