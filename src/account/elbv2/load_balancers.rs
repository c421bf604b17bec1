//! Application load balancers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{attributes, check_name, chosen, invalid, new_tags, no_load_balancer, paged, state, state_ref};
use crate::account::Account;
use crate::input::{list, need, text, texts, timestamp};
use crate::wire::{Answer, Fault};
use crate::{ec2, iam};

/// How long a load balancer is `provisioning`, in milliseconds.
const PROVISIONING: i64 = 120_000;
/// How long its interfaces outlive it, in milliseconds: one to five minutes on AWS
/// (hashicorp/terraform-provider-aws#10347).
const RELEASING: i64 = 180_000;
/// The hosted zone that AWS gives to the load balancers of Ireland; which one it is tells labform nothing.
const HOSTED_ZONE: &str = "Z32O12XQLNTSW2";

/// One load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LoadBalancer {
    pub(super) name: String,
    settings: Settings,
    vpc: String,
    dns_name: String,
    created: i64,
    pub(super) attributes: BTreeMap<String, String>,
    /// The interface in each subnet.
    interfaces: BTreeMap<String, String>,
}

/// What decides whether a second creation under the same name is the same load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Settings {
    scheme: String,
    address_type: String,
    subnets: BTreeSet<String>,
    groups: BTreeSet<String>,
}

/// `CreateLoadBalancer`: the same name with the same settings gives back the one that exists.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "Name")?;
    check_name(&name, "Load balancer")?;
    if text(input, "Type").is_some_and(|kind| kind != "application") {
        return Err(invalid("the sandbox has application load balancers only"));
    }
    let tags = new_tags(input)?;
    let (vpc, subnets) = subnets(account, input)?;
    let settings = Settings {
        scheme: text(input, "Scheme").unwrap_or_else(|| "internet-facing".to_owned()),
        address_type: text(input, "IpAddressType").unwrap_or_else(|| "ipv4".to_owned()),
        groups: groups(account, input, &vpc)?,
        subnets,
    };
    if settings.scheme == "internet-facing" && !ec2::has_internet(account, &vpc) {
        return Err(Fault::client("InvalidSubnet", format!("VPC {vpc} has no internet gateway")));
    }
    let mut same_name = state_ref(account).load_balancers.iter().filter(|(_, other)| other.name == name);
    if let Some((arn, existing)) = same_name.next() {
        if existing.settings == settings {
            return Ok(json!({ "LoadBalancers": [render(account, arn, existing)] }));
        }
        let message = format!("A load balancer with the same name '{name}' exists, but with different settings");
        return Err(Fault::client("DuplicateLoadBalancerName", message));
    }
    iam::ensure_service_linked_role(account, "elasticloadbalancing.amazonaws.com");
    let id = account.unique_hex(16);
    let digits: String = account.unique_hex(10).chars().map(|c| char::from(b'0' + c as u8 % 10)).collect();
    let prefix = if settings.scheme == "internal" { "internal-" } else { "" };
    let arn = account.arn("elasticloadbalancing", &format!("loadbalancer/app/{name}/{id}"));
    let mut load_balancer = LoadBalancer {
        dns_name: format!("{prefix}{name}-{digits}.{}.elb.amazonaws.com", account.region),
        name,
        settings,
        vpc,
        created: account.now,
        attributes: attributes::load_balancer_defaults(),
        interfaces: BTreeMap::new(),
    };
    connect(account, &arn, &mut load_balancer);
    let shown = render(account, &arn, &load_balancer);
    state(account).load_balancers.insert(arn.clone(), load_balancer);
    state(account).tags.insert(arn, tags);
    Ok(json!({ "LoadBalancers": [shown] }))
}

/// `DescribeLoadBalancers`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let all = &state_ref(account).load_balancers;
    let keys = ("LoadBalancerArns", "Names");
    let chosen = chosen(all, input, keys, |one| &one.name, no_load_balancer)?;
    paged(account, input, "LoadBalancers", chosen.into_iter().map(|(arn, one)| render(account, arn, one)).collect())
}

/// `SetSecurityGroups`: the interfaces change with the load balancer.
pub(super) fn set_security_groups(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "LoadBalancerArn")?;
    let vpc = state_ref(account).load_balancers.get(&arn).ok_or_else(no_load_balancer)?.vpc.clone();
    let groups = groups(account, input, &vpc)?;
    let load_balancer = state(account).load_balancers.get_mut(&arn).ok_or_else(no_load_balancer)?;
    load_balancer.settings.groups.clone_from(&groups);
    let groups: Vec<String> = groups.into_iter().collect();
    for eni in load_balancer.interfaces.values().cloned().collect::<Vec<_>>() {
        ec2::regroup_eni(account, &eni, &groups);
    }
    Ok(json!({ "SecurityGroupIds": groups }))
}

/// `SetSubnets`: replaces the whole set; interfaces come and go with their subnets.
pub(super) fn set_subnets(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "LoadBalancerArn")?;
    if !state_ref(account).load_balancers.contains_key(&arn) {
        return Err(no_load_balancer());
    }
    let (vpc, subnets) = subnets(account, input)?;
    let mut load_balancer = state(account).load_balancers.remove(&arn).ok_or_else(no_load_balancer)?;
    if load_balancer.vpc != vpc {
        state(account).load_balancers.insert(arn, load_balancer);
        let message = "The subnets must be in the load balancer's VPC";
        return Err(Fault::client("InvalidConfigurationRequest", message));
    }
    load_balancer.settings.subnets = subnets;
    connect(account, &arn, &mut load_balancer);
    let zones = zones(account, &load_balancer);
    let address_type = load_balancer.settings.address_type.clone();
    state(account).load_balancers.insert(arn, load_balancer);
    Ok(json!({ "AvailabilityZones": zones, "IpAddressType": address_type }))
}

