//! The short form of a network: `zones`, `nat` and `endpoints` of a VPC stand for all that it consists of.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::model::Address;
use crate::resource::Made;

/// The bits by which a subnet's prefix is longer than its VPC's: there are 16 places, the second half for private ones.
const BITS: u8 = 4;
const FIRST_PRIVATE: usize = 8;
/// The longest prefix of a VPC whose subnets are as large as AWS asks for.
pub(super) const LONGEST: u8 = 24;
/// The most zones of a short form.
pub(super) const ZONES: usize = 6;

/// The NAT gateways of a short form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Nat {
    /// No NAT gateway, and no private subnets.
    #[default]
    None,
    /// One, in the first zone.
    One,
    /// One in each zone.
    PerZone,
}

/// The services that tasks without a way to the internet need, as `registry` among the endpoints means them: Amazon ECR and
/// the bucket with its layers, logs, and secrets ("Amazon ECR interface VPC endpoints", ECR user guide).
const REGISTRY: [&str; 5] = ["ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager"];
/// The services that a route leads to, at no cost.
const GATEWAYS: [&str; 2] = ["s3", "dynamodb"];

/// The short form of a network.
pub(super) struct Short<'a> {
    pub(super) block: &'a str,
    pub(super) zones: usize,
    pub(super) nat: Nat,
    pub(super) endpoints: &'a [String],
}

/// Returns what the VPC `name` makes: nothing if its network is too small, or the zones are too many.
pub(super) fn made(name: &str, short: &Short<'_>, region: &str) -> Vec<Made> {
    let block = short.block.parse::<Ipv4Net>().ok().filter(|block| block.prefix_len() <= LONGEST);
    let Some(block) = block.filter(|_| (1..=ZONES).contains(&short.zones)) else { return Vec::new() };
    let (zones, nat) = (short.zones, short.nat);
    let asked = short.endpoints.iter().map(String::as_str);
    let services: BTreeSet<&str> =
        asked.flat_map(|word| if word == "registry" { REGISTRY.to_vec() } else { vec![word] }).collect();
    let letters: Vec<char> = ('a'..).take(zones).collect();
    let mut making = Making { name, block, made: Vec::new() };
    making.add("internetGateway", "", vec![("vpcId", name.into())]);
    for (zone, letter) in letters.iter().enumerate() {
        making.subnet(&format!("public-{letter}"), zone, zone);
    }
    let public = letters.iter().map(|letter| json!({ "subnetId": making.called(&format!("public-{letter}")) }));
    let public: Vec<Value> = public.collect();
    let out = json!([{ "destinationCidrBlock": "0.0.0.0/0", "gatewayId": name }]);
    making.add("routeTable", "public", vec![("vpcId", name.into()), ("routes", out), ("associations", public.into())]);
    let nats = match nat {
        Nat::None => &letters[..0],
        Nat::One => &letters[..1],
        Nat::PerZone => &letters[..],
    };
    for letter in nats {
        making.nat(*letter);
    }
    if !nats.is_empty() || !services.is_empty() {
        for (zone, letter) in letters.iter().enumerate() {
            making.private(zone, *letter, nats);
        }
    }
    making.endpoints(&services, &letters, region);
    making.made
}

struct Making<'a> {
    name: &'a str,
    block: Ipv4Net,
    made: Vec<Made>,
}

impl Making<'_> {
    /// The name of a part.
    fn called(&self, part: &str) -> String {
        if part.is_empty() { self.name.to_owned() } else { format!("{}.{part}", self.name) }
    }

    fn add(&mut self, kind: &str, part: &str, fields: Vec<(&'static str, Value)>) {
        let address = Address::new(kind, self.called(part));
        self.made.push(Made { address, fields });
    }

    fn subnet(&mut self, part: &str, place: usize, zone: usize) {
        let mut blocks = self.block.subnets(self.block.prefix_len() + BITS).expect("the prefix was looked at");
        let block = blocks.nth(place).expect("there are 16 places").to_string();
        self.add(
            "subnet",
            part,
            vec![("vpcId", self.name.into()), ("cidrBlock", block.into()), ("zone", (zone + 1).into())],
        );
    }

    fn nat(&mut self, letter: char) {
        let (part, subnet) = (letter.to_string(), self.called(&format!("public-{letter}")));
        self.add("address", &part, Vec::new());
        self.add("natGateway", &part, vec![("subnetId", subnet.into()), ("allocationId", self.called(&part).into())]);
    }

    /// A private subnet with a route table of its own, through its zone's NAT gateway or the only one.
    fn private(&mut self, zone: usize, letter: char, nats: &[char]) {
        let part = format!("private-{letter}");
        self.subnet(&part, FIRST_PRIVATE + zone, zone);
        let nat = nats.iter().find(|nat| **nat == letter).or(nats.first());
        let routes = nat
            .map(|nat| json!({ "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": self.called(&nat.to_string()) }));
        let routes: Vec<Value> = routes.into_iter().collect();
        let associations = json!([{ "subnetId": self.called(&part) }]);
        self.add(
            "routeTable",
            &part,
            vec![("vpcId", self.name.into()), ("routes", routes.into()), ("associations", associations)],
        );
    }
}

