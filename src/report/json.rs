//! Plans and progress as JSON lines, for programs.
//!
//! Each line is one object with a `type`. The first is always `version`; a program should pass over types and fields
//! that it doesn't know. Durations are in seconds, on the account's clock. The table in [`lines`](mod@super::lines) says
//! what each holds, and `labform schema --json-lines` prints it as a JSON Schema. The lines of a job stand in
//! [`job_json`](super::job_json).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::commands::completed_line;
use super::cost::{costs_line, stopped};
use super::lines;
use super::output::{self, Outputs};
use super::progress::Clock;
use super::status::Row;
use crate::apply::{Destroyed, Event, Left, Observer, Settled, Stuck};
use crate::logs::Line;
use crate::model::Address;
use crate::plan::{Kept, LookedUp, Op, Plan, Scope};
use crate::status::Details;

/// The version of the lines' format.
const FORMAT: u32 = 1;

/// Writes one object a line. The first line says which version of labform and of the format it is.
pub struct JsonLines {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    clock: Clock,
    /// The student that each line is about, if there is one.
    student: Option<String>,
}

impl JsonLines {
    /// Writes to `out`, each line with the time that `clock` says.
    ///
    /// # Errors
    /// If `out` can't be written to.
    pub fn new(out: Box<dyn Write + Send>, clock: Clock) -> io::Result<Self> {
        let lines = Self { out: Arc::new(Mutex::new(out)), clock, student: None };
        lines.write(&json!({"type": "version", "labform": env!("CARGO_PKG_VERSION"), "format": FORMAT}))?;
        Ok(lines)
    }

    /// The same writer, for lines that are about a student of a class: each says so.
    pub fn of(&self, student: &str) -> Self {
        Self { out: self.out.clone(), clock: self.clock.clone(), student: Some(student.to_owned()) }
    }

    /// Writes one line.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, line: &Value) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let time = humantime::format_rfc3339_millis((self.clock)()).to_string();
        let mut line = lines::complete(&completed_line(line), &time);
        if let Some(student) = &self.student {
            line["student"] = student.as_str().into();
        }
        writeln!(out, "{line}")?;
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
    let looked_up = |LookedUp { address, name, ids }: &LookedUp| json!({"type": "looked_up", "address": address, "name": name, "ids": ids});
    lines.extend(plan.looked_up.iter().map(looked_up));
    lines.extend(plan.notes.iter().map(|(address, words)| json!({"type": "note", "address": address, "note": words})));
    lines.extend((!plan.costs.resources.is_empty()).then(|| costs_line(&plan.costs)));
    lines.push(summary_line("plan", plan.counts(), None));
    lines
}

/// The line of an object that stays although it would go.
pub fn kept_line(kept: &Kept) -> Value {
    let Kept { address, name, ids, reason } = kept;
    json!({"type": "kept", "address": address, "name": name, "ids": ids, "reason": reason})
}

/// The line that counts changes, and says how long they took.
pub fn summary_line(operation: &str, (add, change, destroy): (usize, usize, usize), took: Option<Duration>) -> Value {
    json!({
        "type": "change_summary",
        "operation": operation,
        "add": add,
        "change": change,
        "destroy": destroy,
        "took": took.map(|took| took.as_secs_f64()),
    })
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
    let scans = details.scans.iter().map(|one| typed("scan_status", json!(one)));
    let unread = details.unread.iter().map(|what| json!({"type": "unread", "what": what}));
    services.chain(jobs).chain(scans).chain(unread).collect()
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
    json!({"type": "left", "address": left.address, "name": left.name, "ids": left.ids, "why": left.why})
}

