//! The two sides of a VPC that isn't the lab's, and on which of them something stands for which lab.yaml names no subnets.
//!
//! Knows: what makes a subnet public. Must not know: the kinds that stand in one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{SubnetLive, VpcLive};
use crate::cloud::{Cloud, EC2, Result};
use crate::resources::ecs::{list, text};

/// What stands in a VPC, and so in which of its subnets unless lab.yaml names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A load balancer that the internet reaches: in one public subnet of each zone, and nowhere else.
    Facing,
    /// A load balancer that the internet doesn't reach: in one private subnet of each zone.
    Inside,
    /// Tasks with public addresses, which lead out of public subnets only.
    Addressed,
    /// Tasks without public addresses, for which nothing leads out of a public subnet.
    Unaddressed,
}

impl Stands {
    /// Those of the subnets in which it stands: of its side, or any if there are none there; none if it can't do without.
    /// If some of them are `kept`, only those: a subnet that somebody adds moves nothing.
    fn among<'a>(self, there: &[&'a SubnetLive], kept: &[String]) -> Vec<&'a SubnetLive> {
        let is_public = matches!(self, Self::Facing | Self::Addressed);
        let side: Vec<_> = there.iter().copied().filter(|subnet| subnet.is_public == is_public).collect();
        let mut taken = if side.is_empty() && self != Self::Facing { there.to_vec() } else { side };
        if taken.iter().any(|subnet| kept.contains(&subnet.subnet_id)) {
            taken.retain(|subnet| kept.contains(&subnet.subnet_id));
        }
        if matches!(self, Self::Facing | Self::Inside) {
            // A load balancer stands in one subnet of a zone (CreateLoadBalancer, API reference).
            taken.dedup_by(|next, kept| next.availability_zone == kept.availability_zone);
        }
        taken
    }
}

