//! Text on lines that are not too wide.

use std::io::{self, Write};

/// The widest line.
pub(super) const WIDTH: usize = 100;

/// Writes `text` behind `first`, on as many lines as it takes; the later ones begin with `indent` spaces. A word that is
/// wider than a line stays whole. Without a word nothing is written.
///
/// # Errors
/// If `out` can't be written to.
pub(super) fn write_wrapped(out: &mut dyn Write, first: &str, text: &str, indent: usize) -> io::Result<()> {
    let mut line = first.to_owned();
    let mut has_word = false;
    for word in text.split_whitespace() {
        if has_word && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            (line, has_word) = (" ".repeat(indent), false);
        }
        if has_word {
            line.push(' ');
        }
        line.push_str(word);
        has_word = true;
    }
    if has_word { writeln!(out, "{line}") } else { Ok(()) }
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
        assert_eq!(wrapped(""), "");
        let long = "x".repeat(95);
        assert_eq!(wrapped(&long), format!("  2m ago  {long}\n"));
        assert_eq!(wrapped(&format!("a {long} b")), format!("  2m ago  a\n    {long}\n    b\n"));
    }
}
