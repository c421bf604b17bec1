//! Trouble between labform and an account: what networks and AWS do on a bad day, chosen call by call.
//!
//! Stands between the seam and the embedded account, in tests. A script is a pure function of the call, so that what
//! it does is the same in every run.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::Notify;

use super::guard::changes;
use super::seam::{operation_of, service_of};
use labform_account::Sandbox;

/// An attempt to call the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The service that the call is signed for.
    pub(crate) service: String,
    /// The operation.
    pub(crate) operation: String,
    /// The number of calls that came before.
    pub(crate) number: usize,
    /// The number of calls that may change something and came before.
    pub(crate) change: usize,
    /// The number of calls of the same operation that came before.
    pub(crate) nth: usize,
    /// The body, in the form of its protocol.
    pub(crate) body: String,
}

impl Call {
    /// Returns whether the call may change something.
    pub(crate) fn changes(&self) -> bool {
        changes(&self.operation)
    }
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// An answer.
    None,
    /// An answer after a while.
    Slow(Duration),
    /// The process is killed before the account hears of it.
    KillBefore,
    /// The process is killed after the account has done it and before the answer comes.
    KillAfter,
    /// The connection ends before the account hears of it.
    Reset,
    /// The account does it, and the connection ends before the answer comes.
    AnswerLost,
    /// The account never hears of it, and nobody says so.
    Hang,
    /// The account does it, half of the answer comes, and then nothing more.
    Stalled,
    /// The account does it twice, and answers the second time.
    Twice,
    /// A refusal in the way of its service.
    Refused {
        /// The HTTP status.
        status: u16,
        /// AWS's code.
        code: &'static str,
        /// AWS's words.
        message: String,
    },
    /// An answer of this with status 200, and the account never hears of it.
    Instead(String),
    /// An answer, and the calls after it are signed with other keys.
    OtherKeys,
    /// The account does it, and what comes back is this with status 200.
    Garbled(Garbled),
    /// An answer from what the account was before its last changes, this many.
    Stale(usize),
}

/// The result in place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Garbled {
    /// The first half of the answer.
    Half,
    /// A page of a proxy.
    Html,
    /// Nothing.
    Empty,
    /// The answer of RunTask as of a clock that is two minutes behind.
    Earlier,
}

/// Decides what becomes of each call.
pub(crate) type Script = Arc<dyn Fn(&Call) -> Trouble + Send + Sync>;

/// An HTTP client that gets into trouble as its script says. Clones share their calls.
#[derive(Clone)]
pub(crate) struct Troubled {
    sandbox: Sandbox,
    script: Script,
    calls: Arc<Mutex<Vec<Call>>>,
    past: Arc<Mutex<Vec<Sandbox>>>,
    killed: Arc<Notify>,
    keys: Keys,
}

/// The access key that calls are signed with.
#[derive(Clone, Debug)]
pub(super) struct Keys(Arc<Mutex<&'static str>>);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let key = *self.0.lock().unwrap();
        let keys = Credentials::new(key, "sandbox", None, None, "embedded account");
        future::ProvideCredentials::ready(Ok(keys))
    }
}

impl fmt::Debug for Troubled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Troubled")
    }
}

impl Troubled {
    pub(crate) fn new(sandbox: &Sandbox, script: impl Fn(&Call) -> Trouble + Send + Sync + 'static) -> Self {
        Self {
            sandbox: sandbox.clone(),
            script: Arc::new(script),
            calls: Arc::default(),
            past: Arc::default(),
            killed: Arc::default(),
            keys: Keys(Arc::new(Mutex::new("sandbox"))),
        }
    }

