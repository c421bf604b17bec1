//! Files: the lab, what it takes in, and what labform writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Globals;
use super::screen::Result;
use super::values::values;
use crate::error::Error;
use crate::spec::{Roster, Source, Values};

/// Whom a file of labform's own is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner alone: what isn't everybody's business may be in it.
    Owner,
    /// Whomever the user's umask lets read it.
    Others,
}

/// The most bytes that are read of one file of a lab.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;
/// The most bytes that are read of a saved plan, which holds every document of the lab.
pub(super) const MAX_PLAN: u64 = 64 * 1024 * 1024;

/// Reads a lab with the files that it takes in, and checks it whole.
///
/// # Errors
/// If a file can't be read, and all that is wrong with the lab.
pub(super) fn load(globals: &Globals) -> Result<Source> {
    load_with(globals, &values(globals))
}

/// Reads a lab as [`load`] does, with these values of its variables.
pub(super) fn load_with(globals: &Globals, values: &Values) -> Result<Source> {
    let file = globals.file.as_path();
    let shown = file.display().to_string();
    let text = globals.texts.read(file).map_err(|error| missing(&shown, &error))?;
    let folder = folder(file);
    Ok(Source::with(values, &shown, &text, &|path| globals.texts.include(&folder, path))?)
}

/// Reads the roster of a class.
pub(super) fn load_roster(file: &Path) -> Result<Roster> {
    let shown = file.display().to_string();
    let text = read(file, MAX_BYTES).map_err(|error| missing(&shown, &error))?;
    Ok(Roster::parse(&shown, &text)?)
}

/// The folder that the lab in `file` is in, by its whole path if the system tells.
pub(super) fn folder(file: &Path) -> PathBuf {
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// Checks that a file of the lab's folder can be sent. A link may not lead out of the folder: a lab that somebody else wrote
/// must not send files of the one who runs it.
///
/// # Errors
/// If the file can't be.
pub(super) fn check_sendable(folder: &Path, path: &str, limit: u64) -> io::Result<()> {
    let file = inside(folder, path)?;
    // What isn't a file may have no end, and a pipe is only opened once somebody writes to it.
    let found = fs::metadata(&file)?;
    if !found.is_file() {
        let words = "it isn't a file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
    }
    if found.len() > limit {
        let words = format!("it has more than {} GiB", limit >> 30);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    File::open(file).map(drop)
}

/// Checks that a file of the lab's folder can be made: that no link on the way leads out of the folder.
///
/// # Errors
/// If the file can't be.
pub(super) fn check_makeable(folder: &Path, path: &str) -> io::Result<()> {
    let mut parts = Path::new(path).ancestors().skip(1);
    let there = parts.find(|part| folder.join(part).exists()).unwrap_or_else(|| Path::new(""));
    if !folder.join(there).is_dir() {
        let words = format!("{} isn't a folder", there.display());
        return Err(io::Error::new(io::ErrorKind::NotADirectory, words));
    }
    if folder.join(path).is_dir() {
        let words = "it is a folder";
        return Err(io::Error::new(io::ErrorKind::IsADirectory, words));
    }
    inside(folder, &there.to_string_lossy()).map(drop)
}

/// Returns whether both are one file that is there, links followed.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

fn missing(file: &str, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::invalid(format!("{file}: there is no such file"))
            .hint("go to the lab's folder, name the lab with -f FILE, or begin one: `labform init`"),
        // What the system says begins with a capital letter, and what labform says doesn't.
        _ => Error::invalid(format!("{file}: {}", lower_first(&error.to_string()))),
    }
}

fn lower_first(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().into_iter().flat_map(char::to_lowercase).chain(signs).collect()
}

/// The path that `path` names below the folder, links followed.
pub(super) fn inside(folder: &Path, path: &str) -> io::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    let file = folder.join(path).canonicalize()?;
    if !file.starts_with(&folder) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it leads out of the lab's folder"));
    }
    Ok(file)
}

/// Reads a text of at most `limit` bytes; a thing that isn't a file may have no end.
pub(super) fn read(file: &Path, limit: u64) -> io::Result<String> {
    // A pipe is only opened once somebody writes to it, so that it is looked at before.
    let found = fs::metadata(file)?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    let length = File::open(file)?.take(limit + 1).read_to_end(&mut bytes)?;
    match u64::try_from(length) {
        Ok(length) if length <= limit => text_of(bytes),
        _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {} KiB", limit / 1024))),
    }
}

/// The text that the bytes of a file are, in UTF-8.
fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    let wrong = |words: String| io::Error::new(io::ErrorKind::InvalidData, words);
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let words = "it is written in UTF-16, as by `>` of Windows PowerShell: save it as UTF-8";
        return Err(wrong(words.to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let before = &bytes[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        wrong(format!(
            "line {line}, column {column}: this letter isn't written in UTF-8, perhaps in Latin-1: save the file as UTF-8"
        ))
    })
}

/// Writes a file that is new, or one that labform wrote before, as `is_own` says of its text: `what` by name.
///
/// # Errors
/// If the file can't be written, or is something else.
pub(super) fn save(
    file: &Path,
    bytes: &[u8],
    readers: Readers,
    is_own: impl Fn(&str) -> bool,
    what: &str,
) -> Result<()> {
    let failed = |error: io::Error| Error::failed(format!("{}: {error}", file.display()));
    let mut options = OpenOptions::new();
    options.write(true);
    match (fs::symlink_metadata(file), fs::metadata(file)) {
        // `create_new` follows no link, not even one that leads nowhere.
        (Err(_), _) => options.create_new(true),
        (Ok(_), Ok(found)) if found.is_file() && read(file, MAX_PLAN).is_ok_and(|text| is_own(&text)) => {
            options.truncate(true)
        }
        _ => return Err(not_ours(file, what).into()),
    };
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if readers == Readers::Owner { 0o600 } else { 0o666 });
    let mut opened = options.open(file).map_err(failed)?;
    // The mode above is for a new file; one that was there before keeps its own otherwise.
    #[cfg(unix)]
    if readers == Readers::Owner {
        opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    }
    Ok(opened.write_all(bytes).map_err(failed)?)
}

