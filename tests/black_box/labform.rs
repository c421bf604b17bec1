//! Runs the built command in a home of its own.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The longest that a command may take before the test says that it hangs.
const DEADLINE: Duration = Duration::from_secs(180);

/// A person's folder: the lab's files, a home, and the state that labform may keep.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().expect("the system has a temporary folder"))
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file of it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("the folder can be written");
    }

    /// Takes a copy of what another folder holds, to the place `below`.
    pub(crate) fn take_to(&self, below: &str, from: &Path) {
        let to = self.path().join(below);
        fs::create_dir_all(&to).and_then(|()| copy(from, &to)).expect("the folder can be copied");
    }

    /// Runs `labform ARGS` in it, without a terminal, and waits for its end.
    ///
    /// # Panics
    /// Where the command is still running after the deadline.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        watch(self.command(args), &mut || None)
    }

    /// `labform ARGS` in it, without a terminal, for `watch`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labform"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .envs(credentials())
            .env("HOME", self.path().join("home"))
            .env("XDG_STATE_HOME", self.path().join("home/state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir(&to)?;
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to)?;
        }
    }
    Ok(())
}

/// What is sent to a command that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Int,
    /// What `kill` sends, and a machine that shuts down.
    Term,
    /// The terminal is gone.
    Hup,
    /// No program hears it.
    Kill,
}

/// Starts a command, sends it what `signal` says, asked again and again, and waits for its end.
///
/// # Panics
/// Where the command is still running after the deadline.
pub(crate) fn watch(command: Command, signal: &mut dyn FnMut() -> Option<Signal>) -> Run {
    watch_for(command, DEADLINE, signal)
}

/// Does what [`watch`] does, for a command that may take so long.
///
/// # Panics
/// Where the command is still running after the deadline.
pub(crate) fn watch_for(mut command: Command, deadline: Duration, signal: &mut dyn FnMut() -> Option<Signal>) -> Run {
    let started = Instant::now();
    let mut child = command.spawn().expect("the built command starts");
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let (mut peak, mut busy, mut hangs) = (None, Duration::ZERO, false);
    let status = loop {
        peak = peak_kib(&child).or(peak);
        busy = busy.max(processor_time(child.id()));
        if let Some(status) = child.try_wait().expect("the child is ours") {
            break status;
        }
        match signal() {
            Some(Signal::Kill) => child.kill().expect("the child is ours"),
            Some(signal) => send(&child, signal),
            None => {}
        }
        if started.elapsed() > deadline {
            hangs = true;
            child.kill().expect("the child is ours");
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |pipe: Option<JoinHandle<String>>| {
        pipe.map_or_else(String::new, |pipe| pipe.join().expect("a reader doesn't panic"))
    };
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    let run = Run {
        command: format!("labform {}", words.join(" ")),
        code: status.code(),
        took: started.elapsed(),
        stdout: text(stdout),
        stderr: text(stderr),
        peak_kib: peak,
        busy,
    };
    assert!(!hangs, "still running after {deadline:?}: {run}");
    run
}

/// What a command did.
pub(crate) struct Run {
    /// What was typed.
    pub(crate) command: String,
    /// The exit code, unless a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote for other programs.
    pub(crate) stdout: String,
    /// What it wrote for people.
    pub(crate) stderr: String,
    /// From start to end, seen from outside.
    pub(crate) took: Duration,
    /// The most memory that it held, where the system tells.
    pub(crate) peak_kib: Option<u64>,
    /// For how long processors worked for it; nothing where the system doesn't tell.
    pub(crate) busy: Duration,
}

impl Run {
    /// Itself, having ended with `code`.
    ///
    /// # Panics
    /// Where it ended otherwise, with all that it said.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Itself, having said `words` on standard output.
    ///
    /// # Panics
    /// Where it didn't, with all that it said.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "not said: {words}: {self}");
        self
    }

    /// The headings of the plan that it printed, as in `service.web will be created`, in the order of the addresses.
    pub(crate) fn changes(&self) -> Vec<String> {
        let lines = self.stdout.lines().filter_map(|line| line.strip_prefix("  # "));
        let mut changes: Vec<String> = lines.filter(|line| !line.starts_with('(')).map(String::from).collect();
        changes.sort();
        changes
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        write!(f, "{}\n--- stderr\n{}\n--- ", self.stdout, self.stderr)?;
        write!(f, "exit {:?} after {:?}", self.code, self.took)
    }
}

/// Keys that every account takes, and no file of the person who runs the tests.
pub(crate) fn credentials() -> [(&'static str, &'static str); 5] {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}

/// The standard library only knows SIGKILL.
fn send(child: &Child, signal: Signal) {
    let name = match signal {
        Signal::Int => "INT",
        Signal::Term => "TERM",
        Signal::Hup => "HUP",
        Signal::Kill => "KILL",
    };
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", child.id())).status();
    assert!(status.is_ok_and(|status| status.success()), "the child takes signals");
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has given what it had.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The high-water mark of a child that is still running. It only grows, so the last sample before the end stands for
/// all of it.
fn peak_kib(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// For how long processors have worked for a process that is still running; nothing where the system doesn't tell.
pub(crate) fn processor_time(id: u32) -> Duration {
    // Of Linux, on every machine ("proc_pid_stat(5)": the 14th and the 15th field, in clock ticks).
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The second field is the program's name, which may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).map(|ticks| TICK * ticks).sum()
}

#[cfg(test)]
mod tests {
    use crate::account::Account;
    use crate::lab8;

    #[test]
    fn a_run_is_measured() {
        let account = Account::embedded("eu-west-1");
        account.folder.write("lab.yaml", lab8::FILE);
        let run = account.labform(&["plan"]).exits(0);
        assert!(run.took.as_millis() > 1);
        assert!(run.busy <= run.took * 16, "{run}");
        if cfg!(target_os = "linux") {
            assert!(run.peak_kib.is_some_and(|peak| peak > 10_000) && !run.busy.is_zero(), "{run}");
        }
    }
}
