//! Keeps the floors apart and the house tidy. Reads the sources as text, so it needs no build of labform.

mod circles;
mod kinds;

use std::fs;
use std::process::Command;

/// What only some floors may name.
struct Rule {
    floors: fn(&str) -> bool,
    words: &'static [&'static str],
    why: &'static str,
}

/// What the floors below must not name, and why.
const RULES: [Rule; 3] = [
    Rule {
        floors: |floor| ["model", "spec", "plan", "policy", "draft", "report"].contains(&floor),
        words: &["std::fs", "std::net", "std::process", "tokio::", "aws_"],
        why: "it does no I/O",
    },
    Rule {
        floors: |floor| !["report", "cli"].contains(&floor),
        words: &["println!", "print!", "eprintln!", "eprint!"],
        why: "only report and cli print",
    },
    Rule {
        floors: |floor| floor != "cli",
        // With an argument it is what a program that is started reads.
        words: &["stdin()"],
        why: "only cli prompts",
    },
];

/// What stands at the top, beside hidden files.
const TOP: [&str; 7] = ["Cargo.toml", "Cargo.lock", "README.md", "examples", "lab.yaml", "src", "tests"];

/// The longest file. A longer one is two files.
const LINES: usize = 330;

#[test]
fn imports_go_down() {
    let floors = floors();
    let rank = |name: &str| floors.iter().position(|floor| floor == name);
    let mut problems = Vec::new();
    for source in sources(&floors) {
        for (line, name) in named_from_root(&source.code(), &source.module()) {
            if rank(name) > rank(&source.floor) {
                problems.push(format!("{}:{line}: {name} is above {}", source.path, source.floor));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn no_files_need_each_other() {
    let sources = sources(&floors());
    assert_no_circles(sources.iter());
    assert_no_circles(account().iter());
}

fn assert_no_circles<'a>(sources: impl Iterator<Item = &'a Source>) {
    let files = circles::Files::new(sources.map(|source| (source.module(), source.code())));
    let show = |(from, to): (circles::Module, circles::Module)| format!("{} -> {}", from.join("::"), to.join("::"));
    let problems: Vec<String> = files.circles().into_iter().map(show).collect();
    assert_none(&problems);
}

#[test]
fn each_floor_keeps_to_its_work() {
    let mut problems = Vec::new();
    for source in sources(&floors()) {
        for rule in RULES.iter().filter(|rule| (rule.floors)(&source.floor)) {
            for (number, line) in (1..).zip(source.code().lines()) {
                for word in rule.words.iter().filter(|word| has_word(line, word)) {
                    let Source { path, floor, .. } = &source;
                    problems.push(format!("{path}:{number}: `{word}` in {floor}, but {}", rule.why));
                }
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn files_are_short_and_finished() {
    // Split, so that this list doesn't find itself.
    let unfinished = [
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("#[ig", "nore"),
        concat!("#[al", "low("),
        concat!("#![al", "low("),
    ];
    let mut problems = Vec::new();
    for path in tracked().iter().filter(|path| path.ends_with(".rs")) {
        let text = read(path);
        let lines = text.lines().count();
        if lines > LINES {
            problems.push(format!("{path} has {lines} lines (over {LINES}): it is two files"));
        }
        problems.extend(found(path, &text, &unfinished));
    }
    assert_none(&problems);
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let homes = [
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/ro", "ot/"),
        concat!("C:", "\\Users"),
        concat!("/wo", "rk/"),
    ];
    let mut problems = Vec::new();
    for path in tracked() {
        // A file that isn't text names nothing.
        if let Ok(text) = fs::read_to_string(root(&path)) {
            problems.extend(found(&path, &text, &homes));
        }
    }
    assert_none(&problems);
}

#[test]
fn the_top_holds_what_a_reader_expects() {
    let mut paths = tracked();
    paths.retain(|path| {
        let top = path.split('/').next().unwrap_or(path);
        !top.starts_with('.') && !TOP.contains(&top)
    });
    assert_none(&paths);
}

#[test]
fn names_from_the_root_are_found_in_every_form() {
    type Case = (&'static str, &'static [&'static str], &'static [(usize, &'static str)]);
    let cases: [Case; 7] = [
        ("use crate::model::Address;", &["plan"], &[(1, "model")]),
        (
            "\nuse crate::{\n    cli, report::Line,\n    apply::{self, Step},\n};",
            &["plan"],
            &[(2, "cli"), (2, "report"), (2, "apply")],
        ),
        ("let x = crate::cloud::identity(c);", &["plan"], &[(1, "cloud")]),
        ("use super::apply::Step;", &["plan"], &[(1, "apply")]),
        ("use super::{apply, spec};", &["plan"], &[(1, "apply"), (1, "spec")]),
        ("use super::apply::Step;", &["plan", "steps"], &[]),
        ("use super::super::cli;", &["plan", "steps"], &[(1, "cli")]),
    ];
    for (text, module, expect) in cases {
        let module: Vec<String> = module.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(named_from_root(text, &module), expect, "{text}");
    }
}

/// A source file of the library.
struct Source {
    path: String,
    floor: String,
    text: String,
}

impl Source {
    /// The module that the file is, from the crate's root.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.trim_end_matches("/mod").split('/').map(String::from).collect()
    }

    /// How the paths begin of the modules that only tests have.
    fn test_modules(&self) -> Vec<String> {
        let folder = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let after_attribute = self.text.split("#[cfg(test)]\n").skip(1);
        let names = after_attribute.filter_map(|text| {
            let (_, name) = text.lines().next()?.split_once("mod ")?;
            name.strip_suffix(';')
        });
        names.flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/")]).collect()
    }

    /// The text that runs, each line in its place: without comments, and without the tests at the end.
    fn code(&self) -> String {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        self.text[..end].lines().map(|line| line.split("//").next().unwrap_or(line).to_owned() + "\n").collect()
    }
}

/// The floors from the ground up: the modules of the library in the order in which it lists them. A file may name its
/// own floor and those before it.
fn floors() -> Vec<String> {
    let lib = read("src/lib.rs");
    lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).map(String::from).collect()
}

fn sources(floors: &[String]) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in tracked() {
        let Some(rest) = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix(".rs")) else {
            continue;
        };
        let floor = rest.split('/').next().unwrap_or(rest).to_owned();
        if floors.contains(&floor) {
            sources.push(Source { text: read(&path), path, floor });
        }
    }
    without_tests(sources)
}

/// The sources of the account's crate, with their paths in it.
fn account() -> Vec<Source> {
    let source = |path: String| {
        let inner = path.strip_prefix("src/account/").filter(|inner| inner.ends_with(".rs"))?.to_owned();
        Some(Source { text: read(&path), path: inner, floor: String::new() })
    };
    without_tests(tracked().into_iter().filter_map(source).collect())
}

fn without_tests(mut sources: Vec<Source>) -> Vec<Source> {
    let tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    sources.retain(|source| !tests.iter().any(|test| source.path.starts_with(test)));
    sources
}

/// The names that the code of `module` takes from the crate's root, by `crate::` or by climbing with `super::`, each
/// with its line.
fn named_from_root<'a>(code: &'a str, module: &[String]) -> Vec<(usize, &'a str)> {
    let climb = "super::".repeat(module.len());
    let mut named = Vec::new();
    for root in ["crate::", &climb] {
        for (at, _) in code.match_indices(root) {
            let before = &code[..at];
            // A longer climb than the module is deep is that of an inner module, which ends below the root.
            if before.ends_with("super::") || before.ends_with(is_identifier) {
                continue;
            }
            let line = 1 + before.matches('\n').count();
            let names = first_segments(&code[at + root.len()..]);
            named.extend(names.into_iter().map(|name| (line, name)));
        }
    }
    named
}

/// The first names of a path or of a group of paths.
fn first_segments(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![identifier(path)];
    };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(identifier(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    // After the last comma of a group nothing is named.
    names.retain(|name| !name.is_empty());
    names
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c| !is_identifier(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `word` stands in `line`, and not as the end of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(is_identifier))
}

/// Where `words` stand in the lines of a file.
fn found(path: &str, text: &str, words: &[&str]) -> Vec<String> {
    let lines = (1..).zip(text.lines());
    lines
        .flat_map(|(number, line)| {
            let words = words.iter().filter(|word| line.contains(**word));
            words.map(move |word| format!("{path}:{number}: {word}"))
        })
        .collect()
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

fn tracked() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("git is there, as the sources came by it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).expect("paths are UTF-8");
    list.split_terminator('\0').map(String::from).collect()
}

fn root(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
