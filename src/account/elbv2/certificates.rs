//! The certificates of a listener beside its default one: clients get the one whose name they ask for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::listeners::{Listener, certificates};
use super::{LISTENERS, invalid};
use crate::account::Account;
use crate::input::need;
use crate::shelf::Thing;
use crate::wire::{Answer, Fault};

/// The most certificates of a load balancer beside the default ones ("Quotas for your Application Load Balancers", user
/// guide).
const MOST: usize = 25;

/// `AddListenerCertificates`: one that is there already is success.
pub(super) fn add(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    let listener = LISTENERS.find(account, &arn)?.1;
    if listener.certificates.is_empty() {
        return Err(invalid("Certificates can be added to HTTPS and TLS listeners only"));
    }
    let named = certificates(account, input)?;
    let all = account.all::<Thing<Listener>>().values().filter(|one| one.load_balancer == listener.load_balancer);
    let all: BTreeSet<&String> = all.flat_map(|one| &one.more).chain(&named).collect();
    if all.len() > MOST {
        let message = format!("A load balancer has at most {MOST} certificates beside the default ones");
        return Err(Fault::client("TooManyCertificates", message));
    }
    let shown: Value = named.iter().map(|arn| json!({ "CertificateArn": arn, "IsDefault": false })).collect();
    LISTENERS.find_mut(account, &arn)?.1.more.extend(named);
    Ok(json!({ "Certificates": shown }))
}

/// `RemoveListenerCertificates`: one that isn't there is success, and the default one stays.
pub(super) fn remove(account: &mut Account, input: &Value) -> Answer {
    let (_, listener) = LISTENERS.find_mut(account, &need(input, "ListenerArn")?)?;
    for certificate in input["Certificates"].as_array().into_iter().flatten() {
        let arn = need(certificate, "CertificateArn")?;
        if !listener.more.remove(&arn) && listener.certificates.contains(&arn) {
            let message = "The default certificate of a listener cannot be removed";
            return Err(Fault::client("OperationNotPermitted", message));
        }
    }
    Ok(json!({}))
}

/// `DescribeListenerCertificates`: the default one first.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let listener = LISTENERS.find(account, &need(input, "ListenerArn")?)?.1;
    let default = listener.certificates.iter().map(|arn| (arn, true));
    let all = default.chain(listener.more.iter().map(|arn| (arn, false)));
    super::PAGES.of(
        account,
        input,
        "Certificates",
        all,
        |(arn, is_default)| json!({ "CertificateArn": arn, "IsDefault": is_default }),
    )
}
