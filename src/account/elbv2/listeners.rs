//! Listeners and their default actions.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    State, chosen, invalid, load_balancers_of, new_tags, no_listener, no_load_balancer, no_target_group, paged,
    remove_listener, state, state_ref,
};
use crate::account::Account;
use crate::input::{list, need, number, text, texts};
use crate::wire::{Answer, Fault};

/// The policy of an HTTPS listener that names none.
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// One listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) load_balancer: String,
    port: i64,
    protocol: String,
    ssl_policy: Option<String>,
    certificates: Vec<String>,
    /// As they read back: with everything filled in that AWS fills in.
    actions: Vec<Value>,
    pub(super) created: i64,
}

impl Listener {
    /// The target groups to which this listener sends requests.
    pub(super) fn forwards_to(&self) -> Vec<&str> {
        let weighted = self.actions.iter().flat_map(|action| list(&action["ForwardConfig"], "TargetGroups"));
        weighted.filter_map(|group| group["TargetGroupArn"].as_str()).collect()
    }
}

/// `CreateListener`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let load_balancer = need(input, "LoadBalancerArn")?;
    let port = port(input)?.ok_or_else(|| invalid("A port must be specified"))?;
    let tags = new_tags(input)?;
    let state = state_ref(account);
    let Some(path) =
        state.load_balancers.get(&load_balancer).and_then(|_| load_balancer.split(":loadbalancer/").nth(1))
    else {
        return Err(no_load_balancer());
    };
    let path = path.to_owned();
    check_port_is_free(state, &load_balancer, port, None)?;
    let actions = actions(state, &load_balancer, input)?;
    let listener = secured(Listener {
        load_balancer,
        port,
        protocol: text(input, "Protocol").unwrap_or_else(|| "HTTP".to_owned()),
        ssl_policy: text(input, "SslPolicy"),
        certificates: certificates(input),
        actions,
        created: account.now,
    })?;
    let id = account.unique_hex(16);
    let arn = account.arn("elasticloadbalancing", &format!("listener/{path}/{id}"));
    let shown = render(&arn, &listener);
    let state = self::state(account);
    state.listeners.insert(arn.clone(), listener);
    state.tags.insert(arn, tags);
    Ok(json!({ "Listeners": [shown] }))
}

/// `DescribeListeners`: those of one load balancer, or those of the given ARNs.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let state = state_ref(account);
    let mut listeners = match text(input, "LoadBalancerArn") {
        Some(arn) if !state.load_balancers.contains_key(&arn) => return Err(no_load_balancer()),
        Some(arn) => state.listeners.iter().filter(|(_, listener)| listener.load_balancer == arn).collect(),
        None if texts(input, "ListenerArns").is_empty() => {
            return Err(invalid("You must specify either listener ARNs or a load balancer ARN"));
        }
        None => chosen(&state.listeners, input, ("ListenerArns", ""), |_| "", no_listener)?,
    };
    listeners.sort_by_key(|(_, listener)| listener.port);
    paged(account, input, "Listeners", listeners.into_iter().map(|(arn, one)| render(arn, one)).collect())
}

/// `ModifyListener`: what the request leaves out stays.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    let state = state_ref(account);
    let old = state.listeners.get(&arn).ok_or_else(no_listener)?;
    let port = port(input)?.unwrap_or(old.port);
    check_port_is_free(state, &old.load_balancer, port, Some(&arn))?;
    let protocol = text(input, "Protocol").unwrap_or_else(|| old.protocol.clone());
    let given_actions = !list(input, "DefaultActions").is_empty();
    let given_certificates = certificates(input);
    let listener = secured(Listener {
        load_balancer: old.load_balancer.clone(),
        port,
        ssl_policy: text(input, "SslPolicy").or_else(|| old.ssl_policy.clone()),
        certificates: if given_certificates.is_empty() { old.certificates.clone() } else { given_certificates },
        actions: if given_actions { actions(state, &old.load_balancer, input)? } else { old.actions.clone() },
        protocol,
        created: old.created,
    })?;
    let shown = render(&arn, &listener);
    self::state(account).listeners.insert(arn, listener);
    Ok(json!({ "Listeners": [shown] }))
}

/// `DeleteListener`.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    remove_listener(account, &arn).ok_or_else(no_listener)?;
    Ok(json!({}))
}

