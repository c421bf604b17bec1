//! The log lines of a lab's tasks, in the order of their time.
//!
//! Knows: which log groups and streams an address means, how the awslogs driver names streams, how FilterLogEvents
//! pages. Must not know: how lines are shown.

mod reader;
mod sources;

pub use reader::Reader;
pub use sources::{Source, sources};

use std::time::{Duration, SystemTime};

use serde::Serialize;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The time when the line was written, in milliseconds since 1970.
    pub timestamp: i64,
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
    /// The text of the line.
    pub message: String,
    /// CloudWatch's id of it, which no other line of the group has.
    pub event_id: String,
}

impl Line {
    /// The container and the id of the task that wrote it; none if another program named the stream. The awslogs
    /// driver names it `prefix/container/task` ("Send Amazon ECS logs to CloudWatch", developer guide).
    pub fn writer(&self) -> Option<(&str, &str)> {
        let (rest, task) = self.log_stream.rsplit_once('/')?;
        let (_, container) = rest.rsplit_once('/')?;
        (!container.is_empty() && !task.is_empty()).then_some((container, task))
    }
}

/// Milliseconds since 1970, as CloudWatch Logs counts time.
fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
    i64::try_from(since).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_a_container_names_it_and_its_task() {
        let cases = [
            ("ecs/web/0a1b", Some(("web", "0a1b"))),
            ("my/prefix/web/0a1b", Some(("web", "0a1b"))),
            ("0a1b", None),
            ("2024/0a1b", None),
            ("a//b", None),
        ];
        for (stream, writer) in cases {
            let line = Line {
                timestamp: 0,
                log_group: "/lab".to_owned(),
                log_stream: stream.to_owned(),
                message: String::new(),
                event_id: String::new(),
            };
            assert_eq!(line.writer(), writer, "{stream}");
        }
    }
}
