//! The tables by which kinds are compared.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::KINDS;

/// A path with a typing error would make a row say nothing, and a field below another would be told twice.
#[test]
fn every_table_names_fields_of_its_kind_once() {
    for kind in KINDS {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = kind.schema(&mut settings.into_generator()).to_value();
        let mut known = BTreeSet::from([String::new()]);
        paths(&schema, "", &mut known);
        let fields = kind.fields();
        for field in fields {
            let is_derived = DERIVED.contains(&(kind.kind(), field.path));
            assert!(known.contains(field.path) || is_derived, "{} {}", kind.kind(), field.path);
            let below = |outer: &str| field.path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
            let outer = fields.iter().find(|other| other.effect.is_some() && below(other.path));
            assert!(field.effect.is_none() || outer.is_none(), "{} {}", kind.kind(), field.path);
            // It panics if a default isn't JSON; AWS goes back to none where it can't go back.
            assert!(!field.default_value().is_null() || !field.is_one_way, "{}", field.path);
        }
    }
}

/// What follows from other fields, and is compared: the VPC of a load balancer's subnets.
const DERIVED: [(&str, &str); 1] = [("loadBalancer", "vpcId")];

/// What a lab may say of a kind and no table compares, with the reason.
const UNCOMPARED: [(&str, &str, &str); 12] = [
    ("bucket", "onDestroy", "it speaks of a destroy"),
    ("repository", "onDestroy", "it speaks of a destroy"),
    ("fileSystem", "onDestroy", "it speaks of a destroy"),
    ("secret", "generateSecretString", "a value is made up once, and what it was made by is nowhere kept"),
    ("secret", "recoveryWindowInDays", "it speaks of a destroy"),
    ("vpc", "zones", "it stands for other resources"),
    ("vpc", "endpoints", "it stands for other resources"),
    ("vpc", "nat", "it stands for other resources"),
    ("subnet", "zone", "it says in which zone a new one is made"),
    (
        "listenerRule",
        "listener",
        "a rule of another listener is another object: it is made, and the old one goes by its tags",
    ),
    (
        "discoveryService",
        "namespaceId",
        "a service of another namespace is another object: it is made, and the old one goes by its tags",
    ),
    ("listener", "loadBalancerArn", "a listener stands below its load balancer, and nobody writes the field"),
];

/// A field that is taken and never compared would be said and not done.
#[test]
fn every_field_of_a_kind_is_compared() {
    let mut left = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.managed().is_some() && !kind.fields().is_empty()) {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = kind.schema(&mut settings.into_generator()).to_value();
        let mut known = BTreeSet::new();
        paths(&schema, "", &mut known);
        let is_below = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer);
            outer.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        for path in known.iter().filter(|path| **path != kind.name_rule().field) {
            let mut fields = kind.fields().iter().filter(|field| field.effect.is_some());
            let is_compared = fields.any(|field| is_below(path, field.path) || is_below(field.path, path));
            let is_known = UNCOMPARED.iter().any(|(of, field, _)| *of == kind.kind() && is_below(path, field));
            if !is_compared && !is_known {
                left.push(format!("{} {path}", kind.kind()));
            }
        }
    }
    assert_eq!(left, Vec::<String>::new());
}

fn paths(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        found.insert(at.clone());
        paths(schema, &at, found);
        paths(&schema["items"], &format!("{at}[]"), found);
    }
}
