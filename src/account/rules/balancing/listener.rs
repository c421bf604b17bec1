//! Rules for CreateListener, ModifyListener and ModifyListenerAttributes.

use serde_json::Value;

use super::action::ACTIONS;
use super::attributes::{self, Of};
use super::{HTTP, NETWORK, is_of_network};
use crate::rules::input::{each, is_given, number, one_of, text};
use crate::rules::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateListener, Elastic Load Balancing API";
/// The rules for CreateListener. `loadBalancer` holds the type of the listener's, which no call says.
pub static LISTENER: Rules = Rules::new(
    "CreateListener",
    r#"{
        "loadBalancerArn": "web", "port": 80, "protocol": "HTTP", "loadBalancer": {"type": "application"},
        "defaultActions": [{"type": "redirect",
            "redirectConfig": {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}]
    }"#,
    &[RULES, ACTIONS],
);

/// The rules for the attributes of a listener: `protocol` is the listener's, which no call says.
pub static LISTENER_ATTRIBUTES: Rules = Rules::new(
    "ModifyListenerAttributes",
    r#"{"protocol": "HTTPS", "attributes": {"routing.http.response.server.enabled": "false"}}"#,
    &[ATTRIBUTE_RULES],
);

const RULES: &[Rule] = &[
    Rule::new("a listener has a port from 1 to 65535", CREATE, &["port = 0", "port = 65536"], |input, found| {
        if let Some(port) = number(&input["port"]).filter(|port| !(1..=65535).contains(port)) {
            found.at("port", format!("{port} is not a port")).said(format!("Port '{port}' is not valid"));
        }
    }),
    Rule::new(
        "a listener of an application load balancer speaks HTTP or HTTPS, one of a network load balancer TCP, TLS or UDP",
        CREATE,
        &[
            r#"protocol = "TCP" && defaultActions = [{"type": "forward", "targetGroupArn": "a"}] @ protocol"#,
            r#"loadBalancer.type = "network" @ protocol"#,
            r#"protocol = "SCTP""#,
        ],
        |input, found| {
            let Some(protocol) = text(&input["protocol"]) else { return };
            let kinds = [("application", &HTTP[..]), ("network", &NETWORK[..])];
            let its = text(&input["loadBalancer"]["type"]);
            let words = kinds.iter().filter(|(kind, _)| its.is_none_or(|its| its == *kind));
            let words: Vec<&str> = words.flat_map(|(_, words)| words.iter().copied()).collect();
            if words.is_empty() || words.contains(&protocol) {
                return;
            }
            let kind = its.map_or_else(|| "a".to_owned(), |its| format!("an {its}").replace("an n", "a n"));
            let message = format!("a listener of {kind} load balancer speaks {}, not `{protocol}`", words.join(", "));
            let said =
                format!("Listener protocol '{protocol}' is not supported by {} load balancers", its.unwrap_or("any"));
            found.at("protocol", message).said(said);
        },
    ),
    Rule::new(
        "HTTPS and TLS have a certificate, of ACM or IAM; what isn't spoken over TLS has none, and no TLS policy",
        CREATE,
        &[
            r#"protocol = "HTTPS" && port = 443 && defaultActions = [{"type": "fixed-response",
              "fixedResponseConfig": {"statusCode": "200"}}] @ certificates"#,
            r#"loadBalancer.type = "network" && protocol = "TLS" && defaultActions = [{"type": "forward",
              "targetGroupArn": "a"}] @ certificates"#,
            r#"protocol = "HTTPS" && port = 443 && defaultActions = [{"type": "fixed-response",
              "fixedResponseConfig": {"statusCode": "200"}}] && certificates = [{"certificateArn":
              "arn:aws:s3:::a"}] @ certificates[0].certificateArn"#,
            r#"certificates = [{"certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}]"#,
            r#"sslPolicy = "ELBSecurityPolicy-2016-08""#,
        ],
        |input, found| {
            let count = input["certificates"].as_array().map_or(0, Vec::len);
            match (text(&input["protocol"]), count) {
                (Some(protocol @ ("HTTPS" | "TLS")), 0) => {
                    found
                        .at("certificates", format!("{protocol} needs a certificate"))
                        .said(format!("A certificate must be specified for {protocol} listeners"));
                }
                (None | Some("HTTPS" | "TLS"), _) => {}
                (Some(_), _) => {
                    for field in ["certificates", "sslPolicy"].into_iter().filter(|field| is_given(&input[*field])) {
                        found.at(field, format!("only HTTPS and TLS have `{field}`"));
                    }
                }
            }
            for (path, arn) in each(input, "certificates[].certificateArn") {
                let is_certificate = |arn: &str| {
                    arn.contains(":acm:") && arn.contains(":certificate/")
                        || arn.contains(":iam::") && arn.contains(":server-certificate/")
                };
                if let Some(arn) = text(arn).filter(|arn| !is_certificate(arn)) {
                    found
                        .at(path, format!("`{arn}` is not the ARN of a certificate of ACM or IAM"))
                        .said(format!("Certificate ARN '{arn}' is not valid"));
                }
            }
        },
    ),
    Rule::new(
        "a TLS listener has one ALPN policy, and no other listener has one",
        CREATE,
        &[
            r#"alpnPolicy = ["HTTP2Preferred"]"#,
            r#"loadBalancer.type = "network" && protocol = "TLS" && certificates = [{"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/a"}] && defaultActions = [{"type": "forward",
              "targetGroupArn": "a"}] && alpnPolicy = ["HTTP3"] @ alpnPolicy[0]"#,
        ],
        |input, found| {
            let words = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];
            one_of(input, "alpnPolicy[]", &words, found);
            if is_given(&input["alpnPolicy"]) && text(&input["protocol"]).is_some_and(|protocol| protocol != "TLS") {
                found.at("alpnPolicy", "only a TLS listener of a network load balancer has an ALPN policy");
            }
        },
    ),
    Rule::new(
        "a listener of a network load balancer forwards",
        "Action, Elastic Load Balancing API",
        &[r#"loadBalancer.type = "network" && protocol = "TCP" @ defaultActions[0].type"#],
        |input, found| {
            for (path, kind) in each(input, "defaultActions[].type") {
                if text(&input["protocol"]).is_some_and(is_of_network)
                    && text(kind).is_some_and(|kind| kind != "forward")
                {
                    found.here(path);
                }
            }
        },
    ),
    Rule::new("a listener has a default action", CREATE, &["defaultActions = []"], |input, found| {
        if !is_given(&input["defaultActions"]) {
            found.at("defaultActions", "a listener needs an action");
        }
    })
    .words("A listener must have a default action"),
];

