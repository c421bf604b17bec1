//! The deeds of a task's containers while it runs: the lines that they write, the objects that they put, and their end.
//! Nothing is really run here, and the log says so.
//!
//! A job (a task of no service) ends by itself: as its simulated run says, else by its command, of which one that ends in
//! `exit 3` exits with 3 and any other with 0.

use std::time::Duration;

use serde_json::Value;

use super::service::Service;
use super::task::{Milestone, Stop, Task};
use super::{discovery, last_segment, start};
use crate::account::Account;
use crate::clock::millis;
use crate::elbv2::Checked;
use crate::input::texts;
use crate::simulation::{SimulatedRun, Simulation, TaskOutcome};
use crate::{elbv2, logs, s3};

/// The time that a job works if nobody has said it.
const WORK: Duration = Duration::from_secs(20);
/// The milliseconds for which the targets of a task that has none drain.
const DRAIN: i64 = 1_000;

/// Lets the containers start.
pub(super) fn begin(account: &mut Account, task: &mut Task) {
    if task.run == Some(SimulatedRun::Reported) {
        if let Some(outside) = &mut task.outside {
            // From now on something has to be heard of who runs it.
            outside.heard = account.wall;
        }
        if task.service.is_some() {
            // Who runs it says so itself, unless it is pretended after all.
            register(account, task);
            task.report_targets(account, |_| Some(Checked::Unknown));
            return;
        }
        let line = "not pretended: the command is run outside of this account";
        say(account, task, task.started(), line);
        return;
    }
    let is_job = task.service.is_none();
    let is_families = task.run.is_none();
    let outcome = match outcome(account, task) {
        // What fails at once has no time to say that it is pretended.
        Some(outcome) if is_families => outcome,
        Some(outcome) => {
            introduce(account, task);
            outcome
        }
        None => {
            introduce(account, task);
            if !is_job {
                register(account, task);
                return;
            }
            unsaid(task)
        }
    };
    let drain = if outcome.takes.is_zero() { 0 } else { DRAIN };
    let at = task.started() + millis(outcome.takes);
    task.stop = Some(Stop::simulated(at, drain, &outcome));
    task.run = Some(SimulatedRun::Pretended(outcome));
}

/// Puts the task into its target groups.
fn register(account: &mut Account, task: &Task) {
    for target in &task.targets {
        elbv2::register_target(account, &target.group, &task.address, target.port);
        say_of_target(account, task, "registered", &target.group);
    }
    discovery::register(account, task);
}

/// Lets the task's service say what becomes of a target.
pub(super) fn say_of_target(account: &mut Account, task: &Task, deed: &str, group: &str) {
    let Some(key) = &task.service else { return };
    if let Some(mut service) = account.all_mut::<Service>().remove(key) {
        service.say_of_target(account, deed, group);
        account.all_mut::<Service>().insert(key.clone(), service);
    }
}

/// The outcome of a job of which nobody has said anything.
fn unsaid(task: &Task) -> TaskOutcome {
    let half = shown(&task.containers, "pretended: half of the work is done");
    TaskOutcome::exits(exit_code(&task.containers), &[&half]).taking(WORK)
}

/// Says that nothing is run.
pub(super) fn introduce(account: &mut Account, task: &Task) {
    let line = "pretended: nothing was run, this account is a model of AWS";
    say(account, task, task.started(), line);
}

/// Lets the containers write the lines that are due, and put their objects once their work is over.
pub(super) fn go_on(account: &mut Account, task: &mut Task) {
    let (Some(SimulatedRun::Pretended(outcome)), Some(stop)) = (&task.run, &task.stop) else {
        return;
    };
    if task.done.contains(&Milestone::ObjectsPut) || !task.done.contains(&Milestone::Started) {
        return;
    }
    let (outcome, end) = (outcome.clone(), stop.at);
    while let Some(line) = outcome.log.get(task.written) {
        let at = task.started() + due(&outcome, task.written);
        if at > account.now.min(end) {
            break;
        }
        write(account, task, at, |_| line.clone());
        task.written += 1;
    }
    if account.now < end || !task.once(Milestone::ObjectsPut) {
        return;
    }
    let ends_itself = task.stop.as_ref().filter(|stop| stop.code == outcome.code);
    if ends_itself.and_then(|stop| stop.exit) == Some(0) && !put(account, task, end, &outcome) {
        let stop = task.stop.as_mut().expect("it was there a line above");
        stop.exit = Some(1);
    }
}

