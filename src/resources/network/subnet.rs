//! Subnets of the lab's own.

use std::ptr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::holders::{self, Around};
use super::{OwnVpc, around, block_problem, default_to, flags, id_of, prefix, without_vpc};
use crate::cloud::{Cause, Cloud, CloudError, EC2, Result};
use crate::resource::{
    Beside, Calls, Checks, Field, Grant, Habits, Home, Live, NameRule, Need, Others, Output, Pasted, Place, Plain,
    Problem, Read, Ref, Sending, SpecRef, When, call, change, document, owned, replace, update,
};
use crate::resources::ecs::{list, text};
use crate::resources::held::held_by;

/// A subnet: the fields of CreateSubnet and ModifySubnetAttribute.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnSubnet {
    /// The VPC in which the subnet stands.
    pub vpc_id: Option<Ref<OwnVpc>>,
    /// The subnet's part of the VPC's network, as in `10.0.0.0/20`.
    pub cidr_block: String,
    /// The subnet's zone, as in `eu-west-1a`. Left out, it is the one of `zone`.
    pub availability_zone: Option<String>,
    /// The number of the zone among those that the account has in the region, by name; 1 if it is left out. It is looked
    /// up when the subnet is made.
    #[serde(skip_serializing)]
    pub zone: Option<usize>,
    /// Whether instances in the subnet get public addresses; tasks say so themselves, by `assignPublicIp`.
    pub map_public_ip_on_launch: Option<bool>,
}

const LIST: Read = owned("DescribeSubnets", "subnetSet");

impl Plain for OwnSubnet {
    const KIND: &'static str = "subnet";
    const SECTION: &'static str = "subnets";
    const NAME: NameRule = super::NAME;
    const FIELDS: &'static [Field] = &[
        replace("vpcId"),
        replace("cidrBlock").alike(prefix),
        replace("availabilityZone"),
        update("mapPublicIpOnLaunch").default("false"),
    ];
    const PASTED: Pasted = Pasted {
        around: &["subnets", "subnet"],
        told: &[
            "availabilityZoneId",
            "availableIpAddressCount",
            "blockPublicAccessStates",
            "defaultForAz",
            "ownerId",
            "state",
            "subnetArn",
            "subnetId",
        ],
        beyond: &[
            ("assignIpv6AddressOnCreation", "false"),
            ("enableDns64", "false"),
            ("ipv6CidrBlockAssociationSet", "[]"),
            ("ipv6Native", "false"),
            ("mapCustomerOwnedIpOnLaunch", "false"),
            ("privateDnsNameOptionsOnLaunch", "null"),
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "subnet/*",
        id: "subnetId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("CreateSubnet", "").with(r#"{"TagSpecification": [{"ResourceType": "subnet", "Tag": []}]}"#),
        read: &[LIST],
        list: LIST,
        updates: &[change(call("ModifySubnetAttribute", "SubnetId"), &["mapPublicIpOnLaunch"]).after_create()],
        delete: call("DeleteSubnet", "SubnetId"),
        restore: None,
    };
    const HABITS: Habits = Habits { goes_after: &["fileSystem"], ..Habits::NAMELESS };

    fn place_in(section: &mut Value, home: &Home) {
        default_to(section, "vpcId", home.vpc.as_str());
    }

    fn refs(&self) -> Vec<SpecRef> {
        self.vpc_id.iter().map(|vpc| vpc.at("vpcId")).collect()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let both = self.zone.is_some() && self.availability_zone.is_some();
        let both = both.then(|| {
            Problem::at("zone", "`availabilityZone` says already which zone it is").hint("leave one of the two out")
        });
        let none = (self.zone == Some(0)).then(|| Problem::at("zone", "zones are counted from 1"));
        let vpc = self.vpc_id.is_none().then(without_vpc);
        let block = block_problem(&self.cidr_block).or_else(|| misplaced(self, checks));
        block.into_iter().chain(both).chain(none).chain(vpc).collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        if let Some(vpc) = &self.vpc_id {
            want["vpcId"] = id_of(vpc, others).shown().into();
        }
        want
    }

    fn heard(document: &mut Value) {
        flags(document, &["mapPublicIpOnLaunch"]);
    }

    async fn complete(&self, cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        if let Some(value) = sending.fields.get_mut("mapPublicIpOnLaunch") {
            *value = json!({ "value": value });
        }
        if sending.live.is_none() && self.availability_zone.is_none() {
            let zone = zone(cloud, self.zone.unwrap_or(1)).await?;
            sending.fields.insert("availabilityZone".to_owned(), zone.into());
        }
        Ok(())
    }

    fn links(live: &Live) -> Vec<String> {
        vec![live.text("vpcId").to_owned()]
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        let of = |name: &'static str| Output::live(name, live.map(|live| live.text(name)));
        vec![of("availabilityZone"), of("cidrBlock")]
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        holders::beside(cloud, lab, Around::Subnet(&live.arn), when).await
    }

    async fn refused(cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.is("DependencyViolation") {
            return error;
        }
        held_by(error, holders::words(cloud, Around::Subnet(&live.arn)).await)
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let zones = Grant::in_region(Need::Change, &["ec2:DescribeAvailabilityZones"], place);
        let zones = Some(zones).filter(|_| self.availability_zone.is_none());
        let reads = Grant::in_region(Need::Delete, holders::READS, place);
        [around(&["ec2:CreateSubnet"], &["vpc"], place), reads].into_iter().chain(zones).collect()
    }
}

