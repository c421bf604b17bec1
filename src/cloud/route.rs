//! Routes: the method and the address of each operation of a service that speaks REST-JSON, and the members that stand in
//! the address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

/// The characters that an address encodes: all but the unreserved ones of RFC 3986, as the SDK's crates do.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The operations of a service, each with its method and address, as in `("ListSchedules", "GET
/// /schedules?ScheduleGroup={GroupName}&NextToken={NextToken}")`. A member that isn't in the address goes into the body.
pub type Routes = &'static [(&'static str, &'static str)];

/// A request by its route.
#[derive(Debug)]
pub(super) struct Routed {
    /// The HTTP method.
    pub(super) method: &'static str,
    /// The path and the query.
    pub(super) address: String,
    /// The members in the body; none if the method has no body.
    pub(super) body: Option<Value>,
}

/// A route, taken apart.
#[derive(Clone, Copy)]
struct Route {
    operation: &'static str,
    method: &'static str,
    path: &'static str,
    query: &'static str,
}

impl Route {
    fn of(&(operation, text): &(&'static str, &'static str)) -> Self {
        let (method, address) = text.split_once(' ').unwrap_or(("POST", text));
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Self { operation, method, path, query }
    }

    fn parts(self) -> impl DoubleEndedIterator<Item = &'static str> {
        self.path.trim_start_matches('/').split('/')
    }

    /// The keys of the query, each with its member.
    fn keys(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.query.split('&').filter_map(|pair| pair.split_once('=')).filter_map(|(key, of)| Some((key, member(of)?)))
    }
}

