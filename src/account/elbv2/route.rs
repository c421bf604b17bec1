//! The way of a request through an application load balancer: what the first rule says whose conditions hold, else the
//! listener itself ("Listener rules for your Application Load Balancer", user guide). Nothing is sent here.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;
use serde_json::Value;

use super::listener_rules::{Rule, of_listener};
use super::listeners::Listener;
use super::load_balancers::LoadBalancer;
use crate::account::Account;
use crate::input::{list, number, text, texts};
use crate::shelf::Thing;

/// A request, as far as rules look at it.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The host that is asked, without a port.
    pub host: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The address of who asks.
    pub source: IpAddr,
    /// A number that is another one for each request: it chooses among several ways.
    pub number: usize,
}

/// A redirect to another address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The status: 301 or 302.
    pub status: u16,
    /// `http` or `https`.
    pub protocol: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: String,
    /// The path, and the query behind a question mark if there is one.
    pub path: String,
}

/// An answer that the listener gives by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// The way that a request takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To a target of the group with this ARN.
    Group(String),
    /// To another address.
    Redirect(Redirect),
    /// No further: this is the answer.
    Fixed(Fixed),
    /// No further, because the account doesn't model what is to happen.
    Unmodelled(String),
    /// Nowhere: nobody listens.
    Nowhere,
}

/// The way of a request that comes to this port of the load balancer `name`.
pub(crate) fn way(account: &Account, name: &str, port: i64, asked: &Asked<'_>) -> Way {
    let balancer = account.all::<Thing<LoadBalancer>>().values().find(|one| one.name == name);
    let arn = balancer.map(|balancer| balancer.arn.as_str());
    let mut listeners = account.all::<Thing<Listener>>().values();
    let Some(listener) = listeners.find(|one| Some(one.load_balancer.as_str()) == arn && one.port == port) else {
        return Way::Nowhere;
    };
    let mut rules: Vec<&Thing<Rule>> = of_listener(account, &listener.arn).collect();
    rules.sort_by_key(|rule| rule.priority);
    let rule = rules.into_iter().find(|rule| rule.conditions.iter().all(|condition| holds(condition, asked)));
    let actions = rule.map_or(&listener.actions, |rule| &rule.actions);
    act(account, actions, listener, asked)
}

/// The name of the load balancer with this name in the DNS.
pub(crate) fn balancer_of(account: &Account, dns_name: &str) -> Option<String> {
    let mut all = account.all::<Thing<LoadBalancer>>().values();
    all.find(|one| one.dns_name == dns_name).map(|one| one.name.clone())
}

fn act(account: &Account, actions: &[Value], listener: &Listener, asked: &Asked<'_>) -> Way {
    let kind = |action: &Value| text(action, "Type").unwrap_or_default();
    if let Some(action) = actions.iter().find(|action| kind(action).starts_with("authenticate")) {
        return Way::Unmodelled(format!("nobody signs in here: {} isn't modelled", kind(action)));
    }
    let Some(action) = actions.first() else { return Way::Nowhere };
    match kind(action).as_str() {
        "redirect" => Way::Redirect(redirect(&action["RedirectConfig"], listener, asked)),
        "fixed-response" => Way::Fixed(fixed(&action["FixedResponseConfig"])),
        _ => forward(account, &action["ForwardConfig"], asked),
    }
}

fn forward(account: &Account, config: &Value, asked: &Asked<'_>) -> Way {
    let weighted = || list(config, "TargetGroups").iter();
    let weight = |group: &Value| usize::try_from(number(group, "Weight").unwrap_or(1)).unwrap_or(0);
    let total: usize = weighted().map(weight).sum();
    let mut left = if total == 0 { 0 } else { asked.number % total };
    let chosen = weighted().find(|group| {
        let weight = weight(group);
        let is_here = left < weight;
        left = left.saturating_sub(weight);
        is_here
    });
    let Some(arn) = chosen.and_then(|group| text(group, "TargetGroupArn")) else {
        return Way::Unmodelled("no target group has any weight".to_owned());
    };
    let spoken = super::TARGET_GROUPS.get(account, &arn).map(|group| group.speaks());
    match spoken {
        Some(("HTTP", "HTTP1")) | None => Way::Group(arn),
        Some((protocol, version)) => {
            Way::Unmodelled(format!("its target group speaks {protocol} {version}, and here only HTTP1 is spoken"))
        }
    }
}

fn redirect(config: &Value, listener: &Listener, asked: &Asked<'_>) -> Redirect {
    let fill = |member: &str| {
        let given = text(config, member).unwrap_or_default();
        [
            ("#{protocol}", listener.protocol.as_str()),
            ("#{host}", asked.host),
            ("#{port}", &listener.port.to_string()),
            ("#{path}", asked.path.trim_start_matches('/')),
            ("#{query}", asked.query),
        ]
        .iter()
        .fold(given, |filled, (hole, value)| filled.replace(hole, value))
    };
    let (path, query) = (fill("Path"), fill("Query"));
    Redirect {
        status: if config["StatusCode"] == "HTTP_301" { 301 } else { 302 },
        protocol: fill("Protocol").to_ascii_lowercase(),
        host: fill("Host"),
        port: fill("Port"),
        path: if query.is_empty() { path } else { format!("{path}?{query}") },
    }
}

