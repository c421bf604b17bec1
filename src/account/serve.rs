//! Accounts behind a port of this machine, for clients that others wrote, such as the AWS CLI and boto3.
//!
//! The server knows HTTP and no service. Only this machine is answered, as `port` sees to. A page that asks for an address
//! here by itself is refused, too: an address can be signed, and then needs no header that a browser would ask leave for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::SERVICES;
use super::account::Account;
use super::accounts::{Accounts, Member};
use super::clock::{Via, millis};
use super::faults::Faults;
use super::port::{InTime, LIMITS, Limits, Refusal, answer_all, host, is_late, is_loopback, too_late};
use super::{answer, wire};

/// The most that a request may hold, in bytes: a lab's images and results are smaller by far.
const LARGEST: usize = 64 * 1024 * 1024;

/// A port that answers for accounts.
#[derive(Debug)]
pub struct Server {
    accounts: Accounts,
    listener: TcpListener,
    address: SocketAddr,
    speed: u32,
    latency: Duration,
    limit: Option<u32>,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The time of the request, in the account's time.
    pub at: SystemTime,
    /// The twelve digits of the caller's account; none if the request reached none.
    pub account: String,
    /// The region that the request is signed for; none if it is signed for none.
    pub region: String,
    /// The call as `service:Operation`, or method and path if the request is for no service.
    pub what: String,
    /// The HTTP status.
    pub status: u16,
}

impl Server {
    /// Takes `port` on 127.0.0.1, or any free one for 0. While it serves, an account's time passes `speed` times as
    /// fast as the clock on the wall, because other clients wait by that one.
    ///
    /// # Errors
    ///
    /// If the port is taken, or not this user's to take.
    pub async fn bind(accounts: impl Into<Accounts>, port: u16, speed: u32) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { accounts: accounts.into(), listener, address, speed, latency: Duration::ZERO, limit: None })
    }

    /// The same server, which answers each call this much later, as over a long line; no call waits for another.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The same server, in which each region of each account answers so many calls a second, and refuses those beyond
    /// as AWS does when it throttles.
    #[must_use]
    pub fn with_limit(self, calls_per_second: Option<u32>) -> Self {
        Self { limit: calls_per_second, ..self }
    }

    /// The address at which clients reach the server, such as `http://127.0.0.1:4588`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until `stop` is cancelled; requests in flight are answered first, but a client that is still sending, or
    /// doesn't take its answer, isn't waited for. `observe` is told of each request.
    pub async fn run(self, stop: &CancellationToken, observe: impl Fn(&Answered) + Send + Sync + 'static) {
        let Self { accounts, speed, latency, limit, .. } = self;
        let front = Arc::new(Front { accounts, speed, latency, limit, observe });
        // A class asks for all its students at once.
        let limits = Limits { connections: Semaphore::MAX_PERMITS, ..LIMITS };
        answer_all(self.listener, stop, limits, move |request| {
            let front = Arc::clone(&front);
            async move { front.answer(request).await }
        })
        .await;
    }
}

/// The parts that all connections share.
struct Front<O> {
    accounts: Accounts,
    speed: u32,
    latency: Duration,
    limit: Option<u32>,
    observe: O,
}

impl<O: Fn(&Answered)> Front<O> {
    async fn answer(&self, request: Request<InTime>) -> Response<SdkBody> {
        let what = format!("{} {}", request.method(), request.uri().path());
        let (account, region) = (String::new(), String::new());
        let mut answered = Answered { at: self.accounts.now(), account, region, what, status: 0 };
        let response = self.pass_on(request, &mut answered).await.unwrap_or_else(|(status, why)| {
            let mut response = Response::new(SdkBody::from(why + "\n"));
            *response.status_mut() = status;
            response
        });
        answered.status = response.status().as_u16();
        (self.observe)(&answered);
        response
    }

