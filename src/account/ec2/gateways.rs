//! Internet gateways.

use serde_json::{Value, json};

use super::describe::Describe;
use super::{Gateway, Interface, Subnet, lookup, tags};
use crate::account::Account;
use crate::input::need;
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The most internet gateways of a region: as many as VPCs ("Amazon VPC quotas", Amazon VPC user guide).
const QUOTA: usize = 5;

/// `CreateInternetGateway`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    if account.all::<Gateway>().len() >= QUOTA {
        let message = "The maximum number of internet gateways has been reached.";
        return Err(Fault::client("InternetGatewayLimitExceeded", message));
    }
    let given = tags::of_new(input, "internet-gateway")?;
    let id = format!("igw-{}", account.unique_hex(17));
    account.all_mut().insert(id.clone(), Gateway { vpc: None });
    tags::set(account, &id, &given);
    let answer = describe(account, &json!({ "InternetGatewayId": [id] }))?;
    Ok(json!({ "internetGateway": answer["internetGatewaySet"][0] }))
}

/// `AttachInternetGateway`: a VPC has one, and a gateway is attached to one.
pub(super) fn attach(account: &mut Account, input: &Value) -> Answer {
    let (id, vpc) = (need(input, "InternetGatewayId")?, need(input, "VpcId")?);
    lookup::vpc(account, &vpc)?;
    if let Some(held) = &lookup::gateway(account, &id)?.vpc {
        let message = format!("resource {id} is already attached to network {held}");
        return Err(Fault::client("Resource.AlreadyAssociated", message));
    }
    if account.all::<Gateway>().values().any(|other| other.vpc.as_ref() == Some(&vpc)) {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    account.all_mut::<Gateway>().get_mut(&id).expect("it was found above").vpc = Some(vpc);
    Ok(json!({ "return": true }))
}

/// `DetachInternetGateway`: refused while anything in the VPC has a public address.
pub(super) fn detach(account: &mut Account, input: &Value) -> Answer {
    let (id, vpc) = (need(input, "InternetGatewayId")?, need(input, "VpcId")?);
    if lookup::gateway(account, &id)?.vpc.as_ref() != Some(&vpc) {
        let message = format!("resource {id} is not attached to network {vpc}");
        return Err(Fault::client("Gateway.NotAttached", message));
    }
    let is_here =
        |interface: &&Interface| account.all::<Subnet>().get(&interface.subnet).is_some_and(|subnet| subnet.vpc == vpc);
    if account.all::<Interface>().values().filter(is_here).any(|interface| interface.public_address.is_some()) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching \
             the gateway."
        );
        return Err(Fault::client("DependencyViolation", message));
    }
    account.all_mut::<Gateway>().get_mut(&id).expect("it was found above").vpc = None;
    Ok(json!({ "return": true }))
}

/// `DeleteInternetGateway`: refused while it is attached.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "InternetGatewayId")?;
    if lookup::gateway(account, &id)?.vpc.is_some() {
        let message = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    account.all_mut::<Gateway>().remove(&id);
    account.all_mut::<TagMap>().remove(&id);
    Ok(json!({ "return": true }))
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "internetGatewaySet",
        id: "InternetGatewayId",
        missing: ("InvalidInternetGatewayID.NotFound", "internetGateway ID"),
        filters: "internet-gateway-id attachment.vpc-id=attachmentSet.vpcId \
                  attachment.state=attachmentSet.state",
    };
    call.answer(account, input, account.all::<Gateway>(), |id, gateway| {
        let attached = gateway.vpc.iter().map(|vpc| json!({ "vpcId": vpc, "state": "available" }));
        json!({
            "internetGatewayId": id,
            "ownerId": account.id,
            "attachmentSet": attached.collect::<Value>(),
        })
    })
}
