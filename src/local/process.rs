//! A process with all that it starts, and what they write.
//!
//! Each stands in a group of its own, whose first is a guard: a shell that waits at a pipe from here, and ends the whole group
//! once nobody holds the other end any more. So nothing goes on without labform, however that ends.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Local;

/// The bytes of the pieces in which Docker hands a longer line to the log driver.
const LINE: u64 = 16 * 1024;
/// The number of lines that wait to be taken; then the process waits, too.
const WAITING: usize = 8192;
/// The most lines that are taken at once.
pub(super) const AT_ONCE: usize = 4096;
/// The time that is waited for the last words of a process that has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The pause between two looks for last words.
const MOMENT: Duration = Duration::from_millis(10);
/// What the guard of a group does. It outlives what the group is asked for: one who doesn't listen has time until SIGKILL.
const GUARD: &str = "trap '' HUP INT TERM; read -r _; kill -KILL 0";

/// The groups that this process has started and still follows.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Ends all groups of processes, for when this process ends at once.
pub fn end_all() {
    let groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    groups.iter().for_each(|id| send(*id, Signal::KILL));
}

/// A process in a group of its own.
pub(super) struct Process {
    group: Group,
    child: Child,
    lines: Receiver<String>,
}

/// A group of processes, by its guard. Its id is nobody else's as long as the guard isn't waited for.
struct Group(Child);

impl Process {
    /// Starts the program with this environment and no other.
    ///
    /// # Errors
    /// If the program or the folder isn't there, or may not be used.
    pub(super) fn start(local: &Local, environment: &BTreeMap<OsString, OsString>) -> io::Result<Self> {
        let (program, arguments) = local.command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let group = Group::start()?;
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(&local.directory)
            .env_clear()
            .envs(environment)
            .process_group(i32::try_from(group.0.id()).map_err(io::Error::other)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, lines) = sync_channel(WAITING);
        if let Some(pipe) = child.stdout.take() {
            read_apart(pipe, sender.clone());
        }
        if let Some(pipe) = child.stderr.take() {
            read_apart(pipe, sender);
        }
        Ok(Self { group, child, lines })
    }

    /// The lines that have come in.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.try_iter().take(AT_ONCE).collect()
    }

    /// The exit code, once the process has ended: 128 and the signal if one ended it, as a container's.
    ///
    /// # Errors
    /// If the system doesn't tell.
    pub(super) fn exit_code(&mut self) -> io::Result<Option<i64>> {
        Ok(self.child.try_wait()?.map(code))
    }

    /// Asks the whole group to end.
    pub(super) fn terminate(&self) {
        send(self.group.0.id(), Signal::TERM);
    }

    /// Ends the whole group: all that is left of it ends with its process, as in a container.
    pub(super) fn kill(&self) {
        send(self.group.0.id(), Signal::KILL);
    }

    /// The id of the process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines that were still on their way when the process ended.
    pub(super) async fn last_lines(&self) -> Vec<String> {
        let until = Instant::now() + LAST_WORDS;
        let mut lines = Vec::new();
        // The wait ends early if all writers are gone; one that has left the group may be there still.
        while Instant::now() < until {
            match self.lines.try_recv() {
                Ok(line) => lines.push(line),
                Err(TryRecvError::Empty) => tokio::time::sleep(MOMENT).await,
                Err(TryRecvError::Disconnected) => break,
            }
        }
        lines
    }
}

impl Group {
    fn start() -> io::Result<Self> {
        let guard = Command::new("/bin/sh")
            .args(["-c", GUARD])
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).insert(guard.id());
        Ok(Self(guard))
    }
}

fn send(group: u32, signal: Signal) {
    let id = i32::try_from(group).ok().and_then(Pid::from_raw);
    if let Some(id) = id {
        // A group that is gone needs no signal.
        let _ = kill_process_group(id, signal);
    }
}

impl Drop for Group {
    /// Ends the group, because nothing goes on if nobody follows it any more.
    fn drop(&mut self) {
        send(self.0.id(), Signal::KILL);
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0.id());
        // It ends at once, and its id may be another's from then on.
        let _ = self.0.wait();
    }
}

fn code(status: ExitStatus) -> i64 {
    status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1).into()
}

fn read_apart(pipe: impl Read + Send + 'static, to: SyncSender<String>) {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        loop {
            line.clear();
            match pipe.by_ref().take(LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches('\n');
            // The log driver passes over empty lines.
            if !text.is_empty() && to.send(text.to_owned()).is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Process {
        let local =
            Local { command: ["sh", "-c", script].map(str::to_owned).to_vec(), directory: std::env::temp_dir() };
        let path = std::env::var_os("PATH").map(|path| ("PATH".into(), path));
        Process::start(&local, &path.into_iter().collect()).unwrap()
    }

    fn wait(process: &mut Process) -> i64 {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if let Some(code) = process.exit_code().unwrap() {
                return code;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it is still running");
    }

    #[tokio::test]
    async fn its_lines_and_its_code_are_those_of_a_container() {
        let mut process = start("echo one; echo; echo two >&2; printf three; exit 7");
        assert_eq!(wait(&mut process), 7);
        let mut lines = process.last_lines().await;
        lines.sort();
        assert_eq!(lines, ["one", "three", "two"]);
        assert_eq!(wait(&mut start("kill -9 $$")), 137);
        let mut long = start("head -c 40000 /dev/zero | tr '\\0' x");
        wait(&mut long);
        let lengths: Vec<usize> = long.last_lines().await.iter().map(String::len).collect();
        assert_eq!(lengths, [16384, 16384, 7232]);
    }

    #[tokio::test]
    async fn the_whole_group_ends() {
        let mut process = start("sleep 1000 & echo $!; wait");
        let until = Instant::now() + Duration::from_secs(20);
        let mut lines = Vec::new();
        while lines.is_empty() && Instant::now() < until {
            lines = process.lines();
        }
        process.terminate();
        assert_eq!(wait(&mut process), 143);
        process.kill();
        // The one in the background held the pipe, too.
        let begun = Instant::now();
        assert!(process.last_lines().await.is_empty());
        assert!(begun.elapsed() < LAST_WORDS, "{lines:?} is still there");
    }

    #[test]
    fn the_group_ends_with_whoever_holds_its_guard() {
        let mut process = start("trap '' TERM; echo up; while :; do sleep 0.1; done");
        while process.lines().is_empty() {
            assert_eq!(process.exit_code().unwrap(), None);
            thread::sleep(MOMENT);
        }
        process.terminate();
        thread::sleep(Duration::from_millis(300));
        assert_eq!(process.exit_code().unwrap(), None, "it doesn't listen");
        // As the system does if labform is killed.
        drop(process.group.0.stdin.take());
        assert_eq!(wait(&mut process), 137);
    }

    #[tokio::test]
    async fn others_go_on_while_last_words_are_waited_for() {
        // What left the group still holds the pipe.
        let (_writer, lines) = sync_channel(1);
        let process = Process { lines, ..start("exit 0") };
        let begun = Instant::now();
        let other = async {
            tokio::time::sleep(MOMENT).await;
            begun.elapsed()
        };
        let (_, other) = tokio::join!(process.last_lines(), other);
        assert!(other < LAST_WORDS / 2 && begun.elapsed() >= LAST_WORDS, "{other:?}");
    }
}
