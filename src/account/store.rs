//! Where the account is kept: one JSON file that several processes share, or memory. It knows nothing of AWS.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::account::{Account, Service, Written};
use super::clock::Clock;

/// The form of the file. A file of another form is refused, not guessed at.
const VERSION: u32 = 3;

#[derive(Debug)]
pub(super) struct Store {
    path: Option<PathBuf>,
    /// What the file held when it was last read or written; none where there was no file.
    text: Option<Vec<u8>>,
    saved: Saved,
}

/// What the file holds.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) clock: Clock,
    pub(super) account: Account,
}

/// The same in the form of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u32,
    clock: Clock,
    account: Written,
}

impl Saved {
    fn fresh(services: &'static [&'static Service]) -> Self {
        Self { clock: Clock::default(), account: Account::fresh(services) }
    }
}

impl Store {
    pub(super) fn in_memory(services: &'static [&'static Service]) -> Self {
        Self { path: None, text: None, saved: Saved::fresh(services) }
    }

    pub(super) fn open(path: &Path, services: &'static [&'static Service]) -> io::Result<Self> {
        let mut store = Self { path: Some(path.to_owned()), ..Self::in_memory(services) };
        let _lock = lock(path)?;
        store.load(path)?;
        Ok(store)
    }

    /// The same account in memory.
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn copy(&self) -> Self {
        Self { saved: self.saved.clone(), ..Self::in_memory(self.saved.account.services()) }
    }

    /// The clock as this process last saw it.
    pub(super) fn clock(&mut self) -> &mut Clock {
        &mut self.saved.clock
    }

    /// The account as this process last saw it.
    pub(super) fn account(&self) -> &Account {
        &self.saved.account
    }

    /// Runs `change` on the present state while no other process can, and keeps what it changed.
    pub(super) fn visit<R>(&mut self, change: impl FnOnce(&mut Saved) -> R) -> io::Result<R> {
        let Some(path) = self.path.clone() else {
            return Ok(change(&mut self.saved));
        };
        let _lock = lock(&path)?;
        self.load(&path)?;
        let result = change(&mut self.saved);
        self.save(&path)?;
        Ok(result)
    }

    fn load(&mut self, path: &Path) -> io::Result<()> {
        let text = match fs::read(path) {
            Ok(text) => Some(text),
            // Removing the file is how a user asks for a fresh account.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(about(path, &error)),
        };
        if text == self.text {
            return Ok(());
        }
        let mut saved = match &text {
            Some(text) => parse(path, text, self.saved.account.services())?,
            None => Saved::fresh(self.saved.account.services()),
        };
        saved.clock.follow(&self.saved.clock);
        saved.account.quirks = std::mem::take(&mut self.saved.account.quirks);
        self.saved = saved;
        self.text = text;
        Ok(())
    }

    fn save(&mut self, path: &Path) -> io::Result<()> {
        let form = Form { version: VERSION, clock: self.saved.clock.clone(), account: self.saved.account.write()? };
        let text = Some(serde_json::to_vec(&form)?);
        if text == self.text {
            return Ok(());
        }
        // A kill must never leave half a file.
        let half = beside(path, ".tmp");
        let written = fs::write(&half, text.as_deref().unwrap_or_default()).and_then(|()| fs::rename(&half, path));
        if let Err(error) = written {
            // What was not saved did not happen: the next visit starts from the file.
            *self = Self { path: self.path.take(), ..Self::in_memory(self.saved.account.services()) };
            return Err(about(path, &error));
        }
        self.text = text;
        Ok(())
    }
}

fn parse(path: &Path, text: &[u8], services: &'static [&'static Service]) -> io::Result<Saved> {
    let broken = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
    let read = serde_json::from_slice(text)
        .and_then(|form: Form| Ok(Saved { clock: form.clock, account: Account::read(services, form.account)? }));
    read.map_err(|error| match version(text) {
        Some(version) if version != VERSION => broken(format!("a sandbox account of version {version}, not {VERSION}")),
        _ => broken(format!("not a sandbox account: {error}")),
    })
}

/// The version that a file of any form says it is of.
fn version(text: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Any {
        version: u32,
    }
    let form: Any = serde_json::from_slice(text).ok()?;
    Some(form.version)
}

/// The lock is a file of its own, because the state's file is replaced by each write. Dropping it unlocks.
fn lock(path: &Path) -> io::Result<File> {
    let path = beside(path, ".lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| about(&path, &error))?;
    file.lock().map_err(|error| about(&path, &error))?;
    Ok(file)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