/// The member that a part of a route stands for, if it is no word of the address.
fn member(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// Returns the request for `operation` with the members of `document`.
///
/// # Errors
/// If there is no such route, or a member has no place in it or no value.
pub(super) fn request(routes: Routes, operation: &str, document: &Value) -> Result<Routed, String> {
    let route = routes.iter().map(Route::of).find(|route| route.operation == operation);
    let route = route.ok_or_else(|| format!("{operation} has no route"))?;
    let mut members = document.as_object().cloned().unwrap_or_default();
    members.retain(|_, value| !value.is_null());
    let mut address = String::new();
    for part in route.parts() {
        address.push('/');
        match member(part) {
            None => address.push_str(part),
            Some(member) => {
                let value = members.remove(member).map(|value| text(&value)).filter(|text| !text.is_empty());
                let value = value.ok_or_else(|| format!("{operation} needs {member}"))?;
                address.extend(utf8_percent_encode(&value, ENCODED));
            }
        }
    }
    let mut separator = '?';
    for (key, member) in route.keys() {
        let values = match members.remove(member) {
            None => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
        };
        for value in values {
            address.push(separator);
            address.extend([key, "="]);
            address.extend(utf8_percent_encode(&text(&value), ENCODED));
            separator = '&';
        }
    }
    let has_body = !["GET", "DELETE"].contains(&route.method);
    if let (false, Some(member)) = (has_body, members.keys().next()) {
        return Err(format!("{operation} has no place for {member}"));
    }
    Ok(Routed { method: route.method, address, body: has_body.then(|| members.into()) })
}

/// Returns the operation that a method and an address ask for, with the members that stand in the address.
pub(super) fn found(routes: Routes, method: &str, uri: &str) -> Option<(&'static str, Map<String, Value>)> {
    let address = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let matching = routes.iter().map(Route::of).filter(|route| route.method == method);
    // An endpoint may have a path of its own before that of the operation.
    let matching = matching.filter_map(|route| Some((route, within(route, path)?)));
    let (route, mut members) = matching.max_by_key(|(route, _)| route.parts().count())?;
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    for (key, member) in route.keys() {
        if let Some((_, value)) = given.iter().find(|(given, _)| given == key) {
            members.insert(member.to_owned(), value.as_ref().into());
        }
    }
    Some((route.operation, members))
}

/// The members in a path, if it ends as that of the route.
fn within(route: Route, path: &str) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    let mut given = path.split('/').rev();
    for part in route.parts().rev() {
        let given = given.next()?;
        match member(part) {
            Some(member) => {
                let value = percent_decode_str(given).decode_utf8_lossy().into_owned();
                members.insert(member.to_owned(), value.into());
            }
            None if part == given => {}
            None => return None,
        }
    }
    // Before it stands the host.
    given.next().map(|_| members)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROUTES: Routes = &[
        ("ListThings", "GET /v1/things?Group={GroupName}&MaxItems={MaxItems}&Marker={Marker}"),
        ("GetThing", "GET /v1/things/{Name}?group={GroupName}"),
        ("GetPolicy", "GET /v1/things/{Name}/policy"),
        ("PutThing", "PUT /v1/things/{Name}"),
        ("UntagThing", "DELETE /tags/{Arn}?TagKeys={TagKeys}"),
    ];

    #[test]
    fn members_go_where_the_route_has_them_and_are_found_there_again() {
        let arn = "arn:aws:x:eu-west-1:123456789012:thing/ü b";
        let encoded = "arn%3Aaws%3Ax%3Aeu-west-1%3A123456789012%3Athing%2F%C3%BC%20b";
        for (operation, document, method, address, body) in [
            ("ListThings", json!({}), "GET", "/v1/things".to_owned(), None),
            (
                "ListThings",
                json!({"GroupName": "a+b&c", "MaxItems": 5, "Marker": null}),
                "GET",
                "/v1/things?Group=a%2Bb%26c&MaxItems=5".to_owned(),
                None,
            ),
            ("GetThing", json!({"Name": "a.b-c_d~"}), "GET", "/v1/things/a.b-c_d~".to_owned(), None),
            ("GetPolicy", json!({"Name": "a"}), "GET", "/v1/things/a/policy".to_owned(), None),
            ("PutThing", json!({"Name": "a"}), "PUT", "/v1/things/a".to_owned(), Some(json!({}))),
            (
                "PutThing",
                json!({"Name": "a", "GroupName": "g"}),
                "PUT",
                "/v1/things/a".to_owned(),
                Some(json!({"GroupName": "g"})),
            ),
            (
                "UntagThing",
                json!({"Arn": arn, "TagKeys": ["a", "b"]}),
                "DELETE",
                format!("/tags/{encoded}?TagKeys=a&TagKeys=b"),
                None,
            ),
        ] {
            let routed = request(ROUTES, operation, &document).unwrap();
            assert_eq!((routed.method, &routed.address, routed.body.clone()), (method, &address, body), "{operation}");
            for host in ["https://things.eu-west-1.amazonaws.com", "http://localhost:1/things", "http://localhost/v1"] {
                let (found, members) = found(ROUTES, method, &format!("{host}{address}")).unwrap();
                assert_eq!(found, operation, "{host}{address}");
                for (member, value) in members.iter().filter(|(member, _)| *member != "TagKeys") {
                    assert_eq!(*value, text(&document[member]), "{operation} {member}");
                }
            }
        }
        for (method, address) in [("GET", "/other"), ("POST", "/v1/things"), ("GET", "/v1/things/a/b")] {
            assert_eq!(found(ROUTES, method, &format!("https://a.example{address}")), None, "{method} {address}");
        }
    }

    #[test]
    fn what_a_route_has_no_place_for_is_not_sent() {
        for (operation, document, words) in [
            ("DropThing", json!({}), "DropThing has no route"),
            ("GetThing", json!({}), "GetThing needs Name"),
            ("GetThing", json!({"Name": ""}), "GetThing needs Name"),
            ("GetThing", json!({"Name": "a", "Size": 1}), "GetThing has no place for Size"),
        ] {
            assert_eq!(request(ROUTES, operation, &document).unwrap_err(), words);
        }
    }
}
