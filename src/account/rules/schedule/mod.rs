//! The times of a schedule of EventBridge Scheduler: its expression, its time zone, and between which dates it holds
//! ("Schedule types in EventBridge Scheduler", user guide).

mod cron;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use cron::Cron;

/// The zone of a schedule that names none.
pub const UTC: &str = "UTC";
/// The most characters of an expression (ScheduleExpression, API reference).
const LONGEST: usize = 256;

/// The expression of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    /// Once, at a time of its zone's clocks.
    At(DateTime),
    /// Again and again, with so many seconds between.
    Rate(i64),
    /// At the times of a calendar.
    Cron(Box<Cron>),
}

/// What is wrong with the times of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untimely {
    /// The member that is wrong, as EventBridge Scheduler spells it.
    pub member: &'static str,
    /// The fault, as a lowercase fragment.
    pub message: String,
    /// The advice on what to do about it.
    pub hint: &'static str,
}

/// The times of a schedule.
#[derive(Clone, Debug)]
pub struct Times {
    expression: Expression,
    zone: TimeZone,
    /// The times between which the schedule holds, in seconds since 1970.
    start: Option<i64>,
    end: Option<i64>,
}

impl Times {
    /// Reads the expression of a schedule, and its time zone if it names one.
    ///
    /// # Errors
    /// If AWS takes one of the two for none.
    pub fn read(expression: &str, zone: Option<&str>) -> Result<Self, Untimely> {
        let zone = zone.unwrap_or(UTC);
        let unknown = |_| Untimely {
            member: "ScheduleExpressionTimezone",
            message: format!("there is no time zone `{zone}`"),
            hint: "names are those of the IANA database, as in `Europe/Berlin`",
        };
        let found = TimeZone::get(zone).map_err(unknown)?;
        Ok(Self { expression: expression.parse()?, zone: found, start: None, end: None })
    }

    /// The same times, as far as they lie between these two, in seconds since 1970.
    #[must_use]
    pub fn between(self, start: Option<i64>, end: Option<i64>) -> Self {
        Self { start, end, ..self }
    }

    /// Returns whether the schedule runs only once.
    #[must_use]
    pub fn is_once(&self) -> bool {
        matches!(self.expression, Expression::At(_))
    }

    /// Returns the first time after `after` of a schedule that was made at `made`, all in seconds since 1970; none if the
    /// schedule runs no more. A time that clocks pass over in spring is left out, and one that they show twice in autumn
    /// comes once ("Daylight savings time", user guide).
    #[must_use]
    pub fn next(&self, after: i64, made: i64) -> Option<i64> {
        let after = self.start.map_or(after, |start| after.max(start - 1));
        let next = match &self.expression {
            Expression::At(at) => Some(self.instant(*at)?).filter(|at| *at > after),
            Expression::Rate(seconds) => {
                // The first time is when it is made, or begins.
                let first = self.start.unwrap_or(made);
                let passed = (after - first).div_euclid(*seconds);
                Some(first.max(first + (passed + 1) * seconds))
            }
            Expression::Cron(cron) => {
                let from = self.zone.to_datetime(Timestamp::from_second(after).ok()?);
                cron.days(from.date()).flat_map(|day| cron.times(day)).find_map(|at| {
                    // An earlier time of the first day needs no look at its zone.
                    self.instant(at).filter(|at| *at > after)
                })
            }
        };
        next.filter(|next| self.end.is_none_or(|end| *next <= end))
    }

    /// The moment at which clocks of the zone first show this; none if they pass over it.
    fn instant(&self, at: DateTime) -> Option<i64> {
        let moment = self.zone.to_ambiguous_timestamp(at);
        match moment.offset() {
            AmbiguousOffset::Gap { .. } => None,
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                moment.earlier().ok().map(Timestamp::as_second)
            }
        }
    }
}

impl std::str::FromStr for Expression {
    type Err = Untimely;

    fn from_str(text: &str) -> Result<Self, Untimely> {
        let wrong = |message: String, hint| Untimely { member: "ScheduleExpression", message, hint };
        let (word, inner) = text.strip_suffix(')').and_then(|text| text.split_once('(')).unwrap_or_default();
        match word {
            _ if text.len() > LONGEST => Err(wrong(
                format!("it has {} characters, and AWS takes {LONGEST}", text.len()),
                "make two schedules of it",
            )),
            "at" => inner.parse().ok().filter(|_| inner.len() == "2026-12-01T02:00:00".len()).map(Self::At).ok_or_else(|| {
                wrong(format!("`{inner}` is no time"), "write it as in `at(2026-12-01T02:00:00)`, without a zone")
            }),
            "rate" => {
                let (number, unit) = inner.split_once(' ').unwrap_or((inner, ""));
                let seconds = match unit {
                    "minute" | "minutes" => 60,
                    "hour" | "hours" => 60 * 60,
                    "day" | "days" => 24 * 60 * 60,
                    _ => 0,
                };
                let number = number.parse().ok().filter(|number: &u32| *number > 0);
                number.filter(|_| seconds > 0).map(|number| Self::Rate(i64::from(number) * seconds)).ok_or_else(|| {
                    wrong(format!("`{inner}` is no rate"), "write it as in `rate(5 minutes)`, in minutes, hours or days")
                })
            }
            "cron" => Cron::read(inner).map(|cron| Self::Cron(Box::new(cron))).map_err(|message| {
                wrong(
                    message,
                    "write it as in `cron(30 2 * * ? *)`: minutes, hours, day of the month, month, day of the week, year, \
                     and `?` for one of the two days",
                )
            }),
            _ => Err(wrong(
                format!("`{text}` is no expression of a schedule"),
                "write `cron(30 2 * * ? *)`, `rate(5 minutes)` or `at(2026-12-01T02:00:00)`",
            )),
        }
    }
}

impl fmt::Display for Untimely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.hint)
    }
}
