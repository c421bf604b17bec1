//! The console blocks of the pages that people read: each command is run, and says what stands below it.
//!
//! A page's commands run one after another in one folder, which holds `lab.yaml` and `examples/`. A line `…` stands for any
//! lines, and `…` in a line for any words; times and ids are taken for equal. A comment `after an edit: A -> B` edits
//! `lab.yaml` first.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex_lite::Regex;

use crate::labform::{Folder, credentials};
use crate::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A command of a page, and what is printed below it.
#[derive(Debug)]
struct Step {
    command: String,
    comment: String,
    output: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("\n```console\n").skip(1) {
        let block = block.split("\n```").next().unwrap_or_default();
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(typed), _) => {
                    let (command, comment) = typed.split_once(" # ").unwrap_or((typed, ""));
                    let [command, comment] = [command, comment].map(|text| text.trim().to_owned());
                    steps.push(Step { command, comment, output: Vec::new() });
                }
                (None, Some(step)) => step.output.push(line.to_owned()),
                (None, None) => panic!("a block begins with what no command says: {line}"),
            }
        }
    }
    steps
}

/// A line without what is another one in each run.
fn steady(line: &str) -> String {
    let times = Regex::new(r"\b(\d+h )?(\d+m )?\d+(\.\d+)?s\b").expect("it is a pattern");
    let ids = Regex::new(r"\b(sg-)?[0-9a-f]{8,}\b").expect("it is a pattern");
    let line = times.replace_all(line.trim_end(), "TIME");
    ids.replace_all(&line, "ID").into_owned()
}

/// Whether a line is as a page says, in which `…` stands for any words.
fn is_line(said: &str, page: &str) -> bool {
    let (said, page) = (steady(said), steady(page));
    let Some((first, rest)) = page.split_once('…') else {
        return said == page;
    };
    let Some(mut left) = said.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('…').collect();
    let (last, between) = parts.split_last().expect("a split has a part");
    for part in between {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

/// Whether lines are as a page says, in which a line `…` stands for any lines.
fn is_output(said: &[&str], page: &[String]) -> bool {
    match page.split_first() {
        None => said.is_empty(),
        Some((line, rest)) if line == "…" => (0..=said.len()).any(|from| is_output(&said[from..], rest)),
        Some((line, rest)) => {
            said.split_first().is_some_and(|(first, said)| is_line(first, line) && is_output(said, rest))
        }
    }
}

/// A folder as a reader has it who has cloned the project, with what `npm ci` brings.
fn cloned() -> Folder {
    let folder = Folder::empty();
    folder.write("lab.yaml", &read("lab.yaml"));
    folder.take_to("examples", &Path::new(ROOT).join("examples"));
    let package = folder.path().join("examples/lab8/image-classifier");
    let _ = fs::remove_dir_all(package.join("node_modules"));
    symlink(tools::node_modules(&package), package.join("node_modules")).expect("the folder is ours");
    folder
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs all that stands in the console blocks of a page.
fn run(path: &str) {
    let folder = cloned();
    let steps = steps(&read(path));
    assert!(!steps.is_empty(), "{path} has no console block");
    for Step { command, comment, output } in steps {
        if let Some((from, to)) = comment.strip_prefix("after an edit: ").and_then(|edit| edit.split_once(" -> ")) {
            let lab = fs::read_to_string(folder.path().join("lab.yaml")).expect("it is text");
            let key = from.rsplit_once(' ').map_or("", |(key, _)| key);
            assert!(lab.contains(from), "{path}: lab.yaml has no `{from}`");
            folder.write("lab.yaml", &lab.replace(from, &format!("{key} {to}")));
        }
        let labform = PathBuf::from(env!("CARGO_BIN_EXE_labform"));
        let place = labform.parent().expect("a file is in a folder").to_owned();
        let node = tools::path_with_node();
        let paths = [place].into_iter().chain(std::env::split_paths(&node));
        let mut shell = Command::new("sh");
        shell.args(["-euc", &format!("exec 2>&1; {command}")]).current_dir(folder.path()).env_clear();
        shell.envs(credentials()).env("HOME", folder.path().join("home"));
        shell.env("PATH", std::env::join_paths(paths).expect("what was split can be joined"));
        let done = shell.output().expect("sh starts");
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{path}: $ {command}\n{text}");
        let said: Vec<&str> = text.lines().collect();
        assert!(output.is_empty() || is_output(&said, &output), "{path}: $ {command}\n{text}\n--- is not\n{output:#?}");
    }
}

#[test]
fn the_hand_out_of_lab_8_is_what_happens() {
    run("examples/lab8/TP.md");
}

#[test]
fn lines_are_compared_but_for_times_ids_and_what_is_left_out() {
    let page: Vec<String> = ["…", "b after 1m 02s", "c … e", "…"].map(str::to_owned).into();
    assert!(is_output(&["a", "b after 9s", "c d e"], &page));
    assert!(!is_output(&["a", "b after 9s", "x", "c d e"], &page));
    assert!(!is_output(&["b after 9s", "c d"], &page));
    assert!(is_line("sg-fc8611842a60be8f3 in 0.1s", "sg-0000000000000000a in 12s"));
    assert!(!is_line("2 added", "3 added"));
}
