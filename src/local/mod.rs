//! The commands of jobs and services as processes on this computer.
//!
//! The embedded account models the task as it models any other; this floor runs what the task's container would run,
//! and reports to the account what that writes and how it ends. So a job is followed by the calls of ECS and CloudWatch
//! Logs, wherever its command runs.
//!
//! A job's command runs once, under a process of its own that outlives who follows it (`carry`). A service's runs as long as
//! the service has tasks and its host is there (`services`): one process stands for all of them, because they share a port.
//!
//! Knows: processes, their groups, their environment. Must not know: the spec, kinds, how anything is shown.

mod carry;
mod dockerfile;
mod environment;
#[cfg(unix)]
mod health;
mod host;
mod own;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod runner;
#[cfg(unix)]
mod running;
#[cfg(unix)]
mod services;

pub use carry::{LocalRun, carry_out};
pub use dockerfile::ImageCommand;
pub use environment::{PASSED, home};
pub use host::{Host, HostedService, NotOwn};
pub use own::Own;
#[cfg(unix)]
pub use process::end_all;
#[cfg(unix)]
pub use services::run_services;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::model::quoted;

/// Does nothing: this system has no groups of processes, and nothing is said to run here.
#[cfg(not(unix))]
pub async fn run_services(_: &Host<'_>, stop: &tokio_util::sync::CancellationToken) {
    stop.cancelled().await;
}

/// A command that is to be run in place of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder that the command runs in.
    pub directory: PathBuf,
}

impl Local {
    /// The command as a line that no other command has.
    pub fn line(&self) -> String {
        self.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// What a container's image is made from, as far as this computer has it.
#[derive(Clone, Debug, Default)]
pub struct ImageSource {
    /// The folder that the image is built from; the lab's if it isn't built here.
    pub folder: PathBuf,
    /// What the image runs by itself.
    pub command: ImageCommand,
}

/// The command that runs if a task of `definition` is started with `overrides`, in the folder of its image's `source` if its
/// container names none.
///
/// # Errors
/// If this computer can't know or can't do what the container would.
pub fn local(definition: &Value, overrides: &Value, source: &ImageSource) -> Result<Local, Error> {
    if !cfg!(unix) {
        return Err(Error::refused("commands of tasks run on Linux and macOS only"));
    }
    let containers = list(definition, "containerDefinitions");
    let [container] = containers else {
        let message = format!("its task has {} containers, and one is what runs on this computer", containers.len());
        return Err(Error::refused(message).hint("run it with `--sandbox`, which pretends all of them"));
    };
    let mut changes = list(overrides, "containerOverrides").iter();
    let changed = changes.find(|change| change["name"] == container["name"]);
    let changed = changed.map(|change| words(change, "command"));
    let changed = changed.filter(|command| !command.is_empty()).unwrap_or_else(|| words(container, "command"));
    let command = match (words(container, "entryPoint"), changed) {
        (entry, changed) if !entry.is_empty() => [entry, changed].concat(),
        (_, changed) if !changed.is_empty() => [source.command.entry.clone(), changed].concat(),
        _ => [source.command.entry.clone(), source.command.command.clone()].concat(),
    };
    if command.is_empty() {
        let message = "its command is the image's own, which isn't known here";
        let hint = "give `command` in the container definition, or in a job's `overrides`";
        return Err(Error::refused(message).hint(hint));
    }
    Ok(Local { command, directory: directory(container, &source.folder) })
}

/// The folder that a container's command runs in: its own working directory if that is below `folder`, else `folder`.
fn directory(container: &Value, folder: &Path) -> PathBuf {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let own = container["workingDirectory"].as_str().and_then(|own| folder.join(own).canonicalize().ok());
    own.filter(|own| own.is_dir() && own.starts_with(&whole)).unwrap_or_else(|| folder.to_owned())
}

fn words(container: &Value, field: &str) -> Vec<String> {
    list(container, field).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(all(test, unix))]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_is_run_where_one_container_says_what() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        let source = ImageSource { folder: folder.path().to_owned(), ..ImageSource::default() };
        let definition = |container: Value| json!({ "containerDefinitions": [container] });
        let over = json!({ "containerOverrides": [{ "name": "a", "command": ["b", "c d"] }] });
        let cases = [
            (json!({ "name": "a", "command": ["x"] }), json!({}), vec!["x"], ""),
            (json!({ "name": "a", "command": ["x"] }), over.clone(), vec!["b", "c d"], ""),
            (
                json!({ "name": "a", "entryPoint": ["sh", "-c"], "workingDirectory": "src" }),
                over.clone(),
                vec!["sh", "-c", "b", "c d"],
                "src",
            ),
            (json!({ "name": "other", "command": ["x"], "workingDirectory": "/no/such/folder" }), over, vec!["x"], ""),
        ];
        for (container, overrides, command, directory) in cases {
            let found = local(&definition(container.clone()), &overrides, &source).unwrap();
            assert_eq!(found.command, command, "{container}");
            assert_eq!(found.directory, folder.path().join(directory), "{container}");
        }
        let none = local(&definition(json!({ "name": "a" })), &json!({}), &source);
        assert!(none.unwrap_err().hints[0].contains("give `command`"));
        let two = json!({ "containerDefinitions": [{ "name": "a" }, { "name": "b" }] });
        let two = local(&two, &json!({}), &source).unwrap_err();
        assert!(two.message.contains("2 containers"), "{two}");
    }

    #[test]
    fn what_the_dockerfile_says_holds_as_far_as_the_container_says_nothing() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        let command = ImageCommand { entry: words("node --trace"), command: words("server.js") };
        let source = ImageSource { folder: std::env::temp_dir(), command };
        for (container, expected) in [
            (json!({}), "node --trace server.js"),
            (json!({ "command": ["other.js"] }), "node --trace other.js"),
            (json!({ "entryPoint": ["sh"] }), "sh"),
            (json!({ "entryPoint": ["sh"], "command": ["-c"] }), "sh -c"),
        ] {
            let definition = json!({ "containerDefinitions": [container] });
            assert_eq!(local(&definition, &json!({}), &source).unwrap().command.join(" "), expected);
        }
    }
}
