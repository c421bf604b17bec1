//! Plans and progress as JSON lines, for programs.
//!
//! Each line is one object with a `type`. The first is always `version`; a program should pass over types and fields
//! that it doesn't know. Durations are in seconds, on the account's clock. The lines of a job stand in
//! [`job_json`](super::job_json).
//!
//! | `type` | other fields |
//! |---|---|
//! | `version` | `labform`: its version; `format`: 1, higher after a change that breaks readers |
//! | `session` | `lab`, `account`, `caller`, `region`; `endpoint`: what is called instead of AWS, null for AWS itself; `jobs`: `pretended` or `run here` on the embedded account |
//! | `narrowed` | `resources`: all that is worked on; `added`, `dropped` |
//! | `planned_change` | `address`, `name`, `action`, `reason`, `diff`, `desired`, `ids`: as in a saved plan; `attribution`: `aws` or `spec` if that has changed since the last apply, null if it isn't known; `beside`: `what` stands in or beside an object that is deleted and isn't the lab's, and its `fate` (`goes`, `stays`, `holds`, `lifted`, `forbids`) |
//! | `kept` | `address`, `name`, `ids`, `reason`: an object that would be deleted or replaced, and stays |
//! | `note` | `address`, `note`: what differs and is left to others |
//! | `change_summary` | `operation`: `plan`, `apply` or `destroy`; `add`, `change`, `destroy` |
//! | `apply_start` | `address`, `op`, `name` |
//! | `apply_progress` | `address`, `op` (none while it waits until ready), `reason` |
//! | `apply_complete` | `address`, `op`, `took`, `id` |
//! | `apply_errored` | `address`, `op`, `error` |
//! | `apply_skipped` | `address`, `op` |
//! | `explained` | `address`, `cause`, `evidence`, `remedy`: why it isn't ready |
//! | `ready` | `address`, `took` |
//! | `task_stopping` | `address`, `task`: a job's task, before what it needs goes |
//! | `task_stopped` | `address`, `task`, `took` |
//! | `verifying` | |
//! | `status` | `address`, `name`, `state`, `reason`, `owner` |
//! | `log` | `timestamp` (milliseconds since 1970), `logGroup`, `logStream`, `container`, `task`, `message`, `eventId` |
//! | `service_status` | `address`, `desired`, `running`, `pending`, `rollout`, `tasks`, `targets`, `events` |
//! | `job_status` | `address`, `tasks` |
//! | `unread` | `what`: what a status could not read, and why |
//! | `unready` | `failed`, `left`: reasons by address; `explanations`: `cause`, `evidence`, `remedy` by address |
//! | `left` | `address`, `name`, `ids`, `why`: an object that a destroy left behind |
//! | `to_adopt`, `adopted` | `address`, `name`, `ids`, `tags`: an object that is to become the lab's, or has |
//! | `outputs` | `outputs`: values by name, null if one isn't known |
//! | `diagnostic` | `severity`, `kind`, `message`, `hints`; a warning also `file`, `line`, `column`, `address` |

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::commands::completed_line;
use super::output::{self, Outputs};
use super::status::Row;
use crate::apply::{Event, Left, Observer, Settled, Stuck};
use crate::error::{Error, ErrorKind};
use crate::logs::Line;
use crate::model::Address;
use crate::plan::{Kept, Op, Plan, Scope};
use crate::spec::SpecError;
use crate::status::Details;

/// The version of the lines' format.
const FORMAT: u32 = 1;

/// Writes one object a line. The first line says which version of labform and of the format it is.
pub struct JsonLines {
    out: Mutex<Box<dyn Write + Send>>,
}

impl JsonLines {
    /// Writes to `out`.
    ///
    /// # Errors
    /// If `out` can't be written to.
    pub fn new(out: Box<dyn Write + Send>) -> io::Result<Self> {
        let lines = Self { out: Mutex::new(out) };
        lines.write(&json!({"type": "version", "labform": env!("CARGO_PKG_VERSION"), "format": FORMAT}))?;
        Ok(lines)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, line: &Value) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(out, "{}", completed_line(line))?;
        out.flush()
    }
}

impl Observer for JsonLines {
    fn event(&self, event: Event) {
        // That nobody reads along any more is no reason to stop an apply half way.
        let _ = self.write(&event_line(&event));
    }
}

