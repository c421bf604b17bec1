use jiff::Timestamp;

use super::{Times, Untimely};

fn seconds(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

fn shown(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap().to_string()
}

/// The next times after the last day of November 2026, a Monday, at noon.
fn next(expression: &str, zone: &str, count: usize) -> Vec<String> {
    let times = Times::read(expression, Some(zone)).unwrap();
    let made = seconds("2026-11-30T12:00:00Z");
    let first = times.next(made, made);
    let all = std::iter::successors(first, |last| times.next(*last, made));
    all.take(count).map(shown).collect()
}

#[test]
fn a_cron_expression_means_days_and_times_of_its_zone() {
    for (expression, zone, expected) in [
        ("cron(30 2 * * ? *)", "UTC", ["2026-12-01T02:30:00Z", "2026-12-02T02:30:00Z"]),
        ("cron(30 2 * * ? *)", "Europe/Berlin", ["2026-12-01T01:30:00Z", "2026-12-02T01:30:00Z"]),
        ("cron(0/15 12 ? * MON-FRI *)", "UTC", ["2026-11-30T12:15:00Z", "2026-11-30T12:30:00Z"]),
        ("cron(0 8 1 * ? *)", "UTC", ["2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z"]),
        ("cron(0 8 L * ? *)", "UTC", ["2026-12-31T08:00:00Z", "2027-01-31T08:00:00Z"]),
        // The last day of January 2027 is a Sunday, and so is its third.
        ("cron(0 8 LW 1 ? *)", "UTC", ["2027-01-29T08:00:00Z", "2028-01-31T08:00:00Z"]),
        ("cron(0 8 3W 1 ? *)", "UTC", ["2027-01-04T08:00:00Z", "2028-01-03T08:00:00Z"]),
        ("cron(0 8 1W 5 ? *)", "UTC", ["2027-05-03T08:00:00Z", "2028-05-01T08:00:00Z"]),
        ("cron(0 8 ? * 6L *)", "UTC", ["2026-12-25T08:00:00Z", "2027-01-29T08:00:00Z"]),
        ("cron(0 8 ? * FRI#2 *)", "UTC", ["2026-12-11T08:00:00Z", "2027-01-08T08:00:00Z"]),
        ("cron(0 8 ? * L *)", "UTC", ["2026-12-05T08:00:00Z", "2026-12-12T08:00:00Z"]),
        ("cron(0 8 ? FEB,mar 1,3 2027-2028)", "UTC", ["2027-02-02T08:00:00Z", "2027-02-07T08:00:00Z"]),
        ("cron(0 8 29 2 ? *)", "UTC", ["2028-02-29T08:00:00Z", "2032-02-29T08:00:00Z"]),
        // Clocks pass over 02:30 on 28 March, and show it twice on 31 October.
        ("cron(30 2 28,29 3 ? 2027)", "Europe/Berlin", ["2027-03-29T00:30:00Z", ""]),
        ("cron(30 2 31 10 ? 2027)", "Europe/Berlin", ["2027-10-31T00:30:00Z", ""]),
        ("cron(0 8 30 2 ? *)", "UTC", ["", ""]),
        ("cron(0 8 1 1 ? 2026)", "UTC", ["", ""]),
    ] {
        let expected: Vec<_> = expected.into_iter().filter(|time| !time.is_empty()).collect();
        assert_eq!(next(expression, zone, 2), expected, "{expression} {zone}");
    }
}

#[test]
fn a_rate_counts_from_the_beginning_and_a_time_comes_once() {
    assert_eq!(next("rate(90 minutes)", "UTC", 2), ["2026-11-30T13:30:00Z", "2026-11-30T15:00:00Z"]);
    assert_eq!(next("rate(1 day)", "UTC", 1), ["2026-12-01T12:00:00Z"]);
    assert_eq!(next("at(2026-12-01T02:00:00)", "America/New_York", 2), ["2026-12-01T07:00:00Z"]);
    assert!(next("at(2026-11-01T02:00:00)", "UTC", 1).is_empty());
    let made = seconds("2026-11-30T12:00:00Z");
    let rate = Times::read("rate(1 hours)", None).unwrap();
    assert_eq!(rate.next(made - 1, made), Some(made), "the first time is when it is made");
    assert!(!rate.is_once() && Times::read("at(2026-12-01T02:00:00)", None).unwrap().is_once());
}

#[test]
fn a_schedule_holds_between_its_dates() {
    let made = seconds("2026-11-30T12:00:00Z");
    let (start, end) = (seconds("2026-12-10T00:00:00Z"), seconds("2026-12-11T12:00:00Z"));
    for (expression, expected) in [
        ("rate(1 day)", ["2026-12-10T00:00:00Z", "2026-12-11T00:00:00Z"]),
        ("cron(0 6 * * ? *)", ["2026-12-10T06:00:00Z", "2026-12-11T06:00:00Z"]),
    ] {
        let times = Times::read(expression, None).unwrap().between(Some(start), Some(end));
        let all = std::iter::successors(times.next(made, made), |last| times.next(*last, made));
        assert_eq!(all.map(shown).collect::<Vec<_>>(), expected, "{expression}");
    }
}

#[test]
fn what_is_no_time_is_told_with_what_would_be_one() {
    for (expression, words) in [
        ("cron(30 2 * * *)", "`30 2 * * *` has 5 fields, and AWS's cron has six"),
        ("cron(30 2 * * * *)", "both days are given, `*` and `*`: one has to be `?`"),
        ("cron(30 2 ? * ? *)", "no day is given"),
        ("cron(60 2 * * ? *)", "`60` is not a minute from 0 to 59"),
        ("cron(0 2-1 * * ? *)", "`2-1` is not an hour from 0 to 23"),
        ("cron(0 */0 * * ? *)", "`*/0` is not an hour from 0 to 23"),
        ("cron(0 2 ? * 8 *)", "`8` is not a day of a week from 1 to 7"),
        ("cron(0 2 ? * MON#6 *)", "`MON#6` is no day of a week"),
        ("cron(0 2 0W * ? *)", "`0W` is no day of a month"),
        ("rate(0 minutes)", "`0 minutes` is no rate"),
        ("rate(5 weeks)", "`5 weeks` is no rate"),
        ("rate(5minutes)", "`5minutes` is no rate"),
        ("at(2026-12-01)", "`2026-12-01` is no time"),
        ("at(2026-12-01T02:00:00Z)", "`2026-12-01T02:00:00Z` is no time"),
        ("30 2 * * *", "`30 2 * * *` is no expression of a schedule"),
        ("", "`` is no expression of a schedule"),
    ] {
        let Untimely { member, message, .. } = Times::read(expression, None).unwrap_err();
        assert_eq!((member, message.as_str()), ("ScheduleExpression", words), "{expression}");
    }
    let unknown = Times::read("rate(1 day)", Some("Europe/Berln")).unwrap_err();
    assert_eq!(unknown.message, "there is no time zone `Europe/Berln`");
}