impl VpcLive {
    /// The ids of the subnets in which something stands, of all or of those in `zones`; those of `kept` before others.
    ///
    /// # Errors
    /// If a zone has no subnet, or the internet reaches none in which that is needed.
    pub fn subnet_ids(&self, zones: Option<&[String]>, stands: Stands, kept: &[String]) -> Result<Vec<String>, String> {
        let Some(zones) = zones else {
            return self.ids_among(&self.subnets.iter().collect::<Vec<_>>(), "", stands, kept);
        };
        let in_zone = |zone: &String| {
            let there: Vec<_> = self.subnets.iter().filter(|subnet| subnet.availability_zone == *zone).collect();
            match self.is_default {
                _ if !there.is_empty() => self.ids_among(&there, &format!(" in zone `{zone}`"), stands, kept),
                true => Err(format!("the default VPC has no default subnet in zone `{zone}`")),
                false => Err(format!("{} has no subnet in zone `{zone}`", self.vpc_id)),
            }
        };
        Ok(zones.iter().map(in_zone).collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn ids_among(
        &self,
        there: &[&SubnetLive],
        place: &str,
        stands: Stands,
        kept: &[String],
    ) -> Result<Vec<String>, String> {
        let taken = stands.among(there, kept);
        if taken.is_empty() && !there.is_empty() {
            return Err(format!(
                "no subnet of {}{place} has a route to an internet gateway: name others in `subnets`, or write `scheme: \
                 internal`",
                self.vpc_id
            ));
        }
        Ok(taken.into_iter().map(|subnet| subnet.subnet_id.clone()).collect())
    }
}

/// The ids of those of the subnets from which a route leads to an internet gateway: a route of the table that the subnet is
/// associated with, or of its VPC's main table if there is none ("Subnet route tables", Amazon VPC user guide).
///
/// # Errors
/// If the route tables can't be read.
pub(super) async fn public(cloud: &Cloud, vpcs: &[&str], subnets: &[SubnetLive]) -> Result<BTreeSet<String>> {
    let asked = json!({"Filter": [{"Name": "vpc-id", "Value": vpcs}]});
    let pages = cloud.pages(&EC2, "DescribeRouteTables", asked).await?;
    let tables: Vec<&Value> = pages.iter().flat_map(|page| list(page, "routeTableSet")).collect();
    let is_of = |table: &Value, subnet: &SubnetLive| {
        list(table, "associationSet").any(|one| one["subnetId"] == subnet.subnet_id.as_str())
    };
    let is_main = |table: &Value, subnet: &SubnetLive| {
        table["vpcId"] == subnet.vpc_id.as_str() && list(table, "associationSet").any(|one| one["main"] == "true")
    };
    let leads_out = |table: &Value| {
        let mut routes = list(table, "routeSet");
        routes.any(|route| text(route, "gatewayId").starts_with("igw-") && route["state"] != "blackhole")
    };
    let public = subnets.iter().filter(|subnet| {
        let own = tables.iter().find(|table| is_of(table, subnet));
        own.or_else(|| tables.iter().find(|table| is_main(table, subnet))).is_some_and(|table| leads_out(table))
    });
    Ok(public.map(|subnet| subnet.subnet_id.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A VPC with public subnets p in the zones a and b, and private ones q in all three.
    fn live() -> VpcLive {
        let subnet = |(name, zone, is_public): (&str, &str, bool)| SubnetLive {
            subnet_id: name.to_owned(),
            vpc_id: "vpc-1".to_owned(),
            availability_zone: zone.to_owned(),
            is_public,
        };
        let subnets = [("p1", "a", true), ("p2", "a", true), ("q1", "a", false), ("p3", "b", true), ("q2", "b", false)];
        let subnets = subnets.into_iter().chain([("q3", "c", false)]).map(subnet).collect();
        VpcLive { vpc_id: "vpc-1".to_owned(), is_default: false, subnets }
    }

    #[test]
    fn each_stands_on_its_side_of_a_vpc() {
        let zones = |zones: &str| zones.chars().map(String::from).collect::<Vec<_>>();
        let no_way = |place: &str| {
            format!(
                "no subnet of vpc-1{place} has a route to an internet gateway: name others in `subnets`, or write \
                 `scheme: internal`"
            )
        };
        let cases = [
            (Stands::Facing, None, Ok("p1 p3")),
            (Stands::Inside, None, Ok("q1 q2 q3")),
            (Stands::Addressed, None, Ok("p1 p2 p3")),
            (Stands::Unaddressed, None, Ok("q1 q2 q3")),
            (Stands::Facing, Some("ba"), Ok("p3 p1")),
            (Stands::Inside, Some("a"), Ok("q1")),
            (Stands::Addressed, Some("c"), Ok("q3")),
            (Stands::Facing, Some("c"), Err(no_way(" in zone `c`"))),
            (Stands::Facing, Some("d"), Err("vpc-1 has no subnet in zone `d`".to_owned())),
        ];
        for (stands, given, ids) in cases {
            let given = given.map(zones);
            let found = live().subnet_ids(given.as_deref(), stands, &[]);
            assert_eq!(found.map(|ids| ids.join(" ")), ids.map(str::to_owned), "{stands:?} {given:?}");
        }
        let only = |is_public: bool| {
            let mut vpc = live();
            vpc.subnets.retain(|subnet| subnet.is_public == is_public);
            vpc
        };
        assert_eq!(only(true).subnet_ids(None, Stands::Unaddressed, &[]).map(|ids| ids.len()), Ok(3));
        assert_eq!(only(true).subnet_ids(None, Stands::Inside, &[]), Ok(vec!["p1".to_owned(), "p3".to_owned()]));
        assert_eq!(only(false).subnet_ids(None, Stands::Facing, &[]), Err(no_way("")));
    }

    #[test]
    fn what_is_live_stays_where_it_fits() {
        let zones = ["a".to_owned(), "b".to_owned()];
        let cases = [
            (Stands::Facing, "p2", "p2 p3"),
            (Stands::Facing, "q1", "p1 p3"),
            (Stands::Facing, "p1 p2", "p1 p3"),
            (Stands::Addressed, "p2 p9", "p2 p3"),
            (Stands::Addressed, "", "p1 p2 p3"),
        ];
        for (stands, kept, ids) in cases {
            let kept: Vec<String> = kept.split_whitespace().map(str::to_owned).collect();
            let found = live().subnet_ids(Some(&zones), stands, &kept);
            assert_eq!(found.map(|ids| ids.join(" ")).as_deref(), Ok(ids), "{stands:?} {kept:?}");
        }
    }
}
