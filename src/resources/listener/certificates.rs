//! The certificates of a listener: the default one is a field of it, the others are added and taken away one by one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Listener;
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result};
use crate::model::Known;
use crate::resource::{Detail, Grant, Live, Need, Others, Place, RefOrArn, SpecRef, Wanted, document};
use crate::resources::certificate::reference;
use crate::resources::ecs::{list, text};

/// The protocols that are spoken over TLS.
const SECURE: [&str; 2] = ["HTTPS", "TLS"];
/// The policy of a listener that names none: AWS's own is older ("Security policies for your Application Load Balancer",
/// user guide).
const POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/// The references to certificates.
pub(super) fn refs(listener: &Listener) -> impl Iterator<Item = SpecRef> {
    let shown = listener.certificates.iter().flatten().enumerate();
    shown.filter_map(|(n, shown)| reference(&shown.certificate_arn, format!("certificates[{n}].certificateArn")))
}

/// The fields of a listener, in which certificates of the lab are known by and by.
pub(super) fn unknown(listener: &Listener) -> Value {
    let mut fields = document(listener);
    for (n, shown) in listener.certificates.iter().flatten().enumerate() {
        if let RefOrArn::Lab(reference) = &shown.certificate_arn {
            fields["certificates"][n]["certificateArn"] = format!("${{certificates.{}.arn}}", reference.name).into();
        }
    }
    fields
}

/// The certificates by their ARNs: the default one first, the others in the order in which they are compared.
pub(super) fn wanted(listener: &Listener, others: &Others) -> Value {
    let shown = listener.certificates.iter().flatten();
    in_order(shown.map(|shown| Known::shown(others.arn(&shown.certificate_arn))).collect())
}

/// The ARNs of certificates.
pub(super) fn arns(certificates: &Value) -> Value {
    let certificates = certificates.as_array().into_iter().flatten();
    certificates.map(|certificate| certificate["certificateArn"].clone()).collect()
}

fn in_order(mut arns: Vec<String>) -> Value {
    if let Some((_, others)) = arns.split_first_mut() {
        others.sort();
    }
    arns.into_iter().map(|arn| json!({ "certificateArn": arn })).collect()
}

/// Reads the certificates beside the default one, if they are compared.
///
/// # Errors
/// If they can't be read.
pub(super) async fn read(cloud: &Cloud, wanted: &Wanted<'_, Listener>, live: Live) -> Result<Live> {
    let default = list(&live.document, "certificates").next().map(|one| text(one, "certificateArn"));
    let Some(default) = default.filter(|_| wanted.spec.certificates.is_some() && wanted.detail == Detail::Fields)
    else {
        return Ok(live);
    };
    let asked = json!({ "ListenerArn": live.arn });
    let pages = cloud.pages(&ELASTIC_LOAD_BALANCING, "DescribeListenerCertificates", asked).await?;
    let all = pages.iter().flat_map(|page| list(page, "Certificates")).map(|one| text(one, "CertificateArn"));
    let others: BTreeSet<String> = all.filter(|arn| *arn != default).collect();
    let shown = in_order([default].into_iter().chain(others).collect());
    Ok(live.with("certificates", shown))
}

/// Leaves of the certificates in a call the default one, and gives the others; none if the call is about none. A listener
/// that comes to speak over TLS without naming a policy gets a current one.
pub(super) fn split(listener: &Listener, fields: &mut Map<String, Value>) -> Option<BTreeSet<String>> {
    if fields.contains_key("protocol") && SECURE.contains(&listener.protocol.as_str()) {
        fields.entry("sslPolicy").or_insert_with(|| POLICY.into());
    }
    let shown = fields.get_mut("certificates")?.as_array_mut()?;
    let others = shown.split_off(shown.len().min(1));
    Some(others.iter().map(|one| text(one, "certificateArn")).collect())
}

/// Lets a listener show these certificates beside its default one, and no others. One that is shown already may be added
/// again, and one that isn't may be taken away (AddListenerCertificates, RemoveListenerCertificates, API reference).
///
/// # Errors
/// AWS's refusal.
pub(super) async fn show(cloud: &Cloud, listener: Live, wanted: BTreeSet<String>) -> Result<Live> {
    let asked = json!({ "ListenerArn": listener.arn });
    let pages = cloud.pages(&ELASTIC_LOAD_BALANCING, "DescribeListenerCertificates", asked).await?;
    let all = pages.iter().flat_map(|page| list(page, "Certificates"));
    let is_default = |one: &&Value| one["IsDefault"] == true || one["IsDefault"] == "true";
    let have: BTreeSet<String> = all.filter(|one| !is_default(one)).map(|one| text(one, "CertificateArn")).collect();
    let changes = [
        ("AddListenerCertificates", wanted.difference(&have)),
        ("RemoveListenerCertificates", have.difference(&wanted)),
    ];
    for (operation, arns) in changes {
        let certificates: Vec<Value> = arns.map(|arn| json!({ "CertificateArn": arn })).collect();
        if !certificates.is_empty() {
            let asked = json!({ "ListenerArn": listener.arn, "Certificates": certificates });
            cloud.call(&ELASTIC_LOAD_BALANCING, operation, asked).await?;
        }
    }
    let default = list(&listener.document, "certificates").map(|one| text(one, "certificateArn"));
    let shown = in_order(default.take(1).chain(wanted).collect());
    Ok(listener.with("certificates", shown))
}

/// The permissions for that.
pub(super) fn grants(listener: &Listener, place: &Place) -> Vec<Grant> {
    if listener.certificates.is_none() {
        return Vec::new();
    }
    let change = &["elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:RemoveListenerCertificates"];
    vec![
        Grant::in_region(Need::Compare, &["elasticloadbalancing:DescribeListenerCertificates"], place),
        Grant::on_owned(Need::Change, change, place),
    ]
}
