//! The lock of an account's file. It is on a file of its own, because the account's is replaced now and then. That file
//! says at which place the last visit began to write, and which process has the lock.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::files;

/// The digits in which a place is written.
const DIGITS: usize = 20;
/// The time for which somebody waits for the lock: a visit takes a second at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The time between two looks at the lock.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// The lock, which dropping unlocks.
#[derive(Debug)]
pub(crate) struct Lock(File);

/// The answer to whoever asks for the lock.
#[derive(Debug)]
pub(crate) enum Held {
    /// There is no file, and so no lock.
    Memory,
    Here(Lock),
    ByAnother,
}

/// A wait for the lock.
#[derive(Debug)]
pub(crate) struct Wait {
    begun: Instant,
    patience: Duration,
}

impl Lock {
    /// Takes the lock at `path`, unless another process has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let mut file = files::beside(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.seek(SeekFrom::Start(DIGITS as u64))?;
                file.write_all(format!(" {:>10}", std::process::id()).as_bytes())?;
                Ok(Some(Self(file)))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Notes that a visit begins to write at `length`.
    pub(crate) fn note_begin(&mut self, length: u64) -> io::Result<()> {
        self.0.rewind()?;
        self.0.write_all(format!("{length:0DIGITS$}").as_bytes())
    }

    /// The place at which the last visit began to write, if any did.
    pub(crate) fn begun(&mut self) -> Option<u64> {
        let mut text = [0; DIGITS];
        self.0.rewind().and_then(|()| self.0.read_exact(&mut text)).ok()?;
        std::str::from_utf8(&text).ok()?.parse().ok()
    }
}

impl Wait {
    /// A wait that begins now.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { begun: Instant::now(), patience }
    }

    /// Ends the wait for the lock at `path` once it has been too long, with the words of who has it.
    pub(crate) fn goes_on(&self, path: &Path) -> io::Result<()> {
        if self.begun.elapsed() < self.patience {
            return Ok(());
        }
        let seconds = self.patience.as_secs();
        let holder = match holder(path) {
            Some(process) => format!(
                "process {process} has been using the account for {seconds} s: if it is stopped, `kill -CONT {process}` \
                 lets it go on, and `kill -KILL {process}` ends it"
            ),
            None => format!("another process has been using the account for {seconds} s"),
        };
        Err(io::Error::new(io::ErrorKind::TimedOut, holder))
    }
}

/// The process that has the lock, or had it last, as it has written there.
pub(crate) fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    files::open(path).ok()?.take(64).read_to_string(&mut text).ok()?;
    text.get(DIGITS..)?.trim().parse().ok()
}
