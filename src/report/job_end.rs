//! The end of a job, for people.

use std::time::Duration;

use super::style::{RED, age, paint, visible};
use crate::jobs::{By, JobEnd};

/// The closing line.
pub fn closing(name: &str, end: &JobEnd) -> String {
    let name = visible(name);
    let reason = match end.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", visible(reason)),
    };
    let failed = |words: String| format!("job.{name}: {}{reason}", paint(RED, words));
    match (end.by, end.exit_code) {
        (By::Nobody, _) => {
            format!(
                "job.{name}: no longer followed; where a task was started, it goes on, and `labform run {name}` comes back to \
                 it while it is on; after that `labform logs job.{name}` shows its log, and `run` starts another"
            )
        }
        (By::User, _) => format!("job.{name}: stopped, as you asked{reason}"),
        (By::Timeout, _) => failed("stopped, because its timeout was over".to_owned()),
        (By::Itself, 0) => format!("job.{name}: done, exit code 0{reason}"),
        (By::NeverRan, _) => failed("the task never ran".to_owned()),
        (By::Itself, code) => failed(format!("failed, exit code {code}")),
    }
}

/// The words for the end, as in `ended 5m ago with exit code 0`.
pub(super) fn ended_before(ago: Option<Duration>, by: By, exit_code: u8) -> String {
    let ended = match ago {
        Some(ago) => format!("ended {} ago", age(ago)),
        None => "ended".to_owned(),
    };
    match by {
        By::NeverRan => format!("{ended} and never ran"),
        By::Timeout => format!("{ended}, because its timeout was over"),
        By::Itself | By::User | By::Nobody => format!("{ended} with exit code {exit_code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn the_end_says_who_ended_it_and_why() {
        let end = |exit_code, by, reason: &str| {
            let end = JobEnd { exit_code, reason: reason.to_owned(), by };
            plain(closing("classifier", &end).as_bytes())
        };
        let exited = "Essential container in task exited";
        let ends = [
            end(0, By::Itself, exited),
            end(3, By::Itself, exited),
            end(125, By::Itself, exited),
            end(125, By::NeverRan, "CannotPullContainerError"),
            end(124, By::Timeout, "labform: the job's timeout is over"),
            end(130, By::User, "labform: stopped by Ctrl-C"),
            end(130, By::User, "no task was started"),
            end(130, By::Nobody, ""),
        ];
        insta::assert_snapshot!(ends.join("\n"), @r"
        job.classifier: done, exit code 0 (Essential container in task exited)
        job.classifier: failed, exit code 3 (Essential container in task exited)
        job.classifier: failed, exit code 125 (Essential container in task exited)
        job.classifier: the task never ran (CannotPullContainerError)
        job.classifier: stopped, because its timeout was over (labform: the job's timeout is over)
        job.classifier: stopped, as you asked (labform: stopped by Ctrl-C)
        job.classifier: stopped, as you asked (no task was started)
        job.classifier: no longer followed; where a task was started, it goes on, and `labform run classifier` comes back to it while it is on; after that `labform logs job.classifier` shows its log, and `run` starts another
        ");
    }

    #[test]
    fn how_the_last_one_ended_is_told() {
        let before = |ago: Option<u64>, by, exit_code| ended_before(ago.map(Duration::from_secs), by, exit_code);
        let words = [
            before(Some(303), By::Itself, 0),
            before(None, By::Itself, 1),
            before(Some(40), By::NeverRan, 125),
            before(Some(40), By::Timeout, 124),
        ];
        let expected = [
            "ended 5m ago with exit code 0",
            "ended with exit code 1",
            "ended 40s ago and never ran",
            "ended 40s ago, because its timeout was over",
        ];
        assert_eq!(words, expected);
    }
}
