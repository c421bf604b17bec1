//! Actions on requests, as listeners and rules read back.

use serde_json::{Value, json};

use super::{TARGET_GROUPS, invalid, load_balancers_of};
use crate::account::Account;
use crate::input::{is_true, list, number, set, text};
use crate::rules;
use crate::wire::Fault;

/// The parts of a redirect that keep what the request has (RedirectActionConfig, Elastic Load Balancing API).
const REDIRECT: [(&str, &str); 5] = [
    ("Protocol", "#{protocol}"),
    ("Port", "#{port}"),
    ("Host", "#{host}"),
    ("Path", "/#{path}"),
    ("Query", "#{query}"),
];

/// What signing in is, if nothing is said (AuthenticateOidcActionConfig, AuthenticateCognitoActionConfig, Elastic Load
/// Balancing API).
const SIGN_IN: [(&str, &str); 4] = [
    ("SessionCookieName", "AWSELBAuthSessionCookie"),
    ("Scope", "openid"),
    ("SessionTimeout", "604800"),
    ("OnUnauthenticatedRequest", "authenticate"),
];

/// The target groups to which actions send requests.
pub(super) fn target_groups(actions: &[Value]) -> impl Iterator<Item = &str> {
    let weighted = actions.iter().flat_map(|action| list(&action["ForwardConfig"], "TargetGroups"));
    weighted.filter_map(|group| group["TargetGroupArn"].as_str())
}

/// The actions of a request about a listener of this load balancer and protocol, as they read back. `old` are those before.
pub(super) fn taken(
    account: &Account,
    listener: (&str, &str),
    given: &[Value],
    old: &[Value],
) -> Result<Vec<Value>, Fault> {
    given.iter().map(|action| filled(account, listener, action, old)).collect()
}

/// An action with all that AWS adds: for a forward both ways of naming the target group. Its order isn't added.
fn filled(account: &Account, listener: (&str, &str), action: &Value, old: &[Value]) -> Result<Value, Fault> {
    let mut full = action.clone();
    match text(action, "Type").as_deref() {
        Some("forward") => forward(account, listener, &mut full)?,
        Some("redirect") => fill(&mut full["RedirectConfig"], &REDIRECT),
        Some("authenticate-oidc") => sign_in(&mut full["AuthenticateOidcConfig"], old)?,
        Some("authenticate-cognito") => fill(&mut full["AuthenticateCognitoConfig"], &SIGN_IN),
        _ => {}
    }
    Ok(full)
}

fn fill(config: &mut Value, defaults: &[(&str, &str)]) {
    for (member, value) in defaults {
        if config[*member].is_null() {
            config[*member] = (*value).into();
        }
    }
}

/// The secret of a client is never answered. A change may leave it out, if it says so and there is one.
fn sign_in(config: &mut Value, old: &[Value]) -> Result<(), Fault> {
    let has_one = old.iter().any(|action| action["Type"] == "authenticate-oidc");
    let keeps = is_true(config, "UseExistingClientSecret") && has_one;
    if text(config, "ClientSecret").is_none() && !keeps {
        return Err(invalid("You must specify a client secret"));
    }
    fill(config, &SIGN_IN);
    config["ClientSecret"] = Value::Null;
    config["UseExistingClientSecret"] = Value::Null;
    *config = set(config.take());
    Ok(())
}

fn forward(account: &Account, listener: (&str, &str), full: &mut Value) -> Result<(), Fault> {
    let config = &full["ForwardConfig"];
    let weighted = list(config, "TargetGroups").iter().map(|group| {
        let weight = number(group, "Weight").unwrap_or(1);
        json!({ "TargetGroupArn": group["TargetGroupArn"], "Weight": weight })
    });
    let mut groups: Vec<Value> = weighted.collect();
    if groups.is_empty() {
        groups.push(json!({ "TargetGroupArn": full["TargetGroupArn"], "Weight": 1 }));
    }
    for group in &groups {
        check_target_group(account, listener, group["TargetGroupArn"].as_str().unwrap_or_default())?;
    }
    let stickiness = match &config["TargetGroupStickinessConfig"] {
        Value::Null => json!({ "Enabled": "false" }),
        given => given.clone(),
    };
    full["TargetGroupArn"] = match groups.as_slice() {
        [only] => only["TargetGroupArn"].clone(),
        _ => Value::Null,
    };
    full["ForwardConfig"] = json!({ "TargetGroups": groups, "TargetGroupStickinessConfig": stickiness });
    Ok(())
}

/// Checks that a target group exists, speaks what the listener forwards, and serves no other load balancer.
fn check_target_group(account: &Account, (load_balancer, protocol): (&str, &str), arn: &str) -> Result<(), Fault> {
    let (targets, version) = TARGET_GROUPS.find(account, arn)?.1.speaks();
    if let Some(words) = rules::misfit(protocol, targets, version) {
        return Err(Fault::client("IncompatibleProtocols", format!("{words}: {arn}")));
    }
    if load_balancers_of(account, arn).iter().any(|other| other != load_balancer) {
        let message =
            format!("The following target groups cannot be associated with more than one load balancer: {arn}");
        return Err(Fault::client("TargetGroupAssociationLimit", message));
    }
    Ok(())
}