/// The refusal to write over a file that isn't `what` labform writes.
pub(super) fn not_ours(file: &Path, what: &str) -> Error {
    let message = format!("{} is there already, and isn't {what}", file.display());
    Error::refused(message).hint("name another file, or delete this one")
}

/// Makes the folder of a file of labform's own.
///
/// # Errors
/// If the folder can't be made.
pub(super) fn make_folder(file: &Path, readers: Readers) -> Result<()> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, if readers == Readers::Owner { 0o700 } else { 0o777 });
    let no_folder = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => "something is there that is no folder".to_owned(),
        _ => error.to_string(),
    };
    Ok(builder.create(folder).map_err(|error| Error::failed(format!("{}: {}", folder.display(), no_folder(error))))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_and_what_is_made_stay_in_the_folder() {
        let (lab, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = lab.path();
        fs::create_dir(folder.join("sub")).unwrap();
        fs::write(folder.join("cat.jpg"), "cat").unwrap();
        let kind = |result: io::Result<()>| result.map_err(|error| error.kind());
        let send = |path: &str| kind(check_sendable(folder, path, 1 << 30));
        let make = |path: &str| kind(check_makeable(folder, path));
        assert_eq!(send("cat.jpg"), Ok(()));
        assert_eq!(send("none.jpg"), Err(io::ErrorKind::NotFound));
        assert_eq!(send("sub"), Err(io::ErrorKind::InvalidInput));
        let empty = check_sendable(folder, "cat.jpg", 2).unwrap_err();
        assert_eq!(empty.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(make("result.json"), Ok(()));
        assert_eq!(make("sub/new/result.json"), Ok(()));
        assert_eq!(make("cat.jpg"), Ok(()));
        assert_eq!(make("sub"), Err(io::ErrorKind::IsADirectory));
        assert_eq!(make("cat.jpg/result.json"), Err(io::ErrorKind::NotADirectory));
        #[cfg(unix)]
        {
            let pipe = folder.join("pipe");
            let made = std::process::Command::new("mkfifo").arg(pipe).status();
            assert!(made.unwrap().success());
            assert_eq!(send("pipe"), Err(io::ErrorKind::InvalidInput));
            std::os::unix::fs::symlink(outside.path(), folder.join("link")).unwrap();
            fs::write(outside.path().join("secret"), "secret").unwrap();
            assert_eq!(send("link/secret"), Err(io::ErrorKind::PermissionDenied));
            assert_eq!(make("link/result.json"), Err(io::ErrorKind::PermissionDenied));
        }
    }

    #[test]
    fn only_text_in_utf_8_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.yaml");
        let told = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read(&path, MAX_BYTES).map_err(|error| error.to_string())
        };
        assert_eq!(told("lab: \u{e9}".as_bytes()), Ok("lab: \u{e9}".to_owned()));
        assert!(told(b"\xff\xfel\0a\0").unwrap_err().contains("UTF-16"));
        assert!(told(b"lab: a\n# caf\xe9\n").unwrap_err().starts_with("line 2, column 6: this letter"));
        #[cfg(unix)]
        {
            let pipe = folder.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            for endless in [&pipe, Path::new("/dev/zero")] {
                assert_eq!(read(endless, MAX_BYTES).unwrap_err().to_string(), "it is no regular file");
            }
        }
    }

    #[test]
    fn only_what_labform_wrote_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let saved = |name: &str| {
            save(&folder.path().join(name), b"new", Readers::Owner, |text| text == "new", "a plan").is_ok()
        };
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        write("photo.jpg", b"\xff\xd8\xff");
        write("empty", b"");
        assert!(saved("plan.json") && saved("plan.json"));
        assert!(!saved("photo.jpg") && !saved("empty"));
        #[cfg(unix)]
        {
            let pipe = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status();
            assert!(pipe.unwrap().success());
            std::os::unix::fs::symlink("nowhere", folder.path().join("dangling")).unwrap();
            std::os::unix::fs::symlink("plan.json", folder.path().join("link")).unwrap();
            assert!(!saved("pipe") && !saved("dangling") && saved("link"));
            assert!(save(Path::new("/dev/full"), b"new", Readers::Owner, |_| true, "a plan").is_err());
        }
        assert_eq!(fs::read(folder.path().join("photo.jpg")).unwrap(), b"\xff\xd8\xff");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_nobody_elses_is_shut_and_what_is_for_all_is_as_any_new_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let made = |name: &str, readers| {
            let file = root.path().join(name).join("file");
            make_folder(&file, readers).unwrap();
            save(&file, b"new", readers, |_| true, "a page").unwrap();
            [mode(&root.path().join(name)), mode(&file)]
        };
        assert_eq!(made("own", Readers::Owner), [0o700, 0o600]);
        let any = root.path().join("any");
        fs::create_dir(&any).unwrap();
        fs::write(any.join("file"), "any").unwrap();
        assert_eq!(made("all", Readers::Others), [mode(&any), mode(&any.join("file"))]);
    }

    #[test]
    fn what_has_no_end_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("big"), vec![b'a'; 2 * 1024 * 1024]).unwrap();
        let big = read(&folder.path().join("big"), MAX_BYTES).map(|text| text.len());
        assert_eq!(big.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(&folder.path().join("big"), MAX_PLAN).unwrap().len(), 2 * 1024 * 1024);
    }
}
