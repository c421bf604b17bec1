//! Elastic IP addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloud::EC2;
use crate::resource::{Calls, Field, Habits, Live, NameRule, Output, Pasted, Place, Plain, Read, call, owned, replace};
use crate::resources::prices;

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

    fn hourly(&self) -> usize {
        prices::ADDRESS
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("publicIp", live.map(|live| live.text("publicIp")))]
    }
}
