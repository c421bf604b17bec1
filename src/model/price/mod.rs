//! What AWS charges by the hour: a table of prices with their dates and sources, and sums by it.
//!
//! Knows: units, prices, how money is written. Must not know: which kind takes which units.

mod budget;
mod hourly;
mod usage;

pub use budget::Budget;
pub use hourly::Hourly;
pub use usage::{Basis, Usage};

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The hours of a month, as AWS reckons ("Assumptions", AWS Pricing Calculator user guide).
pub const MONTH: f64 = 730.0;
/// The difference below which two costs are one, in USD an hour: a thousandth of a cent.
pub const SAME: f64 = 0.000_01;
/// The region whose list holds each unit, for those of which no other list is known.
pub const LISTED: &str = "us-east-1";

/// A thing that AWS charges by the hour. `.github/prices/renew.py` says by which usage types AWS's bill calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// A vCPU of Fargate, Linux on x86.
    FargateCpu,
    /// A GB of memory of Fargate, Linux on x86.
    FargateMemory,
    /// A vCPU of Fargate, Linux on ARM.
    FargateArmCpu,
    /// A GB of memory of Fargate, Linux on ARM.
    FargateArmMemory,
    /// An application load balancer, without its capacity units.
    ApplicationLoadBalancer,
    /// A network load balancer, without its capacity units.
    NetworkLoadBalancer,
    /// A NAT gateway, without what goes through it.
    NatGateway,
    /// An endpoint of the type Interface in one zone, without what goes through it.
    InterfaceEndpoint,
    /// A public IPv4 address, in use or idle.
    PublicAddress,
    /// A secret, without the calls for its value.
    Secret,
    /// A private hosted zone, without the questions that it answers.
    HostedZone,
    /// A parameter of the tier Advanced.
    AdvancedParameter,
    /// A metric that an alarm looks at.
    Alarm,
    /// A metric that an alarm looks at more often than each minute.
    HighResolutionAlarm,
    /// A dashboard.
    Dashboard,
    /// A MiB/s of a file system's provisioned throughput.
    FileThroughput,
}

/// What AWS charges for an hour of one unit in one region: USD, on demand, before tax, without free tiers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Price {
    /// The region.
    pub region: String,
    /// The unit.
    pub unit: Unit,
    /// The price in USD.
    pub usd: f64,
    /// The day on which it was so, as in `2026-09-11`; a month if the day isn't known.
    pub date: String,
    /// The place that says so.
    pub source: String,
}

static PRICES: LazyLock<Vec<Price>> = LazyLock::new(|| {
    let rows = serde_json::from_str(include_str!("prices.json"));
    rows.expect("a test reads the table of prices")
});

impl Price {
    /// Returns the price of `unit` in `region`, or by the list of [`LISTED`] if none is known there.
    pub fn of(unit: Unit, region: &str) -> &'static Self {
        let there = |region: &str| PRICES.iter().find(|price| price.unit == unit && price.region == region);
        there(region).or_else(|| there(LISTED)).expect("a test finds each unit in the list of us-east-1")
    }
}

/// Returns what an hour costs, for people: `$0.075`, or `$1.50` from a dollar on.
///
/// ```
/// use labform::model::an_hour;
///
/// assert_eq!(an_hour(0.074_885), "$0.075");
/// assert_eq!(an_hour(0.000_07), "$0.001");
/// assert_eq!(an_hour(1.5), "$1.50");
/// assert_eq!(an_hour(0.0), "$0");
/// ```
pub fn an_hour(usd: f64) -> String {
    match usd {
        usd if usd <= 0.0 => "$0".to_owned(),
        // Nothing that costs is shown as if it didn't.
        usd if usd < 0.001 => "$0.001".to_owned(),
        usd if usd < 0.9995 => format!("${usd:.3}"),
        usd => format!("${usd:.2}"),
    }
}

/// Returns what a month costs of what costs so much an hour, for people: `$55`, or `$0.40` below ten dollars.
pub fn a_month(usd_an_hour: f64) -> String {
    match usd_an_hour * MONTH {
        usd if usd < 9.995 => format!("${usd:.2}"),
        usd => format!("${usd:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_row_has_a_date_and_a_source_and_each_unit_a_price() {
        let mut seen = BTreeSet::new();
        for Price { region, unit, usd, date, source } in PRICES.iter() {
            assert!(seen.insert((region.clone(), *unit)), "{unit:?} stands twice for {region}");
            assert!((0.000_01..1.0).contains(usd), "{unit:?} in {region}: {usd}");
            let is_date = date.len() >= 7 && date.starts_with("20") && date.split('-').count() >= 2;
            assert!(is_date && !source.is_empty(), "{unit:?} in {region}: {date}, {source}");
        }
        let listed: Vec<Unit> = PRICES.iter().filter(|price| price.region == LISTED).map(|price| price.unit).collect();
        for Price { unit, .. } in PRICES.iter() {
            assert!(listed.contains(unit), "{unit:?} isn't in the list of {LISTED}");
        }
    }

    #[test]
    fn a_region_without_a_price_of_its_own_takes_that_of_us_east_1() {
        assert_eq!(Price::of(Unit::ApplicationLoadBalancer, "eu-west-3").usd, 0.026_46);
        assert_eq!(Price::of(Unit::FargateCpu, "eu-west-3").region, LISTED);
        assert_eq!(Price::of(Unit::NatGateway, "xx-nowhere-9").usd, 0.045);
    }

    #[test]
    fn money_is_written_as_people_read_it() {
        let months = [0.0, 0.000_55, 0.013_69, 0.075, 2.0].map(a_month);
        assert_eq!(months, ["$0.00", "$0.40", "$9.99", "$55", "$1460"]);
        assert_eq!([0.9994, 0.9996, 12.345].map(an_hour), ["$0.999", "$1.00", "$12.35"]);
    }
}
