//! The deeds of a task's containers while it runs: the lines that they write, the objects that they put, and their end.
//! Nothing is really run here, and the log says so.
//!
//! A job (a task of no service) ends by itself: as its simulated run says, else by its command, of which one that ends in
//! `exit 3` exits with 3 and any other with 0.

use std::time::Duration;

use serde_json::Value;

use super::last_segment;
use super::service::Service;
use super::task::{Milestone, Stop, Task};
use crate::account::Account;
use crate::clock::millis;
use crate::input::{list, text, texts};
use crate::simulation::{SimulatedRun, Simulation, TaskOutcome};
use crate::wire::Fault;
use crate::{ecr, elbv2, logs, s3, secretsmanager, ssm};

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
                for target in &task.targets {
                    elbv2::register_target(account, &target.group, &task.address, target.port);
                    say_of_target(account, task, "registered", &target.group);
                }
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

fn introduce(account: &mut Account, task: &Task) {
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

/// The log group that keeps the task from starting: one that a container logs to and that is not there.
pub(super) fn missing_log_group(account: &Account, task: &Task) -> Option<String> {
    task.containers.iter().find_map(|container| {
        let options = &container["logConfiguration"]["options"];
        let group = options["awslogs-group"].as_str()?;
        let made = options["awslogs-create-group"] == "true";
        (!made && !logs::group_exists(account, group)).then(|| group.to_owned())
    })
}

/// The reason why the task can't start, if Secrets Manager or Systems Manager doesn't give it a secret.
pub(super) fn missing_secret(account: &mut Account, task: &Task) -> Option<String> {
    let secrets = task.containers.iter().flat_map(|container| list(container, "secrets"));
    let (value_from, why) = secrets.filter_map(|secret| secret["valueFrom"].as_str()).find_map(|value_from| {
        let fault = secret(account, value_from)?.err()?;
        Some((value_from, format!("{}: {}", fault.code, fault.message)))
    })?;
    let what = match value_from.contains(":secret:") {
        true => format!(
            "secret from asm: service call has been retried 1 time(s): failed to fetch secret {value_from} from \
                         secrets manager: {why}"
        ),
        false => {
            format!("secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: {value_from}")
        }
    };
    let begin =
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed";
    Some(format!("{begin}: unable to retrieve {what}"))
}

/// The value of a container's secret `value_from`, or why it can't start; none if another account or service has it.
fn secret(account: &mut Account, value_from: &str) -> Option<Result<String, Fault>> {
    if value_from.starts_with(&account.arn("ssm", "parameter/")) {
        return Some(ssm::value(account, value_from));
    }
    if !value_from.starts_with(&account.arn("secretsmanager", "secret:")) {
        return None;
    }
    // Behind the ARN may stand the key of a JSON document, a stage and a version.
    let parts: Vec<&str> = value_from.split(':').collect();
    let (arn, key) = (parts[..7].join(":"), parts.get(7).copied().unwrap_or_default());
    Some(secretsmanager::value(account, &arn).map(|whole| {
        let document: Value = serde_json::from_str(&whole).unwrap_or_default();
        text(&document, key).unwrap_or(whole)
    }))
}

impl Account {
    /// The value that a container of `region` gets for its secret `value_from`; none if the account doesn't have it.
    pub fn secret_value(&mut self, region: &str, value_from: &str) -> Option<String> {
        self.enter(region);
        secret(self, value_from)?.ok()
    }
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
        let name = container["name"].as_str().unwrap_or_default();
        let stream = match options["awslogs-stream-prefix"].as_str() {
            Some(prefix) => format!("{prefix}/{name}/{}", task.id),
            None => task.id.clone(),
        };
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
            let simulation: &Simulation = account.here();
            let outcome = simulation.outcome(family).cloned();
            outcome.or_else(|| unpulled(account, task).filter(|_| simulation.needs_images()))
        }
    }
}

/// The end of a task whose image is to come from a repository of the account, and isn't there.
fn unpulled(account: &Account, task: &Task) -> Option<TaskOutcome> {
    let mut images = task.containers.iter().filter_map(|one| one["image"].as_str());
    let image = images.find(|image| ecr::is_missing(account, image))?;
    Some(TaskOutcome::never_starts(&format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: \
         {image}: not found"
    )))
}
