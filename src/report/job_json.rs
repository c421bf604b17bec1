//! A job as JSON lines, in the format of [`json`](super::json). All but the last have an `address`.

use serde_json::{Value, json};

use crate::jobs::{By, JobEnd, JobEvent, LabTask};
use crate::model::Address;
use crate::resource::Explanation;
use crate::spec::JOB;

/// The line for an event of the job `name`.
pub fn job_line(name: &str, event: &JobEvent) -> Value {
    let mut line = fields(event);
    line["address"] = json!(Address::new("job", name));
    line
}

fn fields(event: &JobEvent) -> Value {
    match event {
        JobEvent::Waiting { reason } => json!({"type": "job_waiting", "reason": reason}),
        JobEvent::Started { task } => json!({"type": "job_started", "task": task}),
        JobEvent::Attached { task, age, differs, others } => {
            let age = age.as_secs_f64();
            json!({"type": "job_attached", "task": task, "age": age, "differs": differs, "others": others})
        }
        JobEvent::EndedBefore { task, ago, by, exit_code } => {
            let (ago, by) = (ago.map(|ago| ago.as_secs_f64()), word(*by));
            json!({"type": "job_ended_before", "task": task, "ago": ago, "by": by, "exitCode": exit_code})
        }
        JobEvent::Uploading { file, to, sent, size } => {
            json!({"type": "job_uploading", "file": file, "to": to, "sent": sent, "size": size})
        }
        JobEvent::Uploaded { to, took } => {
            json!({"type": "job_uploaded", "to": to, "took": took.as_secs_f64()})
        }
        JobEvent::State { state, after, reason } => {
            json!({"type": "job_state", "state": state, "after": after.as_secs_f64(), "reason": reason})
        }
        JobEvent::Log { container, of: _, timestamp, line } => {
            json!({"type": "job_log", "container": container, "timestamp": timestamp, "line": line})
        }
        JobEvent::NoLog { container, why } => {
            json!({"type": "job_no_log", "container": container, "why": why})
        }
        JobEvent::NoAnswer { error } => json!({"type": "job_no_answer", "error": error}),
        JobEvent::Stopping { why } => json!({"type": "job_stopping", "why": why}),
        JobEvent::Downloaded { from, size, file, text } => {
            json!({"type": "job_result", "from": from, "size": size, "file": file, "text": text})
        }
        JobEvent::Explained { explanation } => explained(explanation),
    }
}

fn explained(explanation: &Explanation) -> Value {
    json!({
        "type": "job_explained",
        "cause": explanation.cause,
        "evidence": explanation.evidence,
        "remedy": explanation.remedy,
    })
}

fn word(by: By) -> &'static str {
    match by {
        By::Itself => "itself",
        By::NeverRan => "neverRan",
        By::Timeout => "timeout",
        By::User => "user",
        By::Nobody => "nobody",
    }
}

/// The line of a job's end.
pub fn job_end_line(name: &str, end: &JobEnd) -> Value {
    json!({
        "type": "job_end",
        "address": Address::new(JOB, name),
        "exitCode": end.exit_code,
        "by": word(end.by),
        "reason": end.reason,
    })
}

/// The line of a job's end that an error brought, which was told before.
pub fn job_broken_off_line(name: &str, exit_code: u8) -> Value {
    json!({"type": "job_end", "address": Address::new(JOB, name), "exitCode": exit_code})
}

/// The line of a task that a destroy stops first.
pub fn task_to_stop_line(task: &LabTask) -> Value {
    let mut line = json!(task);
    line["type"] = "task_to_stop".into();
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_line_says_what_it_is_of() {
        let task = || "arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c".to_owned();
        let events = [
            JobEvent::Attached {
                task: task(),
                age: Duration::from_millis(1500),
                differs: vec!["command of main".to_owned()],
                others: 1,
            },
            JobEvent::State { state: "RUNNING".to_owned(), after: Duration::from_secs(25), reason: String::new() },
            JobEvent::Log { container: "main".to_owned(), of: 2, timestamp: Some(1), line: "a tiger\u{1b}".to_owned() },
            JobEvent::Downloaded {
                from: "s3://images/out.json".to_owned(),
                size: 2,
                file: None,
                text: Some("{}".to_owned()),
            },
        ];
        let end = JobEnd { exit_code: 124, reason: "labform: the job's timeout is over".to_owned(), by: By::Timeout };
        let stop = LabTask {
            address: Address::new("job", "ask"),
            task: task(),
            cluster: "arn:main".to_owned(),
            state: "RUNNING".to_owned(),
        };
        let mut lines: Vec<String> = Vec::new();
        lines.extend(events.iter().map(|event| job_line("ask", event).to_string()));
        lines.push(job_end_line("ask", &end).to_string());
        lines.push(job_broken_off_line("ask", 125).to_string());
        lines.push(task_to_stop_line(&stop).to_string());
        for line in &lines {
            assert_eq!(crate::report::lines::problem(&serde_json::from_str(line).unwrap()), None);
        }
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"address":"job.ask","age":1.5,"differs":["command of main"],"others":1,"task":"arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c","type":"job_attached"}
        {"address":"job.ask","after":25.0,"reason":"","state":"RUNNING","type":"job_state"}
        {"address":"job.ask","container":"main","line":"a tiger\u001b","timestamp":1,"type":"job_log"}
        {"address":"job.ask","file":null,"from":"s3://images/out.json","size":2,"text":"{}","type":"job_result"}
        {"address":"job.ask","by":"timeout","exitCode":124,"reason":"labform: the job's timeout is over","type":"job_end"}
        {"address":"job.ask","exitCode":125,"type":"job_end"}
        {"address":"job.ask","cluster":"arn:main","state":"RUNNING","task":"arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c","type":"task_to_stop"}
        "#);
    }
}
