//! The reasons why a job's task failed, which nobody starts again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Evidence, StoppedTask};
use crate::resource::Explanation;

/// Explains why the `task` of `job`, an answer of DescribeTasks, failed. `log` holds its containers' last lines.
pub fn explain_job(job: &str, task: &Value, log: &BTreeMap<String, Vec<String>>) -> Option<Explanation> {
    let mut stopped = StoppedTask::new(task);
    for container in &mut stopped.containers {
        container.log = log.get(&container.name).cloned().unwrap_or_default();
    }
    let evidence = Evidence { tasks: vec![stopped], job: Some(job.to_owned()), ..Evidence::default() };
    evidence.explain()
}

/// Explains why RunTask started no task for `job`; none if AWS's words tell no known cause.
pub fn explain_refusal(job: &str, words: &str) -> Option<Explanation> {
    let evidence = Evidence { events: vec![words.to_owned()], job: Some(job.to_owned()), ..Evidence::default() };
    evidence.explain()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explained(task: &Value, log: &[&str]) -> Explanation {
        let lines = log.iter().map(|&line| line.to_owned()).collect();
        let log = BTreeMap::from([("ask".to_owned(), lines)]);
        explain_job("ask", task, &log).expect("it failed")
    }

    fn task(code: &str, reason: &str, exit: &Value) -> Value {
        let container = json!({"name": "ask", "image": "r/ask:1", "exitCode": exit});
        json!({"taskArn": "arn:task/main/1f3c", "stopCode": code, "stoppedReason": reason, "containers": [container]})
    }

    #[test]
    fn a_container_that_never_started_is_blamed_before_those_that_ecs_stopped() {
        let main = |exit: i64| json!({"name": "main", "image": "r/main:1", "exitCode": exit});
        let proxy = json!({"name": "proxy", "image": "r/proxy:1"});
        let task =
            |code: &str, exit: i64| StoppedTask::new(&json!({"stopCode": code, "containers": [main(exit), proxy]}));
        let culprit = |code: &str, exit: i64| task(code, exit).culprit().map(|one| one.name.clone()).unwrap();
        assert_eq!(culprit("TaskFailedToStart", 0), "proxy");
        assert_eq!(culprit("TaskFailedToStart", 143), "proxy");
        assert_eq!(culprit("TaskFailedToStart", 3), "main");
        assert_eq!(culprit("EssentialContainerExited", 0), "proxy");
        assert_eq!(culprit("EssentialContainerExited", 137), "main");
        let lines = task("TaskFailedToStart", 0).lines();
        assert_eq!(lines[1..], ["container main: exit code 0", "container proxy: never started"]);
    }

    #[test]
    fn a_jobs_remedies_never_speak_of_a_service() {
        let exited = "Essential container in task exited";
        let never = Value::Null;
        let cases: &[(&str, &str, Value, &[&str], &str)] = &[
            (
                "TaskFailedToStart",
                "CannotPullContainerError: r/ask:1: not found",
                never.clone(),
                &[],
                "image not in the repository",
            ),
            (
                "TaskFailedToStart",
                "CannotPullContainerError: dial tcp 1.2.3.4:443: i/o timeout",
                never.clone(),
                &[],
                "no route from the task to AWS",
            ),
            (
                "TaskFailedToStart",
                "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist.",
                never.clone(),
                &[],
                "log group missing",
            ),
            ("SpotInterruption", "Your Spot Task was interrupted.", json!(143), &[], "Spot capacity taken back"),
            ("UserInitiated", "Task stopped by user", json!(137), &[], "stopped by somebody"),
            ("UserInitiated", crate::resources::TIMED_OUT, json!(143), &[], "timeout over"),
            (
                "EssentialContainerExited",
                exited,
                json!(255),
                &["exec /usr/local/bin/node: exec format error"],
                "image for another processor",
            ),
            (
                "EssentialContainerExited",
                exited,
                json!(1),
                &[
                    "botocore: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
                    "s3.upload failed",
                ],
                "S3 access denied",
            ),
            ("EssentialContainerExited", exited, json!(139), &[], "segmentation fault"),
        ];
        for (code, reason, exit, log, cause) in cases {
            let explanation = explained(&task(code, reason, exit), log);
            assert_eq!(explanation.cause, *cause);
            let remedy = &explanation.remedy;
            assert!(remedy.contains("`labform run ask`"), "{remedy}");
            let of_services = ["service", "ECS tries", "goes on waiting", "{again}", "{apply}"];
            for words in of_services {
                assert!(!remedy.contains(words), "{remedy}");
            }
        }
    }

    #[test]
    fn many_lines_are_looked_at_and_few_are_shown() {
        let mut log = vec!["NoSuchKey: The specified key does not exist."];
        log.extend(["    at step"; 20]);
        let failed = task("EssentialContainerExited", "Essential container in task exited", &json!(1));
        let explanation = explained(&failed, &log);
        assert_eq!(explanation.cause, "object not in the bucket");
        let shown = explanation.evidence.iter().filter(|line| line.starts_with("log of ask"));
        assert_eq!(shown.count(), 5);
    }

    #[test]
    fn a_refusal_shows_the_words_of_aws() {
        let words = "RunTask: RESOURCE:MEMORY: arn:aws:ecs";
        let explanation = explain_refusal("ask", words).expect("the cause is known");
        assert_eq!(explanation.evidence, [words]);
        assert_eq!(explain_refusal("ask", "RunTask: BlockedException: no"), None);
    }
}
