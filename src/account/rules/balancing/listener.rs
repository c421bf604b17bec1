//! Rules for CreateListener and ModifyListener.

use super::action::ACTIONS;
use crate::rules::input::{each, is_given, number, text};
use crate::rules::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateListener, Elastic Load Balancing API";
/// The rules for CreateListener.
pub static LISTENER: Rules = Rules::new(
    "CreateListener",
    r#"{
        "loadBalancerArn": "web", "port": 80, "protocol": "HTTP",
        "defaultActions": [{"type": "redirect",
            "redirectConfig": {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}]
    }"#,
    &[RULES, ACTIONS],
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
        "HTTPS has a certificate, of ACM or IAM; HTTP has none, no TLS policy and no ALPN policy",
        CREATE,
        &[
            r#"protocol = "HTTPS" && port = 443 && defaultActions = [{"type": "fixed-response",
              "fixedResponseConfig": {"statusCode": "200"}}] @ certificates"#,
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
];
