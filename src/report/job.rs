//! A job's states and log lines as they come.

use std::fmt::Display;

use super::style::{BOLD, DIM, RED, elapsed, paint, visible};
use crate::jobs::{JobEnd, JobEvent, NEVER_RAN};

/// The line for an event: data (a container's log) or a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobLine {
    /// What a container wrote, for stdout.
    Data(String),
    /// What labform says of the task, for stderr.
    Note(String),
}

/// The line that shows `event` of the job `name`. A container is named where there are several.
pub fn line(name: &str, event: &JobEvent) -> JobLine {
    let note = |words: &dyn Display| JobLine::Note(format!("job.{name}: {words}"));
    match event {
        JobEvent::Started { task } => note(&format_args!("task {}", paint(DIM, visible(task)))),
        JobEvent::State { state, after } => note(&format_args!(
            "{} after {}",
            paint(BOLD, visible(state)),
            elapsed(*after)
        )),
        JobEvent::Log { container, line } => JobLine::Data(format!(
            "{} | {}",
            paint(DIM, visible(container)),
            visible(line)
        )),
    }
}

/// The closing line.
pub fn closing(name: &str, end: &JobEnd) -> String {
    let reason = match end.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", visible(reason)),
    };
    match end.exit_code {
        _ if end.left => format!("job.{name}: no longer followed; the task goes on"),
        0 => format!("job.{name}: done, exit code 0{reason}"),
        NEVER_RAN => format!("job.{name}: {}{reason}", paint(RED, "the task never ran")),
        code => format!(
            "job.{name}: {}{reason}",
            paint(RED, format_args!("failed, exit code {code}"))
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_job_is_shown_as_it_goes() {
        let state = JobEvent::State {
            state: "RUNNING".to_owned(),
            after: Duration::from_secs(25),
        };
        let log = JobEvent::Log {
            container: "main".to_owned(),
            line: "a tiger\u{1b}".to_owned(),
        };
        let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
        let shown = [line("classifier", &state), line("classifier", &log)].map(|line| match line {
            JobLine::Data(text) => format!("out: {}", plain(&text)),
            JobLine::Note(text) => format!("err: {}", plain(&text)),
        });
        let end = |exit_code, reason: &str, left| {
            plain(&closing(
                "classifier",
                &JobEnd {
                    exit_code,
                    reason: reason.to_owned(),
                    left,
                },
            ))
        };
        let ends = [
            end(0, "Essential container in task exited", false),
            end(3, "Essential container in task exited", false),
            end(NEVER_RAN, "CannotPullContainerError", false),
            end(130, "", true),
        ];
        insta::assert_snapshot!(format!("{}\n{}", shown.join("\n"), ends.join("\n")), @r"
        err: job.classifier: RUNNING after 25s
        out: main | a tiger\u{1b}
        job.classifier: done, exit code 0 (Essential container in task exited)
        job.classifier: failed, exit code 3 (Essential container in task exited)
        job.classifier: the task never ran (CannotPullContainerError)
        job.classifier: no longer followed; the task goes on
        ");
    }
}
