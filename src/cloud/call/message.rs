//! The messages of the protocols: from a call's members to an HTTP request, and from a response to the members of an
//! answer, or to AWS's refusal.

use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::request_id::apply_request_id;
use serde_json::{Map, Value};

use super::query::{self, Dialect};
use crate::cloud::route;
use crate::cloud::service::{Api, Protocol};

/// A document whose values may be secret: the SDK's log doesn't show it.
pub(super) struct Unshown(pub(super) Value);

impl fmt::Debug for Unshown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document that isn't shown")
    }
}

/// The request of a call.
pub(super) fn request(api: &Api, operation: &str, document: &Value) -> Result<HttpRequest, BoxError> {
    let mut request = http::Request::builder().method("POST").uri("/");
    let body = match api.protocol {
        Protocol::Query(version) => Some(query::form(Dialect::Query, version, operation, document).into_bytes()),
        Protocol::Ec2(version) => Some(query::form(Dialect::Ec2, version, operation, document).into_bytes()),
        Protocol::Json1_0(target) | Protocol::Json1_1(target) => {
            request = request.header("x-amz-target", format!("{target}.{operation}"));
            Some(serde_json::to_vec(document)?)
        }
        Protocol::RestJson(routes) => {
            let routed = route::request(routes, operation, document)?;
            request = request.method(routed.method).uri(routed.address);
            routed.body.map(|body| serde_json::to_vec(&body)).transpose()?
        }
    };
    let Some(body) = body else { return Ok(request.body(SdkBody::from(""))?.try_into()?) };
    let request = request.header("content-type", api.protocol.content_type()).header("content-length", body.len());
    Ok(request.body(SdkBody::from(body))?.try_into()?)
}

/// The members of an answer. An answer that can't be read counts as AWS's own error and not as a broken connection,
/// which the SDK would repeat: the call was carried out.
pub(super) fn answer(
    api: &Api,
    operation: &str,
    response: &HttpResponse,
) -> Result<Unshown, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(refusal(api, response, body)));
    }
    let xml = |dialect| {
        let members = query::members(dialect, operation, &String::from_utf8_lossy(body));
        members.map_err(|error| format!("it is no XML ({error})"))
    };
    let members = match api.protocol {
        Protocol::Query(_) => xml(Dialect::Query),
        Protocol::Ec2(_) => xml(Dialect::Ec2),
        // An operation that answers nothing may answer without a body.
        _ if body.is_empty() => Ok(Map::new()),
        _ => serde_json::from_slice(body).map_err(|error| format!("it is no JSON ({error})")),
    };
    members.map(|members| Unshown(members.into())).map_err(|words| {
        let message = ErrorMetadata::builder().message(words);
        OrchestratorError::operation(apply_request_id(message, response.headers()).build())
    })
}

/// Reads AWS's words on an error: the code in a header or in the body, without its namespace and its link.
fn refusal(api: &Api, response: &HttpResponse, body: &[u8]) -> ErrorMetadata {
    if let Protocol::Query(_) | Protocol::Ec2(_) = api.protocol {
        let error = query::refusal(&String::from_utf8_lossy(body), ErrorMetadata::builder());
        return apply_request_id(error, response.headers()).build();
    }
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |members: &[&str]| members.iter().find_map(|member| document[*member].as_str());
    let mut error = ErrorMetadata::builder();
    if let Some(code) = response.headers().get("x-amzn-errortype").or_else(|| text(&["code", "__type"])) {
        let code = code.split(':').next().unwrap_or(code);
        error = error.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = text(&["message", "Message", "errorMessage"]) {
        error = error.message(message);
    }
    apply_request_id(error, response.headers()).build()
}
