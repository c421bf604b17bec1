//! Whether an answer in XML is whole.
//!
//! The SDK's reader of XML takes the end of a text for the end of a list, so that half of an answer would read as "the
//! rest isn't there".

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// The same answer, its body read to the end.
///
/// # Errors
/// Where the body breaks off, or says that it is XML and isn't; the SDK makes such a call again.
pub(super) async fn whole(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let kind = answer.headers().get("content-type").unwrap_or_default();
    if !kind.contains("xml") {
        return Ok(answer);
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body)
        .collect()
        .await
        .map_err(|error| ConnectorError::io(error.into()))?
        .into_bytes();
    // HEAD and some successes say XML and have no body.
    if !body.is_empty() {
        let text = std::str::from_utf8(&body).map_err(|error| ConnectorError::io(error.into()))?;
        roxmltree::Document::parse(text).map_err(|error| ConnectorError::io(error.into()))?;
    }
    *answer.body_mut() = SdkBody::from(body);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, body: &'static str) -> HttpResponse {
        let answer = http::Response::builder().header("content-type", kind);
        let answer = answer.body(SdkBody::from(body)).unwrap();
        HttpResponse::try_from(answer).unwrap()
    }

    #[tokio::test]
    async fn half_an_answer_is_an_error() {
        for (kind, body, is_whole) in [
            ("text/xml;charset=UTF-8", "<a><b>1</b></a>", true),
            ("text/xml;charset=UTF-8", "<a><b>1</b>", false),
            ("application/xml", "<a><b>1</", false),
            ("application/xml", "", true),
            ("application/x-amz-json-1.1", "{\"a\":", true),
        ] {
            let result = whole(answer(kind, body)).await;
            assert_eq!(result.is_ok(), is_whole, "{kind} {body}");
            if let Ok(answer) = result {
                assert_eq!(answer.body().bytes(), Some(body.as_bytes()));
            }
        }
    }
}
