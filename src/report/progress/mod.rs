//! The progress of an apply, while it does it: a live view for a terminal, plain lines for everything else.

mod lines;
mod live;

pub use lines::Lines;
pub use live::Live;

use std::sync::Arc;
use std::time::SystemTime;

use anstream::adapter::strip_str;

use super::explanation;
use super::style::{BOLD, GREEN, RED, YELLOW, cut, named_in, paint, took, visible, visible_block};
use crate::apply::Event;
use crate::model::Address;
use crate::plan::Op;

/// The account's clock: the embedded account's may run faster than the wall's.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How many of the steps are done.
#[derive(Clone, Copy, Debug)]
struct Count {
    done: usize,
    total: usize,
}

impl Count {
    fn of(total: usize) -> Self {
        Self { done: 0, total }
    }

    /// Counts one more, and says which it is; nothing if there is only one.
    fn next(&mut self) -> String {
        self.done += 1;
        // What is replaced takes more steps than were counted.
        self.total = self.total.max(self.done);
        if self.total > 1 { format!(" ({} of {})", self.done, self.total) } else { String::new() }
    }
}

/// A piece of work under way: a step, or the wait until a resource is ready.
type Task = (Address, Option<Op>);

/// The word for what is being done, as in `creating`.
pub(crate) fn doing(op: Option<Op>) -> &'static str {
    match op {
        Some(Op::Create) => "creating",
        Some(Op::Update | Op::Complete) => "updating",
        Some(Op::Delete) => "destroying",
        None => "getting ready",
    }
}

/// The word for what was done, as in `created`.
pub(crate) fn done(op: Op) -> &'static str {
    match op {
        Op::Create => "created",
        Op::Update | Op::Complete => "updated",
        Op::Delete => "destroyed",
    }
}

/// The line with an object's id behind it: of an ARN that a terminal would break, the part that names the object.
fn with_id(line: &str, id: &str, width: usize) -> String {
    let room = width.saturating_sub(strip_str(line).to_string().chars().count() + " []".len());
    let short = if id.chars().count() > room { named_in(id) } else { id };
    format!("{line} [{}]", cut(short, room))
}

/// The line for an event that ends a task, in so many columns, and the lines for one that explains why it doesn't end.
fn closing(event: &Event, count: &mut Count, width: usize) -> Option<String> {
    let line = match event {
        Event::Started { .. } | Event::Waiting { .. } => return None,
        Event::Done { address, op, took: time, id } => {
            let verb = paint(GREEN, done(*op));
            let line = format!("{}: {verb} in {}{}", paint(BOLD, visible(address)), took(*time), count.next());
            match id {
                Some(id) => with_id(&line, &visible(id), width),
                None => line,
            }
        }
        Event::Failed { address, op, error } => {
            let address = visible(address);
            format!("{} {address}: {}: {}", paint(RED, "error:"), doing(Some(*op)), visible_block(error, 4))
        }
        Event::Skipped { address, op } => {
            let verb = paint(YELLOW, format!("not {}", done(*op)));
            format!("{}: {verb}", paint(BOLD, visible(address)))
        }
        Event::Ready { address, took: time } => {
            format!("{}: {} after {}", paint(BOLD, visible(address)), paint(GREEN, "ready"), took(*time))
        }
        Event::Explained { address, explanation } => {
            let heading = format!("{}: not ready yet", paint(BOLD, visible(address)));
            let lines = explanation::lines(explanation).into_iter();
            [heading].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
        }
        Event::TaskStopping { address, task } => {
            let address = paint(BOLD, visible(address));
            format!("{address}: stopping task {}...", visible(task_id(task)))
        }
        Event::TaskStopped { address, task, took: time } => {
            let verb = paint(GREEN, "stopped");
            let (address, id) = (paint(BOLD, visible(address)), visible(task_id(task)));
            format!("{address}: task {id} {verb} in {}", took(*time))
        }
        Event::Verifying => "Reading everything once more...".to_owned(),
    };
    Some(line)
}

/// The task that an event belongs to.
fn task(event: &Event) -> Option<Task> {
    match event {
        Event::Started { address, op, .. }
        | Event::Done { address, op, .. }
        | Event::Failed { address, op, .. }
        | Event::Skipped { address, op } => Some((address.clone(), Some(*op))),
        Event::Waiting { address, op, .. } => Some((address.clone(), *op)),
        Event::Ready { address, .. } | Event::Explained { address, .. } => Some((address.clone(), None)),
        Event::TaskStopping { .. } | Event::TaskStopped { .. } | Event::Verifying => None,
    }
}

/// The id in a task's ARN, by which people tell tasks apart.
pub(crate) fn task_id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_that_a_terminal_would_break_is_cut_down_to_what_names_the_object() {
        let arn = "arn:aws:ecs:eu-west-1:123456789012:service/ecs-lab-cluster/web-service";
        let line = "service.web: created in 0.0s (19 of 19)";
        assert_eq!(with_id(line, arn, usize::MAX), format!("{line} [{arn}]"));
        assert_eq!(with_id(line, arn, 80), format!("{line} [service/ecs-lab-cluster/web-service]"));
        assert_eq!(with_id(line, arn, 60), format!("{line} [service/ecs-lab-c\u{2026}]"));
        assert_eq!(with_id(line, "sg-0123", 60), format!("{line} [sg-0123]"));
    }
}
