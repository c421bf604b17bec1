//! Where a load balancer stands: subnets, and the addresses of one's own that it has in them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::LoadBalancer;
use crate::model::{AFTER_APPLY, Unit, Usage};
use crate::resource::{Others, Ref, SpecRef, UsageContext, document};
use crate::resources::ecs::{list, text};
use crate::resources::network::{Address, id_of, own_subnet};
use crate::resources::usage::and_addresses;
use crate::resources::vpc::{Stands, Vpc, is_looked_up, subnet_ids, subnet_refs};

/// The zones of a VPC that nobody has looked at: as many as most regions have.
const ZONES: usize = 3;

/// A subnet of a network load balancer, and the address that it has there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubnetMapping {
    /// The subnet: a name below `subnets`, a zone of the default VPC, as in `eu-west-1a`, or an id.
    pub subnet_id: String,
    /// The elastic IP address, a name below `addresses`, of a load balancer that the internet reaches.
    pub allocation_id: Option<Ref<Address>>,
    /// The private address of an internal load balancer.
    #[serde(rename = "privateIPv4Address")]
    pub private_ipv4_address: Option<String>,
}

impl LoadBalancer {
    /// The subnets, as the spec names them: with addresses or without. None if they are the network's to say.
    pub(super) fn places(&self) -> Option<Vec<String>> {
        let mapped = self.subnet_mappings.as_ref().map(|all| all.iter().map(|one| one.subnet_id.clone()).collect());
        mapped.or_else(|| self.subnets.clone())
    }

    /// The references to subnets and addresses.
    pub(super) fn place_refs(&self) -> Vec<SpecRef> {
        let Some(mappings) = &self.subnet_mappings else { return subnet_refs(self.subnets.as_deref(), "subnets") };
        let mut refs = Vec::new();
        for (n, mapping) in mappings.iter().enumerate() {
            let at = format!("subnetMappings[{n}]");
            refs.extend(own_subnet(&mapping.subnet_id).map(|own| own.at(format!("{at}.subnetId"))));
            refs.extend(mapping.allocation_id.iter().map(|address| address.at(format!("{at}.allocationId"))));
        }
        let places = self.places();
        refs.extend(is_looked_up(places.as_deref()).then(|| Vpc::reference().at("subnetMappings")));
        refs
    }

    /// Writes the ids of the subnets into what is wanted, as far as they are known: in a zone those that are `kept`.
    pub(super) fn want_places(&self, kept: &[String], others: &Others, want: &mut Value) {
        if let Some(places) = &self.subnets {
            // Without a lookup of the VPC there are only the spec's own words to compare and to show.
            let ids = subnet_ids(Some(places), self.stands(), kept, others).and_then(Result::ok);
            let ids = ids.unwrap_or_else(|| places.clone());
            want["subnets"] = json!(ids.into_iter().collect::<BTreeSet<_>>());
        }
        if let Some(mappings) = self.mappings(kept, others) {
            want["subnetMappings"] = mappings;
        }
    }

    /// The subnets with their addresses, by their ids as far as those are known.
    fn mappings(&self, kept: &[String], others: &Others) -> Option<Value> {
        let mappings = self.subnet_mappings.as_ref()?.iter().map(|mapping| {
            let mut want = document(mapping);
            let subnet = subnet_ids(Some(std::slice::from_ref(&mapping.subnet_id)), self.stands(), kept, others);
            let subnet = subnet.map(|ids| ids.ok().and_then(|mut ids| ids.pop()));
            want["subnetId"] = match subnet {
                Some(id) => id.unwrap_or_else(|| mapping.subnet_id.clone()).into(),
                None => AFTER_APPLY.into(),
            };
            if let Some(address) = &mapping.allocation_id {
                want["allocationId"] = id_of(address, others).shown().into();
            }
            want
        });
        Some(mappings.collect())
    }
}

/// What a load balancer takes by the hour: itself, and where the internet reaches it a public address in each of its zones,
/// but for those of the lab's own, which cost by themselves ("Public IPv4 addresses", Amazon VPC pricing).
pub(super) fn usage(context: &UsageContext<'_>, document: &Value) -> Usage {
    let itself = match document["type"].as_str() {
        Some("network") => Usage::one(Unit::NetworkLoadBalancer, "network load balancer"),
        _ => Usage::one(Unit::ApplicationLoadBalancer, "load balancer"),
    };
    if document["scheme"] == "internal" {
        return itself;
    }
    let mapped = || list(document, "subnetMappings");
    let own = mapped().filter(|mapping| !mapping["allocationId"].is_null()).count();
    let given = [list(document, "subnets").count(), mapped().count()].into_iter().find(|count| *count > 0);
    let zones = given.or_else(|| {
        let vpc = Vpc::of_lab(context.others).now()?;
        Some(vpc.subnet_ids(None, Stands::Facing, &[]).ok()?.len())
    });
    let addresses = zones.unwrap_or(ZONES).saturating_sub(own);
    and_addresses(itself, u32::try_from(addresses).unwrap_or(u32::MAX))
}

/// The subnets of an answer, alone and with their addresses.
pub(super) fn heard(document: &mut Value) {
    let Some(zones) = document["availabilityZones"].as_array() else { return };
    let subnets = zones.iter().map(|zone| zone["subnetId"].clone()).collect();
    let mappings = zones.iter().map(|zone| {
        let mut mapping = json!({ "subnetId": zone["subnetId"] });
        for field in ["allocationId", "privateIPv4Address"] {
            let mut said = list(zone, "loadBalancerAddresses").map(|address| text(address, field));
            if let Some(said) = said.find(|said| !said.is_empty()) {
                mapping[field] = said.into();
            }
        }
        mapping
    });
    let mappings: Value = mappings.collect();
    document["subnets"] = subnets;
    document["subnetMappings"] = mappings;
}
