//! The body of a request: taken out of the `aws-chunked` encoding, and compared with the digests and checksums that came
//! with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_smithy_types::base64;

use super::checksum::{Algorithm, hex, md5};
use super::{header, query};
use crate::ids::digest;
use crate::wire::{Fault, Request};

/// A body as its sender meant it.
#[derive(Debug, Default)]
pub(super) struct Received<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// The checksum that came with the bytes, which is theirs.
    pub(super) checksum: Option<(Algorithm, String)>,
    /// Whether any digest or checksum came with the bytes.
    pub(super) is_checked: bool,
}

/// Takes in a body, and refuses one that was changed on its way.
pub(super) fn receive(request: &Request) -> Result<Received<'_>, Fault> {
    let hash = header(request, "x-amz-content-sha256").unwrap_or_default();
    let (bytes, trailers) = if hash.starts_with("STREAMING-") {
        let incomplete = || Fault::client("IncompleteBody", "The request body terminated unexpectedly");
        let (bytes, trailers) = decoded(&request.body).ok_or_else(incomplete)?;
        let length = header(request, "x-amz-decoded-content-length").and_then(|length| length.parse().ok());
        if length.is_some_and(|length: usize| length != bytes.len()) {
            return Err(incomplete());
        }
        (Cow::Owned(bytes), trailers)
    } else {
        (Cow::Borrowed(&*request.body), BTreeMap::new())
    };
    let has_md5 = check_md5(request, &bytes)?;
    check_sha256(hash, &bytes)?;
    let checksum = check_checksum(request, &trailers, &bytes)?;
    let is_checked = has_md5 || checksum.is_some();
    Ok(Received { bytes, checksum, is_checked })
}

fn check_md5(request: &Request, bytes: &[u8]) -> Result<bool, Fault> {
    let Some(sent) = header(request, "content-md5") else {
        return Ok(false);
    };
    let Some(expected) = base64::decode(sent).ok().filter(|bytes| bytes.len() == 16) else {
        let fault = Fault::client("InvalidDigest", "The Content-MD5 you specified was invalid.");
        return Err(fault.with("Content-MD5", sent));
    };
    let computed = md5(bytes);
    if expected != computed {
        let fault = Fault::client("BadDigest", "The Content-MD5 you specified did not match what we received.");
        return Err(fault.with("ExpectedDigest", sent).with("CalculatedDigest", base64::encode(computed)));
    }
    Ok(true)
}

fn check_sha256(sent: &str, bytes: &[u8]) -> Result<(), Fault> {
    if sent.len() != 64 {
        return Ok(());
    }
    let computed = digest(bytes);
    if computed == sent.to_ascii_lowercase() {
        return Ok(());
    }
    let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    let fault = Fault::client("XAmzContentSHA256Mismatch", message);
    Err(fault.with("ClientComputedContentSHA256", sent).with("S3ComputedContentSHA256", computed))
}

fn check_checksum(
    request: &Request,
    trailers: &BTreeMap<String, String>,
    bytes: &[u8],
) -> Result<Option<(Algorithm, String)>, Fault> {
    // The call that completes an upload carries the checksum of the object, which isn't in its body.
    if request.method == "POST" && query(request, "uploadId").is_some() {
        return Ok(None);
    }
    let invalid = |message: String| Fault::client("InvalidRequest", message);
    let sent = |algorithm: Algorithm| {
        let name = algorithm.header();
        Some((algorithm, request.headers.get(&name).or_else(|| trailers.get(&name))?.clone()))
    };
    let mut sums = Algorithm::ALL.into_iter().filter_map(sent);
    let found = sums.next();
    if sums.next().is_some() {
        let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
        return Err(invalid(message.to_owned()));
    }
    if let Some(promised) = header(request, "x-amz-trailer") {
        let mut names = promised.split(',').map(str::trim);
        if names.any(|name| !trailers.contains_key(&name.to_ascii_lowercase())) {
            let message = "The request contained trailing data that was not well-formed or did not conform to our \
                           published schema.";
            return Err(Fault::client("MalformedTrailerError", message));
        }
    }
    let named = header(request, "x-amz-sdk-checksum-algorithm").map(Algorithm::named).transpose()?;
    let Some((algorithm, value)) = found else {
        if named.is_some() {
            let message = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or \
                           x-amz-trailer headers were found.";
            return Err(invalid(message.to_owned()));
        }
        return Ok(None);
    };
    if named.is_some_and(|named| named != algorithm) {
        let message = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
        return Err(invalid(message.to_owned()));
    }
    if base64::decode(&value).map(|bytes| bytes.len()).ok() != Some(algorithm.length()) {
        return Err(invalid(format!("Value for {} header is invalid.", algorithm.header())));
    }
    if algorithm.of(bytes) != value {
        let message = format!("The {} you specified did not match the calculated checksum.", algorithm.name());
        return Err(Fault::client("BadDigest", message));
    }
    Ok(Some((algorithm, value)))
}

/// Returns the ETag of a content that came in one piece.
pub(super) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(&md5(bytes)))
}

/// Chunks of `<size in hex>[;signature]`, line end, data, line end, up to one of size 0, and then the trailers.
fn decoded(mut rest: &[u8]) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(line(&mut rest)?.split(';').next()?, 16).ok()?;
        if size == 0 {
            break;
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = BTreeMap::new();
    while let Some(line) = line(&mut rest).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        trailers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    Some((body, trailers))
}

/// Takes a line off.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    *rest = &rest[end + 2..];
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn chunks_are_joined_and_trailers_kept() {
        type Expected<'a> = Option<(&'a [u8], &'a [(&'a str, &'a str)])>;
        let crc = ("x-amz-checksum-crc32", "AAAAAA==");
        let cases: [(&[u8], Expected<'_>); 5] = [
            (b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", Some((b"", &[crc]))),
            (b"5\r\nhello\r\n0\r\n\r\n", Some((b"hello", &[]))),
            (b"5;chunk-signature=ab\r\nhello\r\nA\r\n, world...\r\n0\r\n\r\n", Some((b"hello, world...", &[]))),
            (b"5\r\nhel", None),
            (b"hello", None),
        ];
        for (sent, expected) in cases {
            let decoded = decoded(sent);
            let found = decoded.as_ref().map(|(body, trailers)| {
                (body.as_slice(), trailers.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>())
            });
            let expected = expected.map(|(body, trailers)| (body, trailers.to_vec()));
            assert_eq!(found, expected, "{}", sent.escape_ascii());
        }
    }
}
