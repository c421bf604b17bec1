//! A job's command as a process on this computer.
//!
//! The embedded account models the task as it models any other; this floor runs what the task's container would run,
//! and reports to the account what that writes and how it ends. So a job is followed by the calls of ECS and CloudWatch
//! Logs, wherever its command runs.
//!
//! Knows: processes, their groups, their environment. Must not know: the spec, kinds, how anything is shown.

mod carry;
mod environment;
#[cfg(unix)]
mod process;

pub use carry::{LocalRun, carry_out};
pub use environment::PASSED;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;

/// A command that is to be run in place of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder that the command runs in.
    pub directory: PathBuf,
}

/// The command that runs if a task of `definition` is started with `overrides`, in `folder` if its container names none.
///
/// # Errors
/// If this computer can't know or can't do what the container would.
pub fn local(definition: &Value, overrides: &Value, folder: &Path) -> Result<Local, Error> {
    if !cfg!(unix) {
        return Err(Error::refused("commands of jobs run on Linux and macOS only"));
    }
    let containers = list(definition, "containerDefinitions");
    let [container] = containers else {
        let message = format!("its task has {} containers, and one is what runs on this computer", containers.len());
        return Err(Error::refused(message).hint("run it with `--sandbox`, which pretends all of them"));
    };
    let mut changes = list(overrides, "containerOverrides").iter();
    let changed = changes.find(|change| change["name"] == container["name"]);
    let changed = changed.map(|change| words(change, "command"));
    let command = match changed.filter(|command| !command.is_empty()) {
        Some(changed) => [words(container, "entryPoint"), changed].concat(),
        None => command(container),
    };
    if command.is_empty() {
        let message = "its command is the image's own, which isn't known here";
        let hint = "give `command` in the container definition or in the job's `overrides`";
        return Err(Error::refused(message).hint(hint));
    }
    Ok(Local { command, directory: directory(container, folder) })
}

/// The command of a container: its entry point with its command.
fn command(container: &Value) -> Vec<String> {
    [words(container, "entryPoint"), words(container, "command")].concat()
}

/// The folder that a container's command runs in: its own working directory if this computer has that, else in `folder`.
fn directory(container: &Value, folder: &Path) -> PathBuf {
    let own = container["workingDirectory"].as_str();
    own.map(|own| folder.join(own)).filter(|own| own.is_dir()).unwrap_or_else(|| folder.to_owned())
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
            let found = local(&definition(container.clone()), &overrides, folder.path()).unwrap();
            assert_eq!(found.command, command, "{container}");
            assert_eq!(found.directory, folder.path().join(directory), "{container}");
        }
        let none = local(&definition(json!({ "name": "a" })), &json!({}), folder.path());
        assert!(none.unwrap_err().hints[0].contains("give `command`"));
        let two = json!({ "containerDefinitions": [{ "name": "a" }, { "name": "b" }] });
        let two = local(&two, &json!({}), folder.path()).unwrap_err();
        assert!(two.message.contains("2 containers"), "{two}");
    }
}
