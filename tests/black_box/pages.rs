//! The console blocks of the pages that people read: each command is run, and says what stands below it.
//!
//! A page's commands run one after another in one folder, which holds `lab.yaml` and `examples/`. A line `…` stands for any
//! lines, and `…` in a line for any words; times and ids are taken for equal. A comment `after an edit: A -> B` edits
//! `lab.yaml` first.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use regex_lite::Regex;

use crate::fetched::said;
use crate::labform::{Folder, credentials};
use crate::{aws, tools};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The longest that a server may take until it has said what its page says.
const PATIENCE: Duration = Duration::from_secs(120);

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
    let mut line = line.trim_end().to_owned();
    for (pattern, word) in [
        (r" *\b(\d+h )?(\d+m )?\d+(\.\d+)?s\b", " TIME"),
        (r"\b(sg-)?[0-9a-f]{8,}\b", "ID"),
        (r"127\.0\.0\.1:\d+", "HERE"),
    ] {
        line = Regex::new(pattern).expect("it is a pattern").replace_all(&line, word).into_owned();
    }
    line
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

/// Takes lines until they are as a page says. Returns them; as an error if no more come, or none within the patience.
fn heard(lines: &Receiver<String>, page: &[String], patience: Duration) -> Result<Vec<String>, Vec<String>> {
    let end = Instant::now() + patience;
    let mut said: Vec<String> = Vec::new();
    while !is_output(&said.iter().map(String::as_str).collect::<Vec<_>>(), page) {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => said.push(line),
            Err(_) => return Err(said),
        }
    }
    Ok(said)
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

/// A page, read by somebody who types what it says.
struct Reader {
    path: String,
    folder: Folder,
    /// What runs on behind the others.
    behind: Vec<Child>,
    variables: Vec<(String, String)>,
}

impl Reader {
    fn of(path: &str) -> Self {
        Self { path: path.to_owned(), folder: cloned(), behind: Vec::new(), variables: Vec::new() }
    }

    fn shell(&self, command: &str) -> Command {
        let labform = Path::new(env!("CARGO_BIN_EXE_labform")).parent().expect("a file is in a folder").to_owned();
        let path = tools::path_with_node();
        let paths = [labform, aws::bin()].into_iter().chain(env::split_paths(&path));
        let mut shell = Command::new("sh");
        shell.args(["-euc", &format!("exec 2>&1; {command}")]).current_dir(self.folder.path()).env_clear();
        shell.envs(credentials()).env("HOME", self.folder.path().join("home")).envs(self.variables.iter().cloned());
        shell.env("PATH", env::join_paths(paths).expect("what was split can be joined"));
        shell
    }

    fn edit(&self, from: &str, to: &str) {
        let lab = fs::read_to_string(self.folder.path().join("lab.yaml")).expect("it is text");
        let key = from.rsplit_once(' ').map_or("", |(key, _)| key);
        assert!(lab.contains(from), "{}: lab.yaml has no `{from}`", self.path);
        self.folder.write("lab.yaml", &lab.replace(from, &format!("{key} {to}")));
    }

    /// Runs a command that ends.
    fn run(&self, command: &str, output: &[String]) {
        let done = self.shell(command).output().expect("sh starts");
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{}: $ {command}\n{text}", self.path);
        let said: Vec<&str> = text.lines().collect();
        let is_said = output.is_empty() || is_output(&said, output);
        assert!(is_said, "{}: $ {command}\n{text}\n--- is not\n{}", self.path, output.join("\n"));
    }

