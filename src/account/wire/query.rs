//! The query protocol's requests: flat form parameters become nested JSON.

use serde_json::{Map, Value};

/// `Filter.1.Name=a&Filter.1.Value.1=b` becomes `{"Filter":[{"Name":"a","Value":["b"]}]}`. The level that the protocol
/// calls `member` vanishes, numbered levels become arrays in the order of their numbers, and every scalar is a string.
pub(crate) fn parse(body: &[u8]) -> Value {
    let mut root = Node::default();
    for (key, value) in form_urlencoded::parse(body) {
        let mut node = &mut root;
        for part in key.split('.').filter(|part| *part != "member") {
            node = node.child(part);
        }
        node.text = Some(value.into_owned());
    }
    root.into_value()
}

#[derive(Default)]
struct Node {
    text: Option<String>,
    children: Vec<(String, Node)>,
}

impl Node {
    fn child(&mut self, name: &str) -> &mut Node {
        let at = self.children.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.children.push((name.to_owned(), Node::default()));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    fn into_value(mut self) -> Value {
        if self.children.is_empty() {
            // An empty list is sent as `Names=`; as a string it reads as the empty string.
            return Value::String(self.text.unwrap_or_default());
        }
        if self.children.iter().all(|(name, _)| name.parse::<u32>().is_ok()) {
            self.children.sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or_default());
            return Value::Array(self.children.into_iter().map(|(_, node)| node.into_value()).collect());
        }
        let members: Map<String, Value> =
            self.children.into_iter().map(|(name, node)| (name, node.into_value())).collect();
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn flat_parameters_become_nested_json() {
        let cases = [
            ("Filter.1.Name=a&Filter.1.Value.1=b", json!({"Filter": [{"Name": "a", "Value": ["b"]}]})),
            ("Names.member.1=x&Names.member.2=y", json!({"Names": ["x", "y"]})),
            ("Action=A&X.member.2.K=2&X.member.1.K=1", json!({"Action": "A", "X": [{"K": "1"}, {"K": "2"}]})),
            ("Text=a%20b%2Bc+d", json!({"Text": "a b+c d"})),
            ("Attributes=", json!({"Attributes": ""})),
        ];
        for (body, expected) in cases {
            assert_eq!(parse(body.as_bytes()), expected, "{body}");
        }
    }
}
