//! The embedded account behind a loopback port, so that clients that others wrote can call it too.

use std::io;
use std::path::Path;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use labform::sandbox::{Pace, Sandbox};

use crate::loopback::{self, Headers, Message};

/// Serves the account in the file at `path`, the one that `--sandbox=PATH` opens. Gives the endpoint's URL.
pub(crate) fn serve(path: &Path) -> String {
    let sandbox = Sandbox::open(path, Pace::Instant).expect("the account's file can be read");
    loopback::serve(move |request| answer(&sandbox, request))
}

fn answer(sandbox: &Sandbox, message: Message) -> io::Result<Message> {
    let mut words = message.first.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let host = message.header("host").unwrap_or_default();
    let mut request = http::Request::builder()
        .method(method)
        .uri(format!("http://{host}{target}"));
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(SdkBody::from(message.body))
        .map_err(io::Error::other)?;
    let request = HttpRequest::try_from(request).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let response = runtime
        .block_on(sandbox.answer(request))
        .map_err(io::Error::other)?;
    let body = response.body().bytes().unwrap_or_default().to_vec();
    let mut headers: Headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if !headers.iter().any(|(name, _)| name == "content-length") {
        headers.push(("content-length".to_owned(), body.len().to_string()));
    }
    Ok(Message {
        first: format!("HTTP/1.1 {} -", response.status().as_u16()),
        headers,
        body,
    })
}
