//! The proxy that the environment names.

use super::{Finding, Surroundings};
use crate::cloud::{PROXIES, leads_here};

/// The variables that name what goes without it.
const WITHOUT: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// The parts of this machine that only it reaches.
const NEAR: &str = "127.0.0.1,localhost,169.254.169.254,169.254.170.2";

/// Whether the proxy's address is one, and what goes through it that it can't reach.
pub(super) fn look(it: &Surroundings<'_>) -> Vec<Finding> {
    let topic = "proxy";
    if it.is_embedded() {
        return Vec::new();
    }
    let set = PROXIES.iter().filter_map(|name| it.variable(&[*name]));
    let mut found: Vec<Finding> = hidden(it).into_iter().collect();
    let faults: Vec<Finding> = set
        .filter_map(|(name, url)| {
            let why = fault(url)?;
            let cure = format!("`export {name}=http://HOST:PORT`, or `unset {name}`");
            Some(Finding::wrong(topic, format!("{name} is `{}`: {why}", shown(url)), cure))
        })
        .collect();
    let is_right = faults.is_empty();
    found.extend(faults);
    let Some((name, url)) = of(it) else { return found };
    if is_right {
        found.push(Finding::fine(topic, format!("AWS is asked through {}, by {name}", shown(url))));
    }
    // labform itself goes to this machine without a detour.
    let is_near = it.cloud.endpoint_url.as_deref().is_some_and(leads_here);
    let without = it.first(&WITHOUT).map_or("", |(_, hosts)| hosts);
    if is_near && !without.split(',').any(|host| ["*", "localhost", "127.0.0.1", "127.0.0.0/8"].contains(&host.trim()))
    {
        let says = "NO_PROXY doesn't name this machine: the AWS CLI asks the proxy for the endpoint here";
        let more = if without.is_empty() { String::new() } else { format!("{without},") };
        found.push(Finding::warning(topic, says, format!("`export NO_PROXY={more}{NEAR}`")));
    }
    found
}

/// The variables that name the proxy for AWS: of each pair the first that is set counts, even if it is empty.
const PAIRS: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

/// The variable that names the proxy for AWS, and its value.
pub(super) fn of<'a>(it: &Surroundings<'a>) -> Option<(&'static str, &'a str)> {
    PAIRS.iter().filter_map(|pair| it.first(pair)).find(|(_, url)| !url.is_empty())
}

/// A proxy that isn't asked, because an empty variable comes before the one that names it.
fn hidden(it: &Surroundings<'_>) -> Option<Finding> {
    let [empty, other] = PAIRS.into_iter().find(|pair| {
        let is_empty = it.first(pair).is_some_and(|(_, url)| url.is_empty());
        is_empty && it.variable(pair).is_some()
    })?;
    let says = format!("{empty} is empty, and comes before {other}: labform doesn't go through that proxy");
    Some(Finding::warning("proxy", says, format!("`unset {empty}`, or `unset {other}` if there is no proxy")))
}

/// The address without what stands before `@`, in whatever form: a password may be in it.
pub(super) fn shown(url: &str) -> String {
    let scheme = url.find("://").map_or("", |end| &url[..end + 3]);
    url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, rest)| format!("{scheme}***@{rest}"))
}

/// What is wrong with the address of a proxy; labform goes through those of HTTP.
fn fault(url: &str) -> Option<&'static str> {
    // Without a scheme it is one of HTTP.
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    match scheme {
        "http" | "https" if host.is_empty() || host.starts_with(':') => Some("it names no host"),
        "http" | "https" if !host.chars().all(is_host) => Some("that is no address"),
        "http" | "https" if !host.ends_with(']') && port.parse::<u16>().is_err() => Some("its port is no number"),
        "http" | "https" => None,
        _ => Some("labform goes through proxies of HTTP only"),
    }
}

#[cfg(test)]
mod tests {
    use super::{fault, shown};

    #[test]
    fn a_password_is_not_shown() {
        for (url, told) in [
            ("http://me:hunter2@proxy.example:3128", "http://***@proxy.example:3128"),
            ("me:hunter2@proxy.example", "***@proxy.example"),
            ("http:/me:hunter2@proxy", "***@proxy"),
            ("http://me:hun/ter2@proxy", "http://***@proxy"),
            ("http://proxy:1", "http://proxy:1"),
        ] {
            assert_eq!(shown(url), told);
        }
    }

    #[test]
    fn an_address_that_is_none_is_told() {
        for (url, is_wrong) in [
            ("http://proxy.example:3128", false),
            ("http://me:hunter2@proxy.example:3128/", false),
            ("proxy.example:3128", false),
            ("https://[fd00::1]", false),
            ("http://", true),
            ("http://:3128", true),
            ("http://proxy.example:31z8", true),
            ("http:/proxy.example", true),
            ("socks5://127.0.0.1:1080", true),
            ("http://proxy example:1", true),
        ] {
            assert_eq!(fault(url).is_some(), is_wrong, "{url}: {:?}", fault(url));
        }
    }
}
