//! Route tables, their routes, and the subnets that use them.

use serde_json::{Value, json};

use super::describe::Describe;
use super::objects::{NatGateway, RouteTable};
use super::{Subnet, lookup, tags};
use crate::account::Account;
use crate::input::{need, text};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// `CreateRouteTable`: a token that was seen before stands for the table that was made then.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let vpc = need(input, "VpcId")?;
    lookup::vpc(account, &vpc)?;
    let token = text(input, "ClientToken");
    let given = tags::of_new(input, "route-table")?;
    let made = account.all::<RouteTable>().iter().find(|(_, table)| token.is_some() && table.token == token);
    let id = match made {
        Some((id, _)) => id.clone(),
        None => {
            let id = format!("rtb-{}", account.unique_hex(17));
            account.all_mut().insert(id.clone(), RouteTable { token, ..RouteTable::of(&vpc) });
            tags::set(account, &id, &given);
            id
        }
    };
    Ok(json!({ "routeTable": describe(account, &json!({ "RouteTableId": [id] }))?["routeTableSet"][0] }))
}

/// `DeleteRouteTable`: refused for a main one, and while a subnet uses it.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "RouteTableId")?;
    let table = lookup::table(account, &id)?;
    if table.is_main || !table.associations.is_empty() {
        let message = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    account.all_mut::<RouteTable>().remove(&id);
    account.all_mut::<TagMap>().remove(&id);
    Ok(json!({ "return": true }))
}

/// `CreateRoute`: one to a NAT gateway only once that is there and available.
pub(super) fn create_route(account: &mut Account, input: &Value) -> Answer {
    let (id, destination, target) = route(account, input)?;
    let table = lookup::table_mut(account, &id)?;
    if table.routes.contains_key(&destination) {
        let message = format!("The route identified by {destination} already exists.");
        return Err(Fault::client("RouteAlreadyExists", message));
    }
    table.routes.insert(destination, target);
    Ok(json!({ "return": true }))
}

/// `ReplaceRoute`.
pub(super) fn replace_route(account: &mut Account, input: &Value) -> Answer {
    let (id, destination, target) = route(account, input)?;
    let table = lookup::table_mut(account, &id)?;
    let Some(route) = table.routes.get_mut(&destination) else { return Err(no_route(&id, &destination)) };
    *route = target;
    Ok(json!({ "return": true }))
}

/// `DeleteRoute`.
pub(super) fn delete_route(account: &mut Account, input: &Value) -> Answer {
    let (id, destination) = (need(input, "RouteTableId")?, need(input, "DestinationCidrBlock")?);
    let gone = lookup::table_mut(account, &id)?.routes.remove(&destination);
    gone.map(|_| json!({ "return": true })).ok_or_else(|| no_route(&id, &destination))
}

/// The table, the destination and the target of a call.
fn route(account: &Account, input: &Value) -> Result<(String, String, String), Fault> {
    let id = need(input, "RouteTableId")?;
    let table = lookup::table(account, &id)?;
    let destination = lookup::network(&need(input, "DestinationCidrBlock")?, "destinationCidrBlock")?.to_string();
    let target = match (text(input, "GatewayId"), text(input, "NatGatewayId")) {
        (Some(gateway), None) => {
            if lookup::gateway(account, &gateway)?.vpc.as_ref() != Some(&table.vpc) {
                let message = format!("route table {id} and network gateway {gateway} belong to different networks");
                return Err(Fault::client("InvalidParameterValue", message));
            }
            gateway
        }
        (None, Some(nat)) => {
            let found = account.all::<NatGateway>().get(&nat).filter(|found| found.is_available(account.now));
            let Some(found) = found else {
                let message = format!("The natGateway ID '{nat}' does not exist");
                return Err(Fault::client("InvalidNatGatewayID.NotFound", message));
            };
            if lookup::subnet(account, &found.subnet)?.vpc != table.vpc {
                let message = format!("route table {id} and network gateway {nat} belong to different networks");
                return Err(Fault::client("InvalidParameterValue", message));
            }
            nat
        }
        _ => {
            let message = "The request must contain exactly one of gatewayId, natGatewayId";
            return Err(Fault::client("InvalidParameterCombination", message));
        }
    };
    Ok((id, destination, target))
}

