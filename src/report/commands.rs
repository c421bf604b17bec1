//! The commands in hints, completed with the options that the user gave: pasted, they do what the hint means, in the
//! same account.
//!
//! Messages name commands in backquotes, as in `` `labform apply` ``, without a thought of options. Whoever prints
//! completes them here.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

pub(crate) use crate::model::quoted;

/// The commands that ask nobody: they take the lab's file and no account.
const OFFLINE: [&str; 5] = ["init", "validate", "graph", "policy", "explain"];
/// The commands that take neither.
const BARE: [&str; 3] = ["schema", "completions", "man"];
/// The commands that can be narrowed to a part of the lab.
const NARROWED: [&str; 3] = ["plan", "apply", "destroy"];
/// The commands that take a roster.
const CLASSES: [&str; 7] = ["validate", "plan", "apply", "destroy", "status", "run", "check"];
/// The words behind a command that takes the credentials of another role.
const AS_ROLE: &str = " (with the credentials of ";
/// The services of the AWS CLI that have no region of the lab's.
const REGIONLESS: [&str; 5] = ["account", "configure", "sso", "iam", "sts"];

/// The options of the command that runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// The command's own word, as in `apply`.
    pub(crate) verb: String,
    /// The options that name the lab's file.
    pub(crate) file: Vec<String>,
    /// The options that name the class, and its students.
    pub(crate) class: Vec<String>,
    /// The options for a student's lab in commands that take no roster.
    pub(crate) student: Vec<String>,
    /// The options that name the account.
    pub(crate) account: Vec<String>,
    /// The options that name a student's account in commands that take no roster; none if it is the same.
    pub(crate) own_account: Option<Vec<String>>,
    /// The role in a student's account, which such a command can't take on by itself.
    pub(crate) role: Option<String>,
    /// The options that narrow the command.
    pub(crate) narrow: Vec<String>,
    /// The other options, without which the same command would do something else.
    pub(crate) own: Vec<String>,
    /// The options that say where the command writes what it found.
    pub(crate) report: Vec<String>,
    /// The options of the AWS CLI for the same account.
    pub(crate) aws: Vec<String>,
}

static OPTIONS: OnceLock<Options> = OnceLock::new();
static REGION: OnceLock<String> = OnceLock::new();

thread_local! {
    /// The student of whose lab is spoken just now, if there is one.
    static SPOKEN_OF: RefCell<Option<Arc<SpokenOf>>> = const { RefCell::new(None) };
}

/// A student of a class, for the commands in hints about that student's lab.
#[derive(Debug)]
pub(crate) struct SpokenOf {
    options: Options,
    region: OnceLock<String>,
}

impl SpokenOf {
    /// Speaks of a student with these options, made of those that this process was started with.
    pub(crate) fn new(options: impl FnOnce(Options) -> Options) -> Arc<Self> {
        let started = OPTIONS.get().cloned().unwrap_or_default();
        Arc::new(Self { options: options(started), region: OnceLock::new() })
    }

    /// Says something of the student.
    pub(crate) fn say<T>(self: &Arc<Self>, say: impl FnOnce() -> T) -> T {
        let before = SPOKEN_OF.replace(Some(self.clone()));
        let said = say();
        SPOKEN_OF.set(before);
        said
    }
}

fn spoken_of() -> Option<Arc<SpokenOf>> {
    SPOKEN_OF.with_borrow(Option::clone)
}

/// Takes note of the options that this process was started with.
pub(crate) fn started_with(options: Options) {
    // A process is started once.
    let _ = OPTIONS.set(options);
}

/// Takes note of the lab's region, for commands of the AWS CLI.
pub(crate) fn works_in(region: &str) {
    let _ = match spoken_of() {
        Some(student) => student.region.set(region.to_owned()),
        None => REGION.set(region.to_owned()),
    };
}

/// The text with each command completed.
pub(crate) fn completed(text: &str) -> Cow<'_, str> {
    match (spoken_of(), OPTIONS.get()) {
        (Some(student), _) => {
            student.options.complete(text, student.region.get().map(String::as_str)).into_owned().into()
        }
        (None, Some(options)) => options.complete(text, REGION.get().map(String::as_str)),
        (None, None) => text.into(),
    }
}

