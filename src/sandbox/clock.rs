//! The account's time: the wall clock and an offset that waiting moves forward. It knows nothing of AWS.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use serde::{Deserialize, Serialize};

use super::Sandbox;

/// How fast the account's time passes while labform waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Waiting takes no time: for tests.
    Instant,
    /// Waiting takes the given fraction of the time: with 60, a minute takes a second.
    Factor(u32),
}

/// The account's clock, in milliseconds since 1970.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Clock {
    /// How far the account's time is ahead of the wall clock.
    ahead: i64,
    /// The latest answer: a wall clock that is set back must not take the account's time back.
    #[serde(skip)]
    latest: i64,
}

impl Clock {
    pub(super) fn now(&mut self) -> i64 {
        self.latest = self.latest.max(wall() + self.ahead);
        self.latest
    }

    /// Moves the time on to `target`.
    pub(super) fn reach(&mut self, target: i64) {
        let missing = target - self.now();
        if missing > 0 {
            self.ahead += missing;
        }
    }

    /// Takes over from the same account's clock before it was read again.
    pub(super) fn follow(&mut self, earlier: &Clock) {
        self.latest = self.latest.max(earlier.latest);
    }
}

/// The clock on the wall, in milliseconds since 1970.
pub(super) fn wall() -> i64 {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    millis(wall.unwrap_or_default())
}

/// Who waits in this process, by the time they wait for.
#[derive(Debug, Default)]
pub(super) struct Sleepers {
    waiting: Mutex<BTreeSet<(i64, u64)>>,
    moves: AtomicU64,
}

impl Sleepers {
    /// Takes note that somebody got something done.
    pub(super) fn note(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    fn enter(&self, target: i64) -> (i64, u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut number = 0;
        while !waiting.insert((target, number)) {
            number += 1;
        }
        self.note();
        (target, number)
    }

    fn is_first(&self, ticket: (i64, u64)) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).first() == Some(&ticket)
    }

    fn leave(&self, ticket: (i64, u64)) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket);
    }
}

/// A place among the sleepers, given up when the wait ends or is dropped (as a timeout is when the call wins).
struct Ticket {
    sandbox: Sandbox,
    place: (i64, u64),
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.sandbox.inner.sleepers.leave(self.place);
    }
}

/// The SDK's sleep in the account's time.
#[derive(Clone, Debug)]
pub(super) struct Sleeper(pub(super) Sandbox);

impl AsyncSleep for Sleeper {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(pass(self.0.clone(), duration))
    }
}

async fn pass(sandbox: Sandbox, duration: Duration) {
    let target = sandbox.now_millis().saturating_add(millis(duration));
    match sandbox.inner.pace {
        Pace::Factor(_) if sandbox.is_in_real_time() => tokio::time::sleep(duration).await,
        Pace::Factor(factor) => tokio::time::sleep(duration / factor.max(1)).await,
        Pace::Instant => take_turn(&sandbox, target).await,
    }
    // A file that can't be written is reported by the next call; the wait itself has nobody to tell.
    let _ = sandbox.reach(target);
}

/// Waits until everybody else in this process waits too, and nobody for an earlier time, so that a long timeout can't
/// overtake a short pause or a call.
///
/// The rounds in which nobody gets anything done are bounded, because an earlier sleeper may be held by somebody who does
/// not poll it.
async fn take_turn(sandbox: &Sandbox, target: i64) {
    const ROUNDS: usize = 2_000;
    const QUIET_ROUNDS: usize = 20;
    let ticket = Ticket { sandbox: sandbox.clone(), place: sandbox.inner.sleepers.enter(target) };
    let (mut quiet, mut seen) = (0, sandbox.inner.sleepers.moves());
    while quiet < ROUNDS {
        tokio::task::yield_now().await;
        let moves = sandbox.inner.sleepers.moves();
        quiet = if moves == seen { quiet + 1 } else { 0 };
        seen = moves;
        let is_first = sandbox.inner.sleepers.is_first(ticket.place);
        if sandbox.now_millis() >= target || (is_first && quiet >= QUIET_ROUNDS) {
            return;
        }
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
