//! A release's npm packages, installed without a network, and the launcher that starts the command in them.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use serde_json::Value;

use crate::fetched::said;
use crate::labform::Folder;
use crate::packages::{NOTICES, TARGET, VERSION, folder, is_alone, pack};
use crate::tools;

/// A command that tells how often it was signalled within a second, and ends with 7, or, if it is told so, kills itself.
const SIGNALLED: &str = "#!/bin/sh
n=0 i=0
trap 'n=$((n + 1))' INT TERM HUP
echo started \"$@\"
[ \"$1\" != kill ] || kill -KILL $$
while [ $i -lt 10 ]; do sleep 0.1; i=$((i + 1)); done
echo \"$n signals\"
exit 7
";
/// For `node --require`: a Node.js that can't put another program in its place, as all before 22.15 and on Windows.
const WITHOUT_EXEC: &str = "process.execve = undefined;\n";

/// The files of npm's packages, below a folder with the command.
fn packed(folder: &Folder) -> [PathBuf; 2] {
    pack(&["npm", "command", TARGET, "dist"], folder);
    pack(&["launcher", "dist"], folder);
    [format!("labform-{VERSION}.tgz"), format!("labform-linux-x64-{VERSION}.tgz")]
        .map(|name| folder.path().join("dist").join(name))
}

/// An empty place in which npm has installed these files, without a network.
fn installed(files: &[PathBuf]) -> Folder {
    let place = Folder::empty();
    let mut npm = Command::new("npm");
    npm.args(["install", "--offline", "--no-audit", "--no-fund", "--cache"]).arg(place.path().join("cache"));
    npm.args(files).current_dir(place.path()).env("PATH", tools::path_with_node()).env("HOME", place.path());
    said(&mut npm).unwrap_or_else(|why| panic!("{why}"));
    place
}

fn node() -> String {
    let path = tools::path_with_node();
    let node = env::split_paths(&path).map(|folder| folder.join("node")).find(|file| file.is_file());
    node.expect("the path has Node.js").display().to_string()
}

fn launcher(place: &Folder) -> PathBuf {
    place.path().join("node_modules/labform/launcher.js")
}

/// What a launcher says that starts nothing, in a Node.js that a line was told first.
fn refusal(place: &Folder, first: &str) -> String {
    let mut command = Command::new(node());
    place.write("first.js", first);
    command.args(["--require", "./first.js"]).arg(launcher(place)).arg("--version").current_dir(place.path());
    let output = command.output().expect("Node.js starts");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).expect("it is text")
}

#[test]
fn an_npm_package_starts_the_command_that_its_platform_brings() {
    let folder = folder();
    let place = installed(&packed(&folder));
    is_alone(&[&node(), &launcher(&place).display().to_string()]);
    place.write("first.js", WITHOUT_EXEC);
    let first = place.path().join("first.js").display().to_string();
    is_alone(&[&node(), "--require", &first, &launcher(&place).display().to_string()]);
    let third = place.path().join("node_modules/@labform/linux-x64/THIRD-PARTY.txt");
    assert_eq!(fs::read_to_string(third).expect("it is installed"), NOTICES);
    let linked = place.path().join("node_modules/.bin/labform");
    said(Command::new(linked).arg("--version").env("PATH", tools::path_with_node()))
        .unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn npm_runs_no_script_at_an_install_and_publishes_none_of_the_packages() {
    let folder = folder();
    let place = installed(&packed(&folder));
    for package in ["labform", "@labform/linux-x64"] {
        let path = place.path().join("node_modules").join(package).join("package.json");
        let told: Value = serde_json::from_slice(&fs::read(path).expect("it is installed")).expect("it is JSON");
        assert_eq!((told.get("scripts"), &told["private"], &told["version"]), (None, &true.into(), &VERSION.into()));
    }
}

#[test]
fn a_launcher_without_its_command_says_why() {
    let folder = folder();
    let files = packed(&folder);
    let place = installed(&files);
    let said = refusal(&place, "Object.defineProperty(process, 'platform', { value: 'sunos' });\n");
    assert!(said.contains("error: there is no package of labform for sunos on x64, only for linux-x64, "), "{said}");
    let said = refusal(&place, "require('fs').existsSync = () => false;\n");
    assert!(said.contains("need glibc 2.17 or newer, and this system has another C library\nhint: build it"), "{said}");
    let alone = installed(&files[..1]);
    let said = refusal(&alone, "");
    assert!(
        said.contains("error: the package @labform/linux-x64, which holds labform for this computer, isn't"),
        "{said}"
    );
    assert!(said.contains("hint: install without --omit=optional"), "{said}");
}

/// Starts the launcher in a group of its own, signals it once it has begun, or the whole group as a terminal does, and
/// returns what the command says after that, and how the launcher ends.
fn signalled(place: &Folder, first: &str, word: &str, signal: Option<(&str, &str)>) -> (String, ExitStatus) {
    let mut command = Command::new(node());
    command.args(["--require", first]).arg(launcher(place)).args([word, "--two words"]);
    command.current_dir(place.path()).process_group(0).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Node.js starts");
    let mut out = BufReader::new(child.stdout.take().expect("it has one"));
    let (mut begun, mut rest) = (String::new(), String::new());
    out.read_line(&mut begun).expect("it is text");
    assert_eq!(begun, format!("started {word} --two words\n"));
    if let Some((name, minus)) = signal {
        let kill = format!("kill -{name} {minus}{}", child.id());
        said(Command::new("sh").args(["-c", &kill])).unwrap_or_else(|why| panic!("{why}"));
    }
    out.read_to_string(&mut rest).expect("it is text");
    (rest, child.wait().expect("it is ours"))
}

#[test]
fn arguments_signals_and_exit_codes_go_through_the_launcher_once() {
    let folder = folder();
    fs::write(folder.path().join("command"), SIGNALLED).expect("the folder is ours");
    let place = installed(&packed(&folder));
    let command = place.path().join("node_modules/@labform/linux-x64/labform");
    assert_eq!(fs::metadata(&command).expect("it is there").permissions().mode() & 0o777, 0o755);
    place.write("with.js", "");
    place.write("without.js", WITHOUT_EXEC);
    let ends = |first: &str, signal: Option<(&str, &str)>| {
        let (told, status) = signalled(&place, first, "wait", signal);
        let count = usize::from(signal.is_some());
        assert_eq!((told, status.code()), (format!("{count} signals\n"), Some(7)), "{signal:?} {first}");
    };
    let ends = &ends;
    thread::scope(|scope| {
        for first in ["./with.js", "./without.js"] {
            let signals = [("INT", ""), ("INT", "-"), ("TERM", ""), ("HUP", "-")].map(Some);
            for signal in [None].into_iter().chain(signals) {
                scope.spawn(move || ends(first, signal));
            }
        }
    });
    for first in ["./with.js", "./without.js"] {
        assert_eq!(signalled(&place, first, "kill", None).1.signal(), Some(9), "{first}");
    }
}
