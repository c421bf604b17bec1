//! Ctrl-C and SIGTERM: the first asks to stop, the second stops.

use std::future::Future;
use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::screen::{Ended, Result, note};
use crate::error::{Error, INTERRUPTED};
use crate::jobs::StopRequest;

/// The time after the first Ctrl-C within which another one stops the task of a job.
const TWICE: Duration = Duration::from_secs(3);

/// Runs a command that talks to AWS.
pub(super) fn run<T, F: Future<Output = Result<T>>>(command: impl FnOnce(Stop) -> F) -> Result<T> {
    run_on(&mut Builder::new_current_thread(), command)
}

/// Runs a command on the threads that are asked for.
pub(super) fn run_on<T, F>(threads: &mut Builder, command: impl FnOnce(Stop) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let runtime = threads.enable_all().build().map_err(|error| unstartable(&error))?;
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

/// Ends this process, and those that can't go on without it.
fn leave_at_once() -> ! {
    #[cfg(unix)]
    crate::local::end_all();
    process::exit(INTERRUPTED.into())
}

/// The user's wish to stop, once there is one.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    token: CancellationToken,
    listener: AbortHandle,
    /// Whether others work on under the same wish, so that nobody takes the signals for one job alone.
    is_shared: bool,
}

impl Stop {
    fn listen() -> io::Result<Self> {
        let token = CancellationToken::new();
        let mut signals = Signals::new()?;
        let asked = token.clone();
        let listener = tokio::spawn(async move {
            signals.next().await;
            asked.cancel();
            signals.next().await;
            leave_at_once();
        });
        Ok(Self { token, listener: listener.abort_handle(), is_shared: false })
    }

    /// The same wish for several who work side by side.
    pub(super) fn shared(self) -> Self {
        Self { is_shared: true, ..self }
    }

    /// The user's wishes from here on, while the job `name` runs: the first Ctrl-C says that its task isn't to be
    /// followed any longer, a second within 3 s that it is to be stopped, and a third that even that end isn't waited
    /// for. Of several jobs side by side, the first of all signals leaves the tasks on. SIGTERM and SIGHUP come from programs, which don't ask twice. As long as there is no task for certain, one
    /// is enough for all.
    pub(super) fn stop_requests(
        &self,
        name: &str,
        may_have_task: &Arc<AtomicBool>,
    ) -> Result<watch::Receiver<StopRequest>> {
        let first = if self.asked() { StopRequest::Leave } else { StopRequest::None };
        let (stop_requests, stop_requested) = watch::channel(first);
        if self.is_shared {
            let asked = self.token.clone();
            tokio::spawn(async move {
                asked.cancelled().await;
                stop_requests.send_replace(StopRequest::Leave);
            });
            return Ok(stop_requested);
        }
        let mut signals = Signals::new().map_err(|error| unstartable(&error))?;
        self.listener.abort();
        let (name, may_have_task) = (name.to_owned(), may_have_task.clone());
        tokio::spawn(async move {
            if signals.next().await == Sign::Interrupt {
                stop_requests.send_replace(StopRequest::End);
                if may_have_task.load(Ordering::Relaxed) {
                    note(format_args!(
                        "\njob.{name}: `labform run {name}` comes back while the task is on; Ctrl-C again within 3 s stops the task"
                    ));
                }
                let second = tokio::time::timeout(TWICE, signals.next()).await;
                if matches!(second, Ok(Sign::Interrupt)) {
                    stop_requests.send_replace(StopRequest::Stop);
                    signals.next().await;
                }
            }
            stop_requests.send_replace(StopRequest::Leave);
            signals.next().await;
            leave_at_once();
        });
        Ok(stop_requested)
    }

    /// The token that is cancelled when the user has asked to stop.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Returns whether the user has asked to stop.
    pub(super) fn asked(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Runs work that changes nothing, and drops it when the user asks to stop.
    pub(super) async fn or<T, E: Into<Ended>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T> {
        tokio::select! {
            result = work => result.map_err(Into::into),
            () = self.token.cancelled() => {
                note("\ninterrupted");
                Err(Ended::Interrupted)
            }
        }
    }

    /// Runs work that changes something: it sees the token itself, and ends what it has begun.
    pub(super) async fn finish<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            result = &mut work => result,
            () = self.token.cancelled() => {
                note("stopping: nothing new is begun, calls in flight end first (again: stop at once)");
                work.await
            }
        }
    }
}

/// The sign that asks this process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// A person, with Ctrl-C.
    Interrupt,
    /// A program, or a terminal that is gone.
    #[cfg(unix)]
    Terminate,
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

    async fn next(&mut self) -> Sign {
        tokio::select! {
            _ = self.interrupt.recv() => Sign::Interrupt,
            _ = self.terminate.recv() => Sign::Terminate,
            _ = self.hang_up.recv() => Sign::Terminate,
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

    async fn next(&mut self) -> Sign {
        // Without a handler there is nothing to wait for, and the system's own ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Sign::Interrupt
    }
}
