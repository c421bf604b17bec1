//! Ctrl-C and SIGTERM: the first asks to stop, the second stops.

use std::future::Future;
use std::io;
use std::process;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

use super::screen::{Ended, Result, note};
use crate::error::{Error, INTERRUPTED};

/// Runs a command that talks to AWS.
pub(super) fn run<T, F: Future<Output = Result<T>>>(command: impl FnOnce(Stop) -> F) -> Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| unstartable(&error))?;
    let result = runtime.block_on(async {
        let stop = Stop::listen().map_err(|error| unstartable(&error))?;
        command(stop).await
    });
    // A prompt that was interrupted still waits for its line, on a thread of its own.
    runtime.shutdown_background();
    result
}

fn unstartable(error: &io::Error) -> Ended {
    Error::failed(format!("starting: {error}")).into()
}

/// Whether the user asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Stop(CancellationToken);

impl Stop {
    fn listen() -> io::Result<Self> {
        let token = CancellationToken::new();
        let mut signals = Signals::new()?;
        let asked = token.clone();
        tokio::spawn(async move {
            signals.next().await;
            asked.cancel();
            signals.next().await;
            process::exit(INTERRUPTED.into());
        });
        Ok(Self(token))
    }

    /// Cancelled when the user has asked to stop.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.0
    }

    /// Whether the user has asked to stop.
    pub(super) fn asked(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Runs what changes nothing, and drops it when the user asks to stop.
    pub(super) async fn or<T, E: Into<Ended>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T> {
        tokio::select! {
            result = work => result.map_err(Into::into),
            () = self.0.cancelled() => {
                note("\ninterrupted");
                Err(Ended::Interrupted)
            }
        }
    }

    /// Runs what changes something: it sees the token itself, and ends what it has begun.
    pub(super) async fn finish<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            result = &mut work => result,
            () = self.0.cancelled() => {
                note("stopping: nothing new is begun, calls in flight end first (again: stop at once)");
                work.await
            }
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a handler there is nothing to wait for, and the system's own ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
