//! Conditions on reads, writes and deletions.

use super::Client;

const ETAG: &str = "\"098f6bcd4621d373cade4e832627b4f6\"";
const LONG_AGO: &str = "Sat, 01 Jan 2000 00:00:00 GMT";
const NEVER: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

/// The conditions of a read, its status, and the condition that is named as the one that failed.
type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);

#[test]
fn reads_are_answered_as_their_conditions_say() {
    let client = Client::new();
    let modified = {
        client.put("a", "test");
        client.get("a").header("last-modified").to_owned()
    };
    let cases: [Case<'_>; 15] = [
        (&[("if-match", ETAG)], 200, ""),
        (&[("if-match", "*")], 200, ""),
        (&[("if-match", ETAG.trim_matches('"'))], 200, ""),
        (&[("if-match", "\"x\", \"098f6bcd4621d373cade4e832627b4f6\"")], 200, ""),
        (&[("if-match", "\"x\"")], 412, "If-Match"),
        (&[("if-none-match", "\"x\"")], 200, ""),
        (&[("if-none-match", ETAG)], 304, ""),
        (&[("if-modified-since", LONG_AGO)], 200, ""),
        (&[("if-modified-since", &modified)], 304, ""),
        (&[("if-modified-since", NEVER)], 200, ""),
        (&[("if-unmodified-since", LONG_AGO)], 412, "If-Unmodified-Since"),
        (&[("if-unmodified-since", &modified)], 200, ""),
        (&[("if-match", ETAG), ("if-unmodified-since", LONG_AGO)], 200, ""),
        (&[("if-none-match", "\"x\""), ("if-modified-since", &modified)], 200, ""),
        (&[("if-modified-since", "yesterday")], 200, ""),
    ];
    for (conditions, status, failed) in cases {
        let got = client.send("GET", "a", conditions, b"");
        assert_eq!((got.status, &*got.text("Condition")), (status, failed), "{conditions:?}");
        if status == 304 {
            assert_eq!((&*got.body, got.header("etag")), ("", ETAG), "{conditions:?}");
        }
        assert_eq!(client.send("HEAD", "a", conditions, b"").status, status, "{conditions:?}");
    }
}

#[test]
fn writes_are_carried_out_only_on_the_object_that_is_meant() {
    let client = Client::new();
    client.does("PUT", "a", &[("if-none-match", "*")], "test");
    let exists = client.refuses((412, "PreconditionFailed"), "PUT", "a", &[("if-none-match", "*")], "other");
    assert_eq!(exists.text("Condition"), "If-None-Match");
    let other = client.refuses((412, "PreconditionFailed"), "PUT", "a", &[("if-match", "\"x\"")], "other");
    assert_eq!(other.text("Condition"), "If-Match");
    let missing = client.refuses((404, "NoSuchKey"), "PUT", "b", &[("if-match", ETAG)], "other");
    assert_eq!(missing.text("Key"), "b");
    for bad in [("if-match", "*"), ("if-none-match", ETAG), ("if-modified-since", LONG_AGO)] {
        client.refuses((501, "NotImplemented"), "PUT", "a", &[bad], "other");
    }
    client.refuses((501, "NotImplemented"), "PUT", "a", &[("if-match", ETAG), ("if-none-match", "*")], "other");
    assert_eq!(client.get("a").body, "test");
    client.does("PUT", "a", &[("if-match", ETAG)], "new");
    assert_eq!(client.get("a").body, "new");
}

#[test]
fn deletions_are_carried_out_only_on_the_object_that_is_meant() {
    let client = Client::versioned();
    client.put("a", "test");
    client.refuses((412, "PreconditionFailed"), "DELETE", "a", &[("if-match", "\"x\"")], "");
    client.refuses((404, "NoSuchKey"), "DELETE", "b", &[("if-match", "*")], "");
    let body = "<Delete><Object><Key>a</Key><ETag>x</ETag></Object></Delete>";
    let sum = super::super::checksum::Algorithm::Crc32.of(body.as_bytes());
    let said = client.does("POST", "?delete", &[("x-amz-checksum-crc32", &sum)], body);
    assert_eq!(said.texts("Code"), ["PreconditionFailed"]);
    assert_eq!(client.get("a").body, "test");
    client.does("DELETE", "a", &[("if-match", ETAG)], "");
    client.refuses((412, "PreconditionFailed"), "DELETE", "a", &[("if-match", "*")], "");
}
