//! Listeners and their default actions.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tags::check_new;
use super::{LISTENERS, LOAD_BALANCERS, TARGET_GROUPS, invalid, load_balancers_of, remove_listener};
use crate::account::Account;
use crate::input::{list, need, number, text, texts};
use crate::rules;
use crate::shelf::{Body, Thing};
use crate::wire::{Answer, Fault};

/// The policy of an HTTPS listener that names none.
const SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// A listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) load_balancer: String,
    port: i64,
    protocol: String,
    ssl_policy: Option<String>,
    certificates: Vec<String>,
    /// The actions as they read back: with everything filled in that AWS fills in.
    actions: Vec<Value>,
}

impl Body for Listener {}

impl Listener {
    /// The target groups to which this listener sends requests.
    pub(super) fn forwards_to(&self) -> impl Iterator<Item = &str> {
        let weighted = self.actions.iter().flat_map(|action| list(&action["ForwardConfig"], "TargetGroups"));
        weighted.filter_map(|group| group["TargetGroupArn"].as_str())
    }
}

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let load_balancer = need(input, "LoadBalancerArn")?;
    let port = number(input, "Port").ok_or_else(|| invalid("A port must be specified"))?;
    check_new(input)?;
    rules::LISTENER.check(&rules::small(input), invalid)?;
    LOAD_BALANCERS.find(account, &load_balancer)?;
    check_port_is_free(account, &load_balancer, port, None)?;
    let actions = actions(account, &load_balancer, input)?;
    let path = load_balancer.split(":loadbalancer/").nth(1).unwrap_or_default().to_owned();
    let listener = secured(Listener {
        load_balancer,
        port,
        protocol: text(input, "Protocol").unwrap_or_else(|| "HTTP".to_owned()),
        ssl_policy: text(input, "SslPolicy"),
        certificates: certificates(input),
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

/// `DescribeRules` of a listener: the default one, because others can't be made here.
pub(super) fn rules(account: &Account, input: &Value) -> Answer {
    let (arn, listener) = LISTENERS.find(account, &need(input, "ListenerArn")?)?;
    let id = arn.replace(":listener/", ":listener-rule/");
    let rule = json!({
        "RuleArn": format!("{id}/{}", arn.rsplit('/').next().unwrap_or_default()),
        "Priority": "default",
        "IsDefault": true,
        "Conditions": [],
        "Actions": listener.actions,
    });
    Ok(json!({ "Rules": [rule] }))
}

/// `ModifyListener`: members that the request leaves out stay.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    let (_, old) = LISTENERS.find(account, &arn)?;
    let port = number(input, "Port").unwrap_or(old.port);
    check_port_is_free(account, &old.load_balancer, port, Some(&arn))?;
    let protocol = text(input, "Protocol").unwrap_or_else(|| old.protocol.clone());
    let given_actions = !list(input, "DefaultActions").is_empty();
    let mut whole = render(&arn, old);
    if protocol == "HTTP" {
        // What only HTTPS has goes with it.
        whole["Certificates"] = json!([]);
        whole["SslPolicy"] = Value::Null;
    }
    whole.as_object_mut().into_iter().for_each(|whole| whole.extend(input.as_object().cloned().unwrap_or_default()));
    rules::LISTENER.check(&rules::small(&whole), invalid)?;
    let given_certificates = certificates(input);
    let listener = secured(Listener {
        load_balancer: old.load_balancer.clone(),
        port,
        ssl_policy: text(input, "SslPolicy").or_else(|| old.ssl_policy.clone()),
        certificates: if given_certificates.is_empty() { old.certificates.clone() } else { given_certificates },
        actions: if given_actions { actions(account, &old.load_balancer, input)? } else { old.actions.clone() },
        protocol,
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

fn check_port_is_free(account: &Account, load_balancer: &str, port: i64, but: Option<&str>) -> Result<(), Fault> {
    let mut others = account.all::<Thing<Listener>>().values().filter(|one| Some(one.arn.as_str()) != but);
    if others.any(|one| one.load_balancer == load_balancer && one.port == port) {
        let message = "A listener already exists on this port for this load balancer";
        return Err(Fault::client("DuplicateListener", message));
    }
    Ok(())
}

/// Gives HTTPS a policy; HTTP has neither that nor a certificate.
fn secured(mut listener: Listener) -> Listener {
    if listener.protocol == "HTTPS" {
        listener.ssl_policy.get_or_insert_with(|| SSL_POLICY.to_owned());
    } else {
        listener.ssl_policy = None;
        listener.certificates.clear();
    }
    listener
}

fn certificates(input: &Value) -> Vec<String> {
    list(input, "Certificates").iter().filter_map(|certificate| text(certificate, "CertificateArn")).collect()
}

/// The default actions of a request, as they read back.
fn actions(account: &Account, load_balancer: &str, input: &Value) -> Result<Vec<Value>, Fault> {
    let given = list(input, "DefaultActions");
    given.iter().map(|action| filled(account, load_balancer, action)).collect()
}

/// An action with all that AWS adds: for a forward both ways of naming the target group. Its order isn't added.
fn filled(account: &Account, load_balancer: &str, action: &Value) -> Result<Value, Fault> {
    let mut full = action.clone();
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
    for group in &groups {
        check_target_group(account, load_balancer, group["TargetGroupArn"].as_str().unwrap_or_default())?;
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

/// Checks that a target group exists and serves no other load balancer.
fn check_target_group(account: &Account, load_balancer: &str, arn: &str) -> Result<(), Fault> {
    TARGET_GROUPS.find(account, arn)?;
    if load_balancers_of(account, arn).iter().any(|other| other != load_balancer) {
        let message =
            format!("The following target groups cannot be associated with more than one load balancer: {arn}");
        return Err(Fault::client("TargetGroupAssociationLimit", message));
    }
    Ok(())
}

fn render(arn: &str, listener: &Listener) -> Value {
    let certificates: Value = listener.certificates.iter().map(|arn| json!({ "CertificateArn": arn })).collect();
    json!({
        "ListenerArn": arn,
        "LoadBalancerArn": listener.load_balancer,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "SslPolicy": listener.ssl_policy,
        "Certificates": Some(certificates).filter(|_| listener.protocol == "HTTPS"),
        "DefaultActions": listener.actions,
    })
}
