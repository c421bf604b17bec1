//! The account's default VPC and its default subnets: looked up, never created, never deleted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::{OwnVpc, id_of, is_zone, own_subnet};
use crate::cloud::{Cause, Cloud, CloudError, Result};
use crate::model::{Known, Tags};
use crate::resource::{
    Field, Found, Grant, Granted, NameRule, Names, Need, Others, Output, Place, Ref, Resource, SpecRef, Wanted,
};

/// The account's default VPC, as in `vpc: default`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vpc {}

/// AWS's description of the default VPC.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcLive {
    /// The VPC's id, as in `vpc-0a1b`.
    pub vpc_id: String,
    /// The VPC's default subnets, one a zone, by zone.
    pub subnets: Vec<Subnet>,
}

/// A default subnet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subnet {
    /// The subnet's id, as in `subnet-0a1b`.
    pub subnet_id: String,
    /// The subnet's zone, as in `eu-west-1a`.
    pub availability_zone: String,
}

impl Vpc {
    /// The one reference to the lab's VPC.
    pub fn reference() -> Ref<Self> {
        Ref::new("default")
    }
}

impl VpcLive {
    /// The ids of the default subnets: all of them, or those that stand in `zones`.
    ///
    /// # Errors
    /// If a zone has no default subnet.
    pub fn subnet_ids(&self, zones: Option<&[String]>) -> Result<Vec<String>, String> {
        let Some(zones) = zones else {
            return Ok(self.subnets.iter().map(|subnet| subnet.subnet_id.clone()).collect());
        };
        let id = |zone: &String| match self.subnets.iter().find(|subnet| subnet.availability_zone == *zone) {
            Some(subnet) => Ok(subnet.subnet_id.clone()),
            None => Err(format!("the default VPC has no default subnet in zone `{zone}`")),
        };
        zones.iter().map(id).collect()
    }
}

impl Resource for Vpc {
    const KIND: &'static str = "network";
    const SECTION: &'static str = "vpc";
    const NAME: NameRule = NameRule::new("vpc", 1..=255, "`default`", |name| name == "default");
    const FIELDS: &'static [Field] = &[];
    type Live = VpcLive;

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn outputs(_place: &Place, _name: &str, live: Option<&VpcLive>) -> Vec<Output> {
        vec![Output::live("id", live.map(|live| live.vpc_id.as_str()))]
    }

    fn ids(live: &VpcLive) -> Vec<String> {
        vec![live.vpc_id.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<VpcLive>>> {
        let [wanted] = wanted else {
            return Ok(Vec::new());
        };
        let live = VpcLive::clone(cloud.once("the default VPC", default_vpc(cloud)).await?.as_ref());
        Ok(vec![Found::present(wanted.address, wanted.name, live, Tags::new())])
    }
}

impl Granted for Vpc {
    fn listing(_place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    fn grants(&self, _name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        vec![Grant::in_region(Need::Read, &["ec2:DescribeSubnets"], place)]
    }
}

/// Finds the default VPC with its default subnets in one call: only the default VPC has default subnets ("Default
/// VPCs", Amazon VPC user guide).
///
/// # Errors
/// If the region has none.
pub(super) async fn default_vpc(cloud: &Cloud) -> Result<VpcLive> {
    let filter = |name: &str, value: &str| aws_sdk_ec2::types::Filter::builder().name(name).values(value).build();
    let mut pages = cloud
        .ec2
        .describe_subnets()
        .filters(filter("default-for-az", "true"))
        .filters(filter("state", "available"))
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page?.subnets.unwrap_or_default());
    }
    let mut subnets: Vec<Subnet> = found
        .iter()
        .map(|subnet| Subnet {
            subnet_id: subnet.subnet_id().unwrap_or_default().to_owned(),
            availability_zone: subnet.availability_zone().unwrap_or_default().to_owned(),
        })
        .collect();
    subnets.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
    let Some(vpc_id) = found.first().and_then(|subnet| subnet.vpc_id()) else {
        return Err(CloudError::own_at(
            "DescribeSubnets",
            Cause::NoDefaultVpc,
            format!("{} has no default VPC with default subnets", cloud.region),
        ));
    };
    Ok(VpcLive { vpc_id: vpc_id.to_owned(), subnets })
}

/// Returns whether a list of places leads to the looked-up VPC: it names none, or zones.
pub(super) fn is_looked_up(places: Option<&[String]>) -> bool {
    let places = places.unwrap_or_default();
    places.is_empty() || places.iter().any(|place| is_zone(place))
}

/// The references of a list of places at `path`: to subnets of the lab's own, and to the looked-up VPC.
pub(super) fn subnet_refs(places: Option<&[String]>, path: &str) -> Vec<SpecRef> {
    let own = places.unwrap_or_default().iter().enumerate();
    let own = own.filter_map(|(n, place)| Some(own_subnet(place)?.at(format!("{path}[{n}]"))));
    let looked_up = is_looked_up(places).then(|| Vpc::reference().at(path));
    own.chain(looked_up).collect()
}

/// The reference to the VPC of a resource: one of the lab's own, or the looked-up one.
pub(super) fn vpc_ref(own: Option<&Ref<OwnVpc>>) -> SpecRef {
    own.map_or_else(|| Vpc::reference().at("vpcId"), |own| own.at("vpcId"))
}

/// The id of the VPC of a resource, as far as it is known.
pub(super) fn vpc_id(own: Option<&Ref<OwnVpc>>, others: &Others) -> Known<String> {
    match own {
        Some(own) => id_of(own, others),
        None => others.live(&Vpc::reference()).map(|vpc| vpc.vpc_id.clone()),
    }
}

/// The ids of the subnets that stand for `places`; none while one isn't known.
pub(super) fn subnet_ids(places: Option<&[String]>, others: &Others) -> Option<Result<Vec<String>, String>> {
    let Some(places) = places else {
        let vpc = others.live(&Vpc::reference()).now()?;
        return Some(vpc.subnet_ids(None));
    };
    let (mut ids, mut zones) = (Vec::new(), Vec::new());
    for place in places {
        match own_subnet(place) {
            Some(own) => ids.push(id_of(&own, others).now()?),
            None if is_zone(place) => zones.push(place.clone()),
            None => ids.push(place.clone()),
        }
    }
    if zones.is_empty() {
        return Some(Ok(ids));
    }
    let vpc = others.live(&Vpc::reference()).now()?;
    Some(vpc.subnet_ids(Some(&zones)).map(|zoned| [ids, zoned].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_are_chosen_by_zone() {
        let subnet = |zone: &str| Subnet { subnet_id: format!("subnet-{zone}"), availability_zone: zone.to_owned() };
        let live = VpcLive { vpc_id: "vpc-1".to_owned(), subnets: vec![subnet("a"), subnet("b"), subnet("c")] };
        assert_eq!(live.subnet_ids(None).expect("all exist").len(), 3);
        assert_eq!(live.subnet_ids(Some(&["b".to_owned()])), Ok(vec!["subnet-b".to_owned()]));
        assert!(live.subnet_ids(Some(&["d".to_owned()])).is_err());
    }
}
