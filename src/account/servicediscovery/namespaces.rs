//! Namespaces.

use serde_json::{Value, json};

use super::kept::{Discovery, NAMESPACES, Namespace, SERVICES};
use super::operations::{begin, duplicate, under_way};
use super::{begun, id_of, passes, refused};
use crate::account::{Account, seconds};
use crate::ec2;
use crate::input::{set, text};
use crate::rules::NAMESPACE_NAME;
use crate::shelf::{Shelf, Thing};
use crate::wire::{Answer, Fault};

/// The milliseconds that it takes to make or to delete a namespace: 30 to 60 s (alchemy-run/alchemy, which met it).
const TAKES: i64 = 45_000;
/// The milliseconds that it takes to change one.
const CHANGES: i64 = 5_000;

/// The namespace that a call names by id or ARN, once it is made and until it is deleted.
pub(super) fn find<'a>(
    account: &'a Account,
    input: &Value,
    member: &str,
) -> Result<(String, &'a Thing<Namespace>), Fault> {
    let id = id_of(input, member);
    let (id, namespace) = NAMESPACES.find(account, &id)?;
    match namespace.is_there(account.now) {
        true => Ok((id.to_owned(), namespace)),
        false => Err((NAMESPACES.missing)(account, id)),
    }
}

/// The ARN of the namespace of this ARN or name, if there is one.
pub(crate) fn namespace(account: &Account, name: &str) -> Option<String> {
    let all: &Shelf<Namespace> = account.all();
    let mut there = all.values().filter(|one| one.is_there(account.now) && one.deleted.is_none());
    there.find(|one| one.arn == name || one.name == name).map(|one| one.arn.clone())
}

/// Makes a namespace without DNS for ECS. Returns its ARN.
pub(crate) fn make_http(account: &mut Account, name: &str) -> String {
    let id = format!("ns-{}", account.unique_hex(16));
    let arn = account.arn("servicediscovery", &format!("namespace/{id}"));
    let (since, name) = (account.now, name.to_owned());
    let body = Namespace {
        name,
        vpc: None,
        zone: String::new(),
        request: String::new(),
        since,
        description: None,
        before: (None, 0),
    };
    // An id that is new is free.
    let _ = NAMESPACES.create(account, &id, arn.clone(), &json!({}), body);
    arn
}

pub(super) fn create(account: &mut Account, operation: &str, input: &Value) -> Answer {
    let name = text(input, "Name").unwrap_or_default();
    let words = || refused("The name of a namespace has 1 to 253 visible characters, and doesn't begin with arn:.");
    NAMESPACE_NAME.check(&name, words)?;
    let is_http = operation == "CreateHttpNamespace";
    let vpc = text(input, "Vpc").filter(|_| !is_http);
    if vpc.is_none() && !is_http {
        return Err(refused("1 validation error detected: Value at 'vpc' failed to satisfy constraint: not null"));
    }
    let request = text(input, "CreatorRequestId").unwrap_or_default();
    let all: &Shelf<Namespace> = account.all();
    let other = all.iter().find(|(_, one)| one.name == name && one.vpc == vpc);
    let mut failure = None;
    if let Some((id, other)) = other {
        let is_made = !other.is_there(account.now);
        if let Some(operation) =
            under_way(account, "CREATE_NAMESPACE", "NAMESPACE", id).filter(|_| other.request == request)
        {
            return Err(duplicate(&operation));
        }
        if !is_made || is_http {
            let fault =
                Fault::client("NamespaceAlreadyExists", "The namespace that you're trying to create already exists.");
            return Err(fault.with("NamespaceId", id.as_str()).with("CreatorRequestId", other.request.as_str()));
        }
        // Two that are made at one time: the second finds the zone of the first.
        let words = format!(
            "The VPC that you chose, {} in region {}, is already associated with another private hosted zone that has an \
             overlapping name space, {name}.. (Service: AmazonRoute53; Status Code: 400; Error Code: \
             ConflictingDomainExists)",
            vpc.as_deref().unwrap_or_default(),
            account.region
        );
        failure = Some(words);
    }
    if let Some(vpc) = vpc.as_ref().filter(|vpc| !ec2::vpc_exists(account, vpc)) {
        failure = Some(format!("The VPC ID {vpc} is invalid. (Service: AmazonRoute53; Error Code: InvalidVPCId)"));
    }
    let id = format!("ns-{}", account.unique_hex(16));
    if failure.is_none() {
        let zone = format!("Z{}", account.unique_hex(20).to_uppercase());
        // One without a zone is there at once.
        let since = if is_http { account.now } else { account.now + TAKES };
        let description = text(input, "Description");
        let body = Namespace { name, vpc, zone, request, since, description, before: (None, 0) };
        let arn = account.arn("servicediscovery", &format!("namespace/{id}"));
        NAMESPACES.create(account, &id, arn, input, body)?;
    }
    let failure = failure.map(|words| ("CANNOT_CREATE_HOSTED_ZONE".to_owned(), words));
    let takes = if is_http { CHANGES } else { TAKES };
    Ok(begun(&begin(account, "CREATE_NAMESPACE", json!({ "NAMESPACE": id }), takes, failure)))
}