/// `AssociateRouteTable`: a subnet uses one table.
pub(super) fn associate(account: &mut Account, input: &Value) -> Answer {
    let (id, subnet) = (need(input, "RouteTableId")?, need(input, "SubnetId")?);
    let vpc = lookup::subnet(account, &subnet)?.vpc.clone();
    if lookup::table(account, &id)?.vpc != vpc {
        let message = format!("Route table {id} and subnet {subnet} belong to different networks");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    if account.all::<RouteTable>().values().any(|table| table.associations.values().any(|used| *used == subnet)) {
        let message = format!("the specified association for route table {id} conflicts with an existing association");
        return Err(Fault::client("Resource.AlreadyAssociated", message));
    }
    let association = format!("rtbassoc-{}", account.unique_hex(17));
    lookup::table_mut(account, &id)?.associations.insert(association.clone(), subnet);
    Ok(json!({ "associationId": association, "associationState": { "state": "associated" } }))
}

/// `ReplaceRouteTableAssociation`: the subnet of an association uses another table then.
pub(super) fn replace_association(account: &mut Account, input: &Value) -> Answer {
    let (association, to) = (need(input, "AssociationId")?, need(input, "RouteTableId")?);
    lookup::table(account, &to)?;
    let subnet = dissolve(account, &association)?;
    let new = format!("rtbassoc-{}", account.unique_hex(17));
    lookup::table_mut(account, &to)?.associations.insert(new.clone(), subnet);
    Ok(json!({ "newAssociationId": new, "associationState": { "state": "associated" } }))
}

/// `DisassociateRouteTable`: the subnet uses the main table then.
pub(super) fn disassociate(account: &mut Account, input: &Value) -> Answer {
    dissolve(account, &need(input, "AssociationId")?)?;
    Ok(json!({ "return": true }))
}

/// Takes an association away. Returns its subnet.
fn dissolve(account: &mut Account, association: &str) -> Result<String, Fault> {
    let mut tables = account.all::<RouteTable>().iter();
    let found = tables.find(|(_, table)| table.associations.contains_key(association)).map(|(id, _)| id.clone());
    let gone = found.and_then(|id| account.all_mut::<RouteTable>().get_mut(&id)?.associations.remove(association));
    gone.ok_or_else(|| {
        let message = format!("The association ID '{association}' does not exist");
        Fault::client("InvalidAssociationID.NotFound", message)
    })
}

/// The table that a subnet uses: the one that it is associated with, else the main one.
pub(super) fn of_subnet<'a>(account: &'a Account, id: &str, subnet: &Subnet) -> Option<&'a RouteTable> {
    let mut tables = account.all::<RouteTable>().values().filter(|table| table.vpc == subnet.vpc);
    let own = tables.clone().find(|table| table.associations.values().any(|used| used == id));
    own.or_else(|| tables.find(|table| table.is_main))
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "routeTableSet",
        id: "RouteTableId",
        missing: ("InvalidRouteTableID.NotFound", "routeTable ID"),
        filters: "route-table-id vpc-id association.subnet-id=associationSet.subnetId \
                  association.main=associationSet.main route.nat-gateway-id=routeSet.natGatewayId \
                  route.gateway-id=routeSet.gatewayId",
    };
    call.answer(account, input, account.all::<RouteTable>(), |id, table| {
        let own = account.all::<super::Vpc>().get(&table.vpc).map(|vpc| vpc.cidr.clone());
        let local = json!({ "destinationCidrBlock": own, "gatewayId": "local", "state": "active",
            "origin": "CreateRouteTable" });
        let routes = table.routes.iter().map(|(destination, target)| shown(account, destination, target));
        let routes: Value = std::iter::once(local).chain(routes).collect();
        let association = |(association, subnet): (&String, &String)| {
            json!({ "routeTableAssociationId": association, "routeTableId": id, "subnetId": subnet, "main": false,
                "associationState": { "state": "associated" } })
        };
        let main = table.is_main.then(|| {
            json!({ "routeTableAssociationId": super::names::derived("rtbassoc", id), "routeTableId": id,
                "main": true, "associationState": { "state": "associated" } })
        });
        json!({
            "routeTableId": id,
            "vpcId": table.vpc,
            "ownerId": account.id,
            "routeSet": routes,
            "associationSet": table.associations.iter().map(association).chain(main).collect::<Value>(),
            "propagatingVgwSet": [],
        })
    })
}

/// A route as it is told: one whose target is gone is a black hole.
fn shown(account: &Account, destination: &str, target: &str) -> Value {
    let (member, is_active) = match target.split_once('-').map_or("", |(word, _)| word) {
        "nat" => {
            let nat = account.all::<NatGateway>().get(target);
            ("natGatewayId", nat.is_some_and(|nat| nat.is_available(account.now)))
        }
        _ => ("gatewayId", target.starts_with("vpce-") || lookup::is_attached(account, target)),
    };
    let place = if destination.starts_with("pl-") { "destinationPrefixListId" } else { "destinationCidrBlock" };
    let state = if is_active { "active" } else { "blackhole" };
    json!({ place: destination, member: target, "state": state, "origin": "CreateRoute" })
}

fn no_route(table: &str, destination: &str) -> Fault {
    let message = format!("no route with destination-cidr-block {destination} in route table {table}");
    Fault::client("InvalidRoute.NotFound", message)
}