/// The page of the attributes.
const ATTRIBUTES: &str = "ListenerAttribute, Elastic Load Balancing API";

const ATTRIBUTE_RULES: &[Rule] = &[
    Rule::new(
        "a listener has an attribute that AWS knows",
        ATTRIBUTES,
        &[
            r#"attributes.'routing.http.response.server' = "false""#,
            r#"attributes.'tcp.idle_timeout.seconds' = "60""#,
            r#"protocol = "TCP" @ attributes.routing.http.response.server.enabled"#,
        ],
        |input, found| attributes::keys(input, attributes::LISTENER, kind(input), "Listener", found),
    ),
    Rule::new(
        "an attribute of a listener has a value that AWS takes",
        ATTRIBUTES,
        &[
            r#"attributes.'routing.http.response.server.enabled' = "no""#,
            r#"protocol = "TCP" && attributes = {"tcp.idle_timeout.seconds": "59"} @ attributes.tcp.idle_timeout.seconds"#,
        ],
        |input, found| attributes::values(input, attributes::LISTENER, kind(input), "Listener", found),
    ),
    Rule::new(
        "only a TCP listener has a timeout of its own, and only an HTTPS listener tells targets of its clients' TLS",
        "Update the TCP idle timeout for your Network Load Balancer listener; HTTP header modification, user guides",
        &[
            r#"protocol = "TLS" && attributes = {"tcp.idle_timeout.seconds": "60"} @ attributes.tcp.idle_timeout.seconds"#,
            r#"protocol = "HTTP" && attributes = {"routing.http.request.x_amzn_tls_version.header_name": "TLS"} @
              attributes.routing.http.request.x_amzn_tls_version.header_name"#,
        ],
        |input, found| {
            let protocol = text(&input["protocol"]);
            for key in input["attributes"].as_object().into_iter().flatten().map(|(key, _)| key) {
                let only = match key.split('.').collect::<Vec<_>>()[..] {
                    ["tcp", ..] => "TCP",
                    ["routing", "http", "request", ..] => "HTTPS",
                    _ => continue,
                };
                let is_near = protocol.is_some_and(|protocol| is_of_network(protocol) == is_of_network(only));
                if is_near && protocol != Some(only) {
                    found.at(format!("attributes.{key}"), format!("only a listener of {only} has `{key}`"));
                }
            }
        },
    ),
];

/// The kind of the load balancer whose listener has the attributes.
fn kind(input: &Value) -> Option<Of> {
    text(&input["protocol"]).map(|protocol| if is_of_network(protocol) { Of::Network } else { Of::Application })
}
