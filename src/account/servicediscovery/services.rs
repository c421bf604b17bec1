//! Services in namespaces.

use serde_json::{Value, json};

use super::kept::{Change, Discovery, SERVICES, instances_of};
use super::operations::{begin, duplicate, under_way};
use super::{begun, id_of, instances, namespaces, passes, refused};
use crate::account::{Account, seconds};
use crate::input::{self, set, text};
use crate::rules::{DISCOVERY_NAME, RECORD_TTL};
use crate::shelf::Thing;
use crate::wire::{Answer, Fault};

/// The milliseconds that it takes to change a service.
const CHANGES: i64 = 5_000;
/// The records that one service may have together.
const TOGETHER: [&[&str]; 5] = [&["A"], &["AAAA"], &["A", "AAAA"], &["SRV"], &["CNAME"]];

/// Returns whether a record of the service of this ARN tells a port, if there is such a service.
pub(crate) fn tells_port(account: &Account, arn: &str) -> Option<bool> {
    let (_, service) = SERVICES.find(account, arn).ok()?;
    Some(input::list(&service.now.dns, "DnsRecords").iter().any(|record| record["Type"] == "SRV"))
}

/// Returns whether a service in the namespace of this ARN has the name.
pub(crate) fn is_taken(account: &Account, namespace: &str, name: &str) -> bool {
    let namespace = namespace.rsplit('/').next().unwrap_or_default();
    SERVICES.in_namespace(account, namespace).any(|(_, one)| one.name.eq_ignore_ascii_case(name))
}

/// Returns whether the service of this ARN is in the namespace of that one.
pub(crate) fn is_in(account: &Account, arn: &str, namespace: &str) -> bool {
    let found = SERVICES.find(account, arn);
    found.is_ok_and(|(_, service)| namespace.rsplit('/').next() == Some(service.namespace.as_str()))
}

/// Makes a service in the namespace of this ARN for ECS. Returns its ARN.
pub(crate) fn make_managed(account: &mut Account, namespace: &str, name: &str) -> String {
    let id = format!("srv-{}", account.unique_hex(16));
    let arn = account.arn("servicediscovery", &format!("service/{id}"));
    let namespace = namespace.rsplit('/').next().unwrap_or_default().to_owned();
    let (request, now) = (String::new(), Change::default());
    let body = Discovery { name: name.to_owned(), namespace, request, has_health: false, now, before: None };
    let tags = json!({"Tags": [{"Key": "AmazonECSManaged", "Value": "true"}]});
    // An id that is new is free.
    let _ = SERVICES.create(account, &id, arn.clone(), &tags, body);
    arn
}

/// Takes the service of this ARN away, with its instances, unless somebody else has.
pub(crate) fn forget(account: &mut Account, arn: &str) {
    if let Ok(id) = SERVICES.find(account, arn).map(|(id, _)| id.to_owned()) {
        instances::forget(account, &id);
        account.all_mut::<Thing<Discovery>>().remove(&id);
    }
}

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = text(input, "Name").unwrap_or_default();
    DISCOVERY_NAME.check(&name, || refused("The name of a service is made of labels of up to 63 characters."))?;
    let member = if input["NamespaceId"].is_null() { &input["DnsConfig"] } else { input };
    let (namespace, has_dns) = namespaces::find(account, member, "NamespaceId").map(|(id, one)| (id, one.has_dns()))?;
    let dns = &input["DnsConfig"];
    if !dns.is_null() && !has_dns {
        return Err(refused("DnsConfig is not allowed for a service in an HTTP namespace."));
    }
    if dns.is_null() && has_dns && input["Type"] != "HTTP" {
        return Err(refused("A service in a DNS namespace has a DnsConfig, or is of the type HTTP."));
    }
    check_records(dns)?;
    let request = text(input, "CreatorRequestId").unwrap_or_default();
    let other = SERVICES.in_namespace(account, &namespace).find(|(_, one)| one.name.eq_ignore_ascii_case(&name));
    if let Some((id, other)) = other {
        let fault = Fault::client("ServiceAlreadyExists", "Service already exists.");
        let fault = fault.with("ServiceId", id.as_str()).with("ServiceArn", other.arn.as_str());
        return Err(fault.with("CreatorRequestId", other.request.as_str()));
    }
    let id = format!("srv-{}", account.unique_hex(16));
    let arn = account.arn("servicediscovery", &format!("service/{id}"));
    let now = Change { description: text(input, "Description"), dns: dns.clone() };
    let has_health = !input["HealthCheckCustomConfig"].is_null();
    let body = Discovery { name, namespace, request, has_health, now, before: None };
    SERVICES.create(account, &id, arn, input, body)?;
    Ok(json!({ "Service": shown(account, &id, SERVICES.find(account, &id)?.1) }))
}

