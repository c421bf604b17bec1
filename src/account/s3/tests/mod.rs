//! S3 by its own protocol: requests as clients send them, without any SDK.

mod conditions;
mod copies;
mod lists;
mod objects;
mod refused;
mod uploads;

use std::collections::BTreeMap;

use crate::SERVICES;
use crate::answer;
use crate::clock::Via;
use crate::sandbox::Sandbox;
use crate::wire::{Reply, Request};

const BUCKET: &str = "lab-images";

/// A client in eu-west-1 of an account with one bucket.
struct Client(Sandbox, Via);

/// An answer, as text.
#[derive(Debug)]
struct Said {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Client {
    fn new() -> Self {
        let client = Self(Sandbox::in_memory(), Via::Process);
        let here = "<C><LocationConstraint>eu-west-1</LocationConstraint></C>";
        assert_eq!(client.send("PUT", "", &[], here.as_bytes()).status, 200);
        client
    }

    fn versioned() -> Self {
        let client = Self::new();
        client.put("?versioning", "<V><Status>Enabled</Status></V>");
        client
    }

    /// Sends a request to a place in the bucket.
    fn send(&self, method: &str, place: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let slash = if place.starts_with('?') || place.is_empty() { "" } else { "/" };
        self.send_to("eu-west-1", method, &format!("/{BUCKET}{slash}{place}"), headers, body)
    }

    fn send_to(&self, region: &str, method: &str, address: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let scope = format!("AWS4-HMAC-SHA256 Credential=KEY/20261128/{region}/s3/aws4_request, …");
        let mut all = BTreeMap::from([("authorization".to_owned(), scope)]);
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: all,
            body: body.to_vec(),
        };
        let call = answer::call(SERVICES, &request);
        let Reply { status, headers, body } = self.0.with(|account| {
            account.via = self.1;
            answer::answer(account, &call, &request)
        });
        Said { status, headers: headers.into_iter().collect(), body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Sends a request that is carried out.
    #[track_caller]
    fn does(&self, method: &str, place: &str, headers: &[(&str, &str)], body: &str) -> Said {
        let said = self.send(method, place, headers, body.as_bytes());
        assert!((200..300).contains(&said.status), "{method} {place}: {said:?}");
        said
    }

    #[track_caller]
    fn put(&self, place: &str, body: &str) -> Said {
        self.does("PUT", place, &[], body)
    }

    #[track_caller]
    fn get(&self, place: &str) -> Said {
        self.does("GET", place, &[], "")
    }

    /// Asserts that a request is refused with this status and this code.
    #[track_caller]
    fn refuses(&self, expected: (u16, &str), method: &str, place: &str, headers: &[(&str, &str)], body: &str) -> Said {
        let said = self.send(method, place, headers, body.as_bytes());
        assert_eq!((said.status, &*said.text("Code")), expected, "{method} {place} {headers:?}: {said:?}");
        said
    }
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The text of the first element of this name.
    fn text(&self, name: &str) -> String {
        self.texts(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements of this name.
    fn texts(&self, name: &str) -> Vec<String> {
        let Ok(document) = roxmltree::Document::parse(&self.body) else {
            return Vec::new();
        };
        let found = document.descendants().filter(|node| node.tag_name().name() == name);
        found.map(|node| node.text().unwrap_or_default().to_owned()).collect()
    }
}
