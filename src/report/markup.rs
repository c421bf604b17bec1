//! What pages and pictures have in common: each holds all that it shows and asks nobody for anything, so that it can be
//! kept, and mailed; nothing from outside becomes a part of its code.

use super::style::{cut, visible};

const STYLE: &str = include_str!("markup.css");

/// A page in HTML, of which all parts but the title are code already.
pub(super) struct Page<'a> {
    /// The title, which is escaped here.
    pub(super) title: &'a str,
    pub(super) style: &'a str,
    pub(super) body: &'a str,
    pub(super) script: &'a str,
}

impl Page<'_> {
    /// The page. Its title begins with `labform`, by which [`is_ours`] knows it again.
    pub(super) fn html(&self) -> String {
        let Self { title, style, body, script } = self;
        let title = escaped(title);
        let script = if script.is_empty() { String::new() } else { format!("<script>\n{script}</script>\n") };
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'\">\n<title>labform {title}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n\
             <h1>labform {title}</h1>\n{body}{script}</body>\n</html>\n",
        )
    }
}

/// Returns whether `text` is a page that labform wrote.
pub(super) fn is_ours(text: &str) -> bool {
    text.contains("\n<title>labform ")
}

/// A text between tags, or in quotes, of HTML and of XML 1.0, which takes no control characters.
pub(super) fn escaped(text: &str) -> String {
    let allowed =
        |c: &char| matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    let mut all = String::with_capacity(text.len());
    for c in text.chars().filter(allowed) {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&#39;"),
            c => all.push(c),
        }
    }
    all
}

/// A text from outside, as it stands in a page or a picture.
pub(super) fn shown(text: &str) -> String {
    escaped(&visible(text))
}

/// The same in at most so many columns of a font whose letters are all of one width. What isn't ASCII takes two.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let text = visible(text);
    let mut taken = 0;
    let fits = text.chars().take_while(|c| {
        taken += columns_of(*c);
        taken <= columns
    });
    let fits = fits.count();
    // The letters that don't fit make room for the sign that they are left out.
    escaped(&cut(&text, fits.max(1)))
}

/// The columns that a letter takes.
fn columns_of(c: char) -> usize {
    if c.is_ascii() || c == '\u{2026}' { 1 } else { 2 }
}

/// The columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    visible(text).chars().map(columns_of).sum()
}

/// A length, to a tenth.
pub(super) fn length(length: f64) -> String {
    let tenth = (length * 10.0).round() / 10.0;
    // A zero has no sign.
    if tenth == 0.0 { "0".to_owned() } else { tenth.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_never_takes_more_than_its_columns() {
        for (text, most, expected) in [
            ("service", 7, "service"),
            ("service", 6, "servi\u{2026}"),
            ("service", 1, "\u{2026}"),
            ("a<b", 3, "a&lt;b"),
            ("\u{65e5}\u{672c}\u{8a9e}", 6, "\u{65e5}\u{672c}\u{8a9e}"),
            ("\u{65e5}\u{672c}\u{8a9e}", 5, "\u{65e5}\u{2026}"),
            ("a\u{202e}b", 20, "a\\u{202e}b"),
        ] {
            assert_eq!(fit(text, most), expected, "{text}, {most}");
        }
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!([0.04, -0.04, 12.0, 1.25, 1e3 / 3.0].map(length), ["0", "0", "12", "1.3", "333.3"]);
    }
}
