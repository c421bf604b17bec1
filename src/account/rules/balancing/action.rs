//! Rules for actions on requests: those of a listener, which a rule of it takes as well.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::rules::Rule;
use crate::rules::input::{between, each, is_given, is_on, number, one_of, text};

/// The page of redirects.
const REDIRECT: &str = "RedirectActionConfig, Elastic Load Balancing API";
/// The page of forwards.
const FORWARD: &str = "ForwardActionConfig, Elastic Load Balancing API";
/// The page of signing in.
const AUTHENTICATE: &str = "Authenticate users using an Application Load Balancer, user guide";
/// The actions, each with what tells of it.
const KINDS: [(&str, &[&str]); 5] = [
    ("forward", &["targetGroupArn", "forwardConfig"]),
    ("redirect", &["redirectConfig"]),
    ("fixed-response", &["fixedResponseConfig"]),
    ("authenticate-oidc", &["authenticateOidcConfig"]),
    ("authenticate-cognito", &["authenticateCognitoConfig"]),
];

/// The rules for the default actions of a listener, whose protocol and port decide with them.
pub(super) const ACTIONS: &[Rule] = &[
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
                match KINDS.iter().find(|(known, _)| *known == kind) {
                    None => {
                        let known: Vec<&str> = KINDS.iter().map(|(known, _)| *known).collect();
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
        "a request is forwarded to one to five target groups, each once, with weights from 0 to 999",
        FORWARD,
        &[
            r#"defaultActions[0] = {"type": "forward", "forwardConfig": {"targetGroups": []}} @
              defaultActions[0].forwardConfig.targetGroups"#,
            r#"defaultActions[0] = {"type": "forward", "forwardConfig": {"targetGroups": [{"targetGroupArn": "a"},
              {"targetGroupArn": "a"}]}} @ defaultActions[0].forwardConfig.targetGroups[1].targetGroupArn"#,
            r#"defaultActions[0] = {"type": "forward", "forwardConfig": {"targetGroups": [{"targetGroupArn": "a",
              "weight": 1000}]}} @ defaultActions[0].forwardConfig.targetGroups[0].weight"#,
        ],
        |input, found| {
            for (path, config) in each(input, "defaultActions[].forwardConfig") {
                let groups = each(config, "targetGroups[]");
                if !(1..=5).contains(&groups.len()) {
                    found.at(format!("{path}.targetGroups"), "an action forwards to one to five target groups");
                }
                let mut seen = BTreeSet::new();
                for (place, group) in groups {
                    let arn = text(&group["targetGroupArn"]);
                    if let Some(arn) = arn.filter(|arn| !seen.insert(*arn)) {
                        found.at(format!("{path}.{place}.targetGroupArn"), format!("`{arn}` stands here twice"));
                    }
                }
            }
            between(input, "defaultActions[].forwardConfig.targetGroups[].weight", 0, 999, found);
        },
    ),
    Rule::new(
        "a forward that names its target group twice names the same one",
        FORWARD,
        &[r#"defaultActions[0] = {"type": "forward", "targetGroupArn": "a", "forwardConfig": {"targetGroups":
              [{"targetGroupArn": "b"}]}} @ defaultActions[0].targetGroupArn"#],
        |input, found| {
            for (path, action) in each(input, "defaultActions[]") {
                let groups = each(action, "forwardConfig.targetGroups[].targetGroupArn");
                let agree = groups.iter().all(|(_, group)| **group == action["targetGroupArn"]) && groups.len() < 2;
                if is_given(&action["targetGroupArn"]) && !agree {
                    found
                        .at(format!("{path}.targetGroupArn"), "`forwardConfig` says where the request goes")
                        .hint("leave out `targetGroupArn`");
                }
            }
        },
    )
    .words("You can specify both a target group and a forward configuration only if they agree"),
    Rule::new(
        "stickiness between target groups lasts 1 to 604800 seconds",
        "TargetGroupStickinessConfig, Elastic Load Balancing API",
        &[
            r#"defaultActions[0] = {"type": "forward", "forwardConfig": {"targetGroups": [{"targetGroupArn": "a"}],
              "targetGroupStickinessConfig": {"enabled": true}}} @
              defaultActions[0].forwardConfig.targetGroupStickinessConfig"#,
            r#"defaultActions[0] = {"type": "forward", "forwardConfig": {"targetGroups": [{"targetGroupArn": "a"}],
              "targetGroupStickinessConfig": {"enabled": true, "durationSeconds": 0}}} @
              defaultActions[0].forwardConfig.targetGroupStickinessConfig.durationSeconds"#,
        ],
        |input, found| {
            let path = "defaultActions[].forwardConfig.targetGroupStickinessConfig";
            for (path, config) in each(input, path) {
                if is_on(&config["enabled"]) && !is_given(&config["durationSeconds"]) {
                    found.at(path, "`durationSeconds` says how long a client stays with a target group");
                }
            }
            between(input, &format!("{path}.durationSeconds"), 1, 604_800, found);
        },
    ),
    Rule::new(
        "clients sign in over HTTPS only, and before the request is answered",
        AUTHENTICATE,
        &[
            r#"defaultActions[1] = {"type": "authenticate-cognito", "authenticateCognitoConfig": {"userPoolArn":
              "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a", "userPoolClientId": "a", "userPoolDomain": "a"}}
              @ defaultActions[1].type"#,
            r#"protocol = "HTTPS" && port = 443 && certificates = [{"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/a"}] && defaultActions = [{"type":
              "authenticate-cognito", "authenticateCognitoConfig": {"userPoolArn":
              "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a", "userPoolClientId": "a", "userPoolDomain":
              "a"}}]"#,
        ],
        |input, found| {
            let actions = each(input, "defaultActions[]");
            let asks = |action: &Value| text(&action["type"]).is_some_and(|kind| kind.starts_with("authenticate"));
            for (path, _) in actions.iter().filter(|(_, action)| asks(action) && input["protocol"] == "HTTP") {
                found.at(format!("{path}.type"), "clients sign in over HTTPS only");
            }
            if !actions.is_empty() && actions.iter().all(|(_, action)| asks(action)) {
                found
                    .at("defaultActions", "an action has to answer: forward, redirect or fixed-response")
                    .said("A default action list must contain exactly one forward, redirect or fixed-response action");
            }
        },
    ),
    Rule::new(
        "signing in names where clients do, lasts 1 to 604800 seconds, and allows, denies or asks others",
        AUTHENTICATE,
        &[
            r#"protocol = "HTTPS" && port = 443 && certificates = [{"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/a"}] && defaultActions[0].redirectConfig.port = "444" && defaultActions[1] = {"type": "authenticate-oidc",
              "authenticateOidcConfig": {"issuer": "http://a", "authorizationEndpoint": "https://a", "tokenEndpoint":
              "https://a", "userInfoEndpoint": "https://a", "clientId": "a", "clientSecret": "a"}} @
              defaultActions[1].authenticateOidcConfig.issuer"#,
            r#"protocol = "HTTPS" && port = 443 && certificates = [{"certificateArn":
              "arn:aws:acm:eu-west-1:123456789012:certificate/a"}] && defaultActions[0].redirectConfig.port = "444" && defaultActions[1] = {"type":
              "authenticate-cognito", "authenticateCognitoConfig": {"userPoolArn":
              "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/a", "userPoolClientId": "a", "userPoolDomain": "a",
              "onUnauthenticatedRequest": "refuse"}} @
              defaultActions[1].authenticateCognitoConfig.onUnauthenticatedRequest"#,
        ],
        |input, found| {
            for field in ["issuer", "authorizationEndpoint", "tokenEndpoint", "userInfoEndpoint"] {
                for (path, url) in each(input, &format!("defaultActions[].authenticateOidcConfig.{field}")) {
                    if let Some(url) = text(url).filter(|url| !url.starts_with("https://")) {
                        found.at(path, format!("`{url}` doesn't begin with https://"));
                    }
                }
            }
            for kind in ["authenticateOidcConfig", "authenticateCognitoConfig"] {
                let path = |field: &str| format!("defaultActions[].{kind}.{field}");
                one_of(input, &path("onUnauthenticatedRequest"), &["allow", "authenticate", "deny"], found);
                between(input, &path("sessionTimeout"), 1, 604_800, found);
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
