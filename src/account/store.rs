//! The place of the account: a file that several processes share, or memory.
//!
//! The file is a journal. The first line says of which form it is; then comes a line for each object that was written
//! (its place, a tab, and the object; no object if it is gone), and after those of one visit a line that closes the
//! visit. Each visit appends what it changed, and reads what others have appended since; when the journal has grown to
//! a multiple of what it says, or a secret in it is gone, it is written anew. So a visit costs what it changes, and not
//! what the account holds.
//!
//! A kill in the middle of a visit leaves lines that nothing closes. The lock's file says where the last visit began to
//! write, so that these are told from a file that was cut off: that one is refused.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::account::{Account, Service};
use crate::blobs::{self, Blobs};
use crate::clock::Clock;
use crate::journal::{Closed, Head, Part, VERSION, broken, head, take_over, write_all};

/// The bytes of the end of what was read that are compared, to know that the file is still the same.
const END: usize = 64;
/// The growth at which a journal is written anew: as a multiple of its length then, and in bytes at least.
const GROWTH: (u64, u64) = (4, 1024 * 1024);

#[derive(Debug)]
pub(crate) struct Store {
    path: Option<PathBuf>,
    /// The place up to which the file was read or written; none if there was no file.
    place: Option<Place>,
    /// The length of the file when it was last written anew.
    base: u64,
    /// The last visit that is in the file.
    closed: Closed,
    saved: Saved,
}

/// A place in the file, and what stands before it.
#[derive(Clone, Debug)]
struct Place {
    length: u64,
    end: Vec<u8>,
}

/// The parts that are kept.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) clock: Clock,
    pub(crate) account: Account,
}

