//! AWS's query protocol: a form goes out, XML comes back.
//!
//! All values are texts there: `heard` of a declared kind makes numbers of those that are numbers.

use aws_smithy_types::error::metadata::Builder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// The characters that a form encodes: all but the unreserved ones of RFC 3986, as the SDK's crates do.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A dialect of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// That of most services: a list has a level of its own, called `member`.
    Query,
    /// Amazon EC2's: entries of a list are numbered below its name, and called `item` in answers.
    Ec2,
}

/// The member of calls that is a map if it is an object: entries with a key and a value.
const MAP: &str = "Attributes";

/// The form of a call: entries of lists are `<list>.member.<number>`, and an empty list is there by its name alone.
pub(super) fn form(dialect: Dialect, version: &str, operation: &str, document: &Value) -> String {
    let mut form = format!("Action={operation}&Version={version}");
    for (member, value) in document.as_object().into_iter().flatten() {
        write(&mut form, dialect, member, value);
    }
    form
}

fn write(form: &mut String, dialect: Dialect, path: &str, value: &Value) {
    let level = if dialect == Dialect::Query { ".member" } else { "" };
    let text = match value {
        Value::Null => return,
        Value::Object(entries) if dialect == Dialect::Query && path == MAP => {
            return entries.iter().zip(1..).for_each(|((key, value), number)| {
                let entry = format!("{path}.entry.{number}");
                write(form, dialect, &format!("{entry}.key"), &key.as_str().into());
                write(form, dialect, &format!("{entry}.value"), value);
            });
        }
        Value::Object(members) => {
            return members.iter().for_each(|(member, value)| write(form, dialect, &format!("{path}.{member}"), value));
        }
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().zip(1..);
            return items.for_each(|(item, number)| write(form, dialect, &format!("{path}{level}.{number}"), item));
        }
        Value::Array(_) if dialect == Dialect::Ec2 => return,
        Value::Array(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    form.extend(["&", path, "="]);
    form.extend(utf8_percent_encode(&text, ENCODED));
}

/// The members of an operation's result. XML of another sort, as a proxy's page, is no answer: it would pass for an empty
/// one.
pub(super) fn members(dialect: Dialect, operation: &str, body: &str) -> Result<Map<String, Value>, String> {
    let document = Document::parse(body).map_err(|error| error.to_string())?;
    let root = Some(document.root_element()).filter(|root| root.tag_name().name() == format!("{operation}Response"));
    let part = if dialect == Dialect::Ec2 { "Response" } else { "Result" };
    let mut parts = root.into_iter().flat_map(|root| root.descendants());
    let result = parts.find(|found| found.tag_name().name() == format!("{operation}{part}"));
    // An operation that answers nothing may leave the result out.
    let is_done = root.is_some_and(|root| root.children().any(|part| part.tag_name().name() == "ResponseMetadata"));
    let nothing = || is_done.then(|| Value::Object(Map::new()));
    match result.map(value).or_else(nothing).ok_or_else(|| format!("it holds no {operation}{part}"))? {
        Value::Object(mut members) => {
            if dialect == Dialect::Ec2 {
                // What stands beside the result elsewhere.
                members.retain(|member, _| !["requestId", "return"].contains(&member.as_str()));
            }
            Ok(members)
        }
        _ => Ok(Map::new()),
    }
}

fn value(node: Node<'_, '_>) -> Value {
    let parts = || node.children().filter(Node::is_element);
    match parts().next() {
        // Lines between the tags of an empty list are no text.
        None => node.text().filter(|text| !text.contains('\n') || !text.trim().is_empty()).unwrap_or_default().into(),
        Some(first) if ["member", "item"].contains(&first.tag_name().name()) => parts().map(value).collect(),
        Some(first) if first.tag_name().name() == "entry" => parts().filter_map(entry).collect(),
        Some(_) => parts().map(|part| (part.tag_name().name().to_owned(), value(part))).collect(),
    }
}

/// The key and the value of an entry of a map.
fn entry(node: Node<'_, '_>) -> Option<(String, Value)> {
    let part = |name: &str| node.children().find(|part| part.tag_name().name() == name);
    Some((part("key")?.text().unwrap_or_default().to_owned(), value(part("value")?)))
}

/// Reads code and message of an error, if the body holds one.
pub(super) fn refusal(body: &str, mut error: Builder) -> Builder {
    let document = Document::parse(body).ok();
    let mut parts = document.iter().flat_map(|document| document.descendants());
    let Some(refusal) = parts.find(|part| part.tag_name().name() == "Error") else { return error };
    let text = |name: &str| refusal.children().find(|part| part.tag_name().name() == name)?.text();
    if let Some(code) = text("Code") {
        error = error.code(code);
    }
    if let Some(message) = text("Message") {
        error = error.message(message);
    }
    error
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use serde_json::json;

    use super::super::tests::{Answer, Line, shape};
    use crate::cloud::connect::identity;
    use crate::cloud::{CloudError, ELASTIC_LOAD_BALANCING};

    #[tokio::test]
    async fn a_form_leaves_as_the_sdk_crate_would_send_it() {
        use aws_sdk_elasticloadbalancingv2::types::{Matcher, Tag};
        const MADE: &str = "<CreateTargetGroupResponse xmlns='http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'>
            <CreateTargetGroupResult><TargetGroups><member><Port>80</Port><LoadBalancerArns>
            </LoadBalancerArns><Matcher><HttpCode>200 &amp; more</HttpCode></Matcher></member></TargetGroups>
            </CreateTargetGroupResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></CreateTargetGroupResponse>";
        const SET: &str = "<SetSecurityGroupsResponse><SetSecurityGroupsResult/></SetSecurityGroupsResponse>";
        let line = Line::new(&[Answer::Status(200, MADE), Answer::Status(200, MADE), Answer::Status(200, SET)]);
        let cloud = line.cloud("eu-west-1").await;
        identity(&cloud).await.unwrap();
        let value = "a b/\u{fc}+~*&=";
        let call = cloud.elbv2.create_target_group().name("web").port(80).set_tags(Some(Vec::new()));
        let call = call.matcher(Matcher::builder().http_code(value).build());
        call.tags(Tag::builder().key("labform:lab").value(value).build()).send().await.unwrap();
        let document = json!({"Name": "web", "Port": 80, "Matcher": {"HttpCode": value},
            "Tags": [{"Key": "labform:lab", "Value": value}]});
        let answer = cloud.call(&ELASTIC_LOAD_BALANCING, "CreateTargetGroup", document).await.unwrap();
        let group = json!({"Port": "80", "LoadBalancerArns": "", "Matcher": {"HttpCode": "200 & more"}});
        assert_eq!(answer, json!({"TargetGroups": [group]}));
        let call = cloud.elbv2.set_security_groups().load_balancer_arn("a").set_security_groups(Some(Vec::new()));
        call.send().await.unwrap();
        let none = json!({"LoadBalancerArn": "a", "SecurityGroups": []});
        cloud.call(&ELASTIC_LOAD_BALANCING, "SetSecurityGroups", none).await.unwrap();
        // The order of a form's fields means nothing.
        let sorted = |request: &HttpRequest| {
            let (method, uri, headers, body) = shape(request);
            (method, uri, headers, body.split('&').map(str::to_owned).collect::<BTreeSet<_>>())
        };
        let sent = line.sent();
        assert_eq!(sent.len(), 4);
        for pair in sent.chunks(2) {
            assert_eq!(sorted(&pair[1]), sorted(&pair[0]));
        }
    }

    #[test]
    fn a_map_is_entries_on_the_way_out_and_back() {
        use super::{Dialect, form, members};
        let document = json!({"Name": "a", "Attributes": {"DisplayName": "b c", "Policy": "{}"}});
        let sent = "Action=CreateTopic&Version=1&Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=b%20c\
                    &Attributes.entry.2.key=Policy&Attributes.entry.2.value=%7B%7D&Name=a";
        assert_eq!(form(Dialect::Query, "1", "CreateTopic", &document), sent);
        let body = "<GetResponse><GetResult><Attributes><entry><key>A</key><value>1</value></entry><entry>
            <key>B</key><value/></entry></Attributes></GetResult></GetResponse>";
        let read = members(Dialect::Query, "Get", body).unwrap();
        assert_eq!(json!(read), json!({"Attributes": {"A": "1", "B": ""}}));
    }

    #[test]
    fn an_operation_may_answer_that_it_is_done_and_nothing_else() {
        use super::{Dialect, members};
        let done = "<SetResponse><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></SetResponse>";
        assert_eq!(members(Dialect::Query, "Set", done), Ok(serde_json::Map::new()));
        assert!(members(Dialect::Query, "Other", done).is_err());
        assert!(members(Dialect::Query, "Set", "<SetResponse/>").is_err());
    }

    #[tokio::test]
    async fn an_error_in_xml_says_what_it_says_in_the_sdk_crate() {
        use Answer::Status;
        const GONE: &str =
            "<ErrorResponse><Error><Type>Sender</Type><Code>LoadBalancerNotFound</Code><Message>none</Message>
            </Error><RequestId>1</RequestId></ErrorResponse>";
        const SLOWLY: &str =
            "<ErrorResponse><Error><Code>Throttling</Code><Message>slowly</Message></Error></ErrorResponse>";
        for (script, attempts, code) in [
            (&[Status(400, GONE)] as &[Answer], 1, "LoadBalancerNotFound"),
            (&[Status(400, SLOWLY), Status(400, GONE)], 2, "LoadBalancerNotFound"),
            (&[Status(200, "<html>")], 1, ""),
            (&[Status(200, "<html><body>a proxy's page</body></html>")], 1, ""),
            (&[Status(200, "<DescribeListenersResponse/>")], 1, ""),
            (&[Status(403, "no XML")], 1, "403"),
        ] {
            let line = Line::new(script);
            let cloud = line.cloud(&format!("xx-xml-{attempts}-{code}")).await;
            identity(&cloud).await.unwrap();
            let asked = json!({"LoadBalancerArn": "a"});
            let error = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeListeners", asked).await.unwrap_err();
            let sent = line.sent().len();
            let theirs = line.cloud(&format!("xx-crate-{attempts}-{code}")).await;
            identity(&theirs).await.unwrap();
            let crates =
                theirs.elbv2.describe_listeners().load_balancer_arn("a").send().await.map_err(CloudError::from);
            let crates = crates.unwrap_err();
            assert_eq!((error.code(), sent, line.sent().len()), (code, attempts, attempts), "{error}");
            assert_eq!((crates.code(), crates.kind()), (error.code(), error.kind()), "{crates}");
            assert!(code.is_empty() || crates.message() == error.message(), "{crates}");
        }
    }
}