    /// Starts a server on a port of its own, and takes what it says for the shell. `exec` leaves no shell beside it.
    fn start(&mut self, command: &str, output: &[String]) {
        let mut shell = self.shell(&format!("exec {command} --port 0"));
        let mut child = shell.stdout(Stdio::piped()).spawn().expect("sh starts");
        let printed = BufReader::new(child.stdout.take().expect("it has one")).lines().map_while(Result::ok);
        self.behind.push(child);
        let (told, lines) = channel();
        // The server's pipe is read on when nobody listens any more.
        thread::spawn(move || printed.for_each(|line| drop(told.send(line))));
        let said = heard(&lines, output, PATIENCE).unwrap_or_else(|said| {
            panic!("{}: $ {command}\n{}\n--- is not\n{}", self.path, said.join("\n"), output.join("\n"))
        });
        let set = said.iter().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        self.variables = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for child in &mut self.behind {
            // By SIGTERM, so that what the server has started ends, too.
            let _ = Command::new("kill").arg(child.id().to_string()).status().and_then(|_| child.wait());
        }
    }
}

/// Runs all that stands in the console blocks of a page, and returns how many commands these are.
fn read_through(path: &str) -> usize {
    let steps = steps(&read(path));
    let mut reader = Reader::of(path);
    for Step { command, comment, output } in &steps {
        if let Some((from, to)) = comment.strip_prefix("after an edit: ").and_then(|edit| edit.split_once(" -> ")) {
            reader.edit(from, to);
        }
        // What runs this test.
        if command == "cargo test" {
            continue;
        }
        let command = command.replace("cargo run -- ", "labform ");
        match command.strip_suffix(" &") {
            Some(server) => reader.start(server, output),
            None => reader.run(&command, output),
        }
    }
    steps.len()
}

#[test]
fn the_hand_out_of_lab_8_is_what_happens() {
    assert!(read_through("examples/lab8/TP.md") > 12);
}

#[test]
fn the_readme_is_what_happens_and_is_short() {
    assert!(read_through("README.md") > 5);
    assert!(read("README.md").lines().count() <= 150);
}

#[test]
fn the_pages_are_what_happens() {
    let pages = pages();
    let blocks: usize = pages.iter().map(|path| read_through(path)).sum();
    assert!(pages.len() > 10 && blocks > 4, "{pages:?} have {blocks}");
}

/// The pages that `labform help` prints: all Markdown in `src/`, but for what the account's crate includes.
fn pages() -> Vec<String> {
    let mut list = Command::new("git");
    list.args(["ls-files", "src/*.md", ":!src/account"]).current_dir(ROOT);
    said(&mut list).unwrap_or_else(|why| panic!("{why}")).lines().map(str::to_owned).collect()
}

/// A page is Markdown in a pipe, and set for a terminal on one; each has its line in the README.
#[test]
fn help_prints_each_page() {
    let folder = Folder::empty();
    let readme = read("README.md");
    for path in pages() {
        let link = format!("]({path})");
        let line = readme.lines().find(|line| line.contains(&link)).unwrap_or_else(|| panic!("README has no {path}"));
        let word = line.split('`').nth(1).and_then(|command| command.strip_prefix("labform help ")).unwrap_or_default();
        assert_eq!(folder.run(&["help", word]).exits(0).stdout, read(&path), "{word}");
        folder.run(&["help"]).exits(0).says(&format!("\n  {word} "));
    }
    folder.run(&["help", "plan"]).exits(0).says("Usage: labform plan ");
    folder.run(&["help", "sandbox", "serve"]).exits(0).says("Usage: labform sandbox serve ");
    let wrong = folder.run(&["help", "ownersip"]).exits(64);
    assert!(wrong.stderr.contains("no topic `ownersip`\nhint: did you mean `ownership`?"), "{wrong}");
}

#[test]
fn a_server_that_says_other_words_is_not_waited_for_long() {
    let (told, lines) = channel();
    let page = ["serves".to_owned()];
    told.send("serves".to_owned()).expect("it is listened to");
    assert_eq!(heard(&lines, &page, PATIENCE), Ok(vec!["serves".to_owned()]));
    told.send("other words".to_owned()).expect("it is listened to");
    // It runs on: its end of the pipe is open.
    assert_eq!(heard(&lines, &page, Duration::from_millis(50)), Err(vec!["other words".to_owned()]));
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