/// The lines of a plan: what it was narrowed to, its changes, and how many there are.
pub fn plan_lines(plan: &Plan, scope: &Scope) -> Vec<Value> {
    let mut lines = Vec::new();
    if let Some(chosen) = &scope.chosen {
        lines.push(json!({"type": "narrowed", "resources": chosen, "added": scope.added, "dropped": scope.dropped}));
    }
    for change in plan.effective() {
        lines.push(json!({
            "type": "planned_change",
            "address": change.address,
            "name": change.name,
            "action": change.action,
            "reason": change.reason,
            "diff": change.diff,
            "desired": change.desired,
            "ids": change.ids,
            "attribution": change.attribution,
            "beside": change.beside,
        }));
    }
    lines.extend(plan.kept.iter().map(kept_line));
    let note = |(address, words): &(Address, String)| json!({"type": "note", "address": address, "note": words});
    lines.extend(plan.notes.iter().map(note));
    lines.push(summary_line("plan", plan.counts()));
    lines
}

/// The line of an object that stays although it would go.
pub fn kept_line(kept: &Kept) -> Value {
    let Kept { address, name, ids, reason } = kept;
    json!({"type": "kept", "address": address, "name": name, "ids": ids, "reason": reason})
}

/// The line that counts changes.
pub fn summary_line(operation: &str, (add, change, destroy): (usize, usize, usize)) -> Value {
    json!({"type": "change_summary", "operation": operation, "add": add, "change": change, "destroy": destroy})
}

/// The line of outputs.
pub fn outputs_line(outputs: &Outputs) -> Value {
    json!({"type": "outputs", "outputs": output::to_json(outputs)})
}

/// The line of one resource's state.
pub fn status_line(row: &Row) -> Value {
    json!({
        "type": "status",
        "address": row.address,
        "name": row.name,
        "state": row.state,
        "reason": row.reason,
        "owner": row.owner,
    })
}

/// The lines of the state of services and jobs, and of what could not be read.
pub fn detail_lines(details: &Details) -> Vec<Value> {
    let typed = |word: &str, mut line: Value| {
        line["type"] = word.into();
        line
    };
    let services = details.services.iter().map(|one| typed("service_status", json!(one)));
    let jobs = details.jobs.iter().map(|one| typed("job_status", json!(one)));
    let unread = details.unread.iter().map(|what| json!({"type": "unread", "what": what}));
    services.chain(jobs).chain(unread).collect()
}

/// The line of a log line; null for container and task if another program named its stream.
pub fn log_line(line: &Line) -> Value {
    let (container, task) = line.writer().unzip();
    let mut shown = json!(line);
    shown["type"] = "log".into();
    shown["container"] = container.into();
    shown["task"] = task.into();
    shown
}

/// The line of the resources that don't do their work.
pub fn unready_line(settled: &Settled) -> Value {
    let reasons = |of: &BTreeMap<Address, Stuck>| {
        let reason = |(address, stuck): (&Address, &Stuck)| (address.to_string(), json!(stuck.reason));
        Value::Object(of.iter().map(reason).collect())
    };
    let all = settled.failed.iter().chain(&settled.left);
    let explained = all.filter_map(|(address, stuck)| Some((address.to_string(), json!(stuck.explanation.as_ref()?))));
    json!({
        "type": "unready",
        "failed": reasons(&settled.failed),
        "left": reasons(&settled.left),
        "explanations": explained.collect::<Map<_, _>>(),
    })
}

/// The line of an object that a destroy left behind.
pub fn left_line(left: &Left) -> Value {
    json!({
        "type": "left",
        "address": left.address,
        "name": left.name,
        "ids": left.ids,
        "why": left.why,
    })
}

/// The line of an error.
pub fn error_line(error: &Error) -> Value {
    json!({
        "type": "diagnostic",
        "severity": "error",
        "kind": error.kind,
        "message": error.message,
        "hints": error.hints,
    })
}

/// The line of a warning.
pub fn warning_line(warning: &SpecError) -> Value {
    json!({
        "type": "diagnostic",
        "severity": warning.severity,
        "kind": ErrorKind::Invalid,
        "message": warning.message,
        "hints": warning.hint.iter().collect::<Vec<_>>(),
        "file": warning.file,
        "line": warning.line,
        "column": warning.column,
        "address": warning.address,
    })
}

