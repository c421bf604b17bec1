//! Helpers that the tests beside the code share: calls in JSON, without any SDK.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::SERVICES;
use crate::sandbox::Sandbox;
use crate::wire::Request;
use crate::{answer, wire};

/// The status and the text of the answer to a form, as the query services take it.
pub(crate) fn form(sandbox: &Sandbox, service: &str, operation: &str, more: &str) -> (u16, String) {
    let scope = format!("AWS4-HMAC-SHA256 Credential=KEY/20261128/eu-west-1/{service}/aws4_request, …");
    let kind = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    let headers = BTreeMap::from([("authorization".to_owned(), scope), ("content-type".to_owned(), kind)]);
    let body = format!("Action={operation}&{more}").into_bytes();
    let request = Request { method: "POST".to_owned(), path: "/".to_owned(), query: Vec::new(), headers, body };
    let call = answer::call(SERVICES, &request);
    let reply = sandbox.with(|account| answer::answer(account, &call, &request));
    (reply.status, String::from_utf8(reply.body).unwrap())
}

/// The answer of `service` of eu-west-1, or the code of its fault.
pub(crate) fn call(sandbox: &Sandbox, service: &str, operation: &str, input: &Value) -> Result<Value, String> {
    let scope = format!("AWS4-HMAC-SHA256 Credential=KEY/20261128/eu-west-1/{service}/aws4_request, …");
    let target = format!("Target.{operation}");
    let request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: Vec::new(),
        headers: BTreeMap::from([("authorization".to_owned(), scope), ("x-amz-target".to_owned(), target)]),
        body: input.to_string().into_bytes(),
    };
    let call: wire::Call = answer::call(SERVICES, &request);
    let reply = sandbox.with(|account| answer::answer(account, &call, &request));
    let said: Value = serde_json::from_slice(&reply.body).unwrap();
    if reply.status == 200 { Ok(said) } else { Err(said["__type"].as_str().unwrap().to_owned()) }
}
