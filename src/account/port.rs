//! A port of this machine: connections, and who may ask.
//!
//! Nobody is authenticated, so nobody but this machine is answered: ports are bound on loopback, and a request that names
//! another host is refused, because a page in a browser can make a name of its own lead here (DNS rebinding).

use std::convert::Infallible;
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use http::{HeaderMap, Request, Response, header};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers what comes in on `listener` until `stop` is cancelled; requests in flight are answered first, but a client that
/// is still sending, or doesn't take its answer, isn't waited for.
pub(crate) async fn answer_all<F, B>(
    listener: TcpListener,
    stop: &CancellationToken,
    answer: impl Fn(Request<Incoming>) -> F + Send + Sync + 'static,
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
    let open = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let answer = Arc::clone(&answer);
        let service = service_fn(move |request| {
            let answering = answer(request);
            async move { Ok::<_, Infallible>(answering.await) }
        });
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        // A client that goes away ends its connection with an error, which concerns nobody.
        tokio::spawn(open.watch(connection));
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
    use super::*;

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
