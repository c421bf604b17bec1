//! VPCs of the lab's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::holders::{self, Around};
use super::{block_problem, made, prefix};
use crate::cloud::{Cloud, CloudError, EC2, Result};
use crate::resource::{
    Beside, Calls, Checks, Field, Grant, Habits, Live, Made, NameRule, Need, Output, Pasted, Place, Plain, Problem,
    Sending, When, call, change, each, owned, replace, update,
};
use crate::resources::held::held_by;

/// A VPC: the fields of CreateVpc, and its attributes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnVpc {
    /// The VPC's network, as in `10.0.0.0/16`.
    pub cidr_block: String,
    /// The hosts that instances share: `default` or `dedicated`.
    pub instance_tenancy: Option<String>,
    /// Whether AWS's DNS answers in the VPC; it does unless `false` is given.
    pub enable_dns_support: Option<bool>,
    /// Whether hosts get names, which endpoints of the type Interface need; they don't unless `true` is given.
    pub enable_dns_hostnames: Option<bool>,
    /// The number of zones in which subnets stand, as the short form of a whole network: with it, the VPC gets an internet
    /// gateway, public subnets, and private ones if there is a way out for those. Each part has a name, as
    /// `main.public-a`, and may have a section of its own under that.
    #[serde(skip_serializing)]
    pub zones: Option<usize>,
    /// The NAT gateways of the short form, and so whether it has private subnets: `none`, `one`, or `perZone`.
    #[serde(skip_serializing)]
    pub nat: Option<made::Nat>,
    /// The services that the short form gives endpoints, and so whether it has private subnets: `registry` for those that
    /// tasks without a way to the internet need, and words of others, as `ssm`.
    #[serde(skip_serializing)]
    pub endpoints: Option<Vec<String>>,
}

/// The attributes that a call of their own changes, one at a time.
const ATTRIBUTES: [&str; 2] = ["enableDnsSupport", "enableDnsHostnames"];

impl Plain for OwnVpc {
    const KIND: &'static str = "vpc";
    const SECTION: &'static str = "vpcs";
    const NAME: NameRule = super::NAME;
    const FIELDS: &'static [Field] = &[
        replace("cidrBlock").alike(prefix),
        replace("instanceTenancy").default(r#""default""#),
        update("enableDnsSupport").default("true"),
        update("enableDnsHostnames").default("false"),
    ];
    const PASTED: Pasted = Pasted {
        around: &["vpcs", "vpc"],
        told: &[
            "blockPublicAccessStates",
            "cidrBlockAssociationSet",
            "dhcpOptionsId",
            "ipv6CidrBlockAssociationSet",
            "isDefault",
            "ownerId",
            "state",
            "vpcId",
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "vpc/*",
        id: "vpcId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("CreateVpc", "").with(r#"{"TagSpecification": [{"ResourceType": "vpc", "Tag": []}]}"#),
        read: &[
            LIST,
            each("DescribeVpcAttribute", "VpcId")
                .by_arn()
                .with(r#"{"Attribute": "enableDnsSupport"}"#)
                .only_for("enableDnsSupport"),
            each("DescribeVpcAttribute", "VpcId")
                .by_arn()
                .with(r#"{"Attribute": "enableDnsHostnames"}"#)
                .only_for("enableDnsHostnames"),
        ],
        list: LIST,
        updates: &[
            change(call("ModifyVpcAttribute", "VpcId"), &["enableDnsSupport"]).after_create(),
            change(call("ModifyVpcAttribute", "VpcId"), &["enableDnsHostnames"]).after_create(),
        ],
        delete: call("DeleteVpc", "VpcId"),
        restore: None,
    };
    const HABITS: Habits = Habits::NAMELESS;

    fn makes(name: &str, section: &Value, region: &str) -> Vec<Made> {
        let Ok(vpc) = serde_json::from_value::<Self>(section.clone()) else { return Vec::new() };
        let (nat, endpoints) = (vpc.nat.unwrap_or_default(), vpc.endpoints.as_deref().unwrap_or_default());
        vpc.zones.map_or_else(Vec::new, |zones| {
            made::made(name, &made::Short { block: &vpc.cidr_block, zones, nat, endpoints }, region)
        })
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems: Vec<Problem> = block_problem(&self.cidr_block).into_iter().collect();
        if self.zones.is_some_and(|zones| !(1..=made::ZONES).contains(&zones)) {
            let message = format!("a network stands in 1 to {} zones", made::ZONES);
            problems.push(Problem::at("zones", message));
        }
        for (field, _) in [("nat", self.nat.is_some()), ("endpoints", self.endpoints.is_some())]
            .into_iter()
            .filter(|(_, is_given)| *is_given && self.zones.is_none())
        {
            let hint = "add `zones`, or make the network's parts in `subnets`, `natGateways` and so on";
            problems.push(Problem::at(field, "this belongs to the short form of a network").hint(hint));
        }
        let prefix = self.cidr_block.split_once('/').and_then(|(_, prefix)| prefix.parse::<u8>().ok());
        if problems.is_empty() && self.zones.is_some() && prefix.is_some_and(|prefix| prefix > made::LONGEST) {
            let message = format!("`{}` is too small to be parted", self.cidr_block);
            let hint = format!("write one of /16 to /{}", made::LONGEST);
            problems.push(Problem::at("cidrBlock", message).hint(hint));
        }
        problems
    }

    /// An attribute is answered as `{ value: true }`.
    fn heard(document: &mut Value) {
        for attribute in ATTRIBUTES {
            if let Some(value) = document.get(attribute).and_then(|attribute| attribute.get("value")) {
                document[attribute] = (value == "true").into();
            }
        }
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        for attribute in ATTRIBUTES {
            if let Some(value) = sending.fields.get_mut(attribute) {
                *value = json!({ "value": value });
            }
        }
        Ok(())
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("cidrBlock", live.map(|live| live.text("cidrBlock")))]
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        holders::beside(cloud, lab, Around::Vpc(&live.arn), when).await
    }

    async fn refused(cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.is("DependencyViolation") {
            return error;
        }
        held_by(error, holders::words(cloud, Around::Vpc(&live.arn)).await)
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        vec![Grant::in_region(Need::Delete, holders::READS, place)]
    }
}

const LIST: crate::resource::Read = owned("DescribeVpcs", "vpcSet");
