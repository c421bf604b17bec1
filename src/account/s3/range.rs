//! The part of an object that a read is about: a range of bytes, or one of the parts in which it was uploaded.

use std::ops::Range;

use super::content::{Content, Version};
use super::{header, query};
use crate::account::Account;
use crate::wire::{Fault, Request};

/// The part of an object that a read is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The bytes.
    pub(super) bytes: Range<usize>,
    /// Whether the caller asked for a part, which is answered as such even if it is the whole.
    pub(super) is_asked: bool,
}

/// The part that the request asks for; the whole if it asks for none. S3 passes over a range that it can't read, and over
/// several at once.
pub(super) fn part(account: &Account, request: &Request, version: &Version, content: &Content) -> Result<Part, Fault> {
    let size = content.size();
    let asked = header(request, "range");
    if let Some(number) = query(request, "partNumber") {
        if asked.is_some() {
            let message = "Cannot specify both Range header and partNumber query parameter";
            return Err(Fault::client("InvalidRequest", message));
        }
        return numbered(number, content);
    }
    let holds = |condition: &str| condition == content.etag || condition == version.modified.in_header(account);
    let whole = Part { bytes: 0..size, is_asked: false };
    if header(request, "if-range").is_some_and(|condition| !holds(condition)) {
        return Ok(whole);
    }
    match asked.and_then(|asked| parse(asked, size)) {
        None => Ok(whole),
        Some(bytes) if bytes.start < bytes.end => Ok(Part { bytes, is_asked: true }),
        Some(_) => {
            let fault = Fault::client("InvalidRange", "The requested range is not satisfiable").with_status(416);
            let fault = fault.with("ActualObjectSize", size);
            Err(fault.with("RangeRequested", asked.unwrap_or_default()))
        }
    }
}

/// The bytes of `bytes=first-last`, `bytes=first-` or `bytes=-length`; none at all if the object has none of them.
fn parse(text: &str, size: usize) -> Option<Range<usize>> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.parse::<usize>().ok();
    if first.is_empty() {
        return Some(size.saturating_sub(number(last)?)..size);
    }
    let first = number(first)?;
    let end = match last {
        "" => size,
        last => number(last).filter(|last| *last >= first)?.saturating_add(1),
    };
    Some(first.min(size)..end.min(size))
}

/// The bytes of the part of this number.
fn numbered(number: &str, content: &Content) -> Result<Part, Fault> {
    let count = content.pieces.len();
    let place = part_number(number)? - 1;
    if place >= count {
        let fault = Fault::client("InvalidPartNumber", "The requested partnumber is not satisfiable").with_status(416);
        return Err(fault.with("ActualPartCount", count).with("PartNumberRequested", number));
    }
    let start = content.pieces[..place].iter().fold(0_usize, |start, piece| start.saturating_add(piece.size));
    Ok(Part { bytes: start..start.saturating_add(content.pieces[place].size), is_asked: true })
}

/// The number of a part.
pub(super) fn part_number(text: &str) -> Result<usize, Fault> {
    text.parse().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        Fault::client("InvalidArgument", message).with("ArgumentName", "partNumber").with("ArgumentValue", text)
    })
}

/// The bytes of a source that are to be copied: `bytes=first-last`, both of them in the source.
pub(super) fn of_source(text: &str, size: usize) -> Result<Range<usize>, Fault> {
    let invalid = |message: String| {
        let fault = Fault::client("InvalidArgument", message).with("ArgumentName", "x-amz-copy-source-range");
        fault.with("ArgumentValue", text)
    };
    let numbers = text.strip_prefix("bytes=").and_then(|range| {
        let (first, last) = range.split_once('-')?;
        let number = |text: &str| text.parse::<usize>().ok().filter(|_| !text.starts_with('+'));
        Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last)
    });
    let Some((first, last)) = numbers else {
        return Err(invalid(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
             zero-based offsets of the first and last bytes to copy"
                .to_owned(),
        ));
    };
    if first >= size {
        let message = "The specified copy range is invalid for the source object size";
        return Err(Fault::client("InvalidRequest", message));
    }
    if last >= size {
        return Err(invalid(format!("Range specified is not valid for source object of size: {size}")));
    }
    Ok(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::{of_source, parse};

    #[test]
    fn ranges_are_read_as_http_has_them() {
        let cases = [
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-4", Some(2..5)),
            ("bytes=2-", Some(2..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=5-100", Some(5..10)),
            ("bytes=10-", Some(10..10)),
            ("bytes=-0", Some(10..10)),
            ("bytes=4-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
            ("bytes=-", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn a_range_of_a_source_is_whole_and_inside_it() {
        assert_eq!(of_source("bytes=0-9", 10).unwrap(), 0..10);
        for text in ["0-8", "bytes=1-0", "bytes=-1-", "bytes=0--1", "bytes=0-1,3-4", "bytes=-", "bytes=1-", "bytes=-2"]
        {
            let fault = of_source(text, 10).unwrap_err();
            assert!(fault.message.contains("must be of the form"), "{text}: {fault:?}");
        }
        assert_eq!(of_source("bytes=100-200", 10).unwrap_err().code, "InvalidRequest");
        assert_eq!(of_source("bytes=0-100", 10).unwrap_err().code, "InvalidArgument");
    }
}
