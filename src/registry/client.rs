//! HTTP clients: TLS by rustls with ring, and this machine without a detour.

use std::sync::Once;
use std::time::Duration;

use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::Result;

use super::{Location, Scheme};

/// The time that a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The name of the caller.
const AGENT: &str = concat!("labform/", env!("CARGO_PKG_VERSION"));

/// A client for the registry at `place`.
pub(super) fn registry(place: &Location) -> Result<Client> {
    use_ring();
    let mut config = ClientConfig {
        protocol: match place.scheme {
            Scheme::Http => ClientProtocol::Http,
            Scheme::Https => ClientProtocol::Https,
        },
        use_monolithic_push: true,
        connect_timeout: Some(CONNECT),
        user_agent: AGENT,
        ..ClientConfig::default()
    };
    if place.scheme == Scheme::Http {
        // A proxy that serves no host takes the place of the environment's: a login for this machine stays on it. The
        // star stands for names alone.
        config.http_proxy = Some("http://localhost".to_owned());
        config.no_proxy = Some("*,127.0.0.0/8,::1".to_owned());
    }
    Client::try_from(config)
}

/// A client for one question that the registry's client doesn't ask.
pub(super) fn plain(place: &Location) -> reqwest::Result<reqwest::Client> {
    use_ring();
    let client = reqwest::Client::builder().user_agent(AGENT).connect_timeout(CONNECT);
    match place.scheme {
        Scheme::Http => client.no_proxy().build(),
        Scheme::Https => client.build(),
    }
}

/// A client for sites that are no registries.
pub(crate) fn open() -> reqwest::Result<reqwest::Client> {
    use_ring();
    reqwest::Client::builder().user_agent(AGENT).connect_timeout(CONNECT).build()
}

/// Makes ring the cryptography of TLS, unless the program has chosen.
fn use_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
