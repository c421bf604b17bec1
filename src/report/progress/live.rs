//! Progress on a terminal: a line for each running task, and what is done above them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anstream::ColorChoice;
use anstream::adapter::strip_str;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::super::commands::completed;
use super::super::style::{cut, elapsed, visible};
use super::{Clock, Count, Task, closing, doing, task};
use crate::apply::{Event, Observer};

/// The time between two drawings of the running lines.
const TICK: Duration = Duration::from_millis(120);

/// The columns of a running line beside its prefix and its message: the spinner, the time and the spaces.
const AROUND: usize = 13;

/// Draws on stderr.
pub struct Live {
    view: MultiProgress,
    tasks: Mutex<BTreeMap<Task, ProgressBar>>,
    clock: Clock,
    colour: ColorChoice,
    count: Mutex<Count>,
    width: usize,
}

impl Live {
    /// An empty view of how `total` steps go; `colour` says whether the terminal is to show any, `width` how many columns it
    /// has.
    pub fn new(clock: Clock, colour: ColorChoice, total: usize, width: usize) -> Self {
        let count = Mutex::new(Count::of(total));
        Self { view: MultiProgress::new(), tasks: Mutex::default(), clock, colour, count, width }
    }

    fn begin(&self, task: &Task) -> ProgressBar {
        let bar = self.view.add(ProgressBar::new_spinner());
        bar.set_style(style(self.clock.clone()));
        bar.set_prefix(format!("{}: {}", visible(&task.0), doing(task.1)));
        bar.enable_steady_tick(TICK);
        bar
    }

    fn say(&self, line: &str) {
        let line = match self.colour {
            ColorChoice::Never => strip_str(&completed(line)).to_string(),
            _ => completed(line).into_owned(),
        };
        // A terminal that is gone is no reason to stop an apply half way.
        let _ = self.view.println(line);
    }
}

impl Observer for Live {
    fn event(&self, event: Event) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let line = closing(&event, &mut self.count.lock().unwrap_or_else(PoisonError::into_inner), self.width);
        let known = match (task(&event), &event) {
            (Some(task), Event::Started { .. }) => {
                let bar = self.begin(&task);
                tasks.insert(task, bar);
                return;
            }
            (Some(task), Event::Waiting { reason, .. }) => {
                let bar = tasks.entry(task).or_insert_with_key(|task| self.begin(task));
                let taken = bar.prefix().chars().count() + AROUND;
                let message = format!("waiting for: {}", visible(reason));
                bar.set_message(cut(&message, self.width.saturating_sub(taken)));
                return;
            }
            (Some(_), Event::Explained { .. }) => true,
            (Some(task), _) => tasks.remove(&task).inspect(ProgressBar::finish_and_clear).is_some(),
            (None, _) => true,
        };
        // What was ready from the beginning isn't worth a line.
        if known || !matches!(event, Event::Ready { .. }) {
            line.iter().for_each(|line| self.say(line));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.view.clear();
    }
}

fn style(clock: Clock) -> ProgressStyle {
    let since = clock();
    let there = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let elapsed = elapsed(clock().duration_since(since).unwrap_or_default());
        // A view that can't be drawn has nowhere to complain.
        let _ = write!(out, "[{elapsed}]");
    };
    ProgressStyle::with_template("{spinner} {prefix} {elapsed_there} {wide_msg}")
        .expect("the template is well formed")
        .with_key("elapsed_there", there)
}
