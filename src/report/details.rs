//! The state of services and jobs, below the table of a status.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use anstyle::Style;
use humantime::parse_rfc3339;

use super::output::{Outputs, write_values};
use super::scans::write_scans;
use super::style::{BOLD, DIM, GREEN, RED, YELLOW, age, elapsed, named_in, paint, visible};
use super::wrap::write_wrapped;
use crate::model::Known;
use crate::status::{Details, EventDetail, JobDetail, ServiceDetail, TargetDetail, TaskDetail};

/// The number of characters of an id or a digest that are shown.
const ID: usize = 8;
const DIGEST: usize = 12;

/// Writes the state of services and jobs at `now`, and what could not be read.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_details(out: &mut dyn Write, details: &Details, now: SystemTime) -> io::Result<()> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    for service in &details.services {
        write_service(out, service, now)?;
    }
    for job in &details.jobs {
        write_job(out, job, now)?;
    }
    write_scans(out, &details.scans)?;
    if !details.unread.is_empty() {
        writeln!(out, "\n{}", paint(YELLOW, "Could not be read:"))?;
    }
    for note in &details.unread {
        write_wrapped(out, "  ", &visible(note), 4)?;
    }
    Ok(())
}

/// Writes the outputs that are addresses of the web; nothing if there is none.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_urls(out: &mut dyn Write, outputs: &Outputs) -> io::Result<()> {
    let is_url = |value: &Known<String>| {
        let Known::Now(value) = value else {
            return false;
        };
        value.starts_with("http://") || value.starts_with("https://")
    };
    let urls = outputs.iter().filter(|(_, value)| is_url(value));
    let urls: Outputs = urls.map(|(name, value)| (name.clone(), value.clone())).collect();
    if urls.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    write_values(out, &urls)
}

fn write_service(out: &mut dyn Write, service: &ServiceDetail, now: f64) -> io::Result<()> {
    let ServiceDetail { desired, running, pending, .. } = service;
    let style = if running == desired { GREEN } else { YELLOW };
    let count = paint(style, format!("{running} of {desired} running"));
    let pending = match pending {
        0 => String::new(),
        pending => format!(", {}", paint(YELLOW, format_args!("{pending} pending"))),
    };
    let rollout = service.rollout.as_deref().map(|state| {
        let style = match state {
            "COMPLETED" => GREEN,
            "FAILED" => RED,
            _ => YELLOW,
        };
        format!(", rollout {}", paint(style, visible(state)))
    });
    let address = paint(BOLD, visible(&service.address));
    writeln!(out, "\n{address}: {count}{pending}{}", rollout.unwrap_or_default())?;
    if let Some((least, most)) = service.min_capacity.zip(service.max_capacity) {
        writeln!(out, "  scaled between {least} and {most} tasks")?;
    }
    for task in &service.tasks {
        write_task(out, task, now)?;
    }
    for target in &service.targets {
        write_target(out, target)?;
    }
    for event in &service.events {
        write_event(out, event, now)?;
    }
    Ok(())
}

fn write_job(out: &mut dyn Write, job: &JobDetail, now: f64) -> io::Result<()> {
    let address = paint(BOLD, visible(&job.address));
    match job.tasks.as_slice() {
        [] => writeln!(out, "\n{address}: {}", paint(DIM, "no task in the last hour"))?,
        _ => writeln!(out, "\n{address}:")?,
    }
    if let Some(schedule) = &job.schedule {
        let next = match schedule.next_run.as_deref().and_then(|text| Some((text, parse_rfc3339(text).ok()?))) {
            Some((text, at)) => {
                let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
                format!("  next run {} in {}  ", visible(text), between(now, at))
            }
            None => format!("  {}  ", paint(YELLOW, "runs no more by its schedule")),
        };
        let times = format!("{}, {}", visible(&schedule.expression), visible(&schedule.timezone));
        write_wrapped(out, &next, &paint(DIM, times).to_string(), 4)?;
    }
    job.tasks.iter().try_for_each(|task| write_task(out, task, now))
}