fn port(input: &Value) -> Result<Option<i64>, Fault> {
    match number(input, "Port") {
        Some(port) if !(1..=65535).contains(&port) => Err(invalid(format!("Port '{port}' is not valid"))),
        port => Ok(port),
    }
}

fn check_port_is_free(state: &State, load_balancer: &str, port: i64, but: Option<&str>) -> Result<(), Fault> {
    let taken = |arn: &str, one: &Listener| one.load_balancer == load_balancer && one.port == port && Some(arn) != but;
    if state.listeners.iter().any(|(arn, one)| taken(arn, one)) {
        let message = "A listener already exists on this port for this load balancer";
        return Err(Fault::client("DuplicateListener", message));
    }
    Ok(())
}

/// HTTPS needs a certificate and has a policy; HTTP has neither.
fn secured(mut listener: Listener) -> Result<Listener, Fault> {
    match listener.protocol.as_str() {
        "HTTP" => {
            listener.ssl_policy = None;
            listener.certificates.clear();
        }
        "HTTPS" if listener.certificates.is_empty() => {
            return Err(invalid("A certificate must be specified for HTTPS listeners"));
        }
        "HTTPS" => {
            listener.ssl_policy.get_or_insert_with(|| SSL_POLICY.to_owned());
        }
        other => {
            let message = format!("Listener protocol '{other}' is not supported by application load balancers");
            return Err(Fault::client("UnsupportedProtocol", message));
        }
    }
    Ok(listener)
}

fn certificates(input: &Value) -> Vec<String> {
    list(input, "Certificates").iter().filter_map(|certificate| text(certificate, "CertificateArn")).collect()
}

/// The default actions of a request, as they read back.
fn actions(state: &State, load_balancer: &str, input: &Value) -> Result<Vec<Value>, Fault> {
    let given = list(input, "DefaultActions");
    if given.is_empty() {
        return Err(invalid("A listener must have a default action"));
    }
    given.iter().zip(1_i64..).map(|(action, order)| filled(state, load_balancer, action, order)).collect()
}

/// One action with all that AWS adds: its order, and for a forward both ways of naming the target group.
fn filled(state: &State, load_balancer: &str, action: &Value, order: i64) -> Result<Value, Fault> {
    let mut full = action.clone();
    full["Order"] = json!(number(action, "Order").unwrap_or(order));
    if text(action, "Type").as_deref() != Some("forward") {
        return Ok(full);
    }
    let config = &action["ForwardConfig"];
    let mut groups: Vec<Value> = list(config, "TargetGroups")
        .iter()
        .map(|group| {
            let weight = number(group, "Weight").unwrap_or(1);
            json!({ "TargetGroupArn": group["TargetGroupArn"], "Weight": weight })
        })
        .collect();
    if let Some(arn) = text(action, "TargetGroupArn") {
        match groups.as_slice() {
            [] => groups.push(json!({ "TargetGroupArn": arn, "Weight": 1 })),
            [only] if only["TargetGroupArn"] == json!(arn) => {}
            _ => {
                return Err(invalid(
                    "You can specify both a target group and a forward configuration only if they agree",
                ));
            }
        }
    }
    if groups.is_empty() {
        return Err(invalid("A forward action must name a target group"));
    }
    for group in &groups {
        check_target_group(state, load_balancer, group["TargetGroupArn"].as_str().unwrap_or_default())?;
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
    Ok(full)
}

/// A target group must exist and may serve one load balancer only.
fn check_target_group(state: &State, load_balancer: &str, arn: &str) -> Result<(), Fault> {
    if !state.target_groups.contains_key(arn) {
        return Err(no_target_group());
    }
    if load_balancers_of(state, arn).iter().any(|other| other != load_balancer) {
        let message =
            format!("The following target groups cannot be associated with more than one load balancer: {arn}");
        return Err(Fault::client("TargetGroupAssociationLimit", message));
    }
    Ok(())
}

fn render(arn: &str, listener: &Listener) -> Value {
    let certificates: Vec<Value> = listener.certificates.iter().map(|arn| json!({ "CertificateArn": arn })).collect();
    json!({
        "ListenerArn": arn,
        "LoadBalancerArn": listener.load_balancer,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "SslPolicy": listener.ssl_policy,
        "Certificates": certificates,
        "DefaultActions": listener.actions,
    })
}
