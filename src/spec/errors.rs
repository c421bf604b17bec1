//! Errors of the spec: each with its place, the line it stands in, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::{nearest, speaks_of_a_secret};
use crate::resource::{Problem, Severity};

/// The most errors that are shown at once; those that come after are counted.
const SHOWN: usize = 50;
/// The most errors that are kept: a file with more is no lab, and nobody reads on.
const KEPT: usize = 1000;
/// The most columns that are shown of a line.
const COLUMNS: usize = 120;

/// The beginning of a list of all that is known.
const KNOWN: &str = "known here: ";

/// A place in one of the lab's files. Lines and columns count from 1, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) length: usize,
}

/// Something that was found wrong, before it is put into words with its line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    pub(super) mark: Mark,
    pub(super) address: Option<String>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) is_secret: bool,
    pub(super) severity: Severity,
}

/// The faults that were found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault outside every resource.
    pub(super) fn push(&mut self, mark: Mark, message: impl Into<String>, hint: Option<String>) {
        self.add(mark, None, message, hint);
    }

    /// Notes a fault of the resource or job at `address`.
    pub(super) fn add(&mut self, mark: Mark, address: Option<&str>, message: impl Into<String>, hint: Option<String>) {
        let problem = Problem { hint, ..Problem::at("", message) };
        self.problem(mark, address, problem);
    }

    /// Notes a problem of the resource or job at `address`, found to stand at `mark`.
    pub(super) fn problem(&mut self, mark: Mark, address: Option<&str>, problem: Problem) {
        let Problem { path: _, message, hint, is_secret, severity } = problem;
        if self.0.len() < KEPT {
            self.0.push(Fault { mark, address: address.map(str::to_owned), message, hint, is_secret, severity });
        }
    }

    /// Returns whether so much is wrong that nobody reads on: then good hints, which take time, aren't looked for.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() > SHOWN
    }

    /// Takes over the faults that were found elsewhere.
    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.truncate(KEPT);
    }

    /// Returns whether anything is refused; there may be warnings all the same.
    pub(super) fn refuse(&self) -> bool {
        self.0.iter().any(|fault| fault.severity == Severity::Error)
    }
}

/// The lab's files: `lab.yaml`, then those that it takes in with `file:`.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(Vec<(String, String)>);

impl Files {
    /// Takes in a file, and gives its number.
    pub(super) fn add(&mut self, name: &str, text: String) -> usize {
        self.0.push((name.to_owned(), text));
        self.0.len() - 1
    }

    /// The names of the files.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The text of a file.
    pub(super) fn text(&self, file: usize) -> &str {
        self.0.get(file).map_or("", |(_, text)| text)
    }

    /// The faults with their lines, in the order of their places.
    ///
    /// # Errors
    /// All of them, if one refuses the lab; else they are warnings.
    pub(super) fn told(&self, mut faults: Faults) -> Result<Vec<SpecError>, SpecErrors> {
        let refuse = faults.refuse();
        // What refuses stands first: it alone has to be mended, and a list too long to be shown ends in warnings.
        faults.0.sort_by(|a, b| (a.severity, a).cmp(&(b.severity, b)));
        faults.0.dedup();
        // A schedule has from its job what is told of the job already.
        let of = |fault: &Fault, kind| fault.address.as_deref().is_some_and(|address| address.starts_with(kind));
        faults.0.dedup_by(|next, first| {
            of(next, "schedule.") && of(first, "job.") && next.mark == first.mark && next.message == first.message
        });
        let mut told = BTreeSet::new();
        for fault in &mut faults.0 {
            // A list of all that is known is read once.
            if let Some(hint) = fault.hint.take_if(|hint| hint.starts_with(KNOWN) && !told.insert(hint.clone())) {
                fault.hint = Some(format!("{} known ones stand above", hint.matches('`').count() / 2));
            }
        }
        // Many faults may stand on one long line.
        let mut looked: BTreeMap<&str, bool> = BTreeMap::new();
        let all = faults.0.into_iter().enumerate().map(|(index, fault)| {
            let (name, text) =
                self.0.get(fault.mark.file).map_or(("", ""), |(name, text)| (name.as_str(), text.as_str()));
            // Finding a line takes a walk through the file: only those that are shown are worth it.
            let around = fault.mark.line.saturating_sub(2);
            // A table says in its first line what its cells are.
            let head = if name.ends_with(".csv") { 1 } else { 0 };
            let mut near = text.lines().take(head).chain(text.lines().skip(around).take(3));
            let mut speaks = |line| *looked.entry(line).or_insert_with(|| speaks_of_a_secret(line));
            let is_secret = fault.is_secret || index < SHOWN && near.any(&mut speaks);
            let snippet = (index < SHOWN && !is_secret).then(|| Snippet::of(text, fault.mark)).flatten();
            SpecError {
                file: name.to_owned(),
                line: fault.mark.line,
                column: fault.mark.column,
                address: fault.address,
                message: match (is_secret, fault.message.split_once(", found ")) {
                    (true, Some((expected, _))) => expected.to_owned(),
                    _ => fault.message,
                },
                hint: fault.hint,
                severity: fault.severity,
                snippet,
            }
        });
        let all = all.collect();
        if refuse { Err(SpecErrors(all)) } else { Ok(all) }
    }
}

