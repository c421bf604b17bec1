//! What happens to a student's lab while a command works on it.

use std::sync::Arc;

use super::member::Member;
use crate::apply::{Event, Observer};
use crate::report::doing;

/// Learns what happens to a student's lab, and passes it on.
pub(in crate::cli) struct Watching {
    pub(in crate::cli) member: Arc<Member>,
    pub(in crate::cli) next: Option<Arc<dyn Observer>>,
}

impl Observer for Watching {
    fn event(&self, event: Event) {
        self.member.tell(|told| match &event {
            Event::Started { address, op, .. } => told.doing = format!("{address}: {}", doing(Some(*op))),
            Event::Waiting { address, reason, .. } => told.doing = format!("{address}: {reason}"),
            Event::Done { .. } => told.to_do = told.to_do.saturating_sub(1),
            Event::Failed { address, .. } => told.doing = format!("{address} failed"),
            Event::TaskStopping { address, .. } => told.doing = format!("{address}: stopping a task"),
            Event::Verifying => "reading everything once more".clone_into(&mut told.doing),
            Event::Skipped { .. } | Event::Ready { .. } | Event::Explained { .. } | Event::TaskStopped { .. } => {}
        });
        if let Some(next) = &self.next {
            next.event(event);
        }
    }
}