/// The line that ends a destroy, for whoever reads the bill: what is gone, and what is still there.
pub fn certificate_line(plan: &Plan, destroyed: &Destroyed) -> Value {
    let (place, stopped) = (&plan.others.place, stopped(plan, destroyed));
    let deleted = plan.changes.iter().filter(|change| destroyed.is_gone(&change.address));
    let deleted = deleted.map(|change| json!({"address": change.address, "name": change.name, "ids": change.ids}));
    json!({
        "type": "certificate",
        "lab": place.lab,
        "account": place.account,
        "region": place.region,
        "deleted": deleted.collect::<Vec<_>>(),
        "left": destroyed.left.iter().map(left_line).map(bare).collect::<Vec<_>>(),
        "kept": plan.kept.iter().map(kept_line).map(bare).collect::<Vec<_>>(),
        "ghosts": destroyed.ghosts,
        "unlisted": destroyed.unlisted.iter().map(|one| one.kind.section()).collect::<Vec<_>>(),
        "stoppedCosting": stopped.usd,
        "stoppedCostingIsLeast": stopped.is_least,
        "whole": destroyed.is_whole() && plan.kept.is_empty(),
    })
}

/// The line without its type, as a part of another.
fn bare(mut line: Value) -> Value {
    line.as_object_mut().map(|fields| fields.remove("type"));
    line
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
    use crate::error::Error;
    use crate::model::Known;
    use crate::plan::{Action, Change};
    use crate::report::json_lab::error_lines;
    use crate::report::testing::{Shared, change, lab_plan};
    use crate::resource::Explanation;
    use std::time::SystemTime;

    #[test]
    fn every_line_is_one_object_and_the_first_is_the_version() {
        let out = Shared::default();
        let lines = JsonLines::new(Box::new(out.clone()), Arc::new(|| SystemTime::UNIX_EPOCH)).unwrap();
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
        error_lines(&Error::refused("no").hint("do")).iter().for_each(|line| lines.write(line).unwrap());
        let text = String::from_utf8(out.bytes()).unwrap();
        for line in text.lines() {
            assert_eq!(lines::problem(&serde_json::from_str(line).unwrap()), None);
        }
        insta::assert_snapshot!(String::from_utf8(out.bytes()).unwrap(), @r#"
        {"format":1,"labform":"0.1.0","severity":"info","time":"1970-01-01T00:00:00.000Z","type":"version"}
        {"action":"create","address":"service.web","attribution":null,"beside":[],"desired":{"a":"b\n"},"diff":[],"ids":[],"name":"web\u001b","reason":null,"severity":"info","time":"1970-01-01T00:00:00.000Z","type":"planned_change"}
        {"add":1,"change":0,"destroy":0,"operation":"plan","severity":"info","time":"1970-01-01T00:00:00.000Z","took":null,"type":"change_summary"}
        {"address":"service.web","name":"web","op":"create","severity":"info","time":"1970-01-01T00:00:00.000Z","type":"apply_start"}
        {"address":"service.web","op":null,"reason":"0 of 2","severity":"info","time":"1970-01-01T00:00:00.000Z","type":"apply_progress"}
        {"address":"service.web","id":null,"op":"create","severity":"info","time":"1970-01-01T00:00:00.000Z","took":1.5,"type":"apply_complete"}
        {"address":"service.web","error":"no","op":"delete","severity":"error","time":"1970-01-01T00:00:00.000Z","type":"apply_errored"}
        {"address":"service.web","op":"update","severity":"warning","time":"1970-01-01T00:00:00.000Z","type":"apply_skipped"}
        {"address":"service.web","cause":"out of memory","evidence":["container web: exit code 137"],"remedy":"raise `memory`","severity":"warning","time":"1970-01-01T00:00:00.000Z","type":"explained"}
        {"address":"service.web","severity":"info","time":"1970-01-01T00:00:00.000Z","took":2.0,"type":"ready"}
        {"address":"job.ask","severity":"info","task":"arn:task/main/1f3c","time":"1970-01-01T00:00:00.000Z","type":"task_stopping"}
        {"address":"job.ask","severity":"info","task":"arn:task/main/1f3c","time":"1970-01-01T00:00:00.000Z","took":25.0,"type":"task_stopped"}
        {"severity":"info","time":"1970-01-01T00:00:00.000Z","type":"verifying"}
        {"outputs":{"url":null},"severity":"info","time":"1970-01-01T00:00:00.000Z","type":"outputs"}
        {"address":null,"column":null,"file":null,"hints":["do"],"kind":"refused","line":null,"message":"no","severity":"error","time":"1970-01-01T00:00:00.000Z","type":"diagnostic"}
        "#);
    }
}
