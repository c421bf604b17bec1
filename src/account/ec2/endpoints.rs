//! VPC endpoints: ways to services of AWS's that need no internet.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::describe::Describe;
use super::network::{Eni, Reach, create_eni, delete_eni, regroup_eni};
use super::objects::{Endpoint, RouteTable};
use super::{Group, default_group, group_vpc, lookup, no_such_group, tags};
use crate::account::Account;
use crate::ids::hash;
use crate::input::{is_true, need, text, texts, timestamp};
use crate::rules::TagMap;
use crate::wire::{Answer, Fault};

/// The services with endpoints of the type Gateway ("Gateway endpoints", AWS PrivateLink guide).
const GATEWAYS: [&str; 2] = ["s3", "dynamodb"];
/// The services with endpoints of the type Interface here; AWS has many more.
const INTERFACES: [&str; 14] = [
    "ecr.api",
    "ecr.dkr",
    "logs",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "sts",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "s3",
    "kms",
    "monitoring",
    "elasticloadbalancing",
];
/// The name under which AWS asks for an endpoint's interfaces.
pub(super) const REQUESTER: &str = "amazon-vpce";

/// `CreateVpcEndpoint`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let (vpc, name) = (need(input, "VpcId")?, need(input, "ServiceName")?);
    let token = text(input, "ClientToken");
    let mut made = account.all::<Endpoint>().iter();
    if let Some((id, _)) = made.find(|(_, one)| token.is_some() && one.token == token) {
        return one(account, &id.clone());
    }
    let network = lookup::vpc(account, &vpc)?;
    let has_names = network.dns_support && network.dns_hostnames;
    let is_gateway = text(input, "VpcEndpointType").is_none_or(|kind| kind == "Gateway");
    let prefix = format!("com.amazonaws.{}.", account.region);
    let known: &[&str] = if is_gateway { &GATEWAYS } else { &INTERFACES };
    let Some(service) = name.strip_prefix(&prefix).filter(|service| known.contains(service)) else {
        let message = format!("The Vpc Endpoint Service '{name}' does not exist");
        return Err(Fault::client("InvalidServiceName", message));
    };
    // An endpoint of the type Interface has private names unless the call says otherwise (CreateVpcEndpoint, API
    // reference).
    let private_dns = !is_gateway && text(input, "PrivateDnsEnabled").is_none_or(|word| word == "true");
    if private_dns && !has_names {
        let message = format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for \
             {vpc}"
        );
        return Err(Fault::client("InvalidParameter", message));
    }
    let is_taken = |other: &Endpoint| other.vpc == vpc && other.service == service && other.private_dns;
    if private_dns && account.all::<Endpoint>().values().any(is_taken) {
        let message = format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for \
             {service}.{}.amazonaws.com in the VPC {vpc}",
            account.region
        );
        return Err(Fault::client("InvalidParameter", message));
    }
    let mut groups = groups_in(account, &vpc, texts(input, "SecurityGroupId"))?;
    if groups.is_empty() && !is_gateway {
        groups.extend(default_group(account, &vpc));
    }
    let given = tags::of_new(input, "vpc-endpoint")?;
    let id = format!("vpce-{}", account.unique_hex(17));
    let mut endpoint = Endpoint {
        vpc,
        service: service.to_owned(),
        is_gateway,
        tables: BTreeSet::new(),
        interfaces: BTreeMap::new(),
        groups,
        private_dns,
        policy: text(input, "PolicyDocument").unwrap_or_else(full_access),
        created: account.now,
        gone: None,
        token,
    };
    enter(account, &id, &mut endpoint, texts(input, "RouteTableId"), texts(input, "SubnetId"))?;
    account.all_mut().insert(id.clone(), endpoint);
    tags::set(account, &id, &given);
    one(account, &id)
}

fn one(account: &Account, id: &str) -> Answer {
    Ok(json!({ "vpcEndpoint": describe(account, &json!({ "VpcEndpointId": [id] }))?["vpcEndpointSet"][0] }))
}