impl Store {
    pub(crate) fn in_memory(services: &'static [&'static Service]) -> Self {
        Self::fresh(Clock::standing(), services)
    }

    fn fresh(clock: Clock, services: &'static [&'static Service]) -> Self {
        let saved = Saved { clock, account: Account::fresh(services) };
        Self { path: None, place: None, base: 0, closed: Closed::default(), saved }
    }

    pub(crate) fn open(path: &Path, services: &'static [&'static Service]) -> io::Result<Self> {
        let mut store = Self { path: Some(path.to_owned()), ..Self::fresh(Clock::default(), services) };
        let mut lock = lock(path)?;
        store.load(path, &mut lock)?;
        Ok(store)
    }

    /// The same account in memory.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn copy(&self) -> Self {
        Self { saved: self.saved.clone(), ..Self::in_memory(self.saved.account.services()) }
    }

    /// The clock as this process last saw it.
    pub(crate) fn clock(&mut self) -> &mut Clock {
        &mut self.saved.clock
    }

    /// The account as this process last saw it.
    pub(crate) fn account(&self) -> &Account {
        &self.saved.account
    }

    /// Runs `change` on the present state while no other process can, and keeps what it changed.
    pub(crate) fn visit<R>(&mut self, change: impl FnOnce(&mut Saved) -> R) -> io::Result<R> {
        let Some(path) = self.path.clone() else {
            let result = change(&mut self.saved);
            self.saved.account.tables().for_each(|(_, _, table)| table.forget());
            return Ok(result);
        };
        let mut lock = lock(&path)?;
        self.load(&path, &mut lock)?;
        let result = change(&mut self.saved);
        if let Err(error) = self.save(&path, &mut lock) {
            // What was not saved did not happen: the next visit starts from the file.
            self.start_anew();
            return Err(about(&path, &error));
        }
        self.saved.account.blobs.sweep();
        Ok(result)
    }

    /// Reads the lines of the file that were not read yet.
    fn load(&mut self, path: &Path, lock: &mut File) -> io::Result<()> {
        let loaded = self.read_on(path, lock);
        if loaded.is_err() {
            self.start_anew();
        }
        loaded
    }

    fn read_on(&mut self, path: &Path, lock: &mut File) -> io::Result<()> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            // Removing the file is how a user asks for a fresh account.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.place.is_some() {
                    self.start_anew();
                }
                let folder = beside(path, ".objects");
                blobs::clear(&folder);
                self.saved.account.blobs = Blobs::folder(folder);
                return Ok(());
            }
            Err(error) => return Err(about(path, &error)),
        };
        let mut text = Vec::new();
        if let Some(place) = self.place.clone() {
            let known = place.end.len();
            let start = place.length - u64::try_from(known).unwrap_or(0);
            file.seek(SeekFrom::Start(start)).and_then(|_| file.read_to_end(&mut text)).map_err(|e| about(path, &e))?;
            if text.starts_with(&place.end) {
                return self.take_in(path, &text[known..], place.length, lock);
            }
            // Somebody has written it anew, or it is another account's.
            self.start_anew();
            text.clear();
            file.rewind().map_err(|error| about(path, &error))?;
        }
        file.read_to_end(&mut text).map_err(|error| about(path, &error))?;
        let head = head(path, &text)?;
        let mut account = Account::fresh(self.saved.account.services());
        account.blobs = Blobs::folder(beside(path, ".objects"));
        account.quirks = std::mem::take(&mut self.saved.account.quirks);
        self.saved.account = account;
        let length = u64::try_from(head).unwrap_or(u64::MAX);
        self.base = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.take_in(path, &text[head..], length, lock)
    }

    /// Takes in lines that stand at `start` of the file.
    fn take_in(&mut self, path: &Path, text: &[u8], start: u64, lock: &mut File) -> io::Result<()> {
        if text.is_empty() && self.place.is_some() {
            return Ok(());
        }
        let mut end = 0;
        let mut at = 0;
        let mut open = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            at += line.len();
            let line = std::str::from_utf8(line).map_err(|error| broken(path, &error))?.trim_end();
            if !line.starts_with('{') {
                open.push(line);
                continue;
            }
            let closed: Closed = serde_json::from_str(line).map_err(|error| broken(path, &error))?;
            for line in open.drain(..) {
                take_over(&mut self.saved.account, line).map_err(|error| broken(path, &error))?;
            }
            self.close(closed);
            end = at;
        }
        let length = start + u64::try_from(end).unwrap_or(0);
        if end < text.len() || end == 0 {
            if begun(lock) != Some(length) || end == 0 && self.place.is_none() {
                return Err(broken(path, &"it ends in the middle of a visit"));
            }
            // Who wrote this was killed, and nobody was told that it happened.
            File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_len(length))
                .map_err(|e| about(path, &e))?;
        }
        if end > 0 {
            self.place = Some(Place { length, end: text[..end][end.saturating_sub(END)..].to_vec() });
        }
        self.saved.account.remember();
        self.saved.account.tables().for_each(|(_, _, table)| table.forget());
        Ok(())
    }

    fn close(&mut self, closed: Closed) {
        let account = &mut self.saved.account;
        account.id.clone_from(&closed.account);
        account.ids.set(closed.ids);
        account.settled = closed.settled;
        self.saved.clock.set(closed.ahead);
        self.closed = closed;
    }

    /// Writes what the visit changed.
    fn save(&mut self, path: &Path, lock: &mut File) -> io::Result<()> {
        let mut text = String::new();
        let is_stale = write_all(&mut self.saved.account, &mut text, Part::Changes)?;
        let account = &self.saved.account;
        let mut closed = Closed {
            account: account.id.clone(),
            ids: account.ids.get(),
            ahead: self.saved.clock.ahead(),
            ..self.closed.clone()
        };
        if text.is_empty() && closed == self.closed && self.place.is_some() {
            return Ok(());
        }
        closed.visit += 1;
        closed.settled = account.settled;
        let closing = serde_json::to_string(&closed)? + "\n";
        let (times, least) = GROWTH;
        let length = self.place.as_ref().map(|place| place.length);
        match length.filter(|length| !is_stale && *length < self.base * times + least) {
            Some(length) => {
                text += &closing;
                note_begin(lock, length)?;
                File::options().append(true).open(path)?.write_all(text.as_bytes())?;
                self.put_place(length, &text);
            }
            None => {
                let mut text = serde_json::to_string(&Head { version: VERSION })? + "\n";
                write_all(&mut self.saved.account, &mut text, Part::All)?;
                text += &closing;
                // A kill must never leave half a file.
                let half = beside(path, ".tmp");
                fs::write(&half, &text).and_then(|()| fs::rename(&half, path))?;
                self.put_place(0, &text);
                self.base = u64::try_from(text.len()).unwrap_or(u64::MAX);
            }
        }
        self.closed = closed;
        Ok(())
    }

    fn put_place(&mut self, start: u64, text: &str) {
        let length = start + u64::try_from(text.len()).unwrap_or(0);
        self.place = Some(Place { length, end: text.as_bytes()[text.len().saturating_sub(END)..].to_vec() });
    }

    /// Forgets all but what is this process's own.
    fn start_anew(&mut self) {
        let mut fresh = Self::fresh(Clock::default(), self.saved.account.services());
        fresh.path = self.path.take();
        fresh.saved.clock.follow(&self.saved.clock);
        fresh.saved.account.quirks = std::mem::take(&mut self.saved.account.quirks);
        *self = fresh;
    }
}

/// Locks a file of its own, because the account's file is replaced now and then. Dropping the lock unlocks.
fn lock(path: &Path) -> io::Result<File> {
    let path = beside(path, ".lock");
    let mut options = File::options();
    let file = options.create(true).truncate(false).read(true).write(true).open(&path).map_err(|e| about(&path, &e))?;
    file.lock().map_err(|error| about(&path, &error))?;
    Ok(file)
}

/// Notes in the lock's file that a visit begins to write at `length`.
fn note_begin(lock: &mut File, length: u64) -> io::Result<()> {
    lock.rewind()?;
    lock.write_all(format!("{length:020}").as_bytes())
}

/// The place at which the last visit began to write, if any did.
fn begun(lock: &mut File) -> Option<u64> {
    let mut text = String::new();
    lock.rewind().and_then(|()| lock.read_to_string(&mut text)).ok()?;
    text.parse().ok()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
