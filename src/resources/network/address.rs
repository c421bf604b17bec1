//! Elastic IP addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::EC2;
use crate::model::{Unit, Usage};
use crate::resource::{
    Calls, Field, Habits, Live, NameRule, Output, Pasted, Place, Plain, Read, UsageContext, call, owned, replace,
};

/// An elastic IP address: the fields of AllocateAddress.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// The pool from which the address is taken; Amazon's own if it is left out.
    pub public_ipv4_pool: Option<String>,
}

const LIST: Read = owned("DescribeAddresses", "addressesSet");

impl Plain for Address {
    const KIND: &'static str = "address";
    const SECTION: &'static str = "addresses";
    const NAME: NameRule = super::NAME;
    const FIELDS: &'static [Field] = &[replace("publicIpv4Pool").default(r#""amazon""#)];
    const PASTED: Pasted = Pasted {
        around: &["addresses"],
        told: &[
            "allocationId",
            "associationId",
            "domain",
            "networkBorderGroup",
            "networkInterfaceId",
            "networkInterfaceOwnerId",
            "privateIpAddress",
            "publicIp",
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "elastic-ip/*",
        id: "allocationId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("AllocateAddress", "")
            .with(r#"{"Domain": "vpc", "TagSpecification": [{"ResourceType": "elastic-ip", "Tag": []}]}"#),
        read: &[LIST],
        list: LIST,
        updates: &[],
        delete: call("ReleaseAddress", "AllocationId"),
        restore: None,
    };
    const HABITS: Habits = Habits::NAMELESS;

    /// An address of one's own pool costs nothing (Amazon VPC pricing, "Public IPv4 addresses").
    fn usage(_context: &UsageContext<'_>, document: &Value) -> Usage {
        match document["publicIpv4Pool"].as_str() {
            None | Some("amazon") => Usage::one(Unit::PublicAddress, "public address"),
            Some(_) => Usage::default(),
        }
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("publicIp", live.map(|live| live.text("publicIp")))]
    }
}
