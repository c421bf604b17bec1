//! NAT gateways, through which private subnets reach the internet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Address, InternetGateway, OwnSubnet, around, id_of, until_gone};
use crate::cloud::{Cloud, EC2, Result};
use crate::model::{Address as Node, Unit, Usage};
use crate::resource::{
    Calls, Checks, Field, Grant, Habits, Live, NameRule, Others, Output, Pasted, Place, Plain, Presence, Read,
    Readiness, Ref, SpecRef, UsageContext, Waiting, call, owned, replace,
};
use crate::resources::ecs::{list, text};

/// A NAT gateway: the fields of CreateNatGateway.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NatGateway {
    /// The subnet in which the gateway stands: one that has a route to an internet gateway.
    pub subnet_id: Ref<OwnSubnet>,
    /// The gateway's elastic IP address, a name below `addresses`.
    pub allocation_id: Ref<Address>,
}

const LIST: Read = owned("DescribeNatGateways", "natGatewaySet");

impl Plain for NatGateway {
    const KIND: &'static str = "natGateway";
    const SECTION: &'static str = "natGateways";
    const NAME: NameRule = super::NAME;
    const FIELDS: &'static [Field] = &[replace("subnetId"), replace("allocationId")];
    const PASTED: Pasted = Pasted {
        around: &["natGateways", "natGateway"],
        told: &["createTime", "natGatewayAddresses", "natGatewayId", "state", "vpcId"],
        beyond: &[("availabilityMode", r#""zonal""#), ("connectivityType", r#""public""#)],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "natgateway/*",
        id: "natGatewayId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("CreateNatGateway", "")
            .with(r#"{"TagSpecification": [{"ResourceType": "natgateway", "Tag": []}]}"#),
        read: &[LIST],
        list: LIST,
        updates: &[],
        delete: call("DeleteNatGateway", "NatGatewayId"),
        restore: None,
    };
    const HABITS: Habits = Habits { goes_after: &["service"], ..Habits::NAMELESS };

    fn refs(&self) -> Vec<SpecRef> {
        vec![self.subnet_id.at("subnetId"), self.allocation_id.at("allocationId")]
    }

    /// A gateway fails in a VPC that has no internet gateway by then.
    fn follows(&self, checks: &Checks<'_>) -> Vec<Node> {
        let vpc = checks.get(&self.subnet_id).and_then(|subnet| subnet.vpc_id.as_ref());
        vpc.into_iter().flat_map(|vpc| InternetGateway::of(vpc, checks)).collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        json!({ "subnetId": id_of(&self.subnet_id, others).shown(),
            "allocationId": id_of(&self.allocation_id, others).shown() })
    }

    fn heard(document: &mut Value) {
        let allocation = list(document, "natGatewayAddressSet").next().map(|one| text(one, "allocationId"));
        if let Some(allocation) = allocation {
            document["allocationId"] = allocation.into();
        }
    }

    /// Its address costs by itself.
    fn usage(_context: &UsageContext<'_>, _document: &Value) -> Usage {
        Usage::one(Unit::NatGateway, "NAT gateway")
    }

    /// AWS shows one that is gone, or that never came up, for about an hour ("Delete a NAT gateway", VPC user guide).
    fn presence(live: &Live) -> Presence {
        match live.text("state") {
            "deleted" | "failed" => Presence::Gone,
            "deleting" => Presence::Leaving,
            _ => Presence::There,
        }
    }

    fn readiness(live: &Live) -> Readiness {
        match live.text("state") {
            "pending" => Readiness::Pending("AWS is making it (pending)".to_owned()),
            "failed" => {
                let (code, words) = (live.text("failureCode"), live.text("failureMessage"));
                Readiness::Failed(format!("{code}: {words}"))
            }
            _ => Readiness::Ready(None),
        }
    }

    fn links(live: &Live) -> Vec<String> {
        ["subnetId", "allocationId"].map(|field| live.text(field).to_owned()).to_vec()
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        let address = live.and_then(|live| list(&live.document, "natGatewayAddressSet").next());
        vec![Output::live("publicIp", address.map(|address| text(address, "publicIp")))]
    }

    async fn gone(cloud: &Cloud, live: &Live, waiting: &Waiting) -> Result<()> {
        let read = ("DescribeNatGateways", "NatGatewayId", "natGatewaySet");
        until_gone(cloud, read, &live.arn, waiting).await
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        vec![around(&["ec2:CreateNatGateway"], &["subnet", "elastic-ip"], place)]
    }
}
