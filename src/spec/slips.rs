//! The commonest slips in YAML, in words for somebody who has never read its grammar.
//!
//! The parser says which rule of the grammar is broken, and where it noticed, which is often a line too late. Here the
//! text itself is looked at again.

use super::errors::Mark;

/// A slip with its place, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) mark: Mark,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Slip {
    fn at(line: usize, column: usize, length: usize, message: impl Into<String>, hint: &str) -> Self {
        let mark = Mark { file: 0, line, column, length };
        Self { mark, message: message.into(), hint: Some(hint.to_owned()) }
    }
}

/// The signs that word processors and web pages put in the place of straight quotes.
const CURLY: [char; 9] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{ab}', '\u{2033}'];
const QUOTE: &str = "put the text in quotes, as in \"…\"";

/// Returns the first slip that YAML itself takes for something else: spaces that are none, and quotes that are none.
pub(super) fn silent(text: &str) -> Option<Slip> {
    lines(text).find_map(|line| {
        let body = line.text.trim_start_matches([' ', '\t']);
        let start = line.text.len() - body.len();
        if body.starts_with('#') {
            return None;
        }
        let strange = |c: char| c.is_whitespace() && !c.is_ascii() || c == '\u{3000}';
        let space = match body.find(|c: char| strange(c) || c == '#' || c == '"' || c == '\'') {
            Some(at) if body[at..].starts_with(strange) => {
                let before = body[..at].trim_end();
                (before.is_empty() || before.ends_with(':') || before.ends_with('-')).then_some(start + at)
            }
            _ => None,
        };
        if let Some(at) = space {
            let sign = line.text[at..].chars().next().map_or(0, u32::from);
            let message = format!("a space that isn't one stands here (U+{sign:04X}, as web pages have it)");
            return Some(Slip::at(line.number, column(line.text, at), 1, message, "delete it and type a space"));
        }
        let value = value_of(body)?;
        let quote = value.chars().next().filter(|c| CURLY.contains(c))?;
        let at = line.text.len() - value.len();
        let message = format!("`{quote}` is a typographic quote, which YAML takes for a letter of the text");
        let hint = "write straight quotes, as in \"…\"";
        Some(Slip::at(line.number, column(line.text, at), 1, message, hint))
    })
}

/// The slip behind an error that the parser noticed at `mark` and calls `info`.
pub(super) fn slip(text: &str, mark: Mark, info: &str) -> Slip {
    let near = || lines(text).take_while(move |line| line.number <= mark.line + 1);
    // JSON may be indented as it likes.
    let is_json = text.trim_start().starts_with(['{', '[']);
    if let Some(line) = near().find(|line| !is_json && indent(line.text).contains('\t')) {
        let at = line.text.find('\t').unwrap_or_default();
        let hint = "write two spaces for each tab: YAML takes no tabs there";
        return Slip::at(line.number, column(line.text, at), 1, "the line is indented with a tab", hint);
    }
    let here = lines(text).find(|line| line.number == mark.line);
    let here_text = here.as_ref().map_or("", |line| line.text);
    let token = here_text.chars().skip(mark.column.saturating_sub(1)).collect::<String>();
    let first = token.chars().next();
    if info.contains("anchor or alias") || info.contains("unknown anchor") {
        let sign = if here_text.contains('*') { '*' } else { '&' };
        let column = here_text.find(sign).map_or(mark.column, |at| column(here_text, at));
        let message = format!("a text can't begin with `{sign}`, which means something else in YAML");
        return Slip::at(mark.line, column, 1, message, "put it in quotes, as in \"*\"");
    }
    if info.contains("unexpected character")
        && let Some(sign) = first
    {
        let message = format!("a text can't begin with `{sign}`, which means something else in YAML");
        return Slip::at(mark.line, mark.column, 1, message, QUOTE);
    }
    if info.contains("mapping values are not allowed")
        && let Some((line, at)) = second_colon(here.as_ref())
    {
        let message = "a text with `: ` in it reads as a key and its value";
        return Slip::at(line, at, here_text.chars().count() + 1 - at, message, QUOTE);
    }
    if info.contains("quoted scalar")
        && let Some(slip) = open_quote(text)
    {
        return slip;
    }
    if info.contains("unexpected EOF while parsing a flow")
        || info.contains("did not find expected ',' or")
        || info.contains("expected ',' or ']'")
        || info.contains("placement of ':'")
    {
        let before = here_text.chars().nth(mark.column.saturating_sub(2));
        if (before, first) == (Some('$'), Some('{')) {
            let message = "a text with `${` in it reads as the beginning of a map between brackets";
            return Slip::at(mark.line, mark.column - 1, 2, message, QUOTE);
        }
        if let Some(slip) = open_bracket(text, mark.line) {
            return slip;
        }
        let hint = "between two entries stands a comma, and each `{` and `[` has its `}` and `]`";
        return Slip {
            mark: Mark { length: 1, ..mark },
            message: "a comma or a bracket is missing before this".to_owned(),
            hint: Some(hint.to_owned()),
        };
    }
    if info.contains("unclosed bracket") {
        let hint = "write the bracket that ends it";
        return Slip::at(mark.line, mark.column, 1, "this bracket has no end", hint);
    }
    if info.contains("misplaced bracket") {
        return Slip::at(
            mark.line,
            mark.column,
            1,
            "this bracket ends nothing",
            "leave it out, or write the one that begins",
        );
    }
    if let Some(slip) = uneven(text, mark.line + 1).or_else(|| glued_colon(text, mark.line)) {
        return slip;
    }
    let hint = "look at this line and the one before: a map is `key: value`, a list `- value`, and what belongs together begins in one column";
    Slip { mark, message: format!("this isn't YAML: {info}"), hint: Some(hint.to_owned()) }
}

