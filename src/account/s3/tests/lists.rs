//! Lists, page by page.

use super::Client;

/// Keys that a delimiter rolls up, and others.
const KEYS: [&str; 5] = ["folder/a/1", "folder/a/2", "folder/file1", "folder/file2", "top é"];

fn filled() -> Client {
    let client = Client::new();
    KEYS.iter().for_each(|key| drop(client.put(key, "x")));
    client
}

/// The keys and prefixes of a list page by page, by the member with the next page's marker.
fn pages(client: &Client, list: &str, next: &[(&str, &str)]) -> Vec<Vec<String>> {
    let (mut found, mut place) = (Vec::new(), list.to_owned());
    loop {
        let page = client.get(&place);
        let prefixes = page.texts("Prefix").split_off(1);
        found.push([page.texts("Key"), prefixes].concat());
        if page.text("IsTruncated") != "true" {
            return found;
        }
        let marker = next.iter().filter(|(member, _)| !page.text(member).is_empty());
        let marker: String = marker
            .map(|(member, parameter)| {
                let value: String = form_urlencoded::byte_serialize(page.text(member).as_bytes()).collect();
                format!("&{parameter}={value}")
            })
            .collect();
        assert!(!marker.is_empty() && found.len() < 20, "{place}: {page:?}");
        place = format!("{list}{marker}");
    }
}

#[test]
fn each_list_is_paged_and_rolled_up() {
    let client = filled();
    let rolled = [["folder/file1"], ["folder/file2"]];
    let v1 = [("NextMarker", "marker")];
    let v2 = [("NextContinuationToken", "continuation-token")];
    let versions = [("NextKeyMarker", "key-marker"), ("NextVersionIdMarker", "version-id-marker")];
    for (list, next) in
        [("?max-keys=1", &v1[..]), ("?list-type=2&max-keys=1", &v2), ("?versions&max-keys=1", &versions)]
    {
        let below = pages(&client, &format!("{list}&prefix=folder/&delimiter=/"), next);
        assert_eq!(below[0], ["folder/a/"], "{list}");
        assert_eq!(below[1..], rolled, "{list}");
        let all = pages(&client, &format!("{list}&delimiter=/"), next);
        assert_eq!(all, [["top é"], ["folder/"]].into_iter().rev().collect::<Vec<_>>(), "{list}");
        if list != "?max-keys=1" {
            assert_eq!(pages(&client, list, next).concat(), KEYS, "{list}");
        }
        assert_eq!(client.get(&format!("{list}&max-keys=0")).text("MaxKeys"), "1", "the first counts");
    }
    let plain = client.get("?max-keys=2");
    assert_eq!((&*plain.text("Marker"), plain.texts("NextMarker").len()), ("", 0), "only with a delimiter");
    assert_eq!(client.get("?marker=folder/a/2").texts("Key"), KEYS[2..]);
    assert_eq!(client.get("?list-type=2&start-after=folder/file1").texts("Key"), KEYS[3..]);
    assert_eq!(client.get("?marker=folder/a/1&prefix=folder/&delimiter=/").texts("Key"), KEYS[2..4]);
}

#[test]
fn entries_tell_what_s3_tells() {
    let client = filled();
    let v1 = client.get("?prefix=top&encoding-type=url");
    for (element, expected) in [
        ("Key", "top%20%C3%A9"),
        ("ETag", "\"9dd4e461268c8034f5c8564e155c67a6\""),
        ("Size", "1"),
        ("StorageClass", "STANDARD"),
        ("ChecksumAlgorithm", "CRC64NVME"),
        ("ChecksumType", "FULL_OBJECT"),
        ("EncodingType", "url"),
    ] {
        assert_eq!(v1.text(element), expected, "{element}");
    }
    assert_eq!(v1.text("ID").len(), 64, "the owner");
    assert!(client.get("?list-type=2").texts("ID").is_empty());
    assert_eq!(client.get("?list-type=2&fetch-owner=true").texts("ID").len(), KEYS.len());
    let versions = client.get("?versions");
    assert_eq!(
        (versions.texts("KeyMarker"), versions.texts("VersionIdMarker")),
        (vec![String::new()], vec![String::new()])
    );
    assert_eq!(versions.texts("ID").len(), KEYS.len());
}

#[test]
fn what_a_list_cannot_be_asked_is_refused() {
    let client = filled();
    let cases = [
        ("?encoding-type=value", "encoding-type"),
        ("?versions&encoding-type=value", "encoding-type"),
        ("?max-keys=x", "max-keys"),
        ("?max-keys=-1", "max-keys"),
        ("?list-type=2&continuation-token=", "continuation-token"),
        ("?list-type=2&continuation-token=garbage", "continuation-token"),
        ("?list-type=3", "list-type"),
        ("?versions&version-id-marker=null", "version-id-marker"),
        ("?versions&key-marker=a&version-id-marker=", "version-id-marker"),
        ("?versions&key-marker=a&version-id-marker=garbage", "version-id-marker"),
        ("?uploads&key-marker=a&upload-id-marker=garbage", "upload-id-marker"),
    ];
    for (place, argument) in cases {
        let said = client.refuses((400, "InvalidArgument"), "GET", place, &[], "");
        assert_eq!(said.text("ArgumentName"), argument, "{place}");
    }
    let said = client.send_to("eu-west-1", "GET", "/?continuation-token=garbage", &[], b"");
    assert_eq!((said.status, &*said.text("Code")), (400, "InvalidArgument"));
}

#[test]
fn uploads_are_listed_page_by_page() {
    let client = Client::new();
    for key in ["b", "a", "b", "c/1", "c/2"] {
        client.does("POST", &format!("{key}?uploads"), &[], "");
    }
    let next = [("NextKeyMarker", "key-marker"), ("NextUploadIdMarker", "upload-id-marker")];
    assert_eq!(pages(&client, "?uploads&max-uploads=1", &next).concat(), ["a", "b", "b", "c/1", "c/2"]);
    let rolled = client.get("?uploads&delimiter=/");
    assert_eq!((rolled.texts("Key").len(), &rolled.texts("Prefix")[1..]), (3, &["c/".to_owned()][..]));
}
