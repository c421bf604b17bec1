//! The regions that the account can use.

use serde_json::{Value, json};

use super::describe::Describe;
use crate::account::Account;
use crate::input::is_true;
use crate::rules::WITHOUT_OPT_IN;
use crate::wire::Answer;

/// Some of those that an account has to opt in to ("AWS Regions", AWS Regions and Availability Zones). This account never does, but for the one it is asked in.
const OPT_IN: [&str; 5] = ["af-south-1", "ap-east-1", "eu-central-2", "eu-south-1", "me-south-1"];

/// `DescribeRegions`: those that the account can't use are shown only if `AllRegions` asks for them.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let call = Describe {
        set: "regionInfo",
        id: "RegionName",
        missing: ("InvalidParameterValue", "region"),
        filters: "endpoint=regionEndpoint opt-in-status region-name",
    };
    let state = |region: &str| match region {
        _ if WITHOUT_OPT_IN.contains(&region) => "opt-in-not-required",
        _ if region == account.region => "opted-in",
        _ => "not-opted-in",
    };
    let known = WITHOUT_OPT_IN.iter().chain(&OPT_IN).map(|region| (*region).to_owned()).chain([account.region.clone()]);
    let shown = known.filter(|region| is_true(input, "AllRegions") || state(region) != "not-opted-in");
    call.answer(account, input, &shown.map(|region| (region, ())).collect(), |region, ()| {
        json!({
            "regionName": region,
            "regionEndpoint": format!("ec2.{region}.amazonaws.com"),
            "optInStatus": state(region),
        })
    })
}
