//! The same of a job: a task that nobody starts again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Evidence, StoppedTask};
use crate::resource::Explanation;
use crate::resources::ecs::{list, text};

/// Why the task of `job` failed. `task` is an answer of DescribeTasks, `definition` its task definition, and `log` the
/// last lines of its containers.
pub fn explain_job(
    job: &str,
    task: &Value,
    definition: &Value,
    log: &BTreeMap<String, Vec<String>>,
) -> Option<Explanation> {
    let mut stopped = StoppedTask::new(task);
    for container in &mut stopped.containers {
        let mut defined = list(definition, "containerDefinitions");
        let defined = defined.find(|one| text(one, "name") == container.name);
        let options = defined.map(|one| &one["logConfiguration"]["options"]);
        container.log_group = options.map_or_else(String::new, |all| text(all, "awslogs-group"));
        container.log = log.get(&container.name).cloned().unwrap_or_default();
    }
    let evidence = Evidence {
        tasks: vec![stopped],
        job: Some(job.to_owned()),
        ..Evidence::default()
    };
    evidence.explain()
}

/// Why RunTask started no task for `job`; none where AWS's words tell no known cause.
pub fn explain_refusal(job: &str, words: &str) -> Option<Explanation> {
    let evidence = Evidence {
        events: vec![words.to_owned()],
        job: Some(job.to_owned()),
        ..Evidence::default()
    };
    evidence.explain()
}
