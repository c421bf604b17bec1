//! The `aws-chunked` encoding, in which the SDK sends a body whose checksum comes after it.

use super::header;
use crate::wire::{Fault, Request};

/// The body that the caller meant.
pub(super) fn body(request: &Request) -> Result<Vec<u8>, Fault> {
    let streaming = header(request, "x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
    if !streaming {
        return Ok(request.body.clone());
    }
    decoded(&request.body).ok_or_else(|| Fault::client("IncompleteBody", "The request body terminated unexpectedly"))
}

/// Chunks of `<size in hex>[;signature]`, line end, data, line end, up to one of size 0; trailers are left out.
fn decoded(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn chunks_are_joined_and_trailers_dropped() {
        let cases: [(&[u8], Option<&[u8]>); 5] = [
            (b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", Some(b"")),
            (b"5\r\nhello\r\n0\r\n\r\n", Some(b"hello")),
            (b"5;chunk-signature=ab\r\nhello\r\nA\r\n, world...\r\n0\r\n\r\n", Some(b"hello, world...")),
            (b"5\r\nhel", None),
            (b"hello", None),
        ];
        for (sent, expected) in cases {
            assert_eq!(decoded(sent).as_deref(), expected, "{}", sent.escape_ascii());
        }
    }
}
