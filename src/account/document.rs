//! The account as one document, for tests that look into it or change it behind everybody's back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::account::Account;

impl Account {
    /// The document of all that the account keeps: by region, service, table and key.
    ///
    /// # Panics
    ///
    /// If an object can't be written as JSON.
    #[must_use]
    pub fn document(&mut self) -> Value {
        let mut document = json!({ "global": {}, "regions": {} });
        for (region, name, table) in self.tables() {
            let place = place(&mut document, region, name);
            *place = json!({});
            let mut write = |key: &str, object: Option<&str>| {
                place[key] = serde_json::from_str(object.unwrap_or("null")).expect("it was written a line above");
            };
            table.all(&mut write).expect("what is kept is JSON in the file");
        }
        document
    }

    /// Makes the account hold what the document says.
    ///
    /// # Panics
    ///
    /// If the document says something that the account can't hold.
    pub fn set_document(&mut self, mut document: Value) {
        for (region, name, table) in self.tables() {
            let objects = place(&mut document, region, name).take();
            let objects = objects.as_object().cloned().unwrap_or_default();
            let mut known = BTreeSet::new();
            let mut keep = |key: &str, _: Option<&str>| {
                known.insert(key.to_owned());
            };
            let written = table.all(&mut keep);
            written.expect("what is kept is JSON in the file");
            for key in known.iter().filter(|key| !objects.contains_key(*key)) {
                table.take_over(key, None).expect("nothing is read");
            }
            for (key, object) in objects {
                table.take_over(&key, Some(&object.to_string())).expect("the document has the objects' form");
            }
        }
    }
}

fn place<'a>(document: &'a mut Value, region: &str, name: &str) -> &'a mut Value {
    let place = if region.is_empty() { &mut document["global"] } else { &mut document["regions"][region] };
    name.split('/').fold(place, |place, part| &mut place[part])
}
