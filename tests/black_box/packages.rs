//! A release's files, made by the release's own scripts and used where nothing else is; `npm.rs` has npm's packages.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::ci::node_modules;
use crate::fetched::said;
use crate::labform::Folder;
use crate::speed::everything;
use crate::tools;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
/// All that a release has archives for.
const TARGETS: [&str; 4] = [TARGET, "aarch64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

/// What `notices.py` would have written for a small command.
pub(crate) const NOTICES: &str = "labform is linked with these crates\n";
/// Where `notices.py` writes it.
const NOTICES_FILE: &str = ".github/packaging/THIRD-PARTY.txt";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn done(command: &mut Command) -> String {
    said(command).unwrap_or_else(|why| panic!("{why}"))
}

/// Does what `pack.py` does for these words.
#[track_caller]
pub(crate) fn pack(words: &[&str], folder: &Folder) {
    packs(words, folder).unwrap_or_else(|why| panic!("{why}"));
}

fn packs(words: &[&str], folder: &Folder) -> Result<String, String> {
    let mut python = Command::new("python3");
    // The built command was built in no release: it holds paths below the true home.
    python.arg(".github/packaging/pack.py").args(words).current_dir(folder.path()).env("HOME", folder.path());
    said(&mut python)
}

/// A folder with the release's scripts, `command`, which is to be packed, and `dist`, which is empty. The command is the
/// built one if everything is tried; packing its hundred megabytes takes too long for each push, and that of any command is
/// done in the same way.
pub(crate) fn folder() -> Folder {
    let folder = Folder::empty();
    folder.take_to(".github", &root().join(".github"));
    folder.write(NOTICES_FILE, NOTICES);
    folder.write("Cargo.toml", &fs::read_to_string(root().join("Cargo.toml")).expect("it is text"));
    fs::create_dir(folder.path().join("dist")).expect("the folder is ours");
    let command = folder.path().join("command");
    if everything() {
        done(Command::new("strip").args(["-o"]).arg(&command).arg(env!("CARGO_BIN_EXE_labform")));
    } else {
        fs::copy("/usr/bin/true", &command).expect("each system has it");
    }
    folder
}

/// Runs a command that was installed, in an empty folder and with an empty PATH.
#[track_caller]
pub(crate) fn is_alone(words: &[&str]) {
    let place = Folder::empty();
    let command = |more: &[&str]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(more).current_dir(place.path());
        command.env_clear().env("PATH", "").env("HOME", place.path());
        command
    };
    if !everything() {
        assert!(done(&mut command(&["--version"])).contains("true"));
        return;
    }
    assert_eq!(done(&mut command(&["--version"])), format!("labform {VERSION}\n"));
    place.write("lab.yaml", "lab: alone\nregion: eu-west-1\nlogGroups: { web: {} }\n");
    for [verb, end] in [["apply", "Apply complete!"], ["destroy", "Nothing of the lab is left"]] {
        let told = done(&mut command(&[verb, "--sandbox", "--yes"]));
        assert!(told.contains(end), "{told}");
    }
}

#[test]
fn an_archive_installs_and_replaces_only_what_was_installed() {
    let folder = folder();
    pack(&["archive", "command", TARGET, "dist"], &folder);
    pack(&["installer", "dist"], &folder);
    pack(&["sums", "dist"], &folder);
    let install = |words: &[&str]| {
        let mut install = Command::new("sh");
        install.arg("dist/install.sh").args(words).current_dir(folder.path());
        said(install.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder.path().join("home")))
    };
    let command = folder.path().join("home/.local/bin/labform");
    let text = install(&[]).unwrap_or_else(|why| panic!("{why}"));
    assert!(text.contains("home/.local/bin isn't on your PATH"), "{text}");
    is_alone(&[&command.display().to_string()]);
    let packed = format!("dist/labform-{VERSION}-{TARGET}.tar.gz");
    let third = format!("labform-{VERSION}-{TARGET}/THIRD-PARTY.txt");
    assert_eq!(done(Command::new("tar").args(["-xzOf", &packed, &third]).current_dir(folder.path())), NOTICES);
    install(&[]).unwrap_or_else(|why| panic!("{why}"));

    fs::write(&command, "#!/bin/sh\n").expect("the folder is ours");
    let refused = install(&[]).expect_err("another file is there");
    assert!(refused.contains("this script hasn't written it"), "{refused}");
    assert_eq!(fs::read_to_string(&command).expect("it is there"), "#!/bin/sh\n");
    install(&["--to", "other"]).unwrap_or_else(|why| panic!("{why}"));
    install(&["--force"]).unwrap_or_else(|why| panic!("{why}"));
    install(&[]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(fs::metadata(&command).expect("it is there").permissions().mode() & 0o777, 0o755);

    let other = format!("dist/labform-{VERSION}-{TARGET}.tar.gz");
    folder.write(&other, "not what was packed");
    let refused = install(&["--to", "never"]).expect_err("the archive is another");
    assert!(refused.contains("isn't what SHA256SUMS says: nothing was installed"), "{refused}");
    assert!(!folder.path().join("never").exists());
    assert!(install(&["--no-such"]).is_err() && install(&["nowhere"]).is_err());
}

