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
mod changed;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::account::{Account, Service};
use crate::blobs::{self, Blobs};
use crate::clock::Clock;
use crate::files;
use crate::journal::{Closed, Head, Part, VERSION, broken, head, take_over, write_all};
use crate::lock::{Held, Lock, PAUSE, Wait};

/// The bytes of the end of what was read that are compared, to know that the file is still the same.
const END: usize = 64;
/// The end of the name of the lock's file.
pub(crate) const LOCK: &str = ".lock";
/// The growth at which a journal is written anew: as a multiple of its length then, and in bytes at least.
const GROWTH: (u64, u64) = (4, 1024 * 1024);

#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) path: Option<PathBuf>,
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

    /// The account in the file at `path`, which isn't read before the first visit; the account `id` if there is no file.
    pub(crate) fn at(path: &Path, id: &str, services: &'static [&'static Service]) -> io::Result<Self> {
        let path = files::resolve(path).map_err(|error| about(path, &error))?;
        let mut store = Self { path: Some(path), ..Self::fresh(Clock::default(), services) };
        id.clone_into(&mut store.saved.account.id);
        Ok(store)
    }

    /// The same account in memory.
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

    /// Takes the lock of the file if nobody has it; `Held::Memory` if there is no file.
    pub(crate) fn lock(&self) -> io::Result<Held> {
        let Some(path) = &self.path else {
            return Ok(Held::Memory);
        };
        // Before anything is made beside what is no account.
        match files::open(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(about(path, &error)),
            _ => {}
        }
        let lock = beside(path, LOCK);
        let taken = Lock::take(&lock).map_err(|error| about(&lock, &error))?;
        Ok(taken.map_or(Held::ByAnother, Held::Here))
    }

    /// Ends the wait for the lock once it has been too long.
    pub(crate) fn goes_on(&self, wait: &Wait) -> io::Result<()> {
        let path = self.path.as_deref().unwrap_or(Path::new(""));
        wait.goes_on(&beside(path, LOCK)).map_err(|error| about(path, &error))
    }

    /// Reads the file under a lock that was taken.
    pub(crate) fn load_held(&mut self, held: Held) -> io::Result<()> {
        match (self.path.clone(), held) {
            (Some(path), Held::Here(mut lock)) => self.load(&path, &mut lock),
            _ => Ok(()),
        }
    }

    /// Takes the lock, and waits for it if another process has it.
    pub(crate) fn wait(&self, patience: Duration) -> io::Result<Held> {
        let wait = Wait::new(patience);
        loop {
            match self.lock()? {
                Held::ByAnother => self.goes_on(&wait)?,
                held => return Ok(held),
            }
            thread::sleep(PAUSE);
        }
    }

    /// Runs `change` on the present state under a lock that was taken, and keeps what it changed.
    pub(crate) fn visit_held<R>(&mut self, held: Held, change: impl FnOnce(&mut Saved) -> R) -> io::Result<R> {
        let (Some(path), Held::Here(mut lock)) = (self.path.clone(), held) else {
            let result = change(&mut self.saved);
            self.saved.account.tables().for_each(|(_, _, table)| table.forget());
            return Ok(result);
        };
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
    fn load(&mut self, path: &Path, lock: &mut Lock) -> io::Result<()> {
        let loaded = self.read_on(path, lock);
        if loaded.is_err() {
            self.start_anew();
        }
        loaded
    }

    fn read_on(&mut self, path: &Path, lock: &mut Lock) -> io::Result<()> {
        let mut file = match files::open(path) {
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
            let read = file.seek(SeekFrom::Start(start)).and_then(|_| files::read(&mut file, &mut text));
            read.map_err(|error| about(path, &error))?;
            if text.starts_with(&place.end) {
                return self.take_in(path, &text[known..], place.length, lock);
            }
            // Somebody has written it anew, or it is another account's.
            self.start_anew();
            text.clear();
            file.rewind().map_err(|error| about(path, &error))?;
        }
        files::read(&mut file, &mut text).map_err(|error| about(path, &error))?;
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
    fn take_in(&mut self, path: &Path, text: &[u8], start: u64, lock: &mut Lock) -> io::Result<()> {
        if text.is_empty() && self.place.is_some() {
            return Ok(());
        }
        let mut end = 0;
        let mut at = 0;
        let mut open = Vec::new();
        for raw in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            at += raw.len();
            let line = std::str::from_utf8(raw).map_err(|error| broken(path, &error))?.trim_end();
            if !line.starts_with('{') {
                open.push(line);
                continue;
            }
            let closed: Closed = serde_json::from_str(line).map_err(|error| broken(path, &error))?;
            if !closed.follows(&self.closed, &text[end..at - raw.len()]) {
                return Err(broken(path, &format!("visit {} isn't as labform wrote it", closed.visit)));
            }
            for line in open.drain(..) {
                take_over(&mut self.saved.account, line).map_err(|error| broken(path, &error))?;
            }
            self.close(closed);
            end = at;
        }
        let length = start + u64::try_from(end).unwrap_or(0);
        if end < text.len() || end == 0 {
            if lock.begun() != Some(length) || end == 0 && self.place.is_none() {
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
    fn save(&mut self, path: &Path, lock: &mut Lock) -> io::Result<()> {
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
        let (times, least) = GROWTH;
        let length = self.place.as_ref().map(|place| place.length);
        match length.filter(|length| !is_stale && *length < self.base * times + least) {
            Some(length) => {
                closed.close(&self.closed, &mut text)?;
                lock.note_begin(length)?;
                File::options().append(true).open(path)?.write_all(text.as_bytes())?;
                self.put_place(length, &text);
            }
            None => {
                let mut text = String::new();
                write_all(&mut self.saved.account, &mut text, Part::All)?;
                // The first visit of a file follows none.
                closed.close(&Closed::default(), &mut text)?;
                let text = serde_json::to_string(&Head { version: VERSION })? + "\n" + &text;
                files::replace(&beside(path, ".tmp"), path, text.as_bytes())?;
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
        fresh.saved.account.id = std::mem::take(&mut self.saved.account.id);
        *self = fresh;
    }
}

/// The path of a file beside the account's.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
