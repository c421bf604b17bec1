//! Listeners and their default actions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tags::check_new;
use super::{Attributed, LISTENERS, LOAD_BALANCERS, actions, attributes, invalid, remove_listener};
use crate::account::Account;
use crate::acm::is_issued;
use crate::input::{list, need, number, text, texts};
use crate::rules::{self, Rules, TagMap};
use crate::shelf::{Body, Thing};
use crate::wire::{Answer, Fault};

/// The protocols that are spoken over TLS.
const SECURE: [&str; 2] = ["HTTPS", "TLS"];
/// The policy of such a listener that names none.
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// A listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) load_balancer: String,
    pub(super) port: i64,
    pub(super) protocol: String,
    ssl_policy: Option<String>,
    #[serde(default)]
    alpn_policy: Vec<String>,
    pub(super) certificates: Vec<String>,
    /// The certificates that clients get who ask for one of their names.
    #[serde(default)]
    pub(super) more: BTreeSet<String>,
    /// The actions as they read back: with everything filled in that AWS fills in.
    pub(super) actions: Vec<Value>,
    #[serde(default)]
    attributes: TagMap,
}

impl Body for Listener {}

impl Attributed for Listener {
    const ARN: &'static str = "ListenerArn";
    const RULES: &'static Rules = &rules::LISTENER_ATTRIBUTES;

    /// A listener has none.
    fn name(&self) -> &str {
        ""
    }

    fn about(&self) -> Value {
        json!({ "protocol": self.protocol })
    }

    fn attributes(&mut self) -> &mut TagMap {
        &mut self.attributes
    }
}

impl Listener {
    /// The listener's load balancer and protocol.
    pub(super) fn place(&self) -> (&str, &str) {
        (&self.load_balancer, &self.protocol)
    }
}

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let load_balancer = need(input, "LoadBalancerArn")?;
    let port = number(input, "Port").ok_or_else(|| invalid("A port must be specified"))?;
    check_new(input)?;
    check(account, &load_balancer, input)?;
    LOAD_BALANCERS.find(account, &load_balancer)?;
    let protocol = text(input, "Protocol").unwrap_or_else(|| "HTTP".to_owned());
    check_port_is_free(account, &load_balancer, port, None)?;
    let actions = actions::taken(account, (&load_balancer, &protocol), list(input, "DefaultActions"), &[])?;
    let path = load_balancer.split(":loadbalancer/").nth(1).unwrap_or_default().to_owned();
    let listener = secured(Listener {
        attributes: attributes::listener_defaults(&protocol),
        load_balancer,
        port,
        protocol,
        ssl_policy: text(input, "SslPolicy"),
        alpn_policy: texts(input, "AlpnPolicy"),
        certificates: default_certificate(account, input)?,
        more: BTreeSet::new(),
        actions,
    });
    let id = account.unique_hex(16);
    let arn = account.arn("elasticloadbalancing", &format!("listener/{path}/{id}"));
    let shown = render(&arn, &listener);
    LISTENERS.create(account, &arn, arn.clone(), input, listener)?;
    Ok(json!({ "Listeners": [shown] }))
}

/// `DescribeListeners`: those of one load balancer, or those of the given ARNs.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let arns = texts(input, "ListenerArns");
    let mut listeners: Vec<&Thing<Listener>> = match text(input, "LoadBalancerArn") {
        Some(arn) => {
            LOAD_BALANCERS.find(account, &arn)?;
            account.all::<Thing<Listener>>().values().filter(|listener| listener.load_balancer == arn).collect()
        }
        None if arns.is_empty() => {
            return Err(invalid("You must specify either listener ARNs or a load balancer ARN"));
        }
        None => arns.iter().map(|arn| Ok(LISTENERS.find(account, arn)?.1)).collect::<Result<_, Fault>>()?,
    };
    listeners.sort_by_key(|listener| listener.port);
    super::PAGES.of(account, input, "Listeners", listeners, |one| render(&one.arn, one))
}