/// The time when the next line of the run is written.
pub(super) fn next_line(task: &Task) -> Option<i64> {
    match &task.run {
        Some(SimulatedRun::Pretended(outcome)) if task.written < outcome.log.len() => {
            Some(task.started() + due(outcome, task.written))
        }
        _ => None,
    }
}

/// The time when the line `number` is written, in milliseconds from the start: the lines part the time evenly.
fn due(outcome: &TaskOutcome, number: usize) -> i64 {
    let parts = i64::try_from(outcome.log.len()).unwrap_or(i64::MAX - 1) + 1;
    let part = i64::try_from(number).unwrap_or(i64::MAX - 1) + 1;
    millis(outcome.takes) / parts * part
}

/// Puts the objects of a run, and says so. Returns whether all could be put.
fn put(account: &mut Account, task: &Task, at: i64, outcome: &TaskOutcome) -> bool {
    for put in &outcome.puts {
        let place = format!("s3://{}/{}", put.bucket, put.key);
        let done = s3::put_text(account, &put.bucket, &put.key, &put.content);
        let line = match &done {
            Ok(()) => format!("pretended: PutObject {place}: {} bytes", put.content.len()),
            Err(fault) => format!("pretended: PutObject {place}: {}: {}", fault.code, fault.message),
        };
        write(account, task, at, |_| line.clone());
        if done.is_err() {
            return false;
        }
    }
    true
}

/// Lets the containers end.
pub(super) fn end(account: &mut Account, task: &Task, exit: i64) {
    let word = match task.run {
        Some(SimulatedRun::Reported) => "not pretended",
        Some(SimulatedRun::Pretended(_)) | None => "pretended",
    };
    let line = format!("{word}: the container ended with exit code {exit}");
    say(account, task, account.now, &line);
}

fn exit_code(containers: &[Value]) -> i64 {
    let main = containers.iter().find(|container| container["essential"] == true);
    let command = main.map(|container| texts(container, "command").join(" ")).unwrap_or_default();
    let mut words = command.split_whitespace().rev();
    words.next().and_then(|word| word.parse().ok()).filter(|_| words.next() == Some("exit")).unwrap_or(0)
}

/// Writes a line of the time `at` to the log of every container that has one, with the command that it is about.
fn say(account: &mut Account, task: &Task, at: i64, line: &str) {
    write(account, task, at, |container| shown(std::slice::from_ref(container), line));
}

/// `line` with the command of the first of `containers`, or its image.
fn shown(containers: &[Value], line: &str) -> String {
    let container = containers.first().unwrap_or(&Value::Null);
    let command = texts(container, "command").join(" ");
    let image = last_segment(container["image"].as_str().unwrap_or_default());
    let shown = if command.is_empty() { image } else { &command };
    format!("{line} ({shown})")
}

/// Writes a line of the time `at` to the log of every container that has one.
pub(super) fn write(account: &mut Account, task: &Task, at: i64, line: impl Fn(&Value) -> String) {
    for container in &task.containers {
        let options = &container["logConfiguration"]["options"];
        let Some(group) = options["awslogs-group"].as_str() else {
            continue;
        };
        let stream = start::stream(container, task);
        logs::write(account, group, &stream, at, &line(container));
    }
}

/// The outcome of a task: by its own run, or by its family's outcome.
pub(super) fn outcome(account: &Account, task: &Task) -> Option<TaskOutcome> {
    match &task.run {
        Some(SimulatedRun::Pretended(outcome)) => Some(outcome.clone()),
        Some(SimulatedRun::Reported) => None,
        None => {
            let family = last_segment(&task.definition).split(':').next()?;
            account.here::<Simulation>().outcome(family).cloned()
        }
    }
}
