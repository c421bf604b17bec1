//! Copies.

use super::{BUCKET, Client};

#[test]
fn a_copy_has_the_content_and_what_is_said_of_it() {
    let client = Client::new();
    let said = [("content-type", "text/plain"), ("x-amz-meta-by", "me"), ("x-amz-tagging", "k=v")];
    client.does("PUT", "a b/é", &said, "test");
    let source = ("x-amz-copy-source", "/lab-images/a%20b/%C3%A9");
    let copied = client.does("PUT", "copy", &[source], "");
    assert_eq!(copied.text("ETag"), "\"098f6bcd4621d373cade4e832627b4f6\"");
    assert_eq!(copied.text("ChecksumCRC64NVME"), "+bu+zv66sUM=");
    assert!(copied.text("LastModified").ends_with('Z'), "{copied:?}");
    let got = client.get("copy");
    assert_eq!((&*got.body, got.header("content-type"), got.header("x-amz-meta-by")), ("test", "text/plain", "me"));
    assert_eq!(client.get("copy?tagging").texts("Key"), ["k"]);

    let anew = [source, ("x-amz-metadata-directive", "REPLACE"), ("content-type", "x/y")];
    client.does("PUT", "copy", &[&anew[..], &[("x-amz-tagging-directive", "REPLACE")]].concat(), "");
    let got = client.get("copy");
    assert_eq!((&*got.body, got.header("content-type"), got.header("x-amz-meta-by")), ("test", "x/y", ""));
    assert!(client.get("copy?tagging").texts("Key").is_empty());
    client.does("DELETE", "a b/é", &[], "");
    assert_eq!(client.get("copy").body, "test", "a copy outlives its source");
}

#[test]
fn a_copy_without_a_source_or_a_change_is_refused() {
    let client = Client::versioned();
    let first = client.put("a", "one").header("x-amz-version-id").to_owned();
    client.put("a", "two");
    let source = |text: &str| format!("{BUCKET}/{text}");
    let refuse = |expected, text: &str, more: &[(&str, &str)]| {
        client.refuses(expected, "PUT", "a", &[&[("x-amz-copy-source", text)], more].concat(), "")
    };
    let itself = refuse((400, "InvalidRequest"), &source("a"), &[]);
    assert!(itself.text("Message").contains("without changing the object's metadata"), "{itself:?}");
    refuse((404, "NoSuchKey"), &source("none"), &[]);
    refuse((404, "NoSuchBucket"), "no-such-bucket/a", &[]);
    for text in ["a", BUCKET, "/lab-images/", ""] {
        refuse((400, "InvalidArgument"), text, &[]);
    }
    refuse((501, "NotImplemented"), "arn:aws:s3:eu-west-1:123456789012:accesspoint/x/object/a", &[]);
    refuse((400, "InvalidArgument"), &source("a"), &[("x-amz-metadata-directive", "WRONG")]);
    let wrong = ("x-amz-copy-source-if-match", "\"x\"");
    let unmet = refuse((412, "PreconditionFailed"), &source("a"), &[wrong]);
    assert_eq!(unmet.text("Condition"), "x-amz-copy-source-If-Match");
    let same = ("x-amz-copy-source-if-none-match", "b8a9f715dbb64fd5c56e7783c6820a61");
    refuse((412, "PreconditionFailed"), &source("a"), &[same]);
    assert_eq!(client.get("a").body, "two");

    client.does("PUT", "a", &[("x-amz-copy-source", &*source("a")), ("x-amz-storage-class", "STANDARD_IA")], "");
    let restored = client.does("PUT", "a", &[("x-amz-copy-source", &*source(&format!("a?versionId={first}")))], "");
    assert_eq!(restored.header("x-amz-copy-source-version-id"), first);
    assert_eq!(client.get("a").body, "one", "an older version is put on top");
    let mark = client.does("DELETE", "b", &[], "").header("x-amz-version-id").to_owned();
    refuse((400, "InvalidRequest"), &source(&format!("b?versionId={mark}")), &[]);
}
