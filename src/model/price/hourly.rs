//! What something costs by the hour, of which a part may not be known.

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;

use super::{SAME, an_hour};

/// What something costs by the hour.
///
/// ```
/// use labform::model::Hourly;
///
/// let tasks = Hourly { usd: 0.0, is_least: true };
/// let all: Hourly = [Hourly::known(0.04), tasks].into_iter().sum();
/// assert_eq!(all.words(), "at least $0.040 an hour");
/// assert_eq!(all.to_string(), "$0.040 + ?");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hourly {
    /// The cost of what has a known price, in USD.
    pub usd: f64,
    /// Whether there is more, whose price isn't known.
    pub is_least: bool,
}

impl Hourly {
    /// So many USD, and no more.
    pub fn known(usd: f64) -> Self {
        Self { usd, is_least: false }
    }

    /// Returns whether it is known to cost nothing.
    pub fn is_free(self) -> bool {
        self.usd <= 0.0 && !self.is_least
    }

    /// Returns whether nobody would tell the two apart.
    pub fn is_like(self, other: Self) -> bool {
        self.is_least == other.is_least && (self.usd - other.usd).abs() < SAME
    }

    /// The greater of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { usd: self.usd.max(other.usd), is_least: self.is_least || other.is_least }
    }

    /// The words for it in a sentence.
    pub fn words(self) -> String {
        match (self.usd > 0.0, self.is_least) {
            (false, false) => "nothing by the hour".to_owned(),
            (false, true) => "an unknown amount".to_owned(),
            (true, false) => format!("about {} an hour", an_hour(self.usd)),
            (true, true) => format!("at least {} an hour", an_hour(self.usd)),
        }
    }
}

/// As it stands in a table: `?` is what isn't known.
impl fmt::Display for Hourly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.usd > 0.0, self.is_least) {
            (_, false) => f.write_str(&an_hour(self.usd)),
            (false, true) => f.write_str("?"),
            (true, true) => write!(f, "{} + ?", an_hour(self.usd)),
        }
    }
}

impl AddAssign for Hourly {
    fn add_assign(&mut self, other: Self) {
        self.usd += other.usd;
        self.is_least |= other.is_least;
    }
}

impl Sum for Hourly {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}
