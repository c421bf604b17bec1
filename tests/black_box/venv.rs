//! Python programs from PyPI, each in a virtual environment of its own below cargo's target folder.
//!
//! An environment is made once, under a file lock, and marked when it is whole, so that tests that run at the same
//! time and later runs share it, and one that was interrupted is made again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `bin` folder of the environment that holds `package` (as pip writes it) at `version`.
///
/// # Panics
/// Where Python or pip fail, with their own words: a test that can't have its emulator must not pass.
pub(crate) fn bin(package: &str, version: &str) -> PathBuf {
    let name: String = package.chars().take_while(|c| *c != '[').collect();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulators");
    let venv = root.join(format!("{name}-{version}"));
    let marker = venv.join("installed");
    fs::create_dir_all(&root).expect("the target folder can be written");
    let lock = File::create(root.join(format!("{name}-{version}.lock"))).expect("a lock file can be made");
    lock.lock().expect("the file system has locks");
    if !marker.exists() {
        let _ = fs::remove_dir_all(&venv);
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        run(Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .arg(format!("{package}=={version}")));
        File::create(&marker).expect("the environment can be written");
    }
    venv.join("bin")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} (Python 3 is needed): {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed (on Debian, `apt-get install python3-venv` is needed):\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}