#[test]
fn an_image_holds_all_that_the_command_needs_and_labform_pushes_it() {
    let folder = folder();
    pack(&["image", "command", "dist"], &folder);
    let dist = fs::read_dir(folder.path().join("dist")).expect("it was packed").filter_map(Result::ok);
    let image = dist.map(|entry| entry.path()).next().expect("there is an image");
    let unpack = |archive: &Path, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir(&to).expect("the folder is ours");
        done(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(&to));
        to
    };
    let layout = unpack(&image, "layout");
    let read = |path: &str| -> Value {
        serde_json::from_slice(&fs::read(layout.join(path)).expect("the layout has it")).expect("it is JSON")
    };
    let at =
        |described: &Value| format!("blobs/{}", described["digest"].as_str().unwrap_or_default().replace(':', "/"));
    let manifest = read(&at(&read("index.json")["manifests"][0]));
    assert_eq!(read(&at(&manifest["config"]))["config"]["Entrypoint"][0], "/labform");
    let root = unpack(&layout.join(at(&manifest["layers"][0])), "root");

    // The image's own loader, told to look nowhere else.
    let lib = root.join("lib");
    let file = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"));
    let loader = [lib.clone(), root.join("lib64")].into_iter().filter_map(|folder| fs::read_dir(folder).ok());
    let loader = loader.flatten().filter_map(Result::ok).map(|entry| entry.path()).find(|path| file(path));
    let loader = loader.expect("the image has a loader").display().to_string();
    let folders = fs::read_dir(&lib).expect("the image has libraries").filter_map(Result::ok).map(|entry| entry.path());
    let folders: Vec<String> = folders.map(|path| path.display().to_string()).collect();
    let command = root.join("labform").display().to_string();
    is_alone(&[&loader, "--inhibit-cache", "--library-path", &folders.join(":"), &command]);
    let third = fs::read_to_string(root.join("usr/share/doc/labform/THIRD-PARTY.txt"));
    assert_eq!(third.expect("the image has it"), NOTICES);
    let roots = fs::read_to_string(root.join("etc/ssl/certs/ca-certificates.crt")).expect("the image has it");
    assert!(roots.matches("BEGIN CERTIFICATE").count() > 50);

    let image = image.strip_prefix(folder.path()).expect("it is there").display();
    let images = format!("images: {{ it: {{ repository: it, archive: {image} }} }}\n");
    folder.write("lab.yaml", &format!("lab: tools\nregion: eu-west-1\nrepositories: {{ it: {{}} }}\n{images}"));
    folder.run(&["apply", "--yes", "--sandbox=account.json"]).exits(0);
    folder.run(&["plan", "--detailed-exitcode", "--sandbox=account.json"]).exits(0).says("No changes.");
}

#[test]
fn nothing_is_packed_without_the_licences_of_others_or_with_paths_of_its_builder() {
    let folder = folder();
    let archive = ["archive", "command", TARGET, "dist"];
    let home = folder.path().display().to_string();
    folder.write("command", &format!("panicked at {home}/.cargo/registry/src/some-crate/lib.rs"));
    for words in [&archive[..], &["npm", "command", TARGET, "dist"], &["image", "command", "dist"]] {
        let why = packs(words, &folder).expect_err("it tells where it was built");
        assert!(why.contains(&format!("build it with RUSTFLAGS=--remap-path-prefix={home}=/build")), "{why}");
    }
    folder.write("command", &format!("panicked at /build/.cargo/registry, by {home}"));
    pack(&archive, &folder);
    fs::remove_file(folder.path().join(NOTICES_FILE)).expect("it is there");
    let why = packs(&archive, &folder).expect_err("the licences of others aren't there");
    assert!(why.contains("THIRD-PARTY.txt TARGET` writes it"), "{why}");
}