    /// The client to give to the SDK.
    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// The keys that its calls are signed with.
    pub(super) fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// Ends when the script has killed the process.
    pub(crate) async fn killed(&self) {
        self.killed.notified().await;
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn note(&self, request: &HttpRequest) -> Call {
        let operation = operation_of(request);
        let mut calls = self.calls.lock().unwrap();
        let call = Call {
            service: service_of(request),
            number: calls.len(),
            change: calls.iter().filter(|call| call.changes()).count(),
            nth: calls.iter().filter(|call| call.operation == operation).count(),
            operation,
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        };
        calls.push(call.clone());
        call
    }

    /// The account as it was `changes` changes ago.
    fn before(&self, changes: usize) -> Sandbox {
        let past = self.past.lock().unwrap();
        let index = past.len().saturating_sub(changes);
        past.get(index).unwrap_or(&self.sandbox).clone()
    }

    async fn send(&self, call: Call, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        if call.changes() {
            let present = self.sandbox.fork();
            self.past.lock().unwrap().push(present);
        }
        self.sandbox.answer(request).await
    }

    async fn get_through(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let call = self.note(&request);
        let again = request.try_clone();
        match (self.script)(&call) {
            Trouble::None => self.send(call, request).await,
            Trouble::Slow(time) => {
                use aws_smithy_async::rt::sleep::AsyncSleep as _;
                self.sandbox.sleep().sleep(time).await;
                self.send(call, request).await
            }
            Trouble::KillBefore => self.kill().await,
            Trouble::KillAfter => {
                drop(self.send(call, request).await);
                self.kill().await
            }
            Trouble::Reset => Err(lost()),
            Trouble::AnswerLost => {
                drop(self.send(call, request).await);
                Err(lost())
            }
            Trouble::Hang => std::future::pending().await,
            Trouble::Stalled => {
                let answer = self.send(call, request).await?;
                let bytes = answer.body().bytes().unwrap_or_default();
                let half = Half(Some(Bytes::copy_from_slice(&bytes[..bytes.len() / 2])));
                Ok(HttpResponse::new(answer.status(), SdkBody::from_body_1_x(half)))
            }
            Trouble::Twice => {
                drop(self.send(call.clone(), request).await);
                let again = again.expect("the SDK's bodies can be repeated");
                self.send(call, again).await
            }
            Trouble::Refused { status, code, message } => Ok(refusal(&call.service, status, code, &message)),
            Trouble::Instead(body) => {
                let ok = 200.try_into().expect("it is an HTTP status");
                Ok(HttpResponse::new(ok, SdkBody::from(body)))
            }
            Trouble::OtherKeys => {
                *self.keys.0.lock().unwrap() = "other";
                self.send(call, request).await
            }
            Trouble::Garbled(how) => {
                let answer = self.send(call, request).await?;
                Ok(garble(&answer, how))
            }
            Trouble::Stale(changes) => self.before(changes).answer(request).await,
        }
    }

    async fn kill(&self) -> Result<HttpResponse, ConnectorError> {
        self.killed.notify_one();
        std::future::pending().await
    }
}

impl HttpClient for Troubled {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Troubled {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.get_through(request).await })
    }
}

/// A body of which nothing more comes.
struct Half(Option<Bytes>);

impl Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |half| Poll::Ready(Some(Ok(Frame::data(half)))))
    }
}

fn lost() -> ConnectorError {
    ConnectorError::io("connection reset by peer".into())
}

/// A refusal in the protocol of its service.
fn refusal(service: &str, status: u16, code: &str, message: &str) -> HttpResponse {
    let id = "0000-refused";
    let body = match service {
        "ec2" => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>{id}</RequestID></Response>"
        ),
        "s3" => format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
        "iam" | "sts" | "elasticloadbalancing" | "sns" => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
        ),
        _ => serde_json::json!({"__type": code, "message": message}).to_string(),
    };
    let status = status.try_into().expect("it is an HTTP status");
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    let headers = response.headers_mut();
    headers.insert("x-amzn-requestid", id);
    headers.insert("x-amz-request-id", id);
    if service != "s3" {
        headers.insert("x-amzn-errortype", code.to_owned());
    }
    response
}

fn garble(answer: &HttpResponse, how: Garbled) -> HttpResponse {
    let bytes = answer.body().bytes().unwrap_or_default();
    let body = match how {
        Garbled::Half => SdkBody::from(&bytes[..bytes.len() / 2]),
        Garbled::Html => SdkBody::from("<html><body>Sign in to the hotel's network</body></html>"),
        Garbled::Empty => SdkBody::empty(),
        Garbled::Earlier => {
            let mut answer: serde_json::Value = serde_json::from_slice(bytes).expect("it is JSON");
            let tasks = answer["tasks"].as_array_mut().expect("it has tasks");
            for task in tasks {
                let made = task["createdAt"].as_f64().expect("it has a time");
                task["createdAt"] = (made - 120.0).into();
            }
            SdkBody::from(answer.to_string())
        }
    };
    HttpResponse::new(answer.status(), body)
}
