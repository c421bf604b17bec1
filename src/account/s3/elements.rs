//! S3's documents as values: in XML, the items of a list stand as elements of their own, by a name in the singular.

use serde_json::{Map, Value};

use super::xml;

/// The items of lists, by the lists' names.
const ITEMS: [(&str, &str); 9] = [
    ("Rule", "rules"),
    ("CORSRule", "corsRules"),
    ("AllowedMethod", "allowedMethods"),
    ("AllowedOrigin", "allowedOrigins"),
    ("AllowedHeader", "allowedHeaders"),
    ("ExposeHeader", "exposeHeaders"),
    ("Transition", "transitions"),
    ("NoncurrentVersionTransition", "noncurrentVersionTransitions"),
    ("RoutingRule", "routingRules"),
];
/// The elements that hold numbers.
const NUMBERS: [&str; 7] = [
    "Days",
    "NoncurrentDays",
    "NewerNoncurrentVersions",
    "DaysAfterInitiation",
    "MaxAgeSeconds",
    "ObjectSizeGreaterThan",
    "ObjectSizeLessThan",
];
/// The elements that may be empty and are no texts.
const PARTS: [&str; 4] = ["Filter", "And", "Condition", "Redirect"];

/// The value of an element.
pub(super) fn read(node: roxmltree::Node<'_, '_>) -> Value {
    let name = node.tag_name().name();
    let parts = node.children().filter(roxmltree::Node::is_element);
    let mut members = Map::new();
    for part in parts {
        let part_name = part.tag_name().name();
        let list = ITEMS.iter().find(|(item, _)| *item == part_name).map(|(_, list)| *list);
        let list = list.or_else(|| (name == "And" && part_name == "Tag").then_some("tags"));
        match list {
            Some(list) => {
                let items = members.entry(list).or_insert_with(|| Value::Array(Vec::new()));
                items.as_array_mut().into_iter().for_each(|items| items.push(read(part)));
            }
            // The only list that has an element of its own.
            None if part_name == "RoutingRules" => members.extend(read(part).as_object().cloned().unwrap_or_default()),
            None => drop(members.insert(field(part_name), read(part))),
        }
    }
    if !members.is_empty() || PARTS.contains(&name) {
        return Value::Object(members);
    }
    let text = node.text().unwrap_or_default();
    match text.parse::<i64>() {
        Ok(number) if NUMBERS.contains(&name) => number.into(),
        _ => text.into(),
    }
}

/// What stands in the element of a value.
pub(super) fn written(value: &Value) -> String {
    let Value::Object(members) = value else { return String::new() };
    members.iter().filter(|(_, value)| !value.is_null()).map(|(field, value)| part(field, value)).collect()
}

fn part(field: &str, value: &Value) -> String {
    let item = ITEMS.iter().find(|(_, list)| *list == field).map_or("Tag", |(item, _)| *item);
    match value {
        Value::Array(items) => {
            let items: String = items.iter().map(|one| element(item, one)).collect();
            if item == "RoutingRule" { xml::element("RoutingRules", &items) } else { items }
        }
        one => element(&member(field), one),
    }
}

fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Object(_) => xml::element(name, &written(value)),
        Value::String(text) => xml::leaf(name, text),
        other => xml::leaf(name, &other.to_string()),
    }
}

/// The names that don't differ by a letter's case alone.
const NAMES: [(&str, &str); 3] = [("ID", "id"), ("SSEAlgorithm", "sseAlgorithm"), ("KMSMasterKeyID", "kmsMasterKeyID")];

fn field(member: &str) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == member);
    known.map_or_else(|| recased(member, str::to_ascii_lowercase), |(_, field)| (*field).to_owned())
}

fn member(field: &str) -> String {
    let known = NAMES.iter().find(|(_, known)| *known == field);
    known.map_or_else(|| recased(field, str::to_ascii_uppercase), |(member, _)| (*member).to_owned())
}

fn recased(name: &str, change: fn(&str) -> String) -> String {
    name.split_at_checked(1).map_or_else(String::new, |(first, rest)| change(first) + rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let cases = [
            json!({"rules": [{"id": "a", "status": "Enabled", "filter": {}, "expiration": {"days": 30}},
                {"filter": {"and": {"prefix": "x", "tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "<"}]}},
                    "transitions": [{"days": 1, "storageClass": "GLACIER"}]}]}),
            json!({"corsRules": [{"allowedMethods": ["GET", "PUT"], "allowedOrigins": ["*"], "maxAgeSeconds": 5}]}),
            json!({"indexDocument": {"suffix": "index.html"}, "routingRules": [
                {"condition": {"keyPrefixEquals": "a/"}, "redirect": {"hostName": "b"}}, {"redirect": {"hostName": "c"}}]}),
            json!({"rules": [{"filter": {"tag": {"key": "a", "value": "1"}}}]}),
        ];
        for case in cases {
            let text = xml::document("It", &written(&case));
            let document = roxmltree::Document::parse(&text).unwrap();
            assert_eq!(read(document.root_element()), case, "{text}");
        }
    }
}
