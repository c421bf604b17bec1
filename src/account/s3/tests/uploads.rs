//! Uploads in parts.

use super::{BUCKET, Client, Said};

const LARGE: usize = 5 * 1024 * 1024;

fn begin(client: &Client, key: &str, headers: &[(&str, &str)]) -> String {
    client.does("POST", &format!("{key}?uploads"), headers, "").text("UploadId")
}

fn part(client: &Client, key: &str, id: &str, number: usize, body: &str) -> Said {
    client.put(&format!("{key}?uploadId={id}&partNumber={number}"), body)
}

fn list_of(parts: &[(usize, &Said)]) -> String {
    let part = |(number, said): &(usize, &Said)| {
        let tag = said.header("etag");
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
    };
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.iter().map(part).collect::<String>())
}

#[test]
fn parts_become_one_object() {
    let client = Client::new();
    let id = begin(&client, "big", &[("content-type", "text/plain"), ("x-amz-tagging", "k=v")]);
    let large = "a".repeat(LARGE);
    part(&client, "big", &id, 1, "replaced");
    let last = part(&client, "big", &id, 7, "end");
    let first = part(&client, "big", &id, 1, &large);
    part(&client, "big", &id, 9, "unused");
    assert_eq!(client.get("?uploads").texts("Key"), ["big"]);
    client.refuses((404, "NoSuchKey"), "GET", "big", &[], "");

    let page = client.get(&format!("big?uploadId={id}&max-parts=2"));
    assert_eq!(page.texts("PartNumber"), ["1", "7"]);
    assert_eq!((&*page.text("IsTruncated"), &*page.text("NextPartNumberMarker")), ("true", "7"));
    let page = client.get(&format!("big?uploadId={id}&part-number-marker=7"));
    assert_eq!((page.texts("PartNumber"), &*page.text("IsTruncated")), (vec!["9".to_owned()], "false"));

    let done = client.does("POST", &format!("big?uploadId={id}"), &[], &list_of(&[(1, &first), (7, &last)]));
    let tag = done.text("ETag");
    assert!(tag.ends_with("-2\"") && tag.len() == 36, "{tag}");
    let whole = format!("{large}end");
    let sum = super::super::checksum::Algorithm::Crc64Nvme.of(whole.as_bytes());
    assert_eq!((&*done.text("ChecksumCRC64NVME"), &*done.text("ChecksumType")), (&*sum, "FULL_OBJECT"));
    let got = client.get("big");
    assert!(got.body == whole && got.header("etag") == tag && got.header("content-type") == "text/plain");
    let across = client.send("GET", "big", &[("range", "bytes=5242878-5242881")], b"");
    assert_eq!(across.body, "aaen", "a range reaches over parts");
    let second = client.send("GET", "big?partNumber=2", &[], b"");
    assert_eq!((second.status, &*second.body, second.header("x-amz-mp-parts-count")), (206, "end", "2"));
    assert_eq!(client.get("big?tagging").texts("Key"), ["k"]);
    assert!(client.get("?uploads").texts("Key").is_empty());
    client.refuses((404, "NoSuchUpload"), "GET", &format!("big?uploadId={id}"), &[], "");
    let copied = client.does("PUT", "copy", &[("x-amz-copy-source", "lab-images/big")], "");
    assert!(!copied.text("ETag").contains('-'), "a copy is in one piece");
    assert!(client.get("copy").body == whole);
}

