//! The kinds that make up a network: VPCs and what stands in them.
//!
//! Amazon EC2 gives these objects no names: they are found by their owner tags, and carry their name in the tag `Name`.

mod address;
mod apart;
mod holders;
mod home;
mod internet_gateway;
mod made;
mod nat_gateway;
mod own_vpc;
mod places;
mod route_table;
mod subnet;

pub use address::Address;
pub(super) use apart::{apart, together};
pub use home::home;
pub(super) use home::{vpcs_of, ways};
pub use internet_gateway::InternetGateway;
pub use nat_gateway::NatGateway;
pub use own_vpc::OwnVpc;
pub(super) use places::{is_zone, own_subnet};
pub use route_table::RouteTable;
pub use subnet::{OwnSubnet, available_zones};

use std::time::Duration;

use ipnet::Ipv4Net;
use labform_account::rules::CIDR_BLOCK;
use serde_json::{Value, json};

use super::ecs::{list, text};
use crate::cloud::{Cause, Cloud, CloudError, EC2, Result, unless_gone};
use crate::model::Known;
use crate::resource::{Grant, NameRule, Need, Others, Place, Problem, Ref, Resource, Waiting};

/// The rule for what has no name in AWS: the tag `Name` gives it one, as long as a tag may be.
pub(super) const NAME: NameRule = NameRule::new("Name", 1..=255, "any text", |_| true);
/// The time after which the delete of an object of a network counts as failed (the Terraform provider's constant).
const DEADLINE: Duration = Duration::from_secs(30 * 60);

/// Gives the field of a section this value, unless it has one.
pub(super) fn default_to(section: &mut Value, field: &str, value: impl Into<Value>) {
    if section[field].is_null() {
        section[field] = value.into();
    }
}

/// Makes truth values of the texts in these fields.
pub(super) fn flags(document: &mut Value, fields: &[&str]) {
    for field in fields {
        if let Some(flag) = document[field].as_str().and_then(|word| word.parse::<bool>().ok()) {
            document[field] = flag.into();
        }
    }
}

/// The prefix of a network, as AWS keeps it: without the bits of hosts.
fn prefix(value: &Value) -> Value {
    let network = value.as_str().and_then(|text| text.parse::<Ipv4Net>().ok());
    network.map_or_else(|| value.clone(), |network| network.trunc().to_string().into())
}

/// Returns what is wrong with the network in `cidrBlock`, if anything is.
fn block_problem(block: &str) -> Option<Problem> {
    let is_known = !block.contains("${");
    (is_known && !CIDR_BLOCK.allows(block)).then(|| {
        let message = format!("`{block}` is no network that AWS takes");
        Problem::at("cidrBlock", message).hint("write one of /16 to /28, as in `10.0.0.0/16`")
    })
}

/// The problem of an object for which the lab names no VPC.
pub(super) fn without_vpc() -> Problem {
    Problem::at("vpcId", "this stands in a VPC, and the lab names none").hint("add `vpcId` with a name below `vpcs`")
}

/// The id of what `reference` names, as far as it is known.
pub(super) fn id_of<R: Resource<Live = crate::resource::Live>>(reference: &Ref<R>, others: &Others) -> Known<String> {
    others.live(reference).map(|live| live.arn.clone())
}

/// The permission for a call that AWS also asks for on what stands around the object.
pub(super) fn around(operation: &'static [&'static str], kinds: &[&str], place: &Place) -> Grant {
    Grant::on(Need::Change, operation, kinds.iter().map(|kind| place.arn("ec2", &format!("{kind}/*"))))
}

/// Waits until AWS has carried out the delete of an object, which `read` describes in the list `items`.
///
/// # Errors
/// If it can't be read, or isn't gone in time.
pub(super) async fn until_gone(
    cloud: &Cloud,
    (read, key, items): (&'static str, &'static str, &str),
    id: &str,
    waiting: &Waiting,
) -> Result<()> {
    let end = cloud.now() + DEADLINE;
    let mut pause = Duration::from_secs(3);
    loop {
        let answer = unless_gone(cloud.call(&EC2, read, json!({ key: [id] })).await)?.unwrap_or_default();
        let state = list(&answer, items).next().map(|one| text(one, "state"));
        let Some(state) = state.filter(|state| !["deleted", "failed"].contains(&state.as_str())) else {
            return Ok(());
        };
        if cloud.now() + pause > end {
            let message = format!("AWS is still at it after {} minutes: {state}", DEADLINE.as_secs() / 60);
            return Err(CloudError::own_at(read, Cause::StillDeleting, message));
        }
        waiting.pause(cloud, &format!("AWS is deleting it ({state})"), pause).await?;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}
