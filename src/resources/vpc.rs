//! VPCs of the account: looked up, never created, never deleted.

mod sides;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, Tag};
use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::{OwnVpc, id_of, is_zone, own_subnet};
use crate::cloud::{Cause, Cloud, CloudError, Result};
use crate::model::{Address, Known, Tags};
use crate::resource::{
    By, Candidate, Field, Findable, Found, Grant, Granted, Key, NO_VPC, NameRule, Names, Need, Others, Output, Place,
    Ref, Resource, Sort, SpecRef, Wanted,
};
pub(super) use sides::Stands;

/// A VPC that a lab is in: `vpc:` at the top of the lab says which one is the lab's.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vpc {}

/// AWS's description of a VPC.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcLive {
    /// The VPC's id, as in `vpc-0a1b`.
    pub vpc_id: String,
    /// Whether it is the VPC that AWS made for the account.
    pub is_default: bool,
    /// The VPC's subnets, by zone: the default ones of the default VPC, one a zone, and all of another.
    pub subnets: Vec<SubnetLive>,
}

/// AWS's description of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubnetLive {
    /// The subnet's id, as in `subnet-0a1b`.
    pub subnet_id: String,
    /// The id of the subnet's VPC.
    pub vpc_id: String,
    /// The subnet's zone, as in `eu-west-1a`.
    pub availability_zone: String,
    /// Whether a route leads from the subnet to an internet gateway, as one does from a default subnet ("Default VPCs",
    /// Amazon VPC user guide).
    pub is_public: bool,
}

impl Vpc {
    /// The one reference to the lab's VPC, whichever that is: the spec puts the name of the lab's own VPC for `default`.
    pub fn reference() -> Ref<Self> {
        Ref::new(NO_VPC)
    }

    /// The ids of the VPCs that a lab with these physical names uses: that of a VPC is its id, but for the default one.
    pub(super) async fn ids_in(cloud: &Cloud, names: &Names) -> Result<BTreeSet<String>> {
        let vpcs = names.range(Address::new(Self::KIND, "")..).take_while(|(address, _)| address.kind == Self::KIND);
        let mut ids: BTreeSet<String> = vpcs.map(|(_, name)| name.clone()).collect();
        if ids.remove(NO_VPC) {
            ids.insert(cloud.once("the default VPC", default_vpc(cloud)).await?.vpc_id.clone());
        }
        Ok(ids)
    }

    /// What is known of the lab's VPC.
    pub(super) fn of_lab(others: &Others) -> Known<&VpcLive> {
        others.live(&Ref::<Self>::new(&others.place.vpc))
    }
}

impl Resource for Vpc {
    const KIND: &'static str = "network";
    const SECTION: &'static str = "vpc";
    const NAME: NameRule = NameRule::new("vpcId", 1..=255, "anything", |_| true);
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

    async fn read(_: &Cloud, _: &[Wanted<'_, Self>], _: &Names) -> Result<Vec<Found<VpcLive>>> {
        Ok(Vec::new())
    }
}

impl Findable for Vpc {
    const WORD: &'static str = OwnVpc::KIND;

    fn keys() -> Vec<Key> {
        vec![Key::id("vpcId", "vpc-"), Key { field: "isDefault".to_owned(), sort: Sort::Default, form: String::new() }]
    }

    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<VpcLive>>> {
        let all = try_join_all(by.iter().map(|by| async move {
            match by {
                By::Default => {
                    let live = VpcLive::clone(cloud.once("the default VPC", default_vpc(cloud)).await?.as_ref());
                    Ok::<_, CloudError>(vec![Candidate { name: NO_VPC.to_owned(), live, tags: Tags::new() }])
                }
                By::Id(id) => vpcs(cloud, vec![filter("vpc-id", [id])]).await,
                by => vpcs(cloud, tagged(&by.tags(Self::WORD).unwrap_or_default())).await,
            }
        }));
        Ok(all.await?.concat())
    }

