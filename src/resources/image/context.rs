//! What a build context is: a digest of all that goes into the build.
//!
//! Names, contents and the right to execute count, as does what Docker is told besides; times and owners don't. A link
//! counts as the text that it holds and isn't followed, as Docker sends it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Image;
use super::ignore::Ignore;

/// How much is read of a file at once.
const CHUNK: usize = 64 * 1024;
/// The longest `.dockerignore`.
const LIMIT: u64 = 1024 * 1024;

/// The digest, as in `sha256:0123…`, of the build of `image` in `folder`, which is its context.
///
/// # Errors
/// Where the folder can't be read, or its `.dockerignore`.
pub(super) fn digest(image: &Image, folder: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    let told = serde_json::json!({
        "dockerfile": image.dockerfile(), "target": image.target, "buildArgs": image.build_args,
    });
    text(&mut digest, "labform build context 1");
    text(&mut digest, &told.to_string());
    // The Dockerfile goes into the build whether it is sent with the context or not.
    content(&mut digest, &folder.join(image.dockerfile()))?;
    let ignore = ignore(image, folder)?;
    below(&mut digest, folder, "", &ignore)?;
    let digits: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("sha256:{digits}"))
}

/// A file of the Dockerfile's own comes before the context's ("Build context", Docker documentation).
fn ignore(image: &Image, folder: &Path) -> io::Result<Ignore> {
    let own = folder.join(format!("{}.dockerignore", image.dockerfile()));
    for file in [own, folder.join(".dockerignore")] {
        let mut text = String::new();
        match File::open(&file) {
            Ok(opened) => opened.take(LIMIT).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let wrong = |words| io::Error::new(io::ErrorKind::InvalidData, format!("{name}: {words}"));
        return Ignore::parse(&text).map_err(wrong);
    }
    Ok(Ignore::default())
}

fn below(digest: &mut Sha256, folder: &Path, path: &str, ignore: &Ignore) -> io::Result<()> {
    let mut entries: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = if path.is_empty() {
            name
        } else {
            format!("{path}/{name}")
        };
        entries.push((name, entry.path()));
    }
    entries.sort();
    for (name, place) in entries {
        let metadata = fs::symlink_metadata(&place)?;
        let stays_out = ignore.leaves_out(&name);
        if metadata.is_dir() {
            if !stays_out {
                text(digest, "folder");
                text(digest, &name);
            }
            if !(stays_out && ignore.is_final()) {
                below(digest, &place, &name, ignore)?;
            }
        } else if !stays_out {
            leaf(digest, &metadata, &place, &name)?;
        }
    }
    Ok(())
}

/// What is neither a file nor a link, Docker doesn't send.
fn leaf(digest: &mut Sha256, metadata: &fs::Metadata, place: &Path, name: &str) -> io::Result<()> {
    if metadata.is_symlink() {
        text(digest, "link");
        text(digest, name);
        text(digest, &fs::read_link(place)?.to_string_lossy());
    } else if metadata.is_file() {
        let is_executable = is_executable(metadata);
        text(digest, if is_executable { "program" } else { "file" });
        text(digest, name);
        content(digest, place)?;
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Docker takes every file for executable where the system doesn't say.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// A text with its length before it, so that no two lists of texts are alike.
fn text(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_le_bytes());
    digest.update(text.as_bytes());
}

/// The digest of a file's content: its length needn't be known before.
fn content(digest: &mut Sha256, file: &Path) -> io::Result<()> {
    let mut opened = File::open(file)?;
    let mut own = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match opened.read(&mut chunk)? {
            0 => break,
            length => own.update(&chunk[..length]),
        }
    }
    digest.update(own.finalize());
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
        let now = || digest(&image(&plain), folder).unwrap();
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
            differs(&more.to_string(), digest(&image(&more), folder).unwrap());
        }
        assert!(digest(&image(&json!({"dockerfile": "none"})), folder).is_err());
    }
}