/// The command that does the same again: `command`, as in `destroy`, completed, and the words `behind` its options.
pub(crate) fn again(command: &str, behind: &[String]) -> String {
    let command = completed(&format!("`labform {command}`")).trim_matches('`').to_owned();
    [command].iter().chain(behind).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The line for programs with each command in its advice completed.
pub(crate) fn completed_line(line: &Value) -> Cow<'_, Value> {
    let is_advice = |key: &str| matches!(key, "hints" | "hint" | "remedy" | "explanations");
    if OPTIONS.get().is_none() || !line.as_object().is_some_and(|line| line.keys().any(|key| is_advice(key))) {
        return Cow::Borrowed(line);
    }
    let mut line = line.clone();
    for (_, value) in line.as_object_mut().into_iter().flatten().filter(|(key, _)| is_advice(key)) {
        complete_all(value);
    }
    Cow::Owned(line)
}

fn complete_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = completed(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(complete_all),
        Value::Object(fields) => fields.values_mut().for_each(complete_all),
        _ => {}
    }
}

impl Options {
    fn complete<'a>(&self, text: &'a str, region: Option<&str>) -> Cow<'a, str> {
        let (mut done, mut rest) = (String::new(), text);
        while let Some((start, word)) =
            ["`labform ", "`aws "].iter().filter_map(|word| Some((rest.find(word)?, *word))).min()
        {
            let (before, command) = rest.split_at(start + 1);
            let Some(end) = command.find('`') else {
                break;
            };
            done.push_str(before);
            let whole = match word {
                "`aws " => self.aws(&command[..end], region),
                _ => self.labform(&command[..end]),
            };
            done.push_str(&whole);
            rest = &command[end..];
            if let Some(role) = self.role.as_ref().filter(|_| !whole.contains(" --roster "))
                && !rest[1..].starts_with(AS_ROLE)
            {
                done.push_str(&format!("`{AS_ROLE}{role})"));
                rest = &rest[1..];
            }
        }
        if done.is_empty() { text.into() } else { (done + rest).into() }
    }

    fn labform(&self, command: &str) -> String {
        let verb = command.split(' ').nth(1).unwrap_or_default();
        let is_bare = BARE.contains(&verb) && !command.starts_with("labform sandbox prepare");
        if verb.starts_with('-') || is_bare {
            return command.to_owned();
        }
        let is_given = |names: &[&str]| {
            command.split(' ').any(|word| names.iter().any(|name| word.split('=').next() == Some(name)))
        };
        // A destroy by owner tags takes no file.
        let is_by_tag =
            verb == self.verb && self.own.iter().any(|word| ["--lab", "--account"].contains(&word.as_str()));
        let takes_file = !is_by_tag && !is_given(&["-f", "--file", "--lab"]);
        let takes_class = takes_file && CLASSES.contains(&verb);
        let parts = [
            (&self.class, takes_class && !is_given(&["--roster"])),
            (&self.student, takes_file && !takes_class),
            (&self.narrow, NARROWED.contains(&verb) && !is_given(&["--only", "--except", "--phase", "--lab"])),
            (&self.own, verb == self.verb && !is_given(&["--lab", "-f"])),
            (&self.file, takes_file),
            (
                self.own_account.as_ref().filter(|_| !takes_class).unwrap_or(&self.account),
                !OFFLINE.contains(&verb) && !is_given(&["--sandbox", "--profile", "--endpoint-url"]),
            ),
            (&self.report, verb == self.verb),
        ];
        // What was completed once may be printed in a text that is completed.
        let is_there = |words: &[String]| format!("{command} ").contains(&format!(" {} ", words.join(" ")));
        let wanted = parts.into_iter().filter(|(words, is_wanted)| *is_wanted && !is_there(words));
        let options: Vec<&str> = wanted.flat_map(|(words, _)| words).map(String::as_str).collect();
        with(command, &options)
    }

    fn aws(&self, command: &str, region: Option<&str>) -> String {
        let service = command.split(' ').nth(1).unwrap_or_default();
        let has = |option: &str| command.split([' ', '=']).any(|word| word == option);
        let mut options: Vec<&str> = Vec::new();
        if let (Some(region), false) = (region, REGIONLESS.contains(&service) || has("--region")) {
            options.extend(["--region", region]);
        }
        let is_local = service == "configure" || service == "sso";
        for (name, value) in self.aws.chunks_exact(2).map(|pair| (&pair[0], &pair[1])) {
            let fits = !is_local || name == "--profile";
            if fits && !has(name) {
                options.extend([name.as_str(), value.as_str()]);
            }
        }
        with(command, &options)
    }
}

/// The command with options at its end, which is where it is piped on or where words for a container begin.
fn with(command: &str, options: &[&str]) -> String {
    if options.is_empty() {
        return command.to_owned();
    }
    let ends = [" | ", " > ", " -- "].iter().filter_map(|end| command.find(end));
    let (command, rest) = command.split_at(ends.min().unwrap_or(command.len()));
    format!("{command} {}{rest}", options.join(" "))
}

#[cfg(test)]
mod tests;
