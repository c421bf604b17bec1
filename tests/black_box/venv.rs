//! Python programs from PyPI, each in a virtual environment of its own below cargo's target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fetched::{debian, once, said};

/// Returns the `bin` folder of the environment that holds `package` (as pip writes it) at `version`.
///
/// # Panics
/// If Python or pip fail, with their own words: a test that can't have its emulator must not pass.
pub(crate) fn bin(package: &str, version: &str) -> PathBuf {
    environment(package, version).join("bin")
}

/// Returns the folder in which the environment's Python finds the package.
///
/// # Panics
/// As [`bin`].
pub(crate) fn packages(package: &str, version: &str) -> PathBuf {
    let place = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let place = said(Command::new(bin(package, version).join("python")).args(["-c", place]));
    PathBuf::from(place.unwrap_or_else(|why| panic!("{why}")).trim())
}

fn environment(package: &str, version: &str) -> PathBuf {
    let name: String = package.chars().take_while(|c| *c != '[').collect();
    let folder = once(&format!("{name}-{version}"), |folder| {
        let requirement = format!("{package}=={version}");
        said(pip(folder)?.args(["install", "--quiet", "--disable-pip-version-check", &requirement])).map(drop)
    });
    folder.unwrap_or_else(|why| panic!("Python 3 with pip is needed for {package}: {why}"))
}

/// Makes an environment, and returns its pip.
fn pip(folder: &Path) -> Result<Command, String> {
    let python = || {
        let mut python = Command::new("python3");
        python.args(["-m", "venv", "--clear"]).arg(folder);
        python
    };
    let Err(why) = said(&mut python()) else {
        return Ok(Command::new(folder.join("bin/pip")));
    };
    // Debian packages pip apart from Python; a wheel of it runs as it is.
    said(python().arg("--without-pip"))?;
    let wheels = debian("python3-pip-whl")
        .map_err(|also| format!("on Debian, `apt-get install python3-venv` brings pip: {why}\n{also}"));
    let wheels = wheels?.join("usr/share/python-wheels");
    let wheel = fs::read_dir(&wheels).into_iter().flatten().filter_map(Result::ok).next();
    let wheel = wheel.ok_or_else(|| format!("no wheel in {wheels:?}"))?.path();
    let mut pip = Command::new(folder.join("bin/python"));
    pip.arg(wheel.join("pip"));
    Ok(pip)
}
