//! The time that a registry may take, and the number of attempts.

use std::future::Future;
use std::time::Duration;

use super::RegistryError;

/// The waits between attempts at a call that failed in passing: resets, 5xx and throttling.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3)];

/// The times for which nothing may happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// The time without an answer, or without one more byte taken from this machine.
    pub(super) stall: Duration,
    /// The time from the last byte taken to the answer: what lies in buffers still has to travel, and the registry puts
    /// a large blob in its place and computes its digest before it answers.
    pub(super) answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { stall: Duration::from_secs(60), answer: Duration::from_secs(300) }
    }
}

/// Makes a call, and makes it again if it failed in passing.
///
/// # Errors
/// The last error.
pub(super) async fn again<T, F>(attempt: impl Fn() -> F) -> Result<T, RegistryError>
where
    F: Future<Output = Result<T, RegistryError>>,
{
    for pause in PAUSES {
        match attempt().await {
            Err(error) if error.passes => tokio::time::sleep(pause).await,
            ended => return ended,
        }
    }
    attempt().await
}
