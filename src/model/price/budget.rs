//! The most that a lab may cost, as people write it.

use super::MONTH;

/// The most that a lab may cost by the hour.
///
/// ```
/// use labform::model::Budget;
///
/// let budget: Budget = "0.20/h".parse().expect("it is a budget");
/// assert_eq!(budget.to_string(), "$0.20/h");
/// assert_eq!("20/month".parse::<Budget>().unwrap_err(), "write USD an hour: `0.03/h`");
/// assert!(budget.allows(0.2) && !budget.allows(0.201));
/// assert!("0.20".parse::<Budget>().is_err() && "-1/h".parse::<Budget>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    usd: f64,
    text: String,
}

/// The hours of the times for which people give a price.
const HOURS: [(&str, f64); 9] = [
    ("h", 1.0),
    ("hr", 1.0),
    ("hour", 1.0),
    ("d", 24.0),
    ("day", 24.0),
    ("week", 168.0),
    ("mo", MONTH),
    ("month", MONTH),
    ("year", 12.0 * MONTH),
];

impl Budget {
    /// Returns whether so many USD an hour are within the budget.
    pub fn allows(&self, usd: f64) -> bool {
        // A sum of prices may miss by the last bit.
        usd <= self.usd + 1e-9
    }

    /// The words of the option that gives the budget.
    pub fn words(&self) -> [String; 2] {
        ["--budget".to_owned(), format!("{}/h", self.text)]
    }

    /// Returns the budget that allows so many USD an hour, in whole cents, as people write it.
    pub fn for_usd(usd: f64) -> String {
        // Nothing is 0, and not -0.
        format!("{:.2}/h", ((usd * 100.0 - 1e-9).ceil() + 0.0) / 100.0)
    }
}

impl std::str::FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = text.trim().strip_suffix("/h").and_then(amount);
        found.map(|(usd, text)| Self { usd, text }).ok_or_else(|| advice(text))
    }
}

/// The USD that `text` says, and the number as money is written: with two digits behind the point or more, or none.
fn amount(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let number = text.strip_prefix('$').unwrap_or(text);
    let (whole, cents) = number.split_once('.').unwrap_or((number, "00"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    let usd = number.parse().ok().filter(|usd: &f64| is_digits(whole) && is_digits(cents) && usd.is_finite())?;
    Some((usd, if cents.len() == 1 { format!("{number}0") } else { number.to_owned() }))
}

/// What is to be written for a text that is no budget.
fn advice(text: &str) -> String {
    let (number, time) = text.split_once('/').unwrap_or((text, "h"));
    let time = time.trim().to_lowercase();
    let hours = HOURS.iter().find(|(name, _)| *name == time).map(|(_, hours)| *hours);
    match amount(&number.replace(',', ".")).zip(hours) {
        Some(((_, number), 1.0)) => format!("write USD an hour: `{number}/h`"),
        Some(((usd, _), hours)) => format!("write USD an hour: `{}`", Budget::for_usd(usd / hours)),
        None => "write USD an hour, as in `0.20/h`".to_owned(),
    }
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${}/h", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_usd_by_the_hour() {
        for text in ["0.20/h", "$0.20/h", "0.2 /h", "0/h", "12/h"] {
            assert!(text.parse::<Budget>().is_ok(), "{text}");
        }
        let form = "write USD an hour, as in `0.20/h`";
        for (text, advice) in [
            ("", form),
            ("/h", form),
            ("1e3/h", form),
            ("inf/h", form),
            ("1.2.3/h", form),
            ("-0.1/h", form),
            ("0.2", "write USD an hour: `0.20/h`"),
            ("$0.005/hour", "write USD an hour: `0.005/h`"),
            ("0,2/h", "write USD an hour: `0.20/h`"),
            ("1/d", "write USD an hour: `0.05/h`"),
            ("20/month", "write USD an hour: `0.03/h`"),
        ] {
            assert_eq!(text.parse::<Budget>(), Err(advice.to_owned()), "{text}");
        }
        let shown = ["0.2/h", "$0.005/h", "1500/h"].map(|text| text.parse::<Budget>().unwrap().to_string());
        assert_eq!(shown, ["$0.20/h", "$0.005/h", "$1500/h"]);
        assert_eq!([0.2, 0.201, 0.074_885, 0.0].map(Budget::for_usd), ["0.20/h", "0.21/h", "0.08/h", "0.00/h"]);
    }
}
