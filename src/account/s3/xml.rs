//! The XML that S3 writes and reads. Lists have no element of their own, so it is written piece by piece.

use super::malformed;
use crate::wire::Fault;

/// An element around what is written already.
pub(super) fn element(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// An element around text.
pub(super) fn leaf(name: &str, text: &str) -> String {
    element(name, &escaped(text))
}

/// A whole answer.
pub(super) fn document(root: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</{root}>"
    )
}

/// Parses a request's body.
pub(super) fn parse(body: &[u8]) -> Result<roxmltree::Document<'_>, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    roxmltree::Document::parse(text).map_err(|_| malformed())
}

/// The child elements of this name.
pub(super) fn children<'a, 'b>(
    node: roxmltree::Node<'a, 'b>,
    name: &'static str,
) -> impl Iterator<Item = roxmltree::Node<'a, 'b>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// The text of the first child of this name.
pub(super) fn text(node: roxmltree::Node<'_, '_>, name: &'static str) -> Option<String> {
    children(node, name).next().map(|child| child.text().unwrap_or_default().to_owned())
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A parser would turn a bare carriage return into a line feed.
            c if c.is_control() => escaped.push_str(&format!("&#x{:x};", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}