fn fixed(config: &Value) -> Fixed {
    Fixed {
        status: number(config, "StatusCode").and_then(|code| u16::try_from(code).ok()).unwrap_or(503),
        content_type: text(config, "ContentType").unwrap_or_else(|| "text/plain".to_owned()),
        body: text(config, "MessageBody").unwrap_or_default(),
    }
}

/// Returns whether a condition holds of a request: one of its values is enough.
fn holds(condition: &Value, asked: &Asked<'_>) -> bool {
    let values = |config: &str| texts(&condition[config], "Values");
    let any = |values: Vec<String>, found: &str| values.iter().any(|value| fits_any_case(value, found));
    match text(condition, "Field").unwrap_or_default().as_str() {
        "path-pattern" => values("PathPatternConfig").iter().any(|value| fits(value, asked.path)),
        "host-header" => any(values("HostHeaderConfig"), asked.host),
        "http-request-method" => values("HttpRequestMethodConfig").iter().any(|value| value == asked.method),
        "source-ip" => {
            let ranges = values("SourceIpConfig").into_iter().filter_map(|range| range.parse::<IpNet>().ok());
            ranges.into_iter().any(|range| range.contains(&asked.source))
        }
        "http-header" => {
            let config = &condition["HttpHeaderConfig"];
            let name = text(config, "HttpHeaderName").unwrap_or_default();
            let sent = asked.headers.get_all(name.as_str()).iter().filter_map(|value| value.to_str().ok());
            sent.into_iter().any(|sent| any(texts(config, "Values"), sent))
        }
        "query-string" => list(&condition["QueryStringConfig"], "Values").iter().any(|pair| {
            let mut given = form_urlencoded::parse(asked.query.as_bytes());
            given.any(|(key, value)| {
                text(pair, "Key").is_none_or(|wanted| fits_any_case(&wanted, &key))
                    && fits_any_case(&text(pair, "Value").unwrap_or_default(), &value)
            })
        }),
        _ => false,
    }
}

fn fits_any_case(pattern: &str, text: &str) -> bool {
    fits(&pattern.to_lowercase(), &text.to_lowercase())
}

/// Returns whether a pattern is about a text: `*` is any number of signs, `?` is one, and a backslash before them takes
/// their meaning away.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // The place behind the last star, and the sign up to which that star reaches.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let literal = match (pattern.get(at), pattern.get(at + 1)) {
            (Some('\\'), Some(sign @ ('*' | '?'))) => Some((sign, 2)),
            (Some('*'), _) => {
                star = Some((at + 1, read));
                at += 1;
                continue;
            }
            (Some(sign), _) => Some((sign, 1)),
            (None, _) if read == text.len() => return true,
            (None, _) => None,
        };
        let is_one = |sign: char, length: usize| sign == '?' && length == 1;
        match (literal, text.get(read)) {
            (Some((sign, length)), Some(found)) if sign == found || is_one(*sign, length) => {
                at += length;
                read += 1;
            }
            _ => match star {
                Some((behind, reached)) if reached < text.len() => {
                    star = Some((behind, reached + 1));
                    (at, read) = (behind, reached + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_have_two_signs_with_a_meaning() {
        let cases = [
            ("/api/*", "/api/", true),
            ("/api/*", "/api/a/b", true),
            ("/api/*", "/api", false),
            ("/API/*", "/api/a", false),
            ("*", "", true),
            ("*.png", "/a.png.png", true),
            ("*.png", "/a.pn", false),
            ("/?", "/a", true),
            ("/?", "/ab", false),
            ("/a*b*c", "/axxbyyc", true),
            ("/a*b*c", "/axxcyy", false),
            (r"/\*", "/*", true),
            (r"/\*", "/a", false),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn conditions_look_at_what_they_name() {
        let mut headers = HeaderMap::new();
        headers.insert("x-kind", "Beta".parse().unwrap());
        let asked = Asked {
            method: "GET",
            host: "api.example.com",
            path: "/Img/a.png",
            query: "version=v1&x=a%20b",
            headers: &headers,
            source: [127, 0, 0, 1].into(),
            number: 0,
        };
        let cases = [
            (json!({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/b", "/Img/*"]}}), true),
            (json!({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/img/*"]}}), false),
            (json!({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.EXAMPLE.com"]}}), true),
            (json!({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}}), false),
            (json!({"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}}), true),
            (json!({"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}), false),
            (
                json!({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["beta"]}}),
                true,
            ),
            (
                json!({"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "Version", "Value": "V?"}]}}),
                true,
            ),
            (json!({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "a b"}]}}), true),
            (json!({"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "y", "Value": "*"}]}}), false),
            (json!({"Field": "something-new"}), false),
        ];
        for (condition, expected) in cases {
            assert_eq!(holds(&condition, &asked), expected, "{condition}");
        }
    }
}
