//! Calls to Amazon S3 as they were made: in the words of its API, which its protocol writes into addresses and XML.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;
use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// The calls about a setting of a bucket, by the word for it.
const SETTINGS: [(&str, &str, &str); 8] = [
    ("tagging", "PutBucketTagging", "DeleteBucketTagging"),
    ("versioning", "PutBucketVersioning", ""),
    ("publicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"),
    ("ownershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
    ("encryption", "PutBucketEncryption", "DeleteBucketEncryption"),
    ("lifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"),
    ("cors", "PutBucketCors", "DeleteBucketCors"),
    ("website", "PutBucketWebsite", "DeleteBucketWebsite"),
];
/// The lists that XML writes as elements of their own, by the name of an item.
const LISTS: [(&str, &str); 8] = [
    ("Rule", "Rules"),
    ("CORSRule", "CORSRules"),
    ("AllowedMethod", "AllowedMethods"),
    ("AllowedOrigin", "AllowedOrigins"),
    ("AllowedHeader", "AllowedHeaders"),
    ("ExposeHeader", "ExposeHeaders"),
    ("Transition", "Transitions"),
    ("NoncurrentVersionTransition", "NoncurrentVersionTransitions"),
];
/// The members that are numbers.
const NUMBERS: [&str; 7] = [
    "Days",
    "NoncurrentDays",
    "NewerNoncurrentVersions",
    "DaysAfterInitiation",
    "MaxAgeSeconds",
    "ObjectSizeGreaterThan",
    "ObjectSizeLessThan",
];

/// Amazon S3's operation and input: the bucket and the key stand in the address, the rest in XML.
pub(super) fn object_storage(operation: &str, request: &HttpRequest, body: &str) -> (String, Value) {
    let address = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let path = path.split('?').next().unwrap_or_default();
    let of_host = host.split_once(".s3.").map(|(bucket, _)| bucket);
    let (bucket, key) = match of_host {
        Some(bucket) => (bucket, path),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    let (method, word) = operation.split_once(' ').unwrap_or((operation, ""));
    let setting = SETTINGS.iter().find(|(known, ..)| *known == word).filter(|_| key.is_empty());
    let name = match (operation.trim_end(), key.is_empty(), setting) {
        ("PUT" | "PUT object", true, _) => "CreateBucket",
        ("PUT policy", true, _) => "PutBucketPolicy",
        ("DELETE policy", true, _) => "DeleteBucketPolicy",
        ("DELETE" | "DELETE object", true, _) => "DeleteBucket",
        ("DELETE" | "DELETE object", false, _) => "DeleteObject",
        ("POST delete", true, _) => "DeleteObjects",
        (_, true, Some((_, put, _))) if method == "PUT" => put,
        (_, true, Some((.., delete))) if method == "DELETE" => delete,
        (other, ..) => other,
    };
    let mut input = Map::from_iter([("Bucket".to_owned(), bucket.into())]);
    if !key.is_empty() {
        input.insert("Key".to_owned(), percent_decode_str(key).decode_utf8_lossy().into_owned().into());
    }
    if name == "PutBucketPolicy" {
        input.insert("Policy".to_owned(), body.into());
    } else if let Ok(document) = Document::parse(body) {
        let root = document.root_element();
        input.insert(root.tag_name().name().to_owned(), xml(root));
    }
    (name.to_owned(), input.into())
}

fn xml(node: Node<'_, '_>) -> Value {
    let name = node.tag_name().name();
    let parts = || node.children().filter(Node::is_element);
    let text = || node.text().unwrap_or_default();
    match parts().next() {
        None if text() == "true" || text() == "false" => Value::Bool(text() == "true"),
        None if NUMBERS.contains(&name) => text().parse::<i64>().map_or_else(|_| text().into(), Value::from),
        None if name == "Filter" => Value::Object(Map::new()),
        None => text().into(),
        Some(first) if first.tag_name().name() == "Tag" && !["And", "Filter"].contains(&name) => {
            parts().map(pair).collect()
        }
        Some(_) if name == "RoutingRules" => parts().map(xml).collect(),
        Some(_) => {
            let mut members = Map::new();
            for part in parts() {
                let part_name = part.tag_name().name();
                let list = LISTS.iter().find(|(item, _)| *item == part_name).map(|(_, list)| *list);
                match list.or((name == "And" && part_name == "Tag").then_some("Tags")) {
                    Some(list) => {
                        let items = members.entry(list).or_insert_with(|| Value::Array(Vec::new()));
                        items.as_array_mut().into_iter().for_each(|items| items.push(xml(part)));
                    }
                    None => drop(members.insert(part_name.to_owned(), xml(part))),
                }
            }
            members.into()
        }
    }
}

fn pair(tag: Node<'_, '_>) -> Value {
    let parts = tag.children().filter(Node::is_element);
    parts.map(|part| (part.tag_name().name().to_owned(), Value::from(part.text().unwrap_or_default()))).collect()
}
