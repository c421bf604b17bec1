//! The contents of objects, apart from all else, so that a large one costs only the calls that are about it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

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
                fs::create_dir_all(&path)?;
                // Half a file is never taken for a whole one.
                let half = path.join("half");
                fs::write(&half, content)?;
                fs::rename(&half, path.join(id))?;
            }
        }
        Ok(())
    }

    /// The content that was put under the id.
    pub(crate) fn get(&self, id: &str) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(blobs) => {
                blobs.get(id).map(|blob| blob.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            Self::Folder { path, .. } => fs::read(path.join(id)),
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

/// Takes away the contents in a folder of an earlier account.
pub(crate) fn clear(path: &Path) {
    drop(fs::remove_dir_all(path));
}
