//! A port of a load balancer, as a port of this machine: for browsers and `curl`, where hosts run the tasks behind it.
//!
//! The account says where a request goes, and the container's answer is passed on, at its port of this machine. As with the
//! account's own port only this machine is answered, and of pages only those that came from here: what runs behind it
//! may trust its load balancer.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header};
use http_body_util::{Either, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::ecs::Balanced;
use crate::elbv2::{Asked, Redirect};
use crate::port::{InTime, LIMITS, Refusal, answer_all, host, is_late, too_late};
use crate::sandbox::Sandbox;

/// The most that a request may hold, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// The time in which an answer has to begin: the idle timeout of a load balancer ("Edit attributes for your Application
/// Load Balancer", user guide).
const PATIENCE: Duration = Duration::from_secs(60);
/// The headers that are about one connection (RFC 9110, 7.6.1), and one that is answered here.
const OF_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    header::EXPECT,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// A port that answers for a port of a load balancer.
#[derive(Debug)]
pub struct Balancer {
    sandbox: Sandbox,
    place: BalancerPort,
    listener: TcpListener,
    address: SocketAddr,
    others: BTreeMap<u16, u16>,
}

/// A port of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerPort {
    /// The region.
    pub region: String,
    /// The load balancer's name.
    pub name: String,
    /// The port.
    pub port: u16,
    /// The protocol: `HTTP` or `HTTPS`.
    pub protocol: String,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The method and the path.
    pub what: String,
    /// The HTTP status.
    pub status: u16,
}

/// A body that comes from here, or from a container.
type Answer = Response<Either<Full<Bytes>, Incoming>>;

impl Balancer {
    /// Takes the port `wanted` on 127.0.0.1, or any free one if another program has it.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn bind(sandbox: Sandbox, place: BalancerPort, wanted: u16) -> io::Result<Self> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        };
        let address = listener.local_addr()?;
        Ok(Self { sandbox, place, listener, address, others: BTreeMap::new() })
    }

    /// The port of the load balancer.
    #[must_use]
    pub fn place(&self) -> &BalancerPort {
        &self.place
    }

    /// The port of this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address at which browsers reach it, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same port, which knows at which ports of this machine the ports of its load balancer are, for redirects.
    #[must_use]
    pub fn with_others(self, others: BTreeMap<u16, u16>) -> Self {
        Self { others, ..self }
    }

    /// Answers until `stop` is cancelled. `observe` is told of each request.
    pub async fn run(self, stop: &CancellationToken, observe: impl Fn(&Passed) + Send + Sync + 'static) {
        let Self { sandbox, place, listener, address, others } = self;
        let front = Arc::new(Front { sandbox, place, address, others, number: AtomicUsize::new(0) });
        let observe = Arc::new(observe);
        answer_all(listener, stop, LIMITS, move |request| {
            let (front, observe) = (Arc::clone(&front), Arc::clone(&observe));
            async move {
                let what = format!("{} {}", request.method(), request.uri().path());
                let answer = front.answer(request).await.unwrap_or_else(|(status, why)| text(status, why + "\n"));
                observe(&Passed { what, status: answer.status().as_u16() });
                answer
            }
        })
        .await;
    }
}

/// The parts that all connections share.
struct Front {
    sandbox: Sandbox,
    place: BalancerPort,
    address: SocketAddr,
    others: BTreeMap<u16, u16>,
    number: AtomicUsize,
}

