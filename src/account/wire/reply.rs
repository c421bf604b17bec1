//! Answers on their way out: a status, headers and a body.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::{Answer, Fault, Reply, xml};
use crate::ids::{dashed, hash};

/// An answer in JSON.
pub(crate) fn json(answer: Answer) -> Reply {
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

/// An answer in REST-JSON: the code of a fault stands in a header alone.
pub(crate) fn rest(answer: Answer) -> Reply {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(fault) => {
            headers.push(("x-amzn-errortype".to_owned(), fault.code));
            let mut body = fault.fields;
            body.insert("Message".to_owned(), fault.message.into());
            (fault.status, Value::Object(body))
        }
    };
    stamped(Reply { status, headers, body: body.to_string().into_bytes() }, "x-amzn-requestid")
}

/// An answer of Elastic Load Balancing, IAM or STS.
pub(crate) fn query(operation: &str, answer: Answer) -> Reply {
    in_xml(answer, |value, id| xml::answer(operation, value, id), xml::fault)
}

/// An answer of EC2.
pub(crate) fn ec2(operation: &str, answer: Answer) -> Reply {
    in_xml(answer, |value, id| xml::ec2_answer(operation, value, id), xml::ec2_fault)
}

fn in_xml(answer: Answer, good: impl Fn(&Value, &str) -> String, bad: fn(&Fault, &str) -> String) -> Reply {
    let id = request_id();
    let (status, body) = match answer {
        Ok(value) => (200, good(&value, &id)),
        Err(fault) => (fault.status, bad(&fault, &id)),
    };
    let headers =
        vec![("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned()), ("x-amzn-requestid".to_owned(), id)];
    Reply { status, headers, body: body.into_bytes() }
}

/// The reply with an id of its request in `header`.
pub(crate) fn stamped(mut reply: Reply, header: &str) -> Reply {
    reply.headers.push((header.to_owned(), request_id()));
    reply
}

/// A request id, which is not part of the account: a call that only reads must not change its file.
fn request_id() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    dashed(&hash(&format!("request {} {call}", std::process::id())))
}