    async fn pass_on(&self, request: Request<InTime>, told: &mut Answered) -> Result<Response<SdkBody>, Refusal> {
        let request = for_here(request)?;
        let (head, body) = request.into_parts();
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        if body.size_hint().lower() > limit {
            return Err(too_large());
        }
        let body = Limited::new(body, LARGEST).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => too_large(),
            false if is_late(&*error) => too_late(),
            false => unreadable(error),
        })?;
        let request = Request::from_parts(head, SdkBody::from(body.to_bytes()));
        let request = HttpRequest::try_from(request).map_err(unreadable)?;
        let request = wire::Request::read(request).await.map_err(unreadable)?;
        let call = answer::call(SERVICES, &request);
        if !call.service.is_empty() {
            told.what = format!("{}:{}", call.service, call.operation);
        }
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let [member, caller] = self.accounts.of(&call, &request).map_err(broken)?;
        (told.account, told.region) = (caller.id.clone(), call.region.clone());
        let limit = caller.faults().map_err(broken)?.calls_per_second.or(self.limit);
        let is_over = limit.is_some_and(|rate| caller.is_over(rate, &call.region));
        let Faults { roles, denied, .. } = member.faults().map_err(broken)?;
        let answer = |account: &mut Account| {
            if account.id != member.id {
                return Err(io::Error::other(format!("the file of account {} holds {}", member.id, account.id)));
            }
            account.via = Via::Server;
            account.who.home = Some(caller.id.clone()).filter(|home| *home != account.id);
            (account.quirks.roles, account.quirks.denied) = (roles, denied);
            Ok(match is_over {
                true => answer::throttled(account, &call, &request),
                false => answer::answer(account, &call, &request),
            })
        };
        let reply = member.sandbox.visit_when_free(self.passed(&member), answer).await.flatten();
        told.at = member.sandbox.now();
        reply.map_err(broken)?.into_http().map_err(broken)?.try_into_http1x().map_err(broken)
    }

    /// The milliseconds of the account's time, beyond those on the wall, that passed since the last request.
    fn passed(&self, member: &Member) -> i64 {
        // The wall's own share passes by itself.
        let more = match member.sandbox.is_in_real_time() {
            true => 0,
            false => self.speed.saturating_sub(1),
        };
        millis(member.passed() * more)
    }
}

/// The request with the host in its address, if that is this machine, and if no page of another one sends it.
fn for_here(mut request: Request<InTime>) -> Result<Request<InTime>, Refusal> {
    if is_foreign_page(request.headers()) {
        return Err((StatusCode::FORBIDDEN, "requests of pages from elsewhere aren't answered".to_owned()));
    }
    let host = host(request.headers())
        .ok_or_else(|| (StatusCode::FORBIDDEN, "only requests to 127.0.0.1 or localhost are answered".to_owned()))?;
    let target = request.uri().path_and_query();
    let target = target.map_or("/", |target| target.as_str());
    *request.uri_mut() =
        Uri::builder().scheme("http").authority(host).path_and_query(target).build().map_err(unreadable)?;
    Ok(request)
}

/// Returns whether a page that isn't from this machine sends the request, as browsers tell of pages ("Fetch Metadata
/// Request Headers", W3C; RFC 6454, 7).
fn is_foreign_page(headers: &HeaderMap) -> bool {
    let is_from_here = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        origin.is_some_and(|origin| origin.authority().is_some_and(is_loopback))
    };
    headers.get_all(header::ORIGIN).iter().any(|origin| !is_from_here(origin))
        || headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

fn too_large() -> Refusal {
    let why = format!("a request may have {} MiB", LARGEST / 1024 / 1024);
    (StatusCode::PAYLOAD_TOO_LARGE, why)
}

fn unreadable(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::BAD_REQUEST, error.to_string())
}

fn broken(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::is_foreign_page;

    #[test]
    fn a_page_from_elsewhere_is_known_by_what_its_browser_tells() {
        let cases = [
            ("origin", "http://127.0.0.1:8000", false),
            ("origin", "http://localhost", false),
            ("origin", "https://evil.example", true),
            ("origin", "null", true),
            ("sec-fetch-site", "cross-site", true),
            ("sec-fetch-site", "none", false),
            ("referer", "https://evil.example", false),
        ];
        for (name, value, expected) in cases {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(is_foreign_page(&headers), expected, "{name}: {value}");
        }
    }
}
