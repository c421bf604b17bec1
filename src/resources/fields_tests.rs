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
            assert!(known.contains(field.path), "{} {}", kind.kind(), field.path);
            let below = |outer: &str| field.path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
            let outer = fields.iter().find(|other| other.effect.is_some() && below(other.path));
            assert!(field.effect.is_none() || outer.is_none(), "{} {}", kind.kind(), field.path);
            // The default is JSON as it is compared: the same once it is read and written.
            assert_eq!(field.default_text(), field.default_text().map(|text| normal(&text)), "{}", field.path);
        }
    }
}

fn normal(json: &str) -> String {
    serde_json::from_str::<Value>(json).expect("a default is JSON").to_string()
}

fn paths(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        found.insert(at.clone());
        paths(schema, &at, found);
        paths(&schema["items"], &format!("{at}[]"), found);
    }
}
