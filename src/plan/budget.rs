//! Whether a lab keeps within its budget.

use super::costs::{Cost, Costs};
use crate::error::Error;
use crate::model::{Budget, SAME, an_hour};
use crate::spec::SpecError;

/// The most resources that are named.
const NAMED: usize = 4;

impl Costs {
    /// Refuses what makes the lab cost more than `budget`; any cost is allowed if there is none. Returns a warning if
    /// nobody can tell, because not all prices are known.
    ///
    /// # Errors
    /// If what is known of it would cost more by the hour than that, and than it costs now.
    pub fn limit(&self, budget: Option<&Budget>) -> Result<Option<SpecError>, Error> {
        let (now, after) = (self.now(), self.after());
        match budget {
            Some(budget) if budget.allows(after.usd) => Ok(self.untold(budget)),
            Some(budget) if after.usd > now.usd + SAME => Err(self.over(budget)),
            Some(budget) if self.resources.iter().any(|cost| cost.after.is_least && !cost.now.is_least) => {
                Ok(self.untold(budget))
            }
            Some(_) | None => Ok(None),
        }
    }

    fn over(&self, budget: &Budget) -> Error {
        let after = self.after();
        let mut there = self.resources.iter().filter(|cost| !cost.after.is_free());
        let named = there.clone().take(NAMED).map(|cost| format!("{} {}", cost.address, cost.after));
        let named = named.collect::<Vec<_>>().join(", ");
        let would = format!("the lab would cost {}, and its budget is {budget}", after.words());
        let error = Error::refused(format!("{would}: {named}")).hint("nothing was changed");
        // The cheapest of those without which the rest would fit.
        let fits = there.rfind(|cost| !after.is_least && budget.allows(after.usd - cost.after.usd));
        let fits = fits.map(|cost| {
            let rest = an_hour(after.usd - cost.after.usd);
            format!("without {} it would cost about {rest} an hour", cost.address)
        });
        let error = fits.into_iter().fold(error, Error::hint);
        error.hint(format!("if that is what you want, give `--budget {}`", Budget::for_usd(after.usd)))
    }

    /// Says that the lab may cost more than `budget`, if the price of something that will be there isn't known.
    fn untold(&self, budget: &Budget) -> Option<SpecError> {
        let open: Vec<&Cost> = self.resources.iter().filter(|cost| cost.after.is_least).collect();
        if open.is_empty() {
            return None;
        }
        let named = open.iter().take(NAMED).map(|cost| format!("{} ({})", cost.address, cost.words));
        let named = named.collect::<Vec<_>>().join(", ");
        let more = match open.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let whether = match budget.allows(self.after().usd) {
            true => format!("nobody can tell whether the lab keeps within its budget of {budget}"),
            false => format!("the lab is over its budget of {budget}, and nobody can tell by how much"),
        };
        let message = format!("{whether}: it costs {}, and there is no price for {named}{more}", self.after().words());
        Some(SpecError::warning(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hourly;

    fn costs(resources: &[(&str, f64, f64)]) -> Costs {
        let cost = |(address, now, after): &(&str, f64, f64)| {
            let address = address.parse().unwrap();
            Cost { now: Hourly::known(*now), after: Hourly::known(*after), ..Cost::free(&address) }
        };
        Costs { resources: resources.iter().map(cost).collect(), ..Costs::default() }
    }

    #[test]
    fn what_goes_over_the_budget_is_refused_with_what_would_fit() {
        let lab = costs(&[("service.web", 0.0, 0.139), ("natGateway.a", 0.0, 0.048), ("loadBalancer.web", 0.0, 0.04)]);
        let limited = |budget: &str| lab.limit(Some(&budget.parse().unwrap()));
        assert!(lab.limit(None).is_ok() && limited("0.23/h").is_ok());
        insta::assert_snapshot!(limited("0.20/h").unwrap_err(), @r"
        the lab would cost about $0.227 an hour, and its budget is $0.20/h: service.web $0.139, natGateway.a $0.048, loadBalancer.web $0.040
        hint: nothing was changed
        hint: without loadBalancer.web it would cost about $0.187 an hour
        hint: if that is what you want, give `--budget 0.23/h`
        ");
        let hints = limited("0.05/h").unwrap_err().hints;
        assert!(hints.iter().all(|hint| !hint.starts_with("without")), "{hints:?}");
    }

    #[test]
    fn a_price_that_nobody_knows_is_not_taken_for_nothing() {
        let mut lab = costs(&[("service.old", 0.0, 0.0), ("loadBalancer.web", 0.0, 0.04)]);
        lab.resources[0].after.is_least = true;
        lab.resources[0].words = "2 tasks whose size isn't known".to_owned();
        let limited = |budget: &str| lab.limit(Some(&budget.parse().unwrap()));
        assert_eq!(lab.limit(None), Ok(None));
        insta::assert_snapshot!(limited("0.20/h").unwrap().unwrap(), @"warning: nobody can tell whether the lab keeps within its budget of $0.20/h: it costs at least $0.040 an hour, and there is no price for service.old (2 tasks whose size isn't known)");
        insta::assert_snapshot!(limited("0.03/h").unwrap_err(), @r"
        the lab would cost at least $0.040 an hour, and its budget is $0.03/h: service.old ?, loadBalancer.web $0.040
        hint: nothing was changed
        hint: if that is what you want, give `--budget 0.04/h`
        ");
    }

    #[test]
    fn what_makes_a_lab_no_dearer_is_never_refused() {
        let budget = "0.10/h".parse().unwrap();
        for (now, after) in [(0.3, 0.2), (0.2, 0.2)] {
            assert!(costs(&[("service.web", now, after)]).limit(Some(&budget)).is_ok());
        }
        assert!(costs(&[("service.web", 0.11, 0.12)]).limit(Some(&budget)).is_err());
    }
}
