//! Rules for CreateListener and ModifyListener.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::rules::input::{each, is_given, number, one_of, text};
use crate::rules::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateListener, Elastic Load Balancing API";
/// The page of redirects.
const REDIRECT: &str = "RedirectActionConfig, Elastic Load Balancing API";
/// The actions, each with what tells of it.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("forward", &["targetGroupArn", "forwardConfig"]),
    ("redirect", &["redirectConfig"]),
    ("fixed-response", &["fixedResponseConfig"]),
    ("authenticate-oidc", &["authenticateOidcConfig"]),
    ("authenticate-cognito", &["authenticateCognitoConfig"]),
];

/// The rules for CreateListener.
pub static LISTENER: Rules = Rules::new(
    "CreateListener",
    r#"{
        "loadBalancerArn": "web", "port": 80, "protocol": "HTTP",
        "defaultActions": [{"type": "redirect",
            "redirectConfig": {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}]
    }"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new("a listener has a port from 1 to 65535", CREATE, &["port = 0", "port = 65536"], |input, found| {
        if let Some(port) = number(&input["port"]).filter(|port| !(1..=65535).contains(port)) {
            found.at("port", format!("{port} is not a port")).said(format!("Port '{port}' is not valid"));
        }
    }),
    Rule::new(
        "a listener of an application load balancer speaks HTTP or HTTPS",
        CREATE,
        &[r#"protocol = "TCP""#],
        |input, found| {
            if let Some(protocol) = text(&input["protocol"]).filter(|protocol| !["HTTP", "HTTPS"].contains(protocol)) {
                let message =
                    format!("a listener of an application load balancer speaks HTTP or HTTPS, not `{protocol}`");
                found
                    .at("protocol", message)
                    .said(format!("Listener protocol '{protocol}' is not supported by application load balancers"));
            }
        },
    ),
    Rule::new(
        "HTTPS has one default certificate, of ACM or IAM; HTTP has none, no TLS policy and no ALPN policy",
        CREATE,
        &[
            r#"protocol = "HTTPS" && port = 443 && defaultActions = [{"type": "fixed-response",
              "fixedResponseConfig": {"statusCode": "200"}}] @ certificates"#,
            r#"protocol = "HTTPS" && port = 443 && defaultActions = [{"type": "fixed-response",
              "fixedResponseConfig": {"statusCode": "200"}}] && certificates = [{"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/a"}, {"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/b"}]"#,
            r#"protocol = "HTTPS" && port = 443 && defaultActions = [{"type": "fixed-response",
              "fixedResponseConfig": {"statusCode": "200"}}] && certificates = [{"certificateArn":
              "arn:aws:s3:::a"}] @ certificates[0].certificateArn"#,
            r#"certificates = [{"certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}]"#,
            r#"sslPolicy = "ELBSecurityPolicy-2016-08""#,
            r#"alpnPolicy = ["HTTP2Preferred"]"#,
        ],
        |input, found| {
            let count = input["certificates"].as_array().map_or(0, Vec::len);
            match (input["protocol"].as_str(), count) {
                (Some("HTTPS"), 0) => {
                    found
                        .at("certificates", "HTTPS needs a certificate")
                        .said("A certificate must be specified for HTTPS listeners");
                }
                (Some("HTTPS"), 2..) => {
                    found
                        .at("certificates", "a listener is made with one certificate")
                        .hint("the others are added to it later, by `aws elbv2 add-listener-certificates`");
                }
                (Some("HTTP"), _) => {
                    for field in ["certificates", "sslPolicy"].into_iter().filter(|field| is_given(&input[*field])) {
                        found.at(field, format!("only HTTPS has `{field}`"));
                    }
                }
                _ => {}
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
            if is_given(&input["alpnPolicy"]) && ["HTTP", "HTTPS"].iter().any(|word| input["protocol"] == *word) {
                found.at("alpnPolicy", "only a TLS listener of a network load balancer has an ALPN policy");
            }
        },
    ),
    Rule::new("a listener has a default action", CREATE, &["defaultActions = []"], |input, found| {
        if !is_given(&input["defaultActions"]) {
            found.at("defaultActions", "a listener needs an action");
        }
    })
    .words("A listener must have a default action"),
    Rule::new(
        "an action is of a kind that AWS knows, and tells what that kind needs",
        "Action, Elastic Load Balancing API",
        &[
            r#"defaultActions[0].type = "proxy""#,
            r#"defaultActions[0] = {"type": "forward"}"#,
            r#"defaultActions[0] = {"type": "redirect"}"#,
            r#"defaultActions[0].type = "fixed-response" @ defaultActions[0]"#,
        ],
        |input, found| {
            for (path, action) in each(input, "defaultActions[]") {
                let Some(kind) = text(&action["type"]) else { continue };
                match ACTIONS.iter().find(|(known, _)| *known == kind) {
                    None => {
                        let known: Vec<&str> = ACTIONS.iter().map(|(known, _)| *known).collect();
                        found
                            .at(format!("{path}.type"), format!("there is no action `{kind}`"))
                            .hint(format!("AWS takes {}", known.join(", ")));
                    }
                    Some((_, fields)) if !fields.iter().any(|field| is_given(&action[*field])) => {
                        found.at(path, format!("{kind} needs {}", fields[0]));
                    }
                    Some(_) => {}
                }
            }
        },
    ),
    Rule::new(
        "of several actions each has a place of its own, and the last one answers",
        "Action, Elastic Load Balancing API",
        &[r#"defaultActions[1] = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200"}} @
              defaultActions"#],
        |input, found| {
            let actions = each(input, "defaultActions[]");
            let answers = |action: &Value| !action["type"].as_str().unwrap_or_default().starts_with("authenticate");
            if actions.iter().filter(|(_, action)| answers(action)).count() > 1 {
                found
                    .at("defaultActions", "only one action can answer: forward, redirect or fixed-response")
                    .said("A default action list must contain exactly one forward, redirect or fixed-response action");
            }
            let mut seen = BTreeSet::new();
            for (path, action) in &actions {
                if let Some(order) =
                    number(&action["order"]).filter(|order| !(1..=50000).contains(order) || !seen.insert(*order))
                {
                    found.at(format!("{path}.order"), format!("{order} is no place of its own from 1 to 50000"));
                }
            }
        },
    ),
    Rule::new(
        "a redirect is HTTP_301 or HTTP_302, to HTTP or HTTPS, to a port from 1 to 65535, to a path with a slash",
        REDIRECT,
        &[
            r#"defaultActions[0].redirectConfig.statusCode = "301""#,
            r#"defaultActions[0].redirectConfig.protocol = "https""#,
            r#"defaultActions[0].redirectConfig.port = "https""#,
            r#"defaultActions[0].redirectConfig.path = "new""#,
        ],
        |input, found| {
            one_of(input, "defaultActions[].redirectConfig.statusCode", &["HTTP_301", "HTTP_302"], found);
            one_of(input, "defaultActions[].redirectConfig.protocol", &["HTTP", "HTTPS", "#{protocol}"], found);
            let is_port =
                |port: &str| port == "#{port}" || port.parse().is_ok_and(|port: u32| (1..=65535).contains(&port));
            for (path, port) in each(input, "defaultActions[].redirectConfig.port") {
                if let Some(port) = text(port).filter(|port| !is_port(port)) {
                    found.at(path, format!("`{port}` is not a port: AWS takes 1 to 65535, or #{{port}}"));
                }
            }
            for (place, path) in each(input, "defaultActions[].redirectConfig.path") {
                if let Some(path) = text(path).filter(|path| !path.starts_with('/')) {
                    found.at(place, format!("`{path}` doesn't begin with a slash")).hint(format!("write `/{path}`"));
                }
            }
        },
    ),
    Rule::new(
        "a redirect leads somewhere else than to where it comes from",
        REDIRECT,
        &[
            r#"defaultActions[0].redirectConfig = {"statusCode": "HTTP_301"}"#,
            r#"defaultActions[0].redirectConfig = {"statusCode": "HTTP_301", "protocol": "HTTP", "port": "80"}"#,
        ],
        |input, found| {
            for (path, to) in each(input, "defaultActions[].redirectConfig") {
                let port = number(&input["port"]).map(|port| port.to_string());
                let same = [
                    ("protocol", "#{protocol}", input["protocol"].as_str()),
                    ("port", "#{port}", port.as_deref()),
                    ("host", "#{host}", None),
                    ("path", "/#{path}", None),
                ];
                let stays = |(field, kept, own): &(&str, &str, Option<&str>)| {
                    let value = to[*field].as_str();
                    value.is_none_or(|value| value == *kept || Some(value) == *own)
                };
                if same.iter().all(stays) && !is_given(&to["query"]) {
                    found.here(path);
                }
            }
        },
    )
    .words("The redirect configuration is not valid because it creates a loop."),
    Rule::new(
        "an HTTPS listener doesn't redirect to HTTP",
        REDIRECT,
        &[r#"protocol = "HTTPS" && port = 443 && certificates = [{"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/a"}] && defaultActions[0].redirectConfig.protocol =
              "HTTP""#],
        |input, found| {
            for (path, protocol) in each(input, "defaultActions[].redirectConfig.protocol") {
                if input["protocol"] == "HTTPS" && protocol == "HTTP" {
                    found.here(path);
                }
            }
        },
    ),
    Rule::new(
        "a fixed response has a code of 2xx, 4xx or 5xx, a known type and up to 1024 characters",
        "FixedResponseActionConfig, Elastic Load Balancing API",
        &[
            r#"defaultActions[0] = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "302"}} @
              defaultActions[0].fixedResponseConfig.statusCode"#,
            r#"defaultActions[0] = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200",
              "contentType": "text/xml"}} @ defaultActions[0].fixedResponseConfig.contentType"#,
            r#"defaultActions[0] = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200"}} &&
              defaultActions[0].fixedResponseConfig.messageBody = repeat 1025"#,
        ],
        |input, found| {
            let types = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
            one_of(input, "defaultActions[].fixedResponseConfig.contentType", &types, found);
            for (path, code) in each(input, "defaultActions[].fixedResponseConfig.statusCode") {
                let is_code = |code: &str| {
                    code.len() == 3
                        && code.starts_with(['2', '4', '5'])
                        && code.bytes().all(|byte| byte.is_ascii_digit())
                };
                if let Some(code) = text(code).filter(|code| !is_code(code)) {
                    found.at(path, format!("`{code}` is no code of 2xx, 4xx or 5xx"));
                }
            }
            for (path, body) in each(input, "defaultActions[].fixedResponseConfig.messageBody") {
                if text(body).is_some_and(|body| body.chars().count() > 1024) {
                    found.at(path, "a body has up to 1024 characters");
                }
            }
        },
    ),
];
