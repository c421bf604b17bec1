//! Calls over HTTP without any SDK, so that an answer is seen as it is on the wire.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value, json};

use labform_account::Sandbox;

/// The services that speak XML, and not JSON.
const QUERY: [&str; 4] = ["ec2", "elasticloadbalancing", "iam", "sts"];

/// A refusal: its code and its message.
pub(crate) type Refusal = (String, String);

/// Calls an operation, as in `ecs:ListClusters`, and returns the answer; XML as JSON with everything a text.
pub(crate) async fn call(sandbox: &Sandbox, operation: &str, input: &Value) -> Result<Value, Refusal> {
    let (service, operation) = operation.split_once(':').expect("a call names its service");
    if service == "s3" {
        return rest(sandbox, input).await;
    }
    let is_query = QUERY.contains(&service);
    let body = if is_query { form(operation, input) } else { input.to_string() };
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST").unwrap();
    request.set_uri(format!("https://{service}.eu-west-1.amazonaws.com/")).unwrap();
    request.headers_mut().insert("authorization", scope(service));
    request.headers_mut().insert("x-amz-target", format!("Target.{operation}"));
    let response = sandbox.answer(request).await.unwrap();
    let is_good = response.status().as_u16() == 200;
    let text = ByteStream::new(response.into_body()).collect().await.unwrap().to_vec();
    let text = String::from_utf8(text).unwrap();
    let answer = if is_query { from_xml(&text) } else { serde_json::from_str(&text).unwrap() };
    if is_good {
        let result = answer.get(format!("{operation}Result")).cloned();
        return Ok(result.unwrap_or(answer));
    }
    let error = [&answer["Error"], &answer["Errors"]["Error"]].into_iter().find(|error| error.is_object());
    let error = error.unwrap_or(&answer);
    let text = |keys: [&str; 2]| keys.iter().find_map(|key| error[*key].as_str()).unwrap_or_default().to_owned();
    Err((text(["__type", "Code"]), text(["message", "Message"])))
}

/// Asks S3 for what `method`, `path`, `headers` and `body` say. The answer has `headers` and a `body`.
async fn rest(sandbox: &Sandbox, input: &Value) -> Result<Value, Refusal> {
    let text = |key: &str| input[key].as_str().unwrap_or_default().to_owned();
    let mut request = HttpRequest::new(SdkBody::from(text("body")));
    request.set_method(&text("method")).unwrap();
    request.set_uri(format!("https://s3.eu-west-1.amazonaws.com{}", text("path"))).unwrap();
    request.headers_mut().insert("authorization", scope("s3"));
    for (name, value) in input["headers"].as_object().into_iter().flatten() {
        request.headers_mut().insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    let response = sandbox.answer(request).await.unwrap();
    let is_good = response.status().is_success();
    let headers: Map<String, Value> =
        response.headers().iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let bytes = ByteStream::new(response.into_body()).collect().await.unwrap().to_vec();
    let said = String::from_utf8(bytes).unwrap();
    let body = if said.starts_with('<') { from_xml(&said) } else { json!(said) };
    let of_error = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    if is_good { Ok(json!({ "headers": headers, "body": body })) } else { Err((of_error("Code"), of_error("Message"))) }
}

fn scope(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=KEY/20261129/eu-west-1/{service}/aws4_request, Signature=0")
}

/// The form of the query services: members with their places, lists numbered.
fn form(operation: &str, input: &Value) -> String {
    let mut fields = BTreeMap::from([("Action".to_owned(), operation.to_owned())]);
    flatten("", input, &mut fields);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn flatten(place: &str, value: &Value, fields: &mut BTreeMap<String, String>) {
    let below = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| flatten(&below(key), value, fields)),
        Value::Array(items) => {
            (1..).zip(items).for_each(|(number, value)| flatten(&below(&number.to_string()), value, fields));
        }
        Value::Null => {}
        Value::String(text) => drop(fields.insert(place.to_owned(), text.clone())),
        other => drop(fields.insert(place.to_owned(), other.to_string())),
    }
}

fn from_xml(text: &str) -> Value {
    element(roxmltree::Document::parse(text).unwrap().root_element())
}

/// An element's text, the list of its `member`s or `item`s, or its children by name.
fn element(node: roxmltree::Node<'_, '_>) -> Value {
    let children: Vec<_> = node.children().filter(roxmltree::Node::is_element).collect();
    if children.is_empty() {
        return json!(node.text().unwrap_or_default());
    }
    if children.iter().all(|child| ["member", "item"].contains(&child.tag_name().name())) {
        return children.into_iter().map(element).collect();
    }
    // An element that comes again makes a list.
    let mut members = Map::new();
    for child in children {
        let (name, value) = (child.tag_name().name(), element(child));
        match members.get_mut(name) {
            None => drop(members.insert(name.to_owned(), value)),
            Some(Value::Array(many)) => many.push(value),
            Some(one) => *one = json!([one.take(), value]),
        }
    }
    Value::Object(members)
}
