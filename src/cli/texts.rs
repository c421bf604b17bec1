//! The texts of a lab's files, each as it was when it was first read.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::files::{MAX_BYTES, inside, read};

/// The texts of a lab's files, each as it was when it was first read: the students of a class get one lab, although it is
/// built anew for each.
#[derive(Debug, Default)]
pub(super) struct Texts(Mutex<BTreeMap<PathBuf, String>>);

impl Texts {
    /// Reads a file, if it wasn't read before.
    ///
    /// # Errors
    /// If it can't be read.
    pub(super) fn read(&self, file: &Path) -> io::Result<String> {
        let mut texts = self.0.lock().expect("nothing panics while it holds the lock");
        if let Some(text) = texts.get(file) {
            return Ok(text.clone());
        }
        let text = read(file, MAX_BYTES)?;
        texts.insert(file.to_owned(), text.clone());
        Ok(text)
    }

    /// Reads the file that `file:` names. A link may not lead out of the lab's folder: a lab that somebody else wrote must
    /// not show files of the one who runs it.
    ///
    /// # Errors
    /// If it can't be read, or is elsewhere.
    pub(super) fn include(&self, folder: &Path, path: &str) -> io::Result<String> {
        self.read(&inside(folder, path)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_edited_meanwhile_is_the_one_that_was_read() {
        let lab = tempfile::tempdir().unwrap();
        let (file, texts) = (lab.path().join("lab.yaml"), Texts::default());
        fs::write(&file, "lab: one").unwrap();
        assert_eq!(texts.read(&file).unwrap(), "lab: one");
        fs::write(&file, "lab: two").unwrap();
        assert_eq!(texts.read(&file).unwrap(), "lab: one");
    }

    #[test]
    fn a_file_outside_the_folder_is_not_read() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "secret").unwrap();
        let lab = tempfile::tempdir().unwrap();
        fs::write(lab.path().join("policy.json"), "{}").unwrap();
        let include = |folder: &Path, path: &str| Texts::default().include(folder, path);
        assert_eq!(include(lab.path(), "policy.json").unwrap(), "{}");
        assert_eq!(include(lab.path(), "none.json").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(include(lab.path(), ".").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.path().join("secret"), lab.path().join("link")).unwrap();
            std::os::unix::fs::symlink("policy.json", lab.path().join("inside")).unwrap();
            assert_eq!(include(lab.path(), "link").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
            assert_eq!(include(lab.path(), "inside").unwrap(), "{}");
        }
    }
}
