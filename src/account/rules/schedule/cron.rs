//! Cron expressions as EventBridge Scheduler has them: six fields, the last for the year, and `L`, `W` and `#` for days
//! ("Cron-based schedules", user guide).

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEK: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const YEARS: (i16, i16) = (1970, 2199);

/// A cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: Vec<Day>,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

/// Days of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Day {
    /// The days of these numbers.
    OfMonth(BTreeSet<i16>),
    /// The last day.
    Last,
    /// The last day from Monday to Friday.
    LastWorkday,
    /// The day from Monday to Friday that is nearest to the day of this number, in the same month.
    Workday(i8),
    /// The days of the week of these numbers, Sunday the first.
    OfWeek(BTreeSet<i16>),
    /// The last of its sort in the month.
    LastOfWeek(Weekday),
    /// The first, second … of its sort in the month.
    NthOfWeek(Weekday, i8),
}

impl Cron {
    /// Reads the six fields, or says what is wrong with them.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, of_month, months, of_week, years] = fields[..] else {
            return Err(format!("`{text}` has {} fields, and AWS's cron has six", fields.len()));
        };
        let days = match (of_month, of_week) {
            ("?", "?") => return Err("no day is given".to_owned()),
            ("?", days) => each(days, of_the_week)?,
            (days, "?") => each(days, of_the_month)?,
            _ => return Err(format!("both days are given, `{of_month}` and `{of_week}`: one has to be `?`")),
        };
        Ok(Self {
            minutes: numbers("a minute", minutes, &[], (0, 59))?,
            hours: numbers("an hour", hours, &[], (0, 23))?,
            days,
            months: numbers("a month", months, &MONTHS, (1, 12))?,
            years: numbers("a year", years, &[], YEARS)?,
        })
    }

    /// The days that the expression means, from `first` on.
    pub(super) fn days(&self, first: Date) -> impl Iterator<Item = Date> {
        let months = std::iter::successors(Some(first.first_of_month()), |month| {
            month.last_of_month().tomorrow().ok().filter(|next| next.year() <= YEARS.1)
        });
        let months = months
            .filter(move |month| self.years.contains(&month.year()) && self.months.contains(&i16::from(month.month())));
        let days = months.flat_map(move |month| {
            let days =
                (1..=month.days_in_month()).filter_map(move |day| Date::new(month.year(), month.month(), day).ok());
            days.filter(move |day| self.days.iter().any(|one| one.is(*day)))
        });
        days.skip_while(move |day| *day < first)
    }

    /// The times of a day that the expression means.
    pub(super) fn times(&self, day: Date) -> impl Iterator<Item = DateTime> {
        let small = |number: &i16| i8::try_from(*number).expect("an hour and a minute are small numbers");
        self.hours
            .iter()
            .flat_map(move |hour| self.minutes.iter().map(move |minute| day.at(small(hour), small(minute), 0, 0)))
    }
}

impl Day {
    fn is(&self, day: Date) -> bool {
        match self {
            Self::OfMonth(days) => days.contains(&i16::from(day.day())),
            Self::Last => day == day.last_of_month(),
            Self::LastWorkday => day == workday(day.last_of_month()),
            Self::Workday(number) => Date::new(day.year(), day.month(), *number).is_ok_and(|near| day == workday(near)),
            Self::OfWeek(days) => days.contains(&i16::from(day.weekday().to_sunday_one_offset())),
            Self::LastOfWeek(weekday) => day.nth_weekday_of_month(-1, *weekday).is_ok_and(|last| last == day),
            Self::NthOfWeek(weekday, nth) => day.nth_weekday_of_month(*nth, *weekday).is_ok_and(|one| one == day),
        }
    }
}

/// The nearest day from Monday to Friday in the same month.
fn workday(day: Date) -> Date {
    let number = match day.weekday() {
        Weekday::Saturday if day.day() == 1 => 3,
        Weekday::Saturday => day.day() - 1,
        Weekday::Sunday if day == day.last_of_month() => day.day() - 2,
        Weekday::Sunday => day.day() + 1,
        _ => day.day(),
    };
    Date::new(day.year(), day.month(), number).unwrap_or(day)
}

/// Reads a field of days: one list of numbers, and what else stands beside it.
fn each(field: &str, read: fn(&str) -> Result<Day, String>) -> Result<Vec<Day>, String> {
    field.split(',').map(read).collect()
}

fn of_the_month(part: &str) -> Result<Day, String> {
    match part {
        "L" => Ok(Day::Last),
        "LW" => Ok(Day::LastWorkday),
        part => match part.strip_suffix('W') {
            Some(number) => {
                let number = number.parse().ok().filter(|number| (1..=31).contains(number));
                number.map(Day::Workday).ok_or_else(|| format!("`{part}` is no day of a month"))
            }
            None => numbers("a day of a month", part, &[], (1, 31)).map(Day::OfMonth),
        },
    }
}

fn of_the_week(part: &str) -> Result<Day, String> {
    let wrong = || format!("`{part}` is no day of a week");
    let weekday = |text: &str| {
        let number = number(text, &WEEK, (1, 7)).and_then(|number| i8::try_from(number).ok());
        number.and_then(|number| Weekday::from_sunday_one_offset(number).ok()).ok_or_else(wrong)
    };
    if let Some((day, nth)) = part.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth)).ok_or_else(wrong)?;
        return Ok(Day::NthOfWeek(weekday(day)?, nth));
    }
    match part.strip_suffix('L') {
        Some("") => Ok(Day::OfWeek([7].into())),
        Some(day) => weekday(day).map(Day::LastOfWeek),
        None => numbers("a day of a week", part, &WEEK, (1, 7)).map(Day::OfWeek),
    }
}

/// The numbers that a field means: a list of numbers and ranges, each perhaps with a step, as in `0,10-20,30/15`.
fn numbers(what: &str, field: &str, names: &[&str], (low, high): (i16, i16)) -> Result<BTreeSet<i16>, String> {
    let mut all = BTreeSet::new();
    for part in field.split(',') {
        let wrong = || format!("`{part}` is not {what} from {low} to {high}");
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse().ok().filter(|step| *step > 0).ok_or_else(wrong)?)),
            None => (part, None),
        };
        let one = |text: &str| number(text, names, (low, high)).ok_or_else(wrong);
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((first, last)) => (one(first)?, one(last)?),
            None => (one(range)?, if step.is_some() { high } else { one(range)? }),
        };
        if first > last {
            return Err(wrong());
        }
        all.extend((first..=last).step_by(step.unwrap_or(1)));
    }
    Ok(all)
}

/// The number that a text means, by its digits or its name.
fn number(text: &str, names: &[&str], (low, high): (i16, i16)) -> Option<i16> {
    let by_name = || {
        let place = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
        i16::try_from(place).ok().map(|place| place + low)
    };
    let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    number.or_else(by_name).filter(|number| (low..=high).contains(number))
}