/// The policy of an endpoint that gets none.
fn full_access() -> String {
    json!({ "Version": "2008-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*",
        "Resource": "*" }] })
    .to_string()
}

fn groups_in(account: &Account, vpc: &str, groups: Vec<String>) -> Result<BTreeSet<String>, Fault> {
    let missing = groups.iter().find(|group| group_vpc(account, group).as_deref() != Some(vpc));
    missing.map_or(Ok(()), |group| Err(no_such_group(group)))?;
    Ok(groups.into_iter().collect())
}

/// Puts an endpoint into route tables and subnets.
fn enter(
    account: &mut Account,
    id: &str,
    endpoint: &mut Endpoint,
    tables: Vec<String>,
    subnets: Vec<String>,
) -> Result<(), Fault> {
    let destination = prefix_list(&endpoint.service);
    for table in &tables {
        if lookup::table(account, table)?.routes.contains_key(&destination) {
            let message =
                format!("route table {table} already has a route with destination-prefix-list-id {destination}");
            return Err(Fault::client("RouteAlreadyExists", message));
        }
    }
    let mut zones: BTreeSet<String> = BTreeSet::new();
    for subnet in endpoint.interfaces.keys().chain(&subnets) {
        if !zones.insert(lookup::subnet(account, subnet)?.zone.clone()) {
            let message = "Found another VPC endpoint subnet in the availability zone of the given one";
            return Err(Fault::client("DuplicateSubnetsInSameZone", message));
        }
    }
    for table in tables {
        lookup::table_mut(account, &table)?.routes.insert(destination.clone(), id.to_owned());
        endpoint.tables.insert(table);
    }
    let groups: Vec<String> = endpoint.groups.iter().cloned().collect();
    for subnet in subnets {
        let description = format!("VPC Endpoint Interface {id}");
        let (requester, reach, tags) = (REQUESTER, Reach::Private, TagMap::new());
        let eni = Eni { subnet: &subnet, groups: &groups, description: &description, requester, reach, tags };
        let eni = create_eni(account, eni);
        endpoint.interfaces.insert(subnet, eni);
    }
    Ok(())
}

/// The id of the list of a service's networks.
fn prefix_list(service: &str) -> String {
    format!("pl-{}", &hash(&format!("networks of {service}"))[..8])
}

/// `ModifyVpcEndpoint`.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "VpcEndpointId")?;
    let mut endpoint = account.all::<Endpoint>().get(&id).cloned().ok_or_else(|| missing(&id))?;
    let given = |member: &str| texts(input, member);
    leave(account, &mut endpoint, &given("RemoveRouteTableId"), &given("RemoveSubnetId"));
    enter(account, &id, &mut endpoint, given("AddRouteTableId"), given("AddSubnetId"))?;
    endpoint.groups.extend(groups_in(account, &endpoint.vpc, given("AddSecurityGroupId"))?);
    endpoint.groups.retain(|group| !given("RemoveSecurityGroupId").contains(group));
    let groups: Vec<String> = endpoint.groups.iter().cloned().collect();
    for eni in endpoint.interfaces.values() {
        regroup_eni(account, eni, &groups);
    }
    if let Some(policy) = text(input, "PolicyDocument") {
        endpoint.policy = policy;
    }
    if is_true(input, "ResetPolicy") {
        endpoint.policy = full_access();
    }
    if let Some(word) = text(input, "PrivateDnsEnabled") {
        endpoint.private_dns = word == "true";
    }
    account.all_mut().insert(id, endpoint);
    Ok(json!({ "return": true }))
}

/// Takes an endpoint out of route tables and subnets.
fn leave(account: &mut Account, endpoint: &mut Endpoint, tables: &[String], subnets: &[String]) {
    let destination = prefix_list(&endpoint.service);
    for table in tables.iter().filter(|table| endpoint.tables.remove(*table)) {
        if let Some(table) = account.all_mut::<RouteTable>().get_mut(table) {
            table.routes.remove(&destination);
        }
    }
    for subnet in subnets {
        if let Some(eni) = endpoint.interfaces.remove(subnet) {
            delete_eni(account, &eni);
        }
    }
}