/// A line of the text that isn't empty.
struct Line<'a> {
    number: usize,
    text: &'a str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let all = text.lines().enumerate().map(|(index, text)| Line { number: index + 1, text });
    all.filter(|line| !line.text.trim().is_empty())
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The column of a byte of a line, from 1.
fn column(line: &str, at: usize) -> usize {
    line[..at].chars().count() + 1
}

/// The value of a line, behind `key: ` or `- ` or the bracket that it begins with.
fn value_of(body: &str) -> Option<&str> {
    let mut value = body;
    while let Some(rest) = value.strip_prefix("- ").or_else(|| value.strip_prefix(['{', '['])) {
        value = rest.trim_start();
    }
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_.-\"'".contains(c));
    match value.split_once(": ") {
        Some((key, rest)) if is_key(key.trim_end()) => Some(rest.trim_start_matches([' ', '{', '['])),
        _ => Some(value),
    }
}

/// The place of the value if a second colon stands in it.
fn second_colon(line: Option<&Line<'_>>) -> Option<(usize, usize)> {
    let line = line?;
    let first = line.text.find(": ")?;
    let rest = &line.text[first + 2..];
    let value = rest.trim_start();
    let is_open = !value.starts_with(['"', '\'', '{', '[']);
    let at = line.text.len() - value.len();
    (is_open && (value.contains(": ") || value.trim_end().ends_with(':'))).then(|| (line.number, column(line.text, at)))
}

/// The first quote that opens a value and has no other end than the one of another line.
fn open_quote(text: &str) -> Option<Slip> {
    lines(text).find_map(|line| {
        let value = value_of(line.text.trim_start())?;
        let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let is_open = value.matches(quote).count() % 2 == 1;
        let at = line.text.len() - value.len();
        let message = format!("a text begins with `{quote}` here and doesn't end with it");
        is_open.then(|| Slip::at(line.number, column(line.text, at), 1, message, "put the same quote at its end"))
    })
}

