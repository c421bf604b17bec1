//! The region's network: the parts that every account has from its first day, and the interfaces that come and go.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::names::{derived, public_address};
use super::objects::{Address, EVERYWHERE, RouteTable, ZONES};
use super::vpcs::furnish;
use super::{Gateway, Group, Interface, Subnet, Vpc};
use crate::account::Account;
use crate::rules::TagMap;
use crate::states::State;

/// The addresses between one default subnet, which is a /20, and the next.
const SUBNET_SIZE: u32 = 4096;
/// The first address of a subnet for a host: AWS keeps four before it for itself.
const FIRST_HOST: u32 = 4;

/// The network that a new account finds in a region: a default VPC with a subnet in each of three zones, an internet
/// gateway, and the default security group.
pub(super) fn found(account: &mut Account) {
    let id = |account: &mut Account, word: &str| format!("{word}-{}", account.unique_hex(17));
    let vpc = id(account, "vpc");
    for (index, zone) in (0_u32..).zip(ZONES) {
        let network = Ipv4Addr::from(u32::from(Ipv4Addr::new(172, 31, 0, 0)) + index * SUBNET_SIZE);
        let zone = format!("{}{zone}", account.region);
        let cidr = format!("{network}/20");
        let subnet = Subnet { vpc: vpc.clone(), zone, cidr, is_default: true, maps_public: true };
        let id = id(account, "subnet");
        account.all_mut().insert(id, subnet);
    }
    let gateway = id(account, "igw");
    account.all_mut().insert(gateway.clone(), Gateway { vpc: Some(vpc.clone()) });
    furnish(account, &vpc);
    let main = account.all_mut::<RouteTable>().get_mut(&derived("rtb", &vpc)).expect("it was made a line above");
    main.routes.insert(EVERYWHERE.to_owned(), gateway);
    let (cidr, tenancy) = ("172.31.0.0/16".to_owned(), "default".to_owned());
    let default = Vpc { cidr, tenancy, is_default: true, dns_support: true, dns_hostnames: true };
    account.all_mut().insert(vpc, default);
}

impl Account {
    /// Takes a region's default VPC away with all that is in it, as many organisations do with every new account.
    pub fn remove_default_vpc(&mut self, region: &str) {
        self.enter(region);
        self.all_mut::<Vpc>().retain(|_, _| false);
        self.all_mut::<Subnet>().retain(|_, _| false);
        self.all_mut::<Gateway>().retain(|_, _| false);
        self.all_mut::<Group>().retain(|_, _| false);
        self.all_mut::<RouteTable>().retain(|_, _| false);
        self.all_mut::<Interface>().retain(|_, _| false);
        self.all_mut::<TagMap>().retain(|_, _| false);
    }
}

/// The place from where a network interface can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The network alone.
    Private,
    /// The internet, too.
    Public,
}

/// A network interface that a service asks for.
pub(crate) struct Eni<'a> {
    pub(crate) subnet: &'a str,
    pub(crate) groups: &'a [String],
    pub(crate) description: &'a str,
    pub(crate) requester: &'a str,
    pub(crate) reach: Reach,
    pub(crate) tags: TagMap,
}

/// Makes a network interface that holds its security groups until it is deleted. Returns its id.
pub(crate) fn create_eni(account: &mut Account, eni: Eni<'_>) -> String {
    let id = format!("eni-{}", account.unique_hex(17));
    let address = free_address(account, eni.subnet);
    let interface = Interface {
        subnet: eni.subnet.to_owned(),
        groups: eni.groups.iter().cloned().collect(),
        description: eni.description.to_owned(),
        requester: eni.requester.to_owned(),
        address,
        public_address: (eni.reach == Reach::Public).then(|| public_address(&id)),
        created: account.now,
    };
    account.all_mut().insert(id.clone(), interface);
    account.all_mut().insert(id.clone(), eni.tags);
    id
}

/// Gives a network interface a public address.
pub(super) fn publish_eni(account: &mut Account, id: &str, address: String) {
    if let Some(interface) = account.all_mut::<Interface>().get_mut(id) {
        interface.public_address = Some(address);
    }
}

/// Gives a network interface back, and frees its address; one that is gone already stays gone.
pub(crate) fn delete_eni(account: &mut Account, id: &str) {
    account.all_mut::<TagMap>().remove(id);
    let held = account.all::<Address>().iter().find(|(_, address)| address.interface.as_deref() == Some(id));
    if let Some(address) = held.map(|(address, _)| address.clone()) {
        account.all_mut::<Address>().get_mut(&address).expect("it was found a line above").interface = None;
    }
    if let Some(gone) = account.all_mut::<Interface>().remove(id) {
        let free = account.here_mut::<Lowest>().0.entry(gone.subnet).or_default();
        *free = gone.address.parse::<Ipv4Addr>().map_or(0, u32::from).min(*free);
    }
}

/// The private address of a network interface; empty if there is no such interface.
pub(crate) fn eni_address(account: &Account, id: &str) -> String {
    account.all::<Interface>().get(id).map(|interface| interface.address.clone()).unwrap_or_default()
}

/// Changes the groups that an interface holds.
pub(crate) fn regroup_eni(account: &mut Account, id: &str, groups: &[String]) {
    if let Some(interface) = account.all_mut::<Interface>().get_mut(id) {
        interface.groups = groups.iter().cloned().collect();
    }
}

/// By subnet, an address below which none is free, so that each interface finds its own without asking for all others'.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowest(BTreeMap<String, u32>);

impl State for Lowest {}

/// The lowest address of the subnet that no interface has.
fn free_address(account: &mut Account, subnet_id: &str) -> String {
    let subnet = account.all::<Subnet>().get(subnet_id);
    let network =
        subnet.and_then(|subnet| subnet.cidr.split('/').next()?.parse::<Ipv4Addr>().ok()).map_or(0, u32::from);
    let lowest = account.here::<Lowest>().0.get(subnet_id).copied().unwrap_or(0).max(network + FIRST_HOST);
    let is_free = |address: &String| account.all::<Interface>().owned_by(address).next().is_none();
    let mut addresses = (lowest..).map(|address| (address, Ipv4Addr::from(address).to_string()));
    let found = addresses.find(|(_, address)| is_free(address));
    let (lowest, address) = found.expect("a lab has fewer interfaces than a subnet has addresses");
    account.here_mut::<Lowest>().0.insert(subnet_id.to_owned(), lowest + 1);
    address
}
