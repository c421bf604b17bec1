//! A running `docker`, which ends with its value, and its words.

use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The time between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(20);
/// The time that is waited for its last words once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The time that it may take to end once it is told to.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(2);

/// A running Docker with all that it has started: plugins, which do its work, are processes of their own.
pub(super) struct Running {
    child: Child,
    has_ended: bool,
}

impl Running {
    /// Starts `command`. Its lines on stderr come one by one; all else that it writes is nobody's.
    ///
    /// # Errors
    /// If it can't be started.
    pub(super) fn start(mut command: Command) -> io::Result<(Self, UnboundedReceiver<String>)> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let stderr = child.stderr.take().expect("it was asked for");
        let running = Self { child, has_ended: false };
        Ok((running, lines(stderr)))
    }

    /// Waits for the end, while `reading` takes the lines. A process that is left behind may keep the output open, so
    /// that the rest is waited for a moment only.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub(super) async fn ended(&mut self, reading: impl Future<Output = ()>) -> io::Result<ExitStatus> {
        tokio::pin!(reading);
        tokio::select! {
            biased;
            () = &mut reading => self.wait().await,
            status = self.wait() => {
                let _ = tokio::time::timeout(LAST_WORDS, &mut reading).await;
                status
            }
        }
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.has_ended = true;
                return Ok(status);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks the whole group to end, and ends what is left of it a moment later.
    #[cfg(unix)]
    fn stop(&mut self) {
        use std::time::Instant;

        use rustix::process::{Pid, Signal, kill_process_group};

        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // A group that is gone needs no signal.
        let signal = |signal| group.map(|group| kill_process_group(group, signal));
        let _ = signal(Signal::TERM);
        let asked = Instant::now();
        // Its number is nobody else's as long as it isn't waited for.
        while self.is_running() && asked.elapsed() < GRACE {
            thread::sleep(LOOK);
        }
        let _ = signal(Signal::KILL);
    }

    #[cfg(unix)]
    fn is_running(&mut self) -> bool {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        id.is_some_and(|id| matches!(waitid(WaitId::Pid(id), options), Ok(None)))
    }

    #[cfg(not(unix))]
    fn stop(&mut self) {
        // One that has ended already is no problem.
        let _ = self.child.kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            self.stop();
            let _ = self.child.wait();
        }
    }
}

fn lines(stderr: ChildStderr) -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(stderr);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim().replace('\t', "  ");
            line.clear();
            // If nobody listens any more, Docker is being stopped.
            if !text.is_empty() && sender.send(text).is_err() {
                break;
            }
        }
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn it_says_lines_and_ends() {
        let script = "printf 'one\\n\\n\\ttwo\\n' >&2; echo three; exit 7";
        let (mut running, mut lines) = Running::start(shell(script)).unwrap();
        assert_eq!(lines.recv().await.as_deref(), Some("one"));
        assert_eq!(lines.recv().await.as_deref(), Some("two"));
        assert_eq!(lines.recv().await, None);
        assert_eq!(running.ended(async {}).await.unwrap().code(), Some(7));
    }

    #[tokio::test]
    async fn all_that_it_has_started_ends_with_it() {
        // Both hold the pipe, and the first doesn't hear what it is asked.
        let script = "trap '' TERM; sleep 1000 & echo begun >&2; while :; do sleep 1000; done";
        let (running, mut lines) = Running::start(shell(script)).unwrap();
        assert_eq!(lines.recv().await.as_deref(), Some("begun"));
        let begun = Instant::now();
        drop(running);
        assert!(begun.elapsed() < GRACE * 3);
        assert_eq!(lines.recv().await, None);
    }

    #[tokio::test]
    async fn what_it_leaves_behind_keeps_nobody_waiting() {
        let script = "sleep 60 & echo first >&2; exit 3";
        let (mut running, mut lines) = Running::start(shell(script)).unwrap();
        let mut said = Vec::new();
        let reading = async {
            while let Some(line) = lines.recv().await {
                said.push(line);
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), running.ended(reading));
        assert_eq!(ended.await.unwrap().unwrap().code(), Some(3));
        assert_eq!(said, ["first"]);
    }
}