/// `ModifyListener`: members that the request leaves out stay.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    let (_, old) = LISTENERS.find(account, &arn)?;
    let port = number(input, "Port").unwrap_or(old.port);
    let protocol = text(input, "Protocol").unwrap_or_else(|| old.protocol.clone());
    let place = (old.load_balancer.as_str(), protocol.as_str());
    check_port_is_free(account, &old.load_balancer, port, Some(&arn))?;
    let mut whole = render(&arn, old);
    if !SECURE.contains(&&*protocol) {
        // What only TLS has goes with it.
        whole["Certificates"] = json!([]);
        whole["SslPolicy"] = Value::Null;
        whole["AlpnPolicy"] = Value::Null;
    }
    whole.as_object_mut().into_iter().for_each(|whole| whole.extend(input.as_object().cloned().unwrap_or_default()));
    check(account, &old.load_balancer, &whole)?;
    let given_certificates = default_certificate(account, input)?;
    let mut attributes = attributes::listener_defaults(&protocol);
    let kept = old.attributes.iter().filter(|(key, _)| protocol == old.protocol || attributes.contains_key(*key));
    attributes.extend(kept.map(|(key, value)| (key.clone(), value.clone())).collect::<TagMap>());
    let listener = secured(Listener {
        load_balancer: old.load_balancer.clone(),
        port,
        ssl_policy: text(input, "SslPolicy").or_else(|| old.ssl_policy.clone()),
        alpn_policy: if input["AlpnPolicy"].is_null() { old.alpn_policy.clone() } else { texts(input, "AlpnPolicy") },
        more: old.more.clone(),
        attributes,
        certificates: if given_certificates.is_empty() { old.certificates.clone() } else { given_certificates },
        actions: match list(input, "DefaultActions") {
            [] => old.actions.clone(),
            given => actions::taken(account, place, given, &old.actions)?,
        },
        protocol: protocol.clone(),
    });
    let shown = render(&arn, &listener);
    **LISTENERS.find_mut(account, &arn)?.1 = listener;
    Ok(json!({ "Listeners": [shown] }))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    remove_listener(account, &arn)?;
    Ok(json!({}))
}

/// Asks the rules for the input, which know the type of the load balancer as well.
fn check(account: &Account, load_balancer: &str, input: &Value) -> Result<(), Fault> {
    let mut input = rules::small(input);
    let kind = LOAD_BALANCERS.get(account, load_balancer).map(|balancer| balancer.kind());
    input["loadBalancer"] = json!({ "type": kind });
    rules::LISTENER.check(&input, invalid)
}

/// A port is taken once: what speaks TCP and UDP on it is one listener of TCP_UDP ("Listeners for your Network Load
/// Balancers", user guide).
fn check_port_is_free(account: &Account, load_balancer: &str, port: i64, but: Option<&str>) -> Result<(), Fault> {
    let mut others = account.all::<Thing<Listener>>().values().filter(|one| Some(one.arn.as_str()) != but);
    if others.any(|one| one.load_balancer == load_balancer && one.port == port) {
        let message = "A listener already exists on this port for this load balancer";
        return Err(Fault::client("DuplicateListener", message));
    }
    Ok(())
}

/// Gives what is spoken over TLS a policy; all else has neither that nor a certificate.
fn secured(mut listener: Listener) -> Listener {
    if SECURE.contains(&&*listener.protocol) {
        listener.ssl_policy.get_or_insert_with(|| SSL_POLICY.to_owned());
    } else {
        listener.ssl_policy = None;
        listener.alpn_policy.clear();
        listener.certificates.clear();
        listener.more.clear();
    }
    listener
}

/// The default certificate, of which a listener has one: others are added.
fn default_certificate(account: &Account, input: &Value) -> Result<Vec<String>, Fault> {
    let named = certificates(account, input)?;
    if named.len() > 1 {
        return Err(invalid("You can specify only one certificate"));
    }
    Ok(named)
}

/// The certificates that a request names, all of which have to be there.
pub(super) fn certificates(account: &Account, input: &Value) -> Result<Vec<String>, Fault> {
    let named = list(input, "Certificates").iter().filter_map(|certificate| text(certificate, "CertificateArn"));
    let named: Vec<String> = named.collect();
    match named.iter().find(|arn| !is_issued(account, arn)) {
        Some(arn) => Err(Fault::client("CertificateNotFound", format!("Certificate '{arn}' not found"))),
        None => Ok(named),
    }
}

/// Returns whether the listener shows this certificate.
pub(super) fn shows(listener: &Listener, arn: &str) -> bool {
    listener.more.contains(arn) || listener.certificates.iter().any(|own| own == arn)
}

fn render(arn: &str, listener: &Listener) -> Value {
    let certificates: Value = listener.certificates.iter().map(|arn| json!({ "CertificateArn": arn })).collect();
    json!({
        "ListenerArn": arn,
        "LoadBalancerArn": listener.load_balancer,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "SslPolicy": listener.ssl_policy,
        "AlpnPolicy": Some(&listener.alpn_policy).filter(|policy| !policy.is_empty()),
        "Certificates": Some(certificates).filter(|_| SECURE.contains(&&*listener.protocol)),
        "DefaultActions": listener.actions,
    })
}
