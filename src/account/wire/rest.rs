//! REST-JSON: an operation has a method and an address of its own, and some of its members stand there.

use serde_json::{Map, Value};

use super::Request;

/// An operation's name, method and path, and the keys of its query with their members; the name of a list's member ends
/// in `[]`.
pub(crate) type Route = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The routes of a service.
pub(crate) type Routes = &'static [Route];

/// The name of the operation that a request asks for; what it asks for if there is none.
pub(crate) fn operation(routes: Routes, request: &Request) -> String {
    let named = found(routes, request).map(|((operation, ..), _)| (*operation).to_owned());
    named.unwrap_or_else(|| format!("{} {}", request.method, request.path))
}

/// The input of a request whose body is `body`.
pub(crate) fn input(routes: Routes, request: &Request, body: Value) -> Value {
    let Some((route, in_path)) = found(routes, request) else { return body };
    let mut members = match body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.extend(in_path);
    for (key, member) in route.3 {
        let mut values = request.query.iter().filter(|(given, _)| given == key).map(|(_, value)| value.as_str());
        match member.strip_suffix("[]") {
            Some(list) => drop(members.insert(list.to_owned(), values.collect())),
            None => values.next().map_or((), |value| drop(members.insert((*member).to_owned(), value.into()))),
        }
    }
    members.into()
}

/// The route of a request, and the members in its path: the longest one, because a name may hold slashes.
fn found(routes: Routes, request: &Request) -> Option<(&'static Route, Map<String, Value>)> {
    let of_method = routes.iter().filter(|(_, method, ..)| *method == request.method);
    let matching = of_method.filter_map(|route| Some((route, within(route.2, &request.path)?)));
    matching.max_by_key(|(route, _)| route.2.split('/').count())
}

/// The members in a path, if it is one of this form. The last one takes the rest.
fn within(form: &str, path: &str) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    let mut rest = Some(path);
    let mut parts = form.split('/').peekable();
    while let Some(part) = parts.next() {
        let whole = rest?;
        let is_last = parts.peek().is_none();
        let member = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let (given, after) = match whole.split_once('/').filter(|_| !(is_last && member.is_some())) {
            Some((given, after)) => (given, Some(after)),
            None => (whole, None),
        };
        match member {
            Some(member) if !given.is_empty() => drop(members.insert(member.to_owned(), given.into())),
            None if part == given => {}
            _ => return None,
        }
        rest = after;
    }
    rest.is_none().then_some(members)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    const ROUTES: Routes = &[
        ("ListThings", "GET", "/things", &[("Group", "GroupName"), ("NextToken", "NextToken")]),
        ("GetThing", "GET", "/things/{Name}", &[]),
        ("GetPolicy", "GET", "/things/{Name}/policy", &[]),
        ("PutThing", "PUT", "/things/{Name}", &[]),
        ("UntagThing", "DELETE", "/tags/{Arn}", &[("TagKeys", "Keys[]")]),
    ];

    #[test]
    fn a_request_is_the_operation_at_its_address_with_the_members_there() {
        for (method, path, query, body, operation_name, members) in [
            ("GET", "/things", vec![], json!({}), "ListThings", json!({})),
            ("GET", "/things", vec![("Group", "g"), ("x", "y")], json!({}), "ListThings", json!({"GroupName": "g"})),
            ("GET", "/things/a", vec![], json!({}), "GetThing", json!({"Name": "a"})),
            ("GET", "/things/a/policy", vec![], json!({}), "GetPolicy", json!({"Name": "a"})),
            ("PUT", "/things/a", vec![], json!({"Size": 1}), "PutThing", json!({"Name": "a", "Size": 1})),
            (
                "DELETE",
                "/tags/arn:aws:x:thing/a",
                vec![("TagKeys", "k"), ("TagKeys", "l")],
                json!({}),
                "UntagThing",
                json!({"Arn": "arn:aws:x:thing/a", "Keys": ["k", "l"]}),
            ),
            ("POST", "/things", vec![], json!({}), "POST /things", json!({})),
            ("GET", "/things/", vec![], json!({}), "GET /things/", json!({})),
        ] {
            let query = query.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let (method, path) = (method.to_owned(), path.to_owned());
            let request = Request { method, path, query, headers: BTreeMap::new(), body: Vec::new() };
            assert_eq!(operation(ROUTES, &request), operation_name);
            assert_eq!(input(ROUTES, &request, body), members, "{operation_name}");
        }
    }
}