/// The problem of a subnet that isn't a part of its VPC's network, or that has addresses of another one.
fn misplaced(subnet: &OwnSubnet, checks: &Checks<'_>) -> Option<Problem> {
    let network = |block: &str| block.parse::<Ipv4Net>().ok().map(|network| network.trunc());
    let (vpc, block) = (subnet.vpc_id.as_ref()?, network(&subnet.cidr_block)?);
    let whole = network(&checks.get(vpc)?.cidr_block)?;
    if !whole.contains(&block) {
        let words = format!("`{}` is no part of {whole}, the network of {}", subnet.cidr_block, vpc.address());
        return Some(Problem::at("cidrBlock", words));
    }
    let is_this = |other: &OwnSubnet| ptr::eq(other, subnet);
    let overlaps = |other: &OwnSubnet| {
        let is_beside = other.vpc_id.as_ref().is_some_and(|other| other.name == vpc.name);
        is_beside && network(&other.cidr_block).is_some_and(|other| other.contains(&block) || block.contains(&other))
    };
    // Of two, the one that is read later has the problem.
    let is_known = checks.all::<OwnSubnet>().any(|(_, other)| is_this(other));
    let mut before = checks.all::<OwnSubnet>().take_while(|(_, other)| !is_this(other)).filter(|_| is_known);
    let (address, other) = before.find(|(_, other)| overlaps(other))?;
    let words = format!("`{}` overlaps with {address}, which has {}", subnet.cidr_block, other.cidr_block);
    Some(Problem::at("cidrBlock", words))
}

/// The names of the zones that the account has in this region, in their order: without Local Zones.
///
/// # Errors
/// If EC2 can't be asked.
pub async fn available_zones(cloud: &Cloud) -> Result<Vec<String>> {
    let asked = json!({"Filter": [{"Name": "zone-type", "Value": ["availability-zone"]},
        {"Name": "state", "Value": ["available"]}]});
    let answer = cloud.call(&EC2, "DescribeAvailabilityZones", asked).await?;
    let mut zones: Vec<String> = list(&answer, "availabilityZoneInfo").map(|zone| text(zone, "zoneName")).collect();
    zones.sort();
    Ok(zones)
}

async fn zone(cloud: &Cloud, number: usize) -> Result<String> {
    let zones = available_zones(cloud).await?;
    let known = zones.join(", ");
    zones.into_iter().nth(number - 1).ok_or_else(|| {
        let message = format!("the account has no zone number {number} in {}: it has {known}", cloud.region);
        CloudError::own_at("DescribeAvailabilityZones", Cause::NoSubnet, message)
    })
}
