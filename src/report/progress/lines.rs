//! Progress as plain lines, for pipes, logs and CI.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::super::commands::completed;
use super::super::style::{BOLD, cut, elapsed, paint, visible};
use super::{Clock, Count, Task, closing, doing, task};
use crate::apply::{Event, Observer};

/// The pauses between lines of a task that waits for one thing, on the account's clock: in its first minute, and later.
const OFTEN: Duration = Duration::from_secs(10);
const SELDOM: Duration = Duration::from_secs(30);

/// Writes a line when a task begins, now and then while it waits, and when it ends.
pub struct Lines {
    writer: Mutex<Writer>,
    clock: Clock,
}

/// The most characters of a reason that was told before.
const BRIEF: usize = 48;

struct Writer {
    out: Box<dyn Write + Send>,
    tasks: BTreeMap<Task, Running>,
    count: Count,
}

struct Running {
    since: SystemTime,
    said: SystemTime,
    reason: String,
    /// The reasons that were told whole: a service tells its last event for as long as it waits.
    told: BTreeSet<String>,
}

impl Lines {
    /// Starts to write to `out` how `total` steps go.
    pub fn new(out: Box<dyn Write + Send>, clock: Clock, total: usize) -> Self {
        let writer = Writer { out, tasks: BTreeMap::new(), count: Count::of(total) };
        Self { writer: Mutex::new(writer), clock }
    }
}

impl Observer for Lines {
    fn event(&self, event: Event) {
        let now = (self.clock)();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // That nobody reads along any more is no reason to stop an apply half way.
        if let Some(line) = writer.line(&event, now) {
            let _ = writeln!(writer.out, "{}", completed(&line)).and_then(|()| writer.out.flush());
        }
    }
}

impl Writer {
    fn line(&mut self, event: &Event, now: SystemTime) -> Option<String> {
        let Some(task) = task(event) else {
            return closing(event, &mut self.count, usize::MAX);
        };
        let address = paint(BOLD, visible(&task.0)).to_string();
        let doing = doing(task.1);
        match event {
            Event::Started { .. } => {
                let running = Running { since: now, said: now, reason: String::new(), told: BTreeSet::new() };
                self.tasks.insert(task, running);
                Some(format!("{address}: {doing}..."))
            }
            Event::Waiting { reason, .. } => {
                let Some(running) = self.tasks.get_mut(&task) else {
                    let told = BTreeSet::from([reason.clone()]);
                    self.tasks.insert(task, Running { since: now, said: now, reason: reason.clone(), told });
                    return Some(format!("{address}: {doing}... waiting for: {}", visible(reason)));
                };
                let ago = |since| now.duration_since(since).unwrap_or_default();
                let pause = if ago(running.since) < Duration::from_secs(60) { OFTEN } else { SELDOM };
                if running.reason == *reason && ago(running.said) < pause {
                    return None;
                }
                running.said = now;
                running.reason.clone_from(reason);
                let elapsed = elapsed(ago(running.since));
                let is_new = running.told.insert(reason.clone());
                let reason = if is_new { visible(reason) } else { cut(&visible(reason), BRIEF) };
                Some(format!("{address}: still {doing}... [{elapsed} elapsed] waiting for: {reason}"))
            }
            Event::Explained { .. } => closing(event, &mut self.count, usize::MAX),
            Event::Ready { .. } => {
                // What was ready from the beginning isn't worth a line.
                self.tasks.remove(&task)?;
                closing(event, &mut self.count, usize::MAX)
            }
            _ => {
                self.tasks.remove(&task);
                closing(event, &mut self.count, usize::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::plan::Op;
    use crate::report::testing::{Shared, plain};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn a_pipe_sees_every_begin_and_end_and_few_waits() {
        let (out, seconds) = (Shared::default(), Arc::new(AtomicU64::new(0)));
        let clock = seconds.clone();
        let lines = Lines::new(
            Box::new(out.clone()),
            Arc::new(move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))),
            3,
        );
        let web = || Address::new("service", "web");
        let alb = || Address::new("loadBalancer", "web");
        let wait = |op, reason: &str| Event::Waiting { address: web(), op, reason: reason.to_owned() };
        let took = Duration::from_millis(2_340);
        lines.event(Event::Started { address: web(), op: Op::Create, name: "web-service".to_owned() });
        for second in 1..=22 {
            seconds.store(second, Ordering::Relaxed);
            lines.event(wait(Some(Op::Create), "the role has not spread yet\u{7}"));
        }
        let id = Some("arn:aws:ecs:eu-west-1:1:service/web".to_owned());
        lines.event(Event::Done { address: web(), op: Op::Create, took, id });
        let error = "DeleteCluster: ClusterContainsServicesException: no\nmore (request 1f3c)";
        lines.event(Event::Failed {
            address: Address::new("cluster", "main"),
            op: Op::Delete,
            error: error.to_owned(),
        });
        lines.event(Event::Skipped { address: alb(), op: Op::Update });
        lines.event(Event::Ready { address: alb(), took });
        lines.event(wait(None, "0 of 2 tasks running"));
        seconds.store(25, Ordering::Relaxed);
        lines.event(wait(None, "1 of 2 tasks running"));
        lines.event(Event::Ready { address: web(), took: Duration::from_secs(42) });
        lines.event(Event::Verifying);
        insta::assert_snapshot!(plain(&out.bytes()), @r#"
        service.web: creating...
        service.web: still creating... [1s elapsed] waiting for: the role has not spread yet\u{7}
        service.web: still creating... [11s elapsed] waiting for: the role has not spread yet\u{7}
        service.web: still creating... [21s elapsed] waiting for: the role has not spread yet\u{7}
        service.web: created in 2.3s (1 of 3) [arn:aws:ecs:eu-west-1:1:service/web]
        error: cluster.main: destroying: DeleteCluster: ClusterContainsServicesException: no
            more (request 1f3c)
        loadBalancer.web: not updated
        service.web: getting ready... waiting for: 0 of 2 tasks running
        service.web: still getting ready... [3s elapsed] waiting for: 1 of 2 tasks running
        service.web: ready after 42s
        Reading everything once more...
        "#);
    }
}
