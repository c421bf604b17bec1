//! The region's network: what every account has from its first day, and the interfaces that come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::permissions::{Permission, Source};
use super::rules::Rule;
use super::{Direction, Gateway, Group, Interface, State, Subnet, Vpc, state, state_ref};
use crate::account::Account;
use crate::ids::Ids;
use crate::states;
use crate::table::AnyTable;

/// A default subnet is a /20: this many addresses lie between one and the next.
const SUBNET_SIZE: u32 = 4096;
/// AWS keeps the first four addresses of every subnet for itself.
const FIRST_HOST: u32 = 4;

impl states::State for State {
    const NAME: &'static str = "ec2";

    /// What a new account finds in a region: a default VPC with a subnet in each of three zones, an
    /// internet gateway, and the default security group.
    fn fresh(region: &str, ids: &mut Ids) -> Self {
        let mut state = Self::default();
        let vpc = format!("vpc-{}", ids.hex(17));
        for (index, zone) in (0_u32..).zip(["a", "b", "c"]) {
            let network = u32::from(Ipv4Addr::new(172, 31, 0, 0)) + index * SUBNET_SIZE;
            let subnet = Subnet {
                vpc: vpc.clone(),
                zone: format!("{region}{zone}"),
                cidr: format!("{}/20", Ipv4Addr::from(network)),
            };
            state.subnets.insert(format!("subnet-{}", ids.hex(17)), subnet);
        }
        state.gateways.insert(format!("igw-{}", ids.hex(17)), Gateway { vpc: vpc.clone() });
        let group = format!("sg-{}", ids.hex(17));
        let everybody = Permission::all_traffic(Source::Ipv4("0.0.0.0/0".to_owned()));
        let rules = [
            Rule::new(Direction::Ingress, Permission::all_traffic(Source::Group(group.clone()))),
            Rule::new(Direction::Egress, everybody),
        ];
        let group_state = Group {
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            vpc: vpc.clone(),
            rules: rules.into_iter().map(|rule| (format!("sgr-{}", ids.hex(17)), rule)).collect(),
        };
        state.groups.insert(group, group_state);
        state.vpcs.insert(vpc, Vpc { cidr: "172.31.0.0/16".to_owned() });
        state
    }

    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        vec![
            ("vpcs", &mut self.vpcs),
            ("subnets", &mut self.subnets),
            ("gateways", &mut self.gateways),
            ("groups", &mut self.groups),
            ("interfaces", &mut self.interfaces),
            ("tags", &mut self.tags),
        ]
    }
}

impl Account {
    /// Takes a region's default VPC away with all that is in it, as many organisations do with every new account.
    pub fn remove_default_vpc(&mut self, region: &str) {
        self.enter(region);
        let state = state(self);
        state.vpcs.retain(|_, _| false);
        state.subnets.retain(|_, _| false);
        state.gateways.retain(|_, _| false);
        state.groups.retain(|_, _| false);
        state.interfaces.retain(|_, _| false);
        state.tags.retain(|_, _| false);
    }
}

/// A network interface that a service asks for.
pub(crate) struct Eni<'a> {
    pub(crate) subnet: &'a str,
    pub(crate) groups: &'a [String],
    pub(crate) description: &'a str,
    pub(crate) requester: &'a str,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Makes a network interface that holds its security groups until it is deleted, and says its id.
pub(crate) fn create_eni(account: &mut Account, eni: Eni<'_>) -> String {
    let id = format!("eni-{}", account.unique_hex(17));
    let interface = Interface {
        subnet: eni.subnet.to_owned(),
        groups: eni.groups.iter().cloned().collect(),
        description: eni.description.to_owned(),
        requester: eni.requester.to_owned(),
        address: free_address(state_ref(account), eni.subnet),
        created: account.now,
    };
    let state = state(account);
    state.interfaces.insert(id.clone(), interface);
    state.tags.insert(id.clone(), eni.tags);
    id
}

/// Gives a network interface back; one that is gone already stays gone.
pub(crate) fn delete_eni(account: &mut Account, id: &str) {
    let state = state(account);
    state.interfaces.remove(id);
    state.tags.remove(id);
}

/// The private address of a network interface; empty where there is no such interface.
pub(crate) fn eni_address(account: &Account, id: &str) -> String {
    state_ref(account).interfaces.get(id).map(|interface| interface.address.clone()).unwrap_or_default()
}

/// Changes the groups that an interface holds.
pub(crate) fn regroup_eni(account: &mut Account, id: &str, groups: &[String]) {
    if let Some(interface) = state(account).interfaces.get_mut(id) {
        interface.groups = groups.iter().cloned().collect();
    }
}

/// The lowest address of the subnet that no interface has.
fn free_address(state: &State, subnet_id: &str) -> String {
    let network = state
        .subnets
        .get(subnet_id)
        .and_then(|subnet| subnet.cidr.split('/').next()?.parse::<Ipv4Addr>().ok())
        .map_or(0, u32::from);
    let taken: BTreeSet<&str> = state.interfaces.of(subnet_id).map(|other| other.address.as_str()).collect();
    (FIRST_HOST..)
        .map(|host| Ipv4Addr::from(network + host).to_string())
        .find(|address| !taken.contains(address.as_str()))
        .expect("a lab has fewer interfaces than a subnet has addresses")
}
