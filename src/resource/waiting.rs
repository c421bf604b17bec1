//! Waiting with a reason that people can see.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::cloud::{Answer, Cause, Cloud, CloudError, Result, identity, passes};

/// The number of times that the credentials may be refreshed during one step.
const RENEWALS: usize = 3;

/// The place at which a step says what it waits for, and hears that the user asked to stop. Cheap to clone.
#[derive(Clone)]
pub struct Waiting {
    listener: Arc<dyn Fn(&str) + Send + Sync>,
    stop: CancellationToken,
}

impl Waiting {
    /// Tells `listener` each reason, and waits no longer than until `stop` is cancelled.
    pub fn new(listener: impl Fn(&str) + Send + Sync + 'static, stop: CancellationToken) -> Self {
        Self { listener: Arc::new(listener), stop }
    }

    /// Tells nobody, and is never stopped.
    pub fn silent() -> Self {
        Self::new(|_| {}, CancellationToken::new())
    }

    /// Says what is going on.
    pub fn on(&self, reason: &str) {
        (self.listener)(reason);
    }

    /// Checks that a step of many calls goes on: asked before each call that changes something.
    ///
    /// # Errors
    /// If the user asked to stop: the next run goes on from here.
    pub fn goes_on(&self) -> Result<()> {
        if self.stop.is_cancelled() {
            return Err(CloudError::own(Cause::Interrupted, "stopped before it was done"));
        }
        Ok(())
    }

    /// Waits until the user asks to stop.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Says what is waited for, and waits.
    ///
    /// # Errors
    /// If the user asked to stop: waiting isn't a call in flight, and the next run waits again.
    pub async fn pause(&self, cloud: &Cloud, reason: &str, duration: Duration) -> Result<()> {
        self.on(reason);
        tokio::select! {
            () = cloud.sleep(duration) => Ok(()),
            () = self.stop.cancelled() => {
                Err(CloudError::own(Cause::Interrupted, format!("no longer waited for: {reason}")))
            }
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

/// Calls `attempt` until it succeeds, or fails with an error that is none of the [refusals that pass](passes) or
/// whose deadline there has run out. The first pause is 1 s; later ones are longer, up to 15 s.
///
/// # Errors
/// The last error of `attempt`.
pub async fn retry<T, F: Future<Output = Result<T>>>(
    cloud: &Cloud,
    waiting: &Waiting,
    mut attempt: impl FnMut() -> F,
) -> Result<T> {
    let begun = cloud.now();
    let mut renewals = 0;
    let mut pause = Duration::from_secs(1);
    loop {
        let error = match attempt().await {
            // The credentials were refreshed: whose they are now decides.
            Err(error) if error.is_own(Cause::Unverified) && renewals < RENEWALS => {
                renewals += 1;
                identity(cloud).await?;
                continue;
            }
            Err(error) => error,
            done => return done,
        };
        let Some(row) = passes(&error).filter(|row| cloud.believes(row, &error)) else {
            return Err(error);
        };
        // What a call that waits, within a step that waits, has waited for already, nobody waits for twice.
        let CloudError::Aws(answer @ Answer { waited: None, .. }) = error else {
            return Err(error);
        };
        if cloud.now() + pause > begun + row.deadline {
            return Err(CloudError::Aws(Answer { waited: Some(row.deadline), ..answer }));
        }
        let reason = format!("{} ({}: {})", row.meaning, answer.code, answer.message);
        waiting.pause(cloud, &reason, pause).await?;
        pause = (pause * 2).min(Duration::from_secs(15));
    }
}