/// The last bracket that is still open before a line.
fn open_bracket(text: &str, before: usize) -> Option<Slip> {
    let mut open: Vec<(usize, usize, char)> = Vec::new();
    for line in lines(text).take_while(|line| line.number <= before) {
        let mut quote = None;
        for (at, c) in line.text.char_indices() {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(begun), c) if begun == c => quote = None,
                (Some(_), _) => {}
                (None, '#') if line.text[..at].ends_with(' ') || at == 0 => break,
                (None, '{' | '[') => open.push((line.number, column(line.text, at), c)),
                (None, '}' | ']') => drop(open.pop()),
                _ => {}
            }
        }
    }
    let (line, column, bracket) = open.first().copied().filter(|(line, ..)| *line < before)?;
    let message = format!("this `{bracket}` has no end, or a comma is missing behind it");
    let end = if bracket == '{' { "end it with `}`" } else { "end it with `]`" };
    Some(Slip::at(line, column, 1, message, end))
}

/// The first line, up to `last`, that begins in a column that nothing around it begins in.
fn uneven(text: &str, last: usize) -> Option<Slip> {
    let mut open: Vec<usize> = Vec::new();
    let mut block: Option<usize> = None;
    let mut depth = 0_isize;
    let mut has_value = false;
    for line in lines(text).take_while(|line| line.number <= last) {
        let body = line.text.trim_start();
        let here = line.text.len() - body.len();
        if body.starts_with('#') || block.is_some_and(|outer| here > outer) {
            continue;
        }
        block = None;
        let is_inside = depth > 0;
        let count = |signs: [char; 2]| isize::try_from(body.matches(signs).count()).unwrap_or_default();
        depth += count(['{', '[']) - count(['}', ']']);
        if is_inside {
            continue;
        }
        while open.last().is_some_and(|top| *top > here) {
            open.pop();
        }
        let columns = |n: usize| format!("{n} space{}", if n == 1 { "" } else { "s" });
        match open.last() {
            Some(top) if *top == here => {}
            Some(_) | None if has_dedent(&open, here, text, line.number) => {
                let message =
                    format!("this line is indented by {}, and no line above that it could belong to is", columns(here));
                let hint = "begin it in the column of the lines that it belongs to";
                return Some(Slip::at(line.number, here + 1, 1, message, hint));
            }
            Some(top) if *top < here && has_value && (body.contains(": ") || body.ends_with(':')) => {
                let message = format!(
                    "this line is indented by {}, and the one before it, by {}, has its value already",
                    columns(here),
                    columns(*top)
                );
                let hint = "begin both in one column, or leave out the value of the one before";
                return Some(Slip::at(line.number, here + 1, 1, message, hint));
            }
            _ => open.push(here),
        }
        // What stands behind a dash begins a map of its own.
        let inner = body.len() - body.trim_start_matches(['-', ' ']).len();
        if body.starts_with("- ") {
            open.push(here + inner);
        }
        has_value = value_of(body)
            .is_some_and(|value| !value.is_empty() && !value.starts_with('#') && value.len() < body.len() - inner)
            && !body.ends_with(['|', '>', '{', '[', ',']);
        if body.ends_with(['|', '>']) || body.ends_with("|-") || body.ends_with(">-") {
            block = Some(here);
        }
    }
    None
}

/// Returns whether a line goes back to a column between two others.
fn has_dedent(open: &[usize], here: usize, text: &str, number: usize) -> bool {
    let before =
        lines(text).take_while(|line| line.number < number).filter(|line| !line.text.trim_start().starts_with('#'));
    let last = before.last().map(|line| line.text.len() - line.text.trim_start_matches([' ', '-']).len());
    last.is_some_and(|last| last > here) && open.last() != Some(&here)
}

/// The colon without a space behind it.
fn glued_colon(text: &str, before: usize) -> Option<Slip> {
    let near = lines(text).filter(|line| line.number <= before && line.number + 1 >= before);
    near.into_iter().find_map(|line| {
        let body = line.text.trim_start().trim_start_matches("- ");
        let (key, rest) = body.split_once(':')?;
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_glued = is_key && !rest.is_empty() && !rest.starts_with([' ', '/']);
        let at = line.text.len() - rest.len();
        is_glued.then(|| {
            Slip::at(
                line.number,
                column(line.text, at),
                1,
                format!("no space stands behind `{key}:`"),
                "write `key: value`, with a space",
            )
        })
    })
}

#[cfg(test)]
mod tests;