impl Front {
    async fn answer(&self, request: Request<InTime>) -> Result<Answer, Refusal> {
        let host = self.for_here(request.headers())?;
        if [Method::CONNECT, Method::TRACE].contains(request.method()) {
            return Err((StatusCode::METHOD_NOT_ALLOWED, format!("{} isn't passed on", request.method())));
        }
        if request.body().size_hint().lower() > u64::try_from(LARGEST).unwrap_or(u64::MAX) {
            let why = format!("a request may have {} MiB", LARGEST / 1024 / 1024);
            return Err((StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        let asked = Asked {
            method: request.method().as_str(),
            host: host.host(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            source: Ipv4Addr::LOCALHOST.into(),
            number: self.number.fetch_add(1, Ordering::Relaxed),
        };
        let BalancerPort { region, name, port, .. } = &self.place;
        let balanced = self.sandbox.change(|account| account.balance(region, name, (*port).into(), &asked)).await;
        match balanced.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))? {
            Balanced::Port(port) => self.pass_on(request, port).await,
            Balanced::Redirect(redirect) => Ok(self.redirect(&redirect, &host)),
            Balanced::Fixed(fixed) => {
                let status = StatusCode::from_u16(fixed.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                let mut answer = text(status, fixed.body);
                let kind = HeaderValue::from_str(&fixed.content_type);
                answer.headers_mut().extend(kind.into_iter().map(|kind| (header::CONTENT_TYPE, kind)));
                Ok(answer)
            }
            Balanced::Unavailable(why) => Err((StatusCode::SERVICE_UNAVAILABLE, why)),
            Balanced::Unmodelled(why) => Err((StatusCode::NOT_IMPLEMENTED, why)),
        }
    }

    /// The host that a request names, if that is this port, and if no page from elsewhere sends it: one of another port is
    /// from elsewhere, too.
    fn for_here(&self, headers: &HeaderMap) -> Result<Authority, Refusal> {
        let refused = |why: String| (StatusCode::FORBIDDEN, why);
        let host = host(headers).filter(|host| host.port_u16().is_none_or(|port| port == self.address.port()));
        let host =
            host.ok_or_else(|| refused(format!("only requests to {} and localhost are answered", self.address)))?;
        match is_foreign(headers, &host) {
            true => Err(refused("requests of pages from elsewhere aren't answered".to_owned())),
            false => Ok(host),
        }
    }

    async fn pass_on(&self, request: Request<InTime>, port: u16) -> Result<Answer, Refusal> {
        let (mut head, body) = request.into_parts();
        let target = head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        head.uri = Uri::from(target);
        head.version = Version::HTTP_11;
        without_connection(&mut head.headers);
        head.headers.remove(header::CONTENT_LENGTH);
        forwarded(&mut head.headers, &self.place);
        let request = Request::from_parts(head, Limited::new(body, LARGEST));
        let answer = match tokio::time::timeout(PATIENCE, send(port, request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if is_late(&error) => return Err(too_late()),
            Ok(Err(error)) => return Err((StatusCode::BAD_GATEWAY, format!("the target: {error}"))),
            Err(_) => {
                let why = format!("the target didn't answer in {} s", PATIENCE.as_secs());
                return Err((StatusCode::GATEWAY_TIMEOUT, why));
            }
        };
        let mut answer = answer.map(Either::Right);
        without_connection(answer.headers_mut());
        Ok(answer)
    }

    fn redirect(&self, redirect: &Redirect, host: &Authority) -> Answer {
        let Redirect { status, protocol, host: to, port, path } = redirect;
        let here = port.parse().ok().and_then(|port| self.others.get(&port)).filter(|_| to == host.host());
        let place = match here {
            // TLS isn't spoken here, whatever the load balancer speaks.
            Some(port) => format!("http://{to}:{port}{path}"),
            None => format!("{protocol}://{to}:{port}{path}"),
        };
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::FOUND);
        let mut answer = text(status, String::new());
        let place = HeaderValue::from_str(&place);
        answer.headers_mut().extend(place.into_iter().map(|place| (header::LOCATION, place)));
        answer
    }
}

/// Sends a request to a port of this machine, on a connection of its own.
pub(crate) async fn send<B>(port: u16, request: Request<B>) -> io::Result<Response<Incoming>>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // It ends with the answer, and its error is the answer's.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}

/// Returns whether a page sends the request that didn't come from the same address, as browsers tell of pages ("Fetch
/// Metadata Request Headers", W3C; RFC 6454, 7).
fn is_foreign(headers: &HeaderMap, host: &Authority) -> bool {
    let is_same = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        origin.is_some_and(|origin| origin.scheme_str() == Some("http") && origin.authority() == Some(host))
    };
    let sites = headers.get_all("sec-fetch-site");
    headers.get_all(header::ORIGIN).iter().any(|origin| !is_same(origin))
        || sites.iter().any(|site| site != "same-origin" && site != "none")
}

/// Takes away what is about one connection.
fn without_connection(headers: &mut HeaderMap) {
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> = named.flat_map(|value| value.split(',')).map(|name| name.trim().to_owned()).collect();
    named.iter().for_each(|name| drop(headers.remove(name.as_str())));
    OF_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
}

/// Adds what a load balancer adds ("HTTP headers and Application Load Balancers", user guide).
fn forwarded(headers: &mut HeaderMap, place: &BalancerPort) {
    let before = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let from = before.map_or_else(|| "127.0.0.1".to_owned(), |before| format!("{before}, 127.0.0.1"));
    let added = [
        ("x-forwarded-for", from),
        ("x-forwarded-proto", place.protocol.to_ascii_lowercase()),
        ("x-forwarded-port", place.port.to_string()),
    ];
    for (name, value) in added {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

fn text(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}
