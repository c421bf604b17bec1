//! The contents of objects, apart from all else, so that a large one costs only the calls that are about it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files;

/// The name of a content that isn't whole yet.
const HALF: &str = "half";

/// Contents by id.
#[derive(Clone, Debug)]
pub(crate) enum Blobs {
    /// Contents in memory.
    Memory(BTreeMap<String, Arc<[u8]>>),
    /// Contents in a file each.
    Folder {
        /// The folder of the files.
        path: PathBuf,
        /// The ids of contents that go once it is written down that nothing holds them.
        doomed: Vec<String>,
    },
}

impl Default for Blobs {
    fn default() -> Self {
        Self::Memory(BTreeMap::new())
    }
}

impl Blobs {
    /// Files in the folder at `path`.
    pub(crate) fn folder(path: PathBuf) -> Self {
        Self::Folder { path, doomed: Vec::new() }
    }

    /// Keeps a content under an id that no other has.
    pub(crate) fn put(&mut self, id: &str, content: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(blobs) => drop(blobs.insert(id.to_owned(), content.into())),
            Self::Folder { path, .. } => {
                files::make_folder(path)?;
                files::replace(&path.join(HALF), &path.join(id), content)?;
            }
        }
        Ok(())
    }

    /// A range of the content that was put under the id.
    pub(crate) fn get(&self, id: &str, range: Range<usize>) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(blobs) => {
                let blob = blobs.get(id).and_then(|blob| blob.get(range));
                blob.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            Self::Folder { path, .. } => {
                let mut file = files::open(&path.join(id))?;
                file.seek(SeekFrom::Start(u64::try_from(range.start).unwrap_or(u64::MAX)))?;
                let mut content = Vec::new();
                file.take(u64::try_from(range.len()).unwrap_or(u64::MAX)).read_to_end(&mut content)?;
                if content.len() == range.len() { Ok(content) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
        }
    }

    /// Takes a content away, once what the visit did is written down.
    pub(crate) fn doom(&mut self, id: &str) {
        match self {
            Self::Memory(blobs) => drop(blobs.remove(id)),
            Self::Folder { doomed, .. } => doomed.push(id.to_owned()),
        }
    }

    /// Takes away the doomed contents. A file that stays takes room and nothing else.
    pub(crate) fn sweep(&mut self) {
        if let Self::Folder { path, doomed } = self {
            doomed.drain(..).for_each(|id| drop(fs::remove_file(path.join(id))));
        }
    }
}

/// Takes away the contents in a folder of an earlier account, and nothing else that somebody may have put there.
pub(crate) fn clear(path: &Path) {
    let is_content = |name: &str| name == HALF || name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !files::is_folder(path) {
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_content) {
            drop(fs::remove_file(entry.path()));
        }
    }
    drop(fs::remove_dir(path));
}
