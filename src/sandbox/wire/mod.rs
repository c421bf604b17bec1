//! The protocols: from an HTTP request to a service, an operation and a JSON value, and back. It knows how AWS writes
//! requests, answers and errors; what they mean is the services' affair.

mod query;
mod xml;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::account::{Account, dashed, hash};
use super::{ec2, ecr, ecs, elbv2, iam, logs, s3, sts, tagging};

/// What a handler gives back. For the query services the keys are the names of the XML elements.
pub(super) type Answer = Result<Value, Fault>;

/// An HTTP request, unpacked.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Percent-decoded. For S3 it always starts with `/<bucket>`.
    pub(super) path: String,
    /// Decoded, in the order of the request.
    pub(super) query: Vec<(String, String)>,
    /// By lower-case name.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// An HTTP response, still to be packed.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// An error that a service answers with.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// Further members of the error's shape; only the JSON protocol has them.
    pub(super) fields: Map<String, Value>,
}

impl Fault {
    /// The caller's mistake: status 400.
    pub(super) fn client(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into(), fields: Map::new() }
    }

    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// The services' answer to an operation that this account does not model, as AWS answers one that does not exist.
pub(super) fn unknown(service: &str, operation: &str) -> Fault {
    match Protocol::of(service) {
        Some(Protocol::Query | Protocol::Ec2) => Fault::client(
            "InvalidAction",
            format!("The action {operation} is not valid for this web service. ({service} of the sandbox)"),
        ),
        _ => Fault::client(
            "UnknownOperationException",
            format!("The operation {operation} is not known to {service} of the sandbox."),
        ),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Json,
    Query,
    Ec2,
    S3,
}

impl Protocol {
    fn of(service: &str) -> Option<Self> {
        Some(match service {
            "ecs" | "ecr" | "logs" | "tagging" => Self::Json,
            "elasticloadbalancing" | "iam" | "sts" => Self::Query,
            "ec2" => Self::Ec2,
            "s3" => Self::S3,
            _ => return None,
        })
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) region: String,
    /// The service that the request is signed for, such as `ecs`.
    pub(super) service: String,
    /// The operation's name in the API reference, such as `ListServices`.
    pub(super) operation: String,
}

/// Answers one request.
pub(super) fn answer(account: &mut Account, call: &Call, request: &Request) -> Reply {
    let Call { region, service, operation } = call;
    let Some(protocol) = Protocol::of(service) else {
        let fault = Fault::client("UnknownServiceException", format!("the sandbox has no service {service:?}"));
        return json_reply(Err(fault));
    };
    // IAM signs for us-east-1 wherever the user works: no reason to give that region a VPC.
    if service == "iam" {
        region.clone_into(&mut account.region);
    } else {
        account.enter(region);
    }
    match protocol {
        Protocol::S3 => stamped(s3::handle_http(account, operation, &request.in_path_style()), "x-amz-request-id"),
        Protocol::Json => json_reply(json_call(account, call, request)),
        Protocol::Query | Protocol::Ec2 => {
            let input = query::parse(&request.body);
            let answer = handle(account, service, operation, &input);
            xml_reply(protocol, operation, answer)
        }
    }
}

fn json_call(account: &mut Account, call: &Call, request: &Request) -> Answer {
    let input = if request.body.is_empty() {
        Value::Object(Map::new())
    } else {
        serde_json::from_slice(&request.body)
            .map_err(|error| Fault::client("SerializationException", error.to_string()))?
    };
    handle(account, &call.service, &call.operation, &input)
}

fn handle(account: &mut Account, service: &str, operation: &str, input: &Value) -> Answer {
    account.permit(service, operation)?;
    match service {
        "ec2" => ec2::handle(account, operation, input),
        "ecr" => ecr::handle(account, operation, input),
        "ecs" => ecs::handle(account, operation, input),
        "elasticloadbalancing" => elbv2::handle(account, operation, input),
        "iam" => iam::handle(account, operation, input),
        "logs" => logs::handle(account, operation, input),
        "sts" => sts::handle(account, operation, input),
        "tagging" => tagging::handle(account, operation, input),
        other => Err(unknown(other, operation)),
    }
}

/// Region and service, from the signature's credential scope: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn scope(request: &Request) -> (String, String) {
    let header = request.headers.get("authorization").map_or("", String::as_str);
    let credential = header.split_once("Credential=").map_or("", |(_, rest)| rest);
    let mut parts = credential.split([',', ' ']).next().unwrap_or_default().split('/').skip(2);
    let region = parts.next().unwrap_or_default().to_owned();
    let service = parts.next().unwrap_or_default().to_owned();
    (region, service)
}

