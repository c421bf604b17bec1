//! Tags of buckets and of objects.

use std::collections::BTreeMap;

use super::{malformed, ok, xml};
use crate::wire::{Fault, Reply, Request};

/// The rules for the tags of one kind of thing.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    most: usize,
    too_many: &'static str,
    /// The refusal of a key that begins with `aws:`.
    system: &'static str,
}

/// The rules for the tags of a bucket.
pub(super) const OF_BUCKETS: Rules = Rules {
    most: 50,
    too_many: "Bucket tag count cannot be greater than 50",
    system: "System tags cannot be added/updated by requester",
};

/// The rules for the tags with which a bucket is made.
pub(super) const OF_NEW_BUCKETS: Rules = Rules {
    system: "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. Remove \"aws:\" \
             from your tag keys and try again.",
    ..OF_BUCKETS
};

/// The rules for the tags of an object.
pub(super) const OF_OBJECTS: Rules = Rules {
    most: 10,
    too_many: "Object tags cannot be greater than 10",
    system: "Your TagKey cannot be prefixed with aws:",
};

/// The tags below an element that holds `Tag` elements.
pub(super) fn read(set: roxmltree::Node<'_, '_>, rules: Rules) -> Result<BTreeMap<String, String>, Fault> {
    let pairs = xml::children(set, "Tag").map(|tag| Some((xml::text(tag, "Key")?, xml::text(tag, "Value")?)));
    check(pairs.collect::<Option<Vec<_>>>().ok_or_else(malformed)?, rules)
}

/// The tags of an object in a header of its put, which has the form of a query.
pub(super) fn in_header(request: &Request) -> Result<BTreeMap<String, String>, Fault> {
    let header = request.headers.get("x-amz-tagging").map_or("", String::as_str);
    check(form_urlencoded::parse(header.as_bytes()).into_owned().collect(), OF_OBJECTS)
}

fn check(pairs: Vec<(String, String)>, rules: Rules) -> Result<BTreeMap<String, String>, Fault> {
    let invalid = |message: &str, key: &str| Fault::client("InvalidTag", message).with("TagKey", key);
    let is_of_these =
        |text: &str| text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c));
    let mut tags = BTreeMap::new();
    for (key, value) in pairs {
        if key.starts_with("aws:") {
            return Err(invalid(rules.system, &key));
        }
        if !(1..=128).contains(&key.chars().count()) || !is_of_these(&key) {
            return Err(invalid("The TagKey you have provided is invalid", &key));
        }
        if value.chars().count() > 256 || !is_of_these(&value) {
            return Err(invalid("The TagValue you have provided is invalid", &key).with("TagValue", value));
        }
        if tags.contains_key(&key) {
            return Err(invalid("Cannot provide multiple Tags with the same key", &key));
        }
        tags.insert(key, value);
    }
    if tags.len() > rules.most {
        return Err(Fault::client("BadRequest", rules.too_many));
    }
    Ok(tags)
}

/// Tags in the form in which S3 answers them.
pub(super) fn shown(tags: &BTreeMap<String, String>) -> Reply {
    let tag =
        |(key, value): (&String, &String)| xml::element("Tag", &(xml::leaf("Key", key) + &xml::leaf("Value", value)));
    let tags: String = tags.iter().map(tag).collect();
    ok(xml::document("Tagging", &xml::element("TagSet", &tags)))
}

/// The tags that a request holds.
pub(super) fn given(body: &[u8], rules: Rules) -> Result<BTreeMap<String, String>, Fault> {
    let document = xml::parse(body)?;
    let set = xml::children(document.root_element(), "TagSet").next().ok_or_else(malformed)?;
    read(set, rules)
}
