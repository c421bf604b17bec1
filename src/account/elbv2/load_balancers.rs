//! Application and network load balancers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tags::check_new;
use super::{Attributed, LOAD_BALANCERS, Leaving, Listener, attributes, check_name, chosen, invalid, remove_listener};
use crate::account::Account;
use crate::input::{list, need, set, text, texts, timestamp};
use crate::rules::{self, LOAD_BALANCER_NAME, Rules, TagMap};
use crate::shelf::{Body, Thing};
use crate::wire::{Answer, Fault};
use crate::{ec2, iam};

/// The milliseconds for which a load balancer is `provisioning`.
const PROVISIONING: i64 = 120_000;
/// The milliseconds by which its interfaces outlive it: one to five minutes on AWS
/// (hashicorp/terraform-provider-aws#10347).
const RELEASING: i64 = 180_000;
/// The hosted zone that AWS gives to the load balancers of Ireland; which one it is tells labform nothing.
const HOSTED_ZONE: &str = "Z32O12XQLNTSW2";
/// The same of network load balancers.
const NETWORK_ZONE: &str = "Z2IFOLAFXWLO4F";

/// A load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LoadBalancer {
    pub(super) name: String,
    settings: Settings,
    vpc: String,
    pub(super) dns_name: String,
    attributes: TagMap,
    /// The interface in each subnet.
    pub(super) interfaces: BTreeMap<String, String>,
}

impl Body for LoadBalancer {}

impl Attributed for LoadBalancer {
    const ARN: &'static str = "LoadBalancerArn";
    const RULES: &'static Rules = &rules::LOAD_BALANCER_ATTRIBUTES;

    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> Value {
        json!({ "type": self.settings.kind })
    }

    fn attributes(&mut self) -> &mut TagMap {
        &mut self.attributes
    }
}

/// The settings that decide whether a second creation under the same name is the same load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Settings {
    #[serde(default = "application")]
    kind: String,
    scheme: String,
    address_type: String,
    subnets: BTreeSet<String>,
    groups: BTreeSet<String>,
    /// The allocations of addresses, by subnet.
    #[serde(default)]
    allocations: BTreeMap<String, String>,
    /// The private addresses that were asked for, by subnet.
    #[serde(default)]
    private: BTreeMap<String, String>,
}

/// The type of load balancers that say none.
fn application() -> String {
    "application".to_owned()
}

impl LoadBalancer {
    /// The load balancer's type.
    pub(super) fn kind(&self) -> &str {
        &self.settings.kind
    }
}

