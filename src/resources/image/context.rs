//! A build context: a digest of all that goes into the build.
//!
//! Names, contents and the right to execute count, as does what Docker is told besides; times and owners don't. A link
//! counts as the text that it holds and isn't followed, as Docker sends it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::Image;
use super::ignore::Ignore;

/// The bytes that are read of a file at once.
const CHUNK: usize = 64 * 1024;
/// The longest `.dockerignore`.
const LIMIT: u64 = 1024 * 1024;

/// The state of a context at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// The digest, as in `sha256:0123…`, of all that goes into the build.
    pub(super) digest: String,
    /// The time when a file of the context was changed last: one that was changed and changed back tells by that alone.
    changed: Option<SystemTime>,
}

/// The parts of a digest, and the time when one was changed last.
#[derive(Default)]
struct Sum {
    digest: Sha256,
    changed: Option<SystemTime>,
}

/// Returns the state of `folder`, which is the context of `image`'s build.
///
/// # Errors
/// If the folder can't be read, or its `.dockerignore`.
pub(super) fn look(image: &Image, folder: &Path) -> io::Result<Moment> {
    let mut sum = Sum::default();
    let told = serde_json::json!({
        "dockerfile": image.dockerfile(), "target": image.target, "buildArgs": image.build_args,
    });
    text(&mut sum.digest, "labform build context 1");
    text(&mut sum.digest, &told.to_string());
    // The Dockerfile goes into the build whether it is sent with the context or not.
    content(&mut sum, &folder.join(image.dockerfile()))?;
    let ignore = ignore(image, folder)?;
    below(&mut sum, folder, "", &ignore)?;
    let digest = sum.digest.finalize();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Moment { digest: format!("sha256:{digits}"), changed: sum.changed })
}

/// Returns whether the file at `path` below the context goes into the build.
///
/// # Errors
/// If the `.dockerignore` can't be read.
pub(super) fn sends(image: &Image, folder: &Path, path: &str) -> io::Result<bool> {
    Ok(!ignore(image, folder)?.leaves_out(path))
}

/// Reads the `.dockerignore`: the Dockerfile's own comes before the context's ("Build context", Docker documentation).
fn ignore(image: &Image, folder: &Path) -> io::Result<Ignore> {
    let own = folder.join(format!("{}.dockerignore", image.dockerfile()));
    for file in [own, folder.join(".dockerignore")] {
        let mut text = String::new();
        match File::open(&file) {
            Ok(opened) => opened.take(LIMIT).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let wrong = |words| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {words}"));
        return Ignore::parse(&text).map_err(wrong);
    }
    Ok(Ignore::default())
}

fn below(sum: &mut Sum, folder: &Path, path: &str, ignore: &Ignore) -> io::Result<()> {
    let mut entries: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = if path.is_empty() { name } else { format!("{path}/{name}") };
        entries.push((name, entry.path()));
    }
    entries.sort();
    for (name, place) in entries {
        let metadata = fs::symlink_metadata(&place)?;
        let stays_out = ignore.leaves_out(&name);
        if metadata.is_dir() {
            if !stays_out {
                text(&mut sum.digest, "folder");
                text(&mut sum.digest, &name);
            }
            if !(stays_out && ignore.is_final()) {
                below(sum, &place, &name, ignore)?;
            }
        } else if !stays_out {
            leaf(sum, &metadata, &place, &name)?;
        }
    }
    Ok(())
}

/// Adds a file or a link. Docker sends nothing else.
fn leaf(sum: &mut Sum, metadata: &fs::Metadata, place: &Path, name: &str) -> io::Result<()> {
    if metadata.is_symlink() {
        text(&mut sum.digest, "link");
        text(&mut sum.digest, name);
        text(&mut sum.digest, &fs::read_link(place)?.to_string_lossy());
    } else if metadata.is_file() {
        let is_executable = is_executable(metadata);
        let kind = if is_executable { "program" } else { "file" };
        text(&mut sum.digest, kind);
        text(&mut sum.digest, name);
        content(sum, place)?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Docker takes every file for executable if the system doesn't say.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// A text with its length before it, so that no two lists of texts are alike.
fn text(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_le_bytes());
    digest.update(text.as_bytes());
}

/// Adds the digest of a file's content: its length needn't be known before.
fn content(sum: &mut Sum, file: &Path) -> io::Result<()> {
    let mut opened = File::open(file)?;
    // Not every file system knows it.
    sum.changed = sum.changed.max(opened.metadata()?.modified().ok());
    let mut own = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match opened.read(&mut chunk)? {
            0 => break,
            length => own.update(&chunk[..length]),
        }
    }
    sum.digest.update(own.finalize());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn image(more: &Value) -> Image {
        let mut spec = json!({"repository": "web", "context": "."});
        let more = more.as_object().unwrap().clone();
        spec.as_object_mut().unwrap().extend(more);
        serde_json::from_value(spec).unwrap()
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn what_goes_into_the_build_counts_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, "Dockerfile", "FROM scratch\n");
        write(folder, "src/main.js", "1");
        write(folder, "node_modules/x.js", "1");
        write(folder, ".dockerignore", "node_modules\nDockerfile\n");
        let plain = json!({});
        let digest = |more: &Value| look(&image(more), folder).map(|moment| moment.digest);
        let now = || digest(&plain).unwrap();
        let first = now();
        assert!(first.starts_with("sha256:") && first.len() == 71, "{first}");
        assert_eq!(now(), first);
        write(folder, "node_modules/x.js", "2");
        write(folder, "node_modules/y.js", "3");
        assert_eq!(now(), first, "what is ignored doesn't count");

        let mut seen = vec![first];
        let mut differs = |what: &str, digest: String| {
            assert!(!seen.contains(&digest), "{what}");
            seen.push(digest);
        };
        write(folder, "Dockerfile", "FROM scratch\nCOPY . .\n");
        differs("the Dockerfile, though it is ignored", now());
        write(folder, "src/main.js", "2");
        differs("a content", now());
        fs::rename(folder.join("src/main.js"), folder.join("src/index.js")).unwrap();
        differs("a name", now());
        fs::create_dir(folder.join("empty")).unwrap();
        differs("an empty folder", now());
        write(folder, "Dockerfile.dockerignore", "empty\n");
        differs("a .dockerignore of the Dockerfile's own", now());
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt as _, symlink};
            let program = fs::Permissions::from_mode(0o755);
            fs::set_permissions(folder.join("src/index.js"), program).unwrap();
            differs("the right to execute", now());
            symlink("/etc/hostname", folder.join("link")).unwrap();
            differs("a link", now());
            fs::remove_file(folder.join("link")).unwrap();
            symlink("/etc/none", folder.join("link")).unwrap();
            differs("where a link leads, which isn't followed", now());
        }
        for more in [
            json!({"target": "build"}),
            json!({"buildArgs": {"A": "1"}}),
            json!({"buildArgs": {"A": "2"}}),
            json!({"dockerfile": "Dockerfile.dockerignore"}),
        ] {
            differs(&more.to_string(), digest(&more).unwrap());
        }
        assert!(digest(&json!({"dockerfile": "none"})).is_err());
    }

    #[test]
    fn a_file_that_was_changed_and_changed_back_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, "Dockerfile", "FROM scratch\n");
        write(folder, "main.js", "1");
        let now = || look(&image(&json!({})), folder).unwrap();
        let before = now();
        assert_eq!(now(), before);
        let file = File::options().write(true).open(folder.join("main.js"));
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        file.unwrap().set_modified(later).unwrap();
        assert_eq!(now().digest, before.digest);
        assert_ne!(now(), before);
    }
}
