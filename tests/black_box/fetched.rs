//! What tests need of other makers, each fetched once below cargo's target folder, without root.
//!
//! A folder is made under a file lock and marked when it is whole, so that tests that run at the same time and later
//! runs share it, and one that was interrupted is made again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the folder of this name, which `make` fills if it isn't there yet, or why that failed.
pub(crate) fn once(name: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fetched");
    let folder = root.join(name);
    let marker = root.join(format!("{name}.whole"));
    fs::create_dir_all(&root).expect("the target folder can be written");
    let lock = File::create(root.join(format!("{name}.lock"))).expect("a lock file can be made");
    lock.lock().expect("the file system has locks");
    if !marker.exists() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("the target folder can be written");
        make(&folder)?;
        File::create(&marker).expect("the target folder can be written");
    }
    Ok(folder)
}

/// Returns the root folder of the unpacked files of a Debian package, if this machine has apt.
///
/// The lists of packages are read into the folder itself, because a bare machine has none and only root may update
/// them.
pub(crate) fn debian(package: &str) -> Result<PathBuf, String> {
    once(&format!("debian-{package}"), |folder| unpack(package, folder))
}

fn unpack(package: &str, folder: &Path) -> Result<(), String> {
    let state = folder.join("apt");
    fs::create_dir_all(state.join("lists/partial")).expect("the folder is ours");
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.current_dir(folder).args(["-qq", "-o", "APT::Sandbox::User=root", "-o"]);
        apt.arg(format!("Dir::State={}", state.display())).arg("-o").arg(format!("Dir::Cache={}", state.display()));
        apt.args(["-o", "Dir::State::status=/var/lib/dpkg/status"]);
        apt
    };
    said(apt().arg("update"))?;
    said(apt().args(["download", package]))?;
    let _ = fs::remove_dir_all(state);
    let found = fs::read_dir(folder).expect("the folder is ours").filter_map(Result::ok).map(|entry| entry.path());
    let file = found.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let file = file.ok_or_else(|| format!("apt-get fetched no {package}"))?;
    said(Command::new("dpkg-deb").arg("-x").arg(&file).arg(folder)).map(drop)
}

/// Returns what a command says, or, if it fails, the command and its words.
pub(crate) fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let [said, told] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    if output.status.success() { Ok(said) } else { Err(format!("{command:?} failed:\n{said}{told}")) }
}
