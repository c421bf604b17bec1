//! The lines of the account's file.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::account::Account;

/// The form of the file. A file of another form is refused, not guessed at.
pub(crate) const VERSION: u32 = 7;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) version: u32,
}

/// The line that closes a visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    pub(crate) visit: u64,
    pub(crate) account: String,
    pub(crate) ids: u64,
    pub(crate) settled: i64,
    pub(crate) ahead: i64,
    /// The checksum of this visit's lines, and of all before it.
    pub(crate) sum: u64,
}

impl Closed {
    /// Closes a visit of these lines after `before`, and appends the line that does.
    pub(crate) fn close(&mut self, before: &Self, lines: &mut String) -> serde_json::Result<()> {
        self.sum = self.sum_after(before, lines.as_bytes())?;
        *lines += &serde_json::to_string(self)?;
        lines.push('\n');
        Ok(())
    }

    /// Returns whether the visit is of these lines, and came after `before`.
    pub(crate) fn follows(&self, before: &Self, lines: &[u8]) -> bool {
        self.sum_after(before, lines).is_ok_and(|sum| sum == self.sum)
    }

    fn sum_after(&self, before: &Self, lines: &[u8]) -> serde_json::Result<u64> {
        let rest = serde_json::to_vec(&Self { sum: before.sum, ..self.clone() })?;
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        digest.update(lines);
        digest.update(&rest);
        Ok(digest.finalize())
    }
}

/// The place of an object: region, table and key.
type At<'a> = (Cow<'a, str>, Cow<'a, str>, Cow<'a, str>);

/// The part of an account that is written.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Changes,
    All,
}

/// Writes a line for each object, and returns whether what was written of them before has to go.
pub(crate) fn write_all(account: &mut Account, text: &mut String, part: Part) -> io::Result<bool> {
    let mut is_stale = false;
    for (region, name, table) in account.tables() {
        let mut write = |key: &str, object: Option<&str>| {
            let at = serde_json::json!([region, name, key]).to_string();
            text.push_str(&at);
            if let Some(object) = object {
                text.push('\t');
                text.push_str(object);
            }
            text.push('\n');
        };
        match part {
            Part::Changes => is_stale |= table.changes(&mut write)?,
            Part::All => table.all(&mut write)?,
        }
        table.forget();
    }
    Ok(is_stale)
}

/// Takes over the object of a line.
pub(crate) fn take_over(account: &mut Account, line: &str) -> serde_json::Result<()> {
    let (at, object) = line.split_once('\t').map_or((line, None), |(at, object)| (at, Some(object)));
    let (region, name, key): At<'_> = serde_json::from_str(at)?;
    let table = account.table(&region, &name);
    let unknown = || serde::de::Error::custom(format!("unknown table `{name}`"));
    table.ok_or_else(unknown)?.take_over(&key, object)
}

/// The length of the first line of a file, if it is of this form.
pub(crate) fn head(path: &Path, text: &[u8]) -> io::Result<usize> {
    let line = text.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    match serde_json::from_slice::<Head>(line) {
        Ok(Head { version: VERSION }) if line.ends_with(b"\n") => Ok(line.len()),
        Ok(Head { version }) if version != VERSION => {
            let why = format!("{}: a sandbox account of version {version}, not {VERSION}", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidData, why))
        }
        Ok(_) => Err(broken(path, &"it has one line")),
        Err(error) => Err(broken(path, &error)),
    }
}

/// The error of a file that is no account, and why.
pub(crate) fn broken(path: &Path, why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: not a sandbox account: {why}", path.display()))
}
