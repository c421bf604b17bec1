//! A page of Markdown for a terminal: headings in bold, lists and tables wrapped, code as it is.
//!
//! Knows the Markdown that labform's own pages use. What else Markdown has, it prints as it stands.

use std::io::{self, Write};

use super::style::{BOLD, paint};
use super::wrap::write_within;

/// The columns before code.
const CODE: &str = "    ";

/// Writes a page on lines of at most `width` columns; code keeps its own.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_page(out: &mut dyn Write, page: &str, width: usize) -> io::Result<()> {
    let mut block = Block::default();
    let mut is_code = false;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            block.write(out, width)?;
            is_code = !is_code;
        } else if is_code {
            writeln!(out, "{}", format!("{CODE}{line}").trim_end())?;
        } else if line.is_empty() {
            block.write(out, width)?;
            writeln!(out)?;
        } else if let Some(title) = line.strip_prefix('#') {
            writeln!(out, "{}", words(&format!("**{}**", title.trim_start_matches('#').trim())))?;
        } else if let Some(row) = line.strip_prefix('|') {
            // The words above the rule of a table say what its rows show.
            if !is_rule(line) && !lines.peek().is_some_and(|next| is_rule(next)) {
                write_row(out, row, width)?;
            }
        } else {
            let (mark, rest) = marked(line);
            if !mark.is_empty() {
                block.write(out, width)?;
                block.indent = mark.chars().count();
                block.first = mark.to_owned();
            }
            block.text.push_str(rest);
            block.text.push('\n');
        }
    }
    block.write(out, width)
}

/// A paragraph or an item of a list, as far as it has been read.
#[derive(Default)]
struct Block {
    first: String,
    text: String,
    indent: usize,
}

impl Block {
    fn write(&mut self, out: &mut dyn Write, width: usize) -> io::Result<()> {
        let Self { first, text, indent } = std::mem::take(self);
        if text.is_empty() { Ok(()) } else { write_within(out, &first, &words(&text), indent, width) }
    }
}

/// A line's mark of an item, as in `- ` or `1. `, and the rest of it.
fn marked(line: &str) -> (&str, &str) {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let end = match line.strip_prefix("- ").is_some() {
        true => 2,
        false if digits > 0 && line[digits..].starts_with(". ") => digits + 2,
        false => 0,
    };
    let (mark, rest) = line.split_at(end);
    (mark, rest.strip_prefix("> ").unwrap_or(rest))
}

/// Whether a line is the one below the head of a table.
fn is_rule(line: &str) -> bool {
    line.starts_with("|-") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// Writes a row of a table: its first cell in bold, and the others behind it.
fn write_row(out: &mut dyn Write, row: &str, width: usize) -> io::Result<()> {
    const BAR: char = '\u{0}';
    let row = row.replace("\\|", &BAR.to_string());
    let cells: Vec<String> =
        row.trim_end().trim_end_matches('|').split('|').map(|cell| cell.trim().replace(BAR, "|")).collect();
    let first = words(&format!("**{}**", cells[0]));
    write_within(out, &format!("  {first}  "), &words(&cells[1..].join("; ")), 6, width)
}

/// A text with its words in bold painted, each by itself because lines are broken between them, and links as their words.
/// Addresses of other pages are for a browser.
fn words(text: &str) -> String {
    let text = linked(text);
    let mut parts = text.split("**").enumerate();
    let mut all = String::new();
    parts.by_ref().for_each(|(at, part)| match at % 2 {
        0 => all.push_str(part),
        _ => {
            let bold: Vec<String> = part.split_whitespace().map(|word| paint(BOLD, word).to_string()).collect();
            all.push_str(&bold.join(" "));
        }
    });
    all
}

/// A text without the addresses of its links, but those of the web.
fn linked(text: &str) -> String {
    let mut rest = text;
    let mut all = String::new();
    while let Some((before, link)) = rest.split_once('[') {
        let parts = link.split_once("](").and_then(|(words, more)| Some((words, more.split_once(')')?)));
        all.push_str(before);
        match parts {
            Some((words, (address, after))) if !words.contains(']') => {
                all.push_str(words);
                if address.starts_with("http") {
                    all.push_str(&format!(" ({address})"));
                }
                rest = after;
            }
            _ => {
                all.push('[');
                rest = link;
            }
        }
    }
    all.push_str(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn a_page_is_set_for_a_terminal() {
        let page = "# A page

It says **two things** of [one](other.md#part) and [moto](https://example.org/moto), of `[code]` as well, in a
paragraph.

- an item that goes on
  on its next line and on
- **another** one
10. a tenth

| Code | Meaning |
|---|---|
| `a\\|b` | what it means in more words than a line has |

> a remark

```console
$ labform plan
…
```
";
        let mut out = Vec::new();
        write_page(&mut out, page, 40).unwrap();
        insta::assert_snapshot!(plain(&out), @"
        A page

        It says two things of one and moto
        (https://example.org/moto), of `[code]`
        as well, in a paragraph.

        - an item that goes on on its next line
          and on
        - another one
        10. a tenth

          `a|b`  what it means in more words
              than a line has

        a remark

            $ labform plan
            …
        ");
        assert!(String::from_utf8(out).unwrap().contains("\u{1b}[1mtwo\u{1b}[0m \u{1b}[1mthings\u{1b}[0m of"));
    }
}
