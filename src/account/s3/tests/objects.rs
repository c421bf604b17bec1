//! Objects as they come back.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::Client;
use crate::clock::Via;

#[test]
fn an_object_comes_back_with_all_that_was_said_of_it() {
    let client = Client::new();
    let said = [
        ("cache-control", "no-cache"),
        ("content-disposition", "attachment"),
        ("content-encoding", "gzip,aws-chunked"),
        ("content-language", "de"),
        ("content-type", "text/plain"),
        ("x-amz-meta-by", "me"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-tagging", "a=b&c=d%20e"),
    ];
    let put = client.does("PUT", "a/b c", &said, "test");
    assert_eq!(put.header("etag"), "\"098f6bcd4621d373cade4e832627b4f6\"");
    assert_eq!(put.header("x-amz-checksum-crc64nvme"), "+bu+zv66sUM=", "S3 computes a checksum where none is sent");
    for method in ["GET", "HEAD"] {
        let got = client.does(method, "a/b c", &[("x-amz-checksum-mode", "ENABLED")], "");
        for (name, value) in &said[..7] {
            assert_eq!(got.header(name), value.trim_end_matches(",aws-chunked"), "{method} {name}");
        }
        for (name, value) in [
            ("accept-ranges", "bytes"),
            ("content-length", "4"),
            ("etag", put.header("etag")),
            ("x-amz-checksum-crc64nvme", "+bu+zv66sUM="),
            ("x-amz-checksum-type", "FULL_OBJECT"),
            ("x-amz-server-side-encryption", "AES256"),
            ("x-amz-tagging-count", "2"),
        ] {
            assert_eq!(got.header(name), value, "{method} {name}");
        }
        assert_eq!(got.body, if method == "GET" { "test" } else { "" });
    }
    let given = client.get("a/b c?response-content-type=x/y&response-expires=never");
    assert_eq!((given.header("content-type"), given.header("expires")), ("x/y", "never"));
    assert_eq!(given.header("x-amz-checksum-type"), "", "only who asks is told");
    client.put("plain", "x");
    assert_eq!(client.get("plain").header("content-type"), "binary/octet-stream");
}

#[test]
fn a_range_is_a_part_of_the_object() {
    let client = Client::new();
    client.put("a", "0123456789");
    let cases = [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=5-100", 206, "56789", "bytes 5-9/10"),
        ("bytes=0-1,3-4", 200, "0123456789", ""),
        ("nonsense", 200, "0123456789", ""),
    ];
    for (range, status, body, shown) in cases {
        let got = client.send("GET", "a", &[("range", range), ("x-amz-checksum-mode", "ENABLED")], b"");
        assert_eq!((got.status, &*got.body, got.header("content-range")), (status, body, shown), "{range}");
        assert_eq!(got.header("content-length"), body.len().to_string());
        assert_eq!(got.header("x-amz-checksum-type").is_empty(), status == 206, "{range}: it is the whole's");
    }
    let beyond = client.refuses((416, "InvalidRange"), "GET", "a", &[("range", "bytes=10-")], "");
    assert_eq!((&*beyond.text("ActualObjectSize"), &*beyond.text("RangeRequested")), ("10", "bytes=10-"));
    client.refuses((416, "InvalidPartNumber"), "GET", "a?partNumber=2", &[], "");
    assert_eq!(client.send("HEAD", "a?partNumber=1", &[], b"").status, 206);
}

#[test]
fn a_body_that_was_changed_on_its_way_is_refused() {
    let client = Client::new();
    let right = [
        ("content-md5", "CY9rzUYh03PK3k6DJie09g=="),
        ("x-amz-checksum-crc32", "2H9+DA=="),
        ("x-amz-checksum-crc32c", "hqBywA=="),
        ("x-amz-checksum-crc64nvme", "+bu+zv66sUM="),
        ("x-amz-checksum-sha1", "qUqP5cyxm6YcTAhz05Hph5gvu9M="),
        ("x-amz-checksum-sha256", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
    ];
    for (name, value) in right {
        let put = client.does("PUT", "a", &[(name, value)], "test");
        assert!(name == "content-md5" || put.header(name) == value, "{put:?}");
        client.refuses((400, "BadDigest"), "PUT", "b", &[(name, value)], "changed");
    }
    client.refuses((400, "InvalidDigest"), "PUT", "b", &[("content-md5", "x")], "test");
    client.refuses((400, "InvalidRequest"), "PUT", "b", &[("x-amz-checksum-crc32", "x")], "test");
    client.refuses((400, "InvalidRequest"), "PUT", "b", &[right[1], right[2]], "test");
    client.refuses((400, "InvalidRequest"), "PUT", "b", &[("x-amz-sdk-checksum-algorithm", "CRC32")], "test");
    let hash = "0".repeat(64);
    client.refuses((400, "XAmzContentSHA256Mismatch"), "PUT", "b", &[("x-amz-content-sha256", &hash)], "test");
    let chunked = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-decoded-content-length", "4"),
    ];
    client.does("PUT", "a", &chunked, "4\r\ntest\r\n0\r\nx-amz-checksum-crc32:2H9+DA==\r\n\r\n");
    assert_eq!(client.get("a").body, "test");
    let wrong = "4\r\nTest\r\n0\r\nx-amz-checksum-crc32:2H9+DA==\r\n\r\n";
    client.refuses((400, "BadDigest"), "PUT", "b", &chunked, wrong);
    client.refuses((400, "MalformedTrailerError"), "PUT", "b", &chunked, "4\r\ntest\r\n0\r\n\r\n");
    client.refuses(
        (400, "IncompleteBody"),
        "PUT",
        "b",
        &chunked,
        "3\r\ntes\r\n0\r\nx-amz-checksum-crc32:2H9+DA==\r\n\r\n",
    );
    client.refuses((404, "NoSuchKey"), "GET", "b", &[], "");
}

#[test]
fn versions_and_their_marks_are_told_apart() {
    let client = Client::versioned();
    let one = client.put("a", "one").header("x-amz-version-id").to_owned();
    client.put("a", "two");
    let gone = client.does("DELETE", "a", &[], "");
    let mark = gone.header("x-amz-version-id").to_owned();
    assert_eq!(gone.header("x-amz-delete-marker"), "true");
    let missing = client.refuses((404, "NoSuchKey"), "GET", "a", &[], "");
    assert_eq!((missing.header("x-amz-delete-marker"), &*missing.text("Key")), ("true", "a"));
    let marked = client.refuses((405, "MethodNotAllowed"), "GET", &format!("a?versionId={mark}"), &[], "");
    assert_eq!(marked.text("ResourceType"), "DeleteMarker");
    assert_eq!(client.get(&format!("a?versionId={one}")).body, "one");
    let unmarked = client.does("DELETE", &format!("a?versionId={mark}"), &[], "");
    assert_eq!(unmarked.header("x-amz-delete-marker"), "true");
    assert_eq!(client.get("a").body, "two");
    client.does("DELETE", &format!("a?versionId={one}"), &[], "");
    let again = client.does("DELETE", &format!("a?versionId={one}"), &[], "");
    assert_eq!(again.header("x-amz-delete-marker"), "");
    let never = client.refuses((404, "NoSuchVersion"), "GET", &format!("a?versionId={one}"), &[], "");
    assert_eq!((never.text("Key"), never.text("VersionId")), ("a".to_owned(), one));
    for method in ["GET", "DELETE"] {
        let bad =
            client.refuses((400, "InvalidArgument"), method, "a?versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD", &[], "");
        assert_eq!(bad.text("ArgumentName"), "versionId");
    }
    client.put("?versioning", "<V><Status>Suspended</Status></V>");
    assert_eq!(client.put("a", "three").header("x-amz-version-id"), "", "a version without an id isn't told");
    assert_eq!(client.get("a").header("x-amz-version-id"), "null");
}

#[test]
fn many_are_deleted_at_once_and_each_is_answered() {
    let client = Client::new();
    client.put("a", "x");
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>never</Key></Object>\
                <Object><Key>b</Key><VersionId>HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD</VersionId></Object></Delete>";
    client.refuses((400, "InvalidRequest"), "POST", "?delete", &[], body);
    let sum = super::super::checksum::Algorithm::Crc32.of(body.as_bytes());
    let said = client.does("POST", "?delete", &[("x-amz-checksum-crc32", &sum)], body);
    assert_eq!(said.texts("Key"), ["a", "never", "b"]);
    assert_eq!(said.texts("Code"), ["NoSuchVersion"]);
    client.refuses((404, "NoSuchKey"), "GET", "a", &[], "");
}

#[test]
fn objects_have_tags_of_their_own() {
    let client = Client::new();
    client.does("PUT", "a", &[("x-amz-tagging", "k=v")], "x");
    assert_eq!(client.get("a?tagging").texts("Value"), ["v"]);
    let tags = |pairs: &[(&str, &str)]| {
        let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        format!("<Tagging><TagSet>{}</TagSet></Tagging>", pairs.iter().map(tag).collect::<String>())
    };
    client.put("a?tagging", &tags(&[("é", "ü 1"), ("b", "")]));
    assert_eq!(client.get("a?tagging").texts("Key"), ["b", "é"]);
    let long = "x".repeat(129);
    for bad in
        [&[("aws:x", "")][..], &[("", "")], &[("a", ""), ("a", "")], &[("a!", "")], &[("a", "!")], &[(&long, "")]]
    {
        client.refuses((400, "InvalidTag"), "PUT", "a?tagging", &[], &tags(bad));
    }
    let many: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (&**key, "")).collect();
    client.refuses((400, "BadRequest"), "PUT", "a?tagging", &[], &tags(&many));
    let system = client.refuses((400, "InvalidTag"), "PUT", "?tagging", &[], &tags(&[("aws:x", "")]));
    assert_eq!(system.text("Message"), "System tags cannot be added/updated by requester");
    client.does("DELETE", "a?tagging", &[], "");
    assert!(client.get("a?tagging").texts("Key").is_empty());
}

#[test]
fn an_object_is_dated_by_the_clock_of_whoever_asks() {
    const AHEAD: i64 = 5 * 3600;
    let mut client = Client::new();
    client.0.advance(AHEAD * 1000).unwrap();
    client.put("a", "x");
    client.0.with(|account| super::super::put_text(account, super::BUCKET, "by-a-task", "x")).unwrap();
    let now = DateTime::from(SystemTime::now()).secs();
    let mut dated = |via: Via, key: &str| {
        client.1 = via;
        let modified = DateTime::from_str(client.get(key).header("last-modified"), Format::HttpDate).unwrap();
        let ahead = modified.secs() - now;
        if ahead.abs() < 60 {
            "the wall's"
        } else if (ahead - AHEAD).abs() < 60 {
            "the account's"
        } else {
            "neither's"
        }
    };
    assert_eq!(dated(Via::Server, "a"), "the wall's");
    assert_eq!(dated(Via::Process, "a"), "the account's");
    assert_eq!(dated(Via::Server, "by-a-task"), "the account's", "a task has no other clock");
}