fn event_line(event: &Event) -> Value {
    match event {
        Event::Started { address, op, name } => {
            json!({"type": "apply_start", "address": address, "op": op_word(*op), "name": name})
        }
        Event::Waiting { address, op, reason } => {
            json!({"type": "apply_progress", "address": address, "op": op.map(op_word), "reason": reason})
        }
        Event::Done { address, op, took, id } => {
            let took = took.as_secs_f64();
            json!({"type": "apply_complete", "address": address, "op": op_word(*op), "took": took, "id": id})
        }
        Event::Failed { address, op, error } => {
            json!({"type": "apply_errored", "address": address, "op": op_word(*op), "error": error})
        }
        Event::Skipped { address, op } => {
            json!({"type": "apply_skipped", "address": address, "op": op_word(*op)})
        }
        Event::Explained { address, explanation } => json!({
            "type": "explained",
            "address": address,
            "cause": explanation.cause,
            "evidence": explanation.evidence,
            "remedy": explanation.remedy,
        }),
        Event::Ready { address, took } => {
            json!({"type": "ready", "address": address, "took": took.as_secs_f64()})
        }
        Event::TaskStopping { address, task } => {
            json!({"type": "task_stopping", "address": address, "task": task})
        }
        Event::TaskStopped { address, task, took } => {
            let took = took.as_secs_f64();
            json!({"type": "task_stopped", "address": address, "task": task, "took": took})
        }
        Event::Verifying => json!({"type": "verifying"}),
    }
}

fn op_word(op: Op) -> &'static str {
    match op {
        Op::Create => "create",
        Op::Update | Op::Complete => "update",
        Op::Delete => "delete",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Known;
    use crate::plan::{Action, Change};
    use crate::report::testing::{Shared, change, lab_plan};
    use crate::resource::Explanation;
    use std::time::Duration;

    #[test]
    fn every_line_is_one_object_and_the_first_is_the_version() {
        let out = Shared::default();
        let lines = JsonLines::new(Box::new(out.clone())).unwrap();
        let web = || Address::new("service", "web");
        let create = Change { desired: json!({"a": "b\n"}), ..change("service.web", "web\u{1b}", Action::Create) };
        for line in plan_lines(&lab_plan(vec![create]), &Scope::all()) {
            lines.write(&line).unwrap();
        }
        lines.event(Event::Started { address: web(), op: Op::Create, name: "web".to_owned() });
        lines.event(Event::Waiting { address: web(), op: None, reason: "0 of 2".to_owned() });
        lines.event(Event::Done { address: web(), op: Op::Create, took: Duration::from_millis(1500), id: None });
        lines.event(Event::Failed { address: web(), op: Op::Delete, error: "no".to_owned() });
        lines.event(Event::Skipped { address: web(), op: Op::Update });
        lines.event(Event::Explained {
            address: web(),
            explanation: Explanation {
                cause: "out of memory",
                evidence: vec!["container web: exit code 137".to_owned()],
                remedy: "raise `memory`".to_owned(),
            },
        });
        lines.event(Event::Ready { address: web(), took: Duration::from_secs(2) });
        let task = || "arn:task/main/1f3c".to_owned();
        lines.event(Event::TaskStopping { address: Address::new("job", "ask"), task: task() });
        lines.event(Event::TaskStopped {
            address: Address::new("job", "ask"),
            task: task(),
            took: Duration::from_secs(25),
        });
        lines.event(Event::Verifying);
        let outputs = Outputs::from([("url".to_owned(), Known::AfterApply)]);
        lines.write(&outputs_line(&outputs)).unwrap();
        lines.write(&error_line(&Error::refused("no").hint("do"))).unwrap();
        insta::assert_snapshot!(String::from_utf8(out.bytes()).unwrap(), @r#"
        {"format":1,"labform":"0.1.0","type":"version"}
        {"action":"create","address":"service.web","attribution":null,"beside":[],"desired":{"a":"b\n"},"diff":[],"ids":[],"name":"web\u001b","reason":null,"type":"planned_change"}
        {"add":1,"change":0,"destroy":0,"operation":"plan","type":"change_summary"}
        {"address":"service.web","name":"web","op":"create","type":"apply_start"}
        {"address":"service.web","op":null,"reason":"0 of 2","type":"apply_progress"}
        {"address":"service.web","id":null,"op":"create","took":1.5,"type":"apply_complete"}
        {"address":"service.web","error":"no","op":"delete","type":"apply_errored"}
        {"address":"service.web","op":"update","type":"apply_skipped"}
        {"address":"service.web","cause":"out of memory","evidence":["container web: exit code 137"],"remedy":"raise `memory`","type":"explained"}
        {"address":"service.web","took":2.0,"type":"ready"}
        {"address":"job.ask","task":"arn:task/main/1f3c","type":"task_stopping"}
        {"address":"job.ask","task":"arn:task/main/1f3c","took":25.0,"type":"task_stopped"}
        {"type":"verifying"}
        {"outputs":{"url":null},"type":"outputs"}
        {"hints":["do"],"kind":"refused","message":"no","severity":"error","type":"diagnostic"}
        "#);
    }
}
