//! Files as the account keeps them: regular ones, which nobody but their owner reads.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The most bytes of an account's file: no lab comes near.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// The path of the file itself, if `path` is a link to it, so that a link stays one.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => fs::canonicalize(path)
            .map_err(|error| io::Error::new(error.kind(), "it is a symbolic link that leads to no file")),
        _ => Ok(path.to_owned()),
    }
}

/// Opens a file for reading. A device or a pipe is refused before it can keep its reader waiting, and a file without end
/// before it fills the memory.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    if found.len() > LARGEST {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is too large for an account (over 1 GiB)"));
    }
    File::open(path)
}

/// Reads the rest of a file that [`open`] opened.
pub(crate) fn read(file: &mut File, text: &mut Vec<u8>) -> io::Result<()> {
    file.take(LARGEST).read_to_end(text).map(drop)
}

/// Writes a new file in the place of the one at `path`, which the new one is moved to as a whole: a kill never leaves
/// half a file. What stands at `half` is taken away before and never followed, whatever it leads to.
pub(crate) fn replace(half: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(half) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private().create_new(true).open(half)?.write_all(content)?;
    fs::rename(half, path)
}

/// Opens a file beside the account's, which is made if there is none.
pub(crate) fn beside(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    private().create(true).truncate(false).read(true).open(path)
}

/// Makes a folder that only its owner looks into.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_folder(path) => Ok(()),
        made => made,
    }
}

/// Returns whether a folder is at `path`, and no link to one.
pub(crate) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Options for a file that is written, and that only its owner reads.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