/// `CreateLoadBalancer`: the same name with the same settings gives back the one that exists.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let name = need(input, "Name")?;
    check_name(LOAD_BALANCER_NAME, &name, "Load balancer")?;
    check_new(input)?;
    rules::LOAD_BALANCER.check(&rules::small(input), invalid)?;
    let kind = text(input, "Type").unwrap_or_else(application);
    if kind == "gateway" {
        return Err(invalid("the sandbox has no gateway load balancers"));
    }
    let (vpc, subnets) = subnets(account, &kind, input)?;
    let settings = Settings {
        allocations: addresses(input, "AllocationId"),
        private: addresses(input, "PrivateIPv4Address"),
        scheme: text(input, "Scheme").unwrap_or_else(|| "internet-facing".to_owned()),
        address_type: text(input, "IpAddressType").unwrap_or_else(|| "ipv4".to_owned()),
        groups: groups(account, &kind, input, &vpc)?,
        kind,
        subnets,
    };
    if settings.scheme == "internet-facing" && !ec2::has_internet(account, &vpc) {
        return Err(Fault::client("InvalidSubnet", format!("VPC {vpc} has no internet gateway")));
    }
    if let Some(existing) = account.all::<Thing<LoadBalancer>>().values().find(|other| other.name == name) {
        if existing.settings == settings {
            return Ok(json!({ "LoadBalancers": [render(account, existing)] }));
        }
        let message = format!("A load balancer with the same name '{name}' exists, but with different settings");
        return Err(Fault::client("DuplicateLoadBalancerName", message));
    }
    for allocation in settings.allocations.values() {
        ec2::check_address_is_free(account, allocation)?;
    }
    iam::ensure_service_linked_role(account, "elasticloadbalancing.amazonaws.com");
    let id = account.unique_hex(16);
    let digits: String = account.unique_hex(10).chars().map(|c| char::from(b'0' + c as u8 % 10)).collect();
    let is_network = settings.kind == "network";
    let prefix = if settings.scheme == "internal" && !is_network { "internal-" } else { "" };
    let (word, end) = if is_network {
        ("net", format!("elb.{}", account.region))
    } else {
        ("app", format!("{}.elb", account.region))
    };
    let arn = account.arn("elasticloadbalancing", &format!("loadbalancer/{word}/{name}/{id}"));
    let mut load_balancer = LoadBalancer {
        dns_name: format!("{prefix}{name}-{}.{end}.amazonaws.com", if is_network { &id } else { &digits }),
        name,
        vpc,
        attributes: attributes::load_balancer_defaults(&settings.kind),
        settings,
        interfaces: BTreeMap::new(),
    };
    connect(account, &arn, &mut load_balancer);
    LOAD_BALANCERS.create(account, &arn, arn.clone(), input, load_balancer)?;
    Ok(json!({ "LoadBalancers": [render(account, LOAD_BALANCERS.find(account, &arn)?.1)] }))
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let chosen = chosen(account, &LOAD_BALANCERS, input)?;
    super::PAGES.of(account, input, "LoadBalancers", chosen, |one| render(account, one))
}

/// `SetSecurityGroups`: the interfaces change with the load balancer.
pub(super) fn set_security_groups(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "LoadBalancerArn")?;
    let (_, balancer) = LOAD_BALANCERS.find(account, &arn)?;
    if balancer.kind() == "network" && balancer.settings.groups.is_empty() {
        let message = "Security groups can't be set on a network load balancer that was created without one";
        return Err(Fault::client("InvalidConfigurationRequest", message));
    }
    let groups = groups(account, balancer.kind(), input, &balancer.vpc)?;
    let (_, load_balancer) = LOAD_BALANCERS.find_mut(account, &arn)?;
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
    let kind = LOAD_BALANCERS.find(account, &arn)?.1.kind().to_owned();
    let (vpc, subnets) = subnets(account, &kind, input)?;
    let (_, load_balancer) = LOAD_BALANCERS.find_mut(account, &arn)?;
    if load_balancer.vpc != vpc {
        let message = "The subnets must be in the load balancer's VPC";
        return Err(Fault::client("InvalidConfigurationRequest", message));
    }
    load_balancer.settings.subnets = subnets;
    let mut changed = LoadBalancer::clone(load_balancer);
    connect(account, &arn, &mut changed);
    let answer =
        json!({ "AvailabilityZones": zones(account, &changed), "IpAddressType": changed.settings.address_type });
    **LOAD_BALANCERS.find_mut(account, &arn)?.1 = changed;
    Ok(answer)
}

/// `DeleteLoadBalancer`: one that is gone already is success. Its listeners go with it, its interfaces later.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "LoadBalancerArn")?;
    let Some(load_balancer) = LOAD_BALANCERS.get(account, &arn) else {
        return Ok(json!({}));
    };
    if load_balancer.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true") {
        let message = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(Fault::client("OperationNotPermitted", message));
    }
    let gone = LOAD_BALANCERS.delete(account, &arn)?;
    release(account, gone.interfaces.values());
    let listeners = account.all::<Thing<Listener>>().iter().filter(|(_, listener)| listener.load_balancer == arn);
    for listener in listeners.map(|(arn, _)| arn.clone()).collect::<Vec<_>>() {
        remove_listener(account, &listener)?;
    }
    Ok(json!({}))
}

