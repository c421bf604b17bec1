//! Instances: what is registered with a service, by calls or by Amazon ECS.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::kept::{Instance, SERVICES, instances_of};
use super::operations::{begin, duplicate, under_way};
use super::{PAGES, begun, id_of};
use crate::account::Account;
use crate::input::need;
use crate::wire::{Answer, Fault};

/// The milliseconds that it takes to register an instance, or to take it away.
const CHANGES: i64 = 5_000;

/// Registers an instance with the service of this ARN, if there is one.
pub(crate) fn register(account: &mut Account, service: &str, id: &str, attributes: BTreeMap<String, String>) {
    if let Ok((service, _)) = SERVICES.find(account, service) {
        let (service, id) = (service.to_owned(), id.to_owned());
        account.all_mut().insert(key(&service, &id), Instance { id, service, attributes, until: None });
    }
}

/// Takes the instance of this id away wherever it is registered.
pub(crate) fn deregister(account: &mut Account, id: &str) {
    account.all_mut::<Instance>().retain(|_, one| one.id != id);
}

/// Takes away all instances of the service with this id.
pub(super) fn forget(account: &mut Account, service: &str) {
    account.all_mut::<Instance>().retain(|_, one| one.service != service);
}

fn key(service: &str, id: &str) -> String {
    format!("{service}/{id}")
}

pub(super) fn register_by_call(account: &mut Account, input: &Value) -> Answer {
    let arn = SERVICES.find(account, &id_of(input, "ServiceId"))?.1.arn.clone();
    let id = need(input, "InstanceId")?;
    let attributes = input["Attributes"].as_object().into_iter().flatten();
    let attributes = attributes.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
    let attributes = attributes.collect();
    register(account, &arn, &id, attributes);
    let targets = json!({"SERVICE": id_of(input, "ServiceId"), "INSTANCE": id});
    Ok(begun(&begin(account, "REGISTER_INSTANCE", targets, CHANGES, None)))
}

pub(super) fn deregister_by_call(account: &mut Account, input: &Value) -> Answer {
    let service = SERVICES.find(account, &id_of(input, "ServiceId"))?.0.to_owned();
    let id = need(input, "InstanceId")?;
    if let Some(operation) = under_way(account, "DEREGISTER_INSTANCE", "INSTANCE", &id) {
        return Err(duplicate(&operation));
    }
    let until = account.now + CHANGES;
    let Some(instance) = account.all_mut::<Instance>().get_mut(&key(&service, &id)) else {
        return Err(Fault::client("InstanceNotFound", format!("Instance with ID {id} not found.")));
    };
    instance.until = Some(until);
    let targets = json!({"SERVICE": service, "INSTANCE": id});
    Ok(begun(&begin(account, "DEREGISTER_INSTANCE", targets, CHANGES, None)))
}

pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let service = SERVICES.find(account, &id_of(input, "ServiceId"))?.0.to_owned();
    let shown = |one: &Instance| json!({"Id": one.id, "Attributes": one.attributes});
    PAGES.of(account, input, "Instances", instances_of(account, &service), shown)
}
