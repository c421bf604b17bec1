//! The most that a lab may cost, as people write it.

/// The most that a lab may cost by the hour.
///
/// ```
/// use labform::model::Budget;
///
/// let budget: Budget = "0.20/h".parse().expect("it is a budget");
/// assert_eq!(budget.to_string(), "$0.20/h");
/// assert!(budget.allows(0.2) && !budget.allows(0.201));
/// assert!("0.20".parse::<Budget>().is_err() && "-1/h".parse::<Budget>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    usd: f64,
    text: String,
}

/// What a budget looks like.
const FORM: &str = "write USD an hour, as in `0.20/h`";
/// The highest budget: what costs more by the hour is no lab.
const HIGHEST: f64 = 1000.0;

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
        format!("{:.2}/h", (usd * 100.0 - 1e-9).ceil() / 100.0)
    }
}

impl std::str::FromStr for Budget {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().strip_suffix("/h").map(|number| number.trim().trim_start_matches('$')).ok_or(FORM)?;
        let is_plain = number.chars().all(|c| c.is_ascii_digit() || c == '.')
            && !number.starts_with('.')
            && !number.ends_with('.');
        let usd = number.parse().ok().filter(|usd| is_plain && (0.0..=HIGHEST).contains(usd)).ok_or(FORM)?;
        Ok(Self { usd, text: number.to_owned() })
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
        for text in ["", "/h", "0.2", "0.2/d", "1e3/h", "inf/h", "1.2.3/h", "2000/h", "-0.1/h"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
        assert_eq!([0.2, 0.201, 0.074_885].map(Budget::for_usd), ["0.20/h", "0.21/h", "0.08/h"]);
    }
}
