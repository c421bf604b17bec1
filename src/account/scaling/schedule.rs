//! Times of schedules. All are in UTC: this account knows no other time zone.

use std::collections::BTreeSet;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;
/// The days in which a time is looked for: as many as pass from one 29 February to the next but one.
const HORIZON: i64 = 8 * 366;

/// The names of days and months, from their first number.
const DAYS: (i64, &[&str]) = (1, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);
const MONTHS: (i64, &[&str]) =
    (1, &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

/// The first time of a schedule after `now`, in milliseconds since 1970; `begin` is when a rate begins. None if there is no
/// time any more, or the schedule says more than is understood here (`L`, `W`, `#`).
pub(super) fn next(schedule: &str, begin: i64, now: i64) -> Option<i64> {
    let (word, inner) = schedule.strip_suffix(')')?.split_once('(')?;
    match word {
        "at" => moment(inner).filter(|at| *at > now),
        "rate" => {
            let (value, unit) = inner.split_once(' ')?;
            let unit = match unit.trim_end_matches('s') {
                "minute" => MINUTE,
                "hour" => 60 * MINUTE,
                _ => DAY,
            };
            let step = value.parse::<i64>().ok()?.checked_mul(unit)?;
            Some(begin + ((now - begin).div_euclid(step) + 1) * step)
        }
        _ => cron(inner, now),
    }
}

fn moment(text: &str) -> Option<i64> {
    let format = aws_smithy_types::date_time::Format::DateTime;
    aws_smithy_types::DateTime::from_str(&format!("{text}Z"), format).ok()?.to_millis().ok()
}

fn cron(fields: &str, now: i64) -> Option<i64> {
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [minutes, hours, month_days, months, week_days, years] = fields[..] else { return None };
    let none = (0, &[][..]);
    let minutes = numbers(minutes, 0, 59, none)?;
    let hours = numbers(hours, 0, 23, none)?;
    let month_days = numbers(month_days, 1, 31, none)?;
    let months = numbers(months, 1, 12, MONTHS)?;
    let week_days = numbers(week_days, 1, 7, DAYS)?;
    let years = numbers(years, 1970, 2199, none)?;
    let today = (now + MINUTE).div_euclid(DAY);
    let days = (today..today + HORIZON).filter(|day| {
        let (year, month, of_month) = civil(*day);
        // 1 January 1970 was a Thursday.
        let of_week = (day + 4).rem_euclid(7) + 1;
        years.contains(&year)
            && months.contains(&month)
            && month_days.contains(&of_month)
            && week_days.contains(&of_week)
    });
    let mut times = days.flat_map(|day| {
        let minutes = &minutes;
        hours.iter().flat_map(move |hour| minutes.iter().map(move |minute| day * DAY + (hour * 60 + minute) * MINUTE))
    });
    times.find(|at| *at > now)
}

/// The numbers that a field means: `*` and `?`, numbers or names, ranges, lists, and steps.
fn numbers(field: &str, from: i64, to: i64, names: (i64, &[&str])) -> Option<BTreeSet<i64>> {
    let mut all = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step = usize::try_from(step.parse::<u32>().ok().filter(|step| *step > 0)?).ok()?;
        let number = |text: &str| {
            let named = names.1.iter().position(|name| *name == text).and_then(|at| i64::try_from(at).ok());
            text.parse().ok().or_else(|| Some(named? + names.0))
        };
        let (least, most) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (from, to),
            (_, Some((least, most))) => (number(least)?, number(most)?),
            (one, None) if part.contains('/') => (number(one)?, to),
            (one, None) => (number(one)?, number(one)?),
        };
        all.extend((least.max(from)..=most.min(to)).step_by(step));
    }
    Some(all)
}

/// The year, month and day of a number of days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_has_its_next_time() {
        let at = |text: &str| moment(text).unwrap();
        let now = at("2026-11-30T20:15:30");
        for (schedule, want) in [
            ("at(2026-12-24T18:00:00)", Some("2026-12-24T18:00:00")),
            ("at(2026-11-30T20:15:30)", None),
            ("rate(10 minutes)", Some("2026-11-30T20:20:00")),
            ("rate(1 day)", Some("2026-12-01T20:00:00")),
            ("cron(0 20 * * ? *)", Some("2026-12-01T20:00:00")),
            ("cron(16 20 * * ? *)", Some("2026-11-30T20:16:00")),
            ("cron(0 8 ? * MON-FRI *)", Some("2026-12-01T08:00:00")),
            ("cron(0/20 9-17 ? * SAT *)", Some("2026-12-05T09:00:00")),
            ("cron(30 6 1 JAN,MAR ? *)", Some("2027-01-01T06:30:00")),
            ("cron(0 0 29 2 ? *)", Some("2028-02-29T00:00:00")),
            ("cron(0 0 1 1 ? 2026)", None),
            ("cron(0 0 L * ? *)", None),
        ] {
            assert_eq!(next(schedule, at("2026-11-30T20:00:00"), now), want.map(at), "{schedule}");
        }
    }
}