/// Refuses records that can't be together, or be kept for so long.
fn check_records(dns: &Value) -> Result<(), Fault> {
    if dns.is_null() {
        return Ok(());
    }
    let records = input::list(dns, "DnsRecords");
    let mut types: Vec<&str> = records.iter().filter_map(|record| record["Type"].as_str()).collect();
    types.sort_unstable();
    if !TOGETHER.contains(&types.as_slice()) {
        return Err(refused(format!("Records of these types can't be together: {}", types.join(", "))));
    }
    let policy = text(dns, "RoutingPolicy").unwrap_or_else(|| "MULTIVALUE".to_owned());
    if !["MULTIVALUE", "WEIGHTED"].contains(&policy.as_str()) {
        return Err(refused(format!("{policy} is no routing policy.")));
    }
    for record in records {
        RECORD_TTL
            .check(record["TTL"].as_i64(), |ttl| refused(format!("A record can't be kept for {ttl} seconds.")))?;
    }
    Ok(())
}

pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let (id, service) = SERVICES.find(account, &id_of(input, "Id"))?;
    let id = id.to_owned();
    let old = service.now.dns.clone();
    if old.is_null() {
        return Err(refused("Service in API-only namespace cannot be updated"));
    }
    if let Some(operation) = under_way(account, "UPDATE_SERVICE", "SERVICE", &id) {
        return Err(duplicate(&operation));
    }
    let change = &input["Service"];
    // Records that the call leaves out are taken away, and a type can't be changed (UpdateService, API reference).
    let records = &change["DnsConfig"]["DnsRecords"];
    let types = |records: &Value| {
        let all = records.as_array().into_iter().flatten();
        all.map(|record| record["Type"].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    if types(records) != types(&old["DnsRecords"]) {
        return Err(refused("The types of the records of a service can't be changed."));
    }
    let mut dns = old;
    dns["DnsRecords"] = records.clone();
    check_records(&dns)?;
    let until = account.now + CHANGES;
    let (_, service) = SERVICES.find_mut(account, &id)?;
    let before = service.now.clone();
    let description = text(change, "Description").or_else(|| before.description.clone());
    service.now = Change { description, dns };
    service.before = Some((before, until));
    Ok(begun(&begin(account, "UPDATE_SERVICE", json!({ "SERVICE": id }), CHANGES, None)))
}

pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let (id, service) = SERVICES.find(account, &id_of(input, "Id"))?;
    Ok(json!({ "Service": shown(account, id, service) }))
}

pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let is_wanted = |_: &str, one: &Thing<Discovery>| {
        passes(input, |name| match name {
            "NAMESPACE_ID" => Some(one.namespace.clone()),
            "RESOURCE_OWNER" => Some("SELF".to_owned()),
            _ => None,
        })
    };
    let summary = |id: &str, service: &Thing<Discovery>| {
        let mut summary = shown(account, id, service);
        summary
            .as_object_mut()
            .expect("it is an object")
            .retain(|member, _| member != "NamespaceId" && member != "CreatorRequestId");
        summary
    };
    SERVICES.list(account, input, "Services", is_wanted, summary)
}

fn shown(account: &Account, id: &str, service: &Thing<Discovery>) -> Value {
    let before = service.before.as_ref().filter(|(_, until)| account.now < *until).map(|(before, _)| before);
    let Change { description, dns } = before.unwrap_or(&service.now);
    let dns = (!dns.is_null()).then(|| {
        json!({
            "NamespaceId": service.namespace,
            "RoutingPolicy": text(dns, "RoutingPolicy").unwrap_or_else(|| "MULTIVALUE".to_owned()),
            "DnsRecords": dns["DnsRecords"],
        })
    });
    set(json!({
        "Id": id,
        "Arn": service.arn,
        "ResourceOwner": account.id,
        "CreatedByAccount": account.id,
        "Name": service.name,
        "NamespaceId": service.namespace,
        "Description": description,
        "InstanceCount": instances_of(account, id).count(),
        "Type": if dns.is_some() { "DNS_HTTP" } else { "HTTP" },
        "DnsConfig": dns,
        "HealthCheckCustomConfig": service.has_health.then(|| json!({"FailureThreshold": 1})),
        "CreateDate": seconds(service.created),
        "CreatorRequestId": service.request,
    }))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = SERVICES.find(account, &id_of(input, "Id"))?.0.to_owned();
    if instances_of(account, &id).next().is_some() {
        let words = "Service contains registered instances; delete the instances before deleting the service";
        return Err(Fault::client("ResourceInUse", words));
    }
    SERVICES.delete(account, &id)?;
    Ok(json!({}))
}