    fn finding(by: &By, place: &Place) -> Vec<Grant> {
        match by {
            By::Default => vec![Grant::in_region(Need::Read, &["ec2:DescribeSubnets"], place)],
            _ => {
                let reads = &["ec2:DescribeRouteTables", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];
                vec![Grant::in_region(Need::Read, reads, place)]
            }
        }
    }
}

impl Granted for Vpc {
    fn listing(_place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    fn grants(&self, _name: &str, _names: &Names, _place: &Place) -> Vec<Grant> {
        Vec::new()
    }
}

fn filter<T: Into<String>>(name: impl Into<String>, values: impl IntoIterator<Item = T>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

fn tagged(tags: &Tags) -> Vec<Filter> {
    tags.iter().map(|(key, value)| filter(format!("tag:{key}"), [value])).collect()
}

fn tags(tags: &[Tag]) -> Tags {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    tags.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}

/// The subnets that pass these filters, by zone, as if they were public.
async fn subnets(cloud: &Cloud, filters: Vec<Filter>) -> Result<Vec<SubnetLive>> {
    let mut pages = cloud.ec2.describe_subnets().set_filters(Some(filters)).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page?.subnets.unwrap_or_default());
    }
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let found = found.iter().map(|subnet| SubnetLive {
        subnet_id: text(subnet.subnet_id()),
        vpc_id: text(subnet.vpc_id()),
        availability_zone: text(subnet.availability_zone()),
        is_public: true,
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|a, b| (&a.availability_zone, &a.subnet_id).cmp(&(&b.availability_zone, &b.subnet_id)));
    Ok(found)
}

/// The VPCs that pass these filters, with their subnets and tags.
async fn vpcs(cloud: &Cloud, filters: Vec<Filter>) -> Result<Vec<Candidate<VpcLive>>> {
    let mut pages = cloud.ec2.describe_vpcs().set_filters(Some(filters)).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page?.vpcs.unwrap_or_default());
    }
    let ids: Vec<&str> = found.iter().filter_map(|vpc| vpc.vpc_id()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut subnets = subnets(cloud, vec![filter("vpc-id", ids.clone()), filter("state", ["available"])]).await?;
    let public = sides::public(cloud, &ids, &subnets).await?;
    subnets.iter_mut().for_each(|subnet| subnet.is_public = public.contains(&subnet.subnet_id));
    let candidates = found.iter().map(|vpc| {
        let id = vpc.vpc_id().unwrap_or_default().to_owned();
        let own = subnets.iter().filter(|subnet| subnet.vpc_id == id).cloned();
        let live =
            VpcLive { is_default: vpc.is_default().unwrap_or_default(), subnets: own.collect(), vpc_id: id.clone() };
        Candidate { name: id, live, tags: tags(vpc.tags()) }
    });
    Ok(candidates.collect())
}

/// Finds the default VPC with its default subnets in one call: only the default VPC has default subnets ("Default
/// VPCs", Amazon VPC user guide).
///
/// # Errors
/// If the region has none.
pub async fn default_vpc(cloud: &Cloud) -> Result<VpcLive> {
    let subnets = subnets(cloud, vec![filter("default-for-az", ["true"]), filter("state", ["available"])]).await?;
    let Some(vpc_id) = subnets.first().map(|subnet| subnet.vpc_id.clone()) else {
        return Err(CloudError::own_at(
            "DescribeSubnets",
            Cause::NoDefaultVpc,
            format!("{} has no default VPC with default subnets", cloud.region),
        ));
    };
    Ok(VpcLive { vpc_id, is_default: true, subnets })
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
        None => Vpc::of_lab(others).map(|vpc| vpc.vpc_id.clone()),
    }
}

/// The id of the VPC in which something stands that has these places; none while it isn't known, or if they are all ids.
pub(super) fn vpc_of(places: Option<&[String]>, others: &Others) -> Option<String> {
    if is_looked_up(places) {
        return Vpc::of_lab(others).now().map(|vpc| vpc.vpc_id.clone());
    }
    let own = places.unwrap_or_default().iter().find_map(|place| own_subnet(place))?;
    others.live(&own).now().map(|live| live.text("vpcId").to_owned())
}

/// The ids of the subnets that stand for `places`; none while one isn't known. In a zone in which some of `kept` fit, they
/// are these.
pub(super) fn subnet_ids(
    places: Option<&[String]>,
    stands: Stands,
    kept: &[String],
    others: &Others,
) -> Option<Result<Vec<String>, String>> {
    let Some(places) = places else {
        let vpc = Vpc::of_lab(others).now()?;
        return Some(vpc.subnet_ids(None, stands, kept));
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
    let vpc = Vpc::of_lab(others).now()?;
    Some(vpc.subnet_ids(Some(&zones), stands, kept).map(|zoned| [ids, zoned].concat()))
}
