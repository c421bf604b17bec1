//! The logs of a task, from their first lines.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::JobEvent;
use crate::cloud::{Cause, Cloud, CloudError, Result};
use crate::resources::{ecs_list, ecs_text};

/// The number of last lines of a container that are kept to explain its end.
const KEPT: usize = 50;

/// The log stream of a container.
#[derive(Clone, Debug)]
struct Stream {
    container: String,
    group: String,
    name: String,
    token: Option<String>,
    state: StreamState,
}

/// The state of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    Awaited,
    There,
    /// The stream was given up: the log may not be read, which was told.
    Given,
}

/// The logs of one task.
#[derive(Debug)]
pub(super) struct Logs {
    streams: Vec<Stream>,
    last: BTreeMap<String, VecDeque<String>>,
}

impl Logs {
    /// The streams of the task `id`: `<prefix>/<container>/<task id>` (awslogs driver, ECS developer guide).
    pub(super) fn of(definition: &Value, id: &str) -> Self {
        let of_container = |container: &Value| {
            let log = &container["logConfiguration"];
            let options = &log["options"];
            let (group, prefix) = (options["awslogs-group"].as_str()?, options["awslogs-stream-prefix"].as_str()?);
            let container = ecs_text(container, "name");
            (log["logDriver"] == "awslogs").then(|| Stream {
                name: format!("{prefix}/{container}/{id}"),
                container,
                group: group.to_owned(),
                token: None,
                state: StreamState::Awaited,
            })
        };
        let containers = ecs_list(definition, "containerDefinitions");
        Self { streams: containers.filter_map(of_container).collect(), last: BTreeMap::new() }
    }

    /// Tells the new lines, and returns their number. Lines that can't be read are read next time; if that can't help,
    /// it is told once.
    pub(super) async fn read(&mut self, cloud: &Cloud, tell: &(dyn Fn(JobEvent) + Sync)) -> usize {
        let of = self.streams.len();
        let mut count = 0;
        for stream in &mut self.streams {
            if stream.state == StreamState::Given {
                continue;
            }
            let container = stream.container.clone();
            let last = self.last.entry(container.clone()).or_default();
            let mut line = |timestamp: Option<i64>, line: String| {
                count += 1;
                if last.len() == KEPT {
                    last.pop_front();
                }
                last.push_back(line.clone());
                tell(JobEvent::Log { container: container.clone(), of, timestamp, line });
            };
            match stream.read(cloud, &mut line).await {
                Ok(()) => stream.state = StreamState::There,
                // The stream appears with the container's first line.
                Err(error) if error.is_not_found() || passes(&error) => {}
                Err(error) => {
                    stream.state = StreamState::Given;
                    tell(JobEvent::NoLog { container: stream.container.clone(), why: error.to_string() });
                }
            }
        }
        count
    }

    /// The containers whose log hasn't appeared, of those that `ran`.
    pub(super) fn awaited(&self, ran: impl Fn(&str) -> bool) -> Vec<String> {
        let awaited = self.streams.iter().filter(|one| one.state == StreamState::Awaited && ran(&one.container));
        awaited.map(|one| one.container.clone()).collect()
    }

    /// The last lines of each container.
    pub(super) fn last(&self) -> BTreeMap<String, Vec<String>> {
        self.last.iter().map(|(name, lines)| (name.clone(), lines.iter().cloned().collect())).collect()
    }
}

impl Stream {
    async fn read(&mut self, cloud: &Cloud, line: &mut dyn FnMut(Option<i64>, String)) -> Result<()> {
        loop {
            let call = cloud.logs.get_log_events().log_group_name(&self.group);
            let call = call.log_stream_name(&self.name).start_from_head(true);
            let call = call.set_next_token(self.token.clone());
            let answer = call.send().await?;
            for event in answer.events() {
                let text = event.message().unwrap_or_default().trim_end();
                line(event.timestamp(), text.to_owned());
            }
            let token = answer.next_forward_token().map(str::to_owned);
            // The end is where the token stays the same; a page may be empty before (GetLogEvents, API reference).
            let at_end = token == self.token;
            self.token = token;
            if at_end {
                return Ok(());
            }
        }
    }
}

/// Returns whether the same call may be answered in a while.
pub(super) fn passes(error: &CloudError) -> bool {
    use crate::cloud::ErrorKind::{Network, Throttled};
    let codes = [
        "InternalFailure",
        "InternalError",
        "InternalServerError",
        "InternalServiceError",
        "ServerException",
        "ServiceFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    ];
    let code = error.code();
    let is_status = code.len() == 3 && code.starts_with('5');
    let is_unverified = error.is_own(Cause::Unverified);
    matches!(error.kind(), Network | Throttled) || is_unverified || is_status || codes.contains(&code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_log_stream_is_named_after_prefix_container_and_task() {
        let definition = json!({"containerDefinitions": [
            {"name": "main", "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/lab", "awslogs-stream-prefix": "ecs"}}},
            {"name": "silent"}]});
        let logs = Logs::of(&definition, "0a1b");
        assert_eq!(logs.streams.len(), 1);
        assert_eq!((logs.streams[0].group.as_str(), logs.streams[0].name.as_str()), ("/ecs/lab", "ecs/main/0a1b"));
        assert_eq!(logs.awaited(|name| name == "main"), ["main"]);
        assert_eq!(logs.awaited(|_| false), [""; 0]);
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let passes = |code: &str| passes(&CloudError::answered("DescribeTasks", code, "words"));
        for code in ["ThrottlingException", "ServerException", "503"] {
            assert!(passes(code), "{code}");
        }
        for code in ["AccessDeniedException", "ExpiredTokenException", "ClusterNotFoundException", "404"] {
            assert!(!passes(code), "{code}");
        }
    }
}