/// Lets EC2 have interfaces back after a while.
fn release<'a>(account: &mut Account, interfaces: impl Iterator<Item = &'a String>) {
    let at = account.now + RELEASING;
    for eni in interfaces {
        account.all_mut().insert(eni.clone(), Leaving(at));
    }
}

/// Makes the interfaces that the load balancer lacks and lets go of those in subnets it left.
/// A network load balancer's take the addresses that were given to it.
fn connect(account: &mut Account, arn: &str, load_balancer: &mut LoadBalancer) {
    let settings = &load_balancer.settings;
    let groups: Vec<String> = settings.groups.iter().cloned().collect();
    let description = arn.split_once("loadbalancer/").map_or("", |(_, path)| path);
    let reach = if settings.scheme == "internal" { ec2::Reach::Private } else { ec2::Reach::Public };
    for subnet in &settings.subnets {
        if !load_balancer.interfaces.contains_key(subnet) {
            let eni = ec2::Eni {
                subnet,
                groups: &groups,
                description: &format!("ELB {description}"),
                requester: "amazon-elb",
                reach,
                tags: BTreeMap::new(),
            };
            let eni = ec2::create_eni(account, eni);
            if let Some(allocation) = settings.allocations.get(subnet) {
                ec2::associate(account, allocation, &eni);
            }
            load_balancer.interfaces.insert(subnet.clone(), eni);
        }
    }
    let left = load_balancer.interfaces.extract_if(.., |subnet, _| !settings.subnets.contains(subnet));
    release(account, left.collect::<BTreeMap<_, _>>().values());
}

/// What a request says in `member` of the subnets that it names, by subnet.
fn addresses(input: &Value, member: &str) -> BTreeMap<String, String> {
    let mappings = list(input, "SubnetMappings").iter();
    mappings.filter_map(|mapping| Some((text(mapping, "SubnetId")?, text(mapping, member)?))).collect()
}

/// The subnets a request names, and their VPC: each zone once, and two at least for an application load balancer.
fn subnets(account: &Account, kind: &str, input: &Value) -> Result<(String, BTreeSet<String>), Fault> {
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
    if zones.len() < 2 && kind == "application" {
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

/// The security groups that a request names. If it names none, an application load balancer has the VPC's default group,
/// and a network load balancer has none.
fn groups(account: &Account, kind: &str, input: &Value, vpc: &str) -> Result<BTreeSet<String>, Fault> {
    let named: BTreeSet<String> = texts(input, "SecurityGroups").into_iter().collect();
    if named.is_empty() && kind == "application" {
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
            let settings = &load_balancer.settings;
            let allocation = settings.allocations.get(subnet);
            let address = set(json!({
                "AllocationId": allocation,
                "IpAddress": allocation.map(|allocation| ec2::public_address(allocation)),
                "PrivateIPv4Address": settings.private.get(subnet),
            }));
            let addresses: Vec<Value> = Some(address).filter(|address| *address != json!({})).into_iter().collect();
            json!({ "SubnetId": subnet, "ZoneName": zone, "LoadBalancerAddresses": addresses })
        })
        .collect()
}

fn render(account: &Account, load_balancer: &Thing<LoadBalancer>) -> Value {
    let settings = &load_balancer.settings;
    let active = account.now >= load_balancer.created + PROVISIONING;
    json!({
        "LoadBalancerArn": load_balancer.arn,
        "LoadBalancerName": load_balancer.name,
        "DNSName": load_balancer.dns_name,
        "CanonicalHostedZoneId": if settings.kind == "network" { NETWORK_ZONE } else { HOSTED_ZONE },
        "CreatedTime": timestamp(load_balancer.created),
        "Scheme": settings.scheme,
        "VpcId": load_balancer.vpc,
        "State": { "Code": if active { "active" } else { "provisioning" } },
        "Type": settings.kind,
        "AvailabilityZones": zones(account, load_balancer),
        "SecurityGroups": settings.groups,
        "IpAddressType": settings.address_type,
        "EnablePrefixForIpv6SourceNat": "off",
    })
}
