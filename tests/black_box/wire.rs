//! Answers that AWS gives when it refuses a call, each in the protocol and with the code of its service.

use crate::faults::Call;
use crate::loopback::Message;

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many calls.
    Throttled,
    /// The caller lacks the permission.
    Denied,
    /// Something inside AWS broke.
    Internal,
    /// This code with these words, as a client's own fault.
    With(&'static str, &'static str),
}

/// The request id of every refusal.
pub(crate) const REQUEST_ID: &str = "1f3c5a7e-0000-4000-8000-00000000fa17";

/// The answer that refuses a call.
pub(crate) fn refuse(call: &Call, refusal: Refusal) -> Message {
    let (status, code, message) = match refusal {
        Refusal::Throttled => throttled(&call.service),
        Refusal::Denied => denied(&call.service),
        Refusal::Internal => (500, "InternalFailure", "We encountered an internal error."),
        Refusal::With(code, message) => (400, code, message),
    };
    let message = match refusal {
        Refusal::Denied => format!("{message} {}:{}", call.service, call.operation),
        _ => message.to_owned(),
    };
    let (kind, body) = body(&call.service, code, &message);
    let body = match call.operation.starts_with("HEAD ") {
        true => Vec::new(),
        false => body.into_bytes(),
    };
    Message {
        first: format!("HTTP/1.1 {status} -"),
        headers: [
            ("content-type", kind),
            ("content-length", &body.len().to_string()),
            ("x-amzn-requestid", REQUEST_ID),
            ("x-amz-request-id", REQUEST_ID),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec(),
        body,
    }
}

/// Each service has its own code for it (their API references, "Common Errors").
fn throttled(service: &str) -> (u16, &'static str, &'static str) {
    match service {
        "ec2" => (503, "RequestLimitExceeded", "Request limit exceeded."),
        "s3" => (503, "SlowDown", "Please reduce your request rate."),
        "elasticloadbalancing" | "iam" | "sts" => (400, "Throttling", "Rate exceeded"),
        "tagging" => (400, "ThrottledException", "Rate exceeded"),
        _ => (400, "ThrottlingException", "Rate exceeded"),
    }
}

fn denied(service: &str) -> (u16, &'static str, &'static str) {
    let words = "User: arn:aws:iam::123456789012:user/te is not authorized to perform:";
    match service {
        "ec2" => (403, "UnauthorizedOperation", words),
        "s3" | "elasticloadbalancing" | "iam" | "sts" => (403, "AccessDenied", words),
        _ => (400, "AccessDeniedException", words),
    }
}

/// The content type and the body of an error: AWS JSON 1.1, EC2's own XML, S3's, and that of the query protocol.
fn body(service: &str, code: &str, message: &str) -> (&'static str, String) {
    let error = format!("<Code>{code}</Code><Message>{message}</Message>");
    match service {
        "ec2" => (
            "text/xml",
            format!("<Response><Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"),
        ),
        "s3" => ("application/xml", format!("<Error>{error}<RequestId>{REQUEST_ID}</RequestId></Error>")),
        "elasticloadbalancing" | "iam" | "sts" => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
            ),
        ),
        _ => ("application/x-amz-json-1.1", serde_json::json!({ "__type": code, "message": message }).to_string()),
    }
}
