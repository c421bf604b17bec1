//! What an object takes by the hour, what that costs, and by which prices.

use std::collections::BTreeSet;

use super::{Hourly, LISTED, Price, Unit};

/// What an object takes by the hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The units, with how many of each.
    pub amounts: Vec<(Unit, f64)>,
    /// What it is, for people, in parts: `2 tasks of 0.25 vCPU and 0.5 GB`.
    pub words: Vec<String>,
    /// Whether it takes more than these units, whose price isn't known.
    pub is_least: bool,
}

impl Usage {
    /// One unit.
    pub fn one(unit: Unit, words: &str) -> Self {
        Self { amounts: vec![(unit, 1.0)], words: vec![words.to_owned()], is_least: false }
    }

    /// A thing whose price isn't known.
    pub fn unknown(words: impl Into<String>) -> Self {
        Self { amounts: Vec::new(), words: vec![words.into()], is_least: true }
    }

    /// The same with so many of another unit, if it is more than none.
    #[must_use]
    pub fn and(mut self, unit: Unit, count: u32, words: String) -> Self {
        if count > 0 {
            self.amounts.push((unit, f64::from(count)));
            self.words.push(words);
        }
        self
    }

    /// Returns what an hour costs in `region`.
    pub fn hourly(&self, region: &str) -> Hourly {
        let costs = self.amounts.iter().map(|(unit, count)| Hourly::known(Price::of(*unit, region).usd * count));
        let known: Hourly = costs.sum();
        Hourly { is_least: self.is_least, ..known }
    }
}

/// The prices by which a sum was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// The region of the lab.
    pub region: String,
    /// The oldest date of the region's own prices, as in `2026-07`; none if there is none.
    pub own: Option<String>,
    /// The oldest date of the prices that the list of [`LISTED`] lends for want of the region's own; none if it lends none.
    pub lent: Option<String>,
}

impl Basis {
    /// Returns the prices in `region` of these units.
    pub fn of(region: &str, units: &BTreeSet<Unit>) -> Self {
        let prices = units.iter().map(|unit| Price::of(*unit, region));
        let (own, lent): (Vec<&Price>, Vec<&Price>) = prices.partition(|price| price.region == region);
        let oldest = |prices: Vec<&Price>| prices.into_iter().map(|price| price.date.clone()).min();
        Self { region: region.to_owned(), own: oldest(own), lent: oldest(lent) }
    }

    /// Returns whose list it is, for people.
    pub fn words(&self) -> String {
        let Self { region, own, lent } = self;
        match (own, lent) {
            (Some(own), None) => format!("by {region}'s list of {own}"),
            (Some(own), Some(lent)) => format!("by {region}'s list of {own}, for some by {LISTED}'s of {lent}"),
            (None, Some(lent)) => format!("by {LISTED}'s list of {lent}, as none of {region} is known"),
            (None, None) => "without a price that is known".to_owned(),
        }
    }
}
