//! The calls of a declared kind.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Plain;
use super::calls::{Call, Calls, Read, table};
use crate::cloud::{Cloud, Result, unless_gone};

/// The members of a call or of an answer.
pub(super) type Members = Map<String, Value>;

/// What AWS says of those of the objects that it has, by name.
pub(super) async fn described<R: Plain>(cloud: &Cloud, names: &[&str]) -> Result<BTreeMap<String, Members>> {
    let (calls, mut found) = (table::<R>(), BTreeMap::<String, Members>::new());
    for (index, read) in calls.read.iter().enumerate() {
        for document in read.ask(cloud, calls, names).await? {
            let name = text(&document, &calls.case.member("name"));
            match found.get_mut(&name) {
                Some(known) => known.extend(document),
                None if index == 0 => drop(found.insert(name, document)),
                None => {}
            }
        }
    }
    Ok(found)
}

impl Read {
    async fn ask(&self, cloud: &Cloud, calls: &'static Calls, names: &[&str]) -> Result<Vec<Members>> {
        let asked = match self.batch {
            Some((most, items)) => {
                let asks = cloud.each(names.chunks(most), |names| {
                    pages(cloud, calls, self.operation, self.body(names.into()), items)
                });
                asks.await
            }
            None => {
                let asks = cloud.each(names.iter(), |name| async move {
                    let body = self.body((*name).into());
                    let answer = cloud.call(calls.api, self.operation, body.into()).await;
                    Ok(unless_gone(answer)?.into_iter().filter_map(object).collect())
                });
                asks.await
            }
        };
        let asked: Result<Vec<Vec<Members>>> = asked.into_iter().collect();
        Ok(asked?.into_iter().flatten().collect())
    }

    fn body(&self, names: Value) -> Members {
        let mut body = json(self.with);
        match body.pointer_mut(self.key) {
            Some(place) => *place = names,
            None => body[self.key] = names,
        }
        object(body).unwrap_or_default()
    }
}

/// Makes a call about the object of this name or ARN, and returns the members of its answer.
pub(super) async fn ask(
    cloud: &Cloud,
    calls: &'static Calls,
    call: &Call,
    object_name: &str,
    members: Members,
) -> Result<Members> {
    let mut body = object(json(call.with)).unwrap_or_default();
    body.insert(call.key.to_owned(), object_name.into());
    body.extend(members);
    let answer = cloud.call(calls.api, call.operation, body.into()).await?;
    Ok(object(answer).unwrap_or_default())
}

/// Returns all that a call lists in the member `items`, page by page.
pub(super) async fn pages(
    cloud: &Cloud,
    calls: &'static Calls,
    operation: &'static str,
    mut body: Members,
    items: &str,
) -> Result<Vec<Members>> {
    let token = calls.case.member("nextToken");
    let mut found = Vec::new();
    loop {
        let mut answer = cloud.call(calls.api, operation, body.clone().into()).await?;
        if let Value::Array(page) = answer[items].take() {
            found.extend(page.into_iter().filter_map(object));
        }
        match answer[&token].take() {
            Value::String(next) if !next.is_empty() => drop(body.insert(token.clone(), next.into())),
            _ => return Ok(found),
        }
    }
}

/// Returns the text in a member; empty if there is none.
pub(super) fn text(document: &Members, key: &str) -> String {
    document.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("a table of calls holds JSON")
}

/// Returns the members of a value; none if it isn't an object.
pub(super) fn object(value: Value) -> Option<Members> {
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}
