//! The query protocol's answers: JSON becomes XML.

use std::fmt::Write;

use serde_json::Value;

use super::Fault;

/// An answer of Elastic Load Balancing, IAM or STS.
pub(super) fn answer(operation: &str, value: &Value, id: &str) -> String {
    let result = members(value, "member");
    format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
    )
}

/// An answer of EC2.
pub(super) fn ec2_answer(operation: &str, value: &Value, id: &str) -> String {
    let result = members(value, "item");
    format!("<{operation}Response><requestId>{id}</requestId>{result}</{operation}Response>")
}

/// An error of Elastic Load Balancing, IAM or STS.
pub(super) fn fault(fault: &Fault, id: &str) -> String {
    let kind = if fault.status < 500 { "Sender" } else { "Receiver" };
    format!(
        "<ErrorResponse><Error><Type>{kind}</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>",
        escaped(&fault.code),
        escaped(&fault.message)
    )
}

/// An error of EC2.
pub(super) fn ec2_fault(fault: &Fault, id: &str) -> String {
    format!(
        "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>\
         <RequestID>{id}</RequestID></Response>",
        escaped(&fault.code),
        escaped(&fault.message)
    )
}

/// The content of the element of `value`. Nulls are left out, as AWS leaves out what is not set.
fn members(value: &Value, wrapper: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items.iter().map(|item| element(wrapper, item, wrapper)).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| element(name, value, wrapper))
            .collect(),
    }
}

fn element(name: &str, value: &Value, wrapper: &str) -> String {
    if let ("entry", Value::Array(entries)) = (name, value) {
        // Those of a map have no level of their own.
        return entries.iter().map(|entry| element(name, entry, wrapper)).collect();
    }
    format!("<{name}>{}</{name}>", members(value, wrapper))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A parser would turn a bare carriage return into a line feed.
            '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{answer, ec2_answer};

    #[test]
    fn arrays_are_wrapped_and_text_is_escaped() {
        let value = json!({"Names": ["a<b", "c&d"], "Gone": null, "Deep": {"N": 1, "B": true}, "Empty": []});
        assert_eq!(
            answer("Do", &value, "id"),
            "<DoResponse><DoResult><Deep><B>true</B><N>1</N></Deep><Empty></Empty>\
             <Names><member>a&lt;b</member><member>c&amp;d</member></Names></DoResult>\
             <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoResponse>"
        );
        assert_eq!(
            ec2_answer("Do", &json!({"names": ["x"]}), "id"),
            "<DoResponse><requestId>id</requestId><names><item>x</item></names></DoResponse>"
        );
    }
}
