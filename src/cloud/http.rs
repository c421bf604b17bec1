//! The HTTP client of all calls: TLS by rustls with ring, through the proxy that the environment names, and to this
//! machine without a detour.

use std::env;
use std::net::IpAddr;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::guard::is_this_machine;

/// The variables that name a proxy, the first that is set of each: for all calls that go by TLS, for the others, and for
/// both ("Matcher::from_env", hyper-util).
pub const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// A client that goes by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, as the AWS CLI does ("Using an HTTP
/// proxy for the AWS CLI", AWS CLI user guide).
pub(super) fn https() -> SharedHttpClient {
    let direct = through(&ProxyConfig::disabled());
    // Each way reads the certificates that the system trusts.
    match PROXIES.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty())) {
        true => SharedHttpClient::new(Ways { direct, proxied: through(&ProxyConfig::from_env()) }),
        false => direct,
    }
}

fn through(proxy: &ProxyConfig) -> SharedHttpClient {
    let proxy = proxy.clone();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let mut connector = Connector::builder().tls_provider(provider).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

/// A client that takes the proxy only for what it can reach.
#[derive(Debug)]
struct Ways {
    direct: SharedHttpClient,
    proxied: SharedHttpClient,
}

impl HttpClient for Ways {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(WaysFor {
            direct: self.direct.http_connector(settings, components),
            proxied: self.proxied.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct WaysFor {
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
}

impl HttpConnector for WaysFor {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: Option<http::Uri> = request.uri().parse().ok();
        // What isn't signed and goes in the clear fetches credentials of this machine.
        let is_signed = request.headers().get("authorization").is_some_and(|header| header.starts_with("AWS4-"));
        let fetches_keys = !is_signed && uri.as_ref().is_some_and(|uri| uri.scheme_str() == Some("http"));
        match fetches_keys || uri.as_ref().and_then(http::Uri::host).is_some_and(is_near) {
            true => self.direct.call(request),
            false => self.proxied.call(request),
        }
    }
}

/// Returns whether no other machine can stand between: this one, and what only this one reaches, as a container's or a
/// virtual machine's credentials at a link-local address ("IMDS credential provider", AWS SDKs and tools reference guide).
fn is_near(host: &str) -> bool {
    let is_link_local = |address: IpAddr| match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local() || six.segments()[..2] == [0xfd00, 0x0ec2],
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    is_this_machine(host) || host.parse().is_ok_and(is_link_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_stands_between_this_machine_and_itself() {
        for (host, near) in [
            ("localhost", true),
            ("images.s3.localhost", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("169.254.169.254", true),
            ("169.254.170.2", true),
            ("[fd00:ec2::254]", true),
            ("sts.eu-west-1.amazonaws.com", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_near(host), near, "{host}");
        }
    }
}