/// Each job of the release that builds takes along the licences of others, and leaves out where it builds.
#[test]
fn the_licences_of_all_that_is_linked_go_into_a_release() {
    let folder = Folder::empty();
    let script = root().join(".github/packaging/notices.py");
    done(Command::new("python3").arg(script).arg("notices").current_dir(folder.path()));
    let text = fs::read_to_string(folder.path().join("notices")).expect("it was written");
    let crates: Vec<&str> = text.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    for name in ["aws-sdk-ec2", "clap", "ring", "tokio"] {
        assert!(crates.iter().any(|line| line.starts_with(&format!("{name} "))), "{name}: {crates:?}");
        assert!(text.matches(&format!("\n{name} ")).count() > 1, "{name} has no text");
    }
    // A tool of the tests, a macro, a tool of the build, and labform's own.
    for name in ["insta", "serde_derive", "cc", "labform-account"] {
        assert!(!crates.iter().any(|line| line.starts_with(&format!("{name} "))), "{name}: {crates:?}");
    }
    let workflow = fs::read_to_string(root().join(".github/workflows/release.yml")).expect("it is text");
    let builds: Vec<&str> = workflow.split("      - name: ").filter(|step| step.contains("maturin build")).collect();
    assert_eq!(builds.len(), 2);
    for step in builds {
        let before = step.split("maturin build").next().unwrap_or_default();
        assert!(before.contains("notices.py THIRD-PARTY.txt \"$TARGET\""), "{step}");
        assert!(before.contains("export RUSTFLAGS=\"--remap-path-prefix="), "{step}");
    }
    let wheel = fs::read_to_string(root().join(".github/packaging/pyproject.toml")).expect("it is text");
    assert!(wheel.contains("license-files = [\"LICENSE-MIT\", \"LICENSE-APACHE\", \"THIRD-PARTY.txt\"]"));
}

/// Ruby's own parser reads the formula. There is no Homebrew to install it with.
#[test]
fn a_formula_has_each_archive_with_its_digest_and_is_ruby() {
    const PARSE: &str = "import('@ruby/prism').then(async ({ loadPrism }) => {
        const { errors } = (await loadPrism())(require('fs').readFileSync('dist/labform.rb', 'utf8'));
        errors.forEach(({ message }) => console.error(message));
        process.exitCode = errors.length;
    });";
    let folder = folder();
    TARGETS.iter().for_each(|target| pack(&["archive", "command", target, "dist"], &folder));
    pack(&["formula", "dist", "https://example.org/labs/labform/releases/download/v1"], &folder);
    pack(&["sums", "dist"], &folder);
    let read = |name: &str| fs::read_to_string(folder.path().join("dist").join(name)).expect("it was made");
    let (formula, sums) = (read("labform.rb"), read("SHA256SUMS"));
    let digests: Vec<&str> = formula.split('"').filter(|word| word.len() == 64 && !word.contains(' ')).collect();
    assert_eq!(digests.len(), TARGETS.len() - 1, "all but that for Windows: {formula}");
    for target in TARGETS.iter().filter(|target| !target.contains("windows")) {
        let name = format!("labform-{VERSION}-{target}.tar.gz");
        let line = sums.lines().find(|line| line.ends_with(&name)).expect("the archive has a digest");
        let url = format!("url \"https://example.org/labs/labform/releases/download/v1/{name}\"\n");
        let said = format!("{url}      sha256 \"{}\"\n", line.split(' ').next().unwrap_or_default());
        assert!(formula.contains(&said), "{said}: {formula}");
    }
    assert!(formula.contains("homepage \"https://example.org/labs/labform\"\n"), "{formula}");
    let parse = || {
        // The package is a module, which Node.js finds from the folder of the script alone.
        folder.write("parse.js", PARSE);
        let _ = std::os::unix::fs::symlink(node_modules(), folder.path().join("node_modules"));
        let mut node = Command::new("node");
        said(node.arg("parse.js").current_dir(folder.path()).env("PATH", tools::path_with_node()))
    };
    parse().unwrap_or_else(|why| panic!("{why}"));
    folder.write("dist/labform.rb", &formula.replacen("do\n", "\n", 1));
    parse().expect_err("a block has an end and no beginning");
}

/// What Cargo.toml tells `cargo binstall` are the names that an archive and what is in it have.
#[test]
fn binstall_finds_the_archives() {
    let told = fs::read_to_string(root().join("Cargo.toml")).expect("it is text");
    let folder = folder();
    for target in TARGETS {
        let filled = |key: &str| {
            let value = told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
            let suffix = if target.contains("windows") { ".exe" } else { "" };
            let words = [("name", "labform"), ("version", VERSION), ("target", target), ("bin", "labform")];
            let words = words.into_iter().chain([("binary-ext", suffix), ("archive-suffix", ".tar.gz")]);
            words.fold(value.expect("the key is there").to_owned(), |text, (word, value)| {
                text.replace(&format!("{{ {word} }}"), value)
            })
        };
        pack(&["archive", "command", target, "dist"], &folder);
        let url = filled("pkg-url");
        let archive =
            url.strip_prefix(&format!("{{ repo }}/releases/download/v{VERSION}/")).expect("it is a release's");
        let held = done(Command::new("tar").arg("-tzf").arg(folder.path().join("dist").join(archive)));
        let inner = filled("bin-dir");
        assert!(held.lines().any(|line| line == inner), "{inner}: {held}");
    }
}