pub(super) fn update(account: &mut Account, operation: &str, input: &Value) -> Answer {
    let (id, namespace) = find(account, input, "Id")?;
    if namespace.has_dns() != (operation == "UpdatePrivateDnsNamespace") {
        return Err(refused(format!("The namespace {id} is of the type {}.", namespace.kind())));
    }
    if let Some(operation) = under_way(account, "UPDATE_NAMESPACE", "NAMESPACE", &id) {
        return Err(duplicate(&operation));
    }
    let until = account.now + CHANGES;
    let (_, namespace) = NAMESPACES.find_mut(account, &id)?;
    if let Some(description) = text(&input["Namespace"], "Description") {
        namespace.before = (namespace.description.replace(description), until);
    }
    Ok(begun(&begin(account, "UPDATE_NAMESPACE", json!({ "NAMESPACE": id }), CHANGES, None)))
}

pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let (id, namespace) = find(account, input, "Id")?;
    let mut shown = shown(account, &id, namespace);
    shown["CreatorRequestId"] = namespace.request.as_str().into();
    Ok(json!({ "Namespace": shown }))
}

pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let is_wanted = |_: &str, one: &Thing<Namespace>| {
        let is_there = one.is_there(account.now) && one.deleted.is_none();
        is_there
            && passes(input, |name| match name {
                "TYPE" => Some(one.kind().to_owned()),
                "NAME" | "HTTP_NAME" => Some(one.name.clone()),
                "RESOURCE_OWNER" => Some("SELF".to_owned()),
                _ => None,
            })
    };
    NAMESPACES.list(account, input, "Namespaces", is_wanted, |id, one| shown(account, id, one))
}

fn shown(account: &Account, id: &str, namespace: &Thing<Namespace>) -> Value {
    let services: &Shelf<Discovery> = account.all();
    let zone = namespace.vpc.as_ref().map(|_| json!({"HostedZoneId": namespace.zone, "SOA": {"TTL": 15}}));
    let (before, until) = &namespace.before;
    set(json!({
        "Id": id,
        "Arn": namespace.arn,
        "ResourceOwner": account.id,
        "Name": namespace.name,
        "Type": namespace.kind(),
        "Description": if account.now < *until { before } else { &namespace.description },
        "ServiceCount": services.values().filter(|service| service.namespace == id).count(),
        "Properties": set(json!({"DnsProperties": zone, "HttpProperties": {"HttpName": namespace.name}})),
        "CreateDate": seconds(namespace.created),
    }))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (id, _) = find(account, input, "Id")?;
    if let Some(operation) = under_way(account, "DELETE_NAMESPACE", "NAMESPACE", &id) {
        return Err(duplicate(&operation));
    }
    if SERVICES.in_namespace(account, &id).next().is_some() {
        let words = "Namespace has associated services; delete the services before deleting the namespace";
        return Err(Fault::client("ResourceInUse", words));
    }
    NAMESPACES.keep_for(account, &id, TAKES)?;
    Ok(begun(&begin(account, "DELETE_NAMESPACE", json!({ "NAMESPACE": id }), TAKES, None)))
}
