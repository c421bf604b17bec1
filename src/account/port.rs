//! A port of this machine: connections, and who may ask.
//!
//! Nobody is authenticated, so nobody but this machine is answered: ports are bound on loopback, and a request that names
//! another host is refused, because a page in a browser can make a name of its own lead here (DNS rebinding).

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::Authority;
use http::{HeaderMap, Request, Response, StatusCode, header};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// What clients may take of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The connections that are open at a time; others wait to be accepted.
    pub(crate) connections: usize,
    /// The time in which the head of a request has to be here, from the end of what was before it.
    pub(crate) head: Duration,
    /// The time in which its body has to be here.
    pub(crate) body: Duration,
}

/// What clients may take that nobody expects many of.
pub(crate) const LIMITS: Limits =
    Limits { connections: 256, head: Duration::from_secs(30), body: Duration::from_secs(60) };

/// A body that is an error if it isn't here in time.
pub(crate) struct InTime {
    body: Incoming,
    late: Pin<Box<Sleep>>,
}

impl Body for InTime {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other))),
            Poll::Pending => self.late.as_mut().poll(context).map(|()| Some(Err(io::ErrorKind::TimedOut.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The status and the words of a request that is refused.
pub(crate) type Refusal = (StatusCode, String);

/// The refusal of a request whose body wasn't here in time.
pub(crate) fn too_late() -> Refusal {
    (StatusCode::REQUEST_TIMEOUT, format!("a request has to be here whole in {} s", LIMITS.body.as_secs()))
}

/// Returns whether an error is that a body wasn't here in time.
pub(crate) fn is_late(error: &(dyn Error + 'static)) -> bool {
    let is_timeout = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
    is_timeout || error.source().is_some_and(is_late)
}

/// Answers what comes in on `listener` until `stop` is cancelled; requests in flight are answered first, but a client that
/// is still sending, or doesn't take its answer, isn't waited for.
pub(crate) async fn answer_all<F, B>(
    listener: TcpListener,
    stop: &CancellationToken,
    limits: Limits,
    answer: impl Fn(Request<InTime>) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // What keeps a connection from being accepted, such as too many open files, passes.
    const BREATH: Duration = Duration::from_millis(100);
    // A request that is here whole is answered in less.
    const GRACE: Duration = Duration::from_secs(2);
    let answer = Arc::new(answer);
    let (open, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(limits.connections)));
    loop {
        let accept = async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) };
        let Some((place, accepted)) = stop.run_until_cancelled(accept).await else { break };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let answer = Arc::clone(&answer);
        let service = service_fn(move |request: Request<Incoming>| {
            let answering = answer(request.map(|body| InTime { body, late: Box::pin(sleep(limits.body)) }));
            async move { Ok::<_, Infallible>(answering.await) }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(limits.head);
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that goes away ends its connection with an error, which concerns nobody.
            let _ = connection.await;
            drop(place);
        });
    }
    // Those that are late end with this process.
    let _ = tokio::time::timeout(GRACE, open.shutdown()).await;
}

/// The host that a request names, if it names one, and that is this machine.
pub(crate) fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut named = headers.get_all(header::HOST).iter();
    let host: Authority = named.next()?.to_str().ok()?.parse().ok()?;
    (named.next().is_none() && is_loopback(&host)).then_some(host)
}

/// Returns whether a host is this machine by its name, which nobody else can give.
pub(crate) fn is_loopback(host: &Authority) -> bool {
    let name = host.host().trim_matches(['[', ']']);
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use http_body_util::{BodyExt as _, Empty};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    const HASTY: Limits = Limits { connections: 1, head: Duration::from_millis(300), body: Duration::from_millis(300) };

    /// A port that takes a request whole before it answers.
    async fn port() -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = |request: Request<InTime>| async {
            let status = match request.into_body().collect().await {
                Ok(_) => StatusCode::OK,
                Err(error) if is_late(&error) => StatusCode::REQUEST_TIMEOUT,
                Err(_) => StatusCode::BAD_REQUEST,
            };
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = status;
            response
        };
        tokio::spawn(async move { answer_all(listener, &CancellationToken::new(), HASTY, answer).await });
        address
    }

    /// What a client hears that sends the first text, and then the second one again and again.
    async fn heard(address: std::net::SocketAddr, first: &str, then: &str) -> String {
        let (mut reads, mut writes) = TcpStream::connect(address).await.unwrap().into_split();
        writes.write_all(first.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let drip = async {
            loop {
                sleep(Duration::from_millis(30)).await;
                // Nobody may listen any more.
                let _ = writes.write_all(then.as_bytes()).await;
            }
        };
        tokio::select! {
            read = reads.read_to_end(&mut answer) => drop(read),
            _ = drip => {}
        }
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn who_takes_all_the_time_in_the_world_gets_a_part_of_it() {
        let address = port().await;
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        let whole = format!("{head}Content-Length: 3\r\n\r\nabc");
        assert!(heard(address, &whole, "").await.starts_with("HTTP/1.1 200"));
        let slow = heard(address, &format!("{head}Content-Length: 9999\r\n\r\nabc"), "a").await;
        assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");
        let begun = Instant::now();
        let headless = heard(address, head, "a").await;
        assert!(!headless.starts_with("HTTP/1.1 200") && begun.elapsed() >= HASTY.head, "{headless}");
        // There is room for one: the next is accepted once it has gone.
        let begun = Instant::now();
        let silent = TcpStream::connect(address).await.unwrap();
        assert!(heard(address, &whole, "").await.starts_with("HTTP/1.1 200"));
        assert!(begun.elapsed() >= HASTY.head, "{:?}", begun.elapsed());
        drop(silent);
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        let cases = [
            ("127.0.0.1:4588", true),
            ("127.0.0.1", true),
            ("localhost:80", true),
            ("LOCALHOST", true),
            ("[::1]:4588", true),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("192.168.0.7:4588", false),
            ("evil.example", false),
        ];
        for (name, expected) in cases {
            let headers = HeaderMap::from_iter([(header::HOST, name.parse().unwrap())]);
            assert_eq!(host(&headers).is_some(), expected, "{name}");
        }
        let mut twice = HeaderMap::new();
        twice.append(header::HOST, "localhost".parse().unwrap());
        twice.append(header::HOST, "evil.example".parse().unwrap());
        assert_eq!(host(&twice), None);
    }
}