impl Making<'_> {
    /// An endpoint for each service, from the private subnets. Those with interfaces let in what is in the VPC, and their
    /// names need names of hosts.
    fn endpoints(&mut self, services: &BTreeSet<&str>, letters: &[char], region: &str) {
        let private = |letter: &char| self.called(&format!("private-{letter}"));
        let places: Vec<String> = letters.iter().map(private).collect();
        let (vpc, group) = (Value::from(self.name), self.called("endpoints"));
        for service in services {
            let mut fields =
                vec![("vpcId", vpc.clone()), ("serviceName", format!("com.amazonaws.{region}.{service}").into())];
            if GATEWAYS.contains(service) {
                fields.extend([("vpcEndpointType", "Gateway".into()), ("routeTableIds", json!(places))]);
            } else {
                let groups = json!([group]);
                fields.extend([("vpcEndpointType", "Interface".into()), ("subnetIds", json!(places))]);
                fields.push(("securityGroupIds", groups));
            }
            self.add("vpcEndpoint", &service.replace('.', "-"), fields);
        }
        if services.iter().any(|service| !GATEWAYS.contains(service)) {
            let network = json!([{ "cidrIp": self.block.to_string() }]);
            let rules = json!([{ "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": network }]);
            self.add(
                "securityGroup",
                "endpoints",
                vec![("vpcId", vpc), ("description", "endpoints of AWS services".into()), ("ipPermissions", rules)],
            );
            self.add("vpc", "", vec![("enableDnsHostnames", true.into())]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(block: &str, zones: usize, nat: Nat, endpoints: &[&str]) -> Vec<Made> {
        let endpoints: Vec<String> = endpoints.iter().map(ToString::to_string).collect();
        made("main", &Short { block, zones, nat, endpoints: &endpoints }, "eu-west-1")
    }

    fn names(zones: usize, nat: Nat) -> Vec<String> {
        of("10.0.0.0/16", zones, nat, &[]).into_iter().map(|made| made.address.to_string()).collect()
    }

    #[test]
    fn a_short_form_makes_a_network_with_stable_names() {
        assert_eq!(
            names(2, Nat::One),
            [
                "internetGateway.main",
                "subnet.main.public-a",
                "subnet.main.public-b",
                "routeTable.main.public",
                "address.main.a",
                "natGateway.main.a",
                "subnet.main.private-a",
                "routeTable.main.private-a",
                "subnet.main.private-b",
                "routeTable.main.private-b",
            ]
        );
        let blocks: Vec<Value> = of("10.0.0.0/16", 2, Nat::One, &[])
            .into_iter()
            .filter_map(|made| made.fields.into_iter().find(|(field, _)| *field == "cidrBlock"))
            .map(|(_, block)| block)
            .collect();
        assert_eq!(blocks, ["10.0.0.0/20", "10.0.16.0/20", "10.0.128.0/20", "10.0.144.0/20"]);
        assert!(names(2, Nat::PerZone).contains(&"natGateway.main.b".to_owned()));
        assert!(names(2, Nat::None).iter().all(|name| !name.contains("private")));
        assert!(of("10.0.0.0/25", 1, Nat::One, &[]).is_empty() && names(7, Nat::One).is_empty());
    }
    #[test]
    fn endpoints_stand_for_the_internet() {
        let made = of("10.0.0.0/16", 2, Nat::None, &["registry"]);
        let names: Vec<String> = made.iter().map(|made| made.address.to_string()).collect();
        for name in ["ecr-api", "ecr-dkr", "logs", "s3", "secretsmanager"] {
            assert!(names.contains(&format!("vpcEndpoint.main.{name}")), "{names:?}");
        }
        assert!(names.contains(&"securityGroup.main.endpoints".to_owned()), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("natGateway")), "{names:?}");
    }
}