/// `DeleteLoadBalancer`: one that is gone already is success. Its listeners go with it, its interfaces later.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "LoadBalancerArn")?;
    let released_at = account.now + RELEASING;
    let state = state(account);
    let Some(load_balancer) = state.load_balancers.get(&arn) else {
        return Ok(json!({}));
    };
    if load_balancer.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true") {
        let message = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(Fault::client("OperationNotPermitted", message));
    }
    for eni in load_balancer.interfaces.values().cloned().collect::<Vec<_>>() {
        state.leaving.insert(eni, released_at);
    }
    state.load_balancers.remove(&arn);
    state.tags.remove(&arn);
    let listeners = state.listeners.iter().filter(|(_, listener)| listener.load_balancer == arn);
    for listener in listeners.map(|(arn, _)| arn.clone()).collect::<Vec<_>>() {
        super::remove_listener(account, &listener);
    }
    Ok(json!({}))
}

/// Makes the interfaces that the load balancer lacks and lets go of those in subnets it left.
fn connect(account: &mut Account, arn: &str, load_balancer: &mut LoadBalancer) {
    let released_at = account.now + RELEASING;
    let settings = &load_balancer.settings;
    let groups: Vec<String> = settings.groups.iter().cloned().collect();
    let description = arn.split_once("loadbalancer/").map_or("", |(_, path)| path);
    for subnet in &settings.subnets {
        if !load_balancer.interfaces.contains_key(subnet) {
            let eni = ec2::Eni {
                subnet,
                groups: &groups,
                description: &format!("ELB {description}"),
                requester: "amazon-elb",
                tags: BTreeMap::new(),
            };
            let eni = ec2::create_eni(account, eni);
            load_balancer.interfaces.insert(subnet.clone(), eni);
        }
    }
    let (kept, left) = std::mem::take(&mut load_balancer.interfaces)
        .into_iter()
        .partition(|(subnet, _)| settings.subnets.contains(subnet));
    load_balancer.interfaces = kept;
    let left: BTreeMap<String, String> = left;
    for eni in left.into_values() {
        state(account).leaving.insert(eni, released_at);
    }
}

/// The subnets a request names, and their VPC: two zones at least, each once.
fn subnets(account: &Account, input: &Value) -> Result<(String, BTreeSet<String>), Fault> {
    let mapped = list(input, "SubnetMappings").iter().filter_map(|mapping| text(mapping, "SubnetId"));
    let subnets: BTreeSet<String> = texts(input, "Subnets").into_iter().chain(mapped).collect();
    let mut vpcs = BTreeSet::new();
    let mut zones = BTreeSet::new();
    for subnet in &subnets {
        let (vpc, zone) = ec2::subnet_place(account, subnet)
            .ok_or_else(|| Fault::client("SubnetNotFound", format!("The subnet ID '{subnet}' does not exist")))?;
        vpcs.insert(vpc);
        if !zones.insert(zone) {
            let message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
            return Err(Fault::client("InvalidConfigurationRequest", message));
        }
    }
    if zones.len() < 2 {
        return Err(invalid("At least two subnets in two different Availability Zones must be specified"));
    }
    match vpcs.pop_first() {
        Some(vpc) if vpcs.is_empty() => Ok((vpc, subnets)),
        _ => {
            let message = "All subnets must belong to the same VPC";
            Err(Fault::client("InvalidConfigurationRequest", message))
        }
    }
}

/// The security groups a request names; the VPC's default group where it names none.
fn groups(account: &Account, input: &Value, vpc: &str) -> Result<BTreeSet<String>, Fault> {
    let named: BTreeSet<String> = texts(input, "SecurityGroups").into_iter().collect();
    if named.is_empty() {
        return Ok(ec2::default_group(account, vpc).into_iter().collect());
    }
    for group in &named {
        if ec2::group_vpc(account, group).as_deref() != Some(vpc) {
            let message = format!("One or more security groups are invalid: '{group}'");
            return Err(Fault::client("InvalidSecurityGroup", message));
        }
    }
    Ok(named)
}

fn zones(account: &Account, load_balancer: &LoadBalancer) -> Value {
    let subnets = load_balancer.settings.subnets.iter();
    subnets
        .map(|subnet| {
            let zone = ec2::subnet_place(account, subnet).map(|(_, zone)| zone);
            json!({ "SubnetId": subnet, "ZoneName": zone, "LoadBalancerAddresses": [] })
        })
        .collect()
}

fn render(account: &Account, arn: &str, load_balancer: &LoadBalancer) -> Value {
    let settings = &load_balancer.settings;
    let active = account.now >= load_balancer.created + PROVISIONING;
    json!({
        "LoadBalancerArn": arn,
        "LoadBalancerName": load_balancer.name,
        "DNSName": load_balancer.dns_name,
        "CanonicalHostedZoneId": HOSTED_ZONE,
        "CreatedTime": timestamp(load_balancer.created),
        "Scheme": settings.scheme,
        "VpcId": load_balancer.vpc,
        "State": { "Code": if active { "active" } else { "provisioning" } },
        "Type": "application",
        "AvailabilityZones": zones(account, load_balancer),
        "SecurityGroups": settings.groups,
        "IpAddressType": settings.address_type,
    })
}
