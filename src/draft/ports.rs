//! Ports: those of containers, those of the load balancer, and the pages behind them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::network::exposed;
use super::part::{Exposed, Part, Role, Way};

/// The ports behind which something else than HTTP is spoken: SSH, mail, databases, queues and caches.
pub(super) const NOT_HTTP: [u16; 14] = [21, 22, 25, 465, 587, 1433, 1521, 3306, 5432, 5672, 6379, 9092, 11_211, 27_017];
/// Gives each service a port of the load balancer's of its own: the one of browsers if there is no other, else its own.
pub(super) fn open(parts: &mut [Part]) {
    let is_alone = parts.iter().filter(|part| exposed(part).is_some()).count() == 1;
    let mut taken = BTreeSet::new();
    for part in parts.iter_mut() {
        let Role::Service { exposed, .. } = &mut part.role else { continue };
        let Some(Exposed { way: Way::Port(port), .. }) = exposed else { continue };
        *port = if is_alone { 80 } else { *port };
        let port = *port;
        if !taken.insert(port) {
            *exposed = None;
            part.note(format!("services.{}.ports", part.name), format!("another service has port {port}"));
        }
    }
}

/// The published port, if there is one, and the container's, of one TCP port in the short form.
pub(super) fn pair(text: &str) -> Option<(Option<u16>, u16)> {
    let text = text.strip_suffix("/tcp").unwrap_or(text);
    let mut parts = text.rsplit(':');
    let target = parts.next()?.parse().ok().filter(|port| *port > 0)?;
    let published = parts.next().filter(|published| !published.is_empty());
    match published.map(str::parse) {
        None => Some((None, target)),
        Some(published) => Some((Some(published.ok().filter(|port| *port > 0)?), target)),
    }
}

/// The path that a check asks its own container for.
pub(super) fn page(command: &Value) -> Option<String> {
    let words = command.as_array()?.iter().filter_map(Value::as_str);
    words.flat_map(|words| words.split_whitespace()).find_map(|word| {
        let (_, address) = word.trim_matches(['"', '\'']).split_once("http://")?;
        let (host, path) = address.split_once('/')?;
        let host = host.split(':').next()?;
        ["localhost", "127.0.0.1", "0.0.0.0"].contains(&host).then(|| format!("/{path}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_and_pages_are_read() {
        for (text, expected) in [
            ("80", Some((None, 80))),
            ("8080:80", Some((Some(8080), 80))),
            ("127.0.0.1:8080:80/tcp", Some((Some(8080), 80))),
            ("[::1]:8080:80", Some((Some(8080), 80))),
            ("3000-3005", None),
            ("0:80", None),
            ("53:53/udp", None),
        ] {
            assert_eq!(pair(text), expected, "{text}");
        }
        let line = json!(["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"]);
        assert_eq!(page(&line).as_deref(), Some("/health"));
        assert_eq!(page(&json!(["CMD", "wget", "http://db/x"])), None);
    }
}
