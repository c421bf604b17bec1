//! Waiting with a reason that people can see.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::cloud::{Cloud, CloudError, Result};

/// Where a step says what it waits for, and hears that the user asked to stop. Cheap to clone.
#[derive(Clone)]
pub struct Waiting {
    listener: Arc<dyn Fn(&str) + Send + Sync>,
    stop: CancellationToken,
}

impl Waiting {
    /// Tells `listener` each reason, and waits no longer than until `stop` is cancelled.
    pub fn new(listener: impl Fn(&str) + Send + Sync + 'static, stop: CancellationToken) -> Self {
        Self {
            listener: Arc::new(listener),
            stop,
        }
    }

    /// Tells nobody, and is never stopped.
    pub fn silent() -> Self {
        Self::new(|_| {}, CancellationToken::new())
    }

    /// Says what is going on.
    pub fn on(&self, reason: &str) {
        (self.listener)(reason);
    }

    /// Says what is waited for, and waits.
    ///
    /// # Errors
    /// Where the user asked to stop: waiting isn't a call in flight, and the next run waits again.
    pub async fn pause(&self, cloud: &Cloud, reason: &str, duration: Duration) -> Result<()> {
        self.on(reason);
        tokio::select! {
            () = cloud.sleep(duration) => Ok(()),
            () = self.stop.cancelled() => {
                let message = format!("no longer waited for: {reason}");
                Err(CloudError::answered("labform", "Interrupted", message))
            }
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

/// Calls `attempt` until it succeeds, until it fails with an error that `passes` doesn't hold for, or until `deadline`
/// has run out. It waits 1 s at first, then longer, up to 15 s.
///
/// # Errors
/// The last error of `attempt`.
pub async fn retry<T, F: Future<Output = Result<T>>>(
    cloud: &Cloud,
    waiting: &Waiting,
    deadline: Duration,
    passes: impl Fn(&CloudError) -> bool,
    mut attempt: impl FnMut() -> F,
) -> Result<T> {
    let end = cloud.now() + deadline;
    let mut pause = Duration::from_secs(1);
    loop {
        match attempt().await {
            Err(error) if passes(&error) && cloud.now() + pause < end => {
                waiting.pause(cloud, &error.message, pause).await?;
                pause = (pause * 2).min(Duration::from_secs(15));
            }
            result => return result,
        }
    }
}
