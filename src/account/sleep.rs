//! Waiting in the account's time.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};

use crate::clock::{Pace, millis};
use crate::sandbox::Sandbox;

impl Sandbox {
    /// The sleep to give to the SDK's configuration, and to wait with: it passes virtual time.
    #[must_use]
    pub fn sleep(&self) -> SharedAsyncSleep {
        SharedAsyncSleep::new(Sleeper(self.clone()))
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
struct Sleeper(Sandbox);

impl AsyncSleep for Sleeper {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(pass(self.0.clone(), duration))
    }
}

async fn pass(sandbox: Sandbox, duration: Duration) {
    let target = sandbox.now_millis().saturating_add(millis(duration));
    match sandbox.inner.pace {
        Pace::Factor(factor) => wait(&sandbox, target, factor.max(1)).await,
        Pace::Instant => take_turn(&sandbox, target).await,
    }
    // A file that can't be written is reported by the next call; the wait itself has nobody to tell.
    let _ = sandbox.reach(target).await;
}

/// Waits for the fraction of the time; as long as the account's time may pass no faster than the wall's, in short steps,
/// because that ends.
async fn wait(sandbox: &Sandbox, target: i64, factor: u32) {
    const STEP: Duration = Duration::from_secs(1);
    loop {
        let left = u64::try_from(target - sandbox.now_millis()).unwrap_or(0);
        let left = Duration::from_millis(left);
        if left.is_zero() || !sandbox.is_in_real_time() {
            return tokio::time::sleep(left / factor).await;
        }
        tokio::time::sleep(left.min(STEP)).await;
        // To look at the account again is what this is for.
        if sandbox.reach(0).await.is_err() {
            return;
        }
    }
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