fn write_task(out: &mut dyn Write, task: &TaskDetail, now: f64) -> io::Result<()> {
    let id = paint(DIM, visible(cut(&task.id, ID)));
    let digests = task.image_digests.iter().map(|digest| {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        format!("image {}", visible(cut(hex, DIGEST)))
    });
    let zone = Some(visible(&task.availability_zone)).filter(|zone| !zone.is_empty());
    let about: Vec<String> = zone.into_iter().chain(digests).map(|what| paint(DIM, what).to_string()).collect();
    let about = about.join(", ");
    if task.state != "STOPPED" {
        let style = if task.state == "RUNNING" { GREEN } else { YELLOW };
        let since = task.started_at.filter(|_| task.state == "RUNNING").or(task.created_at);
        let since = since.map(|at| format!(" for {}", between(at, now))).unwrap_or_default();
        let state = paint(style, visible(&task.state));
        return write_wrapped(out, &format!("  task {id}  {state}{since}  "), &about, 4);
    }
    let (end, style): (String, Style) = match (task.exit_code(), task.started_at) {
        (Some(0), _) => ("exit code 0".to_owned(), GREEN),
        (Some(code), _) => (format!("exit code {code}"), RED),
        (None, _) => ("never ran".to_owned(), RED),
    };
    let took = task.started_at.zip(task.stopped_at);
    let took = took.map(|(from, to)| format!(" after {}", elapsed(span(from, to))));
    let ago = task.stopped_at.map(|at| format!(", {} ago", between(at, now)));
    let (took, ago) = (took.unwrap_or_default(), ago.unwrap_or_default());
    write_wrapped(out, &format!("  task {id}  {}{took}{ago}  ", paint(style, end)), &about, 4)?;
    // What ECS says of every task that ends by itself tells nothing.
    match task.stopped_reason.as_str() {
        "Essential container in task exited" => Ok(()),
        reason => write_wrapped(out, "    ", &visible(reason), 4),
    }
}

fn write_target(out: &mut dyn Write, target: &TargetDetail) -> io::Result<()> {
    let style = match target.state.as_str() {
        "healthy" => GREEN,
        "unhealthy" => RED,
        _ => YELLOW,
    };
    let reason = match target.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", visible(reason)),
    };
    let first = format!("  target {}  ", visible(&target.target));
    write_wrapped(out, &first, &format!("{}{reason}", paint(style, visible(&target.state))), 4)
}

fn write_event(out: &mut dyn Write, event: &EventDetail, now: f64) -> io::Result<()> {
    let ago = event.created_at.map(|at| format!("{} ago", between(at, now))).unwrap_or_default();
    let first = format!("  {ago}  ");
    write_wrapped(out, &first, &visible(shortened(&event.message)), 4)
}

/// An event's words without the name of the service in front, and with short ids and ARNs.
fn shortened(message: &str) -> String {
    let words = match message.strip_prefix("(service ").and_then(|rest| rest.split_once(") ")) {
        Some((_, words)) => words,
        None => message,
    };
    let short = |word: &str| match word.find("arn:") {
        Some(at) => format!("{}{}", &word[..at], named_in(&word[at..])),
        None => word.to_owned(),
    };
    let words = words.split(' ').map(short).collect::<Vec<_>>().join(" ");
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut shown = String::new();
    let mut rest = words.as_str();
    while let Some(at) = rest.find(is_word) {
        let end = rest[at..].find(|c| !is_word(c)).map_or(rest.len(), |length| at + length);
        let word = &rest[at..end];
        let is_id = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        shown.push_str(&rest[..at]);
        shown.push_str(if is_id { cut(word, ID) } else { word });
        rest = &rest[end..];
    }
    shown + rest
}

/// The time from one moment to another, both in seconds since 1970.
fn span(from: f64, to: f64) -> Duration {
    Duration::try_from_secs_f64(to - from).unwrap_or_default()
}

/// The time from one moment to another, as briefly as a person would say it.
fn between(from: f64, to: f64) -> String {
    age(span(from, to))
}

fn cut(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

#[cfg(test)]
mod tests;
