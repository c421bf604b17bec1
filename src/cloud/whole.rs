//! The check that the answer to a read is whole.
//!
//! The SDK takes the end of a text in XML for the end of a list, and an empty body for an answer without fields, so that
//! half of an answer, or none, would read as "it isn't there".

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// The beginnings of the operations that read, S3's as the seam names them.
const READS: [&str; 5] = ["Describe", "List", "Get", "BatchGet", "GET "];

/// The same answer to `operation`, its body read to the end.
///
/// # Errors
/// If the body breaks off, or says that it is XML and isn't. If `operation` reads, also if there is no
/// body: every such operation of AWS's answers something.
pub(super) async fn whole(operation: &str, mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    // An object may be longer than memory, and the SDK checks it against its length and checksum as it comes.
    let is_object = operation == "GET object";
    if !answer.status().is_success() || operation.starts_with("HEAD ") || is_object {
        return Ok(answer);
    }
    let kind = answer.headers().get("content-type").unwrap_or_default();
    let is_xml = kind.contains("xml");
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    if body.is_empty() && READS.iter().any(|prefix| operation.starts_with(prefix)) {
        return Err(ConnectorError::other("the answer is empty".into(), None));
    }
    if is_xml && !body.is_empty() {
        let text = std::str::from_utf8(&body).map_err(|error| ConnectorError::other(error.into(), None))?;
        roxmltree::Document::parse(text).map_err(|error| ConnectorError::other(error.into(), None))?;
    }
    *answer.body_mut() = SdkBody::from(body);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, body: &'static str) -> HttpResponse {
        let answer = http::Response::builder().header("content-type", kind).body(SdkBody::from(body)).unwrap();
        HttpResponse::try_from(answer).unwrap()
    }

    #[tokio::test]
    async fn half_an_answer_is_an_error() {
        for (operation, kind, body, is_whole) in [
            ("ListRoles", "text/xml;charset=UTF-8", "<a><b>1</b></a>", true),
            ("ListRoles", "text/xml;charset=UTF-8", "<a><b>1</b>", false),
            ("GET tagging", "application/xml", "<a><b>1</", false),
            ("GET tagging", "application/xml", "", false),
            ("PUT tagging", "application/xml", "", true),
            ("HEAD object", "application/xml", "", true),
            ("DescribeClusters", "application/x-amz-json-1.1", "{\"a\":", true),
            ("DescribeClusters", "application/x-amz-json-1.1", "", false),
            ("CreateLogGroup", "application/x-amz-json-1.1", "", true),
        ] {
            let result = whole(operation, answer(kind, body)).await;
            assert_eq!(result.is_ok(), is_whole, "{operation} {kind} {body}");
            if let Ok(answer) = result {
                assert_eq!(answer.body().bytes(), Some(body.as_bytes()));
            }
        }
    }
}