/// `DeleteVpcEndpoints`: what can't be deleted is told in an answer of success (API reference).
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let now = account.now;
    let mut unsuccessful = Vec::new();
    for id in texts(input, "VpcEndpointId") {
        let Some(mut endpoint) = account.all::<Endpoint>().get(&id).cloned() else {
            let Fault { code, message, .. } = missing(&id);
            unsuccessful.push(json!({ "resourceId": id, "error": { "code": code, "message": message } }));
            continue;
        };
        let tables: Vec<String> = endpoint.tables.iter().cloned().collect();
        leave(account, &mut endpoint, &tables, &[]);
        if endpoint.is_gateway {
            account.all_mut::<Endpoint>().remove(&id);
            account.all_mut::<TagMap>().remove(&id);
        } else {
            endpoint.gone = endpoint.gone.or(Some(now));
            account.all_mut().insert(id, endpoint);
        }
    }
    Ok(json!({ "unsuccessful": unsuccessful }))
}

fn missing(id: &str) -> Fault {
    Fault::client("InvalidVpcEndpointId.NotFound", format!("The Vpc Endpoint Id '{id}' does not exist"))
}

/// Takes endpoints away whose time has come, with their interfaces.
pub(super) fn settle(account: &mut Account) {
    let now = account.now;
    for id in account.all_mut::<Endpoint>().take_due(now) {
        let Some(endpoint) = account.all_mut::<Endpoint>().remove(&id) else { continue };
        account.all_mut::<TagMap>().remove(&id);
        for eni in endpoint.interfaces.values() {
            delete_eni(account, eni);
        }
    }
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "vpcEndpointSet",
        id: "VpcEndpointId",
        missing: ("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"),
        filters: "vpc-endpoint-id vpc-id service-name vpc-endpoint-type vpc-endpoint-state=state",
    };
    let now = account.now;
    call.answer(account, input, account.all::<Endpoint>(), |id, endpoint| {
        let group = |id: &String| {
            let name = account.all::<Group>().get(id).map(|group| group.name.as_str());
            json!({ "groupId": id, "groupName": name.unwrap_or_default() })
        };
        json!({
            "vpcEndpointId": id,
            "vpcEndpointType": if endpoint.is_gateway { "Gateway" } else { "Interface" },
            "vpcId": endpoint.vpc,
            "serviceName": format!("com.amazonaws.{}.{}", account.region, endpoint.service),
            "state": endpoint.state(now),
            "policyDocument": endpoint.policy,
            "routeTableIdSet": endpoint.tables,
            "subnetIdSet": endpoint.interfaces.keys().collect::<Vec<_>>(),
            "networkInterfaceIdSet": endpoint.interfaces.values().collect::<Vec<_>>(),
            "groupSet": endpoint.groups.iter().map(group).collect::<Value>(),
            "ipAddressType": "ipv4",
            "privateDnsEnabled": endpoint.private_dns,
            "requesterManaged": false,
            "dnsEntrySet": [],
            "creationTimestamp": timestamp(endpoint.created),
            "ownerId": account.id,
        })
    })
}

/// The endpoints through which a service of AWS's is reached from a subnet with this route table: each with the groups
/// that let somebody in, and none for one that is in the table.
pub(super) fn ways<'a>(
    account: &'a Account,
    table: &'a RouteTable,
    service: &'a str,
) -> impl Iterator<Item = Option<Vec<String>>> + 'a {
    let all = account.all::<Endpoint>().iter();
    let ours = all.filter(move |(_, one)| one.service == service && one.state(account.now) == "available");
    ours.filter_map(move |(id, one)| match one.is_gateway {
        true => table.routes.values().any(|target| target == id).then_some(None),
        false => (one.vpc == table.vpc && one.private_dns).then(|| Some(one.groups.iter().cloned().collect())),
    })
}