/// Something wrong with the spec, or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// The file, as it was named on the command line or behind `file:`; empty if a value that came from AWS is wrong.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The resource or job that the error belongs to, as in `service.web`.
    pub address: Option<String>,
    /// The fault, as a lowercase fragment.
    pub message: String,
    /// The advice on what to do about it.
    pub hint: Option<String>,
    /// The fault's weight.
    pub severity: Severity,
    snippet: Option<Snippet>,
}

impl SpecError {
    /// An error in a value that came from AWS, which no file shows.
    pub(super) fn of(address: &str, message: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            line: 0,
            column: 0,
            address: Some(address.to_string()),
            message: message.into(),
            hint: None,
            severity: Severity::Error,
            snippet: None,
        }
    }

    /// A warning of what follows from the whole lab, which no line of a file shows.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { address: None, severity: Severity::Warning, ..Self::of("", message) }
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:{}:{}: ", visible(&self.file), self.line, self.column)?;
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        if let Some(address) = &self.address {
            write!(f, "{}: ", visible(address))?;
        }
        f.write_str(&visible(&self.message))?;
        let width = self.line.to_string().len();
        if let Some(Snippet { text, start, length }) = &self.snippet {
            write!(f, "\n{:width$} |\n{} | {text}\n{:width$} | ", "", self.line, "")?;
            write!(f, "{:start$}{}", "", "^".repeat(*length))?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n{:width$} = {}", "", visible(hint)),
            None => Ok(()),
        }
    }
}

/// A line as it is shown, and the part of it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Snippet {
    text: String,
    start: usize,
    length: usize,
}

impl Snippet {
    fn of(file: &str, mark: Mark) -> Option<Self> {
        let line = file.lines().nth(mark.line.checked_sub(1)?)?.trim_end();
        let count = line.chars().count();
        let column = mark.column.saturating_sub(1).min(count);
        // A long line is shown around the place that is meant.
        let skipped = if column + mark.length.min(COLUMNS / 2) < COLUMNS { 0 } else { column - COLUMNS / 4 };
        let shown = |from: usize, length: usize| -> String {
            let part: String = line.chars().skip(from).take(length).collect();
            visible(&part.replace('\t', " "))
        };
        let before = shown(skipped, column - skipped);
        let wanted = mark.length.clamp(1, (COLUMNS + skipped - column).max(1));
        let meant = shown(column, wanted);
        let rest = COLUMNS.saturating_sub(column - skipped + wanted);
        let after = shown(column + wanted, rest);
        Some(Self {
            start: before.chars().count(),
            length: meant.chars().count().max(1),
            text: format!("{before}{meant}{after}").trim_end().to_owned(),
        })
    }
}

/// `text` with everything spelled out that would steer a terminal or turn the direction of reading.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The first character of `text` that a lab may not hold: it is invisible, or it makes text read other than it is.
pub(super) fn forbidden(text: &str) -> Option<(usize, char)> {
    let refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t') || turns(c);
    // The mark that some editors put at the beginning of a file says nothing, and does no harm there.
    text.char_indices().find(|(at, c)| refused(*c) && (*at > 0 || *c != '\u{feff}'))
}

/// The characters of the Unicode bidirectional algorithm that carry direction alone, the two line separators, and those
/// that have no width.
fn turns(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The faults of a spec, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecErrors(pub Vec<SpecError>);

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().take(SHOWN).enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            error.fmt(f)?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

impl std::error::Error for SpecErrors {}

/// The hint for an unknown `word`: the nearest of `known`, else all of them.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(near) = nearest(word, known.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let all: Vec<String> = known.into_iter().map(|one| format!("`{one}`")).collect();
    (!all.is_empty()).then(|| format!("{KNOWN}{}", all.join(", ")))
}

#[cfg(test)]
mod tests;
