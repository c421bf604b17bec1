//! The protocols: from an HTTP request to a service, an operation and a JSON value, and back. The forms of AWS's
//! requests, answers and errors are known here; their meaning is the services' affair.

pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod rest;
mod xml;

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The answer of a handler. For the query services the keys are the names of the XML elements.
pub(crate) type Answer = Result<Value, Fault>;

/// An HTTP request, unpacked.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, percent-decoded. For S3 it starts with `/<bucket>`, also if that was in the host's name.
    pub(crate) path: String,
    /// The query's parameters, decoded, in the order of the request.
    pub(crate) query: Vec<(String, String)>,
    /// The headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An HTTP response, still to be packed.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// An error that a service answers with.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Further members of the error's shape; only the JSON protocol and S3 have them.
    pub(crate) fields: Map<String, Value>,
    /// Headers of the answer; only S3 has them.
    pub(crate) headers: Vec<(String, String)>,
}

impl Fault {
    /// A fault for the caller's mistake: status 400.
    pub(crate) fn client(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into(), fields: Map::new(), headers: Vec::new() }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The fault with a header.
    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The fault with a further member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

/// The fault of an input that can't be, in the words of most services that speak JSON.
pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterException", message)
}

/// The answer of a service that speaks JSON to an operation that this account does not model, as AWS answers one that
/// does not exist.
pub(crate) fn unknown(service: &str, operation: &str) -> Fault {
    let message = format!("The operation {operation} is not known to {service} of the sandbox.");
    Fault::client("UnknownOperationException", message)
}

/// The answer of a service that speaks XML to such an operation.
pub(crate) fn unknown_action(service: &str, operation: &str) -> Fault {
    let message = format!("The action {operation} is not valid for this web service. ({service} of the sandbox)");
    Fault::client("InvalidAction", message)
}

/// The call that a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) region: String,
    /// The service that the request is signed for, such as `ecs`.
    pub(crate) service: String,
    /// The operation's name in the API reference, such as `ListServices`.
    pub(crate) operation: String,
}

impl Request {
    /// Takes the SDK's request apart.
    pub(crate) async fn read(mut request: HttpRequest) -> Result<Self, ConnectorError> {
        let body = ByteStream::new(request.take_body())
            .collect()
            .await
            .map_err(|error| ConnectorError::user(error.into()))?
            .to_vec();
        let uri: http::Uri =
            request.uri().parse().map_err(|error: http::uri::InvalidUri| ConnectorError::user(error.into()))?;
        let mut headers = BTreeMap::new();
        if let Some(host) = uri.host() {
            headers.insert("host".to_owned(), host.to_owned());
        }
        for (name, value) in request.headers() {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let mut path = percent_decode_str(uri.path()).decode_utf8_lossy().into_owned();
        let host = headers.get("host").map_or("", String::as_str);
        if let Some((bucket, _)) = host.split_once(".s3.").or_else(|| host.split_once(".s3-")) {
            path = format!("/{bucket}{path}");
        }
        Ok(Self { method: request.method().to_owned(), path, query, headers, body })
    }

    /// The region and the service in the signature's scope.
    pub(crate) fn scope(&self) -> (String, String) {
        let mut parts = self.credential().split('/').skip(2);
        let region = parts.next().unwrap_or_default().to_owned();
        let service = parts.next().unwrap_or_default().to_owned();
        (region, service)
    }

    /// The access key that the request is signed with.
    pub(crate) fn key(&self) -> &str {
        self.credential().split('/').next().unwrap_or_default()
    }

    /// The signature's `KEY/DATE/REGION/SERVICE/aws4_request`. It is in a header, or in the address if that was signed,
    /// which only S3 takes.
    fn credential(&self) -> &str {
        let header = self.headers.get("authorization").map_or("", String::as_str);
        let in_address = self.query.iter().find(|(name, value)| name == "X-Amz-Credential" && value.contains("/s3/"));
        let credential = match header.split_once("Credential=") {
            Some((_, rest)) => rest,
            None => in_address.map_or("", |(_, credential)| credential),
        };
        credential.split([',', ' ']).next().unwrap_or_default()
    }

    /// The operation that a form asks for.
    pub(crate) fn action(&self) -> String {
        let mut fields = form_urlencoded::parse(&self.body);
        fields.find(|(key, _)| key == "Action").map(|(_, action)| action.into_owned()).unwrap_or_default()
    }

    /// Returns whether the request is a form, as the query services take it.
    pub(crate) fn is_form(&self) -> bool {
        let kind = self.headers.get("content-type").map_or("", String::as_str);
        kind.starts_with("application/x-www-form-urlencoded")
    }

    /// The operation that a call in JSON asks for.
    pub(crate) fn target(&self) -> String {
        let target = self.headers.get("x-amz-target").map_or("", String::as_str);
        target.rsplit('.').next().unwrap_or_default().to_owned()
    }
}

impl Reply {
    /// A reply without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The reply with a further header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Packs the reply for the SDK.
    pub(crate) fn into_http(self) -> Result<HttpResponse, ConnectorError> {
        let status = StatusCode::try_from(self.status).map_err(|error| ConnectorError::user(error.into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}