#[test]
fn an_upload_that_is_not_as_it_is_said_to_be_is_not_completed() {
    let client = Client::new();
    client.put("a", "before");
    let id = begin(&client, "a", &[]);
    let (one, two) = (part(&client, "a", &id, 1, "one"), part(&client, "a", &id, 2, "two"));
    let complete = format!("a?uploadId={id}");
    let cases = [
        (list_of(&[]), "MalformedXML"),
        (list_of(&[(1, &one), (2, &two)]), "EntityTooSmall"),
        (list_of(&[(2, &two), (1, &one)]), "InvalidPartOrder"),
        (list_of(&[(1, &two)]), "InvalidPart"),
        (list_of(&[(3, &one)]), "InvalidPart"),
    ];
    for (body, code) in &cases {
        client.refuses((400, code), "POST", &complete, &[], body);
    }
    let body = list_of(&[(2, &two)]);
    client.refuses((400, "InvalidRequest"), "POST", &complete, &[("x-amz-mp-object-size", "4")], &body);
    client.refuses((400, "BadDigest"), "POST", &complete, &[("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")], &body);
    client.refuses((404, "NoSuchUpload"), "POST", "other?uploadId=x", &[], &body);
    client.refuses((404, "NoSuchUpload"), "PUT", &format!("other?uploadId={id}&partNumber=1"), &[], "x");
    for number in ["0", "10001", "x"] {
        client.refuses((400, "InvalidArgument"), "PUT", &format!("a?uploadId={id}&partNumber={number}"), &[], "x");
    }
    let meanwhile = client.put("a", "meanwhile");
    let same = ("if-match", meanwhile.header("etag"));
    client.refuses((409, "ConditionalRequestConflict"), "POST", &complete, &[same], &body);
    client.refuses((412, "PreconditionFailed"), "POST", &complete, &[("if-none-match", "*")], &body);
    client.does("DELETE", "a", &[], "");
    client.refuses((409, "ConditionalRequestConflict"), "POST", &complete, &[("if-none-match", "*")], &body);
    client.does("POST", &complete, &[], &body);
    assert_eq!(client.get("a").body, "two");
}

#[test]
fn an_aborted_upload_is_gone_and_nothing_else_is() {
    let client = Client::new();
    client.put("a", "stays");
    let id = begin(&client, "a", &[]);
    part(&client, "a", &id, 1, "x");
    client.does("DELETE", &format!("a?uploadId={id}"), &[], "");
    client.refuses((404, "NoSuchUpload"), "DELETE", &format!("a?uploadId={id}"), &[], "");
    assert_eq!(client.get("a").body, "stays");
    begin(&client, "b", &[]);
    client.does("DELETE", "a", &[], "");
    client.does("DELETE", "", &[], "");
}

#[test]
fn a_part_can_be_copied_from_another_object() {
    let client = Client::new();
    client.put("source", "0123456789");
    let id = begin(&client, "a", &[]);
    let place = format!("a?uploadId={id}&partNumber=1");
    let from = ("x-amz-copy-source", "lab-images/source");
    let copied = client.does("PUT", &place, &[from, ("x-amz-copy-source-range", "bytes=2-4")], "");
    let tag = copied.text("ETag");
    let bad = client.refuses((400, "InvalidArgument"), "PUT", &place, &[from, ("x-amz-copy-source-range", "2-4")], "");
    assert_eq!(bad.text("ArgumentName"), "x-amz-copy-source-range");
    let body = format!("<C><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></C>");
    client.does("POST", &format!("a?uploadId={id}"), &[], &body);
    assert_eq!(client.get("a").body, "234");
}

#[test]
fn the_checksums_of_parts_are_those_that_were_asked_for() {
    let client = Client::new();
    let id = begin(&client, "a", &[("x-amz-checksum-algorithm", "CRC32")]);
    let place = format!("a?uploadId={id}&partNumber=1");
    let sum = "2H9+DA==";
    let other = ("x-amz-checksum-sha1", "qUqP5cyxm6YcTAhz05Hph5gvu9M=");
    client.refuses((400, "InvalidRequest"), "PUT", &place, &[other], "test");
    let one = client.does("PUT", &place, &[("x-amz-checksum-crc32", sum)], "test");
    assert_eq!(client.get(&format!("a?uploadId={id}")).texts("ChecksumCRC32"), [sum]);
    let complete = format!("a?uploadId={id}");
    client.refuses((400, "InvalidRequest"), "POST", &complete, &[], &list_of(&[(1, &one)]));
    let tag = one.header("etag");
    let body =
        format!("<C><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag><ChecksumCRC32>{sum}</ChecksumCRC32></Part></C>");
    let done = client.does("POST", &complete, &[], &body);
    assert!(done.text("ChecksumCRC32").ends_with("-1") && done.text("ChecksumType") == "COMPOSITE", "{done:?}");
    for (algorithm, extent) in [("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("MD4", "COMPOSITE")] {
        let asked = [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", extent)];
        client.refuses((400, "InvalidRequest"), "POST", "a?uploads", &asked, "");
    }
    assert_eq!(BUCKET, client.get("?uploads").text("Bucket"));
}
