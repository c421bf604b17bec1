//! Elastic IP addresses.

use serde_json::{Value, json};

use super::describe::Describe;
use super::names::public_address;
use super::network::publish_eni;
use super::objects::Address;
use super::{Interface, lookup, tags};
use crate::account::Account;
use crate::input::need;
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The most addresses of a region ("Elastic IP addresses", Amazon EC2 user guide).
const QUOTA: usize = 5;

/// `AllocateAddress`.
pub(super) fn allocate(account: &mut Account, input: &Value) -> Answer {
    if account.all::<Address>().len() >= QUOTA {
        return Err(Fault::client("AddressLimitExceeded", "The maximum number of addresses has been reached."));
    }
    let given = tags::of_new(input, "elastic-ip")?;
    let id = format!("eipalloc-{}", account.unique_hex(17));
    account.all_mut().insert(id.clone(), Address { interface: None });
    tags::set(account, &id, &given);
    Ok(json!({
        "publicIp": public_address(&id),
        "allocationId": id,
        "domain": "vpc",
        "publicIpv4Pool": "amazon",
        "networkBorderGroup": account.region,
    }))
}

/// `ReleaseAddress`: refused while something has it.
pub(super) fn release(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "AllocationId")?;
    if lookup::address(account, &id)?.interface.is_some() {
        return Err(Fault::client("InvalidIPAddress.InUse", format!("Address {} is in use.", public_address(&id))));
    }
    account.all_mut::<Address>().remove(&id);
    account.all_mut::<TagMap>().remove(&id);
    Ok(json!({ "return": true }))
}

/// Refuses an address that isn't there, or that something has (awslabs' load balancer controllers meet the words).
pub(crate) fn check_address_is_free(account: &Account, id: &str) -> Result<(), Fault> {
    match lookup::address(account, id) {
        Ok(address) if address.interface.is_none() => Ok(()),
        Ok(_) => Err(Fault::client("ResourceInUse", "The allocation IDs are not available for use")),
        Err(_) => Err(Fault::client("AllocationIdNotFound", format!("The allocation ID '{id}' does not exist"))),
    }
}

/// Gives an interface an address, until it is deleted.
pub(crate) fn associate(account: &mut Account, id: &str, eni: &str) {
    publish_eni(account, eni, public_address(id));
    if let Some(address) = account.all_mut::<Address>().get_mut(id) {
        address.interface = Some(eni.to_owned());
    }
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "addressesSet",
        id: "AllocationId",
        missing: ("InvalidAllocationID.NotFound", "allocation ID"),
        filters: "allocation-id public-ip domain network-interface-id",
    };
    call.answer(account, input, account.all::<Address>(), |id, address| {
        let interface = address.interface.as_ref();
        let private = interface.and_then(|eni| account.all::<Interface>().get(eni)).map(|eni| eni.address.clone());
        json!({
            "allocationId": id,
            "publicIp": public_address(id),
            "domain": "vpc",
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": account.region,
            "associationId": interface.map(|eni| eni.replacen("eni", "eipassoc", 1)),
            "networkInterfaceId": interface,
            "networkInterfaceOwnerId": interface.map(|_| account.id.clone()),
            "privateIpAddress": private,
        })
    })
}
