//! NAT gateways, which come and go by themselves once they are asked to.

use serde_json::{Value, json};

use super::addresses::associate;
use super::describe::Describe;
use super::names::public_address;
use super::network::{Eni, Reach, create_eni, delete_eni, eni_address};
use super::objects::NatGateway;
use super::{has_internet, lookup, tags};
use crate::account::Account;
use crate::input::{need, text, timestamp};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The name under which AWS asks for a gateway's interface.
pub(super) const REQUESTER: &str = "amazon-nat";

/// `CreateNatGateway`: what is wrong with the network shows in a gateway that fails.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let (subnet, address) = (need(input, "SubnetId")?, need(input, "AllocationId")?);
    let token = text(input, "ClientToken");
    let mut made = account.all::<NatGateway>().iter();
    if let Some((id, _)) = made.find(|(_, nat)| token.is_some() && nat.token == token) {
        return one(account, &id.clone());
    }
    let vpc = lookup::subnet(account, &subnet)?.vpc.clone();
    let is_taken = lookup::address(account, &address)?.interface.is_some();
    let given = tags::of_new(input, "natgateway")?;
    let failure = if !has_internet(account, &vpc) {
        Some(("Gateway.NotAttached", format!("Network {vpc} has no Internet gateway attached")))
    } else if is_taken {
        Some(("Resource.AlreadyAssociated", format!("Elastic IP address [{address}] is already associated")))
    } else {
        None
    };
    let id = format!("nat-{}", account.unique_hex(17));
    let interface = failure.is_none().then(|| connect(account, &id, &subnet, &address));
    let private_address = interface.as_ref().map(|eni| eni_address(account, eni)).unwrap_or_default();
    let nat = NatGateway {
        subnet,
        vpc,
        address,
        private_address,
        interface,
        created: account.now,
        gone: failure.as_ref().map(|_| account.now),
        failure: failure.map(|(code, words)| (code.to_owned(), words)),
        token,
    };
    account.all_mut().insert(id.clone(), nat);
    tags::set(account, &id, &given);
    one(account, &id)
}

fn one(account: &Account, id: &str) -> Answer {
    Ok(json!({ "natGateway": describe(account, &json!({ "NatGatewayId": [id] }))?["natGatewaySet"][0] }))
}

/// Makes the gateway's interface, which has the address from then on.
fn connect(account: &mut Account, id: &str, subnet: &str, address: &str) -> String {
    let description = format!("Interface for NAT Gateway {id}");
    let eni = Eni {
        subnet,
        groups: &[],
        description: &description,
        requester: REQUESTER,
        reach: Reach::Private,
        tags: TagMap::new(),
    };
    let eni = create_eni(account, eni);
    associate(account, address, &eni);
    eni
}

/// `DeleteNatGateway`: its address stays allocated, and its routes stay as black holes.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (id, now) = (need(input, "NatGatewayId")?, account.now);
    let Some(nat) = account.all_mut::<NatGateway>().get_mut(&id) else {
        return Err(Fault::client("NatGatewayNotFound", format!("NatGateway {id} was not found")));
    };
    nat.gone = nat.gone.or(Some(now));
    Ok(json!({ "natGatewayId": id }))
}

/// Lets go of what gateways have that are gone, and forgets them after a while.
pub(super) fn settle(account: &mut Account) {
    let now = account.now;
    for id in account.all_mut::<NatGateway>().take_due(now) {
        let Some(nat) = account.all_mut::<NatGateway>().get_mut(&id) else { continue };
        let interface = nat.interface.take();
        let Some(interface) = interface else {
            account.all_mut::<NatGateway>().remove(&id);
            account.all_mut::<TagMap>().remove(&id);
            continue;
        };
        delete_eni(account, &interface);
    }
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "natGatewaySet",
        id: "NatGatewayId",
        missing: ("NatGatewayNotFound", "natGateway ID"),
        filters: "nat-gateway-id state subnet-id vpc-id",
    };
    let now = account.now;
    call.answer(account, input, account.all::<NatGateway>(), |id, nat| {
        let time = |at: Option<i64>| at.map(timestamp);
        json!({
            "natGatewayId": id,
            "subnetId": nat.subnet,
            "vpcId": nat.vpc,
            "state": nat.state(now),
            "connectivityType": "public",
            "availabilityMode": "zonal",
            "createTime": timestamp(nat.created),
            "deleteTime": time(nat.gone),
            "failureCode": nat.failure.as_ref().map(|(code, _)| code),
            "failureMessage": nat.failure.as_ref().map(|(_, message)| message),
            "natGatewayAddressSet": [{
                "allocationId": nat.address,
                "networkInterfaceId": nat.interface,
                "privateIp": Some(&nat.private_address).filter(|address| !address.is_empty()),
                "publicIp": nat.interface.as_ref().map(|_| public_address(&nat.address)),
                "isPrimary": true,
                "status": nat.interface.as_ref().map(|_| "succeeded"),
            }],
        })
    })
}

/// The tombstone of a gateway that is gone and still shown.
pub(super) fn tombstone(account: &Account, id: &str) -> Option<&'static str> {
    let state = account.all::<NatGateway>().get(id)?.state(account.now);
    ["deleted", "failed"].into_iter().find(|gone| *gone == state)
}