fn json_reply(answer: Answer) -> Reply {
    let mut headers = vec![("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())];
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(fault) => {
            headers.push(("x-amzn-errortype".to_owned(), fault.code.clone()));
            let mut body = fault.fields;
            body.insert("__type".to_owned(), fault.code.into());
            body.insert("message".to_owned(), fault.message.into());
            (fault.status, Value::Object(body))
        }
    };
    stamped(Reply { status, headers, body: body.to_string().into_bytes() }, "x-amzn-requestid")
}

fn xml_reply(protocol: Protocol, operation: &str, answer: Answer) -> Reply {
    let id = request_id();
    let (status, body) = match (protocol, answer) {
        (Protocol::Ec2, Ok(value)) => (200, xml::ec2_answer(operation, &value, &id)),
        (Protocol::Ec2, Err(fault)) => (fault.status, xml::ec2_fault(&fault, &id)),
        (_, Ok(value)) => (200, xml::answer(operation, &value, &id)),
        (_, Err(fault)) => (fault.status, xml::fault(&fault, &id)),
    };
    let headers =
        vec![("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned()), ("x-amzn-requestid".to_owned(), id)];
    Reply { status, headers, body: body.into_bytes() }
}

fn stamped(mut reply: Reply, header: &str) -> Reply {
    reply.headers.push((header.to_owned(), request_id()));
    reply
}

/// Request ids are not part of the account: a call that only reads must not change its file.
fn request_id() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    dashed(&hash(&format!("request {} {call}", std::process::id())))
}

impl Request {
    /// Takes the SDK's request apart.
    pub(super) async fn read(mut request: HttpRequest) -> Result<Self, ConnectorError> {
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
        Ok(Self {
            method: request.method().to_owned(),
            path: percent_decode_str(uri.path()).decode_utf8_lossy().into_owned(),
            query,
            headers,
            body,
        })
    }

    /// What the request asks for, as far as it says: an unsigned one is for no service.
    pub(super) fn call(&self) -> Call {
        let (region, service) = scope(self);
        let operation = match Protocol::of(&service) {
            Some(Protocol::S3) => s3::operation(&self.in_path_style()),
            Some(Protocol::Query | Protocol::Ec2) => form_urlencoded::parse(&self.body)
                .find(|(key, _)| key == "Action")
                .map(|(_, action)| action.into_owned())
                .unwrap_or_default(),
            Some(Protocol::Json) | None => {
                let target = self.headers.get("x-amz-target").map_or("", String::as_str);
                target.rsplit('.').next().unwrap_or_default().to_owned()
            }
        };
        Call { region, service, operation }
    }

    /// The same request with its bucket in the path, where it was in the host name.
    fn in_path_style(&self) -> Self {
        let host = self.headers.get("host").map_or("", String::as_str);
        let bucket = host.split_once(".s3.").or_else(|| host.split_once(".s3-")).map(|(bucket, _)| bucket);
        let path = bucket.map_or_else(|| self.path.clone(), |bucket| format!("/{bucket}{}", self.path));
        Self {
            method: self.method.clone(),
            path,
            query: self.query.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }
}

impl Reply {
    /// Packs the reply for the SDK.
    pub(super) fn into_http(self) -> Result<HttpResponse, ConnectorError> {
        let status = StatusCode::try_from(self.status).map_err(|error| ConnectorError::user(error.into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}
