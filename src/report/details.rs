//! The state of services and jobs, below the table of a status.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use anstyle::Style;

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
    if job.tasks.is_empty() {
        return writeln!(out, "\n{address}: {}", paint(DIM, "no task in the last hour"));
    }
    writeln!(out, "\n{address}:")?;
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
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::model::Address;
    use crate::report::testing::plain;
    use crate::report::wrap::WIDTH;

    const ID_1: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

    fn task(state: &str, started: Option<f64>) -> TaskDetail {
        TaskDetail {
            id: ID_1.to_owned(),
            state: state.to_owned(),
            created_at: Some(1000.0),
            started_at: started,
            stopped_at: None,
            availability_zone: "eu-west-1a".to_owned(),
            image_digests: BTreeSet::new(),
            stopped_reason: String::new(),
            exit_codes: BTreeMap::new(),
        }
    }

    fn ended(started: Option<f64>, code: Option<i64>, reason: &str) -> TaskDetail {
        TaskDetail {
            stopped_at: Some(1100.0),
            stopped_reason: reason.to_owned(),
            exit_codes: code.map(|code| ("main".to_owned(), code)).into_iter().collect(),
            ..task("STOPPED", started)
        }
    }

    fn details() -> Details {
        let digest = "sha256:8f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
        let running =
            TaskDetail { image_digests: BTreeSet::from([digest.to_owned()]), ..task("RUNNING", Some(1025.0)) };
        let target = |target: &str, state: &str, reason: &str| TargetDetail {
            target: target.to_owned(),
            state: state.to_owned(),
            reason: reason.to_owned(),
        };
        let event = |at: f64, words: &str| EventDetail {
            created_at: Some(at),
            message: format!("(service web-service) {words}"),
        };
        let service = ServiceDetail {
            address: Address::new("service", "web"),
            desired: 2,
            min_capacity: Some(1),
            max_capacity: Some(4),
            running: 1,
            pending: 1,
            rollout: Some("IN_PROGRESS".to_owned()),
            tasks: vec![running, task("PENDING", None)],
            targets: vec![
                target("172.31.16.5:3000", "healthy", ""),
                target("172.31.16.6:3000", "unhealthy", "Health checks failed with these codes: [404]"),
            ],
            events: vec![
                event(1190.0, "has reached a steady state."),
                event(
                    1180.0,
                    "registered 1 targets in (target-group arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/tg/1f3c)",
                ),
                event(
                    1000.0,
                    &format!("has started 4 tasks: (task {ID_1}) (task {ID_1}) (task {ID_1}) (task {ID_1})."),
                ),
            ],
        };
        let never = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
            123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/classifier:latest: not found";
        let job = JobDetail {
            address: Address::new("job", "classifier"),
            tasks: vec![
                task("RUNNING", Some(1198.0)),
                ended(Some(1025.0), Some(0), "Essential container in task exited"),
                ended(Some(1025.0), Some(3), "Essential container in task exited"),
                ended(None, None, never),
            ],
        };
        let idle = JobDetail { address: Address::new("job", "idle"), tasks: Vec::new() };
        Details {
            services: vec![service],
            jobs: vec![job, idle],
            scans: Vec::new(),
            unread: vec!["the targets of tg: DescribeTargetHealth: AccessDenied: not allowed\u{1b}".to_owned()],
        }
    }

    #[test]
    fn one_screen_tells_how_all_stands() {
        let mut out = Vec::new();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1200);
        write_details(&mut out, &details(), now).unwrap();
        let outputs = Outputs::from([
            ("bucket".to_owned(), Known::Now("images".to_owned())),
            ("url".to_owned(), Known::Now("http://web".to_owned())),
            ("later".to_owned(), Known::AfterApply),
        ]);
        write_urls(&mut out, &outputs).unwrap();
        let text = plain(&out);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!(text, @r"

        service.web: 1 of 2 running, 1 pending, rollout IN_PROGRESS
          scaled between 1 and 4 tasks
          task 0a1b2c3d  RUNNING for 2m  eu-west-1a, image 8f1e2d3c4b5a
          task 0a1b2c3d  PENDING for 3m  eu-west-1a
          target 172.31.16.5:3000  healthy
          target 172.31.16.6:3000  unhealthy: Health checks failed with these codes:
            [404]
          10s ago  has reached a steady state.
          20s ago  registered 1 targets in (target-group targetgroup/tg/1f3c)
          3m ago  has started 4 tasks: (task 0a1b2c3d) (task 0a1b2c3d) (task 0a1b2c3d)
            (task 0a1b2c3d).

        job.classifier:
          task 0a1b2c3d  RUNNING for 2s  eu-west-1a
          task 0a1b2c3d  exit code 0 after 1m 15s, 1m ago  eu-west-1a
          task 0a1b2c3d  exit code 3 after 1m 15s, 1m ago  eu-west-1a
          task 0a1b2c3d  never ran, 1m ago  eu-west-1a
            CannotPullContainerError: pull image manifest has been retried 1 time(s):
            failed to resolve ref
            123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/classifier:latest: not
            found

        job.idle: no task in the last hour

        Could not be read:
          the targets of tg: DescribeTargetHealth: AccessDenied: not allowed\u{1b}

        url = http://web
        ");
    }
}
