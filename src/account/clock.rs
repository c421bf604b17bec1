//! The account's time: the wall clock and an offset that waiting moves forward. The clock knows nothing of AWS.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The pace of the account's time while labform waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Waiting takes no time: for tests.
    Instant,
    /// Waiting takes the given fraction of the time: with 60, a minute takes a second.
    Factor(u32),
}

/// The way by which a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// From this process, which waits by the account's clock and knows how a fresh account behaves.
    Process,
    /// From a client of the server, which has the clock on the wall, and habits of its own.
    Server,
}

impl Via {
    /// The time by the clock that the caller goes by, of the account's and the one on the wall.
    pub(crate) fn time(self, account: i64, wall: i64) -> i64 {
        match self {
            Self::Process => account,
            Self::Server => wall,
        }
    }
}

/// The account's clock, in milliseconds since 1970.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// The lead of the account's time over the wall clock.
    ahead: i64,
    /// The latest answer: a wall clock that is set back must not take the account's time back.
    latest: i64,
    /// The time that stands for the wall clock, if that isn't to be looked at.
    standing: Option<i64>,
}

impl Clock {
    /// Returns a clock that begins at the wall clock's last full second and goes on by itself for no machine's slowness:
    /// each visit takes it a millisecond further.
    pub(crate) fn standing() -> Self {
        Self { standing: Some(wall() / 1_000 * 1_000), ..Self::default() }
    }

    pub(crate) fn now(&mut self) -> i64 {
        self.latest = self.latest.max(self.standing.unwrap_or_else(wall) + self.ahead);
        self.latest
    }

    /// Takes note of a visit.
    pub(crate) fn visit(&mut self) -> i64 {
        self.ahead += i64::from(self.standing.is_some());
        self.now()
    }

    /// Moves the time on to `target`.
    pub(crate) fn reach(&mut self, target: i64) {
        let missing = target - self.now();
        if missing > 0 {
            self.ahead += missing;
        }
    }

    /// The lead of the account's time over the wall clock.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead
    }

    /// Gives the account's time this lead over the wall clock.
    pub(crate) fn set(&mut self, ahead: i64) {
        self.ahead = ahead;
    }

    /// Takes over from the same account's clock before it was read again.
    pub(crate) fn follow(&mut self, earlier: &Clock) {
        self.latest = self.latest.max(earlier.latest);
    }
}

/// The clock on the wall, in milliseconds since 1970.
pub(crate) fn wall() -> i64 {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    millis(wall.unwrap_or_default())
}

/// The sleepers in this process, by the time that they wait for.
#[derive(Debug, Default)]
pub(crate) struct Sleepers {
    waiting: Mutex<BTreeSet<(i64, u64)>>,
    moves: AtomicU64,
}

impl Sleepers {
    /// Takes note that somebody got something done.
    pub(crate) fn note(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    pub(crate) fn enter(&self, target: i64) -> (i64, u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut number = 0;
        while !waiting.insert((target, number)) {
            number += 1;
        }
        self.note();
        (target, number)
    }

    pub(crate) fn is_first(&self, ticket: (i64, u64)) -> bool {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).first() == Some(&ticket)
    }

    pub(crate) fn leave(&self, ticket: (i64, u64)) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket);
    }
}

/// Milliseconds as the JSON services write time.
pub(crate) fn seconds(millis: i64) -> f64 {
    // Exact: milliseconds since 1970 are far below the 2^53 that a double holds.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    let millis = millis as f64;
    millis / 1000.0
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
