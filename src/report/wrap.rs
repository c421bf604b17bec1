//! Text on lines that are not too wide.

use std::io::{self, Write};

use anstream::adapter::strip_str;

/// The widest line: that of a terminal nobody has made wider.
pub(super) const WIDTH: usize = 80;

/// Writes `text` behind `first`, on as many lines as it takes; the later ones begin with `indent` spaces. A word that is
/// wider than a line stays whole, on a line of its own. Nothing is written if there is nothing to read. Colours have no
/// width.
///
/// # Errors
/// If `out` can't be written to.
pub(super) fn write_wrapped(out: &mut dyn Write, first: &str, text: &str, indent: usize) -> io::Result<()> {
    write_within(out, first, text, indent, WIDTH)
}

/// Does what [`write_wrapped`] does, on lines of at most `most` columns.
///
/// # Errors
/// If `out` can't be written to.
pub(super) fn write_within(out: &mut dyn Write, first: &str, text: &str, indent: usize, most: usize) -> io::Result<()> {
    let mut line = first.to_owned();
    let mut gap = "";
    for word in text.split_whitespace() {
        if width(&line) + gap.len() + width(word) > most && !line.trim().is_empty() {
            writeln!(out, "{}", line.trim_end())?;
            (line, gap) = (" ".repeat(indent), "");
        }
        line.push_str(gap);
        line.push_str(word);
        gap = " ";
    }
    if line.trim().is_empty() { Ok(()) } else { writeln!(out, "{}", line.trim_end()) }
}

/// The columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    strip_str(text).map(|part| part.chars().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let wrapped = |text: &str| {
            let mut out = Vec::new();
            write_wrapped(&mut out, "  2m ago  ", text, 4).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(wrapped("has begun."), "  2m ago  has begun.\n");
        assert_eq!(wrapped(""), "  2m ago\n");
        let long = "x".repeat(75);
        assert_eq!(wrapped(&long), format!("  2m ago\n    {long}\n"));
        assert_eq!(wrapped(&format!("a {long} b")), format!("  2m ago  a\n    {long}\n    b\n"));
        let painted = format!("\u{1b}[32m{}\u{1b}[0m b", "x".repeat(67));
        assert_eq!(wrapped(&painted), format!("  2m ago  {painted}\n"));
    }
}
