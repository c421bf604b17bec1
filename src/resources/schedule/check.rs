//! The checks of a schedule that need no AWS.

use humantime::parse_rfc3339;
use labform_account::rules::{Times, Untimely};

use super::Schedule;
use super::shape::WindowMode;
use crate::cloud::SCHEDULER;
use crate::resource::Problem;

impl Schedule {
    /// Returns what is wrong with the schedule's times, and with its patience.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let zone = self.schedule_expression_timezone.as_deref();
        let times = Times::read(&self.schedule_expression, zone).err().map(|wrong| {
            let Untimely { member, message, hint } = wrong;
            Problem::at(SCHEDULER.case.field(member), message).hint(hint)
        });
        let dates = [("startDate", &self.start_date), ("endDate", &self.end_date)];
        let dates = dates.into_iter().filter_map(|(field, date)| {
            let text = date.as_deref().filter(|text| parse_rfc3339(text).is_err())?;
            Some(Problem::at(field, format!("`{text}` is no time")).hint("write it as in `2026-12-01T00:00:00Z`"))
        });
        let window = self.flexible_time_window.iter().filter_map(|window| {
            let words = match (window.mode, window.maximum_window_in_minutes) {
                (WindowMode::Off, Some(_)) => "without a window it has no minutes",
                (WindowMode::Flexible, None) => "a window has a number of minutes, 1 to 1440",
                (WindowMode::Flexible, Some(minutes)) if !(1..=1440).contains(&minutes) => {
                    "a window has 1 to 1440 minutes"
                }
                (WindowMode::Off, None) | (WindowMode::Flexible, Some(_)) => return None,
            };
            Some(Problem::at("flexibleTimeWindow.maximumWindowInMinutes", words))
        });
        let retries = self.retry_policy.iter().flat_map(|policy| {
            [
                ("maximumEventAgeInSeconds", policy.maximum_event_age_in_seconds, 60..=86_400),
                ("maximumRetryAttempts", policy.maximum_retry_attempts, 0..=185),
            ]
        });
        let retries = retries.filter_map(|(field, number, range)| {
            let number = number.filter(|number| !range.contains(number))?;
            let words = format!("{number} is not between {} and {}", range.start(), range.end());
            Some(Problem::at(format!("retryPolicy.{field}"), words))
        });
        let queue = self.dead_letter_config.iter().filter(|queue| !queue.arn.contains(":sqs:"));
        let queue = queue.map(|queue| {
            Problem::at("deadLetterConfig.arn", format!("`{}` is not the ARN of a queue of Amazon SQS", queue.arn))
        });
        times.into_iter().chain(dates).chain(window).chain(retries).chain(queue).collect()
    }
}
